//! Puts the answers together: one [`Agent`] from what was sent. Runs on a cache miss only.
//!
//! Our own tables know what advertising traffic consists of; `woothee` is asked about the long tail
//! (feature phones, old and rare browsers) where they know nothing.

use std::borrow::Cow;

use super::browser::{self, Browser};
use super::hints::Hints;
use super::in_app::{self, Package, WEB_VIEW};
use super::os::{self, Os};
use super::sent::Sent;
use super::tokens::{has_word, version_after};
use super::{brand, kind, model};
use crate::detect::bot::BotRules;
use crate::domain::visitor::{Agent, Bot, BotReason, DeviceType};

pub(super) fn agent(fingerprint: u128, sent: &Sent<'_>, crawlers: &BotRules) -> Agent {
    let user_agent = sent.user_agent();
    let ua: &str = &user_agent;
    let hints = Hints::of(sent);
    let requested_with = sent.requested_with();

    let mut system = os::observe(ua, &hints);
    let (in_app, browser) = app_and_browser(ua, &requested_with, &hints);
    let mut browser = browser.unwrap_or_default();
    let (brand, model) = brand_and_model(ua, &system, &hints);
    let mut device_type = kind::observe(ua, &system, model.as_deref(), &hints);
    if system.name.is_none() || browser.name.is_none() {
        ask_woothee(ua, &mut system, &mut browser, &mut device_type);
    }

    Agent {
        fingerprint,
        bot: crawlers.user_agent(ua).or_else(|| headless(&hints)),
        device_type,
        brand,
        model,
        os: system.name.map(Cow::into_owned),
        os_version: system.version,
        browser: browser.name,
        browser_version: browser.version,
        in_app: in_app.map(str::to_owned),
        x_requested_with: Some(requested_with.trim())
            .filter(|value| !value.is_empty())
            .map(str::to_owned),
        user_agent: user_agent.into_owned(),
    }
}

/// Headless Chrome may hide in the user agent and still name itself in the hints.
fn headless(hints: &Hints<'_>) -> Option<Bot> {
    hints.version_of("HeadlessChrome").map(|_| Bot {
        reason: BotReason::Tool,
        detail: "headlesschrome".to_owned(),
    })
}

/// The app around the page, if any, and the browser. An app we know is reported as the browser, too: its
/// visitors differ from those of the system's browser, and buyers look for it there.
fn app_and_browser(
    ua: &str,
    requested_with: &str,
    hints: &Hints<'_>,
) -> (Option<&'static str>, Option<Browser>) {
    if ua.starts_with("Mozilla/")
        && let Some((app, version)) = in_app::by_user_agent(ua)
    {
        return (Some(app.word), Some(Browser::new(app.name, version)));
    }
    let package = in_app::by_package(requested_with);
    if let Some(Package::App(app)) = package {
        return (Some(app.word), Some(Browser::new(app.name, None)));
    }
    if let Some(named) = browser::named(ua, hints) {
        return (None, Some(named));
    }
    match package {
        Some(Package::Browser(name)) => (None, Some(Browser::new(name, None))),
        Some(_) => (Some(WEB_VIEW), Some(web_view(ua, hints))),
        None if is_web_view(ua, hints) => (Some(WEB_VIEW), Some(web_view(ua, hints))),
        None => (None, browser::plain(ua, hints)),
    }
}

/// Android marks web views by `wv` or by `Version/4.0` before Chrome's; on iOS they lack `Safari/`.
fn is_web_view(ua: &str, hints: &Hints<'_>) -> bool {
    if os::is_ios(ua) {
        return ua.contains("AppleWebKit/") && !ua.contains("Safari/");
    }
    has_word(ua, "Android")
        && (ua.contains("; wv)")
            || ua.contains("Version/4.0 Chrome/")
            || hints.version_of("Android WebView").is_some())
}

fn web_view(ua: &str, hints: &Hints<'_>) -> Browser {
    if os::is_ios(ua) {
        return Browser::new("iOS WebView", version_after(ua, "AppleWebKit/"));
    }
    let full = hints
        .version_of("Android WebView")
        .filter(|version| hints.is_full && !version.is_empty());
    Browser::new(
        "Android WebView",
        full.or_else(|| version_after(ua, "Chrome/")),
    )
}

fn brand_and_model(ua: &str, system: &Os, hints: &Hints<'_>) -> (Option<String>, Option<String>) {
    if let Some((_, brand, model)) = FIXED.iter().find(|(word, _, _)| has_word(ua, word))
        && !(system.is(os::ANDROID) && *brand == "Apple")
    {
        return (Some((*brand).to_owned()), model.map(str::to_owned));
    }
    if system.is(os::MACOS) {
        return (Some("Apple".to_owned()), None);
    }
    if !system.is(os::ANDROID) && !system.is("HarmonyOS") && !system.is("KaiOS") {
        return (None, None);
    }
    let device = model::observe(ua, hints);
    let brand = device
        .model
        .and_then(brand::of_model)
        .or_else(|| device.maker.and_then(brand::of_maker));
    (brand.map(str::to_owned), device.model.map(str::to_owned))
}

/// (word, brand, model): devices that are known by one word.
const FIXED: &[(&str, &str, Option<&str>)] = &[
    ("PlayStation 5", "Sony", Some("PlayStation 5")),
    ("PlayStation 4", "Sony", Some("PlayStation 4")),
    ("PLAYSTATION 3", "Sony", Some("PlayStation 3")),
    ("PlayStation Vita", "Sony", Some("PlayStation Vita")),
    ("Nintendo Switch", "Nintendo", Some("Switch")),
    ("Nintendo WiiU", "Nintendo", Some("Wii U")),
    ("Nintendo Wii", "Nintendo", Some("Wii")),
    ("Nintendo 3DS", "Nintendo", Some("3DS")),
    ("New Nintendo 3DS", "Nintendo", Some("3DS")),
    ("Xbox Series X", "Microsoft", Some("Xbox Series X")),
    ("Xbox One", "Microsoft", Some("Xbox One")),
    ("Xbox", "Microsoft", Some("Xbox")),
    // Every one of them says `CPU iPhone OS` at times.
    ("iPad", "Apple", Some("iPad")),
    ("iPod", "Apple", Some("iPod")),
    ("iPhone", "Apple", Some("iPhone")),
    ("AppleTV", "Apple", Some("Apple TV")),
    ("Apple TV", "Apple", Some("Apple TV")),
    ("Tizen", "Samsung", None),
    ("Web0S", "LG", None),
    ("webOS.TV", "LG", None),
    ("NetCast", "LG", None),
    ("Roku", "Roku", None),
    ("CrKey", "Google", Some("Chromecast")),
];

fn ask_woothee(ua: &str, system: &mut Os, browser: &mut Browser, device_type: &mut DeviceType) {
    let Some(found) = woothee::parser::Parser::new().parse(ua) else {
        return;
    };
    let known = |text: &str| !text.is_empty() && text != "UNKNOWN";
    if system.name.is_none() && known(found.os) {
        let name: &str = match found.os {
            os if os.starts_with("Windows Phone") => "Windows Phone",
            os if os.starts_with("Windows") => os::WINDOWS,
            "Mac OSX" | "Mac OS Classic" => os::MACOS,
            "iPhone" | "iPad" | "iPod" => os::IOS,
            os => os,
        };
        system.name = Some(Cow::Owned(name.to_owned()));
        system.version = Some(found.os_version.as_ref())
            .filter(|version| known(version))
            .map(str::to_owned);
    }
    // What it calls an HTTP library is no browser; the bot verdict names it.
    if browser.name.is_none() && known(found.name) && found.name != "HTTP Library" {
        *browser = Browser::new(
            found.name,
            Some(found.version).filter(|version| known(version)),
        );
    }
    if *device_type == DeviceType::Other {
        *device_type = match found.category {
            "pc" => DeviceType::Desktop,
            "smartphone" | "mobilephone" => DeviceType::Mobile,
            _ => DeviceType::Other,
        };
    }
}
