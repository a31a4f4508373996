//! Operating system.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors with certain operating systems.
pub(super) static OS: TextFilter = TextFilter {
    key: "os",
    aliases: &[],
    label: "Operating system",
    help: "System of the device. Exact, \"*part*\", \"/regexp/\" or a named list.",
    example: &["Android", "iOS"],
    usual: &[
        "Android",
        "iOS",
        "Windows",
        "macOS",
        "Linux",
        "ChromeOS",
        "HarmonyOS",
        "KaiOS",
        "Tizen",
        "webOS",
    ],
    absent: Absent::Unknown,
    text: |asked| asked.visitor().agent.os.as_deref(),
};
