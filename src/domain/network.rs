//! Who pays and sends postbacks.

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::entity::{Entity, Head, heads, read_head};
use super::form::{Form, quoted};
use super::problem::Problem;
use super::state::State;

/// What a template may call our click id; the macros' table has the same names.
const CLICK_ID_MACROS: [&str; 3] = ["{click_id", "{clickid", "{subid"];

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Network {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// Template of the query that carries our click id to the network: `sub1={click_id}`.
    /// Appended to the URL of every offer of the network.
    #[schema(example = "sub1={click_id}")]
    pub offer_param: String,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Entity for Network {
    const WORD: &'static str = "network";

    heads!(networks, Network, name);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        Network {
            id,
            version,
            name: check::read_name(form),
            state,
            offer_param: read_offer_param(form),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name]
    }

    fn templates(&self) -> Vec<(String, &str)> {
        vec![("offer_param".to_owned(), &self.offer_param)]
    }

    fn remarks(&self) -> Vec<Problem> {
        if self.offer_param.is_empty()
            || CLICK_ID_MACROS
                .iter()
                .any(|name| self.offer_param.contains(name))
        {
            return Vec::new();
        }
        vec![Problem::new(
            "offer_param",
            "no_click_id",
            format!(
                "{} carries no {{click_id}}: the network cannot tell which click a conversion belongs to.",
                quoted(&self.offer_param)
            ),
        )]
    }
}

/// Query parameters without the sign that joins them to the URL.
fn read_offer_param(form: &mut Form<'_>) -> String {
    let text = form.text("offer_param").trim_start_matches(['?', '&']);
    let is_bad = |c: char| c.is_control() || c.is_whitespace() || c == '#';
    let outside = check::without_arguments(text);
    if let Some(bad) = outside.chars().find(|c| is_bad(*c)) {
        let message = format!(
            "{} holds {bad:?}; write name=value pairs joined by \"&\".",
            quoted(text)
        );
        form.problem("offer_param", "invalid", message);
    } else if text.len() > 1_000 {
        let message = format!("{} bytes are more than the 1000 possible.", text.len());
        form.problem("offer_param", "out_of_range", message);
    } else if !text.is_empty() && !text.contains('=') {
        let message = format!(
            "{} is not of the form name=value; networks expect something like sub1={{click_id}}.",
            quoted(text)
        );
        form.problem("offer_param", "invalid", message);
    }
    text.to_owned()
}
