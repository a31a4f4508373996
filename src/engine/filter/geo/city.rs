//! City of the visitor.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors from certain cities.
pub(super) static CITY: TextFilter = TextFilter {
    key: "city",
    aliases: &[],
    label: "City",
    help: "City of the address, by its English name. Exact, \"*part*\", \"/regexp/\" or a named list. Needs a city base",
    example: &["New York", "San*"],
    usual: &[],
    absent: Absent::Unknown,
    text: |asked| asked.visitor().place.city.as_deref(),
};
