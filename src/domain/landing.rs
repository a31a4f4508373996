//! The page before the offer.

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::entity::{Entity, Head, heads, ids, read_head};
use super::form::{Form, quoted};
use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Landing {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    pub group_id: Option<u64>,
    /// URL template of the page; the click id is appended under `click_id_parameter` unless the
    /// template names `{click_id}` itself.
    pub url: String,
    /// Name under which the page gets the click id.
    pub click_id_parameter: String,
    /// Whether the page gets the visitor's own query too: `fbclid`, `gclid`, `utm_...`.
    pub pass_query: bool,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Entity for Landing {
    const WORD: &'static str = "landing";

    heads!(landings, Landing, name);
    ids!(group_id);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        Landing {
            id,
            version,
            name: check::read_name(form),
            state,
            group_id: form.id("group_id"),
            url: check::read_url(form, "url"),
            click_id_parameter: read_click_id_parameter(form),
            pass_query: form.boolean("pass_query", false),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name, &self.url]
    }

    fn templates(&self) -> Vec<(String, &str)> {
        vec![("url".to_owned(), &self.url)]
    }
}

fn read_click_id_parameter(form: &mut Form<'_>) -> String {
    let text = form.text("click_id_parameter");
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    match text {
        "" => "click_id".to_owned(),
        _ if text.len() <= 64 && text.bytes().all(fits) => text.to_owned(),
        _ => {
            let message = format!(
                "{} is not a parameter name: 1 to 64 letters, digits, \"-\", \"_\" and \".\".",
                quoted(text)
            );
            form.problem("click_id_parameter", "invalid", message);
            String::new()
        }
    }
}
