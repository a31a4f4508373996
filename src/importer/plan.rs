//! A file, taken apart and ready to be applied.

use std::collections::HashMap;
use std::vec::IntoIter;

use super::Refused;
use super::order::{NetworkName, Order};
use crate::clock;
use crate::domain::conversion::Status;
use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::domain::network::{Network, PostbackParameter};
use crate::domain::problem::Problem;
use crate::domain::state::State as EntityState;
use crate::postback::batch::{self, Batch, Content, Line, Options, time};
use crate::postback::{self, Words};
use crate::store::conversions::Books;
use crate::store::conversions::import::{News, Piece, Row};
use crate::store::imports::{Import, State, Totals};

/// Names that no parameter can have, because control characters are taken out of those.
const TIME: &str = "\u{1}time";
const NTH: &str = "\u{1}nth";
/// Networks that are proposed for an unknown name.
const MEANT: usize = 3;

/// A file that can be gone through.
pub(super) struct Plan {
    network_id: Option<u64>,
    default_status: Option<Status>,
    at: i64,
    /// Everything but the lines.
    pub(super) batch: Batch,
    lines: IntoIter<Line>,
    /// How often each row was there so far: identical rows of one file are several conversions,
    /// and the same ones in the next import of the file.
    seen: HashMap<i64, u32>,
}

impl Plan {
    pub(super) fn make(file: &[u8], order: &Order, books: &Books) -> Result<Plan, Refused> {
        let invalid = |field: &str, code, message: String| {
            Refused::Invalid(vec![Problem::new(field, code, message)])
        };
        let network = match &order.network {
            Some(name) => Some(network(name, books).map_err(|message| {
                let field = match name {
                    NetworkName::Id(_) => "network_id",
                    NetworkName::Typed(_) => "network",
                };
                invalid(field, "unknown_id", message)
            })?),
            None => None,
        };
        let words = Words {
            network,
            events: &books.documents.events,
        };
        let options = Options {
            timezone: order.timezone,
            columns: order.columns.clone(),
            delimiter: order.delimiter,
        };
        let mut batch = batch::read(file, &words, &books.codec, &options).map_err(|error| {
            let code = match error {
                batch::NoBatch::Empty => "required",
                batch::NoBatch::TooManyRows => "too_many",
            };
            invalid("text", code, error.to_string())
        })?;
        if order.send_postbacks {
            batch.remarks.push(
                "send_postbacks is noted, but this version sends no outgoing postbacks.".to_owned(),
            );
        }
        Ok(Plan {
            network_id: network.map(|network| network.id),
            default_status: order.default_status,
            at: clock::now_ms(),
            lines: std::mem::take(&mut batch.lines).into_iter(),
            batch,
            seen: HashMap::new(),
        })
    }

    /// As it is noted, before anything has happened.
    pub(super) fn import(&self, order: &Order, at: i64) -> Import {
        Import {
            id: 0,
            at,
            state: State::Running,
            rows: self.lines.len() as u64,
            done: 0,
            totals: Totals::new(),
            network_id: self.network_id,
            timezone: order.timezone.name().to_owned(),
            format: self.batch.format.as_str().to_owned(),
            delimiter: self
                .batch
                .delimiter
                .map(|delimiter| delimiter.as_str().to_owned()),
            columns: self.batch.columns.clone(),
            remarks: self.batch.remarks.clone(),
            send_postbacks: order.send_postbacks,
            finished_at: None,
            error: None,
        }
    }

    pub(super) fn piece(&self, rows: Vec<Row>) -> Piece {
        Piece {
            network_id: self.network_id,
            at: self.at,
            rows,
        }
    }

    /// How many rows are left.
    pub(super) fn left(&self) -> usize {
        self.lines.len()
    }

    /// The next rows, understood by the settings as they are now.
    pub(super) fn next(&mut self, most: usize, books: &Books) -> Vec<Row> {
        let lines: Vec<Line> = self.lines.by_ref().take(most).collect();
        lines
            .into_iter()
            .map(|line| self.understand(line, books))
            .collect()
    }

    fn understand(&mut self, line: Line, books: &Books) -> Row {
        let fingerprint = match &line.content {
            Ok(content) => self.fingerprint(content),
            Err(_) => 0,
        };
        let news = line.content.and_then(|content| self.news(content, books));
        Row {
            line: line.number,
            raw: line.raw,
            fingerprint,
            news: news.map(Box::new),
        }
    }

    fn news(&self, content: Content, books: &Books) -> Result<News, String> {
        let documents = &books.documents;
        let network = self.network_id.and_then(|id| documents.networks.get(&id));
        let words = Words {
            network: network.map(AsRef::as_ref),
            events: &documents.events,
        };
        let pairs = &content.pairs;
        let mut said = match self.default_status {
            Some(status) => postback::read_as(status, pairs, &words, &books.codec),
            None => postback::read(pairs, &words, &books.codec),
        };
        let clicked_at = said.click.as_ref().map(|found| found.id.unix_ms());
        let settled = content
            .time
            .map(|time| time::settled(time, clicked_at, self.at))
            .transpose()?;
        if let Some((_, Some(remark))) = settled {
            said.remarks.push(remark.to_owned());
        }
        let mut logged = postback::redacted(words.network, pairs);
        if let (Some(status), None) = (self.default_status, &said.original_status) {
            // Read again, it says the same.
            let parameter = PostbackParameter::Status;
            let own = words
                .network
                .and_then(|network| network.parameters.get(&parameter));
            let name = own.map_or(parameter.as_str(), String::as_str).to_owned();
            logged.push((name, status.as_str().to_owned()));
        }
        Ok(News {
            said,
            pairs: logged,
            occurred_at: settled.map(|(at, _)| at),
        })
    }

    fn fingerprint(&mut self, content: &Content) -> i64 {
        let mut pairs = content.pairs.clone();
        if let Some(time) = content.time {
            pairs.push((TIME.to_owned(), time.to_string()));
        }
        let first = postback::fingerprint(self.network_id, &pairs);
        let nth = self.seen.entry(first).or_default();
        *nth += 1;
        if *nth == 1 {
            return first;
        }
        pairs.push((NTH.to_owned(), nth.to_string()));
        postback::fingerprint(self.network_id, &pairs)
    }
}

fn network<'b>(name: &NetworkName, books: &'b Books) -> Result<&'b Network, String> {
    let networks = || {
        let all = books.documents.networks.values().map(AsRef::as_ref);
        all.filter(|network: &&Network| network.state != EntityState::Archived)
    };
    let typed = match name {
        NetworkName::Id(id) => {
            let found = networks().find(|network| network.id == *id);
            return found.ok_or_else(|| format!("There is no network {id}."));
        }
        NetworkName::Typed(typed) => typed,
    };
    let lower = typed.to_lowercase();
    let mut named = networks().filter(|network| network.name.to_lowercase() == lower);
    match (named.next(), named.next()) {
        (Some(network), None) => Ok(network),
        (Some(_), Some(_)) => Err(format!(
            "Several networks are called {}; name the id of one.",
            quoted(typed)
        )),
        (None, _) => networks()
            .find(|network| network.id.to_string() == *typed)
            .ok_or_else(|| unknown(typed, networks().map(|network| network.name.as_str()))),
    }
}

/// No network has the name; those that it may be a part of, or be mistyped from.
fn unknown<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let lower = typed.to_lowercase();
    let mut meant: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| name.to_lowercase().contains(&lower))
        .take(MEANT)
        .collect();
    if meant.is_empty() {
        meant.extend(nearest(typed, names));
    }
    let mut message = format!("There is no network {}.", quoted(typed));
    if !meant.is_empty() {
        let meant: Vec<String> = meant.into_iter().map(quoted).collect();
        message.push_str(&format!(" Did you mean {}?", meant.join(" or ")));
    }
    message
}
