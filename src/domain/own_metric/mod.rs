//! A number of the operator's own, worked out from others by a formula.
//!
//! Here is what a formula looks like; which metrics there are beside the operator's own, and so what a
//! formula means, is known by the module `report`, which checks it when a metric is saved.

mod expression;
mod parse;
mod syntax;
#[cfg(test)]
mod tests;
mod tokens;

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check;
use super::documents::Documents;
use super::entity::{Entity, Fresh, Head, Reference, heads, read_head};
use super::form::{Form, quoted};
use super::format::{Better, Format};
use super::key;
use super::problem::Problem;
use super::state::State;

pub use expression::{Expression, Part};
pub use syntax::{SyntaxError, Wrong};

const DECIMALS_MAX: u64 = 6;
const HELP_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct OwnMetric {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// What reports and formulas call it: `[a-z][a-z0-9_]{0,39}`. Left out, it is made of the name.
    /// Stays as it is.
    #[schema(example = "net_profit")]
    pub key: String,
    /// Of keys of metrics, numbers, `+ - * /` and parentheses. `null` only if what an older version
    /// stored cannot be read.
    #[serde(serialize_with = "written")]
    #[schema(value_type = String, example = "revenue * 0.97 - cost")]
    pub formula: Option<Expression<String>>,
    /// How its values are written. A percentage is out of a hundred: multiply by 100 in the formula.
    pub format: Format,
    /// So many decimals are shown: 0 to 6, 2 if left out. Reports carry six.
    pub decimals: u8,
    pub better: Better,
    /// What the number says, for those who meet it in a report.
    pub help: String,
    pub created_at: i64,
    pub updated_at: i64,
}

fn written<S: Serializer>(
    formula: &Option<Expression<String>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match formula {
        Some(formula) => serializer.collect_str(formula),
        None => serializer.serialize_none(),
    }
}

impl Entity for OwnMetric {
    const WORD: &'static str = "metric";

    heads!(metrics, Metric, name);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        OwnMetric {
            id,
            version,
            name: check::read_name(form),
            state,
            key: read_key(form),
            formula: read_formula(form),
            format: form.choice("format", Format::ALL, Format::default()),
            decimals: form.integer("decimals", 0..=DECIMALS_MAX, 2) as u8,
            better: form.choice("better", Better::ALL, Better::default()),
            help: read_help(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name, &self.key]
    }

    /// A copy is another number.
    fn forget_identity(document: &mut Map<String, Value>) {
        document.remove("key");
    }

    fn complete(
        &mut self,
        _documents: &Documents,
        stored: Option<&Self>,
        _fresh: &mut Fresh,
    ) -> Vec<Problem> {
        let problem = match stored {
            Some(stored) => self.keep_key(&stored.key),
            None if self.key.is_empty() => self.choose_key(),
            None => None,
        };
        problem.into_iter().collect()
    }

    /// Reports and formulas go on naming an archived metric, so its key stays taken.
    fn conflicts(&self, documents: &Documents) -> Vec<Problem> {
        let mut others = documents.metrics.values();
        let is_rival = |one: &&Arc<Self>| one.id != self.id && one.key == self.key;
        let rival = others.find(|one| is_rival(one) && !self.key.is_empty());
        let taken = rival.map(|rival| {
            let message = format!(
                "The key \"{}\" already belongs to metric {} {}{}; choose another.",
                self.key,
                rival.id,
                quoted(&rival.name),
                match rival.state {
                    State::Archived => " in the archive",
                    State::Active | State::Paused => "",
                }
            );
            Problem::new("key", "key_taken", message)
        });
        taken.into_iter().collect()
    }

    /// The operator's own metrics in its formula, each once.
    fn named_by_key(&self, documents: &Documents) -> Vec<(String, Reference)> {
        let names = self.formula.iter().flat_map(Expression::names);
        let mut named = Vec::new();
        for metric in names.filter_map(|name| Self::of_key(documents, name)) {
            let reference = ("formula".to_owned(), Reference::Metric(metric.id));
            if !named.contains(&reference) {
                named.push(reference);
            }
        }
        named
    }

    fn as_metric(&self) -> Option<&OwnMetric> {
        Some(self)
    }
}

impl OwnMetric {
    /// The metric of this key, in whatever state.
    pub fn of_key<'d>(documents: &'d Documents, key: &str) -> Option<&'d Arc<OwnMetric>> {
        documents.metrics.values().find(|metric| metric.key == key)
    }

    fn keep_key(&mut self, stored: &str) -> Option<Problem> {
        let sent = std::mem::replace(&mut self.key, stored.to_owned());
        (!sent.is_empty() && sent != stored).then(|| {
            let message = format!(
                "The key stays \"{stored}\", because formulas and reports name it. Make another metric for {}.",
                quoted(&sent)
            );
            Problem::new("key", "immutable", message)
        })
    }

    fn choose_key(&mut self) -> Option<Problem> {
        self.key = key::from_name(&self.name);
        // What is wrong with the name is told there.
        (self.key.is_empty() && !self.name.is_empty()).then(|| {
            let message = "A key is missing: the name has no Latin letters to make one of. Choose one such as \"net_profit\".";
            Problem::new("key", "required", message)
        })
    }
}

fn read_key(form: &mut Form<'_>) -> String {
    match form.text("key") {
        "" => String::new(),
        text => form.checked("key", key::checked(text), String::new),
    }
}

fn read_formula(form: &mut Form<'_>) -> Option<Expression<String>> {
    let text = form.exact_text("formula");
    if text.trim().is_empty() {
        if form.value("formula").is_none_or(Value::is_string) {
            form.missing(
                "formula",
                "A formula is missing, such as \"revenue * 0.97 - cost\".",
            );
        }
        return None;
    }
    let read = text.parse().map(Some);
    let read = read.map_err(|error: SyntaxError| error.to_string());
    form.checked("formula", read, || None)
}

fn read_help(form: &mut Form<'_>) -> String {
    let text = form.text("help");
    let length = text.chars().count();
    if length > HELP_MAX {
        let message = format!("{length} characters are more than the {HELP_MAX} possible.");
        form.problem("help", "out_of_range", message);
    }
    if text.chars().any(char::is_control) {
        let message = "The help is one line, without control characters.";
        form.problem("help", "invalid", message);
    }
    text.to_owned()
}
