//! Bad days. In each of them every visitor is sent on, within a bound, and every click that was
//! answered is in the database, once, as soon as the fault is over or after a restart.
//!
//! | module | what goes wrong |
//! |---|---|
//! | `postbacks` | any of it, while networks call |
//! | `death` | `kill -9` at any moment; stopping under load |
//! | `space` | a full disk, by command and a real one; a limit on file sizes; read-only |
//! | `waiting` | a locked database, a disk that answers nothing |
//! | `time` | the clock goes back, or a restart is quicker than the clock |

mod death;
mod postbacks;
mod space;
mod time;
mod waiting;
