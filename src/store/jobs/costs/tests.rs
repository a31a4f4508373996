//! The law of charging: sums are exact, and undoing gives back what was there.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::select::{Found, Place};
use super::*;
use crate::domain::cost_update::{Price, Which};
use crate::domain::money::{Currency, Micros};
use crate::store::connection::{Durability, open_writer};
use crate::store::migrations::migrate;
use crate::store::sums::Span;
use crate::store::unassigned_costs;

/// A file with clicks of one campaign that have these costs, and a way to read it.
struct World {
    _directory: tempfile::TempDir,
    connection: Connection,
    readers: Readers,
}

impl World {
    fn new(costs: &[Option<i64>]) -> World {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();
        let dictionaries = "
            insert into currencies (id, code) values (2, 'EUR');
            insert into routes (id, campaign_id) values (1, 7);
            insert into agents (id, fingerprint, user_agent, device_type) values (1, x'01', '', '');
            insert into places (id, fingerprint) values (1, x'01')";
        connection.execute_batch(dictionaries).unwrap();
        for (id, cost) in costs.iter().enumerate() {
            connection
                .execute(
                    "insert into clicks (id, route_id, agent_id, place_id, ip, cost, currency_id, flags)
                     values (?1, 1, 1, 1, x'01020304', ?2, ?3, 1)",
                    (id as i64, cost, cost.map(|cost| 1 + cost % 2)),
                )
                .unwrap();
        }
        let readers = Readers::open(&path).unwrap();
        World {
            _directory: directory,
            connection,
            readers,
        }
    }

    /// An update of these clicks, in pieces of so many.
    fn update(&self, amount: i64, ids: &[i64], piece: usize) -> u64 {
        let id = insert(&self.connection, 1, &[0; 32], 1).unwrap();
        add(&self.connection, id, &[(0, line(amount))]).unwrap();
        for (number, ids) in ids.chunks(piece).enumerate() {
            let found = Found::of(BTreeMap::from([(0, ids.to_vec())]));
            let place = Place {
                piece: number as u64,
                ..Place::default()
            };
            found.keep(&self.connection, id, place).unwrap();
        }
        let lines = self.lines(id);
        let mut from = Some(0);
        while let Some(number) = from {
            from = charge(&self.connection, id, &lines, number).unwrap().next;
        }
        for line in &lines {
            leave(&self.connection, id, line).unwrap();
        }
        id
    }

    /// How many clicks were restored, and how many left.
    fn undo(&self, id: u64) -> (u64, u64) {
        let lines = self.lines(id);
        let (mut clicks, mut left, mut before) = (0, 0, Some(i64::MAX as u64));
        while let Some(number) = before {
            let restored = restore(&self.connection, id, &lines, number).unwrap();
            (clicks, left) = (clicks + restored.clicks, left + restored.left);
            before = restored.next;
        }
        note_undone(&self.connection, id, 2).unwrap();
        (clicks, left)
    }

    fn lines(&self, id: u64) -> Vec<LineFound> {
        lines(&self.readers, id, true).unwrap()
    }

    fn costs(&self) -> Vec<(Option<i64>, Option<i64>)> {
        let sql = "select cost, currency_id from clicks order by id";
        let mut statement = self.connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }

    fn unassigned(&self, campaigns: &[u64]) -> Vec<(u64, i64, String)> {
        let span = Span {
            from: 0,
            to: i64::MAX,
        };
        let rows = unassigned_costs::between(&self.connection, span, campaigns).unwrap();
        let told = rows.into_iter().map(|one| {
            let currency = one.currency.as_str().to_owned();
            (one.row.campaign_id, one.row.amount.0, currency)
        });
        told.collect()
    }
}

fn line(amount: i64) -> CostLine {
    CostLine {
        campaign_ids: vec![7],
        from: 0,
        to: 1,
        timezone: "UTC".to_owned(),
        price: Price::Amount(Micros(amount)),
        currency: Currency::USD,
        which: Which::All,
        filters: BTreeMap::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn charging_is_exact_and_undoing_gives_back_what_was_there(
        before in prop::collection::vec(prop::option::of(0i64..1_000_000), 1..400),
        amount in 0i64..1_000_000_000,
        piece in 1usize..251,
    ) {
        let world = World::new(&before);
        let (stored, ids): (_, Vec<i64>) = (world.costs(), (0..before.len() as i64).collect());

        let update = world.update(amount, &ids, piece);

        let charged: Vec<i64> = world.costs().iter().filter_map(|(cost, _)| *cost).collect();
        prop_assert_eq!(charged.len(), before.len());
        prop_assert_eq!(charged.iter().sum::<i64>(), amount);
        prop_assert_eq!(world.undo(update), (before.len() as u64, 0));
        prop_assert_eq!(world.costs(), stored);
    }
}

#[test]
fn a_later_update_is_found_by_any_click_that_both_have_charged() {
    let world = World::new(&[Some(5); 40]);
    let even: Vec<i64> = (0..40).step_by(2).collect();
    let odd: Vec<i64> = (1..40).step_by(2).collect();
    let first = world.update(100, &even, 3);
    let second = world.update(100, &odd, 3);

    assert_eq!(overwritten_by(&world.readers, first).unwrap(), None);
    let third = world.update(100, &[36, 37], 3);
    assert_eq!(overwritten_by(&world.readers, first).unwrap(), Some(third));
    assert_eq!(overwritten_by(&world.readers, second).unwrap(), Some(third));
    assert_eq!(world.undo(third), (2, 0));
    assert_eq!(overwritten_by(&world.readers, first).unwrap(), None);
}

#[test]
fn a_click_that_costs_something_else_by_now_keeps_that() {
    let world = World::new(&[Some(5); 3]);
    let update = world.update(30, &[0, 1, 2], 2);
    let change = "update clicks set cost = 77 where id = 1; delete from clicks where id = 2";
    world.connection.execute_batch(change).unwrap();

    assert_eq!(world.undo(update), (1, 2));
    assert_eq!(world.costs(), [(Some(5), Some(2)), (Some(77), Some(1))]);
}

#[test]
fn money_without_a_click_is_told_by_campaign_and_span_until_clicks_pay_it() {
    let world = World::new(&[None]);

    let nobody = world.update(30, &[], 1);

    assert_eq!(world.unassigned(&[]), [(7, 30, "USD".to_owned())]);
    assert_eq!(world.unassigned(&[8]), []);
    let somebody = world.update(30, &[0], 1);
    assert_eq!(world.unassigned(&[7]), []);
    world.undo(somebody);
    assert_eq!(world.unassigned(&[7]), [(7, 30, "USD".to_owned())]);
    world.undo(nobody);
    assert_eq!(world.unassigned(&[7]), []);
}
