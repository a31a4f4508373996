//! Which offer a conversion is credited to.

use serde_json::{Value, json};

use crate::payer::{KEY, Payer, row_id};

/// A landing with two offers of two networks, and one of nobody.
struct Choice {
    payer: Payer,
    offers: [u64; 3],
}

impl Choice {
    fn new() -> Self {
        let payer = Payer::new();
        let tracker = &payer.tracker;
        let second = tracker.create(
            "/api/v1/networks",
            &json!({"name": "M", "key": "othernetworkkey2"}),
        );
        let offer = |name: &str, network: Option<u64>| {
            tracker.create(
                "/api/v1/offers",
                &json!({"name": name, "url": "http://127.0.0.1:9/?c={click_id}", "network_id": network}),
            )
        };
        let offers = [
            offer("first", Some(payer.network)),
            offer("second", Some(second)),
            offer("nobody's", None),
        ];
        let landing = tracker.create(
            "/api/v1/landings",
            &json!({"name": "page", "url": "http://127.0.0.1:9/?c={click_id}"}),
        );
        let split: Vec<Value> = offers
            .iter()
            .map(|id| json!({"offer_id": id, "weight": 100}))
            .collect();
        tracker.create(
            "/api/v1/campaigns",
            &json!({"name": "choice", "alias": "choice", "flows": [{"name": "all", "kind": "default",
                "target": {"kind": "split", "landings": [{"landing_id": landing, "weight": 100}],
                    "offers": split}}]}),
        );
        Self { payer, offers }
    }

    /// A visitor who goes from the landing to these offers.
    fn visit(&self, steps: &[usize]) -> String {
        let answer = self.payer.tracker.click("/choice", &[]);
        let click = answer.click_id().unwrap().to_owned();
        for step in steps {
            let target = format!("/go/{}?click_id={click}", step + 1);
            assert_eq!(self.payer.tracker.click(&target, &[]).status, 302);
        }
        click
    }

    /// The offers of a click's conversions, by their places.
    fn credited(&self, click: &str) -> Vec<Option<usize>> {
        let database = self.payer.tracker.database();
        let sql = "select offer_id from conversions where click_id = ?1 order by id";
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([row_id(click)], |row| row.get::<_, Option<u64>>(0));
        let place = |id: u64| self.offers.iter().position(|offer| *offer == id);
        rows.unwrap().map(|id| place(id.unwrap()?)).collect()
    }
}

#[test]
fn the_offer_is_the_last_clicked_of_the_network_that_calls() {
    let choice = Choice::new();
    let cases: [(&[usize], &str, Option<usize>); 8] = [
        (&[0, 1], KEY, Some(0)),
        (&[0, 1], "othernetworkkey2", Some(1)),
        (&[1, 0, 2], "othernetworkkey2", Some(1)),
        (&[1, 2], KEY, Some(2)),
        (&[0, 1, 2], "", Some(2)),
        (&[2, 1], "", Some(1)),
        (&[0], KEY, Some(0)),
        (&[], KEY, None),
    ];
    for (steps, key, expected) in cases {
        let click = choice.visit(steps);
        let target = match key {
            "" => format!("/postback?subid={click}&payout=1"),
            key => format!("/postback/{key}?subid={click}&payout=1"),
        };

        assert_eq!(choice.payer.calls(&target), "Success");

        let credited = choice.credited(&click);
        match expected {
            Some(_) => assert_eq!(credited, [expected], "{steps:?} {key}"),
            // Nobody went on: whatever the click was assigned.
            None => assert_eq!(credited.len(), 1),
        }
    }
}

#[test]
fn two_networks_of_one_click_have_a_conversion_each() {
    let choice = Choice::new();
    let click = choice.visit(&[0, 1]);

    for key in [KEY, "othernetworkkey2"] {
        choice.payer.calls(&format!(
            "/postback/{key}?subid={click}&payout=2&tid=1&status=lead"
        ));
    }
    choice
        .payer
        .calls(&format!("/postback/{KEY}?subid={click}&tid=1&status=sale"));

    assert_eq!(choice.credited(&click), [Some(0), Some(1)]);
    assert_eq!(
        choice.payer.rows(&click),
        ["conversion sale 2 USD #1", "conversion lead 2 USD #1"]
    );
}

#[test]
fn the_offer_of_a_conversion_is_frozen() {
    let choice = Choice::new();
    let click = choice.visit(&[0]);
    choice.payer.calls(&format!(
        "/postback/{KEY}?subid={click}&payout=2&tid=1&status=lead"
    ));

    let go = format!("/go/3?click_id={click}");
    choice.payer.tracker.click(&go, &[]);
    choice
        .payer
        .calls(&format!("/postback?subid={click}&tid=1&status=sale"));

    assert_eq!(choice.credited(&click), [Some(0)]);
    assert_eq!(choice.payer.rows(&click), ["conversion sale 2 USD #1"]);
}
