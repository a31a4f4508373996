//! The time zone of a filter.

use chrono_tz::Tz;

use crate::domain::check;
use crate::domain::form::Form;

/// The zone that a form names; noted as a problem if it is wrong, or missing where it is needed.
pub(super) fn read(form: &mut Form<'_>, is_needed: bool) -> Tz {
    const FIELD: &str = "timezone";
    let text = form.text(FIELD);
    if text.is_empty() {
        if is_needed {
            form.missing(
                FIELD,
                "Name the time zone, such as \"Europe/Kyiv\" or \"UTC\".",
            );
        }
        return Tz::UTC;
    }
    let zone = check::timezone(text).and_then(|name| name.parse::<Tz>().map_err(|e| e.to_string()));
    form.checked(FIELD, zone, || Tz::UTC)
}
