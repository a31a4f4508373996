//! What time it is.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in UTC milliseconds since 1970. A clock before 1970 reads as 0.
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}
