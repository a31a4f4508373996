//! `/lp.js` in a real browser.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use crate::tracker::spawn;

/// Names of the browser's binary.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// A page on a port of its own, for every path; its `host:port`.
fn serve(page: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let line = lines.next().and_then(Result::ok).unwrap_or_default();
            while lines
                .next()
                .and_then(Result::ok)
                .is_some_and(|line| !line.is_empty())
            {}
            let path = line.split(' ').nth(1).unwrap_or_default();
            let body = page(path);
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

/// The page's elements after its scripts ran.
fn dom(browser: &str, profile: &std::path::Path, url: &str) -> String {
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(["--virtual-time-budget=2000", "--dump-dom", url])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn script_is_small_old_and_cacheable() {
    let tracker = spawn();

    let answer = tracker.click("/lp.js", &[]);

    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("text/javascript")
    );
    assert!(answer.header("cache-control").unwrap().contains("max-age="));
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.len() < 1_300, "{} bytes", text.len());
    assert!(
        !text.contains("//"),
        "comments are for readers of the source"
    );
    for newer in [
        "=>",
        "`",
        "const ",
        "let ",
        "eval",
        "innerHTML",
        "Function(",
    ] {
        assert!(!text.contains(newer), "{newer}");
    }
}

#[test]
fn links_and_forms_of_a_page_carry_the_click_id_to_go() {
    let Some(browser) = BROWSERS
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok())
    else {
        assert!(
            std::env::var_os("MILLRACE_TESTS_WITHOUT_BROWSER").is_some(),
            "Chromium is missing. Install it, or set MILLRACE_TESTS_WITHOUT_BROWSER=1 to leave this test out."
        );
        eprintln!("left out: no browser, and MILLRACE_TESTS_WITHOUT_BROWSER is set");
        return;
    };
    let tracker = spawn();
    let there = tracker.address().to_owned();
    let page = serve(move |path| {
        if path.starts_with("/start") {
            return format!(
                "<!doctype html><script src=\"http://{there}/lp.js\" data-param=\"tid\"></script>
                <script>location.replace('/end')</script>"
            );
        }
        let script = match path.starts_with("/end") {
            true => String::new(),
            false => {
                format!("<script src=\"http://{there}/lp.js\" data-param=\"tid\" defer></script>")
            }
        };
        let at_end = match script.is_empty() {
            true => format!("<script src=\"http://{there}/lp.js\" data-param=\"tid\"></script>"),
            false => String::new(),
        };
        format!(
            "<!doctype html><meta http-equiv=\"Content-Security-Policy\" content=\"script-src http://{there} 'nonce-n'\">{script}
            <a id=a href=\"http://{there}/go\">1</a>
            <a id=b href=\"//{there}/go/2?x=1#f\">2</a>
            <a id=c href=\"http://{there}/go?click_id=zzzzzzzzzzzzzzzzzzzz\">3</a>
            <a id=d href=\"http://{there}/gone\">4</a>
            <a id=i href=\"http://{there}/?_lp=1\">other trackers'</a>
            <a id=j href=\"http://{there}/?lp=1\">no step</a>
            <a id=e href=\"/go\">elsewhere</a>
            <form id=f action=\"http://{there}/go/1\"><input name=action></form>
            <form id=g action=\"http://{there}/go\" method=post></form>
            <div id=later></div>
            <script nonce=n>setTimeout(function () {{ var a = document.createElement('a'); a.id = 'h';
                a.href = 'http://{there}/go/3'; document.getElementById('later').appendChild(a); }}, 300);</script>
            {at_end}"
        )
    });
    let id = "06bk7w3r4t8m1n5q2x9z";
    let host = tracker.address();
    let profile = tempfile::tempdir().unwrap();

    // The second leads on to a page without the id in its address, which remembers it.
    for path in [format!("/?tid={id}&y=1"), format!("/start?tid={id}")] {
        let dom = dom(browser, profile.path(), &format!("http://{page}{path}"));

        for expected in [
            format!("id=\"a\" href=\"http://{host}/go?click_id={id}\""),
            format!("id=\"b\" href=\"http://{host}/go/2?x=1&amp;click_id={id}#f\""),
            format!("id=\"c\" href=\"http://{host}/go?click_id=zzzzzzzzzzzzzzzzzzzz\""),
            format!("id=\"d\" href=\"http://{host}/gone\""),
            format!("id=\"i\" href=\"http://{host}/?_lp=1&amp;click_id={id}\""),
            format!("id=\"j\" href=\"http://{host}/?lp=1\""),
            "id=\"e\" href=\"/go\"".to_owned(),
            format!(
                "id=\"f\" action=\"http://{host}/go/1\"><input name=\"action\"><input type=\"hidden\" name=\"click_id\" value=\"{id}\">"
            ),
            format!("id=\"g\" action=\"http://{host}/go?click_id={id}\""),
            format!("id=\"h\" href=\"http://{host}/go/3?click_id={id}\""),
        ] {
            assert!(
                dom.contains(&expected),
                "{path}: {expected} is not in\n{dom}"
            );
        }
    }

    let stranger = tempfile::tempdir().unwrap();
    let dom = dom(
        browser,
        stranger.path(),
        &format!("http://{page}/?tid=short"),
    );
    assert!(
        dom.contains(&format!("id=\"a\" href=\"http://{host}/go\"")),
        "{dom}"
    );
}
