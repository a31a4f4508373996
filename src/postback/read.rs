//! Pairs become what the postback says.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::click;
use super::gate::Secrets;
use super::money;
use super::outcome;
use super::parameters::Parameters;
use super::request;
use super::said::{Found, Said};
use super::words::Dictionary;
use crate::detect::params::looks_like_macro;
use crate::domain::conversion::{Kept, Status};
use crate::domain::event::Event;
use crate::domain::form::quoted;
use crate::domain::id::IdCodec;
use crate::domain::network::{KeptKind, KeptParameter, Network, PostbackParameter};

/// Characters of a transaction id, of an answer, and of a text that is kept.
const MAX_TEXT: usize = 200;

/// Who knows what the words of a postback mean.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Whose key the postback came with.
    pub network: Option<&'a Network>,
    /// The operator's own, by their ids.
    pub events: &'a BTreeMap<u64, Arc<Event>>,
    /// All networks: their secrets are nobody's words.
    pub networks: &'a BTreeMap<u64, Arc<Network>>,
}

impl<'a> Words<'a> {
    pub(super) fn secrets(&self) -> Secrets<'a> {
        Secrets::of(self.network, self.networks.values().map(AsRef::as_ref))
    }
}

/// Understands a postback. Whatever is odd in it is left out and remarked on.
pub fn read(pairs: &[(String, String)], words: &Words<'_>, codec: &IdCodec) -> Said {
    let of_network = words.network.map(|network| network.default_status);
    read_as(of_network.unwrap_or(Status::Sale), pairs, words, codec)
}

/// [`read`] with another status for what tells none.
pub fn read_as(
    default_status: Status,
    pairs: &[(String, String)],
    words: &Words<'_>,
    codec: &IdCodec,
) -> Said {
    let mut remarks = request::remarks(pairs);
    let mut parameters = Parameters::new(words, pairs);

    let looked = click::find(&mut parameters, codec, &mut remarks);
    let dictionary = Dictionary::take(&mut parameters, words);
    let outcome = outcome::read(&mut parameters, &dictionary, default_status, &mut remarks);
    let amounts = money::read(&mut parameters, &mut remarks);
    let tid = take_tid(&mut parameters, looked.found.as_ref(), codec);
    let is_test = take_test(&mut parameters);
    let answer = take_answer(&mut parameters, &mut remarks);
    let kept = take_kept(&mut parameters, words.network, &mut remarks);
    Said {
        click: looked.found,
        refused_click_id: looked.refused,
        event: outcome.event,
        status: outcome.status,
        original_status: outcome.original_status,
        unknown_event: outcome.unknown_event,
        payout: amounts.payout,
        currency: amounts.currency,
        sale_amount: amounts.sale_amount,
        cost: amounts.cost,
        tid,
        is_test,
        answer,
        kept,
        others: parameters.unclaimed(),
        remarks,
    }
}

/// The first that is no macro, and not the click id itself, which some networks put there.
fn take_tid(
    parameters: &mut Parameters<'_>,
    click: Option<&Found>,
    codec: &IdCodec,
) -> Option<String> {
    let is_click = |value: &str| {
        let id = click::read(value, codec);
        id.is_some() && id == click.map(|found| found.id)
    };
    let mut candidates = parameters
        .candidates(PostbackParameter::Tid)
        .into_iter()
        .filter(|sent| !sent.is_macro() && !is_click(sent.value));
    let tid = candidates.next()?;
    parameters.claim(tid.name);
    Some(shortened(tid.value))
}

/// A long transaction id ends with its digest instead, so that two of one beginning stay two.
fn shortened(tid: &str) -> String {
    const DIGEST: usize = 16;
    if tid.chars().count() <= MAX_TEXT {
        return tid.to_owned();
    }
    let start: String = tid.chars().take(MAX_TEXT - DIGEST - 1).collect();
    let digest = Sha256::digest(tid.as_bytes());
    let digest: String = digest[..DIGEST / 2]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{start}~{digest}")
}

fn take_test(parameters: &mut Parameters<'_>) -> bool {
    parameters.take_common("test").is_some_and(|sent| {
        let yes = ["1", "true", "yes"];
        yes.iter().any(|word| sent.value.eq_ignore_ascii_case(word))
    })
}

fn take_answer(parameters: &mut Parameters<'_>, remarks: &mut Vec<String>) -> Option<String> {
    let answer = parameters.take_common("return")?.value;
    if answer.chars().count() > MAX_TEXT {
        remarks.push(format!(
            "return is longer than {MAX_TEXT} characters and was not used as the answer."
        ));
        return None;
    }
    Some(answer.to_owned())
}

fn take_kept(
    parameters: &mut Parameters<'_>,
    network: Option<&Network>,
    remarks: &mut Vec<String>,
) -> Vec<(String, Kept)> {
    let mut kept = Vec::new();
    for KeptParameter { name, kind } in network.iter().flat_map(|network| &network.keep) {
        let Some(sent) = parameters.take_named(name) else {
            continue;
        };
        let value = match kind {
            KeptKind::Number => {
                money::read_amount(sent, remarks).map(|amount| Kept::Number(amount.micros))
            }
            KeptKind::Text if looks_like_macro(sent.value) => {
                remarks.push(format!(
                    "{name} is the macro {}, which the network did not fill in.",
                    quoted(sent.value)
                ));
                None
            }
            KeptKind::Text => Some(Kept::Text(sent.value.chars().take(MAX_TEXT).collect())),
        };
        kept.extend(value.map(|value| (name.clone(), value)));
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::request::{Body, pairs};
    use super::super::said::{Payout, SaidStatus};
    use super::super::testing::{click, codec, network, said, said_to};
    use super::*;
    use crate::domain::money::{Currency, Micros};

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn a_plain_postback_is_understood() {
        let (id, public) = click();

        let said = said(&format!(
            "click_id={public}&payout=7.50&status=approved&goal=&sub1=a&cid=77&tid=T-1&empty="
        ));

        let parameter = "click_id".to_owned();
        assert_eq!(said.click, Some(Found { id, parameter }));
        assert_eq!(said.refused_click_id, None);
        assert_eq!(said.event, "conversion");
        assert_eq!(said.status, SaidStatus::Known(Status::Sale));
        assert_eq!(said.original_status.as_deref(), Some("approved"));
        assert_eq!(said.unknown_event, None);
        assert_eq!(said.payout, Payout::Stated(Micros(7_500_000)));
        assert_eq!(
            (said.currency, said.sale_amount, said.cost),
            (None, None, None)
        );
        assert_eq!(said.tid.as_deref(), Some("T-1"));
        assert_eq!((said.is_test, said.answer), (false, None));
        assert_eq!(said.kept, []);
        assert_eq!(said.others, owned(&[("sub1", "a"), ("cid", "77")]));
        assert!(said.remarks.is_empty(), "{:?}", said.remarks);
    }

    #[test]
    fn a_postback_of_keitaro_is_understood() {
        let (id, public) = click();

        let said = said(&format!(
            "subid={public}&payout=7.50&status=3&tid=9&lead_status=1&sale_status=2&rejected_status=3,4\
             &ignore_status=5&return=OK&from=network.example&currency=EUR&sub_id_1=x"
        ));

        assert_eq!(said.click.map(|found| found.id), Some(id));
        assert_eq!(said.status, SaidStatus::Known(Status::Rejected));
        assert_eq!(said.original_status.as_deref(), Some("3"));
        assert_eq!(said.tid.as_deref(), Some("9"));
        assert_eq!(said.answer.as_deref(), Some("OK"));
        assert_eq!(said.currency, Currency::parse("EUR"));
        assert_eq!(
            said.others,
            owned(&[("from", "network.example"), ("sub_id_1", "x")])
        );
    }

    #[test]
    fn a_postback_in_json_is_understood() {
        let (id, public) = click();
        let text = format!(
            r#"{{"event":"conversion","data":{{"click_id":"{public}","payout":7.50,"currency":"EUR",
               "status":"pending","order":{{"id":12}},"user":{{"id":13}},"transaction_id":900719925474099312}}}}"#
        );
        let body = Body {
            content_type: Some("application/json"),
            bytes: text.as_bytes(),
        };
        let (events, networks) = (BTreeMap::new(), BTreeMap::new());
        let words = Words {
            network: None,
            events: &events,
            networks: &networks,
        };

        let said = read(&pairs("", Some(body)).expect("is JSON"), &words, &codec());

        assert_eq!(said.click.map(|found| found.id), Some(id));
        assert_eq!(said.payout, Payout::Stated(Micros(7_500_000)));
        assert_eq!(said.currency, Currency::parse("EUR"));
        assert_eq!(said.status, SaidStatus::Known(Status::Lead));
        assert_eq!(said.tid.as_deref(), Some("900719925474099312"));
        assert_eq!(
            said.others,
            owned(&[("data.order.id", "12"), ("data.user.id", "13")])
        );
    }

    #[test]
    fn the_transaction_id_is_the_first_that_is_one() {
        let id = click().1;
        for (query, tid) in [
            ("tid=1&txid=2", Some("1")),
            ("txid=2&tid=+", Some("2")),
            ("transaction_id=3", Some("3")),
            ("order_id=4", Some("4")),
            ("action_id=+5+", Some("5")),
            ("tid={tid}", None),
            ("tid={tid}&order_id=4", Some("4")),
            ("tid=%25tid%25", None),
            ("", None),
            (&format!("tid={id}"), None),
            (&format!("click_id={id}&tid={id}&order_id=4"), Some("4")),
        ] {
            assert_eq!(said(query).tid.as_deref(), tid, "{query}");
        }
    }

    #[test]
    fn long_transaction_ids_stay_apart() {
        let of = |end: &str| {
            let tid = said(&format!("tid={}{end}", "ы".repeat(250)))
                .tid
                .expect("has one");
            assert_eq!(tid.chars().count(), MAX_TEXT);
            tid
        };
        assert_ne!(of("1"), of("2"));
        assert_eq!(of("1"), of("1"));
        let fits = "x".repeat(MAX_TEXT);
        assert_eq!(said(&format!("tid={fits}")).tid, Some(fits));
    }

    #[test]
    fn a_test_says_so() {
        for (query, is_test) in [
            ("test=1", true),
            ("TEST=True", true),
            ("test=0", false),
            ("test=", false),
            ("test={test}", false),
            ("", false),
        ] {
            assert_eq!(said(query).is_test, is_test, "{query}");
        }
        let claims = network(&[(PostbackParameter::Status, "test")], &[], &[]);
        assert!(!said_to(Some(&claims), &[], "test=1").is_test);
    }

    #[test]
    fn the_answer_is_what_the_postback_asks_for() {
        assert_eq!(said("return=OK").answer.as_deref(), Some("OK"));
        assert_eq!(
            said("return={\"ok\":1}").answer.as_deref(),
            Some("{\"ok\":1}")
        );
        assert_eq!(said("return=O%00K%0A").answer.as_deref(), Some("OK"));
        assert_eq!(said("return=").answer, None);
        let long = said(&format!("return={}", "x".repeat(201)));
        assert_eq!(long.answer, None);
        assert_eq!(long.remarks.len(), 1);
    }

    #[test]
    fn what_the_network_keeps_is_kept_as_it_is_told() {
        let kept = |name: &str, kind| KeptParameter {
            name: name.to_owned(),
            kind,
        };
        let keeps = Network {
            keep: vec![
                kept("Offer_Name", KeptKind::Text),
                kept("age", KeptKind::Number),
                kept("weight", KeptKind::Number),
                kept("city", KeptKind::Text),
                kept("payout", KeptKind::Number),
                kept("none", KeptKind::Text),
                kept("secret", KeptKind::Text),
            ],
            ..Network::default()
        };

        let said = said_to(
            Some(&keeps),
            &[],
            "offer_name=Слим&age=31,5&weight=heavy&city={city}&payout=7&x=1&secret=s",
        );

        let expected = [
            ("Offer_Name".to_owned(), Kept::Text("Слим".to_owned())),
            ("age".to_owned(), Kept::Number(Micros(31_500_000))),
            ("payout".to_owned(), Kept::Number(Micros(7_000_000))),
        ];
        assert_eq!(said.kept, expected);
        assert_eq!(said.payout, Payout::Stated(Micros(7_000_000)));
        assert_eq!(said.others, owned(&[("x", "1")]));
        assert_eq!(said.remarks.len(), 3, "{:?}", said.remarks);
    }

    #[test]
    fn what_nobody_claimed_is_bounded_and_holds_no_secret() {
        let guarded = Network {
            secret_parameter: "token".to_owned(),
            ..Network::default()
        };
        let long = "x".repeat(1_020);
        let query = format!("a={long}&token=s&secret=s&b=&c={long}&d=4&e=5&payout=1");

        let said = said_to(Some(&guarded), &[], &query);

        assert_eq!(said.others, owned(&[("a", &long), ("d", "4")]));
    }

    #[test]
    fn what_was_cut_is_remarked_on() {
        let said = said(&format!("a={}", "x".repeat(3_000)));

        assert_eq!(
            said.remarks,
            ["The value of a was longer than 2000 bytes and was cut."]
        );
    }

    proptest! {
        #[test]
        fn no_postback_panics(
            query in any::<String>(),
            likely in "((click_id|payout|status|goal|tid|currency|return|test|ignore)=[^&]{0,12}&){0,6}",
        ) {
            for query in [&query, &likely] {
                let said = said(query);
                let size: usize = said.others.iter().map(|(name, value)| name.len() + value.len()).sum();
                prop_assert!(said.click.is_none() && size <= 1_024);
            }
        }
    }
}
