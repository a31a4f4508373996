//! Which targets are to be told of a conversion that came or moved.

use rusqlite::{Connection, OptionalExtension, named_params};
use sha2::{Digest, Sha256};

use super::telling::{Subject, spread};
use super::{POSTBACK, SKIPPED, WAITING, news};
use crate::clock;
use crate::domain::click::Click;
use crate::domain::conversion::{CONVERSION, Conversion, REBILL, Status};
use crate::domain::id::{Id, PublicId};
use crate::domain::message::host;
use crate::domain::outgoing::{Method, OutgoingCall, OutgoingPostback};
use crate::domain::state::State;
use crate::macros::Outgoing;
use crate::store::clicks::read::ClickOf;
use crate::store::conversions::Books;

/// A micro-unit of a percent of all: shares are compared with numbers below this.
const ALL: u64 = 100_000_000;

/// Queues what is to be told, once for each status and target. It is part of the conversion's
/// transaction.
pub(in crate::store) fn queue(
    connection: &Connection,
    books: &Books,
    click: &ClickOf,
    row: &Conversion,
    status: Status,
) -> Result<(), rusqlite::Error> {
    if !is_told(books, &row.event) || !has_targets(books, row) {
        return Ok(());
    }
    let Some(click) = click.find(connection)? else {
        return Ok(());
    };
    let public = books.codec.encode(click.id);
    let subject = Subject {
        row,
        click,
        click_id: public.as_str(),
        documents: &books.documents,
        rates: &books.rates,
    };
    for postback in targets(books, click) {
        if postback.statuses.contains(&status) && is_for(postback, row, click) {
            add(connection, books, &subject, status, postback)?;
        }
    }
    Ok(())
}

/// Own events are told where they say so.
fn is_told(books: &Books, event: &str) -> bool {
    let mut events = books.documents.events.values();
    matches!(event, CONVERSION | REBILL)
        || events.any(|one| one.key == event && one.is_sent_to_source)
}

/// Spares most conversions the reading of their click.
fn has_targets(books: &Books, row: &Conversion) -> bool {
    let campaign = row
        .campaign_id
        .and_then(|id| books.documents.campaigns.get(&id));
    let mut sources = books.documents.traffic_sources.values();
    campaign.is_some_and(|campaign| !campaign.postbacks.is_empty())
        || sources.any(|source| source.postback.is_some())
}

/// Those of the campaign, then the one of the traffic source.
fn targets<'b>(books: &'b Books, click: &Click) -> Vec<&'b OutgoingPostback> {
    let documents = &books.documents;
    let campaign = documents.campaigns.get(&click.campaign_id);
    let source = click
        .traffic_source_id
        .or_else(|| campaign?.traffic_source_id)
        .and_then(|id| documents.traffic_sources.get(&id))
        .filter(|source| source.state != State::Archived);
    let of_campaign = campaign
        .into_iter()
        .flat_map(|campaign| &campaign.postbacks);
    let of_source = source.and_then(|source| source.postback.as_ref());
    of_campaign.chain(of_source).collect()
}

fn is_for(postback: &OutgoingPostback, row: &Conversion, click: &Click) -> bool {
    let source = click.parameters.source.as_deref().unwrap_or_default();
    let is_among = |list: &[String], one: &str| list.is_empty() || list.iter().any(|x| x == one);
    is_among(&postback.events, &row.event) && is_among(&postback.sources, source)
}

fn add(
    connection: &Connection,
    books: &Books,
    subject: &Subject<'_>,
    status: Status,
    postback: &OutgoingPostback,
) -> Result<(), rusqlite::Error> {
    const SQL: &str = "
        insert into outbox (id, at, kind, conversion_id, click_id, campaign_id, traffic_source_id, event,
            status, target, method, url, host, headers, body, success_contains, success_lacks,
            state, reason, next_at, finished_at)
        values (:id, :at, :kind, :conversion_id, :click_id, :campaign_id, :traffic_source_id, :event,
            :status, :target, :method, :url, :host, :headers, :body, :success_contains,
            :success_lacks, :state, :reason, :now, case when :reason is not null then :at end)
        on conflict (conversion_id, status, target) do nothing";
    let (row, click) = (subject.row, subject.click);
    let (templates, _) = Outgoing::parse(postback);
    let target = key(&postback.call);
    let reason = reason(connection, subject, postback, &templates, &target)?;
    let parent = parent(connection, books, click.id, &templates)?;
    let mut request = subject.expand(postback, &templates, parent.as_ref());
    if postback.call.method == Method::Post {
        let content_type = postback.call.content_type.as_str().to_owned();
        request
            .headers
            .push(("Content-Type".to_owned(), content_type));
    }
    if reason.is_none() {
        news::note();
    }
    let id = books.ids.next(row.status_at);
    connection.prepare_cached(SQL)?.execute(named_params! {
        ":id": id.to_row(),
        ":at": id.unix_ms(),
        // Ids run ahead of a clock that was set back; nothing waits for them.
        ":now": clock::now_ms().min(id.unix_ms()),
        ":kind": POSTBACK,
        ":conversion_id": row.id.to_row(),
        ":click_id": click.id.to_row(),
        ":campaign_id": click.campaign_id,
        ":traffic_source_id": click.traffic_source_id,
        ":event": row.event,
        ":status": status.as_str(),
        ":target": target,
        ":method": postback.call.method.as_str(),
        ":url": request.url,
        ":host": host(&request.url),
        ":headers": serde_json::to_string(&request.headers).unwrap_or_default(),
        ":body": request.body,
        ":success_contains": postback.call.success.contains,
        ":success_lacks": postback.call.success.lacks,
        ":state": if reason.is_some() { SKIPPED } else { WAITING },
        ":reason": reason,
    })?;
    Ok(())
}

/// The campaign that sent the visitor on and the public id of its click, if the templates ask.
fn parent(
    connection: &Connection,
    books: &Books,
    click_id: Id,
    templates: &Outgoing,
) -> Result<Option<(u64, PublicId)>, rusqlite::Error> {
    const SQL: &str = "
        select routes.campaign_id, jumps.parent_id
        from jumps join clicks on clicks.id = jumps.parent_id
        join routes on routes.id = clicks.route_id
        where jumps.click_id = ?1";
    if !templates.draws_on("parent_click_id") && !templates.draws_on("parent_campaign_id") {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached(SQL)?;
    let found = statement.query_row([click_id.to_row()], |row| {
        Ok((row.get(0)?, Id::from_row(row.get(1)?)))
    });
    let Some((campaign_id, Some(parent_id))) = found.optional()? else {
        return Ok(None);
    };
    Ok(Some((campaign_id, books.codec.encode(parent_id))))
}

/// Why it is not sent, in words for the operator.
fn reason(
    connection: &Connection,
    subject: &Subject<'_>,
    postback: &OutgoingPostback,
    templates: &Outgoing,
    target: &str,
) -> Result<Option<String>, rusqlite::Error> {
    let (row, click) = (subject.row, subject.click);
    let external_id = click.parameters.external_id.as_deref().unwrap_or_default();
    let lot = spread(spread(row.id.to_row() as u64) ^ spread(salt(target))) % ALL;
    let reason = if row.is_test || click.is_test {
        "It is a test."
    } else if external_id.is_empty() && templates.draws_on("external_id") {
        "The click has no external_id: the traffic source has not sent its own id of the click."
    } else if lot >= postback.share.0 as u64 {
        return Ok(Some(format!(
            "Only {} % of the conversions are told.",
            postback.share
        )));
    } else if postback.first_only && is_further(connection, row, click.id, target)? {
        "Only the first conversion of a click is told."
    } else {
        return Ok(None);
    };
    Ok(Some(reason.to_owned()))
}

/// Whether another conversion of the click was told, or is to be.
fn is_further(
    connection: &Connection,
    row: &Conversion,
    click_id: Id,
    target: &str,
) -> Result<bool, rusqlite::Error> {
    const SQL: &str = "
        select 1 from conversions join outbox on outbox.conversion_id = conversions.id
        where conversions.click_id = :click_id and conversions.id <> :conversion_id
            and outbox.target = :target and outbox.state <> 'skipped'
        limit 1";
    let values = named_params! {
        ":click_id": click_id.to_row(),
        ":target": target,
        ":conversion_id": row.id.to_row(),
    };
    let mut statement = connection.prepare_cached(SQL)?;
    let found = statement.query_row(values, |_| Ok(())).optional()?;
    Ok(row.is_repeat || found.is_some())
}

/// What makes two targets the same, as 16 hexadecimal digits.
fn key(call: &OutgoingCall) -> String {
    let mut digest = Sha256::new();
    for part in [call.method.as_str(), &call.url, &call.body] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let digest = digest.finalize();
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn salt(target: &str) -> u64 {
    u64::from_str_radix(target, 16).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_differ_by_what_is_sent() {
        let one = OutgoingCall {
            url: "https://a.example/".to_owned(),
            ..OutgoingCall::default()
        };
        let other = OutgoingCall {
            body: "x".to_owned(),
            ..one.clone()
        };
        let mut same = one.clone();
        same.success.contains = "ok".to_owned();

        assert_eq!(key(&one).len(), 16);
        assert_ne!(key(&one), key(&other));
        assert_eq!(key(&one), key(&same));
    }
}
