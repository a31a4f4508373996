//! What holds for what is remembered, compared with a plain map where it can be.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::domain::campaign::Uniqueness;

const SECRET: [u8; 16] = [7; 16];
/// 2026-01-02 03:04 UTC.
const NOON: i64 = 1_767_323_040_000;

fn visitors() -> Visitors {
    Visitors::new(4 << 20, &SECRET)
}

fn campaign(id: u64, window_hours: u32) -> Campaign {
    Campaign {
        id,
        bind: Bind::Offer,
        bind_hours: 48,
        uniqueness: Uniqueness {
            window_hours,
            ..Uniqueness::default()
        },
        ..Campaign::default()
    }
}

fn ip(last: u8) -> IpAddr {
    [203, 0, 113, last].into()
}

fn known(visitors: &Visitors, last: u8, at: i64) -> Known<'_> {
    visitors.known(ip(last), "a browser", None, at, 99)
}

fn flow(flow_id: u64) -> Option<Choices> {
    Some(Choices {
        flow_id,
        landing_id: Some(flow_id + 100),
        offer_id: None,
    })
}

fn all() -> Unique {
    Unique {
        in_campaign: true,
        in_flow: true,
        anywhere: true,
    }
}

#[test]
fn the_window_runs_from_the_unique_click_and_does_not_slide() {
    let visitors = visitors();
    let campaign = campaign(1, 2);
    let click = |minutes: i64| {
        let known = known(&visitors, 9, NOON + minutes * MINUTE_MS);
        known.remember(&campaign, Some(1), None)
    };

    assert_eq!(click(0), all());
    assert_eq!(click(60), Unique::default());
    assert_eq!(click(119), Unique::default());
    assert_eq!(click(120), all());
    assert_eq!(click(121), Unique::default());
}

#[test]
fn unique_in_campaign_flow_and_everywhere_are_three_things() {
    let visitors = visitors();
    let known = known(&visitors, 9, NOON);
    let (one, two) = (campaign(1, 24), campaign(2, 24));

    assert_eq!(known.remember(&one, Some(1), None), all());
    let in_flow = Unique {
        in_flow: true,
        ..Unique::default()
    };
    assert_eq!(known.remember(&one, Some(2), None), in_flow);
    let elsewhere = Unique {
        anywhere: false,
        ..all()
    };
    assert_eq!(known.remember(&two, Some(3), None), elsewhere);
    assert_eq!(known.remember(&two, None, None), Unique::default());
}

#[test]
fn a_click_of_the_fallback_is_unique_in_no_flow() {
    let visitors = visitors();

    let unique = known(&visitors, 9, NOON).remember(&campaign(1, 24), None, None);

    assert!(unique.in_campaign && unique.anywhere && !unique.in_flow);
}

#[test]
fn asking_leaves_no_trace() {
    let visitors = visitors();
    let known = known(&visitors, 9, NOON);

    for _ in 0..2 {
        assert_eq!(known.seen(&campaign(1, 24)), Seen::default());
    }

    assert_eq!(visitors.fullness().entries, 0);
    assert_eq!(visitors.changes(), 0);
}

#[test]
fn a_cookie_comes_first_where_the_campaign_wants_cookies() {
    let visitors = visitors();
    let wanted = campaign(1, 24);
    let mut unwanted = campaign(2, 24);
    unwanted.uniqueness.cookies = false;
    let first = known(&visitors, 1, NOON);
    first.remember(&wanted, None, None);
    first.remember(&unwanted, None, None);
    let cookie = Some(first.called(&wanted).key);

    let elsewhere = visitors.known(ip(2), "a browser", cookie, NOON, 99);

    assert!(elsewhere.seen(&wanted).in_campaign);
    assert!(elsewhere.called(&wanted).by_cookie);
    assert!(!elsewhere.seen(&unwanted).in_campaign);
    assert!(!elsewhere.called(&unwanted).by_cookie);
    assert!(!first.called(&wanted).by_cookie);
}

#[test]
fn without_its_cookie_a_visitor_told_by_cookie_is_new() {
    let visitors = visitors();
    let mut campaign = campaign(1, 24);
    campaign.uniqueness.by = UniqueBy::Cookie;
    let visit = |cookie, random| visitors.known(ip(1), "a browser", cookie, NOON, random);

    assert_eq!(visit(None, 5).remember(&campaign, Some(1), None), all());
    assert_eq!(visit(None, 6).remember(&campaign, Some(1), None), all());
    assert_eq!(visit(None, 5).seen(&campaign), Seen::default());
    assert!(visit(Some(5), 7).seen(&campaign).in_campaign);
    assert_eq!(visit(None, 8).called(&campaign).key, 8);
}

#[test]
fn a_binding_lasts_from_the_click_that_made_it() {
    let visitors = visitors();
    let mut campaign = campaign(1, 24);
    let at = |hours: i64| known(&visitors, 9, NOON + hours * 60 * MINUTE_MS);

    at(0).remember(&campaign, Some(1), flow(1));
    at(30).remember(&campaign, Some(1), flow(1));
    assert_eq!(at(47).seen(&campaign).choices, flow(1));
    assert_eq!(at(48).seen(&campaign).choices, None);

    at(49).remember(&campaign, Some(2), flow(2));
    assert_eq!(at(96).seen(&campaign).choices, flow(2));
    at(96).remember(&campaign, Some(3), None);
    assert_eq!(at(96).seen(&campaign).choices, flow(2), "an interruption");

    campaign.bind = Bind::None;
    assert_eq!(at(50).seen(&campaign).choices, None);
}

#[test]
fn an_offer_taken_later_is_bound_with_the_flow_and_as_long() {
    let visitors = visitors();
    let campaign = campaign(1, 24);
    let at = |hours: i64| known(&visitors, 9, NOON + hours * 60 * MINUTE_MS);
    let with = |offer_id| {
        let choices = flow(1).expect("a flow");
        Some(Choices {
            offer_id: Some(offer_id),
            ..choices
        })
    };

    at(0).take_offer(&campaign, 1, 5);
    assert_eq!(visitors.fullness().entries, 0, "nobody was here");
    at(0).remember(&campaign, Some(1), flow(1));
    at(1).take_offer(&campaign, 2, 6);
    assert_eq!(at(1).seen(&campaign).choices, flow(1), "another flow");
    at(1).take_offer(&campaign, 1, 7);
    assert_eq!(at(47).seen(&campaign).choices, with(7));
    at(47).take_offer(&campaign, 1, 8);
    assert_eq!(at(47).seen(&campaign).choices, with(8));
    assert_eq!(at(48).seen(&campaign).choices, None);
    at(48).take_offer(&campaign, 1, 9);
    assert_eq!(at(47).seen(&campaign).choices, with(8), "it was over");
}

#[test]
fn of_two_clicks_at_once_one_is_unique() {
    let visitors = visitors();
    let campaign = campaign(1, 24);

    let uniques: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let clicks = (0..200u8).map(|last| known(&visitors, last, NOON));
                    let unique = clicks.map(|known| known.remember(&campaign, Some(1), None));
                    unique.filter(|unique| *unique == all()).count()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .sum()
    });

    assert_eq!(uniques, 200);
}

#[test]
fn it_takes_the_memory_it_is_given() {
    let capacity = |megabytes: usize| Visitors::new(megabytes << 20, &SECRET).fullness().capacity;

    assert!(
        (400_000..440_000).contains(&capacity(32)),
        "{}",
        capacity(32)
    );
    assert_eq!(capacity(0), aged::STRIPES);
}

/// Minutes from the start, visitor, campaign, flow.
type Click = (i64, u8, u64, Option<u64>);

fn clicks() -> impl Strategy<Value = Vec<Click>> {
    let click = (
        0i64..200,
        0u8..4,
        1u64..3,
        prop::option::weighted(0.9, 1u64..4),
    );
    prop::collection::vec(click, 0..60).prop_map(|mut clicks| {
        // Time goes on; later gaps are longer than windows.
        let mut now = 0;
        for click in &mut clicks {
            now += click.0;
            click.0 = now;
        }
        clicks
    })
}

/// A campaign whose window has as many hours as its id, and whose bindings last.
fn lasting(id: u64) -> Campaign {
    Campaign {
        bind_hours: 8_760,
        ..campaign(id, id as u32)
    }
}

fn remember(visitors: &Visitors, click: &Click) -> Unique {
    let (minutes, last, campaign_id, flow_id) = *click;
    let known = known(visitors, last, NOON + minutes * MINUTE_MS);
    known.remember(&lasting(campaign_id), flow_id, flow_id.and_then(flow))
}

fn everything_seen(visitors: &Visitors, minutes: i64) -> Vec<Seen> {
    let pairs = (0..4).flat_map(|last| [(last, 1), (last, 2)]);
    pairs
        .map(|(last, id)| known(visitors, last, NOON + minutes * MINUTE_MS).seen(&lasting(id)))
        .collect()
}

fn recorded(click: &Click, unique: Unique) -> Recorded {
    let (minutes, last, campaign_id, flow_id) = *click;
    Recorded {
        at: NOON + minutes * MINUTE_MS,
        campaign_id,
        flow_id,
        landing_id: flow_id.map(|id| id + 100),
        offer_id: None,
        ip: ip(last),
        user_agent: "a browser".to_owned(),
        visitor: None,
        is_unique_campaign: unique.in_campaign,
        is_unique_global: unique.anywhere,
    }
}

proptest! {
    #[test]
    fn within_its_capacity_it_says_what_a_plain_map_says(clicks in clicks()) {
        let visitors = visitors();
        let mut campaigns: HashMap<(u8, u64), (i64, Vec<u64>)> = HashMap::new();
        let mut everywhere: HashMap<u8, i64> = HashMap::new();

        for click in &clicks {
            let (now, last, campaign_id, flow_id) = *click;
            let window = campaign_id as i64 * 60;
            let (since, flows) = campaigns.entry((last, campaign_id)).or_insert((i64::MIN / 2, vec![]));
            let in_campaign = now - *since >= window;
            if in_campaign {
                (*since, *flows) = (now, vec![]);
            }
            let in_flow = flow_id.is_some_and(|id| !flows.contains(&id));
            flows.extend(flow_id);
            let anywhere = everywhere.get(&last).is_none_or(|since| now - since >= window);
            if anywhere {
                everywhere.insert(last, now);
            }
            let expected = Unique { in_campaign, in_flow, anywhere };

            let asked = known(&visitors, last, NOON + now * MINUTE_MS)
                .seen(&lasting(campaign_id)).unique(flow_id);
            prop_assert_eq!(asked, expected);
            prop_assert_eq!(remember(&visitors, click), expected);
        }
    }

    #[test]
    fn a_saved_table_is_the_same_when_loaded(clicks in clicks(), bytes in (1usize << 16)..(1 << 20)) {
        let visitors = visitors();
        clicks.iter().for_each(|click| { remember(&visitors, click); });
        let last = clicks.last().map_or(0, |click| click.0);
        let mut file = Vec::new();
        visitors.save(NOON, &mut file).expect("written");

        let loaded = Visitors::new(bytes, &SECRET);

        prop_assert_eq!(loaded.load(&file), Ok(NOON));
        prop_assert_eq!(everything_seen(&loaded, last), everything_seen(&visitors, last));
        let mut again = Vec::new();
        loaded.save(NOON, &mut again).expect("written");
        prop_assert_eq!(again, file);
    }

    #[test]
    fn a_damaged_file_is_not_loaded(place: prop::sample::Index, change in 1u8..) {
        let visitors = visitors();
        for last in 0..4 {
            remember(&visitors, &(0, last, 1, Some(1)));
        }
        let mut file = Vec::new();
        visitors.save(NOON, &mut file).expect("written");
        let at = place.index(file.len());
        let fresh = Visitors::new(1 << 20, &SECRET);

        prop_assert!(fresh.load(&file[..at]).is_err());
        file[at] ^= change;
        prop_assert!(fresh.load(&file).is_err());

        prop_assert_eq!(fresh.fullness().entries, 0);
    }

    /// Whoever was seen is seen again, and who was not is not: with nothing but the clicks, and
    /// with a file that knows the first of them.
    #[test]
    fn warmed_tables_know_who_is_unique(clicks in clicks(), saved in 0usize..60) {
        let visitors = visitors();
        let mut log = Vec::new();
        let mut file = None;
        for (index, click) in clicks.iter().enumerate() {
            if index == saved {
                let mut bytes = Vec::new();
                visitors.save(NOON + click.0 * MINUTE_MS, &mut bytes).expect("written");
                file = Some(bytes);
            }
            log.push(recorded(click, remember(&visitors, click)));
        }
        let last = clicks.last().map_or(0, |click| click.0);
        let now = NOON + last * MINUTE_MS;

        let warmed = Visitors::new(1 << 20, &SECRET);
        let since = file.map_or(0, |file| warmed.load(&file).expect("whole"));
        let mut warming = Warming::new(&warmed, now, since == 0);
        for click in log.iter().rev().filter(|click| click.at >= since) {
            warming.add(&lasting(click.campaign_id), click);
        }

        let (expected, found) = (everything_seen(&visitors, last), everything_seen(&warmed, last));
        for (expected, found) in expected.into_iter().zip(found) {
            prop_assert_eq!(found.in_campaign, expected.in_campaign);
            prop_assert_eq!(found.flows & expected.flows, expected.flows);
            prop_assert_eq!(found.anywhere, expected.anywhere);
            let flow = |seen: &Seen| seen.choices.map(|choices| choices.flow_id);
            if expected.in_campaign {
                prop_assert_eq!(flow(&found), flow(&expected));
            }
        }
    }
}

#[test]
fn a_file_of_another_database_or_form_is_not_loaded() {
    let mut file = Vec::new();
    visitors().save(NOON, &mut file).expect("written");

    let other = Visitors::new(1 << 20, &[8; 16]);
    assert_eq!(other.load(&file), Err(Unfit::OtherSecret));
    file[7] += 1;
    assert_eq!(visitors().load(&file), Err(Unfit::OtherForm));
    assert_eq!(visitors().load(b""), Err(Unfit::Damaged));
}

#[test]
fn what_a_visitor_does_while_clicks_are_read_stands() {
    let visitors = visitors();
    let campaign = campaign(1, 24);
    let later = NOON + 60 * MINUTE_MS;
    let mut warming = Warming::new(&visitors, later, true);
    known(&visitors, 1, later).remember(&campaign, Some(2), flow(2));

    warming.add(&campaign, &recorded(&(0, 1, 1, Some(1)), all()));

    let seen = known(&visitors, 1, later).seen(&campaign);
    assert_eq!(seen.choices, flow(2));
    assert!(!seen.in_flow(1));
}

#[test]
fn reading_clicks_ends_when_there_is_no_room_and_takes_nobodys_place() {
    let visitors = Visitors::new(0, &SECRET);
    let campaign = campaign(1, 24);
    let mut warming = Warming::new(&visitors, NOON, true);
    let mut read = 0;

    while warming.has_room() && read < 10_000 {
        let ip = u32::from_be_bytes([10, 0, 0, 0]) + read;
        let click = Recorded {
            ip: std::net::Ipv4Addr::from(ip).into(),
            ..recorded(&(0, 1, 1, Some(1)), all())
        };
        warming.add(&campaign, &click);
        read += 1;
    }

    assert!(read < 10_000);
    let fullness = visitors.fullness();
    assert!(fullness.entries <= fullness.capacity);
    assert_eq!(fullness.evicted, 0);
}
