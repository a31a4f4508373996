//! What can happen beside a conversion: a registration, a deposit, a call.

mod key;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check;
use super::conversion::{CONVERSION, REBILL, Status};
use super::documents::Documents;
use super::entity::{Entity, Fresh, Head, heads, read_head};
use super::form::{Form, quoted};
use super::problem::Problem;
use super::state::State;
use super::word;

/// Most words of one event.
const WORDS_MAX: usize = 100;

/// An event of the operator's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Event {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// What conversions, metrics and macros call it: `[a-z][a-z0-9_]{0,39}`. Left out, it is made of
    /// the name. Stays as it is.
    #[schema(example = "registration")]
    pub key: String,
    /// What networks call it in a postback, in lower case; the key is always one of them.
    #[schema(example = json!(["registration", "reg"]))]
    pub words: Vec<String>,
    /// Counts in `conversions`, and so in CR and CPA.
    pub counts_as_conversion: bool,
    /// Its amounts count in `revenue`.
    pub counts_in_revenue: bool,
    /// Is told to the traffic source. Stored; not yet acted on.
    pub is_sent_to_source: bool,
    /// What a postback about one that is there already does.
    pub duplicates: Duplicates,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// What a further postback of the same identity does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// Nothing.
    Ignore,
    /// Moves the row, as a conversion's.
    #[default]
    Update,
    /// Makes a row of its own, unless it is the network's retry.
    New,
    /// Adds its payout to the row, unless it is the network's retry.
    AddPayout,
}

impl Duplicates {
    pub const ALL: &'static [(&'static str, Duplicates)] = &[
        ("ignore", Duplicates::Ignore),
        ("update", Duplicates::Update),
        ("new", Duplicates::New),
        ("add_payout", Duplicates::AddPayout),
    ];
}

impl Entity for Event {
    const WORD: &'static str = "event";

    heads!(events, Event, name);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        let mut event = Event {
            id,
            version,
            name: check::read_name(form),
            state,
            key: read_key(form),
            words: read_words(form),
            counts_as_conversion: form.boolean("counts_as_conversion", false),
            counts_in_revenue: form.boolean("counts_in_revenue", true),
            is_sent_to_source: form.boolean("is_sent_to_source", false),
            duplicates: form.choice("duplicates", Duplicates::ALL, Duplicates::default()),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        };
        event.answer_to_key();
        event
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name, &self.key]
    }

    /// A copy cannot answer to the words of its model.
    fn forget_identity(document: &mut Map<String, Value>) {
        document.remove("key");
        document.remove("words");
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
        self.answer_to_key();
        problem.into_iter().collect()
    }

    fn conflicts(&self, documents: &Documents) -> Vec<Problem> {
        let mut problems = Vec::new();
        let others = || documents.events.values().filter(|one| one.id != self.id);
        // Stored conversions name an archived event too.
        if let Some(other) = others().find(|one| one.key == self.key && !self.key.is_empty()) {
            let message = format!(
                "The key \"{}\" already belongs to event {} {}{}; choose another.",
                self.key,
                other.id,
                quoted(&other.name),
                match other.state {
                    State::Archived => " in the archive",
                    State::Active | State::Paused => "",
                }
            );
            problems.push(Problem::new("key", "key_taken", message));
        }
        if self.state == State::Archived {
            return problems;
        }
        for (index, word) in self.words.iter().enumerate() {
            let mut others = others().filter(|one| one.state != State::Archived);
            if let Some(other) = others.find(|one| one.words.contains(word)) {
                let message = format!(
                    "The word {} already belongs to event {} {}.",
                    quoted(word),
                    other.id,
                    quoted(&other.name)
                );
                problems.push(Problem::new(
                    format!("words[{index}]"),
                    "word_taken",
                    message,
                ));
            }
        }
        problems
    }
}

impl Event {
    /// The event of this key, in whatever state.
    pub fn of_key<'d>(documents: &'d Documents, key: &str) -> Option<&'d Event> {
        let mut events = documents.events.values().map(AsRef::as_ref);
        events.find(|event| event.key == key)
    }

    fn keep_key(&mut self, stored: &str) -> Option<Problem> {
        let sent = std::mem::replace(&mut self.key, stored.to_owned());
        if sent.is_empty() || sent == stored {
            return None;
        }
        self.words.retain(|word| *word != sent);
        let message = format!(
            "The key stays \"{stored}\", because conversions are stored under it. Add {} to the words, or make another event.",
            quoted(&sent)
        );
        Some(Problem::new("key", "immutable", message))
    }

    fn choose_key(&mut self) -> Option<Problem> {
        let made = super::key::from_name(&self.name);
        if made.is_empty() {
            // What is wrong with the name is told there.
            let message = "A key is missing: the name has no Latin letters to make one of. Choose one such as \"registration\".";
            return (!self.name.is_empty()).then(|| Problem::new("key", "required", message));
        }
        match key::checked(&made) {
            Ok(key) => {
                self.key = key;
                None
            }
            Err(message) => Some(Problem::new("key", "invalid", message)),
        }
    }

    fn answer_to_key(&mut self) {
        if !self.key.is_empty() && !self.words.contains(&self.key) {
            self.words.insert(0, self.key.clone());
        }
    }
}

fn read_key(form: &mut Form<'_>) -> String {
    match form.text("key") {
        "" => String::new(),
        text => form.checked("key", key::checked(text), String::new),
    }
}

/// Each word once, in the order in which they came first.
fn read_words(form: &mut Form<'_>) -> Vec<String> {
    let mut words = Vec::new();
    for (index, sent) in form.texts("words", WORDS_MAX).iter().enumerate() {
        let read = word::checked(sent).and_then(free);
        let word = form.checked(&format!("words[{index}]"), read, String::new);
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// A word that does not say something else already.
fn free(word: String) -> Result<String, String> {
    let is_status = Status::ALL.iter().any(|(status, _)| *status == word);
    if is_status || word == CONVERSION || word == REBILL {
        return Err(format!(
            "The word \"{word}\" is one of our own for {}, so no event can have it.",
            if is_status { "a status" } else { "an event" }
        ));
    }
    Ok(word)
}

#[cfg(test)]
mod tests;
