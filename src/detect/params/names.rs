//! What every click parameter may be called, and which pairs of a query it claims.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ahash::AHashMap;

use super::query::{MAX_PAIRS, Query, is_blank};
use crate::domain::campaign::ParameterName;
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::domain::visitor::{Parameters, SUB_IDS};

/// Bytes kept of unclaimed parameters, names included. A pair that no longer fits is left out;
/// shorter ones after it may still fit.
pub const MAX_OTHERS: usize = 1_024;

/// Longer names claim nothing.
const MAX_CLAIMED_NAME: usize = 64;

/// The click parameters that have a field of their own; sub ids follow behind them.
pub(super) const FIELDS: [(&str, Field); 8] = [
    ("external_id", |to| &mut to.external_id),
    ("cost", |to| &mut to.cost),
    ("currency", |to| &mut to.currency),
    ("keyword", |to| &mut to.keyword),
    ("source", |to| &mut to.source),
    ("creative_id", |to| &mut to.creative_id),
    ("ad_group_id", |to| &mut to.ad_group_id),
    ("ad_campaign_id", |to| &mut to.ad_campaign_id),
];

/// Names of what ids stand for, as the traffic source tells them. They are kept among the others, under
/// these names, and shown beside the ids.
pub(super) const NAMES: [&str; 3] = ["creative_name", "ad_group_name", "ad_campaign_name"];

pub(super) type Field = fn(&mut Parameters) -> &mut Option<String>;

/// Names that count where nothing better fills the parameter.
const STAND_INS: [(&str, &str); 4] = [
    ("utm_source", "source"),
    ("utm_campaign", "ad_campaign_id"),
    ("utm_content", "creative_id"),
    ("utm_term", "keyword"),
];

/// Where [`NAMES`] begin.
pub(super) const FIRST_NAME: usize = FIELDS.len() + SUB_IDS;
const SLOTS: usize = FIRST_NAME + NAMES.len();

/// A click parameter: index into [`FIELDS`], or `FIELDS.len() - 1 + n` for sub id n, or behind them
/// one of [`NAMES`].
type Slot = u8;

// The place of a pair fits into a byte, and no slot is mistaken for "nobody".
const _: () = assert!(MAX_PAIRS <= u8::MAX as usize);
const _: () = assert!(SLOTS < u8::MAX as usize);

/// How strong a name's claim is; the smaller wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// The campaign says so.
    Mapped,
    /// Our own name.
    Own,
    /// `sub1`, `s1`, `subid`.
    Alias,
    /// `utm_*`.
    StandIn,
}

/// Lower-case names of every campaign.
static BUILT_IN: LazyLock<AHashMap<String, (Slot, Claim)>> = LazyLock::new(|| {
    let own = (0..SLOTS as Slot).map(|slot| (own_name(slot), (slot, Claim::Own)));
    let aliases = (1..=SUB_IDS).flat_map(|number| {
        let claim = (sub_id_slot(number), Claim::Alias);
        [
            (format!("sub{number}"), claim),
            (format!("s{number}"), claim),
        ]
    });
    let subid = ("subid".to_owned(), (sub_id_slot(1), Claim::Alias));
    let stand_ins = STAND_INS.iter().map(|(name, ours)| {
        let slot = slot_of(ours).expect("a stand-in names a field");
        ((*name).to_owned(), (slot, Claim::StandIn))
    });
    own.chain(aliases).chain([subid]).chain(stand_ins).collect()
});

/// The names of one campaign: the built-in ones, and before them its own.
#[derive(Debug, Clone, Default)]
pub struct ParameterMap {
    /// Lower-case names of the traffic source.
    mapped: AHashMap<Box<str>, Slot>,
}

impl ParameterMap {
    /// Only what every campaign understands.
    pub fn default_names() -> Self {
        Self::default()
    }

    /// Compiles a campaign's `parameters`: our name -> what the traffic source calls it.
    ///
    /// Problems are under `<our name>` and `<our name>.name`, all of them at once.
    pub fn compile(names: &BTreeMap<String, ParameterName>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut mapped = AHashMap::new();
        for (ours, theirs) in names {
            let Some(slot) = slot_of(ours) else {
                problems.push(unknown_parameter(ours));
                continue;
            };
            let name = theirs.name.trim();
            if let Some((code, message)) = fault(ours, name) {
                problems.push(Problem::new(format!("{ours}.name"), code, message));
                continue;
            }
            if let Some(other) = mapped.insert(name.to_ascii_lowercase().into(), slot) {
                problems.push(Problem::new(
                    format!("{ours}.name"),
                    "duplicate",
                    format!(
                        "\"{name}\" already fills {}. One parameter of the link fills one of ours.",
                        own_name(other)
                    ),
                ));
            }
        }
        if problems.is_empty() {
            Ok(Self { mapped })
        } else {
            Err(problems)
        }
    }

    /// Sorts the pairs of a query into click parameters and others.
    ///
    /// The campaign's names beat ours, ours beat aliases, and `utm_*` fill what is left. Of one
    /// name's repeats the last that is not blank counts. What loses to another name is kept among
    /// the others, as is everything unclaimed, up to [`MAX_OTHERS`]; blank values are absent.
    pub fn claim(&self, query: &Query<'_>) -> Parameters {
        const NOBODY: u8 = u8::MAX;
        // By slot, the strongest claim so far and the place of its pair; by place, who claimed it.
        let mut winners = [None::<(Claim, u8)>; SLOTS];
        let mut claimed_by = [NOBODY; MAX_PAIRS];
        for (place, (name, value)) in (0..).zip(query.iter()) {
            if is_blank(value) {
                continue;
            }
            let Some((slot, claim)) = self.find(name) else {
                continue;
            };
            claimed_by[usize::from(place)] = slot;
            let winner = &mut winners[usize::from(slot)];
            if winner.is_none_or(|(stronger, _)| claim <= stronger) {
                *winner = Some((claim, place));
            }
        }
        let winner = |slot: usize| {
            let (_, place) = winners.get(slot).copied().flatten()?;
            query.pair(usize::from(place))
        };
        let value = |slot| winner(slot).map(|(_, value)| value.to_owned());

        let mut parameters = Parameters::default();
        for (slot, (_, field)) in FIELDS.iter().enumerate() {
            *field(&mut parameters) = value(slot);
        }
        parameters.sub_ids = (1..)
            .zip(FIELDS.len()..FIRST_NAME)
            .filter_map(|(number, slot)| Some((number, value(slot)?)))
            .collect();

        let mut left = MAX_OTHERS;
        for (name, slot) in NAMES.iter().zip(FIRST_NAME..) {
            let value = value(slot).filter(|value| name.len() + value.len() <= left);
            if let Some(value) = value {
                left -= name.len() + value.len();
                parameters.others.push(((*name).to_owned(), value));
            }
        }
        for ((name, value), slot) in query.iter().zip(claimed_by) {
            let is_told = winner(usize::from(slot))
                .is_some_and(|(winner, _)| winner.eq_ignore_ascii_case(name));
            let size = name.len() + value.len();
            if !is_told && !is_blank(value) && size <= left {
                left -= size;
                parameters.others.push((name.to_owned(), value.to_owned()));
            }
        }
        parameters
    }

    /// The click parameter that a name of the link fills.
    pub(super) fn slot(&self, name: &str) -> Option<u8> {
        self.find(name).map(|(slot, _)| slot)
    }

    fn find(&self, name: &str) -> Option<(Slot, Claim)> {
        if name.len() > MAX_CLAIMED_NAME {
            return None;
        }
        if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self.find_lower_case(name);
        }
        let mut buffer = [0; MAX_CLAIMED_NAME];
        let lower = &mut buffer[..name.len()];
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        self.find_lower_case(std::str::from_utf8(lower).ok()?)
    }

    fn find_lower_case(&self, name: &str) -> Option<(Slot, Claim)> {
        match self.mapped.get(name) {
            Some(slot) => Some((*slot, Claim::Mapped)),
            None => BUILT_IN.get(name).copied(),
        }
    }
}

fn sub_id_slot(number: usize) -> Slot {
    (FIELDS.len() + number - 1) as Slot
}

fn own_name(slot: Slot) -> String {
    let slot = usize::from(slot);
    match FIELDS.get(slot) {
        Some((name, _)) => (*name).to_owned(),
        None if slot >= FIRST_NAME => NAMES[slot - FIRST_NAME].to_owned(),
        None => format!("sub_id_{}", slot + 1 - FIELDS.len()),
    }
}

fn slot_of(ours: &str) -> Option<Slot> {
    (0..SLOTS as Slot).find(|slot| own_name(*slot) == ours)
}

/// Why a traffic source cannot call a parameter so.
fn fault(ours: &str, name: &str) -> Option<(&'static str, String)> {
    if name.is_empty() {
        let message = format!(
            "What does the traffic source call {ours}? Fill in the name, or leave {ours} out."
        );
        return Some(("required", message));
    }
    let forbidden = |character: char| {
        character.is_control()
            || character.is_whitespace()
            || matches!(character, '&' | '=' | '#' | '?' | '%' | '+')
    };
    if name.len() > MAX_CLAIMED_NAME || name.contains(forbidden) {
        let message = format!(
            "\"{name}\" cannot be a parameter name. Use at most {MAX_CLAIMED_NAME} bytes without \
             spaces and without & = # ? % +."
        );
        return Some(("invalid", message));
    }
    None
}

fn unknown_parameter(ours: &str) -> Problem {
    let known: Vec<_> = (0..SLOTS as Slot).map(own_name).collect();
    let meant = match nearest(ours, known.iter().map(|name| name.as_ref())) {
        Some(near) => format!(" Did you mean {near}?"),
        None => String::new(),
    };
    Problem::new(
        ours,
        "unknown_field",
        format!(
            "There is no click parameter \"{ours}\".{meant} All are {}, {}, and sub_id_1 to \
             sub_id_{SUB_IDS}.",
            FIELDS.map(|(name, _)| name).join(", "),
            NAMES.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(names: &[(&str, &str)]) -> Result<ParameterMap, Vec<Problem>> {
        let names = names
            .iter()
            .map(|(ours, name)| {
                let name = ParameterName {
                    name: (*name).to_owned(),
                    r#macro: String::new(),
                };
                ((*ours).to_owned(), name)
            })
            .collect();
        ParameterMap::compile(&names)
    }

    fn claim(names: &[(&str, &str)], raw: &str) -> Parameters {
        map(names)
            .expect("names of the test")
            .claim(&Query::parse(raw))
    }

    fn others(parameters: &Parameters) -> Vec<(&str, &str)> {
        parameters
            .others
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    #[test]
    fn every_own_name_fills_its_own_field() {
        let raw: Vec<String> = (0..SLOTS as Slot)
            .map(|slot| format!("{}=v{slot}", own_name(slot)))
            .collect();

        let seen = claim(&[], &raw.join("&"));

        assert_eq!(seen.external_id.as_deref(), Some("v0"));
        assert_eq!(seen.cost.as_deref(), Some("v1"));
        assert_eq!(seen.currency.as_deref(), Some("v2"));
        assert_eq!(seen.keyword.as_deref(), Some("v3"));
        assert_eq!(seen.source.as_deref(), Some("v4"));
        assert_eq!(seen.creative_id.as_deref(), Some("v5"));
        assert_eq!(seen.ad_group_id.as_deref(), Some("v6"));
        assert_eq!(seen.ad_campaign_id.as_deref(), Some("v7"));
        assert_eq!(seen.sub_id(1), Some("v8"));
        assert_eq!(seen.sub_id(30), Some("v37"));
        assert_eq!(seen.sub_ids.len(), SUB_IDS);
        assert!(seen.sub_ids.is_sorted());
        let names = [
            ("creative_name", "v38"),
            ("ad_group_name", "v39"),
            ("ad_campaign_name", "v40"),
        ];
        assert_eq!(others(&seen), names);
    }

    #[test]
    fn a_name_is_kept_under_ours_whatever_the_link_calls_it() {
        let seen = claim(
            &[("creative_name", "adname")],
            "a=1&adname=Blue%20banner&ad_group_name=",
        );

        assert_eq!(
            others(&seen),
            [("creative_name", "Blue banner"), ("a", "1")]
        );
    }

    #[test]
    fn aliases_and_utm_fill_what_better_names_leave_empty() {
        let seen = claim(
            &[],
            "sub2=two&s3=three&subid=one&utm_source=us&utm_campaign=uc&utm_content=uo&utm_term=ut",
        );

        assert_eq!(seen.sub_id(1), Some("one"));
        assert_eq!(seen.sub_id(2), Some("two"));
        assert_eq!(seen.sub_id(3), Some("three"));
        assert_eq!(seen.source.as_deref(), Some("us"));
        assert_eq!(seen.ad_campaign_id.as_deref(), Some("uc"));
        assert_eq!(seen.creative_id.as_deref(), Some("uo"));
        assert_eq!(seen.keyword.as_deref(), Some("ut"));
        assert!(seen.others.is_empty());
    }

    #[test]
    fn the_stronger_name_wins_and_the_weaker_is_kept() {
        let zone = [("source", "zone")];
        /// Query, the source in it, what stays unclaimed.
        type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);
        let cases: &[Case<'_>] = &[
            (
                "zone=1&source=2&utm_source=3",
                "1",
                &[("source", "2"), ("utm_source", "3")],
            ),
            (
                "utm_source=3&source=2&zone=1",
                "1",
                &[("utm_source", "3"), ("source", "2")],
            ),
            ("utm_source=3&source=2", "2", &[("utm_source", "3")]),
            ("source=2&zone=", "2", &[]),
            ("utm_source=3&zone=%20", "3", &[]),
            ("ZONE=1&Zone=4", "4", &[]),
            ("zone=1&zone=", "1", &[]),
        ];
        for (raw, source, kept) in cases {
            let seen = claim(&zone, raw);
            assert_eq!(seen.source.as_deref(), Some(*source), "{raw}");
            assert_eq!(others(&seen), *kept, "{raw}");
        }
    }

    #[test]
    fn a_mapped_name_no_longer_means_what_it_meant() {
        let seen = claim(
            &[("external_id", "source"), ("keyword", "utm_source")],
            "source=1&utm_source=2",
        );

        assert_eq!(seen.external_id.as_deref(), Some("1"));
        assert_eq!(seen.keyword.as_deref(), Some("2"));
        assert_eq!(seen.source, None);
    }

    #[test]
    fn unclaimed_parameters_are_kept_in_order_within_their_bound() {
        let long = "x".repeat(900);
        let raw = format!("fbclid=1&a=2&empty=&big={long}&second={long}&a=3");

        let seen = claim(&[], &raw);

        assert_eq!(
            others(&seen),
            [
                ("fbclid", "1"),
                ("a", "2"),
                ("big", long.as_str()),
                ("a", "3")
            ]
        );
    }

    #[test]
    fn an_unexpanded_macro_is_stored_as_it_came() {
        assert_eq!(
            claim(&[], "source={zoneid}").source.as_deref(),
            Some("{zoneid}")
        );
    }

    #[test]
    fn every_problem_of_the_names_is_named_at_once() {
        let problems = map(&[
            ("sorce", "zone"),
            ("cost", "bid"),
            ("currency", "BID"),
            ("keyword", " "),
            ("source", "a b"),
            ("sub_id_31", "x"),
        ])
        .expect_err("five problems");

        let seen: Vec<_> = problems
            .iter()
            .map(|p| (p.field.as_str(), p.code))
            .collect();
        assert_eq!(
            seen,
            [
                ("currency.name", "duplicate"),
                ("keyword.name", "required"),
                ("sorce", "unknown_field"),
                ("source.name", "invalid"),
                ("sub_id_31", "unknown_field"),
            ]
        );
        assert!(problems[0].message.contains("cost"));
        assert!(problems[2].message.contains("Did you mean source?"));
    }

    proptest! {
        #[test]
        fn no_text_panics(raw in any::<String>(), likely in "(s|sub|sub_id_|utm_source|source|x)?[0-9]{0,2}=[a-z%&]{0,9}") {
            claim(&[("source", "x")], &raw);
            claim(&[("source", "x")], &likely);
        }

        #[test]
        fn no_pair_is_lost(
            pairs in prop::collection::vec(
                ("(source|zone|utm_source|sub_id_1|s1|subid|cost|x|Y|Source)", "[a-z]{0,6}"),
                0..20,
            ),
        ) {
            let raw: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let seen = claim(&[("source", "zone")], &raw.join("&"));
            for (index, (name, value)) in pairs.iter().enumerate() {
                let is_repeated = pairs[index + 1..]
                    .iter()
                    .any(|(later, value)| later.eq_ignore_ascii_case(name) && !value.is_empty());
                let is_claimed = [&seen.source, &seen.cost]
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .chain(seen.sub_id(1))
                    .any(|claimed| claimed == value);
                let is_kept = seen.others.contains(&(name.clone(), value.clone()));
                prop_assert!(value.is_empty() || is_repeated || is_claimed || is_kept, "{name}={value}");
            }
        }

        #[test]
        fn the_others_never_outgrow_their_bound(
            pairs in prop::collection::vec(("[a-z]{1,20}", "[a-z]{1,300}"), 0..20),
        ) {
            let raw: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let seen = claim(&[], &raw.join("&"));
            let size: usize = seen.others.iter().map(|(name, value)| name.len() + value.len()).sum();
            prop_assert!(size <= MAX_OTHERS);
        }
    }
}
