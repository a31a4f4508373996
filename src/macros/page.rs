//! Where in a page each macro stands: follows the operator's own HTML tag by tag.
//!
//! A small part of the tokenizer of <https://html.spec.whatwg.org/#tokenization>: enough to tell
//! text from attributes, and both from scripts and styles. Values cannot change the state, because
//! each is encoded for the place that is found here.

/// Where a macro stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Between tags, in comments, and in quoted attributes.
    Text,
    /// In an attribute without quotes.
    Unquoted,
    /// In an address: `href`, `src` and their like.
    Link,
    /// In a script, or in an attribute such as `onclick`.
    Script,
    /// In a style sheet, or in `style="..."`.
    Style,
    /// In the name of a tag or of an attribute, in `srcdoc`, in the host of an address, or in an
    /// address such as `javascript:...`: no encoding keeps a value in such a place.
    Nowhere,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Text,
    /// Behind `<`.
    Open,
    /// Behind `<!`, with what follows.
    Declaration(String),
    /// With the number of `-` just seen.
    Comment(usize),
    TagName,
    /// In a tag, outside its attributes' values.
    Tag,
    AttributeName,
    /// Behind the name, perhaps before `=`.
    Named,
    /// Behind `=`.
    BeforeValue,
    /// With the quote that ends it.
    Value(Option<char>),
    /// In an element whose content is no HTML; with what has been read of `</name`.
    Raw(String),
}

/// Reads a page piece by piece.
pub(super) struct Page {
    state: State,
    tag: String,
    attribute: String,
    /// The beginning of the attribute's value.
    value: String,
}

/// Elements whose content is text without tags.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

/// Attributes that are addresses.
const LINKS: [&str; 13] = [
    "href",
    "src",
    "srcset",
    "action",
    "formaction",
    "data",
    "poster",
    "cite",
    "background",
    "ping",
    "xlink:href",
    "manifest",
    "longdesc",
];

/// As much of an attribute's value is looked at.
const LONGEST: usize = 512;

impl Page {
    pub(super) fn new() -> Self {
        Self {
            state: State::Text,
            tag: String::new(),
            attribute: String::new(),
            value: String::new(),
        }
    }

    /// The place behind all that was read.
    pub(super) fn place(&self) -> Place {
        match &self.state {
            State::Text | State::Comment(_) => Place::Text,
            State::Raw(_) => match self.tag.as_str() {
                "script" => Place::Script,
                "style" => Place::Style,
                _ => Place::Text,
            },
            State::BeforeValue => self.in_value(true),
            State::Value(quote) => self.in_value(quote.is_none()),
            State::Open
            | State::Declaration(_)
            | State::TagName
            | State::Tag
            | State::AttributeName
            | State::Named => Place::Nowhere,
        }
    }

    fn in_value(&self, is_unquoted: bool) -> Place {
        let name = self.attribute.as_str();
        if name == "srcdoc" {
            return Place::Nowhere;
        }
        if LINKS.contains(&name) {
            return in_address(&self.value);
        }
        // `<meta http-equiv=refresh content="0;url=...">`
        if name == "content"
            && let Some(at) = self.value.to_ascii_lowercase().find("url=")
        {
            let address = &self.value[at + 4..];
            return in_address(address.trim_start_matches(['\'', '"']));
        }
        match name {
            _ if name.starts_with("on") && is_unquoted => Place::Nowhere,
            _ if name.starts_with("on") => Place::Script,
            "style" if is_unquoted => Place::Nowhere,
            "style" => Place::Style,
            _ if is_unquoted => Place::Unquoted,
            _ => Place::Text,
        }
    }

    /// Reads a macro: it is part of what it stands in.
    pub(super) fn read_macro(&mut self) {
        match &mut self.state {
            State::BeforeValue => self.state = State::Value(None),
            State::Open => self.state = State::Text,
            State::Comment(dashes) => *dashes = 0,
            State::Raw(seen) => seen.clear(),
            State::Tag => self.state = State::AttributeName,
            _ => {}
        }
    }

    pub(super) fn read(&mut self, text: &str) {
        for c in text.chars() {
            self.step(c);
        }
    }

    fn step(&mut self, c: char) {
        let next = match &mut self.state {
            State::Text if c == '<' => State::Open,
            State::Text => return,
            State::Open if c.is_ascii_alphabetic() || c == '/' => {
                self.tag.clear();
                self.tag.push(c.to_ascii_lowercase());
                State::TagName
            }
            State::Open if c == '!' || c == '?' => State::Declaration(String::new()),
            State::Open if c == '<' => return,
            State::Open => State::Text,
            State::Declaration(seen) => {
                seen.push(c);
                match seen.as_str() {
                    "--" => State::Comment(2),
                    _ if c == '>' => State::Text,
                    _ => return,
                }
            }
            State::Comment(dashes) => match c {
                '-' => {
                    *dashes += 1;
                    return;
                }
                '>' if *dashes >= 2 => State::Text,
                _ => {
                    *dashes = 0;
                    return;
                }
            },
            State::TagName if c == '>' => self.behind_tag(),
            State::TagName if c.is_whitespace() || (c == '/' && self.tag.len() > 1) => State::Tag,
            State::TagName => {
                self.tag.push(c.to_ascii_lowercase());
                return;
            }
            State::Tag | State::Named if c == '>' => self.behind_tag(),
            State::Named if c == '=' => {
                self.value.clear();
                State::BeforeValue
            }
            State::Tag | State::Named if c.is_whitespace() => return,
            State::Tag | State::Named if c == '/' => State::Tag,
            State::Tag | State::Named => {
                self.attribute.clear();
                self.attribute.push(c.to_ascii_lowercase());
                State::AttributeName
            }
            State::AttributeName => match c {
                '>' => self.behind_tag(),
                '=' => {
                    self.value.clear();
                    State::BeforeValue
                }
                '/' => State::Tag,
                _ if c.is_whitespace() => State::Named,
                _ => {
                    self.attribute.push(c.to_ascii_lowercase());
                    return;
                }
            },
            State::BeforeValue => match c {
                '"' | '\'' => State::Value(Some(c)),
                '>' => self.behind_tag(),
                _ if c.is_whitespace() => return,
                _ => {
                    self.value.push(c);
                    State::Value(None)
                }
            },
            State::Value(Some(quote)) if c == *quote => State::Tag,
            State::Value(None) if c == '>' => self.behind_tag(),
            State::Value(None) if c.is_whitespace() => State::Tag,
            State::Value(_) => {
                if self.value.len() < LONGEST {
                    self.value.push(c);
                }
                return;
            }
            State::Raw(seen) => {
                // As far as `</name`, then a sign that ends the name.
                let wanted = self.tag.len() + 2;
                if seen.len() == wanted {
                    if c.is_whitespace() || c == '/' || c == '>' {
                        self.tag.insert(0, '/');
                        self.state = State::TagName;
                        self.step(c);
                        return;
                    }
                    seen.clear();
                }
                let expected = match seen.len() {
                    0 => '<',
                    1 => '/',
                    at => self
                        .tag
                        .as_bytes()
                        .get(at - 2)
                        .map_or('>', |byte| char::from(*byte)),
                };
                if c.to_ascii_lowercase() == expected {
                    seen.push(c);
                } else {
                    seen.clear();
                    if c == '<' {
                        seen.push(c);
                    }
                }
                return;
            }
        };
        self.state = next;
    }

    fn behind_tag(&self) -> State {
        if RAW.contains(&self.tag.as_str()) {
            State::Raw(String::new())
        } else {
            State::Text
        }
    }
}

/// Behind the beginning of an address.
fn in_address(start: &str) -> Place {
    // Browsers skip white space and control characters in schemes, and read `\\` as `/`.
    let start: String = start
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .map(|c| {
            if c == '\\' {
                '/'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    let is_code = ["javascript:", "vbscript:", "data:"]
        .iter()
        .any(|scheme| start.starts_with(scheme));
    let before_path = match start.split_once(':') {
        Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => Some(rest),
        _ => start.starts_with("//").then_some(start.as_str()),
    };
    // In the host; or `java&#115;cript:`, which is no host either.
    let is_host =
        before_path.is_some_and(|rest| !rest.trim_start_matches('/').contains(['/', '?', '#']));
    let is_hidden = start
        .split(['/', '?'])
        .next()
        .is_some_and(|first| first.contains('&'));
    if is_code || is_host || is_hidden {
        Place::Nowhere
    } else {
        Place::Link
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_macro_stands_where_a_browser_sees_it() {
        let cases = [
            ("{}", Place::Text),
            ("a < {}", Place::Text),
            ("<p>{}</p>", Place::Text),
            ("<p title=\"{}\">", Place::Text),
            ("<p title = 'a>{}'>", Place::Text),
            ("<p title={}>", Place::Unquoted),
            ("<p title=a{}>", Place::Unquoted),
            ("<p title=\"a\">{}", Place::Text),
            ("<p {}>", Place::Nowhere),
            ("<p a{}=1>", Place::Nowhere),
            ("<{}>", Place::Nowhere),
            ("<p{}>", Place::Nowhere),
            ("</{}>", Place::Nowhere),
            ("<br/>{}", Place::Text),
            ("<br a/{}>", Place::Nowhere),
            ("<!-- > {} -->", Place::Text),
            ("<!-- --><p {}>", Place::Nowhere),
            ("<!doctype html><p>{}", Place::Text),
            ("<a href=\"{}\">", Place::Link),
            ("<A HREF={}>", Place::Link),
            ("<img src='https://x/?a={}'>", Place::Link),
            ("<a href=\"javascript:f('{}')\">", Place::Nowhere),
            ("<a href=\" JavaScript\n:f('{}')\">", Place::Nowhere),
            ("<a href=\"java&#115;cript:{}\">", Place::Nowhere),
            ("<a href=\"https://x/?a=1&amp;b={}\">", Place::Link),
            ("<a href='https://{}/'>", Place::Nowhere),
            ("<a href='https:{}'>", Place::Nowhere),
            ("<a href='//host{}/'>", Place::Nowhere),
            ("<a href='\\\\{}/'>", Place::Nowhere),
            ("<a href='/{}'>", Place::Link),
            ("<a href='{}'>", Place::Link),
            ("<a href='a?b:{}'>", Place::Link),
            ("<meta content='0; URL=https://h/?a={}'>", Place::Link),
            ("<meta content=\"0;url='//{}'\">", Place::Nowhere),
            ("<meta content='{}'>", Place::Text),
            ("<iframe srcdoc=\"{}\">", Place::Nowhere),
            ("<a onclick=\"f('{}')\">", Place::Script),
            ("<a onclick=f({})>", Place::Nowhere),
            ("<p style=\"color:{}\">", Place::Style),
            ("<script>var a = '{}';", Place::Script),
            ("<SCRIPT type=x>a</scripts>{}", Place::Script),
            ("<script>a<b && '</' {}", Place::Script),
            ("<script src=x></script><p>{}", Place::Text),
            ("<script>1</SCRIPT ><p {}>", Place::Nowhere),
            ("<style>a{}", Place::Style),
            ("<title><p {}", Place::Text),
            ("<textarea></textarea><p {}>", Place::Nowhere),
        ];
        for (text, expected) in cases {
            let mut page = Page::new();
            page.read(text.split("{}").next().expect("a place"));
            assert_eq!(page.place(), expected, "{text}");
        }
    }
}
