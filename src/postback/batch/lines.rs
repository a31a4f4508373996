//! Lines without a header, in the forms that trackers take; each line is recognised by itself.
//!
//! Where Keitaro and Voluum have a word in the fourth place, it is a status for one and an event
//! for the other: it stands where postbacks have their status, and there both are understood.

use std::collections::BTreeSet;

use super::columns::{self, Column};
use super::delimiter::Delimiter;
use super::table::{cells, is_value};
use super::{Batch, Content, Format, Line, MAX_ROWS, NoBatch, Reading, shown, time, too_long};
use crate::domain::network::{Network, PostbackParameter};
use crate::postback::amount;
use crate::postback::click;
use crate::postback::parameters::Parameters;
use crate::postback::words::{Dictionary, Understood};

/// What the cells between commas are.
const PLACES: [PostbackParameter; 4] = [
    PostbackParameter::ClickId,
    PostbackParameter::Payout,
    PostbackParameter::Tid,
    PostbackParameter::Status,
];
/// Of a first line that holds nothing but words.
const UNKNOWN_HEADER: &str = "The first line names no column that is known here, so it was read as \
    a row like the others. If it is a header, name the columns in \"columns\", such as \
    tid,-,payout,click_id; \"-\" passes one over.";
/// What FunnelFlux deletes a conversion with.
const DELETES: &str = "-1";

pub(super) fn read(
    text: &str,
    delimiter: Option<Delimiter>,
    reading: &Reading<'_>,
) -> Result<Batch, NoBatch> {
    let network = reading.words.network;
    let dictionary = Dictionary::take(&mut Parameters::new(network, &[]), reading.words);
    let reader = Reader {
        reading,
        dictionary,
        delimiter,
    };
    let mut lines = Vec::new();
    let (mut formats, mut delimiters) = (BTreeSet::new(), BTreeSet::new());
    let mut width = 1;
    let numbered = text.split('\n').enumerate();
    for (at, raw) in numbered.filter(|(_, raw)| !raw.trim().is_empty()) {
        if lines.len() == MAX_ROWS {
            return Err(NoBatch::TooManyRows);
        }
        let content = match too_long(raw) {
            Some(reason) => Err(reason),
            None => {
                let read = reader.read(raw);
                formats.insert(read.format.as_str());
                delimiters.insert(read.delimiter.map(Delimiter::as_str));
                width = width.max(read.width);
                read.content
            }
        };
        lines.push(Line {
            number: at as u64 + 1,
            raw: shown(raw),
            content,
        });
    }
    let names_nothing = text
        .split('\n')
        .find(|line| !line.trim().is_empty())
        .filter(|_| lines.len() > 1)
        .is_some_and(|first| reader.may_be_header(first));
    let format = common(&formats);
    let mut delimiters = delimiters.into_iter().flatten();
    let delimiter = delimiters.next().filter(|_| delimiters.next().is_none());
    Ok(Batch {
        format,
        delimiter: delimiter.and_then(Delimiter::parse),
        columns: told(format, width, network),
        lines,
        remarks: names_nothing
            .then(|| UNKNOWN_HEADER.to_owned())
            .into_iter()
            .collect(),
    })
}

/// One form for all; lines that say less than others are of their form.
fn common(formats: &BTreeSet<&str>) -> Format {
    let of = |wanted: &[Format]| {
        formats
            .iter()
            .all(|format| wanted.iter().any(|one| one.as_str() == *format))
    };
    let order = [
        &[Format::ClickIds][..],
        &[Format::Keitaro, Format::ClickIds],
        &[Format::Voluum, Format::Keitaro, Format::ClickIds],
        &[
            Format::ClickFlare,
            Format::Voluum,
            Format::Keitaro,
            Format::ClickIds,
        ],
        &[Format::Binom, Format::ClickIds],
        &[Format::BinomPairs, Format::ClickIds],
        &[Format::FunnelFlux, Format::ClickIds],
    ];
    let found = order.iter().find(|wanted| of(wanted));
    found.map_or(Format::Mixed, |wanted| wanted[0])
}

/// The columns as they are told to the operator.
fn told(format: Format, width: usize, network: Option<&Network>) -> Vec<String> {
    let names = |parameters: &[PostbackParameter]| -> Vec<String> {
        let spelled = |parameter: &PostbackParameter| columns::spelled(*parameter, network);
        parameters
            .iter()
            .map(|parameter| spelled(parameter).to_owned())
            .collect()
    };
    use PostbackParameter as P;
    match format {
        Format::Keitaro | Format::Voluum | Format::ClickFlare => {
            let mut columns = names(&PLACES[..width.min(PLACES.len())]);
            columns.extend((width > PLACES.len()).then(|| "time".to_owned()));
            columns
        }
        Format::Binom => names(&[P::ClickId, P::Payout, P::Status]),
        Format::FunnelFlux => names(&[P::ClickId, P::Tid, P::Payout]),
        Format::ClickIds | Format::BinomPairs => names(&[P::ClickId]),
        _ => Vec::new(),
    }
}

struct Reader<'a> {
    reading: &'a Reading<'a>,
    dictionary: Dictionary<'a>,
    delimiter: Option<Delimiter>,
}

/// A line, recognised.
struct Read {
    format: Format,
    delimiter: Option<Delimiter>,
    width: usize,
    content: Result<Content, String>,
}

impl Reader<'_> {
    fn read(&self, raw: &str) -> Read {
        let raw = raw.trim_matches(' ');
        let delimiter = self.delimiter.or_else(|| sniffed(raw));
        let (format, width, content) = match delimiter {
            None => (Format::ClickIds, 1, self.placed(&[raw.to_owned()])),
            Some(Delimiter::Colon) => match split_transaction(raw) {
                Some(cells) if self.delimiter.is_none() => {
                    (Format::FunnelFlux, 3, self.funnel_flux(&cells))
                }
                _ => self.colons(&cells(raw, Delimiter::Colon, true)),
            },
            Some(delimiter) => {
                let cells = cells(raw, delimiter, true);
                let width = cells.len();
                (self.named(&cells), width, self.placed(&cells))
            }
        };
        Read {
            format,
            delimiter: delimiter.filter(|_| width > 1),
            width,
            content: content.and_then(|content| match content.pairs.is_empty() {
                true => Err("The row is empty.".to_owned()),
                false => Ok(content),
            }),
        }
    }

    /// Several cells, and in none of them what stands in rows.
    fn may_be_header(&self, raw: &str) -> bool {
        let delimiter = self.delimiter.or_else(|| sniffed(raw));
        delimiter.is_some_and(|delimiter| {
            let cells = cells(raw, delimiter, true);
            cells.len() > 1 && !cells.iter().any(|cell| is_value(cell, self.reading))
        })
    }

    /// Which of the forms between commas it is.
    fn named(&self, cells: &[String]) -> Format {
        let word = cells.get(3).map(String::as_str).unwrap_or_default();
        let has_time = cells.get(4).is_some_and(|cell| time::is_meant(cell));
        match self.dictionary.in_status(word) {
            _ if has_time => Format::ClickFlare,
            Some(Understood::Event(_)) => Format::Voluum,
            _ => Format::Keitaro,
        }
    }

    /// `click id,payout,tid,status or type[,time]`; empty cells say nothing.
    fn placed(&self, cells: &[String]) -> Result<Content, String> {
        let network = self.reading.words.network;
        let is_ours = |cell: &String| click::read(cell, self.reading.codec).is_some();
        let ours = cells.iter().position(is_ours);
        if let Some(at) = ours.filter(|at| *at > 0) {
            return Err(format!(
                "The click id is in cell {}, and without a header it has to be in the first. Name \
                 the columns of the file.",
                at + 1
            ));
        }
        let mut content = Content::default();
        for (at, cell) in cells.iter().enumerate() {
            if let Some((named, value)) = columns::pair(cell, false, network) {
                self.take(&named.column, value, &mut content)?;
            } else if let Some(parameter) = PLACES.get(at) {
                let name = columns::spelled(*parameter, network);
                columns::add(name, cell, network, &mut content.pairs);
            } else if at == PLACES.len() && time::is_meant(cell) {
                content.time = Some(time::read(cell, self.reading.timezone)?);
            } else {
                let name = format!("column_{}", at + 1);
                columns::add(&name, cell, network, &mut content.pairs);
            }
        }
        Ok(content)
    }

    /// Binom's lines, and `HITID:TX` of FunnelFlux, whose second cell is no amount.
    fn colons(&self, cells: &[String]) -> (Format, usize, Result<Content, String>) {
        let network = self.reading.words.network;
        let mut format = Format::ClickIds;
        let mut content = Content::default();
        for (at, cell) in cells.iter().enumerate() {
            if at > 0
                && let Some((named, value)) = columns::pair(cell, false, network)
            {
                if let Err(reason) = self.take(&named.column, value, &mut content) {
                    return (Format::BinomPairs, cells.len(), Err(reason));
                }
                if at == 1 {
                    format = Format::BinomPairs;
                }
                continue;
            }
            let parameter = match at {
                0 => Some(PostbackParameter::ClickId),
                1 => Some(self.second(cell)),
                2 if format != Format::FunnelFlux => Some(PostbackParameter::Status),
                _ => None,
            };
            if at == 1 {
                format = match parameter {
                    Some(PostbackParameter::Tid) => Format::FunnelFlux,
                    _ => Format::Binom,
                };
            }
            let own = format!("column_{}", at + 1);
            let name = parameter.map_or(own.as_str(), |one| columns::spelled(one, network));
            columns::add(name, cell, network, &mut content.pairs);
        }
        (format, cells.len(), Ok(content))
    }

    fn second(&self, cell: &str) -> PostbackParameter {
        let is_payout =
            cell.is_empty() || cell.eq_ignore_ascii_case("auto") || amount::read(cell).is_some();
        if is_payout {
            PostbackParameter::Payout
        } else if self.dictionary.in_status(cell).is_some() {
            PostbackParameter::Status
        } else {
            PostbackParameter::Tid
        }
    }

    /// `HITID:TX,payout`
    fn funnel_flux(&self, [click_id, tid, payout]: &[String; 3]) -> Result<Content, String> {
        let network = self.reading.words.network;
        let mut content = Content::default();
        let mut add = |parameter, cell: &str| {
            let name = columns::spelled(parameter, network);
            columns::add(name, cell, network, &mut content.pairs);
        };
        add(PostbackParameter::ClickId, click_id);
        add(PostbackParameter::Tid, tid);
        match payout.as_str() {
            DELETES => add(PostbackParameter::Status, "rejected"),
            payout => add(PostbackParameter::Payout, payout),
        }
        Ok(content)
    }

    fn take(&self, column: &Column, value: &str, content: &mut Content) -> Result<(), String> {
        match column {
            Column::Parameter(name) => {
                columns::add(name, value, self.reading.words.network, &mut content.pairs);
            }
            Column::Skipped => {}
            _ if value.is_empty() => {}
            _ => content.time = Some(time::read(value, self.reading.timezone)?),
        }
        Ok(())
    }
}

/// The first delimiter in a line. A space in front of it is nobody's.
fn sniffed(line: &str) -> Option<Delimiter> {
    let mut is_quoted = false;
    line.chars().find_map(|character| {
        is_quoted ^= character == '"';
        let mut all = Delimiter::each();
        all.find(|delimiter| !is_quoted && delimiter.character() == character)
    })
}

/// `HITID:TX,payout`: a colon, then a comma, and nothing with a `=`.
fn split_transaction(line: &str) -> Option<[String; 3]> {
    let (click_id, rest) = line.split_once(':')?;
    let (tid, payout) = rest.split_once(',')?;
    let is_plain = !line.contains('=') && !tid.contains(':') && !payout.contains([':', ',']);
    let cell = |text: &str| text.trim_matches(['"', ' ']).to_owned();
    is_plain.then(|| [cell(click_id), cell(tid), cell(payout)])
}
