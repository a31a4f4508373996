//! Operating system and version.

use std::borrow::Cow;

use super::hints::Hints;
use super::tokens::{find_word, has_word, leading_version, major, version_after};

pub(super) const ANDROID: &str = "Android";
pub(super) const IOS: &str = "iOS";
pub(super) const WINDOWS: &str = "Windows";
pub(super) const MACOS: &str = "macOS";
pub(super) const LINUX: &str = "Linux";
pub(super) const CHROME_OS: &str = "ChromeOS";

/// Chromium says 13 and more for Windows 11, less for Windows 10 (its number counts updates, not names).
const WINDOWS_11: u32 = 13;
/// From this Safari on, iPhones hide their version: see `ios_version`.
const IOS_FREEZE: u32 = 26;

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Os {
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) version: Option<String>,
}

impl Os {
    fn new(name: &'static str, version: impl Into<String>) -> Self {
        let version: String = version.into();
        Self {
            name: Some(Cow::Borrowed(name)),
            version: Some(version).filter(|version| !version.is_empty()),
        }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }
}

/// Systems that a word in the user agent names, with the token before the version. Before Android and
/// Linux, because most of them mention those as well.
const NAMED: &[(&str, &str, &str)] = &[
    ("Windows Phone", "Windows Phone", "Windows Phone "),
    ("AppleTV", "tvOS", "tvOS/"),
    ("Apple TV", "tvOS", "tvOS "),
    ("Tizen", "Tizen", "Tizen "),
    ("Web0S", "webOS", "webOS.TV-"),
    ("WebOS", "webOS", "WebOS/"),
    ("webOS", "webOS", "webOS/"),
    ("hpwOS", "webOS", "hpwOS/"),
    ("KAIOS", "KaiOS", "KAIOS/"),
    ("OpenHarmony", "HarmonyOS", "OpenHarmony "),
    ("BB10", "BlackBerry", "Version/"),
    ("BlackBerry", "BlackBerry", "Version/"),
    ("PlayStation", "PlayStation", "PlayStation "),
    ("PLAYSTATION 3", "PlayStation", "PLAYSTATION "),
    ("Nintendo Switch", "Nintendo Switch", "NF/"),
    ("Nintendo", "Nintendo", "NF/"),
    ("Roku", "Roku", "Roku/DVP-"),
    ("Symbian", "Symbian", "SymbianOS/"),
    ("Series60", "Symbian", "SymbianOS/"),
    ("Sailfish", "Sailfish", "Sailfish "),
];

/// From the user agent, made more exact by hints and by what apps add.
pub(super) fn observe(user_agent: &str, hints: &Hints<'_>) -> Os {
    let ua = user_agent;
    if let Some((_, name, token)) = NAMED.iter().find(|(word, _, _)| has_word(ua, word)) {
        return Os::new(name, version_after(ua, token).unwrap_or_default());
    }
    if is_ios(ua) {
        return Os::new(IOS, ios_version(ua));
    }
    if has_word(ua, "Android") || has_word(ua, "Adr") {
        return Os::new(ANDROID, android_version(ua, hints));
    }
    if has_word(ua, "Xbox") || has_word(ua, "Windows") {
        return Os::new(WINDOWS, windows_version(ua, hints));
    }
    if has_word(ua, "CrOS") || hints.platform == "Chrome OS" || hints.platform == "Chromium OS" {
        return Os::new(CHROME_OS, chrome_os_version(ua, hints));
    }
    if has_word(ua, "Macintosh") || has_word(ua, "Mac OS X") {
        return Os::new(MACOS, macos_version(ua, hints));
    }
    // Chrome for Android that asks for desktop pages calls itself Linux.
    if hints.platform == ANDROID && !hints.brands.is_empty() {
        return Os::new(ANDROID, &*hints.platform_version);
    }
    if has_word(ua, "FreeBSD") {
        return Os::new("FreeBSD", version_after(ua, "FreeBSD ").unwrap_or_default());
    }
    if has_word(ua, "Linux") || has_word(ua, "X11") {
        return Os::new(LINUX, "");
    }
    Os::default()
}

pub(super) fn is_ios(ua: &str) -> bool {
    ["iPhone", "iPad", "iPod"].iter().any(|word| has_word(ua, word))
        // Windows Phone and some Android browsers name the iPhone for compatibility.
        && !has_word(ua, "Windows Phone")
        && !has_word(ua, "Android")
}

/// Of several sources the one that knows best.
///
/// Apps write the true version: Facebook `FBSV/26.1`, Instagram `iOS 26_1`. Safari 26 froze
/// `CPU iPhone OS` at 18_6 or 18_7, while its own `Version/` kept following the system's, with which it is
/// shipped and shares the number; so `Version/` is taken where its first number is at least 26 and
/// above the frozen one (Firefox for iOS writes the same `Version/`), and where it is the same number with
/// more places (`18_7` and `Version/18.7.5`). Below that, `Version/` may lag behind the system
/// (`18_4_1` with `Version/18.4`), and above it may not be Safari's at all.
fn ios_version(ua: &str) -> String {
    if let Some(told) = version_after(ua, "FBSV/").filter(|version| !version.is_empty()) {
        return dotted(told);
    }
    if let Some(signature) = ["Instagram ", "Barcelona "]
        .iter()
        .find_map(|app| find_word(ua, app))
        && let Some(told) = version_after(&ua[signature..], "iOS ").filter(|told| !told.is_empty())
    {
        return dotted(told);
    }
    let token = ["iPhone OS ", "CPU OS ", "iOS ", "iOS/"]
        .iter()
        .find_map(|token| version_after(ua, token))
        .map(dotted)
        .unwrap_or_default();
    let Some(safari) = version_after(ua, "Version/") else {
        return token;
    };
    let (system, own) = (major(&token).unwrap_or(0), major(safari).unwrap_or(0));
    let is_hidden = own >= IOS_FREEZE && own > system;
    let is_finer = !token.is_empty()
        && safari
            .strip_prefix(token.as_str())
            .is_some_and(|more| more.starts_with('.'));
    if is_hidden || is_finer {
        safari.to_owned()
    } else {
        token
    }
}

fn android_version(ua: &str, hints: &Hints<'_>) -> String {
    if hints.platform == ANDROID && hints.platform_major().is_some() {
        return trimmed(&hints.platform_version);
    }
    // Instagram and Threads: `Android (36/16; 540dpi; ...)`, API level and version.
    if let Some(at) = ua.find("Android (") {
        let level_and_version = &ua[at + "Android (".len()..];
        if let Some((level, rest)) = level_and_version.split_once('/')
            && level.bytes().all(|byte| byte.is_ascii_digit())
            && !leading_version(rest).is_empty()
        {
            return leading_version(rest).to_owned();
        }
    }
    // Telegram: `Telegram-Android/11.3.3 (Samsung SM-A546E; Android 14; ...)`.
    if let Some(at) = find_word(ua, "Telegram-Android/")
        && let Some(told) = version_after(&ua[at..], "Android ").filter(|told| !told.is_empty())
    {
        return told.to_owned();
    }
    // Facebook names the system's version, unless it speaks of another system.
    if let Some(told) = version_after(ua, "FBSV/").filter(|version| !version.is_empty()) {
        return told.to_owned();
    }
    ["Android ", "Android-", "Android/", "Adr "]
        .iter()
        .filter_map(|token| version_after(ua, token))
        .find(|version| !version.is_empty())
        .unwrap_or_default()
        .to_owned()
}

fn windows_version(ua: &str, hints: &Hints<'_>) -> &'static str {
    let nt = version_after(ua, "Windows NT ").unwrap_or_default();
    if hints.platform == WINDOWS
        && let Some(major) = hints.platform_major()
    {
        return match major {
            WINDOWS_11.. => "11",
            1.. => "10",
            _ => match &*hints.platform_version {
                version if version.starts_with("0.3") => "8.1",
                version if version.starts_with("0.2") => "8",
                version if version.starts_with("0.1") => "7",
                _ => named_windows(nt),
            },
        };
    }
    if nt.is_empty() {
        return match () {
            () if has_word(ua, "Windows 98") => "98",
            () if has_word(ua, "Windows XP") => "XP",
            () => "",
        };
    }
    named_windows(nt)
}

fn named_windows(nt: &str) -> &'static str {
    match nt {
        "10.0" | "10" => "10",
        "11.0" | "11" => "11",
        "6.4" => "10",
        "6.3" => "8.1",
        "6.2" => "8",
        "6.1" => "7",
        "6.0" => "Vista",
        "5.1" | "5.2" => "XP",
        "5.0" => "2000",
        _ => "",
    }
}

/// `Mac OS X 10_15_7` is frozen in every browser; only the hint knows better.
fn macos_version(ua: &str, hints: &Hints<'_>) -> String {
    if hints.platform == MACOS && hints.platform_major().is_some() {
        return trimmed(&hints.platform_version);
    }
    version_after(ua, "Mac OS X ")
        .map(dotted)
        .unwrap_or_default()
}

/// `CrOS x86_64 14541.0.0`: kind of processor, then the version.
fn chrome_os_version(ua: &str, hints: &Hints<'_>) -> String {
    if hints.platform_major().is_some() {
        return hints.platform_version.to_string();
    }
    find_word(ua, "CrOS ")
        .and_then(|at| ua[at..].split([' ', ')', ';']).nth(2))
        .map(|version| leading_version(version).to_owned())
        .unwrap_or_default()
}

fn dotted(version: &str) -> String {
    version.replace('_', ".")
}

/// Hints pad with zeros: Android 14 is `14.0.0`, macOS 15.5 is `15.5.0`.
fn trimmed(version: &str) -> String {
    let mut version = leading_version(version);
    while let Some(shorter) = version.strip_suffix(".0") {
        version = shorter;
    }
    version.to_owned()
}
