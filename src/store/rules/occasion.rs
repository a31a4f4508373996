//! A conversion with its click, as rules see it.

use rusqlite::{Connection, OptionalExtension};

use crate::domain::click::Click;
use crate::domain::conversion::{Conversion, Status};
use crate::domain::documents::Documents;
use crate::domain::id::{Id, IdCodec};
use crate::domain::money::Micros;
use crate::domain::rates::Rates;
use crate::domain::rule::Rule;
use crate::macros::{Body, BodyKind};
use crate::report::dimension;
use crate::store::clicks::read::find as find_click;
use crate::store::conversions::rows;
use crate::store::error::StoreError;
use crate::store::outbox::telling::Subject;
use crate::store::readers::Readers;

/// What brought a rule about.
#[derive(Debug, Clone)]
pub struct Occasion {
    row: Conversion,
    click: Click,
}

impl Occasion {
    pub(in crate::store) fn new(row: Conversion, click: Click) -> Self {
        Self { row, click }
    }

    pub fn id(&self) -> Id {
        self.row.id
    }

    pub fn click_id(&self) -> Id {
        self.click.id
    }

    pub fn campaign_id(&self) -> u64 {
        self.click.campaign_id
    }

    pub fn is_test(&self) -> bool {
        self.row.is_test || self.click.is_test
    }

    /// Whether the conversion, as it is now, is the moment of a rule, whatever the rule's scope.
    pub fn is_moment_of(&self, rule: &Rule) -> bool {
        let row = &self.row;
        let is_at = |status| rule.moment.is_at(status, &row.event);
        !self.is_test() && row.status.is_some_and(is_at)
    }

    /// What it pays, in the reporting currency; `None` where nobody knows the rate.
    pub fn payout(&self) -> Option<Micros> {
        let revenue = &self.row.revenue;
        revenue.rate.map(|_| revenue.worth)
    }

    /// A fact of `rules::fact`, or a dimension.
    pub fn fact(&self, key: &str, documents: &Documents) -> Option<String> {
        let row = &self.row;
        let status = |status: Option<Status>| status.map(|status| status.as_str().to_owned());
        match key {
            "event" => Some(row.event.clone()),
            "status" => status(row.status),
            "previous_status" => status(row.previous_status),
            "original_status" => row.original_status.clone(),
            "tid" => row.tid.clone(),
            "is_repeat" => Some(row.is_repeat.to_string()),
            _ => {
                let offer_id = row.offer_id.or(self.click.offer_id);
                dimension::find_of_click(key)?.of_click(&self.click, offer_id, documents)
            }
        }
    }

    /// A text with macros of outgoing postbacks, expanded as plain text.
    pub fn expand(
        &self,
        text: &str,
        codec: &IdCodec,
        documents: &Documents,
        rates: &Rates,
    ) -> String {
        let public = codec.encode(self.click.id);
        let subject = Subject {
            row: &self.row,
            click: &self.click,
            click_id: public.as_str(),
            documents,
            rates,
        };
        subject.expand_text(&Body::outgoing(text, BodyKind::Text).0)
    }
}

/// The conversion of this id with its click; `None` where one of them is not there.
pub fn find(readers: &Readers, id: Id) -> Result<Option<Occasion>, StoreError> {
    let reader = readers.get()?;
    Ok(rows::find(&reader, id)
        .optional()?
        .map(|row| with_click(&reader, row))
        .transpose()?
        .flatten())
}

/// The latest conversions of clicks, the newest first.
pub fn latest(readers: &Readers, most: usize) -> Result<Vec<Occasion>, StoreError> {
    let reader = readers.get()?;
    let mut occasions = Vec::new();
    for row in rows::latest(&reader, most)? {
        occasions.extend(with_click(&reader, row)?);
    }
    Ok(occasions)
}

fn with_click(
    connection: &Connection,
    row: Conversion,
) -> Result<Option<Occasion>, rusqlite::Error> {
    let Some(click_id) = row.click_id else {
        return Ok(None);
    };
    let click = find_click(connection, click_id)?;
    Ok(click.map(|click| Occasion::new(row, click)))
}
