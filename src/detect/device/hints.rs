//! Client hints: what Chromium says beside its frozen user agent.
//!
//! `Sec-CH-UA`, `-Mobile` and `-Platform` come with every request over HTTPS; the others only after the
//! site has asked for them (`Accept-CH`), so most first visits lack them.
//!
//! The values are structured fields (RFC 8941): lists of quoted strings with a `v` parameter. Strings are
//! read leniently, because apps imitate these headers by hand.

use std::borrow::Cow;

use super::sent::Sent;

/// All hints; empty where not sent.
pub(super) struct Hints<'a> {
    /// (brand, version) of the full list if sent, else of the short one. Without the invented brands
    /// (`Not A;Brand`) that Chromium puts in.
    pub(super) brands: Vec<(String, String)>,
    /// Whether `brands` holds full versions.
    pub(super) is_full: bool,
    pub(super) mobile: Option<bool>,
    pub(super) platform: Cow<'a, str>,
    pub(super) platform_version: Cow<'a, str>,
    pub(super) model: Cow<'a, str>,
}

impl<'a> Hints<'a> {
    pub(super) fn of(sent: &Sent<'a>) -> Self {
        let mut brands = read_brands(&sent.full_version_list());
        let is_full = !brands.is_empty();
        if !is_full {
            brands = read_brands(&sent.brands());
        }
        Self {
            brands,
            is_full,
            mobile: match sent.mobile().trim() {
                "?1" => Some(true),
                "?0" => Some(false),
                _ => None,
            },
            platform: unquoted(sent.platform()),
            platform_version: unquoted(sent.platform_version()),
            model: unquoted(sent.model()),
        }
    }

    /// The version of a brand.
    pub(super) fn version_of(&self, brand: &str) -> Option<&str> {
        self.brands
            .iter()
            .find(|(name, _)| name == brand)
            .map(|(_, version)| version.as_str())
    }

    /// First number of the platform's version.
    pub(super) fn platform_major(&self) -> Option<u32> {
        self.platform_version.split('.').next()?.parse().ok()
    }
}

fn unquoted(value: Cow<'_, str>) -> Cow<'_, str> {
    let is_edge = |sign: char| sign == '"' || sign.is_whitespace();
    match value {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(is_edge)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(is_edge).to_owned()),
    }
}

/// `"Google Chrome";v="124", "Not-A.Brand";v="99"`.
fn read_brands(list: &str) -> Vec<(String, String)> {
    /// Chromium sends three or four; more are somebody's joke.
    const MOST: usize = 16;
    let mut brands = Vec::new();
    let mut rest = list;
    while brands.len() < MOST {
        let Some((name, after)) = quoted(rest) else {
            break;
        };
        // The version is the next string before the comma that ends this member.
        let version = match (after.find(','), after.find('"')) {
            (Some(comma), Some(quote)) if comma < quote => None,
            (_, None) => None,
            _ => quoted(after),
        };
        let (version, after) = version.unwrap_or((String::new(), after));
        if !is_invented(&name) {
            brands.push((name, version));
        }
        rest = after;
    }
    brands
}

/// The next quoted string and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let start = text.find('"')? + 1;
    let mut value = String::new();
    let mut is_escaped = false;
    for (at, sign) in text[start..].char_indices() {
        match sign {
            _ if is_escaped => {
                value.push(sign);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return Some((value, &text[start + at + 1..])),
            _ => value.push(sign),
        }
    }
    None
}

/// `Not A;Brand`, `Not/A)Brand`, `Not-A.Brand`, ` Not A;Brand`: made up so that nobody relies on the list.
fn is_invented(name: &str) -> bool {
    let name = name.trim();
    name.is_empty() || (name.contains("Not") && name.ends_with("Brand"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brand_lists_are_read_with_their_versions_and_without_invented_brands() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            (
                r#""Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99""#,
                &[("Chromium", "124"), ("Google Chrome", "124")],
            ),
            (
                r#"" Not A;Brand";v="99", "Chromium";v="96.0.4664.45", "Microsoft Edge";v="96.0.1054.29""#,
                &[
                    ("Chromium", "96.0.4664.45"),
                    ("Microsoft Edge", "96.0.1054.29"),
                ],
            ),
            (
                r#""Not\"A\\Brand";v="8","Brave";v="130""#,
                &[("Brave", "130")],
            ),
            (
                r#""Opera", "Chromium";v="124""#,
                &[("Opera", ""), ("Chromium", "124")],
            ),
            (r#""Unfinished"#, &[]),
            (r#""Unfinished";v="1"#, &[("Unfinished", "")]),
            ("", &[]),
        ];
        for (list, expected) in cases {
            let brands = read_brands(list);
            let brands: Vec<(&str, &str)> = brands
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .collect();
            assert_eq!(brands, *expected, "{list}");
        }
    }
}
