//! Which search engine a visitor came from, by the host of the referrer.

use super::referrer;

/// Name, and the hosts of its results: `*.` in front stands for any subdomain or none, `.*` behind
/// for the ending of any country (`.de`, `.co.uk`, `.com.tr`). A leading `www.` or `m.` never
/// matters. Other services of the same house (mail, documents) are none.
const ENGINES: &[(&str, &[&str])] = &[
    (
        "google",
        &[
            "google.*",
            "images.google.*",
            "com.google.android.googlequicksearchbox",
        ],
    ),
    ("yandex", &["yandex.*", "ya.ru", "ru.yandex.searchplugin"]),
    ("bing", &["*.bing.com"]),
    ("yahoo", &["*.search.yahoo.*", "yahoo.*"]),
    (
        "duckduckgo",
        &["*.duckduckgo.com", "com.duckduckgo.mobile.android"],
    ),
    ("baidu", &["baidu.com", "image.baidu.com"]),
    ("mail_ru", &["go.mail.ru"]),
    ("rambler", &["nova.rambler.ru", "rambler.ru"]),
    ("naver", &["*.search.naver.com"]),
    ("daum", &["*.search.daum.net"]),
    ("seznam", &["search.seznam.cz"]),
    ("sogou", &["*.sogou.com"]),
    ("so_360", &["so.com"]),
    ("ecosia", &["ecosia.org"]),
    ("brave", &["search.brave.com"]),
    ("startpage", &["*.startpage.com"]),
    ("qwant", &["*.qwant.com"]),
    ("kagi", &["kagi.com"]),
    ("coccoc", &["coccoc.com"]),
    ("ask", &["ask.com"]),
    ("aol", &["search.aol.com"]),
];

/// The engine of a referrer as sent; `None` where it is none of those known.
pub fn of(referrer: &str) -> Option<&'static str> {
    let host = referrer::host(referrer)?.to_ascii_lowercase();
    let host = ["www.", "m."]
        .iter()
        .find_map(|prefix| host.strip_prefix(prefix))
        .unwrap_or(&host);
    let is_of = |hosts: &[&str]| hosts.iter().any(|pattern| matches(host, pattern));
    let found = ENGINES.iter().find(|(_, hosts)| is_of(hosts));
    found.map(|(name, _)| *name)
}

fn matches(host: &str, pattern: &str) -> bool {
    let (is_below, pattern) = match pattern.strip_prefix("*.") {
        Some(pattern) => (true, pattern),
        None => (false, pattern),
    };
    let is_whole = |host: &str| match pattern.strip_suffix('*') {
        Some(name) => host.strip_prefix(name).is_some_and(is_ending),
        None => host == pattern,
    };
    let mut below = host.match_indices('.').map(|(at, _)| &host[at + 1..]);
    is_whole(host) || (is_below && below.any(is_whole))
}

/// `de`, `com`, `co.uk`, `com.tr`.
fn is_ending(text: &str) -> bool {
    let is_letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase());
    match text.split_once('.') {
        None => (2..=3).contains(&text.len()) && is_letters(text),
        Some((kind, country)) => {
            matches!(kind, "co" | "com") && country.len() == 2 && is_letters(country)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_known_by_their_hosts() {
        for (referrer, expected) in [
            ("https://www.google.com/", Some("google")),
            ("https://google.co.uk/search?q=x", Some("google")),
            ("https://www.Google.com.UA/", Some("google")),
            ("https://images.google.de/", Some("google")),
            (
                "android-app://com.google.android.googlequicksearchbox/",
                Some("google"),
            ),
            ("https://yandex.ru/search/?text=x", Some("yandex")),
            ("https://yandex.com.tr", Some("yandex")),
            ("https://ya.ru/", Some("yandex")),
            ("https://cn.bing.com/", Some("bing")),
            ("http://www.bing.com:80/", Some("bing")),
            ("https://de.search.yahoo.com/", Some("yahoo")),
            ("https://search.yahoo.co.jp/", Some("yahoo")),
            ("https://duckduckgo.com/", Some("duckduckgo")),
            ("https://m.baidu.com/", Some("baidu")),
            ("https://go.mail.ru/search", Some("mail_ru")),
            // Other services of the same house, and other houses with their name.
            ("https://mail.google.com/", None),
            ("https://docs.google.com/", None),
            ("https://e.mail.ru/", None),
            ("https://tieba.baidu.com/", None),
            ("https://google.evil.example/", None),
            ("https://google.com.evil.example/", None),
            ("https://notgoogle.com/", None),
            ("https://notbing.com/", None),
            ("https://google.com@evil.example/", None),
            ("https://google./", None),
            ("google.com", None),
            ("", None),
        ] {
            assert_eq!(of(referrer), expected, "{referrer}");
        }
    }

    #[test]
    fn names_are_unique_and_every_host_finds_its_own() {
        for (at, (name, hosts)) in ENGINES.iter().enumerate() {
            assert!(ENGINES[at + 1..].iter().all(|(other, _)| other != name));
            for host in *hosts {
                let host = host.replace("*.", "").replace('*', "fr");
                assert_eq!(of(&format!("https://{host}/x")), Some(*name), "{host}");
            }
        }
    }
}
