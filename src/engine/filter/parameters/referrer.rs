//! Page that the visitor comes from.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors from certain pages.
pub(super) static REFERRER: TextFilter = TextFilter {
    key: "referrer",
    aliases: &[],
    label: "Referrer",
    help: "Address of the page before, as the browser sends it; most browsers send only its site. Exact, \"*part*\", \"/regexp/\" or a named list. \"@empty\" is for none",
    example: &["*google.*", "https://example.com/"],
    usual: &["*google.*", "*facebook.com*", "*youtube.com*", "@empty"],
    absent: Absent::Empty,
    text: |asked| asked.visitor().referrer.as_deref(),
};
