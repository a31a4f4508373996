//! HTTP libraries, scripts and driven browsers.
//!
//! Looked for before crawlers, because the published crawler list mixes both and a buyer treats them
//! differently: a crawler visits once, a tool in the report is often someone's click script. An app's
//! own HTTP client (`okhttp`, `CFNetwork`, `Dalvik`) belongs here too: it may act for a person, but it
//! shows no page. It must begin the user agent; apps name these libraries after a real browser's too.

/// Where a tool's name must stand.
#[derive(Clone, Copy)]
enum Place {
    /// At the very beginning: nothing a browser begins with.
    Start,
    /// At the beginning of any word.
    Word,
}
use Place::{Start, Word};

const TOOLS: &[(&str, Place)] = &[
    // Command line
    ("curl", Start),
    ("libcurl", Word),
    ("wget", Start),
    ("httpie/", Start),
    ("xh/", Start),
    ("aria2/", Start),
    ("apachebench/", Start),
    ("hey/", Start),
    ("k6/", Start),
    ("siege/", Start),
    ("wrk/", Start),
    ("postmanruntime/", Word),
    ("insomnia/", Start),
    ("bruno-runtime/", Start),
    // Libraries
    ("python-requests", Word),
    ("python-urllib", Word),
    ("python-httpx", Word),
    ("python/", Start),
    ("aiohttp/", Word),
    ("httpx/", Word),
    ("pycurl/", Start),
    ("urllib3", Word),
    ("go-http-client/", Word),
    ("go-resty/", Start),
    ("fasthttp", Start),
    ("okhttp", Start),
    ("java/", Start),
    ("java-http-client/", Start),
    ("httpurlconnection", Word),
    ("apache-httpclient", Start),
    ("apache-httpasyncclient", Start),
    ("jakarta commons-httpclient", Start),
    ("reactornetty/", Start),
    ("ktor-client", Start),
    ("ktor client", Start),
    ("dalvik/", Start),
    ("cfnetwork/", Word),
    ("alamofire/", Start),
    ("libwww-perl", Word),
    ("lwp::simple", Start),
    ("lwp-trivial", Start),
    ("www-mechanize", Start),
    ("perl", Start),
    ("php/", Start),
    ("guzzlehttp/", Word),
    ("symfony httpclient", Start),
    ("pecl::http", Start),
    ("ruby", Start),
    ("faraday", Start),
    ("typhoeus", Start),
    ("node-fetch", Word),
    ("node.js", Start),
    ("undici", Start),
    ("node", Start),
    ("axios/", Word),
    ("got (", Start),
    ("got/", Start),
    ("superagent/", Word),
    ("deno/", Start),
    ("bun/", Start),
    ("dart/", Start),
    ("reqwest/", Start),
    ("hyper/", Start),
    ("ureq/", Start),
    ("restsharp/", Start),
    ("winhttp", Start),
    ("mozilla/4.0 (compatible; win32; winhttp", Start),
    (
        "mozilla/5.0 (windows nt; windows nt 10.0; en-us) windowspowershell/",
        Start,
    ),
    ("windowspowershell/", Word),
    ("powershell/", Word),
    ("lua-resty-http", Start),
    ("libsoup/", Start),
    ("indy library", Word),
    // Driven and headless browsers
    ("headlesschrome", Word),
    ("headlessedg", Word),
    ("headlessfirefox", Word),
    ("headlessshell", Word),
    ("phantomjs", Word),
    ("slimerjs", Word),
    ("htmlunit", Word),
    ("jsdom/", Word),
    ("selenium", Word),
    ("webdriver", Word),
    ("puppeteer", Word),
    ("playwright", Word),
    ("cypress/", Word),
    ("nightmare/", Word),
    ("splash version/", Word),
];

/// The tool that a user agent names, in any letter case.
pub(super) fn find(user_agent: &str) -> Option<&'static str> {
    let lower = user_agent.trim_start().to_ascii_lowercase();
    TOOLS
        .iter()
        .find(|(name, place)| match place {
            Start => lower.starts_with(name),
            Word => has_word(&lower, name),
        })
        .map(|(name, _)| *name)
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[..at]
            .bytes()
            .next_back()
            .is_some_and(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_appear_once() {
        for (at, (name, _)) in TOOLS.iter().enumerate() {
            assert_eq!(*name, name.to_ascii_lowercase());
            assert!(
                TOOLS[..at].iter().all(|(earlier, _)| earlier != name),
                "{name} twice"
            );
        }
    }
}
