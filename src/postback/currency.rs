//! Currencies as networks write them beside an amount: codes and signs.

use crate::domain::money::Currency;

/// Signs and words that stand for a currency beside an amount. A longer one before a shorter one
/// that it holds.
const SIGNS: &[(&str, &str)] = &[
    ("US$", "USD"),
    ("R$", "BRL"),
    ("A$", "AUD"),
    ("C$", "CAD"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("₴", "UAH"),
    ("грн.", "UAH"),
    ("грн", "UAH"),
    ("₽", "RUB"),
    ("руб.", "RUB"),
    ("руб", "RUB"),
    ("₸", "KZT"),
    ("₹", "INR"),
    ("₺", "TRY"),
    ("₫", "VND"),
    ("₩", "KRW"),
    ("₱", "PHP"),
    ("₪", "ILS"),
    ("฿", "THB"),
    ("₦", "NGN"),
    ("₼", "AZN"),
    ("₾", "GEL"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
    ("₮", "USDT"),
];

/// Codes that are believed beside an amount: ISO 4217, and the coins that networks pay in. Any
/// other word there is a word.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL \
    BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD \
    FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS \
    KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK \
    MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD \
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX \
    USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG \
    BTC ETH LTC TON TRX USDC USDT";

/// The value of a currency parameter: any code of three or four letters, or a sign.
pub(super) fn read(text: &str) -> Option<Currency> {
    let text = text.trim();
    Currency::parse(text).or_else(|| sign(text))
}

/// Takes the currency that an amount begins or ends with: `$7`, `7 USD`, `$7 CAD`. What is left is
/// trimmed.
pub(super) fn split(text: &str) -> (&str, Option<Currency>) {
    let (rest, sign) = split_sign(text.trim());
    let (rest, code) = split_code(rest);
    (rest, code.or(sign))
}

fn split_sign(text: &str) -> (&str, Option<Currency>) {
    let taken = SIGNS.iter().find_map(|(sign, code)| {
        let rest = strip_start(text, sign).or_else(|| strip_end(text, sign))?;
        Some((rest.trim(), Currency::parse(code)))
    });
    taken.unwrap_or((text, None))
}

fn split_code(text: &str) -> (&str, Option<Currency>) {
    let is_letter = |character: char| character.is_ascii_alphabetic();
    let behind = text.trim_start_matches(is_letter);
    let before = text.trim_end_matches(is_letter);
    let (word, rest) = if behind.len() < text.len() {
        (&text[..text.len() - behind.len()], behind)
    } else {
        (&text[before.len()..], before)
    };
    match believed(word) {
        Some(currency) => (rest.trim(), Some(currency)),
        None => (text, None),
    }
}

fn believed(word: &str) -> Option<Currency> {
    let is_known = CODES
        .split_ascii_whitespace()
        .any(|code| code.eq_ignore_ascii_case(word));
    Currency::parse(word).filter(|_| is_known)
}

fn sign(text: &str) -> Option<Currency> {
    let mut signs = SIGNS.iter();
    let (_, code) = signs.find(|(sign, _)| is_same(sign, text))?;
    Currency::parse(code)
}

fn strip_start<'a>(text: &'a str, sign: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(sign.len())?;
    is_same(start, sign).then_some(rest)
}

fn strip_end<'a>(text: &'a str, sign: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(sign.len())?;
    let (rest, end) = text.split_at_checked(at)?;
    is_same(end, sign).then_some(rest)
}

fn is_same(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_signs_are_currencies() {
        for (text, code) in [
            ("USD", "USD"),
            (" usd ", "USD"),
            ("XYZ", "XYZ"),
            ("USDT", "USDT"),
            ("$", "USD"),
            ("us$", "USD"),
            ("€", "EUR"),
            ("₴", "UAH"),
            ("Руб.", "RUB"),
        ] {
            let read = read(text);
            assert_eq!(read.as_ref().map(Currency::as_str), Some(code), "{text}");
        }
        for text in ["", "dollar", "840", "{currency}", "рубль", "U$", "USD,EUR"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn every_sign_and_code_is_a_currency_and_no_sign_hides_a_longer_one() {
        for (at, (sign, code)) in SIGNS.iter().enumerate() {
            assert!(believed(code).is_some(), "{code}");
            let hidden = SIGNS[at + 1..]
                .iter()
                .any(|(later, _)| later.starts_with(sign) || later.ends_with(sign));
            assert!(!hidden, "{sign}");
        }
        let mut codes = CODES.split_ascii_whitespace();
        assert!(codes.all(|code| Currency::parse(code).is_some()));
    }
}
