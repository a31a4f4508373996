//! A network's document: how it is read.

use serde_json::{Map, Value};

use super::parameter::checked_name;
use super::*;
use crate::domain::check;
use crate::domain::documents::Documents;
use crate::domain::entity::{Entity, Fresh, Head, Reference, heads, read_head};
use crate::domain::event::Event;
use crate::domain::form::{Form, quoted, row_path};
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::domain::word;

/// Most words for statuses, and most for events.
const WORDS_MAX: usize = 500;
/// Most parameters that are kept.
const KEEP_MAX: usize = 50;
/// Most addresses and ranges.
const IPS_MAX: usize = 200;

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
        let parameters = read_parameters(form);
        let secret_parameter = read_secret_parameter(form, &parameters);
        Network {
            id,
            version,
            name: check::read_name(form),
            state,
            offer_param: read_offer_param(form),
            preset: read_preset(form),
            key: read_key(form),
            statuses: read_statuses(form),
            events: read_events(form),
            default_status: form.choice("default_status", Status::ALL, Status::Sale),
            reopens: form.boolean("reopens", true),
            secret_sha256: secret::read(form),
            allowed_ips: read_allowed_ips(form),
            currency: form.optional_currency("currency"),
            keep: read_keep(form, &parameters, &secret_parameter),
            parameters,
            secret_parameter,
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name]
    }

    fn named_by_key(&self, documents: &Documents) -> Vec<(String, Reference)> {
        let named = |(word, key): (&String, &String)| {
            let event = Event::of_key(documents, key)?;
            Some((row_path("events", word), Reference::Event(event.id)))
        };
        self.events.iter().filter_map(named).collect()
    }

    /// Two networks cannot be called by one URL.
    fn forget_identity(document: &mut Map<String, Value>) {
        document.remove("key");
    }

    fn complete(
        &mut self,
        documents: &Documents,
        _stored: Option<&Self>,
        fresh: &mut Fresh,
    ) -> Vec<Problem> {
        if self.key.is_empty() {
            // A document that returns may be older than keys are.
            self.key = match documents.networks.get(&self.id) {
                Some(stored) => stored.key.clone(),
                None => fresh.network_key(documents),
            };
        }
        Vec::new()
    }

    fn conflicts(&self, documents: &Documents) -> Vec<Problem> {
        if self.state == State::Archived {
            return Vec::new();
        }
        let taken = self.key_taken(documents);
        taken
            .into_iter()
            .chain(self.unknown_events(documents))
            .collect()
    }

    fn templates(&self) -> Vec<(String, &str)> {
        vec![("offer_param".to_owned(), &self.offer_param)]
    }

    fn remarks(&self) -> Vec<Problem> {
        let no_click_id = self.no_click_id();
        let remarks = no_click_id.into_iter().chain(self.words_meant_twice());
        remarks.chain(self.kept_and_read()).collect()
    }

    fn doubts(&self, documents: &Documents) -> Vec<Problem> {
        self.statuses_of_events(documents)
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

/// The shape of a slug; whether there is such a preset is told where they are known.
fn read_preset(form: &mut Form<'_>) -> Option<String> {
    let text = form.text("preset");
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() {
        return None;
    }
    let read = match text.len() <= 64 && text.bytes().all(fits) {
        true => Ok(Some(text.to_owned())),
        false => Err(format!(
            "{} is not the slug of a preset, such as \"affise\"; GET /api/v1/presets lists them.",
            quoted(text)
        )),
    };
    form.checked("preset", read, || None)
}

fn read_key(form: &mut Form<'_>) -> String {
    match form.text("key") {
        "" => String::new(),
        text => form.checked("key", check::network_key(text), String::new),
    }
}

fn read_parameters(form: &mut Form<'_>) -> BTreeMap<PostbackParameter, String> {
    let mut parameters = BTreeMap::<PostbackParameter, String>::new();
    for (ours, sent) in form.rows("parameters", WORDS_MAX) {
        let field = row_path("parameters", ours);
        let mut known = PostbackParameter::ALL.iter();
        let Some((_, parameter)) = known.find(|(word, _)| *word == ours) else {
            form.problem(&field, "unknown_field", unknown_parameter(ours));
            continue;
        };
        let Some(text) = form.row_text(&field, sent) else {
            continue;
        };
        let name = form.checked(&field, checked_name(text), String::new);
        let mut others = parameters.iter();
        if let Some((other, _)) = others.find(|(_, other)| other.eq_ignore_ascii_case(&name)) {
            let message = format!(
                "{} is read as {} already. One parameter of the postback fills one of ours.",
                quoted(&name),
                other.as_str()
            );
            form.problem(&field, "duplicate", message);
        } else if !name.is_empty() {
            parameters.insert(*parameter, name);
        }
    }
    parameters
}

fn unknown_parameter(sent: &str) -> String {
    let words = || PostbackParameter::ALL.iter().map(|(word, _)| *word);
    let near = nearest(sent, words()).map(str::to_owned).or_else(|| {
        let common = PostbackParameter::commonly_called(sent)?;
        Some(common.as_str().to_owned())
    });
    let quoted = quoted(sent);
    match near {
        Some(near) => {
            format!("A postback has no parameter {quoted} of ours. Did you mean \"{near}\"?")
        }
        None => {
            let words: Vec<&str> = words().collect();
            format!(
                "A postback has no parameter {quoted} of ours; they are {}.",
                words.join(", ")
            )
        }
    }
}

/// The folded word of a row and its path; `None` with its problem noted.
fn read_word(form: &mut Form<'_>, key: &str, sent: &str) -> (String, Option<String>) {
    let field = row_path(key, sent);
    let word = form.checked(&field, word::checked(sent).map(Some), || None);
    (field, word)
}

fn read_statuses(form: &mut Form<'_>) -> BTreeMap<String, Meaning> {
    let mut statuses = BTreeMap::new();
    for (sent, value) in form.rows("statuses", WORDS_MAX) {
        let (field, word) = read_word(form, "statuses", sent);
        let meaning = form.word(&field, value, Meaning::ALL);
        if let (Some(word), Some(meaning)) = (word, meaning) {
            note_word(form, &field, &mut statuses, word, meaning);
        }
    }
    statuses
}

fn read_events(form: &mut Form<'_>) -> BTreeMap<String, String> {
    let mut events = BTreeMap::new();
    for (sent, value) in form.rows("events", WORDS_MAX) {
        let (field, word) = read_word(form, "events", sent);
        match (word, form.row_text(&field, value)) {
            (Some(_), Some("")) => {
                let message = "The key of an event is missing, such as \"registration\".";
                form.problem(&field, "required", message);
            }
            (Some(word), Some(key)) => {
                note_word(form, &field, &mut events, word, key.to_owned());
            }
            _ => {}
        }
    }
    events
}

/// The same word in another case has to mean the same.
fn note_word<T: PartialEq>(
    form: &mut Form<'_>,
    field: &str,
    words: &mut BTreeMap<String, T>,
    word: String,
    meaning: T,
) {
    if words.get(&word).is_some_and(|other| *other != meaning) {
        let message = format!(
            "{} stands here twice with two meanings; case and the spaces around it make no difference.",
            quoted(&word)
        );
        form.problem(field, "duplicate", message);
    }
    words.insert(word, meaning);
}

fn read_secret_parameter(
    form: &mut Form<'_>,
    parameters: &BTreeMap<PostbackParameter, String>,
) -> String {
    const FIELD: &str = "secret_parameter";
    let text = form.text(FIELD);
    if text.is_empty() {
        return SECRET_PARAMETER.to_owned();
    }
    let name = form.checked(FIELD, checked_name(text), String::new);
    let read_as = claimant(&name, parameters).or(PostbackParameter::commonly_called(&name));
    if let Some(parameter) = read_as {
        let message = format!(
            "{} is read as {} already; the secret needs a parameter of its own.",
            quoted(&name),
            parameter.as_str()
        );
        form.problem(FIELD, "duplicate", message);
    }
    name
}

/// Which of ours the network calls so.
fn claimant(
    name: &str,
    parameters: &BTreeMap<PostbackParameter, String>,
) -> Option<PostbackParameter> {
    let mut claimed = parameters.iter();
    let found = claimed.find(|(_, theirs)| theirs.eq_ignore_ascii_case(name));
    found.map(|(parameter, _)| *parameter)
}

fn read_allowed_ips(form: &mut Form<'_>) -> Vec<String> {
    let mut allowed = Vec::new();
    for (index, text) in form.texts("allowed_ips", IPS_MAX).iter().enumerate() {
        let field = format!("allowed_ips[{index}]");
        let range = form.checked(&field, check::ip_range(text), String::new);
        if !range.is_empty() && !allowed.contains(&range) {
            allowed.push(range);
        }
    }
    allowed
}

fn read_keep(
    form: &mut Form<'_>,
    parameters: &BTreeMap<PostbackParameter, String>,
    secret_parameter: &str,
) -> Vec<KeptParameter> {
    let mut names = Vec::<String>::new();
    form.list("keep", KEEP_MAX, |form, _| {
        let name = read_kept_name(form);
        let message = if name.is_empty() {
            None
        } else if names.contains(&name.to_ascii_lowercase()) {
            Some(format!("{} is kept already.", quoted(&name)))
        } else if let Some(parameter) = claimant(&name, parameters) {
            let ours = parameter.as_str();
            Some(format!(
                "{} is read as {ours}, so it is stored as that.",
                quoted(&name)
            ))
        } else {
            let is_secret = name.eq_ignore_ascii_case(secret_parameter);
            is_secret.then(|| format!("{} carries the secret, which is not stored.", quoted(&name)))
        };
        if let Some(message) = message {
            form.problem("name", "duplicate", message);
        }
        names.push(name.to_ascii_lowercase());
        let kind = form.choice("kind", KeptKind::ALL, KeptKind::default());
        KeptParameter { name, kind }
    })
}

fn read_kept_name(form: &mut Form<'_>) -> String {
    let text = form.text("name");
    if text.is_empty() && form.value("name").is_none_or(Value::is_string) {
        form.missing(
            "name",
            "The name of the parameter is missing, as the postback has it.",
        );
        return String::new();
    }
    form.checked("name", checked_name(text), String::new)
}
