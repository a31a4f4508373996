//! Rows of an imported file against the file of the tracker.
//!
//! A row changes what a postback that says the same would change. What is not settled by it, an
//! absent click or a word that nobody has mapped, stands in the raw log as well and is read again
//! like a postback. A second import of the same row changes nothing: mostly because conversions
//! have their identity, and where each request counts, or waits, because the row was marked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, named_params};

use super::apply::{Applied, apply, unmapped};
use super::{Books, Effects, Incoming, Outcome, raw, receive, savepoint};
use crate::domain::conversion::Origin;
use crate::domain::id::Id;
use crate::domain::network::Network;
use crate::postback::Said;
use crate::postback::verdict::Verdict;
use crate::store::error::StoreError;
use crate::store::imports::{self, Judged, Totals};
use crate::store::writer::Writer;

/// Rows of one transaction at most.
pub const PIECE: usize = 500;
/// The method of an imported row in the raw log.
pub(super) const METHOD: &str = "IMPORT";

/// A row, understood.
#[derive(Debug, Clone)]
pub struct Row {
    pub line: u64,
    pub raw: String,
    /// Of the network, of all that the row says, and of which of several identical rows it is.
    pub fingerprint: i64,
    /// What it says, or why it cannot be read.
    pub news: Result<Box<News>, String>,
}

/// What a row says.
#[derive(Debug, Clone)]
pub struct News {
    pub said: Said,
    /// As they are logged: without secrets.
    pub pairs: Vec<(String, String)>,
    /// When it happened, if the row says so.
    pub occurred_at: Option<i64>,
}

/// Rows that are dealt with in one transaction.
pub struct Piece {
    pub network_id: Option<u64>,
    /// When they were sent, in UTC milliseconds.
    pub at: i64,
    pub rows: Vec<Row>,
}

/// What became of a piece.
pub struct Taken {
    pub judged: Vec<Judged>,
    /// Of the import so far.
    pub totals: Totals,
    /// How long the writer was busy with it.
    pub worked: Duration,
}

/// Applies a piece, notes what became of its rows, and adds it to the totals of its import. Blocks.
///
/// # Errors
/// Then nothing of it has happened.
pub fn take(
    writer: &Writer,
    books: &Books,
    import_id: u64,
    piece: &Arc<Piece>,
    totals: &Totals,
) -> Result<Taken, StoreError> {
    let (at_work, piece, mut totals) = (books.clone(), Arc::clone(piece), totals.clone());
    let work = move |connection: &Connection| {
        let began = Instant::now();
        let (judged, effects) = judge(connection, &at_work, &piece, import_id)?;
        count(&judged, &mut totals);
        imports::note(connection, import_id, &judged, &totals)?;
        let worked = began.elapsed();
        let taken = Taken {
            judged,
            totals,
            worked,
        };
        Ok((taken, effects))
    };
    let after = books.clone();
    let (taken, _) = writer.edit_blocking_then(work, move |(_, effects)| after.follow(effects))?;
    Ok(taken)
}

/// What would become of a piece. Nothing does. Blocks.
pub fn preview(
    writer: &Writer,
    books: &Books,
    piece: &Arc<Piece>,
    totals: &Totals,
) -> Result<Taken, StoreError> {
    let (at_work, piece, mut totals) = (books.clone(), Arc::clone(piece), totals.clone());
    writer.edit_blocking(move |connection| {
        let began = Instant::now();
        savepoint::begin(connection)?;
        let judged = judge(connection, &at_work, &piece, 0);
        savepoint::roll_back(connection)?;
        savepoint::release(connection)?;
        let (judged, _) = judged?;
        count(&judged, &mut totals);
        let worked = began.elapsed();
        Ok(Taken {
            judged,
            totals,
            worked,
        })
    })
}

/// Adds verdicts to totals.
fn count(judged: &[Judged], totals: &mut Totals) {
    for row in judged {
        *totals.entry(row.verdict.to_owned()).or_default() += 1;
    }
}

fn judge(
    connection: &Connection,
    books: &Books,
    piece: &Piece,
    import_id: u64,
) -> Result<(Vec<Judged>, Effects), rusqlite::Error> {
    let network = piece.network_id;
    let network = network.and_then(|id| books.documents.networks.get(&id));
    let importing = Importing {
        connection,
        books,
        network: network.map(AsRef::as_ref),
        at: piece.at,
        import_id,
        tells: imports::sends(connection, import_id)?,
    };
    // Times of rows lie in the past; ids go on from now, and so does the next run of the program.
    books.ids.next(piece.at);
    let mut effects = Effects::default();
    let mut judged = Vec::with_capacity(piece.rows.len());
    for row in &piece.rows {
        let outcome = match &row.news {
            Ok(news) => importing.take(row, news)?,
            Err(reason) => Outcome::nothing(Verdict::Unreadable, reason.clone()),
        };
        effects.extend(outcome.effects);
        judged.push(Judged {
            line: row.line,
            raw: row.raw.clone(),
            verdict: outcome.verdict.as_str(),
            reason: outcome.reason,
            click_id: outcome.click_id,
            conversion_id: outcome.conversion_id,
        });
    }
    Ok((judged, effects))
}

/// What the rows of a piece have in common.
struct Importing<'a> {
    connection: &'a Connection,
    books: &'a Books,
    network: Option<&'a Network>,
    at: i64,
    import_id: u64,
    /// Whether traffic sources are told.
    tells: bool,
}

/// An earlier import of the same row.
struct Mark {
    import_id: u64,
    line: u64,
    postback_id: Option<Id>,
}

impl Importing<'_> {
    fn take(&self, row: &Row, news: &News) -> Result<Outcome, rusqlite::Error> {
        let Some(mark) = self.mark(row.fingerprint)? else {
            return self.first_time(row, news);
        };
        let (is_parked, is_unmapped) = match mark.postback_id {
            Some(id) => raw::waits(self.connection, id)?,
            None => (false, false),
        };
        if is_parked {
            let mut outcome = self.repeated(Verdict::Parked, &mark, "waits for its click");
            outcome.click_id = news.said.click.as_ref().map(|found| found.id);
            return Ok(outcome);
        }
        savepoint::begin(self.connection)?;
        let (mut outcome, each_time) = self.apply(news, None)?;
        if outcome.changed && each_time {
            savepoint::roll_back(self.connection)?;
            let click_id = outcome.click_id;
            outcome = self.repeated(Verdict::Retry, &mark, "counts once");
            outcome.click_id = click_id;
        } else if is_waiting(&outcome) && !is_unmapped {
            let id = self.log(row, news, &outcome)?;
            self.set_mark(row, Some(id))?;
        }
        savepoint::release(self.connection)?;
        Ok(outcome)
    }

    fn first_time(&self, row: &Row, news: &News) -> Result<Outcome, rusqlite::Error> {
        // A change by a row that is logged tells which one it was.
        let will_be_logged = unmapped(&news.said).is_some();
        let id = self.books.ids.next(self.at);
        let (outcome, each_time) = self.apply(news, will_be_logged.then_some(id))?;
        if is_waiting(&outcome) {
            self.log_as(id, row, news, &outcome)?;
            self.set_mark(row, Some(id))?;
        } else if outcome.changed && each_time {
            self.set_mark(row, None)?;
        }
        Ok(outcome)
    }

    fn apply(
        &self,
        news: &News,
        postback_id: Option<Id>,
    ) -> Result<(Outcome, bool), rusqlite::Error> {
        let applied = Applied {
            said: &news.said,
            network: self.network,
            at: news.occurred_at.unwrap_or(self.at),
            origin: Origin::Import,
            postback_id,
            tells: self.tells,
        };
        let (mut outcome, each_time) = apply(self.connection, self.books, &applied)?;
        if outcome.verdict == Verdict::NoClickId && self.network.is_none() {
            outcome.reason = Some(
                "There is no click id. Name the network of the file, so that its transaction ids \
                 are looked for."
                    .to_owned(),
            );
        }
        Ok((outcome, each_time))
    }

    fn log(&self, row: &Row, news: &News, outcome: &Outcome) -> Result<Id, rusqlite::Error> {
        let id = self.books.ids.next(self.at);
        self.log_as(id, row, news, outcome)?;
        Ok(id)
    }

    fn log_as(
        &self,
        id: Id,
        row: &Row,
        news: &News,
        outcome: &Outcome,
    ) -> Result<(), rusqlite::Error> {
        let incoming = Incoming {
            id,
            at: self.at,
            ip: None,
            method: METHOD.to_owned(),
            network_key: None,
            pairs: news.pairs.clone(),
            fingerprint: row.fingerprint,
        };
        let outcome = Outcome {
            network_id: self.network.map(|network| network.id),
            ..outcome.clone()
        };
        raw::insert(self.connection, &incoming, &outcome, 0)?;
        if let Some(at) = news.occurred_at {
            raw::occurred_at(self.connection, id, at)?;
        }
        if let (Verdict::Parked, Some(click_id)) = (outcome.verdict, outcome.click_id) {
            receive::park(self.connection, id, click_id)?;
        }
        Ok(())
    }

    fn repeated(&self, verdict: Verdict, mark: &Mark, what: &str) -> Outcome {
        let Mark {
            import_id, line, ..
        } = mark;
        let reason = match *import_id == self.import_id {
            true => format!("Line {line} of this file says the same; it {what}."),
            false => format!("Line {line} of import {import_id} said the same; it {what}."),
        };
        Outcome::nothing(verdict, reason)
    }

    fn mark(&self, fingerprint: i64) -> Result<Option<Mark>, rusqlite::Error> {
        const SQL: &str = "
            select import_id, line, postback_id from import_marks where fingerprint = ?1";
        let mut statement = self.connection.prepare_cached(SQL)?;
        let read = |row: &rusqlite::Row<'_>| {
            let postback_id: Option<i64> = row.get(2)?;
            Ok(Mark {
                import_id: row.get(0)?,
                line: row.get(1)?,
                postback_id: postback_id.and_then(Id::from_row),
            })
        };
        statement.query_row([fingerprint], read).optional()
    }

    fn set_mark(&self, row: &Row, postback_id: Option<Id>) -> Result<(), rusqlite::Error> {
        const SQL: &str = "
            insert or replace into import_marks (fingerprint, import_id, line, postback_id)
            values (:fingerprint, :import_id, :line, :postback_id)";
        self.connection
            .prepare_cached(SQL)?
            .execute(named_params! {
                ":fingerprint": row.fingerprint,
                ":import_id": self.import_id,
                ":line": row.line,
                ":postback_id": postback_id.map(Id::to_row),
            })?;
        Ok(())
    }
}

/// Whether it is to be read again some day.
fn is_waiting(outcome: &Outcome) -> bool {
    outcome.verdict == Verdict::Parked || outcome.unmapped.is_some()
}
