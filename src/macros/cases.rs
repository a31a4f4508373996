//! What templates are read as and expand to, case by case.

use super::Template;
use super::testing::Sample;

fn template(text: &str) -> Template {
    Template::parse(text).0
}

fn warnings(text: &str) -> Vec<(&'static str, String)> {
    let found = Template::parse(text).1;
    found.into_iter().map(|w| (w.code, w.message)).collect()
}

#[test]
fn braces_that_belong_to_no_macro_are_told() {
    for text in [
        "https://x.example/?c={click_id",
        "https://x.example/?c=click_id}",
        "https://x.example/?c={{click_id}}",
    ] {
        assert_eq!(warnings(text)[0].0, "stray_brace", "{text}");
    }
    assert_eq!(warnings("https://x.example/?c={click_id}"), []);
}

#[test]
fn templates_expand() {
    let sample = Sample::new()
        .with("zone", "a b&c")
        .with("path", "x/y?z=1#f");
    let cases = [
        ("", ""),
        ("  https://x/ ", "https://x/"),
        (
            "https://x/?a={campaign_name}&b=1",
            "https://x/?a=US%20push&b=1",
        ),
        ("https://x/{Campaign_Name}", "https://x/US%20push"),
        ("https://x/?z={zone}", "https://x/?z=a%20b%26c"),
        ("https://x/?z={_zone}", "https://x/?z=a%20b&c"),
        ("https://x/{_path}", "https://x/x/y?z=1#f"),
        ("https://x/{path}", "https://x/x%2Fy%3Fz%3D1%23f"),
        ("https://x/?z={absent}&y=1", "https://x/?z=&y=1"),
        ("https://x/?z={Zone}", "https://x/?z="),
        ("https://{current_domain}/lp", "https://go.example.com/lp"),
        ("https://x/{", "https://x/{"),
        ("https://x/}{}{_}{a b}", "https://x/}{}{_}{a%20b}"),
        ("https://x/{{ad.id}}{ip}", "https://x/{{ad.id}}203.0.113.9"),
        ("https://x/{a{ip}", "https://x/{a203.0.113.9"),
        ("https://x/é\"'<\n>", "https://x/%C3%A9%22%27%3C%0A%3E"),
    ];
    for (text, expected) in cases {
        assert_eq!(sample.expand(&template(text)), expected, "{text}");
    }
}

#[test]
fn unknown_names_are_warned_about_with_the_nearest_known_one() {
    let found = warnings("https://x/?a={contry}&b={fbclid}&c={date:Y-m-d}&d={ip}");

    assert_eq!(
        found.iter().map(|(code, _)| *code).collect::<Vec<_>>(),
        ["unknown_macro", "unknown_macro"]
    );
    assert!(found[0].1.ends_with("Did you mean {country}?"), "{found:?}");
    assert!(!found[1].1.contains("Did you mean"), "{found:?}");
}

#[test]
fn names_of_other_trackers_are_told_with_the_reason() {
    for (text, reason) in [
        ("{from_file}", "what lies on the server"),
        ("{destination}", "cannot name the address"),
        ("{Offer}", "lead to /go of the tracking domain"),
        ("{token}", "{click_id}"),
    ] {
        let found = warnings(&format!("https://x.example/?a={text}"));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].0, "unknown_macro", "{text}");
        assert!(found[0].1.contains(reason), "{text}: {found:?}");
    }
}

#[test]
fn a_search_engine_is_named_by_the_link_else_by_the_referrer() {
    let engine = |sample: Sample| sample.expand(&template("https://x/?{search_engine}"));
    let mut elsewhere = Sample::new();
    elsewhere.visitor.referrer = Some("https://news.example/".to_owned());

    assert_eq!(engine(Sample::new()), "https://x/?google");
    assert_eq!(
        engine(Sample::new().with("se", "petal")),
        "https://x/?petal"
    );
    assert_eq!(engine(Sample::new().with("se", "")), "https://x/?google");
    assert_eq!(engine(elsewhere), "https://x/?");
}

#[test]
fn what_cannot_be_understood_is_refused_with_its_reason() {
    let cases = [
        (
            "{date:Y-m-d,Mars/Phobos}",
            "\"Mars/Phobos\" is not a time zone",
        ),
        ("{date:Y-m-d,Europe/Kyv}", "did you mean Europe/Kyiv?"),
        ("{date:Y-q}", "\"q\" is not a letter of dates"),
        ("{date:}", "The format is empty"),
        ("{random:5,1}", "write {random:1,5}"),
        ("{random:1}", "\"1\" is not a range"),
        ("{random:a,b}", "\"a\" is not a whole number"),
        ("{sample:,}", "nothing to choose from"),
        ("{sample}", "{sample:a,b,c}"),
        ("{timestamp:us}", "no unit of time"),
        ("{payout:dollars}", "\"dollars\" is not a currency"),
        ("{cost:1}", "\"1\" is not a currency"),
        ("{city:ru}", "known in English only, not in \"ru\""),
        ("{region:uk}", "known in English only"),
        ("{country:xx}", "write one of en, ru, uk, ar,"),
        ("{country_name:russian}", "as in {country_name:en}"),
        ("{device_type:de}", "write one of en, ru, uk,"),
        ("{connection_type:}", "write one of en, ru, uk,"),
        ("{os:en}", "no argument but a list of words"),
        ("{from_file:words}", "what lies on the server"),
        ("{offer:2}", "/go/2"),
        ("{destination:x}", "cannot name the address"),
        ("{country:DE=1,2}", "\"2\" has no ="),
        ("{country:DE=1,de=2}", "\"de\" is there twice"),
        ("{md5}", "it needs an argument"),
        ("{md5:a b}", "without braces"),
        ("{md5:random:5,1}", "write {random:1,5}"),
        ("{md5:md5:md5:md5:ip}", "more than 3 functions"),
    ];
    for (text, reason) in cases {
        let link = format!("https://x.example/?a={text}");
        let found = Template::problems(&link);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].code, "invalid_macro", "{text}");
        assert!(
            found[0].message.contains(reason),
            "{text}: {}",
            found[0].message
        );
        assert!(found[0].message.contains(text), "{}", found[0].message);
        // Stored already, it stays as it is and the rest works.
        let out = Sample::new().expand(&template(&format!("{link}&ip={{ip}}")));
        assert!(out.ends_with("&ip=203.0.113.9"), "{out}");
    }
    for fine in ["{date:Y-m", "{contry}", "{foo:bar}", "https://{sub1}/"] {
        assert_eq!(Template::problems(fine), [], "{fine}");
    }
    assert_eq!(
        warnings("https://x.example/?d={date:Y-m")[0].0,
        "stray_brace"
    );
}

#[test]
fn arguments_are_understood() {
    let sample = Sample::new().with("zone", "Aé b");
    let cases = [
        ("{date:D, d M Y}", "Fri%2C%2002%20Jan%202026"),
        ("{_date:Y/m/d}", "2026/01/02"),
        ("{date:\\Y\\e\\a\\r Y}", "Year%202026"),
        ("{timestamp:s}", "1767323045"),
        ("{cost:usd}", "0.015"),
        ("{payout:UAH}", ""),
        ("{payout:USD=1}", "5"),
        ("{country:us=1 de=2}", "2"),
        ("{country:us=1,*=0}", "0"),
        ("{country:us=1}", "DE"),
        ("{Device_Type: mobile=m, desktop=d}", "m"),
        ("{lower:zone}", "a%C3%A9%20b"),
        ("{upper:zone}", "A%C3%89%20B"),
        ("{base64:zone}", "QcOpIGI%3D"),
        ("{_base64:zone}", "QcOpIGI="),
        ("{md5:absent}", ""),
        ("{md5:lower:country}", "5f02f0889301fd7be1ac972c11bf3e7d"),
        ("{upper:date:F}", "JANUARY"),
        ("{upper:sample:x}", "X"),
        ("{region:EN}", "Bavaria"),
        ("{country:en}", "Germany"),
        ("{country_name:de}", "Deutschland"),
        ("{country:Germany=1,DE=2}", "2"),
        ("{lower:country_name}", "germany"),
        (
            "{device_type:ru}",
            "%D1%82%D0%B5%D0%BB%D0%B5%D1%84%D0%BE%D0%BD",
        ),
        ("{device_type:en}", "mobile"),
        (
            "{connection_type:UK}",
            "%D0%BC%D0%BE%D0%B1%D1%96%D0%BB%D1%8C%D0%BD%D0%B0%20%D0%BC%D0%B5%D1%80%D0%B5%D0%B6%D0%B0",
        ),
        ("{md5:visitor_code}", "0307021bfcbeeab25f0dfd3b3d588b66"),
    ];
    for (text, expected) in cases {
        let link = format!("https://x/?a={text}");
        assert_eq!(
            sample.expand(&template(&link)),
            format!("https://x/?a={expected}"),
            "{text}"
        );
        assert_eq!(Template::problems(&link), [], "{text}");
    }
}

#[test]
fn a_parameter_never_chooses_the_host() {
    let evil = [
        "evil.com",
        "https://evil.com/",
        "//evil.com",
        "\\\\evil.com",
        "/evil.com",
        ".evil.com",
        "@evil.com",
        ":80@evil.com",
        "javascript:alert(1)",
        "2130706433",
    ];
    let cases = [
        ("{_x}", None),
        ("{x}", None),
        ("/{_x}", None),
        ("/{y}/{_x}", None),
        ("{y}{_x}", None),
        ("https://{_x}/", Some("https:///")),
        ("https://{x}/", Some("https:///")),
        ("https:{_x}", Some("https:")),
        ("{_x}://host/", Some("://host/")),
        ("https://host.example{_x}", Some("https://host.example")),
        (
            "https://host.example{_sub_id_1}",
            Some("https://host.example"),
        ),
    ];
    for value in evil {
        let mut sample = Sample::new().with("x", value);
        sample.visitor.parameters.sub_ids = vec![(1, value.to_owned())];
        for (text, expected) in cases {
            let out = sample.expand(&template(text));

            match expected {
                Some(expected) => assert_eq!(out, expected, "{text} {value}"),
                None => assert!(
                    !out.starts_with("//") && !out.starts_with("/\\") && !out.contains(':'),
                    "{text} {value}: {out}"
                ),
            }
        }
        let label = sample.expand(&template("https://{_x}.example.com/"));
        let inside = label
            .trim_end_matches(".example.com/")
            .trim_start_matches("https://");
        assert!(!inside.contains(['/', '\\', '?', '#', '@', ':']), "{label}");
    }
    assert_eq!(warnings("https://{sub1}/")[0].0, "open_redirect");
    assert_eq!(warnings("https://{sub1}.example.com/"), []);
}

#[test]
fn parameters_are_added_where_they_belong() {
    let cases = [
        ("https://x/", "a={ip}", "https://x/?a={ip}"),
        ("https://x/?b=1", "a={ip}", "https://x/?b=1&a={ip}"),
        ("https://x/?", "a={ip}", "https://x/?a={ip}"),
        ("https://x/?b=1&", "a={ip}", "https://x/?b=1&a={ip}"),
        ("https://x/#f?", "a={ip}", "https://x/?a={ip}#f?"),
        (
            "https://x/?b=1#f",
            "?a={ip}&c=2",
            "https://x/?b=1&a={ip}&c=2#f",
        ),
        ("https://x/", "", "https://x/"),
        (
            "https://x/?a={subid}",
            "a={click_id}",
            "https://x/?a={subid}",
        ),
        (
            "https://x/?a=&b=1",
            "a={click_id}",
            "https://x/?a={click_id}&b=1",
        ),
        (
            "https://x/?b=1&a",
            "a={click_id}",
            "https://x/?b=1&a={click_id}",
        ),
        (
            "https://x/?aa=1",
            "a={click_id}",
            "https://x/?aa=1&a={click_id}",
        ),
        ("https://x/?a=1", "a={ip}&b={ip}", "https://x/?a=1&b={ip}"),
        // What a page makes of its fragment is its own business: servers see the query.
        ("https://x/#/p?a=1", "a={ip}", "https://x/?a={ip}#/p?a=1"),
        (
            "https://x/?b=1#/p?a=1&c",
            "a={ip}",
            "https://x/?b=1&a={ip}#/p?a=1&c",
        ),
        ("https://x/?b=1#!", "a={ip}", "https://x/?b=1&a={ip}#!"),
        ("https://x/?#f", "a={ip}", "https://x/?a={ip}#f"),
        ("https://x/#", "a={ip}", "https://x/?a={ip}#"),
        ("https://x", "a={ip}", "https://x?a={ip}"),
        // Only & parts parameters.
        ("https://x/?b=1;c=2", "a={ip}", "https://x/?b=1;c=2&a={ip}"),
        ("https://x/?b=1;a=2", "a={ip}", "https://x/?b=1;a=2&a={ip}"),
        ("https://x/?b=1?c=2", "a={ip}", "https://x/?b=1?c=2&a={ip}"),
        // Signs in arguments are none of the link's.
        (
            "https://x/{date:Y#m}",
            "a={ip}",
            "https://x/{date:Y#m}?a={ip}",
        ),
        (
            "https://x/{sample:a?b,c}",
            "a={ip}",
            "https://x/{sample:a?b,c}?a={ip}",
        ),
        (
            "https://x/?b={sample:c&a=1,d}",
            "a={ip}",
            "https://x/?b={sample:c&a=1,d}&a={ip}",
        ),
        (
            "https://x/",
            "a={sample:c&d,e}&b=1",
            "https://x/?a={sample:c&d,e}&b=1",
        ),
    ];
    for (link, query, expected) in cases {
        let joined = template(link).with_query(&template(query));
        assert_eq!(joined.text(), expected, "{link} with {query}");
    }
}

#[test]
fn a_template_knows_its_macros_by_any_name() {
    assert!(template("https://x/?a={SubID}").mentions("click_id"));
    assert!(!template("https://x/?a={subid").mentions("click_id"));
}
