//! Tables of real user agents, and the laws of remembering.

use proptest::prelude::*;

use super::*;
use crate::domain::visitor::{BotReason, DeviceType};

fn devices() -> Devices {
    let rules = BotRules::compile(&[], &[]).expect("empty lists");
    Devices::new(&[7; 16], Arc::new(rules))
}

fn observe(headers: &[(&str, &str)]) -> Arc<Agent> {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()));
    devices().observe(&Headers::new(headers))
}

/// `mobile | Samsung SM-S918B | Android 14 | Chrome 120.0 | app`: one line that reads like a report.
fn summary(agent: &Agent) -> String {
    let join = |parts: [&Option<String>; 2]| {
        let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
        parts.join(" ")
    };
    [
        agent.device_type.as_str().to_owned(),
        join([&agent.brand, &agent.model]),
        join([&agent.os, &agent.os_version]),
        join([&agent.browser, &agent.browser_version]),
        agent.in_app.clone().unwrap_or_default(),
    ]
    .join(" | ")
}

fn check(cases: &[(&str, &str)]) {
    let devices = devices();
    let mut wrong = Vec::new();
    for (ua, expected) in cases {
        let agent = devices.observe(&Headers::new([("user-agent", ua.as_bytes())]));
        assert_eq!(agent.bot.is_some(), ua.starts_with("curl"), "{ua}");
        let found = summary(&agent);
        if found != *expected {
            wrong.push(format!("{ua}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn iphones_and_ipads() {
    check(&[
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6.1 Mobile/15E148 Safari/604.1",
            "mobile | Apple iPhone | iOS 26.6.1 | Safari 26.6.1 | ",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.7.5 Mobile/15E148 Safari/604.1",
            "mobile | Apple iPhone | iOS 18.7.5 | Safari 18.7.5 | ",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1",
            "mobile | Apple iPhone | iOS 18.4.1 | Safari 18.4 | ",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 26_6_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/154.0.8037.55 Mobile/15E148 Safari/604.1",
            "mobile | Apple iPhone | iOS 26.6.0 | Chrome 154.0.8037.55 | ",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/155 Mobile/15E148 Version/26.4",
            "mobile | Apple iPhone | iOS 26.4 | Firefox 155 | ",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/27.0 Mobile/15E148 Safari/604.1",
            "tablet | Apple iPad | iOS 27.0 | Safari 27.0 | ",
        ),
        (
            "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1",
            "mobile | Apple iPod | iOS 12.5.5 | Safari 12.1.2 | ",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6.2 Mobile/15E148 Safari/604.1 Brave",
            "mobile | Apple iPhone | iOS 26.6.2 | Brave 26.6.2 | ",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/124.0.2478.71 Mobile/15E148 Safari/605.1.15",
            "mobile | Apple iPhone | iOS 17.5.1 | Edge 124.0.2478.71 | ",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1 OPT/4.6.0",
            "mobile | Apple iPhone | iOS 17.5 | Opera Touch 4.6.0 | ",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 YaBrowser/24.4.4.509.10 SA/3 Mobile/15E148 Safari/604.1",
            "mobile | Apple iPhone | iOS 17.4.1 | Yandex Browser 24.4.4.509.10 | ",
        ),
    ]);
}

#[test]
fn android_phones_and_their_makers() {
    check(&[
        (
            "Mozilla/5.0 (Linux; Android 13; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Mobile Safari/537.36",
            "mobile | Samsung SM-S918B | Android 13 | Chrome 112.0.0.0 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; CPH2653) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Mobile Safari/537.36",
            "mobile | OnePlus CPH2653 | Android 15 | Chrome 149.0.0.0 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Mobile Safari/537.36",
            "mobile | Motorola moto g power (2022) | Android 11 | Chrome 153.0.0.0 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Mobile Safari/537.36",
            "mobile |  | Android 10 | Chrome 153.0.0.0 | ",
        ),
        (
            "Mozilla/5.0 (Linux; U; Android 13; ru-ru; 2201117TG Build/TKQ1.221114.001) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.127 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.4.0-g",
            "mobile | Xiaomi 2201117TG | Android 13 | MIUI Browser 14.4.0 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-A536B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
            "mobile | Samsung SM-A536B | Android 14 | Samsung Internet 25.0 | ",
        ),
        (
            "Mozilla/5.0 (Linux; arm_64; Android 12; RMX3085) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.6367.118 YaBrowser/24.6.0.118.00 SA/3 Mobile Safari/537.36",
            "mobile | realme RMX3085 | Android 12 | Yandex Browser 24.6.0.118.00 | ",
        ),
        (
            "Mozilla/5.0 (Linux; U; Android 12; en-US; V2027 Build/SP1A.210812.003) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.58 UCBrowser/13.7.2.1326 Mobile Safari/537.36",
            "mobile | vivo V2027 | Android 12 | UC Browser 13.7.2.1326 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; HarmonyOS; JAD-LX9; HMSCore 6.13.0.302) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.88 HuaweiBrowser/14.0.5.303 Mobile Safari/537.36",
            "mobile | Huawei JAD-LX9 | Android 10 | Huawei Browser 14.0.5.303 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; TECNO KI5q) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
            "mobile | TECNO TECNO KI5q | Android 13 | Chrome 120.0.0.0 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; Infinix X6525 Build/TP1A.220624.014) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.6045.66 Mobile Safari/537.36 OPR/78.4.4143.76029",
            "mobile | Infinix Infinix X6525 | Android 13 | Opera 78.4.4143.76029 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 12; Pixel 6) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36 EdgA/120.0.2210.115",
            "mobile | Google Pixel 6 | Android 12 | Edge 120.0.2210.115 | ",
        ),
        (
            "Mozilla/5.0 (Android 16; Mobile; rv:156.0) Gecko/156.0 Firefox/156.0",
            "mobile |  | Android 16 | Firefox 156.0 | ",
        ),
        (
            "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16",
            "mobile |  | Android | Opera Mini 36.2.2254 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A.240205.004; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/121.0.6167.178 Mobile Safari/537.36 DuckDuckGo/5",
            "mobile | Google Pixel 8 | Android 14 | DuckDuckGo 5 | ",
        ),
        (
            "Mozilla/5.0 (Mobile; Nokia_2720_Flip; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5.2",
            "mobile |  | KaiOS 2.5.2 | Firefox 48.0 | ",
        ),
    ]);
}

#[test]
fn tablets_televisions_and_consoles() {
    check(&[
        (
            "Mozilla/5.0 (Linux; Android 11; KFTUWI) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/152.0.7977.120 Safari/537.36",
            "tablet | Amazon KFTUWI | Android 11 | Chrome 152.0.7977.120 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
            "tablet | Samsung SM-X200 | Android 13 | Chrome 120.0.0.0 | ",
        ),
        (
            "Mozilla/5.0 (Linux; U; Android 4.4.2; en-us; GT-P5210 Build/KOT49H) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
            "tablet | Samsung GT-P5210 | Android 4.4.2 | Android Browser 4.0 | ",
        ),
        (
            "Mozilla/5.0 (Android 12; Tablet; rv:120.0) Gecko/120.0 Firefox/120.0",
            "tablet |  | Android 12 | Firefox 120.0 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
            "tablet |  | Android 10 | Chrome 130.0.0.0 | ",
        ),
        (
            "Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2.2 Chrome/63.0.3239.84 TV Safari/537.36",
            "tv | Samsung | Tizen 5.0 | Samsung Internet 2.2 | ",
        ),
        (
            "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36 WebAppManager",
            "tv | LG | webOS | Chrome 79.0.3945.79 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 9; AFTKA) AppleWebKit/537.36 (KHTML, like Gecko) Silk/112.5.1 like Chrome/112.0.5615.213 Safari/537.36",
            "tv | Amazon AFTKA | Android 9 | Amazon Silk 112.5.1 | ",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; BRAVIA 4K VH2 Build/QTG3.200305.006.S292) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Safari/537.36",
            "tv | Sony BRAVIA 4K VH2 | Android 10 | Chrome 112.0.0.0 | ",
        ),
        (
            "Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.225 Safari/537.36 CrKey/1.56.500000",
            "tv | Google Chromecast | Linux | Chrome 90.0.4430.225 | ",
        ),
        (
            "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15",
            "console | Sony PlayStation 5 | PlayStation 5 | Safari 13.0 | ",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edge/44.18363.8131",
            "console | Microsoft Xbox One | Windows 10 | Edge 44.18363.8131 | ",
        ),
        (
            "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/609.4 (KHTML, like Gecko) NF/6.0.2.21.3 NintendoBrowser/5.1.0.22474",
            "console | Nintendo Switch | Nintendo Switch 6.0.2.21.3 |  | ",
        ),
    ]);
}

#[test]
fn desktops() {
    check(&[
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/151.0.0.0 Safari/537.36 Edg/151.0.0.0",
            "desktop |  | Windows 10 | Edge 151.0.0.0 | ",
        ),
        (
            "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
            "desktop |  | Windows 7 | Internet Explorer 11.0 | ",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 OPR/106.0.0.0 (Edition std-2)",
            "desktop |  | Windows 10 | Opera 106.0.0.0 | ",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Vivaldi/6.5.3206.48",
            "desktop |  | Windows 10 | Vivaldi 6.5.3206.48 | ",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Whale/3.24.223.18 Safari/537.36",
            "desktop |  | Windows 10 | Whale 3.24.223.18 | ",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6 Safari/605.1.15 Ddg/26.6",
            "desktop | Apple | macOS 10.15.7 | DuckDuckGo 26.6 | ",
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/152.0.0.0 Safari/537.36",
            "desktop |  | ChromeOS 14541.0.0 | Chrome 152.0.0.0 | ",
        ),
        (
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
            "desktop |  | Linux | Firefox 150.0 | ",
        ),
        ("curl/8.5.0", "other |  |  |  | "),
    ]);
}

#[test]
fn in_app_browsers() {
    check(&[
        (
            "Mozilla/5.0 (Linux; Android 14; SM-A536B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/465.0.0.57.78;IABMV/1;]",
            "mobile | Samsung SM-A536B | Android 14 | Facebook 465.0.0.57.78 | facebook",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/530.0.0.38.77;FBBV/788;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/26.0;FBSS/3;FBCR/;FBID/phone;FBLC/en_US;FBOP/80]",
            "mobile | Apple iPhone | iOS 26.0 | Facebook 530.0.0.38.77 | facebook",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; M2101K6G Build/TKQ1.221013.002; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.6367.82 Mobile Safari/537.36 [FB_IAB/Orca-Android;FBAV/455.0.0.43.109;]",
            "mobile | Xiaomi M2101K6G | Android 13 | Messenger 455.0.0.43.109 | messenger",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 400.0.0.30.83 (iPhone14,5; iOS 26_0; en_US; en; scale=3.00; 1170x2532; 791290990)",
            "mobile | Apple iPhone | iOS 26.0 | Instagram 400.0.0.30.83 | instagram",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36 Instagram 406.0.0.58.159 Android (35/15; 480dpi; 1080x2400; OPPO; CPH2557; OP5961; mt6877; en_US; 817530870)",
            "mobile | OPPO CPH2557 | Android 15 | Instagram 406.0.0.58.159 | instagram",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16; SM-S926U Build/BP4A.251205.006; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/153.0.8010.36 Mobile Safari/537.36 Barcelona 448.0.0.54.85 Android (36/16; 540dpi; 1080x2340; samsung; SM-S926U; e2q; qcom; en_US; 1073639361)",
            "mobile | Samsung SM-S926U | Android 16 | Threads 448.0.0.54.85 | threads",
        ),
        (
            "Mozilla/5.0 (Linux; Android 12; SM-A127F Build/SP1A.210812.016; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/109.0.5414.117 Mobile Safari/537.36 trill_2022803040 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/trill app_version/28.3.4 ByteLocale/en ByteFullLocale/en Region/PH BytedanceWebview/d8a21c6",
            "mobile | Samsung SM-A127F | Android 12 | TikTok 28.3.4 | tiktok",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 musical_ly_34.9.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/US RevealType/Dialog isDarkMode/1 BytedanceWebview/d8a21c6",
            "mobile | Apple iPhone | iOS 17.5.1 | TikTok 34.9.0 | tiktok",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.102 Mobile Safari/537.36 Telegram-Android/11.3.3 (Xiaomi M2101K6G; Android 13; SDK 33; AVERAGE)",
            "mobile | Xiaomi M2101K6G | Android 13 | Telegram 11.3.3 | telegram",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Snapchat/12.82.0.42 (like Safari/8617.2.4.10.8, panda)",
            "mobile | Apple iPhone | iOS 17.4.1 | Snapchat 12.82.0.42 | snapchat",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [Pinterest/iOS]",
            "mobile | Apple iPhone | iOS 17.4.1 | Pinterest | pinterest",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Twitter for iPhone/10.24",
            "mobile | Apple iPhone | iOS 17.4.1 | X (Twitter) 10.24 | twitter",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.29.7445",
            "mobile | Apple iPhone | iOS 17.4.1 | LinkedIn 9.29.7445 | linkedin",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari Line/14.5.0",
            "mobile | Apple iPhone | iOS 17.4.1 | LINE 14.5.0 | line",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.48(0x18003030) NetType/WIFI Language/en",
            "mobile | Apple iPhone | iOS 17.4.1 | WeChat 8.0.48 | wechat",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 26_6_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/439.4.980558000 Mobile/15E148 Safari/604.1",
            "mobile | Apple iPhone | iOS 26.6.0 | Google App 439.4.980558000 | google",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16; SM-A155F Build/BP4A.251205.006; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/153.0.8010.36 Mobile Safari/537.36",
            "mobile | Samsung SM-A155F | Android 16 | Android WebView 153.0.8010.36 | webview",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
            "mobile | Apple iPhone | iOS 18.6 | iOS WebView 605.1.15 | webview",
        ),
    ]);
}

const FROZEN: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36";
const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36";
const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36";

#[test]
fn client_hints_tell_what_the_user_agent_hides() {
    let full = r#""Chromium";v="124.0.6367.118", "Google Chrome";v="124.0.6367.118", "Not-A.Brand";v="99.0.0.0""#;
    let brave = r#""Chromium";v="124", "Brave";v="124", "Not-A.Brand";v="99""#;
    let edge = r#""Chromium";v="124.0.6367.118", "Microsoft Edge";v="124.0.2478.80""#;
    let webview = r#""Android WebView";v="124", "Chromium";v="124""#;
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[
                ("user-agent", FROZEN),
                ("sec-ch-ua-full-version-list", full),
                ("sec-ch-ua-mobile", "?1"),
                ("sec-ch-ua-platform", "\"Android\""),
                ("sec-ch-ua-platform-version", "\"14.0.0\""),
                ("sec-ch-ua-model", "\"SM-S918B\""),
            ],
            "mobile | Samsung SM-S918B | Android 14 | Chrome 124.0.6367.118 | ",
        ),
        (
            &[
                ("user-agent", WINDOWS),
                ("sec-ch-ua-platform", "\"Windows\""),
                ("sec-ch-ua-platform-version", "\"15.0.0\""),
            ],
            "desktop |  | Windows 11 | Chrome 124.0.0.0 | ",
        ),
        (
            &[
                ("user-agent", WINDOWS),
                ("sec-ch-ua-platform", "\"Windows\""),
                ("sec-ch-ua-platform-version", "\"10.0.0\""),
            ],
            "desktop |  | Windows 10 | Chrome 124.0.0.0 | ",
        ),
        (
            &[
                ("user-agent", MAC),
                ("sec-ch-ua-platform", "\"macOS\""),
                ("sec-ch-ua-platform-version", "\"15.5.0\""),
            ],
            "desktop | Apple | macOS 15.5 | Chrome 124.0.0.0 | ",
        ),
        (
            &[("user-agent", WINDOWS), ("sec-ch-ua", brave)],
            "desktop |  | Windows 10 | Brave 124 | ",
        ),
        (
            &[
                ("user-agent", WINDOWS),
                ("sec-ch-ua", brave),
                ("sec-ch-ua-full-version-list", edge),
            ],
            "desktop |  | Windows 10 | Edge 124.0.2478.80 | ",
        ),
        (
            &[("user-agent", FROZEN), ("sec-ch-ua", webview)],
            "mobile |  | Android 10 | Android WebView 124.0.0.0 | webview",
        ),
        (
            &[
                ("user-agent", FROZEN),
                ("x-requested-with", "org.telegram.messenger"),
            ],
            "mobile |  | Android 10 | Telegram | telegram",
        ),
        (
            &[
                ("user-agent", FROZEN),
                ("x-requested-with", "com.some.game"),
            ],
            "mobile |  | Android 10 | Android WebView 124.0.0.0 | webview",
        ),
        (
            &[
                ("user-agent", FROZEN),
                ("x-requested-with", "com.mi.globalbrowser"),
            ],
            "mobile |  | Android 10 | MIUI Browser | ",
        ),
        (
            &[
                ("user-agent", FROZEN),
                ("x-requested-with", "XMLHttpRequest"),
            ],
            "mobile |  | Android 10 | Chrome 124.0.0.0 | ",
        ),
        (
            &[
                (
                    "user-agent",
                    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
                ),
                ("sec-ch-ua", r#""Chromium";v="124""#),
                ("sec-ch-ua-platform", "\"Chrome OS\""),
            ],
            "desktop |  | ChromeOS | Chrome 124.0.0.0 | ",
        ),
    ];
    for (headers, expected) in cases {
        assert_eq!(summary(&observe(headers)), *expected, "{headers:?}");
    }
}

#[test]
fn every_browser_of_the_sample_gets_its_device_class_system_and_browser() {
    let devices = devices();
    for line in include_str!("../../../tests/fixtures/user-agents.tsv")
        .lines()
        .skip(1)
    {
        let columns: Vec<&str> = line.split('\t').collect();

        let agent = devices.observe(&Headers::new([("user-agent", columns[4].as_bytes())]));

        assert_eq!(agent.device_type.as_str(), columns[1], "{line}");
        assert!(agent.os.is_some() && agent.browser.is_some(), "{line}");
        assert_eq!(agent.bot, None, "{line}");
    }
}

#[test]
fn bots_are_labelled_and_a_missing_user_agent_too() {
    let reason = |headers: &[(&str, &str)]| observe(headers).bot.as_ref().map(|bot| bot.reason);

    assert_eq!(reason(&[]), Some(BotReason::EmptyUserAgent));
    assert_eq!(reason(&[("user-agent", "curl/8")]), Some(BotReason::Tool));
    let headless = r#""HeadlessChrome";v="124", "Chromium";v="124""#;
    assert_eq!(
        reason(&[("user-agent", WINDOWS), ("sec-ch-ua", headless)]),
        Some(BotReason::Tool)
    );
    let googlebot = "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    let agent = observe(&[("user-agent", googlebot)]);
    assert_eq!(
        agent.bot.as_ref().map(|b| b.reason),
        Some(BotReason::Crawler)
    );
    assert_eq!(agent.device_type, DeviceType::Mobile);
}

#[test]
fn equal_headers_share_one_record_and_hints_tell_records_apart() {
    let devices = devices();
    let see = |headers: &[(&'static str, &'static str)]| {
        devices.observe(&Headers::new(
            headers.iter().map(|(n, v)| (*n, v.as_bytes())),
        ))
    };

    let plain = see(&[("user-agent", FROZEN)]);
    let again = see(&[("accept", "*/*"), ("user-agent", FROZEN)]);
    let with_model = see(&[("user-agent", FROZEN), ("sec-ch-ua-model", "\"Pixel 8\"")]);
    let empty_model = see(&[("user-agent", FROZEN), ("sec-ch-ua-model", "")]);

    assert!(Arc::ptr_eq(&plain, &again));
    assert!(!Arc::ptr_eq(&plain, &with_model));
    assert_ne!(plain.fingerprint, with_model.fingerprint);
    assert_ne!(plain.fingerprint, empty_model.fingerprint);
    assert_eq!(with_model.brand.as_deref(), Some("Google"));
    assert!(Arc::ptr_eq(
        &with_model,
        &see(&[("sec-ch-ua-model", "\"Pixel 8\""), ("user-agent", FROZEN)])
    ));
}

#[test]
fn fingerprints_depend_on_the_key_and_the_headers_only() {
    let rules = Arc::new(BotRules::compile(&[], &[]).expect("empty lists"));
    let headers = Headers::new([("user-agent", FROZEN.as_bytes())]);
    let print = |key: u8| {
        Devices::new(&[key; 16], Arc::clone(&rules))
            .observe(&headers)
            .fingerprint
    };

    assert_eq!(print(1), print(1));
    assert_ne!(print(1), print(2));
}

#[test]
fn new_rules_judge_anew() {
    let mut devices = devices();
    let headers = Headers::new([("user-agent", FROZEN.as_bytes())]);
    assert_eq!(devices.observe(&headers).bot, None);

    let rules = BotRules::compile(&["android 10; k".to_owned()], &[]).expect("a usable entry");
    devices.replace_rules(Arc::new(rules));

    let reason = devices.observe(&headers).bot.as_ref().map(|bot| bot.reason);
    assert_eq!(reason, Some(BotReason::UserAgentList));
}

#[test]
fn long_and_broken_headers_are_cut_between_characters() {
    let devices = devices();
    let long = "é".repeat(2_000);
    let broken = b"Mozilla/5.0 \xff\xfe (\xc3".as_slice();

    let cut = devices.observe(&Headers::new([
        ("user-agent", long.as_bytes()),
        ("x-requested-with", long.as_bytes()),
    ]));
    let mended = devices.observe(&Headers::new([("user-agent", broken)]));

    assert_eq!(cut.user_agent, "é".repeat(512));
    assert_eq!(
        cut.x_requested_with.as_deref(),
        Some("é".repeat(128).as_str())
    );
    assert_eq!(mended.user_agent, "Mozilla/5.0 \u{fffd}\u{fffd} (\u{fffd}");
}

const NAMES: [&str; 8] = [
    "user-agent",
    "sec-ch-ua",
    "sec-ch-ua-full-version-list",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-ch-ua-platform-version",
    "sec-ch-ua-model",
    "x-requested-with",
];

/// Pieces from which real headers are made, and some that break them.
const PIECES: &[&str] = &[
    "Mozilla/5.0 (",
    "Linux; ",
    "Android ",
    "10; K",
    ")",
    " Build/",
    "; wv)",
    "iPhone; ",
    "CPU iPhone OS ",
    "18_7",
    " like Mac OS X",
    "Version/",
    "26.1",
    "Chrome/",
    "Safari/",
    "Mobile",
    "FBAV/",
    "FBSV/",
    "Instagram ",
    " Android (",
    "33/13; 1; 2; samsung; SM-1",
    "Telegram-Android/",
    "Windows NT ",
    "Mac OS X ",
    "CrOS ",
    "x86 ",
    "é",
    "\"",
    "\\",
    ";v=\"",
    ", ",
    "Xbox",
    "MSIE ",
    "Trident/",
    "CPH",
    "M2101K6G",
    "2201117TG",
    "JAD-LX9",
    "DoCoMo/2.0 ",
    "KDDI-",
    "(((",
    ";;;",
    "_",
    ".",
    "com.facebook.katana",
    "?1",
    "Windows",
    "13.0.0",
    "UP.Browser",
    "SoftBank/1.0/",
    "BlackBerry",
    "PSP (PlayStation Portable); ",
];

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(PIECES), 0..14).prop_map(|p| p.concat().into_bytes())
}

fn any_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..80), pieces()]
}

proptest! {
    #[test]
    fn no_bytes_in_any_header_break_detection(values in prop::collection::vec(any_value(), 8)) {
        thread_local! {
            static DEVICES: Devices = devices();
        }
        let headers = Headers::new(NAMES.into_iter().zip(values.iter().map(Vec::as_slice)));

        let (agent, again) = DEVICES.with(|d| (d.observe(&headers), d.observe(&headers)));

        prop_assert!(Arc::ptr_eq(&agent, &again));
        prop_assert!(agent.user_agent.len() <= sent::USER_AGENT_BYTES);
        prop_assert!(agent.x_requested_with.as_ref().is_none_or(|x| x.len() <= sent::APP_BYTES));
        prop_assert!(agent.in_app.as_ref().is_none_or(|word| *word == word.to_ascii_lowercase()));
        for fact in [&agent.brand, &agent.model, &agent.os, &agent.os_version, &agent.browser, &agent.browser_version] {
            prop_assert!(fact.as_ref().is_none_or(|fact| !fact.is_empty()));
        }
    }
}

/// Not an assertion: prints what `docs` claim about cost. `cargo test --lib cost_of -- --ignored --nocapture`
#[test]
#[ignore = "prints a measurement"]
fn cost_of_detection() {
    let resident = || {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages: u64 = pages
            .split(' ')
            .nth(1)
            .and_then(|p| p.parse().ok())
            .unwrap_or(0);
        pages * 4
    };
    let before = resident();
    let start = std::time::Instant::now();
    let rules = BotRules::compile(&[], &[]).expect("empty lists");
    let bot = rules.user_agent(WINDOWS);
    println!(
        "first verdict {:?} after {:?}, {} KB",
        bot,
        start.elapsed(),
        resident() - before
    );
    let start = std::time::Instant::now();
    for _ in 0..1_000 {
        std::hint::black_box(rules.user_agent(std::hint::black_box(WINDOWS)));
    }
    println!("a verdict {:?}", start.elapsed() / 1_000);
    let devices = devices();
    let headers = Headers::new([
        ("accept", b"*/*".as_slice()),
        ("user-agent", WINDOWS.as_bytes()),
    ]);
    devices.observe(&headers);
    let start = std::time::Instant::now();
    for _ in 0..100_000 {
        std::hint::black_box(devices.observe(std::hint::black_box(&headers)));
    }
    println!(
        "a hit {:?}, {} KB",
        start.elapsed() / 100_000,
        resident() - before
    );
}
