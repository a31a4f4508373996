//! App whose web view shows the page.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors inside certain apps.
pub(super) static IN_APP: TextFilter = TextFilter {
    key: "in_app",
    aliases: &[],
    label: "In-app browser",
    help: "App whose built-in browser shows the page. Exact, \"*part*\", \"/regexp/\" or a named list. \"webview\" is an app without a name, \"@empty\" an ordinary browser",
    example: &["facebook", "instagram"],
    usual: &[
        "facebook",
        "messenger",
        "instagram",
        "threads",
        "tiktok",
        "telegram",
        "snapchat",
        "pinterest",
        "twitter",
        "whatsapp",
        "viber",
        "vk",
        "google",
        "webview",
        "@empty",
    ],
    absent: Absent::Empty,
    text: |asked| asked.visitor().agent.in_app.as_deref(),
};
