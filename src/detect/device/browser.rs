//! Browser and version.
//!
//! Every browser claims to be several others, so the order decides: the most particular token first.

use super::hints::Hints;
use super::tokens::{has_word, version_after};

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Browser {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
}

impl Browser {
    pub(super) fn new(name: &str, version: Option<&str>) -> Self {
        Self {
            name: Some(name.to_owned()),
            version: version
                .filter(|version| !version.is_empty())
                .map(str::to_owned),
        }
    }
}

/// (token, browser).
const TOKENS: &[(&str, &str)] = &[
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edg/", "Edge"),
    ("EdgW/", "Edge"),
    ("Edge/", "Edge"),
    ("OPRGX/", "Opera GX"),
    ("OPX/", "Opera GX"),
    ("Opera Mini/", "Opera Mini"),
    ("OPiOS/", "Opera Mini"),
    ("OPT/", "Opera Touch"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("YaSearchBrowser/", "Yandex Browser"),
    ("Vivaldi/", "Vivaldi"),
    ("UCBrowser/", "UC Browser"),
    ("UCWEB", "UC Browser"),
    ("UBrowser/", "UC Browser"),
    ("MiuiBrowser/", "MIUI Browser"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("HonorBrowser/", "Honor Browser"),
    ("HeyTapBrowser/", "HeyTap Browser"),
    ("VivoBrowser/", "vivo Browser"),
    ("Whale/", "Whale"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("Brave/", "Brave"),
    ("coc_coc_browser/", "Coc Coc"),
    ("MQQBrowser/", "QQ Browser"),
    ("QQBrowser/", "QQ Browser"),
    ("SogouMobileBrowser/", "Sogou Browser"),
    ("MetaSr ", "Sogou Browser"),
    ("baiduboxapp/", "Baidu"),
    ("BIDUBrowser/", "Baidu"),
    ("Silk/", "Amazon Silk"),
    ("PHX/", "Phoenix"),
    ("Puffin/", "Puffin"),
    ("Maxthon/", "Maxthon"),
    ("MxBrowser/", "Maxthon"),
    ("AlohaBrowser/", "Aloha"),
    ("EcosiaApp", "Ecosia"),
    ("Ecosia", "Ecosia"),
    ("AvastSecureBrowser/", "Avast Secure Browser"),
    ("Avast/", "Avast Secure Browser"),
    ("AVG/", "AVG Secure Browser"),
    ("Atom/", "Atom"),
    ("Sleipnir/", "Sleipnir"),
    ("SeaMonkey/", "SeaMonkey"),
    ("PaleMoon/", "Pale Moon"),
    ("Waterfox/", "Waterfox"),
    ("Focus/", "Firefox Focus"),
    ("Klar/", "Firefox Focus"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("IEMobile/", "Internet Explorer"),
    ("MSIE ", "Internet Explorer"),
    ("Chromium/", "Chromium"),
    ("ArkWeb/", "ArkWeb"),
];

/// (brand in `Sec-CH-UA`, browser). Some browsers write an ordinary Chrome user agent and show themselves
/// only here.
const BRANDS: &[(&str, &str)] = &[
    ("Brave", "Brave"),
    ("Microsoft Edge", "Edge"),
    ("Opera GX", "Opera GX"),
    ("Opera", "Opera"),
    ("Opera Mini", "Opera Mini"),
    ("OperaMobile", "Opera"),
    ("Samsung Internet", "Samsung Internet"),
    ("YaBrowser", "Yandex Browser"),
    ("Yandex", "Yandex Browser"),
    ("Vivaldi", "Vivaldi"),
    ("DuckDuckGo", "DuckDuckGo"),
    ("Whale", "Whale"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "MIUI Browser"),
    ("UCBrowser", "UC Browser"),
    ("Avast Secure Browser", "Avast Secure Browser"),
    ("AVG Secure Browser", "AVG Secure Browser"),
    ("CocCoc", "Coc Coc"),
    ("Arc", "Arc"),
    ("Google Chrome", "Chrome"),
];

/// The browser that a token or a hint names, if one is known by name. Web views have none: `None`.
pub(super) fn named(ua: &str, hints: &Hints<'_>) -> Option<Browser> {
    let by_token = TOKENS
        .iter()
        .find_map(|(token, name)| Some((*name, version_after(ua, token)?)));
    if let Some((name, version)) = by_token {
        let version = full_version(name, hints).unwrap_or(version);
        return Some(Browser::new(name, Some(version)));
    }
    // Brave for iOS puts its bare name at the end.
    if has_word(ua, "Brave") && !ua.contains("Brave/") {
        return Some(Browser::new("Brave", version_after(ua, "Version/")));
    }
    let (brand, name) = BRANDS
        .iter()
        .find(|(brand, _)| hints.version_of(brand).is_some())?;
    // A user agent that knows nothing of Chrome beside hints is a forgery or a fault: trust the former.
    let claimed = version_after(ua, "Chrome/")?;
    let told = hints
        .version_of(brand)
        .filter(|version| !version.is_empty());
    let version = match told {
        Some(full) if hints.is_full => full,
        // The short list has the first number only; Chrome's own user agent has at least as much.
        Some(_) if *name == "Chrome" => claimed,
        Some(short) => short,
        None => claimed,
    };
    Some(Browser::new(name, Some(version)))
}

/// Browsers without a name of their own in the user agent: plain Chrome, Safari, old Opera, IE 11.
pub(super) fn plain(ua: &str, hints: &Hints<'_>) -> Option<Browser> {
    if let Some(version) = version_after(ua, "Chrome/") {
        let version = full_version("Chrome", hints).unwrap_or(version);
        return Some(Browser::new("Chrome", Some(version)));
    }
    if let Some(version) = version_after(ua, "Opera/") {
        let version = version_after(ua, "Version/").unwrap_or(version);
        return Some(Browser::new("Opera", Some(version)));
    }
    if has_word(ua, "Trident/") {
        return Some(Browser::new("Internet Explorer", version_after(ua, "rv:")));
    }
    if has_word(ua, "Android") && has_word(ua, "Safari/") {
        return Some(Browser::new(
            "Android Browser",
            version_after(ua, "Version/"),
        ));
    }
    if has_word(ua, "Safari/") || has_word(ua, "AppleWebKit/") && has_word(ua, "Version/") {
        return Some(Browser::new("Safari", version_after(ua, "Version/")));
    }
    None
}

fn full_version<'a>(name: &str, hints: &'a Hints<'_>) -> Option<&'a str> {
    if !hints.is_full {
        return None;
    }
    BRANDS
        .iter()
        .filter(|(_, browser)| *browser == name)
        .find_map(|(brand, _)| hints.version_of(brand))
        .filter(|version| !version.is_empty())
}
