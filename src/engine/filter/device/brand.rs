//! Brand of the device.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors with devices of certain makers.
pub(super) static BRAND: TextFilter = TextFilter {
    key: "brand",
    aliases: &[],
    label: "Brand",
    help: "Who made the device. Exact, \"*part*\", \"/regexp/\" or a named list.",
    example: &["Samsung", "Xiaomi"],
    usual: &[
        "Apple", "Samsung", "Xiaomi", "Huawei", "OPPO", "vivo", "Google", "Motorola", "OnePlus",
    ],
    absent: Absent::Unknown,
    text: |asked| asked.visitor().agent.brand.as_deref(),
};
