//! Which click a postback is about.

use super::parameters::{Parameters, Sent};
use super::said::Found;
use crate::detect::text::cut;
use crate::domain::form::quoted;
use crate::domain::id::{Id, IdCodec};
use crate::domain::network::PostbackParameter;

/// Bytes kept of a click id that is none of ours.
const MAX_REFUSED: usize = 200;

/// What was found where a click id was looked for.
pub(super) struct Looked {
    pub(super) found: Option<Found>,
    /// Where none was found, what stood in its place.
    pub(super) refused: Option<String>,
}

/// Every parameter may carry the id, because networks pass it on under names of their own: the
/// likeliest are tried first, and the first id of ours counts.
pub(super) fn find(
    parameters: &mut Parameters<'_>,
    codec: &IdCodec,
    remarks: &mut Vec<String>,
) -> Looked {
    let sent = parameters.all(PostbackParameter::ClickId);
    let ours = sent
        .iter()
        .filter_map(|sent| Some((sent.name, read(sent.value, codec)?)));
    let Some((name, id)) = ours.clone().next() else {
        let refused = refused(parameters, remarks);
        let found = None;
        return Looked { found, refused };
    };
    if let Some((other, _)) = ours.clone().find(|(_, other)| *other != id) {
        remarks.push(format!(
            "{other} holds the id of another click. Only the one in {name} was credited; let the \
             network send each conversion in a postback of its own."
        ));
    }
    for (same, _) in ours.filter(|(_, other)| *other == id) {
        parameters.claim(same);
    }
    let parameter = name.to_owned();
    Looked {
        found: Some(Found { id, parameter }),
        refused: None,
    }
}

/// Reads an id that may have been quoted on its way.
pub(super) fn read(value: &str, codec: &IdCodec) -> Option<Id> {
    let is_around = |character: char| {
        character.is_whitespace()
            || matches!(
                character,
                '"' | '\'' | '`' | '“' | '”' | '„' | '«' | '»' | '‘' | '’'
            )
    };
    codec.decode(value.trim_matches(is_around)).ok()
}

fn refused(parameters: &mut Parameters<'_>, remarks: &mut Vec<String>) -> Option<String> {
    let Sent { name, value } = parameters.take(PostbackParameter::ClickId)?;
    if (Sent { name, value }).is_macro() {
        remarks.push(format!(
            "{name} is the macro {}, which the network did not fill in.",
            quoted(value)
        ));
    }
    Some(cut(value, MAX_REFUSED).to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{click, network, other_click, said, said_to};
    use super::*;

    fn found_in(query: &str) -> Option<String> {
        let said = said(query);
        let found = said.click?;
        assert_eq!(found.id, click().0, "{query}");
        assert_eq!(said.refused_click_id, None, "{query}");
        Some(found.parameter)
    }

    #[test]
    fn the_click_is_found_wherever_it_is() {
        let id = &click().1;
        let upper = id.to_uppercase();
        for (query, parameter) in [
            (format!("click_id={id}"), "click_id"),
            (format!("subid={id}"), "subid"),
            (format!("sub_id={id}"), "sub_id"),
            (format!("clickid={id}"), "clickid"),
            (format!("cid={id}"), "cid"),
            (format!("cnv_id={id}"), "cnv_id"),
            (format!("CLICK_ID={id}"), "CLICK_ID"),
            (format!("click_id={upper}"), "click_id"),
            (format!("click_id=+{id}%0A"), "click_id"),
            (format!("click_id=%22{id}%22"), "click_id"),
            (format!("click_id='{id}'"), "click_id"),
            (format!("amp;click_id={id}"), "click_id"),
            (format!("click_id=1234&subid={id}"), "subid"),
            (format!("click_id={{sub1}}&cid={id}"), "cid"),
            (format!("click_id=&cid={id}"), "cid"),
            (format!("click_id={id}&click_id="), "click_id"),
            (format!("click_id={id}&click_id=1234"), "click_id"),
            (format!("click_id=1234&aff_sub=5678&s2={id}&s3={id}"), "s2"),
            (format!("tid={id}"), "tid"),
        ] {
            assert_eq!(found_in(&query).as_deref(), Some(parameter), "{query}");
        }
    }

    #[test]
    fn an_alias_beats_what_stands_before_it() {
        let (other, id) = (other_click().1, click().1);

        let said = said(&format!("sub1={other}&cid={id}"));

        let parameter = "cid".to_owned();
        assert_eq!(
            said.click,
            Some(Found {
                id: click().0,
                parameter
            })
        );
        assert!(said.remarks[0].starts_with("sub1 holds the id of another click."));
    }

    #[test]
    fn the_networks_parameter_beats_every_alias() {
        let bridge = network(&[(PostbackParameter::ClickId, "tid")], &[], &[]);
        let (other, id) = (other_click().1, click().1);

        let said = said_to(
            Some(&bridge),
            &[],
            &format!("click_id={other}&tid={id}&txid=9"),
        );

        assert_eq!(said.click.map(|found| found.id), Some(click().0));
        assert_eq!(said.tid.as_deref(), Some("9"));
    }

    #[test]
    fn what_is_no_id_of_ours_is_told() {
        let id = click().1;
        let forged = format!("{}{}", &id[..19], if id.ends_with('0') { '1' } else { '0' });
        let refused = |query: &str| {
            let said = said(query);
            assert_eq!(said.click, None, "{query}");
            said.refused_click_id
        };

        for value in [&forged, &id[..19], &format!("{id}0"), "1234", "{click_id}"] {
            assert_eq!(
                refused(&format!("click_id={value}")).as_deref(),
                Some(value)
            );
        }
        assert_eq!(refused("sub1=1&cid=&clickid=2&cid=3").as_deref(), Some("2"));
        assert_eq!(refused("click_id={x}&cid=3").as_deref(), Some("3"));
        assert_eq!(refused("payout=1"), None);
        let long = "x".repeat(1_000);
        assert_eq!(
            refused(&format!("cid={long}")).map(|id| id.len()),
            Some(MAX_REFUSED)
        );
    }
}
