//! Laws of crediting, and a case of each.

use proptest::prelude::*;

use super::*;
use crate::domain::conversion::{CONVERSION, Money, REBILL};
use crate::domain::event::Duplicates;
use crate::domain::offer::{Cap, Payout as Paid, PayoutKind};
use crate::postback::said::Found;

const NOW: i64 = 1_790_000_000_000;
const OFFER: u64 = 5;
/// What the offer pays where nobody says otherwise.
const VALUE: Micros = Micros(4_000_000);

/// A click, its conversions, and what postbacks about it meet.
struct Books {
    rows: Vec<Conversion>,
    offer: Offer,
    offer_id: u64,
    network: Network,
    event: Option<Event>,
    rates: Rates,
    heard: i64,
}

impl Books {
    fn new() -> Self {
        let payout = Paid {
            kind: PayoutKind::Fixed,
            value: VALUE,
            currency: Currency::USD,
        };
        let cap = Cap {
            daily: 100,
            timezone: "UTC".to_owned(),
            statuses: vec![Status::Lead, Status::Sale],
            frees_on_rejection: false,
            overflow_offer_id: None,
        };
        Self {
            rows: Vec::new(),
            offer: Offer {
                id: OFFER,
                payout,
                allow_repeats: true,
                cap: Some(cap),
                ..Offer::default()
            },
            offer_id: OFFER,
            network: Network {
                id: 3,
                ..Network::default()
            },
            event: None,
            rates: Rates::default(),
            heard: 0,
        }
    }

    fn with_event(duplicates: Duplicates) -> Self {
        let event = Event {
            key: "deposit".to_owned(),
            duplicates,
            ..Event::default()
        };
        Self {
            event: Some(event),
            ..Self::new()
        }
    }

    fn judge(&self, said: &Said, again: Option<Again>) -> Credit {
        let number = u64::try_from(self.heard).expect("not negative") + 1;
        let own = |event: &&Event| event.key == said.event;
        let terms = Terms {
            now: NOW + self.heard,
            new_id: Id::from_row(1_000 + self.heard).expect("an id"),
            click: Some(ClickTerms {
                id: Id::from_row(number as i64).expect("an id"),
                at: NOW - 1,
                campaign_id: 2,
                cost: None,
            }),
            network: Some(&self.network),
            offer_id: Some(self.offer_id),
            offer: Some(&self.offer),
            event: self.event.as_ref().filter(own),
            rates: &self.rates,
            again,
        };
        credit(said, &self.rows, &terms)
    }

    fn perform(&mut self, credit: &Credit) {
        match credit {
            Credit::New(row) => self.rows.push(row.as_ref().clone()),
            Credit::Changed(index, row) => self.rows[*index] = row.as_ref().clone(),
            Credit::Nothing(..) => {}
        }
    }

    fn hears(&mut self, said: &Said) -> Credit {
        self.heard += 1;
        let credit = self.judge(said, None);
        self.perform(&credit);
        credit
    }

    /// Each row as `status amount`, with what is special about it.
    fn told(&self) -> Vec<String> {
        let rows = self.rows.iter();
        rows.map(|row| {
            let mut told = row.status.map_or("?", Status::as_str).to_owned();
            told += &format!(" {}", row.revenue.amount);
            for (is, word) in [
                (row.is_repeat, " repeat"),
                (row.is_correction, " correction"),
                (row.is_payout_unread, " unread"),
            ] {
                told += if is { word } else { "" };
            }
            told + &row
                .tid
                .as_ref()
                .map_or(String::new(), |tid| format!(" #{tid}"))
        })
        .collect()
    }
}

fn verdict(credit: &Credit) -> Verdict {
    match credit {
        Credit::New(_) => Verdict::Stored,
        Credit::Changed(..) => Verdict::Updated,
        Credit::Nothing(_, verdict, _) => *verdict,
    }
}

fn said(status: Status) -> Said {
    Said {
        click: Some(Found {
            id: Id::from_row(1).expect("an id"),
            parameter: "subid".to_owned(),
        }),
        refused_click_id: None,
        event: CONVERSION.to_owned(),
        status: SaidStatus::Known(status),
        original_status: None,
        unknown_event: None,
        payout: Payout::Missing,
        currency: None,
        sale_amount: None,
        cost: None,
        tid: None,
        is_test: false,
        answer: None,
        kept: Vec::new(),
        others: Vec::new(),
        remarks: Vec::new(),
    }
}

impl Said {
    fn of(self, event: &str) -> Self {
        Self {
            event: event.to_owned(),
            ..self
        }
    }

    fn pays(self, units: i64) -> Self {
        Self {
            payout: Payout::Stated(Micros(units * 1_000_000)),
            ..self
        }
    }

    fn tid(self, tid: &str) -> Self {
        Self {
            tid: Some(tid.to_owned()),
            ..self
        }
    }

    fn unmapped(self) -> Self {
        Self {
            status: SaidStatus::Unmapped,
            original_status: Some("odd".to_owned()),
            ..self
        }
    }
}

use Status::{Lead, Rejected, Sale, Trash};

#[test]
fn a_tid_fills_in_and_a_new_one_is_a_rebill() {
    let mut books = Books::new();
    let steps = [
        (said(Lead).pays(2), Verdict::Stored),
        (said(Lead).tid("a"), Verdict::Updated),
        (said(Sale), Verdict::Updated),
        (said(Sale).pays(9).tid("b"), Verdict::Stored),
        (said(Sale).pays(1), Verdict::Ambiguous),
        (said(Rejected).tid("b"), Verdict::Updated),
    ];
    for (said, expected) in steps {
        assert_eq!(verdict(&books.hears(&said)), expected, "{said:?}");
    }
    assert_eq!(books.told(), ["sale 2 #a", "rejected 9 repeat #b"]);

    let mut once = Books::new();
    once.offer.allow_repeats = false;
    once.hears(&said(Sale).tid("a"));
    let refused = once.hears(&said(Sale).tid("b"));
    assert_eq!(verdict(&refused), Verdict::RepeatNotAllowed);
    assert_eq!(once.told(), ["sale 4 #a"]);
}

#[test]
fn another_offer_is_another_identity_but_a_transaction_keeps_its_own() {
    let mut books = Books::new();
    books.hears(&said(Lead).tid("a"));
    books.offer_id = 6;

    books.hears(&said(Sale).tid("a"));
    books.hears(&said(Sale).tid("c"));

    assert_eq!(books.told(), ["sale 4 #a", "sale 4 #c"]);
    let offers: Vec<_> = books.rows.iter().map(|row| row.offer_id).collect();
    assert_eq!(offers, [Some(OFFER), Some(6)]);
}

#[test]
fn networks_and_tests_keep_to_their_own_rows() {
    let mut books = Books::new();
    books.hears(&said(Lead).tid("a"));
    books.network.id = 4;
    books.hears(&said(Sale).tid("a"));
    books.hears(&Said {
        is_test: true,
        ..said(Rejected).tid("a")
    });

    let told: Vec<_> = books
        .rows
        .iter()
        .map(|row| (row.network_id, row.status))
        .collect();
    assert_eq!(
        told,
        [
            (Some(3), Some(Lead)),
            (Some(4), Some(Sale)),
            (Some(4), Some(Rejected))
        ]
    );
}

#[test]
fn what_counts_each_time() {
    let deposit = |duplicates| Event {
        key: "deposit".to_owned(),
        duplicates,
        ..Event::default()
    };
    let sale = || said(Sale);
    let refund = || Said {
        sale_amount: Some(Micros(-1)),
        ..sale()
    };
    let cases = [
        (sale(), None, false),
        (sale().pays(5), None, false),
        (sale().pays(-5), None, true),
        (refund(), None, true),
        (refund().pays(0), None, false),
        (sale().of(REBILL), None, true),
        (sale().of(REBILL).tid("a"), None, false),
        (sale(), Some(Duplicates::Ignore), false),
        (sale(), Some(Duplicates::Update), false),
        (sale(), Some(Duplicates::New), true),
        (sale().tid("a"), Some(Duplicates::New), false),
        (sale(), Some(Duplicates::AddPayout), true),
        (sale().tid("a"), Some(Duplicates::AddPayout), true),
    ];
    for (said, duplicates, expected) in cases {
        let event = duplicates.map(deposit);
        let found = counts_each_time(&said, event.as_ref());
        assert_eq!(found, expected, "{said:?} {duplicates:?}");
    }
}

#[test]
fn added_payouts_follow_the_table_of_moves() {
    let deposit = |status| said(status).of("deposit");
    let cases: [(Vec<Said>, &str); 8] = [
        (vec![deposit(Sale).pays(5), deposit(Sale).pays(3)], "sale 8"),
        (vec![deposit(Lead).pays(5), deposit(Sale).pays(3)], "sale 8"),
        (vec![deposit(Sale).pays(5), deposit(Lead).pays(3)], "sale 5"),
        (
            vec![deposit(Sale).pays(5), deposit(Rejected).pays(5)],
            "rejected 5",
        ),
        (vec![deposit(Sale).pays(5), deposit(Sale)], "sale 5"),
        (
            vec![deposit(Sale).pays(5), deposit(Sale).pays(3).unmapped()],
            "sale 5",
        ),
        (
            vec![
                deposit(Sale).pays(5).unmapped(),
                deposit(Sale).pays(3).unmapped(),
            ],
            "? 8",
        ),
        (
            vec![deposit(Sale).pays(5).unmapped(), deposit(Sale).pays(3)],
            "sale 8",
        ),
    ];
    for (heard, expected) in cases {
        let mut books = Books::with_event(Duplicates::AddPayout);
        for said in &heard {
            books.hears(said);
        }
        assert_eq!(books.told(), [expected], "{heard:?}");
    }
}

#[test]
fn a_share_of_a_refund_is_a_correction() {
    let mut books = Books::new();
    books.offer.payout.kind = PayoutKind::Percent;
    books.offer.payout.value = Micros(12_500_000);
    let sold = |units: i64| Said {
        sale_amount: Some(Micros(units * 1_000_000)),
        ..said(Sale).tid("a")
    };

    books.hears(&sold(80));
    books.hears(&sold(-8));
    books.hears(&sold(-8));

    assert_eq!(books.told(), ["sale 10 #a", "sale -1 correction #a"]);
}

#[test]
fn a_word_that_is_understood_when_it_is_read_again_moves_its_own_row() {
    for duplicates in Duplicates::ALL.iter().map(|(_, one)| *one) {
        let mut books = Books::with_event(duplicates);
        let odd = said(Sale).of("deposit").pays(5).unmapped();
        books.hears(&odd);
        let conversion_id = books.rows[0].id;
        // The visitor went on to another offer.
        books.offer_id = 6;
        let again = Some(Again {
            conversion_id,
            is_done: true,
        });
        let now = said(Sale).of("deposit").pays(5);

        for _ in 0..2 {
            let credit = books.judge(&now, again);
            books.perform(&credit);
            assert_eq!(books.told(), ["sale 5"], "{duplicates:?}");
        }
    }
}

/// What a transaction is after these postbacks, by the rules as they are written down.
fn by_the_book(heard: &[Said], reopens: bool) -> Option<(Status, Micros)> {
    let mut row: Option<(Status, Micros)> = None;
    for said in heard {
        let SaidStatus::Known(status) = said.status else {
            continue;
        };
        let stated = match said.payout {
            Payout::Stated(amount) => Some(amount),
            _ => None,
        };
        let earns = matches!(status, Lead | Sale);
        row = Some(match row {
            None if earns => (status, stated.unwrap_or(VALUE)),
            None => (
                status,
                stated.filter(|amount| amount.0 != 0).unwrap_or(VALUE),
            ),
            Some((from, amount)) => {
                let may = from == status
                    || match from {
                        Lead => true,
                        Sale => matches!(status, Rejected | Trash),
                        Rejected | Trash => status == Sale && reopens,
                    };
                match stated.filter(|_| earns) {
                    _ if !may => (from, amount),
                    Some(stated) => (status, stated),
                    None => (status, amount),
                }
            }
        });
    }
    row
}

fn any_status() -> impl Strategy<Value = Status> {
    prop::sample::select(vec![Lead, Sale, Rejected, Trash])
}

fn any_payout() -> impl Strategy<Value = Payout> {
    prop_oneof![
        Just(Payout::Missing),
        Just(Payout::Unreadable("{payout}".to_owned())),
        (0i64..4).prop_map(|units| Payout::Stated(Micros(units * 1_000_000))),
    ]
}

fn any_tid() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop::sample::select(vec!["a".to_owned(), "b".to_owned()]))
}

prop_compose! {
    /// Of one transaction.
    fn step()(status in any_status(), payout in any_payout()) -> Said {
        Said { payout, ..said(status).tid("a") }
    }
}

prop_compose! {
    /// Anything that a network can say about a click.
    fn anything()(
        status in prop::option::weighted(0.9, any_status()),
        payout in any_payout(),
        negative in prop::bool::weighted(0.1),
        tid in any_tid(),
        event in prop::sample::select(vec![CONVERSION, CONVERSION, REBILL, "deposit"]),
        is_test in prop::bool::weighted(0.1),
    ) -> Said {
        let payout = if negative { Payout::Stated(Micros(-1_000_000)) } else { payout };
        let told = Said { payout, tid, is_test, ..said(Sale).of(event) };
        match status {
            Some(status) => Said { status: SaidStatus::Known(status), ..told },
            None => told.unmapped(),
        }
    }
}

fn any_policy() -> impl Strategy<Value = Duplicates> {
    prop::sample::select(
        Duplicates::ALL
            .iter()
            .map(|(_, one)| *one)
            .collect::<Vec<_>>(),
    )
}

proptest! {
    /// No sequence makes two rows of one transaction, and its row is what the rules say.
    #[test]
    fn one_transaction_is_one_row_as_the_rules_say(
        heard in prop::collection::vec(step(), 1..12), reopens: bool
    ) {
        let mut books = Books::new();
        books.network.reopens = reopens;
        for (at, said) in heard.iter().enumerate() {
            let before = books.rows.first().map(|row| (row.status, row.revenue, row.tid.clone()));
            let credit = books.hears(said);

            let row = &books.rows[0];
            let is = row.status.map(|status| (status, row.revenue.amount));
            prop_assert_eq!(is, by_the_book(&heard[..=at], reopens));
            prop_assert_eq!(books.rows.len(), 1);
            if verdict(&credit) == Verdict::MoveRefused {
                prop_assert_eq!(before, Some((row.status, row.revenue, row.tid.clone())));
            }
        }
    }

    /// Two statuses that race end where one of the two orders leads, and the same row it is.
    #[test]
    fn racing_statuses_end_where_the_table_leads(
        before in prop::collection::vec(step(), 0..4), one in step(), other in step(), reopens: bool
    ) {
        let end = |order: [&Said; 2]| {
            let mut books = Books::new();
            books.network.reopens = reopens;
            before.iter().chain(order).for_each(|said| { books.hears(said); });
            books.told()
        };
        let ends = [end([&one, &other]), end([&other, &one])];
        for (end, order) in ends.iter().zip([[&one, &other], [&other, &one]]) {
            let heard: Vec<Said> = before.iter().chain(order).cloned().collect();
            let (status, amount) = by_the_book(&heard, reopens).expect("a row");
            prop_assert_eq!(end.len(), 1);
            let expected = format!("{} {amount}", status.as_str());
            prop_assert!(end[0].starts_with(&expected), "{} {}", end[0], expected);
        }
    }

    /// Money of several transactions is the sum of each of them; one of them counts as the
    /// conversion and the others as rebills.
    #[test]
    fn transactions_add_up(heard in prop::collection::vec((step(), 0usize..3), 1..16)) {
        let mut books = Books::new();
        let tids = ["a", "b", "c"];
        for (said, tid) in &heard {
            books.hears(&said.clone().tid(tids[*tid]));
        }
        let mut expected = 0;
        let mut kinds = 0;
        for (place, _) in tids.iter().enumerate() {
            let own = heard.iter().filter(|(_, tid)| *tid == place);
            let own: Vec<Said> = own.map(|(said, _)| said.clone()).collect();
            if let Some((status, amount)) = by_the_book(&own, true) {
                kinds += 1;
                expected += if status.earns() { amount.0 } else { 0 };
            }
        }
        let earning = books.rows.iter().filter(|row| row.status.is_some_and(Status::earns));
        let revenue: i64 = earning.map(|row| row.revenue.worth.0).sum();
        prop_assert_eq!(revenue, expected);
        prop_assert_eq!(books.rows.len(), kinds);
        prop_assert_eq!(books.rows.iter().filter(|row| row.is_first()).count(), 1);
        prop_assert!(!books.rows[0].is_repeat);
    }

    /// Whatever came before, the same postback twice is the same as once, unless it is of a kind of
    /// which each one counts.
    #[test]
    fn twice_the_same_is_once(
        before in prop::collection::vec(anything(), 0..8), last in anything(), policy in any_policy()
    ) {
        let mut books = Books::with_event(policy);
        before.iter().for_each(|said| { books.hears(said); });
        let event = books.event.clone().filter(|event| event.key == last.event);
        prop_assume!(!counts_each_time(&last, event.as_ref()));
        books.hears(&last);
        let once = books.rows.clone();

        let credit = books.hears(&last);

        prop_assert!(matches!(credit, Credit::Nothing(..)), "{:?}", credit);
        prop_assert_eq!(&books.rows, &once);
    }

    /// Read again, no postback does anything that it has done.
    #[test]
    fn read_again_nothing_is_done_twice(
        before in prop::collection::vec(anything(), 0..8), last in anything(), policy in any_policy()
    ) {
        let mut books = Books::with_event(policy);
        before.iter().for_each(|said| { books.hears(said); });
        let index = match books.hears(&last) {
            Credit::New(_) => books.rows.len() - 1,
            Credit::Changed(index, _) => index,
            Credit::Nothing(..) => return Ok(()),
        };
        let again = Again { conversion_id: books.rows[index].id, is_done: true };

        let credit = books.judge(&last, Some(again));

        prop_assert!(matches!(credit, Credit::Nothing(..)), "{:?}", credit);
    }

    /// A payout that is missing or cannot be read changes no amount.
    #[test]
    fn no_payout_changes_no_amount(
        before in prop::collection::vec(anything(), 0..8), last in anything(),
        unreadable: bool, policy in any_policy()
    ) {
        let mut books = Books::with_event(policy);
        before.iter().for_each(|said| { books.hears(said); });
        let amounts = |books: &Books| -> Vec<Money> {
            books.rows.iter().map(|row| row.revenue).collect()
        };
        let known = amounts(&books);
        let payout = match unreadable {
            true => Payout::Unreadable("{payout}".to_owned()),
            false => Payout::Missing,
        };

        books.hears(&Said { payout, ..last });

        prop_assert_eq!(&amounts(&books)[..known.len()], &known[..]);
    }

    /// Corrections are money and nothing else, for ever; a word nobody knows earns nothing.
    #[test]
    fn corrections_and_unknown_words_never_count(
        heard in prop::collection::vec(anything(), 1..16), policy in any_policy()
    ) {
        let mut books = Books::with_event(policy);
        let mut corrections: Vec<Conversion> = Vec::new();
        for said in &heard {
            books.hears(said);
            for row in &corrections {
                prop_assert!(books.rows.contains(row), "a correction was changed");
            }
            corrections = books.rows.iter().filter(|row| row.is_correction).cloned().collect();
            for row in &corrections {
                prop_assert!(!row.is_first() && row.cap_day.is_none());
                prop_assert!(row.revenue.amount < Micros::ZERO);
            }
            for row in books.rows.iter().filter(|row| row.status.is_none() || row.is_test) {
                prop_assert!(row.cap_day.is_none());
            }
            prop_assert!(books.rows.iter().all(|row| row.is_correction || row.revenue.amount >= Micros::ZERO));
        }
    }
}
