//! Package name of the app that a web view belongs to.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors inside the apps of certain packages.
pub(super) static X_REQUESTED_WITH: TextFilter = TextFilter {
    key: "x_requested_with",
    aliases: &[],
    label: "X-Requested-With",
    help: "Package name that an Android app sends in the header of that name. Exact, \"*part*\", \"/regexp/\" or a named list. \"@empty\" is for those that send none",
    example: &["com.facebook.*"],
    usual: &[
        "com.facebook.katana",
        "com.instagram.android",
        "org.telegram.messenger",
        "com.zhiliaoapp.musically",
        "@empty",
    ],
    absent: Absent::Empty,
    text: |asked| asked.visitor().agent.x_requested_with.as_deref(),
};
