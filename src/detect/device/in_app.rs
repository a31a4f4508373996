//! Which app's web view shows the page.
//!
//! Large apps sign their user agent; on Android every web view may also send its package name as
//! `X-Requested-With`. The word we give an app is what filters and reports show.

use super::tokens::{find_word, leading_version};

/// An app with a web view.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct App {
    /// The lower-case word of the app.
    pub(super) word: &'static str,
    /// Its name, reported as the browser.
    pub(super) name: &'static str,
}

/// A web view of an app we do not know by name.
pub(super) const WEB_VIEW: &str = "webview";

const fn app(word: &'static str, name: &'static str) -> App {
    App { word, name }
}

const FACEBOOK: App = app("facebook", "Facebook");
const MESSENGER: App = app("messenger", "Messenger");
const INSTAGRAM: App = app("instagram", "Instagram");
const THREADS: App = app("threads", "Threads");
const TIKTOK: App = app("tiktok", "TikTok");
const TELEGRAM: App = app("telegram", "Telegram");
const SNAPCHAT: App = app("snapchat", "Snapchat");
const PINTEREST: App = app("pinterest", "Pinterest");
const TWITTER: App = app("twitter", "X (Twitter)");
const LINKEDIN: App = app("linkedin", "LinkedIn");
const WHATSAPP: App = app("whatsapp", "WhatsApp");
const LINE: App = app("line", "LINE");
const WECHAT: App = app("wechat", "WeChat");
const VK: App = app("vk", "VK");
const OK: App = app("ok", "OK");
const GOOGLE: App = app("google", "Google App");
const GMAIL: App = app("gmail", "Gmail");
const YOUTUBE: App = app("youtube", "YouTube");
const VIBER: App = app("viber", "Viber");
const KAKAOTALK: App = app("kakaotalk", "KakaoTalk");
const NAVER: App = app("naver", "NAVER");
const ZALO: App = app("zalo", "Zalo");
const DISCORD: App = app("discord", "Discord");
const REDDIT: App = app("reddit", "Reddit");
const KWAI: App = app("kwai", "Kwai");
const LIKEE: App = app("likee", "Likee");
const IMO: App = app("imo", "imo");
const TRUECALLER: App = app("truecaller", "Truecaller");
const YANDEX: App = app("yandex", "Yandex App");
const WEIBO: App = app("weibo", "Weibo");
const QQ: App = app("qq", "QQ");
const ALIPAY: App = app("alipay", "Alipay");
const QUORA: App = app("quora", "Quora");
const NEWSBREAK: App = app("newsbreak", "NewsBreak");
const FLIPBOARD: App = app("flipboard", "Flipboard");
const BING: App = app("bing", "Bing");
const SHAREIT: App = app("shareit", "SHAREit");

/// (sign in the user agent, token before the app's version, app). Messenger, Instagram and Threads before
/// Facebook, whose signs they also carry.
const SIGNS: &[(&str, &str, &App)] = &[
    ("FBAN/Messenger", "FBAV/", &MESSENGER),
    ("FB_IAB/MESSENGER", "FBAV/", &MESSENGER),
    ("FB_IAB/Orca", "FBAV/", &MESSENGER),
    ("FBAN/Orca", "FBAV/", &MESSENGER),
    ("MetaIAB Messenger", "FBAV/", &MESSENGER),
    ("Barcelona ", "Barcelona ", &THREADS),
    ("Instagram ", "Instagram ", &INSTAGRAM),
    ("MetaIAB Instagram", "Instagram ", &INSTAGRAM),
    ("MetaIAB Threads", "Barcelona ", &THREADS),
    ("MetaIAB Facebook", "FBAV/", &FACEBOOK),
    ("FBAN/", "FBAV/", &FACEBOOK),
    ("FB_IAB/", "FBAV/", &FACEBOOK),
    ("FBAV/", "FBAV/", &FACEBOOK),
    ("FBIOS", "FBAV/", &FACEBOOK),
    ("musical_ly", "musical_ly_", &TIKTOK),
    ("trill_", "trill_", &TIKTOK),
    ("TikTok", "TikTok ", &TIKTOK),
    ("BytedanceWebview", "app_version/", &TIKTOK),
    ("Telegram-Android/", "Telegram-Android/", &TELEGRAM),
    ("Telegram-iOS/", "Telegram-iOS/", &TELEGRAM),
    ("Telegram/", "Telegram/", &TELEGRAM),
    ("Snapchat", "Snapchat/", &SNAPCHAT),
    ("[Pinterest/", "Pinterest/", &PINTEREST),
    ("Pinterest for", "Pinterest for iOS/", &PINTEREST),
    ("Twitter for", "Twitter for iPhone/", &TWITTER),
    ("TwitterAndroid", "TwitterAndroid/", &TWITTER),
    ("LinkedInApp", "LinkedInApp]/", &LINKEDIN),
    ("WhatsApp/", "WhatsApp/", &WHATSAPP),
    ("Line/", "Line/", &LINE),
    ("MicroMessenger/", "MicroMessenger/", &WECHAT),
    ("VKAndroidApp/", "VKAndroidApp/", &VK),
    ("VKiOSApp", "VKiOSApp/", &VK),
    ("com.vk.vkclient", "com.vk.vkclient/", &VK),
    ("OkApp", "OkApp/", &OK),
    ("OKApp", "OKApp/", &OK),
    ("GSA/", "GSA/", &GOOGLE),
    ("Viber/", "Viber/", &VIBER),
    ("KAKAOTALK", "KAKAOTALK ", &KAKAOTALK),
    ("NAVER(", "search; ", &NAVER),
    ("Zalo ", "Zalo iOS/", &ZALO),
    ("Discord/", "Discord/", &DISCORD),
    ("Reddit/", "Version ", &REDDIT),
    ("Kwai/", "Kwai/", &KWAI),
    ("YaApp_Android/", "YaApp_Android/", &YANDEX),
    ("YaApp_iOS/", "YaApp_iOS/", &YANDEX),
    ("Weibo", "Weibo__", &WEIBO),
    ("AlipayClient/", "AlipayClient/", &ALIPAY),
    ("QQ/", "QQ/", &QQ),
    ("Quora ", "Quora ", &QUORA),
    ("NewsBreak/", "NewsBreak/", &NEWSBREAK),
    ("Flipboard/", "Flipboard/", &FLIPBOARD),
    ("BingSapphire/", "BingSapphire/", &BING),
    ("BingWeb/", "BingWeb/", &BING),
];

/// (package, app). A package that ends in a dot stands for all that begin with it.
const PACKAGES: &[(&str, &App)] = &[
    ("com.facebook.orca", &MESSENGER),
    ("com.facebook.mlite", &MESSENGER),
    ("com.facebook.katana", &FACEBOOK),
    ("com.facebook.", &FACEBOOK),
    ("com.instagram.barcelona", &THREADS),
    ("com.instagram.", &INSTAGRAM),
    ("com.zhiliaoapp.", &TIKTOK),
    ("com.ss.android.", &TIKTOK),
    ("com.tiktok.", &TIKTOK),
    ("org.telegram.", &TELEGRAM),
    ("org.thunderdog.challegram", &TELEGRAM),
    ("com.snapchat.", &SNAPCHAT),
    ("com.pinterest", &PINTEREST),
    ("com.pinterest.", &PINTEREST),
    ("com.twitter.", &TWITTER),
    ("com.linkedin.", &LINKEDIN),
    ("com.whatsapp", &WHATSAPP),
    ("com.whatsapp.", &WHATSAPP),
    ("jp.naver.line.", &LINE),
    ("com.linecorp.", &LINE),
    ("com.tencent.mm", &WECHAT),
    ("com.tencent.mobileqq", &QQ),
    ("com.vkontakte.", &VK),
    ("com.vk.", &VK),
    ("ru.ok.", &OK),
    ("com.google.android.googlequicksearchbox", &GOOGLE),
    ("com.google.android.gm", &GMAIL),
    ("com.google.android.youtube", &YOUTUBE),
    ("com.viber.", &VIBER),
    ("com.kakao.talk", &KAKAOTALK),
    ("com.nhn.android.search", &NAVER),
    ("com.zing.zalo", &ZALO),
    ("com.discord", &DISCORD),
    ("com.reddit.", &REDDIT),
    ("com.kwai.", &KWAI),
    ("com.kuaishou.", &KWAI),
    ("video.like", &LIKEE),
    ("com.imo.", &IMO),
    ("com.truecaller", &TRUECALLER),
    ("ru.yandex.searchplugin", &YANDEX),
    ("com.sina.weibo", &WEIBO),
    ("com.eg.android.alipaygphone", &ALIPAY),
    ("com.quora.android", &QUORA),
    ("com.particlenews.newsbreak", &NEWSBREAK),
    ("flipboard.app", &FLIPBOARD),
    ("com.microsoft.bing", &BING),
    ("com.lenovo.anyshare.", &SHAREIT),
];

/// (package, browser). Browsers made of a web view: not an app around the page.
const BROWSERS: &[(&str, &str)] = &[
    ("com.duckduckgo.", "DuckDuckGo"),
    ("com.ucmobile.", "UC Browser"),
    ("com.uc.browser.", "UC Browser"),
    ("com.opera.mini.", "Opera Mini"),
    ("com.opera.browser", "Opera"),
    ("com.mi.globalbrowser", "MIUI Browser"),
    ("com.mi.globalbrowser.", "MIUI Browser"),
    ("com.android.browser", "Android Browser"),
    ("com.huawei.browser", "Huawei Browser"),
    ("com.hihonor.browser", "Honor Browser"),
    ("com.heytap.browser", "HeyTap Browser"),
    ("com.vivo.browser", "vivo Browser"),
    ("com.transsion.phoenix", "Phoenix"),
    ("com.sec.android.app.sbrowser", "Samsung Internet"),
    ("com.yandex.browser", "Yandex Browser"),
    ("com.yandex.browser.", "Yandex Browser"),
    ("com.brave.browser", "Brave"),
    ("com.microsoft.emmx", "Edge"),
    ("com.ecosia.android", "Ecosia"),
    ("com.alohamobile.browser", "Aloha"),
    ("com.cloudmosa.puffinfree", "Puffin"),
    ("mark.via.", "Via"),
    ("mobi.mgeek.tunnybrowser", "Dolphin"),
    ("com.ksmobile.cb", "CM Browser"),
    ("com.android.chrome", "Chrome"),
];

/// The app that signs the user agent, with its version.
pub(super) fn by_user_agent(ua: &str) -> Option<(&'static App, Option<&str>)> {
    let (_, token, app) = SIGNS
        .iter()
        .find(|(sign, _, _)| find_word(ua, sign).is_some())?;
    // TikTok signs with a build number or with its version, and names the version again.
    let version = find_word(ua, "app_version/")
        .map(|at| at + "app_version/".len())
        .or_else(|| find_word(ua, token).map(|at| at + token.len()))
        .map(|at| leading_version(&ua[at..]))
        .filter(|version| !version.is_empty());
    Some((app, version))
}

/// What a package name in `X-Requested-With` stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Package {
    App(&'static App),
    Browser(&'static str),
    /// A package we do not know: some app's web view.
    Unknown,
}

/// `None` for values that are no package name: `XMLHttpRequest`, empty, free text.
pub(super) fn by_package(value: &str) -> Option<Package> {
    let package = value.trim().to_ascii_lowercase();
    let is_package = package.contains('.')
        && package.split('.').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
    if !is_package {
        return None;
    }
    let covers =
        |entry: &str| entry == package || entry.ends_with('.') && package.starts_with(entry);
    if let Some((_, name)) = BROWSERS.iter().find(|(entry, _)| covers(entry)) {
        return Some(Package::Browser(name));
    }
    Some(match PACKAGES.iter().find(|(entry, _)| covers(entry)) {
        Some((_, app)) => Package::App(app),
        None => Package::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names_stand_for_apps_and_browsers_and_other_values_for_nothing() {
        let cases: &[(&str, Option<Package>)] = &[
            ("org.telegram.messenger", Some(Package::App(&TELEGRAM))),
            ("org.telegram.messenger.web", Some(Package::App(&TELEGRAM))),
            ("com.facebook.katana", Some(Package::App(&FACEBOOK))),
            ("com.facebook.orca", Some(Package::App(&MESSENGER))),
            ("com.instagram.android", Some(Package::App(&INSTAGRAM))),
            ("com.zhiliaoapp.musically", Some(Package::App(&TIKTOK))),
            ("com.UCMobile.intl", Some(Package::Browser("UC Browser"))),
            ("com.someone.game", Some(Package::Unknown)),
            ("com.pinterestish.fake", Some(Package::Unknown)),
            ("XMLHttpRequest", None),
            ("", None),
            ("..", None),
            ("not a package.", None),
        ];
        for (value, expected) in cases {
            assert_eq!(by_package(value), *expected, "{value}");
        }
    }

    #[test]
    fn tables_are_lower_case_where_they_are_compared_so() {
        for entry in PACKAGES
            .iter()
            .map(|(e, _)| e)
            .chain(BROWSERS.iter().map(|(e, _)| e))
        {
            assert_eq!(*entry, entry.to_ascii_lowercase());
        }
        for (_, _, app) in SIGNS {
            assert_eq!(app.word, app.word.to_ascii_lowercase());
        }
    }
}
