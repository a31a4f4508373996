//! Click parameters: our names, and what a traffic source calls them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::form::{Form, quoted};

/// What the traffic source calls one of our parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ParameterName {
    /// Name in the link's query.
    #[schema(example = "zone")]
    pub name: String,
    /// The source's macro, copied into links byte for byte.
    #[schema(example = "{zoneid}")]
    pub r#macro: String,
}

/// Our parameter name -> what the traffic source calls it.
pub type ParameterNames = BTreeMap<String, ParameterName>;

/// Names of ours that a traffic source's parameters can be mapped to.
pub const PARAMETERS: &[&str] = &[
    "external_id",
    "cost",
    "currency",
    "keyword",
    "source",
    "creative_id",
    "ad_group_id",
    "ad_campaign_id",
    "sub_id_1",
    "sub_id_2",
    "sub_id_3",
    "sub_id_4",
    "sub_id_5",
    "sub_id_6",
    "sub_id_7",
    "sub_id_8",
    "sub_id_9",
    "sub_id_10",
    "sub_id_11",
    "sub_id_12",
    "sub_id_13",
    "sub_id_14",
    "sub_id_15",
    "sub_id_16",
    "sub_id_17",
    "sub_id_18",
    "sub_id_19",
    "sub_id_20",
    "sub_id_21",
    "sub_id_22",
    "sub_id_23",
    "sub_id_24",
    "sub_id_25",
    "sub_id_26",
    "sub_id_27",
    "sub_id_28",
    "sub_id_29",
    "sub_id_30",
    "creative_name",
    "ad_group_name",
    "ad_campaign_name",
];

/// What a parameter of ours holds.
pub fn meaning(ours: &str) -> &'static str {
    match ours {
        "external_id" => "The traffic source's own id of the click",
        "cost" => "What the click costs",
        "currency" => "The currency of the cost",
        "keyword" => "The keyword the ad was shown for",
        "source" => "The site, zone or placement inside the traffic source",
        "creative_id" => "The ad that was shown",
        "ad_group_id" => "The group of the ad",
        "ad_campaign_id" => "The campaign of the ad at the traffic source",
        "creative_name" => "The name of the ad",
        "ad_group_name" => "The name of the ad's group",
        "ad_campaign_name" => "The name of the ad's campaign at the traffic source",
        _ => "A free parameter",
    }
}

/// The names that count for a campaign of a traffic source. The campaign's own entry wins over the
/// source's of the same parameter; and where the campaign gives a name of the link to another
/// parameter, the source's entry of that name does not count, because one parameter of the link
/// fills one of ours.
pub fn combined(own: &ParameterNames, of_source: &ParameterNames) -> ParameterNames {
    let taken: BTreeSet<String> = own.values().map(|one| folded(&one.name)).collect();
    let mut names = own.clone();
    for (ours, theirs) in of_source {
        if !names.contains_key(ours) && !taken.contains(&folded(&theirs.name)) {
            names.insert(ours.clone(), theirs.clone());
        }
    }
    names
}

/// Names in a link are compared without case.
fn folded(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}

/// Reads the `parameters` of a campaign or a traffic source.
pub(super) fn read(form: &mut Form<'_>) -> ParameterNames {
    let names: ParameterNames = form
        .table("parameters", PARAMETERS, read_name)
        .into_iter()
        .collect();
    let mut taken = BTreeMap::new();
    for (ours, theirs) in &names {
        if theirs.name.is_empty() {
            continue;
        }
        if let Some(other) = taken.insert(folded(&theirs.name), ours) {
            let message = format!(
                "{} already fills {other}. One parameter of the link fills one of ours.",
                quoted(&theirs.name)
            );
            form.problem(&format!("parameters.{ours}.name"), "duplicate", message);
        }
    }
    names
}

fn read_name(form: &mut Form<'_>) -> ParameterName {
    let (name, source_macro) = (form.text("name"), form.exact_text("macro"));
    let is_bad = |c: char| {
        c.is_control() || c.is_whitespace() || matches!(c, '&' | '=' | '#' | '?' | '%' | '+')
    };
    if name.is_empty() {
        form.missing(
            "name",
            "The traffic source's name of the parameter is missing, such as zone.",
        );
    } else if name.len() > 64 || name.chars().any(is_bad) {
        let message = format!(
            "{} is not a parameter name of 1 to 64 characters without spaces and without & = # ? % +.",
            quoted(name)
        );
        form.problem("name", "invalid", message);
    }
    // Copied into links byte for byte, so nothing is changed here, only bounded.
    if source_macro.len() > 500 || source_macro.chars().any(char::is_control) {
        let message = format!(
            "{} is longer than 500 bytes or has control characters.",
            quoted(source_macro)
        );
        form.problem("macro", "invalid", message);
    }
    ParameterName {
        name: name.to_owned(),
        r#macro: source_macro.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(rows: &[(&str, &str)]) -> ParameterNames {
        let name = |(ours, name): &(&str, &str)| {
            let name = ParameterName {
                name: (*name).to_owned(),
                r#macro: String::new(),
            };
            ((*ours).to_owned(), name)
        };
        rows.iter().map(name).collect()
    }

    #[test]
    fn the_campaigns_entry_wins_for_its_parameter_and_for_its_name() {
        let own = names(&[("source", "site"), ("keyword", "CID")]);
        let of_source = names(&[
            ("source", "zone"),
            ("creative_id", "cid"),
            ("cost", "price"),
        ]);

        let combined = combined(&own, &of_source);

        let expected = [("source", "site"), ("keyword", "CID"), ("cost", "price")];
        assert_eq!(combined, names(&expected));
    }

    #[test]
    fn every_parameter_says_what_it_holds() {
        for ours in PARAMETERS {
            let is_free = ours.starts_with("sub_id_");
            assert_eq!(meaning(ours) == "A free parameter", is_free, "{ours}");
        }
    }

    proptest! {
        #[test]
        fn one_name_of_the_link_never_fills_two_parameters(
            own in prop::collection::btree_map(0..41_usize, "[a-d]{1,2}", 0..6),
            of_source in prop::collection::btree_map(0..41_usize, "[a-dA-D]{1,2}", 0..6),
        ) {
            let unique = |rows: BTreeMap<usize, String>| -> ParameterNames {
                let mut seen = BTreeSet::new();
                let rows = rows.into_iter().filter(|(_, name)| seen.insert(folded(name)));
                let rows: Vec<(usize, String)> = rows.collect();
                let rows: Vec<(&str, &str)> =
                    rows.iter().map(|(at, name)| (PARAMETERS[*at], name.as_str())).collect();
                names(&rows)
            };
            let (own, of_source) = (unique(own), unique(of_source));

            let combined = combined(&own, &of_source);

            let links: BTreeSet<String> = combined.values().map(|one| folded(&one.name)).collect();
            prop_assert_eq!(links.len(), combined.len());
            for (ours, theirs) in &own {
                prop_assert_eq!(combined.get(ours), Some(theirs));
            }
            for theirs in of_source.values() {
                prop_assert!(links.contains(&folded(&theirs.name)) || own.keys().any(|ours| of_source.get(ours) == Some(theirs)));
            }
        }
    }
}
