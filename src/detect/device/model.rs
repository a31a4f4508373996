//! What a user agent calls the Android device.
//!
//! The model stands in the first brackets, among other things and in no fixed place:
//! `Linux; Android 15; CPH2653`, `Linux; U; Android 4.4.2; en-us; GT-P5210 Build/KOT49H`,
//! `Linux; arm_64; Android 14; SM-A536B`, `Linux; Android 11; moto g power (2022)`. Chrome's reduced user
//! agent has `K` there; the model then comes from `Sec-CH-UA-Model`, or from what an app adds, or it is
//! unknown.

use super::hints::Hints;
use super::tokens::{find_word, platform_comment};

/// Longer ones are nobody's model.
const LONGEST: usize = 64;

/// A device's model and, where an app tells it, its maker's own name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Device<'a> {
    pub(super) model: Option<&'a str>,
    /// `samsung`, `Xiaomi/Redmi`: as the device says.
    pub(super) maker: Option<&'a str>,
}

pub(super) fn observe<'a>(ua: &'a str, hints: &'a Hints<'_>) -> Device<'a> {
    let mut signed = signed_by_instagram(ua);
    if signed == Device::default() {
        signed = signed_by_telegram(ua);
    }
    let model = usable(&hints.model)
        .or_else(|| in_brackets(ua))
        .or(signed.model)
        .or_else(|| after(ua, "FBDV/"));
    Device {
        model,
        maker: signed.maker.or_else(|| after(ua, "FBBD/")),
    }
}

/// `Android (33/13; 420dpi; 1080x2340; samsung; SM-A536B; a53x; ...)`.
fn signed_by_instagram(ua: &str) -> Device<'_> {
    let Some(at) = ua.find(" Android (") else {
        return Device::default();
    };
    let mut parts = ua[at + " Android (".len()..]
        .split(';')
        .map(str::trim)
        .skip(3);
    Device {
        maker: parts.next().filter(|maker| !maker.is_empty()),
        model: parts.next().and_then(usable),
    }
}

/// `Telegram-Android/11.3.3 (Samsung SM-A546E; Android 14; SDK 34; AVERAGE)`.
fn signed_by_telegram(ua: &str) -> Device<'_> {
    let signed = find_word(ua, "Telegram-Android/")
        .and_then(|at| ua[at..].split_once('('))
        .and_then(|(_, inside)| inside.split([';', ')']).next())
        .and_then(|device| device.trim().split_once(' '));
    match signed {
        Some((maker, model)) => Device {
            maker: Some(maker),
            model: usable(model),
        },
        None => Device::default(),
    }
}

/// Facebook's `FBDV/SM-A536B;`.
fn after<'a>(ua: &'a str, token: &str) -> Option<&'a str> {
    let at = find_word(ua, token)?;
    usable(ua[at + token.len()..].split([';', ']']).next()?)
}

fn in_brackets(ua: &str) -> Option<&str> {
    let mut parts = platform_comment(ua).split(';').map(str::trim);
    parts.find(|part| part.starts_with("Android") || part.starts_with("Adr "))?;
    parts.find_map(|part| {
        let part = match part.find("Build/") {
            Some(at) => part[..at].trim_end(),
            None => part,
        };
        // Xiaomi's browser: `Redmi Note 8 MIUI/V12.5.1`.
        let part = part.split(" MIUI/").next().unwrap_or(part);
        usable(part)
    })
}

fn usable(text: &str) -> Option<&str> {
    let text = text.trim();
    let text = ["SAMSUNG ", "SAMSUNG-", "samsung "]
        .iter()
        .find_map(|maker| text.strip_prefix(maker))
        .unwrap_or(text);
    let is_model = !text.is_empty()
        && text.len() <= LONGEST
        && !is_language(text)
        && !IGNORED.iter().any(|word| text.eq_ignore_ascii_case(word))
        && !IGNORED_STARTS.iter().any(|start| text.starts_with(start));
    is_model.then_some(text)
}

const IGNORED: &[&str] = &[
    "K",
    "U",
    "wv",
    "Mobile",
    "Tablet",
    "TV",
    "arm",
    "arm_64",
    "aarch64",
    "armv7l",
    "armv8l",
    "x86",
    "x86_64",
    "i686",
    "HarmonyOS",
    "Linux",
    "unknown",
    "generic",
    "Android",
    "null",
    "Mobile VR",
    "compatible",
];

const IGNORED_STARTS: &[&str] = &[
    "rv:", "Android ", "HMSCore", "GMSCore", "Opera ", "Chrome/", "Linux ",
];

/// `en`, `en-us`, `zh_CN`.
fn is_language(text: &str) -> bool {
    match text.as_bytes() {
        [a, b] => a.is_ascii_lowercase() && b.is_ascii_lowercase(),
        [a, b, b'-' | b'_', c, d] => [a, b, c, d].iter().all(|byte| byte.is_ascii_alphabetic()),
        _ => false,
    }
}
