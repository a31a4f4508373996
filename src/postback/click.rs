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
