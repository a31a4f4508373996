//! Verdicts on real user agents, and on what only looks like a bot.

use std::net::{IpAddr, Ipv4Addr};

use super::*;

fn rules(user_agents: &[&str], addresses: &[&str]) -> BotRules {
    let owned = |list: &[&str]| list.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>();
    BotRules::compile(&owned(user_agents), &owned(addresses)).expect("usable lists")
}

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36";
const SOMEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

#[test]
fn crawlers_are_named() {
    let cases = [
        (
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Googlebot/",
        ),
        (
            "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.6422.175 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Googlebot/",
        ),
        (
            "AdsBot-Google (+http://www.google.com/adsbot.html)",
            "AdsBot-Google([^-]|$)",
        ),
        (
            "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
            "bingbot",
        ),
        (
            "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
            "yandex.com/bots",
        ),
        (
            "Mozilla/5.0 (compatible; YandexDirect/3.0; +http://yandex.com/bots)",
            "yandex.com/bots",
        ),
        (
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "facebookexternalhit",
        ),
        (
            "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
            "meta-externalagent/",
        ),
        (
            "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; TikTokSpider; ttspider-feedback@tiktok.com)",
            "TikTokSpider",
        ),
        ("TelegramBot (like TwitterBot)", "TelegramBot"),
        ("Twitterbot/1.0", "Twitterbot"),
        ("WhatsApp/2.23.20.0 A", "^WhatsApp"),
        ("Viber/22.1", "^Viber"),
        (
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "Slackbot",
        ),
        (
            "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
            "Ahrefs(Bot|SiteAudit)",
        ),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "GPTBot",
        ),
        (
            "Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
            "[cC]laude[bB]ot",
        ),
        (
            "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
            "Sogou (.*)?[Ss]pider",
        ),
        (
            "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
            "vkShare",
        ),
        (
            "Mozilla/5.0 (compatible; Nobody-Has-Listed-Me; +https://example.com/why)",
            r"\+https?://",
        ),
        ("SomeBot/1.0", r"(?i)(^|[^u]|[^c]u)bot/[0-9v]"),
        ("A new Crawler of the web", "(?i)crawler"),
    ];
    let rules = rules(&[], &[]);
    for (ua, detail) in cases {
        let found = rules.user_agent(ua).map(|bot| (bot.reason, bot.detail));
        assert_eq!(found, Some((BotReason::Crawler, detail.to_owned())), "{ua}");
    }
}

#[test]
fn tools_are_told_from_crawlers() {
    let cases = [
        ("curl/8.5.0", "curl"),
        ("curl", "curl"),
        (
            "Jersey/2.25.1 (HttpUrlConnection 1.8.0_141)",
            "httpurlconnection",
        ),
        ("Wget/1.21.4", "wget"),
        ("python-requests/2.32.3", "python-requests"),
        ("Python-urllib/3.11", "python-urllib"),
        ("Python/3.11 aiohttp/3.9.1", "python/"),
        ("python-httpx/0.27.0", "python-httpx"),
        ("Go-http-client/2.0", "go-http-client/"),
        ("okhttp/4.12.0", "okhttp"),
        ("Java/17.0.9", "java/"),
        ("libwww-perl/6.72", "libwww-perl"),
        (
            "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
            "node-fetch",
        ),
        ("axios/1.7.2", "axios/"),
        ("PostmanRuntime/7.39.0", "postmanruntime/"),
        (
            "Apache-HttpClient/4.5.14 (Java/17.0.9)",
            "apache-httpclient",
        ),
        (
            "Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B Build/TP1A.220624.014)",
            "dalvik/",
        ),
        ("MyApp/1 CFNetwork/1410.0.3 Darwin/22.6.0", "cfnetwork/"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/124.0.0.0 Safari/537.36",
            "headlesschrome",
        ),
        (
            "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
            "phantomjs",
        ),
        (
            "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.4412",
            "mozilla/5.0 (windows nt; windows nt 10.0; en-us) windowspowershell/",
        ),
        ("Mozilla/5.0 (X11) Playwright/1.44", "playwright"),
    ];
    let rules = rules(&[], &[]);
    for (ua, detail) in cases {
        let found = rules.user_agent(ua).map(|bot| (bot.reason, bot.detail));
        assert_eq!(found, Some((BotReason::Tool, detail.to_owned())), "{ua}");
    }
}

#[test]
fn people_are_not_bots_however_odd_their_browser() {
    let cases = [
        CHROME,
        // Build number of Android 15, which the published list takes for a crawler.
        "Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36 Instagram 406.0.0.58.159 Android (35/15; 480dpi; 1080x2400; OPPO; CPH2557; OP5961; mt6877; en_US; 817530870)",
        "Mozilla/5.0 (Linux; Android 16; Pixel 10 Pro XL Build/CP1A.260305.018; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/146.0.7680.174 Mobile Safari/537.36 MetaIAB Facebook",
        "Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus Build/PPR1.180610.011) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 8.1.0; CUBOT/1 Build/O11019) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Viber/22.1.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 WhatsApp/2.24",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 PayPal/8.1",
        "Mozilla/5.0 (Linux; Android 13; SM-A536B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Mobile Safari/537.36 okhttp/4.9",
        "Mozilla/5.0 (Linux; Android 10; M2006C3LG) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/79.0 Mobile Safari/537.36 SogouMobileBrowser/5.26",
        "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/58.0.3029.110 Safari/537.36 SE 2.X MetaSr 1.0",
        "Mozilla/5.0 (Windows NT 6.1; rv:52.0) Gecko/20100101 Firefox/52.0 (mail.ru)",
        "Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Adored/1 RainBW/2",
        "Mozilla/5.0 (Linux; Android 5.0.2; HTC Butterfly 2 Build/LRX22G) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/81.0.4044.138 Mobile Safari/537.36",
        "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16",
    ];
    let rules = rules(&[], &[]);
    for ua in cases {
        assert_eq!(rules.user_agent(ua), None, "{ua}");
    }
}

#[test]
fn no_real_browser_of_the_sample_is_a_bot() {
    let sample = include_str!("../../../tests/fixtures/user-agents.tsv");
    let rules = rules(&[], &[]);

    let user_agents: Vec<&str> = sample
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').nth(4))
        .collect();

    assert_eq!(user_agents.len(), 236);
    for ua in user_agents {
        assert_eq!(rules.user_agent(ua), None, "{ua}");
    }
}

#[test]
fn an_empty_user_agent_is_a_bot() {
    for ua in ["", "  "] {
        let reason = rules(&[], &[]).user_agent(ua).map(|bot| bot.reason);
        assert_eq!(reason, Some(BotReason::EmptyUserAgent));
    }
}

#[test]
fn operators_user_agents_match_in_any_letter_case_and_come_before_built_in_rules() {
    let rules = rules(
        &[
            "# bad ones",
            "",
            "EvilClicker",
            " chrome/153.0.0.0 ",
            "curl",
        ],
        &[],
    );
    let detail = |ua: &str| rules.user_agent(ua).map(|bot| (bot.reason, bot.detail));
    let listed = |entry: &str| Some((BotReason::UserAgentList, entry.to_owned()));

    assert_eq!(detail("Mozilla/5.0 evilclicker 2"), listed("EvilClicker"));
    assert_eq!(detail(CHROME), listed("chrome/153.0.0.0"));
    assert_eq!(detail("curl/8"), listed("curl"));
    assert_eq!(detail("Mozilla/5.0 (X11) Firefox/150.0"), None);
}

#[test]
fn unusable_entries_are_reported_all_at_once() {
    let user_agents = ["ok-entry", "ab", "Mozilla/5.0", "Mozilla"].map(str::to_owned);
    let addresses = ["1.2.3.4", "1.2.3.4.5"].map(str::to_owned);

    let problems = BotRules::compile(&user_agents, &addresses).expect_err("four are unusable");

    let fields: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "user_agents[1]",
            "user_agents[2]",
            "user_agents[3]",
            "addresses[1]"
        ]
    );
}

#[test]
fn preview_headers_are_recognised_and_browser_prefetches_kept_apart() {
    let cases: &[(&str, &str, Option<&str>, bool)] = &[
        ("x-purpose", "preview", Some("X-Purpose: preview"), false),
        ("x-moz", "prefetch", Some("X-Moz: prefetch"), false),
        ("purpose", "Prefetch", Some("Purpose: prefetch"), false),
        ("purpose", "preview", Some("Purpose: preview"), false),
        (
            "x-fb-http-engine",
            "Liger",
            Some("X-FB-HTTP-Engine: Liger"),
            false,
        ),
        ("sec-purpose", "prefetch", None, true),
        ("sec-purpose", "prefetch;prerender", None, true),
        ("sec-purpose", "prefetch; anonymous-client-ip", None, true),
        ("sec-purpose", "prefetching", None, false),
        ("x-purpose", "", None, false),
        ("accept", "prefetch", None, false),
    ];
    let rules = rules(&[], &[]);
    for (name, value, label, is_prefetch) in cases {
        let headers = Headers::new([(*name, value.as_bytes())]);

        let verdict = rules.request(&headers, SOMEWHERE, &Agent::default());

        let expected = label.map(|label| (BotReason::Prefetch, label.to_owned()));
        assert_eq!(
            verdict.map(|b| (b.reason, b.detail)),
            expected,
            "{name}: {value}"
        );
        assert_eq!(
            is_browser_prefetch(&headers),
            *is_prefetch,
            "{name}: {value}"
        );
    }
}

#[test]
fn addresses_come_before_the_agent_and_the_agent_before_previews() {
    let rules = rules(&[], &["192.0.2.0/24"]);
    let preview = Headers::new([("x-purpose", b"preview".as_slice())]);
    let crawler = Agent {
        bot: Some(bot(BotReason::Crawler, "Somebot")),
        ..Agent::default()
    };
    let elsewhere = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));

    let reason = |ip, agent: &Agent| rules.request(&preview, ip, agent).map(|b| b.reason);

    assert_eq!(reason(SOMEWHERE, &crawler), Some(BotReason::IpList));
    assert_eq!(reason(elsewhere, &crawler), Some(BotReason::Crawler));
    assert_eq!(
        reason(elsewhere, &Agent::default()),
        Some(BotReason::Prefetch)
    );
    let none = rules.request(&Headers::default(), elsewhere, &Agent::default());
    assert_eq!(none, None);
}
