//! What the visitor has: filters on the device, the browser and the app.

mod brand;
mod browser;
mod browser_version;
mod device_type;
mod in_app;
mod language;
mod model;
mod os;
mod os_version;
mod user_agent;
mod x_requested_with;

use super::FilterKind;

/// In the order in which pickers show them.
pub(super) static ALL: &[&dyn FilterKind] = &[
    &device_type::DeviceTypeFilter,
    &brand::BRAND,
    &model::MODEL,
    &os::OS,
    &os_version::OsVersionFilter,
    &browser::BROWSER,
    &browser_version::BrowserVersionFilter,
    &language::LanguageFilter,
    &user_agent::USER_AGENT,
    &in_app::IN_APP,
    &x_requested_with::X_REQUESTED_WITH,
];
