//! Pairs become what the postback says.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::click;
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
    let mut parameters = Parameters::new(words.network, pairs);

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
