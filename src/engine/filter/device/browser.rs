//! Browser.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors with certain browsers.
pub(super) static BROWSER: TextFilter = TextFilter {
    key: "browser",
    aliases: &[],
    label: "Browser",
    help: "Browser, or the app that shows the page. Exact, \"*part*\", \"/regexp/\" or a named list.",
    example: &["Chrome", "Safari"],
    usual: &[
        "Chrome",
        "Safari",
        "Samsung Internet",
        "Edge",
        "Firefox",
        "Opera",
        "Yandex Browser",
        "Opera Mini",
        "UC Browser",
        "MIUI Browser",
        "Facebook",
        "Instagram",
        "TikTok",
    ],
    absent: Absent::Unknown,
    text: |asked| asked.visitor().agent.browser.as_deref(),
};
