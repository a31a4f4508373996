//! Model of the device.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors with certain devices.
pub(super) static MODEL: TextFilter = TextFilter {
    key: "model",
    aliases: &["device_model"],
    label: "Model",
    help: "What the device calls itself, such as \"SM-S918B\" or \"iPhone\". Exact, \"*part*\", \"/regexp/\" or a named list.",
    example: &["iPhone", "SM-S9*"],
    usual: &["iPhone", "iPad"],
    absent: Absent::Unknown,
    text: |asked| asked.visitor().agent.model.as_deref(),
};
