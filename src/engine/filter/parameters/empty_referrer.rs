//! Whether the visitor comes without naming a page.

use super::super::flag::FlagFilter;

/// Visitors without a referrer.
pub(super) static EMPTY_REFERRER: FlagFilter = FlagFilter {
    key: "empty_referrer",
    aliases: &[],
    label: "Empty referrer",
    help: "Visitors whose browser names no page that they come from",
    is: |asked| {
        asked
            .visitor()
            .referrer
            .as_deref()
            .is_none_or(str::is_empty)
    },
    seen: |asked| {
        let referrer = asked.visitor().referrer.as_deref();
        referrer.unwrap_or("@empty").to_owned()
    },
};
