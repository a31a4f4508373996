//! Warnings about an entity that come from elsewhere than its document: the clicks of a campaign,
//! the rates of a currency.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use chrono_tz::Tz;

use crate::clock;
use crate::detect::params::unexpanded;
use crate::domain::campaign::Campaign;
use crate::domain::entity::Entity;
use crate::domain::money::Currency;
use crate::domain::period;
use crate::domain::problem::Problem;
use crate::domain::rates::Rates;
use crate::store::tallies;
use crate::web::state::Shared;

/// What the clicks of an entity tell; nothing for other kinds than campaigns, and nothing while the
/// counts cannot be read.
pub(super) async fn warnings(request: &HttpRequest, word: &str, id: u64) -> Vec<Problem> {
    if word != Campaign::WORD {
        return Vec::new();
    }
    let Some(shared) = request.app_data::<web::Data<Arc<Shared>>>() else {
        return Vec::new();
    };
    let shared = Arc::clone(shared);
    let read = web::block(move || {
        let prefix = format!("{}:", unexpanded::TALLY);
        let pending = shared.tallies.pending(id, &prefix);
        tallies::last_week(&shared.readers, id, &prefix, pending)
    });
    match read.await {
        Ok(Ok(counts)) => literal_macros(&counts).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The rates of now; `None` where there are none to ask.
pub(super) fn rates(request: &HttpRequest) -> Option<Arc<Rates>> {
    let shared = request.app_data::<web::Data<Arc<Shared>>>()?;
    Some(Arc::clone(&shared.rates.now()))
}

/// Amounts in a currency without a rate of today count as 0.
pub(super) fn unrated(
    currency: Option<(&'static str, Currency)>,
    rates: Option<&Rates>,
) -> Vec<Problem> {
    let today = period::day(clock::now_ms(), Tz::UTC);
    let unrated = currency
        .zip(rates)
        .filter(|((_, currency), rates)| rates.rate(*currency, today).is_none());
    let warning = unrated.map(|((field, currency), _)| {
        let message = format!(
            "There is no rate for {}: amounts in it count as 0 until one is entered with PUT /currency-rates.",
            currency.as_str()
        );
        Problem::new(field, "no_rate", message)
    });
    warning.into_iter().collect()
}

/// One warning that names all parameters, the most frequent first.
fn literal_macros(counts: &[(String, u64)]) -> Option<Problem> {
    let named: Vec<String> = counts
        .iter()
        .map(|(name, count)| match count {
            1 => format!("{name} in 1 click"),
            _ => format!("{name} in {count} clicks"),
        })
        .collect();
    (!named.is_empty()).then(|| {
        Problem::new(
            "parameters",
            "literal_macro",
            format!(
                "Parameters arrived as macros that nobody had filled in, such as {{zoneid}}, in the \
                 last 7 days: {}. Compare the macros of the link with those of the traffic source, \
                 letter by letter. Whoever opens the link by hand causes the same.",
                named.join(", ")
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_warning_names_every_parameter_and_none_comes_without_one() {
        let counts = [("source".to_owned(), 12), ("sub_id_1".to_owned(), 1)];

        let warning = literal_macros(&counts).unwrap();

        assert_eq!(
            (warning.field.as_str(), warning.code),
            ("parameters", "literal_macro")
        );
        assert!(
            warning
                .message
                .contains("source in 12 clicks, sub_id_1 in 1 click.")
        );
        assert_eq!(literal_macros(&[]), None);
    }
}
