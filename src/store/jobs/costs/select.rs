//! The clicks that the lines of an update are about.
//!
//! A file may have a line for each of a thousand sources. Lines that differ only in the values they
//! ask for are looked for together, so that each click is read once for all of them.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::ops::ControlFlow;

use rusqlite::{Connection, Row, named_params};

use super::LineFound;
use crate::domain::cost_update::{CostLine, Which};
use crate::report::columns::pack_ids;
use crate::store::clicks::flags::Flags;
use crate::store::clicks::packed::{unpack_sub_id, unpacked};
use crate::store::error::StoreError;
use crate::store::jobs::PIECE;
use crate::store::jobs::select::{FIRST_COLUMN, Selection, scan};
use crate::store::readers::Readers;

/// Finds the clicks of lines.
pub struct Finder {
    groups: Vec<Group>,
}

/// Lines that are looked for together.
struct Group {
    selection: Selection,
    which: Which,
    fields: Vec<Field>,
    /// By the values of the fields.
    lines: HashMap<Vec<String>, u64>,
}

/// A parameter that lines ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    /// A column of its own.
    Column(String),
    SubId(u8),
}

/// How far the search is: which group, and behind which id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    pub group: usize,
    pub after: i64,
    /// Number of the next piece.
    pub piece: u64,
}

/// Ids that were found, by line.
pub struct Found {
    ids: BTreeMap<u64, Vec<i64>>,
    /// Where to go on; `None` at the end.
    pub next: Option<Place>,
}

impl Field {
    fn of(name: &str) -> Field {
        match name.strip_prefix("sub_id_").and_then(|n| n.parse().ok()) {
            Some(number) => Field::SubId(number),
            None => Field::Column(name.to_owned()),
        }
    }

    fn value(&self, row: &Row<'_>, at: usize) -> Result<Option<String>, rusqlite::Error> {
        match self {
            Field::Column(_) => Ok(unpacked(row.get_ref(at)?)),
            Field::SubId(number) => {
                let json: Option<String> = row.get(at)?;
                let value = json
                    .as_deref()
                    .and_then(|json| unpack_sub_id(json, *number));
                Ok(value.map(|value| value.into_owned()))
            }
        }
    }
}

impl Finder {
    /// For clicks with ids below this one. Lines with more filters stand behind those with fewer, so
    /// that what is said about one source counts for it, whatever is said about all of them.
    pub fn new(lines: &[LineFound], below: i64) -> Finder {
        let mut groups: Vec<Group> = Vec::new();
        for found in lines {
            let line = &found.line;
            let fields: Vec<Field> = line.filters.keys().map(|name| Field::of(name)).collect();
            let selection = Selection {
                campaign_ids: line.campaign_ids.clone(),
                from: line.from,
                to: line.to,
                below,
            };
            let values = line.filters.values().cloned().collect();
            let mut known = groups.iter_mut();
            let same = known.find(|group| {
                group.selection == selection && group.which == line.which && group.fields == fields
            });
            match same {
                Some(group) => {
                    group.lines.insert(values, found.number);
                }
                None => groups.push(Group {
                    selection,
                    which: line.which,
                    fields,
                    lines: HashMap::from([(values, found.number)]),
                }),
            }
        }
        groups.sort_by_key(|group| group.fields.len());
        Finder { groups }
    }

    /// The next clicks, as many as one piece takes.
    pub fn next(&self, readers: &Readers, place: Place) -> Result<Found, StoreError> {
        let mut ids: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
        let Some(group) = self.groups.get(place.group) else {
            return Ok(Found { ids, next: None });
        };
        let mut count = 0;
        let after = group.scan(readers, place.after, |id, line| {
            ids.entry(line).or_default().push(id);
            count += 1;
            match count < PIECE {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
        let piece = place.piece + ids.len() as u64;
        let next = match after {
            Some(after) => Some(Place {
                after,
                piece,
                ..place
            }),
            None => Some(Place {
                group: place.group + 1,
                after: 0,
                piece,
            })
            .filter(|next| next.group < self.groups.len()),
        };
        Ok(Found { ids, next })
    }
}

impl Found {
    #[cfg(test)]
    pub(super) fn of(ids: BTreeMap<u64, Vec<i64>>) -> Self {
        Self { ids, next: None }
    }

    /// Stores what was found from there on; how many clicks that are.
    pub fn keep(
        &self,
        connection: &Connection,
        update_id: u64,
        from: Place,
    ) -> Result<u64, rusqlite::Error> {
        const FIRST: &str = "
            select clicks from cost_update_lines where update_id = :id and number = :line";
        const INSERT: &str = "
            insert into cost_update_pieces (update_id, number, line, first, ids, lowest, highest)
            values (:id, :number, :line, :first, :ids, :lowest, :highest)";
        const COUNT: &str = "
            update cost_update_lines set clicks = clicks + :count
            where update_id = :id and number = :line";
        let mut count = 0;
        for (number, (line, ids)) in (from.piece..).zip(&self.ids) {
            let mut first = connection.prepare_cached(FIRST)?;
            let values = named_params! { ":id": update_id, ":line": line };
            let first: u64 = first.query_row(values, |row| row.get(0))?;
            connection.prepare_cached(INSERT)?.execute(named_params! {
                ":id": update_id, ":number": number, ":line": line, ":first": first,
                ":ids": pack_ids(ids), ":lowest": ids.first(), ":highest": ids.last(),
            })?;
            let values = named_params! { ":id": update_id, ":line": line, ":count": ids.len() };
            connection.prepare_cached(COUNT)?.execute(values)?;
            count += ids.len() as u64;
        }
        Ok(count)
    }
}

impl Group {
    fn scan(
        &self,
        readers: &Readers,
        after: i64,
        mut take: impl FnMut(i64, u64) -> ControlFlow<()>,
    ) -> Result<Option<i64>, StoreError> {
        let mut columns = String::new();
        for field in &self.fields {
            let name = match field {
                Field::Column(name) => name,
                Field::SubId(_) => "sub_ids",
            };
            let _ = write!(columns, ", clicks.{name}");
        }
        let mut values = Vec::with_capacity(self.fields.len());
        scan(readers, &self.selection, after, &columns, |seen, row| {
            if !self.which.takes(Flags(seen.flags)) {
                return Ok(ControlFlow::Continue(()));
            }
            values.clear();
            for (field, at) in self.fields.iter().zip(FIRST_COLUMN..) {
                let Some(value) = field.value(row, at)? else {
                    return Ok(ControlFlow::Continue(()));
                };
                values.push(value);
            }
            Ok(match self.lines.get(&values) {
                Some(line) => take(seen.id, *line),
                None => ControlFlow::Continue(()),
            })
        })
    }
}

impl Which {
    /// Tests cost nothing, whoever is meant.
    fn takes(self, flags: Flags) -> bool {
        !flags.is_test()
            && match self {
                Which::All => true,
                Which::Unique => flags.is_unique_campaign(),
                Which::WithoutBots => !flags.is_bot(),
            }
    }
}

/// How many clicks each line is about.
pub fn preview(readers: &Readers, lines: &[CostLine], below: i64) -> Result<Vec<u64>, StoreError> {
    let numbered = lines.iter().zip(0..).map(|(line, number)| LineFound {
        number,
        clicks: 0,
        line: line.clone(),
    });
    let numbered: Vec<LineFound> = numbered.collect();
    let mut counts = vec![0; lines.len()];
    for group in Finder::new(&numbered, below).groups {
        let mut after = Some(0);
        while let Some(from) = after {
            after = group.scan(readers, from, |_, line| {
                counts[line as usize] += 1;
                ControlFlow::Continue(())
            })?;
        }
    }
    Ok(counts)
}
