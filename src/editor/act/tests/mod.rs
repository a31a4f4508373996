//! What rules do, against a real file and the real engine.

mod conflicts;
mod effects;
mod undo;
mod whole;

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use super::*;
use crate::domain::campaign::Campaign;
use crate::domain::channel::Channel;
use crate::domain::flow::Target;
use crate::domain::id::Id;
use crate::domain::landing::Landing;
use crate::domain::list::List;
use crate::domain::message::{Message, Recipient, Request};
use crate::domain::offer::Offer;
use crate::domain::rule::Rule;
use crate::domain::state::State;
use crate::engine::Catalog;
use crate::rules::{Change, What};
use crate::store::connection::{Durability, open_writer};
use crate::store::entities::Stored;
use crate::store::migrations::migrate;
use crate::store::rules::log::{self, RuleRun};
use crate::store::rules::{Deed, DeedResult};
use crate::store::writer::Writer;

const NOW: i64 = 1_790_000_000_000;
const MINUTE: i64 = 60_000;

struct Fixture {
    editor: Editor,
    readers: Readers,
    ids: Arc<IdGenerator>,
    _directory: tempfile::TempDir,
}

impl std::ops::Deref for Fixture {
    type Target = Editor;
    fn deref(&self) -> &Editor {
        &self.editor
    }
}

/// Campaigns 1 (budget 50) and 2 (none) with flows 1 to 3; both splits have offer 1, flow 1 landing 1
/// too. List 1 holds addresses that a filter takes, list 2 sources. Rules 1 (rests 60 minutes) and 2
/// (rests 5). Channel 1.
fn fixture() -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("millrace.db");
    let mut connection = open_writer(&path, Durability::Process).unwrap();
    migrate(&mut connection, &path).unwrap();
    let writer = Writer::over(connection);
    let compile = |documents: &Documents| Catalog::compile_lenient(documents);
    let editor = Editor::open(writer, Documents::default(), 0, compile, drop);
    let fixture = Fixture {
        editor,
        readers: Readers::open(&path).unwrap(),
        ids: Arc::new(IdGenerator::new(0, None)),
        _directory: directory,
    };
    fixture.add::<List>(json!({ "name": "addresses", "values": ["10.0.0.1", "10.0.0.2"] }));
    fixture.add::<List>(json!({ "name": "sources", "values": ["zone1", "zone2", "zone3"] }));
    for name in ["one", "two"] {
        fixture.add::<Offer>(json!({ "name": name, "url": "https://o.example/" }));
    }
    fixture.add::<Landing>(json!({ "name": "page", "url": "https://l.example/" }));
    let flow = |offers: Value, landings: Value| json!({ "weight": 25, "target": { "kind": "split", "offers": offers, "landings": landings } });
    let mut first = flow(
        json!([{ "offer_id": 1, "weight": 30 }, { "offer_id": 2, "weight": 70 }]),
        json!([{ "landing_id": 1, "weight": 50 }]),
    );
    first["filters"] = json!([{ "key": "ip", "mode": "reject", "value": [{ "list_id": 1 }] }]);
    let direct = json!({ "target": { "kind": "redirect", "url": "https://x.example/" } });
    let second = flow(json!([{ "offer_id": 1, "weight": 10 }]), json!([]));
    fixture.add::<Campaign>(json!({ "name": "US", "flows": [first, direct],
        "cost": { "model": "cpc", "value": "0.01" }, "budget": { "daily": "50" } }));
    fixture.add::<Campaign>(json!({ "name": "DE", "flows": [second] }));
    for (name, minutes) in [("stop", 60), ("go", 5)] {
        fixture.add::<Rule>(json!({ "name": name, "cooldown_minutes": minutes,
            "group_by": ["campaign_id"], "actions": [{ "key": "pause_campaign" }] }));
    }
    fixture
        .add::<Channel>(json!({ "name": "C", "kind": "webhook", "url": "https://hook.example/" }));
    fixture
}

impl Fixture {
    fn add<E: Stored>(&self, document: Value) {
        self.editor.create::<E>(&document).unwrap();
    }

    fn done(&self, proposed: Vec<Proposed>) -> Vec<Judged> {
        self.editor.act(&self.readers, &self.ids, proposed).unwrap()
    }

    /// One run of one effect; its verdict and its deeds.
    fn one(&self, effect: Effect) -> (Verdict, Vec<Deed>) {
        let id = self.ids.next(NOW).to_row();
        let mut judged = self.done(vec![run(1, &format!("key {id}"), NOW, vec![Ok(effect)])]);
        let one = judged.pop().unwrap();
        (one.verdict, one.deeds)
    }

    fn campaign(&self, id: u64) -> Arc<Campaign> {
        self.find::<Campaign>(id).unwrap()
    }

    fn values(&self, id: u64) -> Vec<String> {
        self.find::<List>(id).unwrap().values.clone()
    }

    fn logged(&self, id: Id) -> RuleRun {
        log::find(&self.readers, id).unwrap().unwrap()
    }

    fn outbox(&self) -> Vec<String> {
        let reader = self.readers.get().unwrap();
        let sql = "select body || ' ' || run_id from outbox order by id";
        let mut statement = reader.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

fn run(rule_id: u64, key: &str, at: i64, effects: Vec<Result<Effect, String>>) -> Proposed {
    static IDS: LazyLock<IdGenerator> = LazyLock::new(|| IdGenerator::new(1, None));
    Proposed {
        run: Run {
            id: IDS.next(at),
            at,
            rule_id,
            rule_version: 1,
            key: key.to_owned(),
            group: "[]".to_owned(),
            campaign_id: None,
            conversion_id: None,
            numbers: "{}".to_owned(),
            window: None,
        },
        effects,
    }
}

fn state(what: What, id: u64, state: State) -> Effect {
    Effect::State { what, id, state }
}

fn listed(list_id: u64, value: &str, is_added: bool) -> Effect {
    Effect::List {
        list_id,
        value: value.to_owned(),
        is_added,
    }
}

fn weight(what: What, id: u64, campaign_ids: &[u64], change: Change) -> Effect {
    Effect::Weight {
        what,
        id,
        campaign_ids: campaign_ids.to_vec(),
        change,
    }
}

fn set(amount: &str) -> Change {
    Change::Set(amount.parse().unwrap())
}

fn percent(percent: &str) -> Change {
    Change::Percent {
        percent: percent.parse().unwrap(),
        least: None,
        most: Some("70".parse().unwrap()),
    }
}

fn message(to: Recipient, key: &str) -> Effect {
    Effect::Tell(Box::new(Message {
        to,
        text: "It burns.".to_owned(),
        data: json!({ "type": "rule" }),
        key: key.to_owned(),
        campaign_id: None,
        conversion_id: None,
        click_id: None,
        rule_id: Some(1),
        run_id: None,
    }))
}

fn offer_weights(campaign: &Campaign) -> Vec<u32> {
    let Target::Split { offers, .. } = &campaign.flows[0].target else {
        panic!("no split");
    };
    offers.iter().map(|one| one.weight).collect()
}
