//! `{word}` in what is said of a whole campaign: a call that pauses it at its source, a message.
//!
//! There is no click to draw on, so there are no macros here, only words whose values the caller
//! knows. Each value is encoded for where it stands: percent-encoded in a link and in a form, as
//! JSON in JSON, on one line elsewhere. A word without a value becomes nothing; what is no word stays
//! as it is, byte for byte.
//!
//! Values may come from visitors (a group of a rule), so none can choose the host that is called:
//! where it would, nothing is put.

use super::body::{BodyKind, Surroundings, push_json_value};
use super::encode::{Encoder, Encoding};
use super::outgoing::FORM;
use super::pieces::{Piece, Written, pieces};
use super::shape::{Freedom, Shape, VISITOR};
use crate::domain::message::Request;
use crate::domain::nearest::nearest;
use crate::domain::outgoing::{ContentType, Method, OutgoingCall};
use crate::domain::problem::Problem;
use crate::report::{MetricRef, dimension, metric};

/// The words that everything said of a campaign has. Beside them stand the dimensions of a rule's
/// group, and all metrics.
pub const OF_CAMPAIGN: &[&str] = &[
    "campaign_id",
    "campaign_name",
    "traffic_source_id",
    "ad_campaign_id",
    "source",
    "reason",
    "rule_name",
    "at",
];

/// What a word stands for; `None` if nothing is known of it here.
pub type Words<'w> = &'w dyn Fn(&str) -> Option<String>;

/// The call with its words in place.
pub fn expand_call(call: &OutgoingCall, words: Words<'_>) -> Request {
    let headers = call.headers.iter();
    let mut headers: Vec<_> = headers
        .map(|header| (header.name.clone(), plain(&header.value, words)))
        .collect();
    if call.method == Method::Post {
        let content_type = call.content_type.as_str().to_owned();
        headers.push(("Content-Type".to_owned(), content_type));
    }
    Request {
        method: call.method,
        success: call.success.clone(),
        url: link(call.url.trim(), words),
        headers,
        body: match call.content_type {
            ContentType::Form => link(&format!("{FORM}{}", call.body), words).split_off(FORM.len()),
            ContentType::Json => body(&call.body, BodyKind::Json, words),
            ContentType::Text => plain(&call.body, words),
        },
    }
}

/// A text with its words in place.
pub fn plain(text: &str, words: Words<'_>) -> String {
    body(text, BodyKind::Text, words)
}

/// What may not be meant as it is written, with the fields.
pub fn warnings(call: &OutgoingCall) -> Vec<Problem> {
    let headers = call.headers.iter().enumerate();
    let headers =
        headers.map(|(index, header)| (format!("headers[{index}].value"), header.value.as_str()));
    let mut texts = vec![("url".to_owned(), call.url.as_str())];
    texts.extend(headers);
    texts.push(("body".to_owned(), &call.body));
    let mut warnings = Vec::new();
    for (field, text) in texts {
        warnings.extend(unknown_words(text).into_iter().map(|one| one.under(&field)));
    }
    if chooses_host(call.url.trim()) {
        let message = "A word would choose the host that is called, so nothing is put there. Write the host out.";
        warnings.push(Problem::new("url", "unsafe_place", message));
    }
    warnings
}

/// What stands in a text like a word, and is none.
pub fn unknown_words(text: &str) -> Vec<Problem> {
    let unknown = written(text).filter(|written| word(written).is_none_or(|word| !is_known(word)));
    unknown.map(|written| stays(&written)).collect()
}

/// Whether there can be a word of this name.
fn is_known(name: &str) -> bool {
    OF_CAMPAIGN.contains(&name)
        || dimension::find_of_click(name).is_some()
        || MetricRef::parse(name).is_ok()
}

/// The name of a word, as in `{roi}` and `{event:deposit}`.
fn word<'t>(written: &Written<'t>) -> Option<&'t str> {
    let inner = written.source.strip_prefix('{')?.strip_suffix('}')?;
    (!written.raw).then_some(inner)
}

fn written(text: &str) -> impl Iterator<Item = Written<'_>> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Macro(written) => Some(written),
        Piece::Text(_) => None,
    })
}

fn stays(written: &Written<'_>) -> Problem {
    let dimensions = dimension::of_clicks().map(|dimension| dimension.key);
    let metrics = metric::all().map(|metric| metric.key);
    let known = OF_CAMPAIGN.iter().copied().chain(dimensions).chain(metrics);
    let advice = match nearest(written.name, known) {
        Some(near) => format!(" Did you mean {{{near}}}?"),
        None => String::new(),
    };
    let source = written.source;
    let message = format!("{source} is none of the words there are here, so it stays as it is.");
    Problem::new("", "unknown_macro", message + &advice)
}

/// The value of a piece, or the text that it is.
fn value<'t>(piece: &Piece<'t>, words: Words<'_>) -> Result<String, &'t str> {
    match piece {
        Piece::Text(text) => Err(text),
        Piece::Macro(written) => {
            let word = word(written).ok_or(written.source)?;
            let nothing = || is_known(word).then(String::new);
            words(word).or_else(nothing).ok_or(written.source)
        }
    }
}

fn link(text: &str, words: Words<'_>) -> String {
    let (skeleton, values) = skeleton(text, words);
    let shape = Shape::of(&skeleton);
    let mut values = values.into_iter();
    let mut out = String::with_capacity(skeleton.len() + 64);
    for (at, sign) in skeleton.char_indices() {
        if sign != VISITOR {
            out.push(sign);
        } else if let Some(value) = values.next()
            && shape.freedom(at) != Freedom::None
        {
            Encoder::new(&mut out, Encoding::Value).push(&value);
        }
    }
    out
}

/// The text of a link with a mark for each word, and their values.
fn skeleton(text: &str, words: Words<'_>) -> (String, Vec<String>) {
    let mut skeleton = String::with_capacity(text.len());
    let mut values = Vec::new();
    for piece in pieces(text) {
        match value(&piece, words) {
            Ok(value) => {
                skeleton.push(VISITOR);
                values.push(value);
            }
            Err(text) => Encoder::new(&mut skeleton, Encoding::Text).push(text),
        }
    }
    (skeleton, values)
}

/// Whether a word stands where its value would be the host.
fn chooses_host(url: &str) -> bool {
    let (skeleton, _) = skeleton(url, &|_| Some(String::new()));
    let shape = Shape::of(&skeleton);
    let mut marks = skeleton.match_indices(VISITOR);
    marks.any(|(at, _)| shape.freedom(at) == Freedom::None)
}

fn body(text: &str, kind: BodyKind, words: Words<'_>) -> String {
    let mut surroundings = Surroundings::of(kind);
    let mut out = String::with_capacity(text.len() + 64);
    for piece in pieces(text) {
        let value = match value(&piece, words) {
            Ok(value) => value,
            Err(text) => {
                surroundings.read(text);
                out.push_str(text);
                continue;
            }
        };
        match &surroundings {
            Surroundings::Json {
                in_string: false, ..
            } => push_json_value(&value, &mut out),
            Surroundings::Json { .. } => Encoder::new(&mut out, Encoding::Json).push(&value),
            _ => Encoder::new(&mut out, Encoding::Plain).push(&value),
        }
        surroundings.read_macro();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outgoing::OutgoingHeader;

    fn words(name: &str) -> Option<String> {
        let value = match name {
            "campaign_id" => "7",
            "campaign_name" => "US \"push\" & more\n",
            "source" => "evil.example/#",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn call(content_type: ContentType, body: &str) -> OutgoingCall {
        OutgoingCall {
            url: "https://s.example/{campaign_id}?n={campaign_name}&a={ad_campaign_id}&x={other}"
                .to_owned(),
            method: Method::Post,
            headers: vec![OutgoingHeader {
                name: "X-Campaign".to_owned(),
                value: "{campaign_name}!".to_owned(),
            }],
            body: body.to_owned(),
            content_type,
            ..OutgoingCall::default()
        }
    }

    #[test]
    fn values_are_encoded_for_the_place_they_stand_in() {
        let cases = [
            (
                ContentType::Form,
                "n={campaign_name}&{x}=1",
                "n=US%20%22push%22%20%26%20more%0A&{x}=1",
            ),
            (
                ContentType::Json,
                r#"{"id": {campaign_id}, "n": "{campaign_name}", "a": {ad_campaign_id}, "b": {{x}}}"#,
                r#"{"id": 7, "n": "US \u0022push\u0022 & more\u000a", "a": null, "b": {{x}}}"#,
            ),
            (
                ContentType::Text,
                "{campaign_name}|{campaign_id:1}|{_source}|{roi}{event:reg}",
                "US \"push\" & more|{campaign_id:1}|{_source}|",
            ),
        ];
        for (content_type, body, expected) in cases {
            let request = expand_call(&call(content_type, body), &words);

            assert_eq!(request.body, expected);
            assert_eq!(
                request.url,
                "https://s.example/7?n=US%20%22push%22%20%26%20more%0A&a=&x={other}"
            );
            assert_eq!(request.headers[0].1, "US \"push\" & more!");
            assert_eq!(request.headers[1].1, content_type.as_str());
        }
    }

    #[test]
    fn no_word_chooses_the_host() {
        let mut call = call(ContentType::Form, "");
        call.url = "https://{source}/pause".to_owned();

        let request = expand_call(&call, &words);

        assert_eq!(request.url, "https:///pause");
        assert_eq!(warnings(&call)[0].code, "unsafe_place");
    }

    #[test]
    fn what_is_no_word_is_told_with_the_nearest_one() {
        let call = call(ContentType::Json, r#"{"c": "{campain_id}", "d": {source}}"#);

        let found = warnings(&call);

        let fields: Vec<_> = found.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["url", "body"]);
        assert!(
            found[1].message.ends_with("Did you mean {campaign_id}?"),
            "{}",
            found[1].message
        );
    }
}
