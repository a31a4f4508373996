//! What an operator's own events and metrics are called: in formulas, macros and reports.

use super::form::quoted;

/// The longest key.
const KEY_MAX: usize = 40;

/// A key, or what is wrong with it.
pub(super) fn checked(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !text.starts_with(|first: char| first.is_ascii_lowercase())
        || text.len() > KEY_MAX
        || !text.bytes().all(fits)
    {
        return Err(format!(
            "The key {} is not 1 to {KEY_MAX} small letters (a-z), digits and \"_\" that begin with a letter.",
            quoted(text)
        ));
    }
    Ok(text.to_owned())
}

/// A key made of a name: its Latin letters and digits, in small letters, with `_` between words.
/// Empty if there are none.
pub(super) fn from_name(name: &str) -> String {
    let mut key = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            key.push(c.to_ascii_lowercase());
        } else if (c.is_whitespace() || matches!(c, '-' | '_')) && !key.ends_with('_') {
            key.push('_');
        }
    }
    let key = key.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let key = &key[..key.len().min(KEY_MAX)];
    key.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_a_key_as_far_as_it_is_latin() {
        let cases = [
            ("Registration", "registration"),
            (" First  Deposit ", "first_deposit"),
            ("Call > 30 s", "call_30_s"),
            ("2nd sale-call", "nd_sale_call"),
            ("Первый FTD", "ftd"),
            ("Регистрация", ""),
            ("123", ""),
        ];
        for (name, key) in cases {
            assert_eq!(from_name(name), key, "{name}");
        }
    }
}
