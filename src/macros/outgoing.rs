//! All templates of an outgoing postback.

use super::body::{Body, BodyKind};
use super::context::MacroContext;
use super::template::{self, Template};
use crate::domain::outgoing::{ContentType, OutgoingPostback};
use crate::domain::problem::Problem;

/// A form is encoded as the query of a link, so it is read as one behind this.
pub(super) const FORM: &str = "https://form/?";

/// A parsed outgoing postback.
pub struct Outgoing {
    url: Template,
    headers: Vec<(String, Body)>,
    body: Content,
}

enum Content {
    Form(Template),
    Other(Body),
}

/// A request, as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expanded {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Outgoing {
    /// Reads the templates. The problems are warnings, with the fields they are about.
    pub fn parse(document: &OutgoingPostback) -> (Outgoing, Vec<Problem>) {
        let document = &document.call;
        let (url, found) = Template::outgoing(&document.url);
        let mut problems = under("url", found);
        let mut headers = Vec::with_capacity(document.headers.len());
        for (index, header) in document.headers.iter().enumerate() {
            let (value, found) = Body::outgoing(&header.value, BodyKind::Text);
            problems.extend(under(&format!("headers[{index}].value"), found));
            headers.push((header.name.clone(), value));
        }
        let (body, found) = match document.content_type {
            ContentType::Form => {
                let (form, found) = Template::outgoing(&format!("{FORM}{}", document.body));
                (Content::Form(form), found)
            }
            ContentType::Json => other(&document.body, BodyKind::Json),
            ContentType::Text => other(&document.body, BodyKind::Text),
        };
        problems.extend(under("body", found));
        (Outgoing { url, headers, body }, problems)
    }

    /// What keeps it from being saved: macros whose argument cannot be understood.
    pub fn problems(document: &OutgoingPostback) -> Vec<Problem> {
        let mut problems = Outgoing::parse(document).1;
        problems.retain(|problem| problem.code == template::INVALID);
        problems
    }

    /// Whether the registered macro `name` stands in it under any of its names, or a function of it.
    pub fn draws_on(&self, name: &str) -> bool {
        let in_body = match &self.body {
            Content::Form(form) => form.draws_on(name),
            Content::Other(body) => body.draws_on(name),
        };
        let mut headers = self.headers.iter();
        in_body || self.url.draws_on(name) || headers.any(|(_, value)| value.draws_on(name))
    }

    /// The request about one conversion.
    pub fn expand(&self, context: &MacroContext<'_>) -> Expanded {
        let mut expanded = Expanded::default();
        self.url.expand(context, &mut expanded.url);
        for (name, template) in &self.headers {
            let mut value = String::new();
            template.expand(context, &mut value);
            expanded.headers.push((name.clone(), value));
        }
        match &self.body {
            Content::Form(form) => {
                form.expand(context, &mut expanded.body);
                expanded.body.drain(..FORM.len().min(expanded.body.len()));
            }
            Content::Other(body) => body.expand(context, &mut expanded.body),
        }
        expanded
    }
}

/// What is wrong with one macro of an outgoing postback, as it is written.
pub fn macro_problem(source: &str) -> Option<Problem> {
    Body::outgoing(source, BodyKind::Text).1.pop()
}

fn other(text: &str, kind: BodyKind) -> (Content, Vec<Problem>) {
    let (body, problems) = Body::outgoing(text, kind);
    (Content::Other(body), problems)
}

fn under(field: &str, problems: Vec<Problem>) -> Vec<Problem> {
    let problems = problems.into_iter();
    problems.map(|problem| problem.under(field)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outgoing::{Method, OutgoingCall, OutgoingHeader};
    use crate::macros::testing::Sample;

    fn document(content_type: ContentType, body: &str) -> OutgoingPostback {
        let call = OutgoingCall {
            url: "https://s.example/?id={external_id}&s={status:lead=1,sale=2}".to_owned(),
            method: Method::Post,
            headers: vec![OutgoingHeader {
                name: "X-Key".to_owned(),
                value: "Bearer {sub_id_1}".to_owned(),
            }],
            body: body.to_owned(),
            content_type,
            ..OutgoingCall::default()
        };
        OutgoingPostback {
            call,
            ..OutgoingPostback::default()
        }
    }

    fn expanded(content_type: ContentType, body: &str) -> Expanded {
        let (outgoing, warnings) = Outgoing::parse(&document(content_type, body));
        assert_eq!(warnings, []);
        let mut expanded = Expanded::default();
        Sample::new().with_context(|context| expanded = outgoing.expand(context));
        expanded
    }

    #[test]
    fn values_are_encoded_for_the_place_they_stand_in() {
        let form = expanded(
            ContentType::Form,
            "{external_id}=1&k={keyword}&p={payout:EUR}",
        );
        assert_eq!(form.url, "https://s.example/?id=ext-1&s=2");
        assert_eq!(
            form.headers,
            [("X-Key".to_owned(), "Bearer free1".to_owned())]
        );
        assert_eq!(form.body, "ext-1=1&k=red%20shoes&p=4.5");

        let json = expanded(
            ContentType::Json,
            r#"{"k": "{keyword}", "p": {payout}, "e": {event}}"#,
        );
        assert_eq!(
            json.body,
            r#"{"k": "red shoes", "p": 5, "e": "conversion"}"#
        );

        let text = expanded(ContentType::Text, "{keyword} {status}");
        assert_eq!(text.body, "red shoes sale");
    }

    #[test]
    fn what_stands_anywhere_in_it_is_drawn_on() {
        let outgoing = |body| Outgoing::parse(&document(ContentType::Json, body)).0;

        assert!(outgoing("").draws_on("external_id"));
        assert!(outgoing("").draws_on("sub_id_1"));
        assert!(outgoing("{tid}").draws_on("tid"));
        assert!(outgoing("{sha256:lower:tid}").draws_on("tid"));
        assert!(!outgoing("{md5:click_id}").draws_on("tid"));
        assert!(!outgoing("").draws_on("tid"));
    }

    #[test]
    fn an_argument_that_cannot_be_read_keeps_it_from_being_saved() {
        let mut document = document(ContentType::Json, "");
        document.call.url = "https://s.example/?p={payout:DOLLARS}".to_owned();

        let problems = Outgoing::problems(&document);

        assert_eq!(problems[0].field, "url");
    }
}
