//! Postbacks that wait: for their click, for somebody who says what a word means.

use rusqlite::Connection;
use serde_json::json;

use crate::counters::while_stopped;
use crate::payer::{KEY, Payer, row_id, wait_until};

/// The click's row is not there, as where the file of another node has not come yet.
fn take_away(payer: &mut Payer, clicks: &[&str]) {
    while_stopped(&mut payer.tracker, |file: &Connection| {
        file.execute_batch("create table if not exists away as select * from clicks where 0")
            .unwrap();
        for click in clicks {
            let id = row_id(click);
            file.execute("insert into away select * from clicks where id = ?1", [id])
                .unwrap();
            file.execute("delete from clicks where id = ?1", [id])
                .unwrap();
        }
    });
}

fn bring_back(payer: &Payer) {
    let file = Connection::open(payer.tracker.data().join("millrace.db")).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(10))
        .unwrap();
    let columns: Vec<String> = file
        .prepare("select name from pragma_table_xinfo('clicks') where hidden = 0")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let columns = columns.join(", ");
    file.execute_batch(&format!(
        "insert into clicks ({columns}) select {columns} from away; delete from away"
    ))
    .unwrap();
}

#[test]
fn a_postback_before_its_click_waits_for_it() {
    let mut payer = Payer::new();
    let click = payer.click();
    take_away(&mut payer, &[&click]);

    let answer = payer.says(&format!("subid={click}&tid=a&payout=3&status=lead"));

    assert!(answer.contains("waits for it"), "{answer}");
    assert_eq!(payer.last("verdict"), "parked");
    assert_eq!(payer.rows(&click), [""; 0]);
    let query = format!("subid={click}&tid=a&payout=3&status=sale&return=OK");
    assert_eq!(payer.says(&query), answer);
    let (_, log) = payer.tracker.get("/api/v1/postbacks?is_parked=true");
    assert_eq!(log["items"].as_array().unwrap().len(), 2, "{log:#}");

    payer.tracker.stop();
    payer.tracker.start();
    bring_back(&payer);
    wait_until("both are stored", || {
        payer.count("select count(*) from parked") == 0
    });

    assert_eq!(payer.rows(&click), ["conversion sale 3 USD #a"]);
    assert_eq!(payer.verdicts(), ["stored", "updated"]);
    let told = "select count(*) from conversion_changes where origin = 'replay'";
    assert_eq!(payer.count(told), 2);
}

#[test]
fn what_waited_comes_before_what_comes_then() {
    let mut payer = Payer::new();
    let click = payer.click();
    take_away(&mut payer, &[&click]);
    payer.says(&format!("subid={click}&payout=3&status=sale"));
    bring_back(&payer);

    // Before anybody had the time to look.
    payer.says(&format!("subid={click}&status=rejected"));

    assert_eq!(payer.verdicts(), ["stored", "updated"]);
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert_eq!(payer.rows(&click), ["conversion rejected 3 USD"]);
}

#[test]
fn a_parked_postback_that_is_sent_again_counts_once() {
    let mut payer = Payer::new();
    payer.event(json!({"name": "Deposit", "key": "deposit", "duplicates": "add_payout"}));
    let click = payer.click();
    take_away(&mut payer, &[&click]);
    for query in ["goal=rebill&payout=3", "goal=deposit&payout=5", "payout=-1"] {
        for _ in 0..3 {
            payer.says(&format!("subid={click}&{query}"));
        }
    }

    bring_back(&payer);
    wait_until("all are stored", || payer.rows(&click).len() >= 3);
    payer.says(&format!("subid={click}&goal=rebill&payout=3"));

    assert_eq!(
        payer.rows(&click),
        [
            "rebill sale 3 USD",
            "deposit sale 5 USD",
            "conversion sale -1 USD correction"
        ]
    );
    let once = ["stored", "retry", "retry"];
    assert_eq!(
        payer.verdicts(),
        [&once[..], &once, &once, &["retry"]].concat()
    );
}

#[test]
fn a_click_pruned_long_ago_is_listed_and_given_up_after_thirty_days() {
    let mut payer = Payer::new();
    let click = payer.click();
    take_away(&mut payer, &[&click]);
    payer.says(&format!("subid={click}&payout=3&status=nobody"));
    assert_eq!(payer.last("verdict"), "parked");

    // 31 days pass: ids hold the time.
    let days = (31_i64 * 86_400_000) << 22;
    while_stopped(&mut payer.tracker, |file: &Connection| {
        for (table, column) in [("postbacks", "id"), ("parked", "postback_id")] {
            file.execute(
                &format!("update {table} set {column} = {column} - {days}"),
                [],
            )
            .unwrap();
        }
    });
    wait_until("it is given up", || payer.last("verdict") == "expired");

    assert_eq!(payer.count("select count(*) from parked"), 0);
    assert!(
        payer.last("reason").contains("30 days"),
        "{}",
        payer.last("reason")
    );
    // Nothing can become of its word any more, so that it leaves the log with its time.
    assert_eq!(payer.last("unmapped"), "");
}

#[test]
fn a_secret_that_came_before_the_click_cannot_be_believed_later() {
    let mut payer = Payer::of_network(json!({"secret": "s3cret-0123456789"}));
    let (keyless, keyed) = (payer.click(), payer.click());
    take_away(&mut payer, &[&keyless, &keyed]);
    payer.calls(&format!("/postback?subid={keyless}&payout=3&secret=wrong"));
    payer.says(&format!("subid={keyed}&payout=3&secret=s3cret-0123456789"));
    assert_eq!(payer.verdicts(), ["parked", "parked"]);

    bring_back(&payer);
    wait_until("both are read", || {
        payer.count("select count(*) from parked") == 0
    });

    assert_eq!(payer.verdicts(), ["denied", "stored"]);
    assert_eq!(payer.rows(&keyless), [""; 0]);
    assert_eq!(payer.rows(&keyed), ["conversion sale 3 USD"]);
}

#[test]
fn an_unmapped_status_counts_nowhere_until_it_is_mapped_and_then_follows() {
    let payer = Payer::of_offer(json!({"cap": {"daily": 10}}));
    let taken = || {
        let (_, cap) = (payer.tracker).get(&format!("/api/v1/offers/{}/cap", payer.offer));
        cap["count"].as_u64().unwrap()
    };
    let (fresh, moved) = (payer.click(), payer.click());
    payer.says(&format!(
        "subid={fresh}&payout=3&status=%D0%93%D0%BE%D0%B4%D0%BD%D1%8B%D0%B9"
    ));
    assert_eq!(payer.last("verdict"), "unmapped_status");
    assert_eq!(payer.last("unmapped"), "status:годный");
    payer.says(&format!("subid={moved}&payout=4&status=lead"));
    payer.says(&format!(
        "subid={moved}&payout=5&status=%D0%93%D0%9E%D0%94%D0%9D%D0%AB%D0%99"
    ));
    assert_eq!(payer.rows(&fresh), ["conversion ? 3 USD"]);
    assert_eq!(payer.rows(&moved), ["conversion lead 4 USD"]);
    assert_eq!(taken(), 1);

    payer.edit_network(&json!({"statuses": {"годный": "sale"}}));
    wait_until("it follows", || {
        payer.rows(&fresh) == ["conversion sale 3 USD"]
    });

    assert_eq!(payer.rows(&moved), ["conversion sale 5 USD"]);
    assert_eq!(taken(), 2);
    assert_eq!(payer.verdicts(), ["updated", "stored", "updated"]);
    assert_eq!(
        payer.count("select count(*) from postbacks where unmapped is not null"),
        0
    );
}

#[test]
fn a_word_that_is_understood_late_does_not_undo_what_came_after_it() {
    let payer = Payer::new();
    let click = payer.click();
    payer.says(&format!("subid={click}&payout=3&status=odd"));
    payer.says(&format!("subid={click}&payout=7&status=sale"));

    payer.edit_network(&json!({"statuses": {"odd": "rejected"}}));
    wait_until("it is read again", || {
        payer.count("select count(*) from postbacks where unmapped is not null") == 0
    });

    assert_eq!(payer.rows(&click), ["conversion sale 7 USD"]);
    assert_eq!(payer.verdicts(), ["unchanged", "updated"]);
    let sql = "select reason from postbacks order by id limit 1";
    let database = payer.tracker.database();
    let reason: String = database.query_row(sql, [], |row| row.get(0)).unwrap();
    assert!(reason.contains("later"), "{reason}");
}

#[test]
fn an_unknown_event_is_listed_and_its_conversion_follows() {
    let payer = Payer::new();
    let clicks: Vec<String> = (0..4).map(|_| payer.click()).collect();
    let says = |click: usize, query: &str| {
        payer.says(&format!("subid={}&{query}", clicks[click]));
    };
    says(0, "goal=kyc&payout=3&status=lead");
    says(0, "goal=kyc&status=sale");
    says(1, "goal=kyc&payout=5");
    says(2, "goal=kyc&payout=-2");
    // A conversion that others have spoken of since stays one.
    says(3, "goal=kyc&payout=1&status=lead");
    says(3, "payout=9&status=sale");
    let (_, words) = payer.tracker.get("/api/v1/postbacks/unmapped");
    assert!(words["items"].to_string().contains("kyc"), "{words:#}");
    assert_eq!(payer.rows(&clicks[1]), ["conversion sale 5 USD"]);

    payer.event(json!({"name": "KYC", "key": "kyc", "duplicates": "add_payout"}));
    wait_until("they are read again", || {
        payer.count("select count(*) from postbacks where unmapped is not null") == 0
    });

    assert_eq!(payer.rows(&clicks[0]), ["kyc sale 3 USD"]);
    assert_eq!(payer.rows(&clicks[1]), ["kyc sale 5 USD"]);
    assert_eq!(payer.rows(&clicks[2]), ["kyc sale -2 USD correction"]);
    assert_eq!(
        payer.rows(&clicks[3]),
        ["conversion sale 9 USD", "kyc lead 1 USD"]
    );

    // Again and again: it is all done.
    let rows = payer.all_rows();
    let (_, log) = payer.tracker.get("/api/v1/postbacks");
    let ids: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["id"])
        .collect();
    let (status, answer) = (payer.tracker).post("/api/v1/postbacks/replay", &json!({"ids": ids}));
    assert_eq!(status, 200, "{answer:#}");
    assert_eq!(payer.all_rows(), rows);
}

#[test]
fn each_policy_for_repetitions_survives_its_word_being_mapped() {
    let payer = Payer::new();
    let policies = ["ignore", "update", "new", "add_payout"];
    let clicks: Vec<String> = policies.iter().map(|_| payer.click()).collect();
    for (policy, click) in policies.iter().zip(&clicks) {
        payer.event(json!({"name": policy, "key": policy, "duplicates": policy}));
        payer.says(&format!("subid={click}&goal={policy}&payout=5&status=odd"));
        assert_eq!(payer.rows(click), [format!("{policy} ? 5 USD")]);
    }

    payer.edit_network(&json!({"statuses": {"odd": "sale"}}));
    wait_until("they follow", || {
        payer.count("select count(*) from postbacks where unmapped is not null") == 0
    });

    for (policy, click) in policies.iter().zip(&clicks) {
        assert_eq!(payer.rows(click), [format!("{policy} sale 5 USD")]);
    }
}

#[test]
fn a_word_that_was_just_mapped_meets_the_row_it_made_before() {
    let payer = Payer::new();
    let click = payer.click();
    payer.says(&format!(
        "subid={click}&goal=ftd&tid=a&payout=3&status=lead"
    ));

    payer.event(json!({"name": "FTD", "key": "ftd"}));
    payer.says(&format!("subid={click}&goal=ftd&tid=a&status=sale"));

    assert_eq!(payer.rows(&click), ["ftd sale 3 USD #a"]);
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert_eq!(payer.rows(&click), ["ftd sale 3 USD #a"]);
}

#[test]
fn an_unmapped_conversion_follows_although_the_visitor_went_on() {
    let payer = Payer::new();
    let tracker = &payer.tracker;
    let second = tracker.create(
        "/api/v1/offers",
        &json!({"name": "second", "url": "http://127.0.0.1:9/?c={click_id}", "network_id": payer.network}),
    );
    let landing = tracker.create(
        "/api/v1/landings",
        &json!({"name": "page", "url": "http://127.0.0.1:9/?c={click_id}"}),
    );
    tracker.create(
        "/api/v1/campaigns",
        &json!({"name": "two", "alias": "two", "flows": [{"name": "all", "kind": "default",
            "target": {"kind": "split", "landings": [{"landing_id": landing, "weight": 100}],
                "offers": [{"offer_id": payer.offer, "weight": 100}, {"offer_id": second, "weight": 100}]}}]}),
    );
    let click = tracker.click("/two", &[]).click_id().unwrap().to_owned();
    tracker.click(&format!("/go/1?click_id={click}"), &[]);
    payer.calls(&format!(
        "/postback/{KEY}?subid={click}&payout=3&status=odd"
    ));
    tracker.click(&format!("/go/2?click_id={click}"), &[]);

    payer.edit_network(&json!({"statuses": {"odd": "sale"}}));
    wait_until("it is read again", || {
        payer.count("select count(*) from postbacks where unmapped is not null") == 0
    });

    assert_eq!(payer.rows(&click), ["conversion sale 3 USD"]);
    assert_eq!(
        payer.count("select offer_id from conversions"),
        payer.offer as i64
    );
}

/// Reads all logged postbacks again.
fn replay_all(payer: &Payer) {
    let (_, log) = payer.tracker.get("/api/v1/postbacks");
    let items = log["items"].as_array().unwrap().iter();
    let ids: Vec<_> = items.map(|item| &item["id"]).collect();
    let (status, answer) = (payer.tracker).post("/api/v1/postbacks/replay", &json!({"ids": ids}));
    assert_eq!(status, 200, "{answer:#}");
}

#[test]
fn a_retry_is_about_its_click_and_counts_no_more_when_it_is_read_again() {
    let payer = Payer::new();
    payer.event(json!({"name": "add", "key": "add", "duplicates": "add_payout"}));
    let click = payer.click();
    for query in ["goal=add&payout=5", "goal=rebill&payout=3", "payout=-2"] {
        for _ in 0..2 {
            payer.says(&format!("subid={click}&{query}"));
        }
        assert_eq!(payer.last("verdict"), "retry");
        assert_eq!(payer.last("click_id"), row_id(&click).to_string());
        assert_eq!(payer.last("found_in"), "subid");
        assert_eq!(payer.last("network_id"), payer.network.to_string());
    }
    let rows = payer.rows(&click);

    replay_all(&payer);

    assert_eq!(payer.rows(&click), rows);
    assert_eq!(payer.last("verdict"), "retry");
}

#[test]
fn what_counts_is_not_counted_a_second_time_under_another_event() {
    let payer = Payer::of_network(json!({"events": {"7": "conversion"}}));
    payer.event(json!({"name": "Deposit", "key": "deposit"}));
    let (alone, shared) = (payer.click(), payer.click());
    payer.says(&format!("subid={alone}&goal=7&payout=5"));
    payer.says(&format!("subid={shared}&goal=7&payout=5&status=lead"));
    payer.says(&format!("subid={shared}&payout=6&status=sale"));

    payer.edit_network(&json!({"events": {"7": "deposit"}}));
    for _ in 0..2 {
        replay_all(&payer);
        assert_eq!(payer.rows(&alone), ["deposit sale 5 USD"]);
        assert_eq!(payer.rows(&shared), ["conversion sale 6 USD"]);
    }
}
