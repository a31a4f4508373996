//! What a log can be filtered on: fields, and the values that a query gives for them.

use rusqlite::types::{ToSqlOutput, Value};

use crate::domain::id::{IdCodec, NotAnId};
use crate::store::clicks::packed::{Packed, pack_ip};

/// Name -> SQL expression. The only texts that ever become part of a query.
pub(crate) type Field = (&'static str, &'static str, Kind);

/// What the values of a field are.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Text,
    /// Stored in capital letters.
    Upper,
    /// Compared in small letters, which is what the expression is in.
    Lower,
    Integer,
    Packed,
    Address,
    Boolean,
    /// The public form of a click id; there has to be an index.
    ClickId,
    /// The same, where the expression ends with the column of an inner query that is to be closed.
    ClickIdWithin,
    /// One of some words, and what stands for it in the database.
    Choice(fn() -> Vec<(&'static str, Value)>),
    /// A word behind `status:` or `event:`, which may be left out.
    Unmapped,
    /// A text inside of a JSON text, in any case.
    Contained,
}

/// The fields of one log, in parts; where two have the same name, the first counts.
pub struct Fields(pub(crate) &'static [&'static [Field]]);

/// Why a filter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterProblem {
    UnknownField,
    NotANumber,
    NotAnAddress,
    NotABoolean,
    NotAClickId(NotAnId),
    NotOneOf(Vec<&'static str>),
}

impl Fields {
    /// The names of all of them.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for (name, _, _) in self.0.iter().copied().flatten() {
            if !names.contains(name) {
                names.push(*name);
            }
        }
        names
    }

    fn kind(&self, name: &str) -> Option<Kind> {
        self.find(name).map(|(_, _, kind)| *kind)
    }

    fn find(&self, name: &str) -> Option<&'static Field> {
        let mut fields = self.0.iter().copied().flatten();
        fields.find(|(field, _, _)| *field == name)
    }

    /// The words that a field takes, if these are all.
    pub fn words(&self, name: &str) -> Option<Vec<&'static str>> {
        match self.kind(name)? {
            Kind::Choice(words) => Some(words().into_iter().map(|(word, _)| word).collect()),
            Kind::Boolean => Some(vec!["true", "false"]),
            _ => None,
        }
    }

    /// What a value of a field means.
    pub fn help(&self, name: &str) -> &'static str {
        match self.kind(name) {
            Some(Kind::Contained) => "This text somewhere in it, in any case of Latin letters.",
            Some(Kind::Unmapped) => {
                "This word that nobody has mapped; behind `status:` or `event:` only such a one."
            }
            Some(Kind::Lower) => "Exactly this value in any case; given twice, either value.",
            _ => "Exactly this value; given twice, either value.",
        }
    }

    /// One field and one value that it may have.
    pub fn filter(
        &self,
        name: &str,
        value: &str,
        codec: &IdCodec,
    ) -> Result<Filter, FilterProblem> {
        let field = self.find(name).ok_or(FilterProblem::UnknownField)?;
        let values = bind(field.2, value, codec)?;
        Ok(Filter {
            field: *field,
            values,
        })
    }
}

/// A field and the values that it may have.
#[derive(Clone)]
pub struct Filter {
    field: Field,
    values: Vec<Value>,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} in {:?}", self.field.0, self.values)
    }
}

impl Filter {
    /// Of its field.
    pub fn name(&self) -> &'static str {
        self.field.0
    }

    /// An index leads to the few rows that fit.
    pub(super) fn is_narrow(&self) -> bool {
        matches!(self.field.2, Kind::ClickId | Kind::ClickIdWithin)
    }

    pub(super) fn or(&mut self, other: Filter) {
        self.values.extend(other.values);
    }

    /// Its condition, behind the others of a query.
    pub(super) fn push_to(&self, sql: &mut String, values: &mut Vec<Value>) {
        let (_, expression, kind) = self.field;
        let each = |text: &str, between: &str| vec![text; self.values.len()].join(between);
        let condition = match kind {
            Kind::Contained => each(&format!("instr(lower({expression}), ?) > 0"), " or "),
            Kind::ClickIdWithin => format!("{expression} in ({}))", each("?", ", ")),
            _ => format!("{expression} in ({})", each("?", ", ")),
        };
        sql.push_str(&format!(" and ({condition})"));
        values.extend(self.values.iter().cloned());
    }
}

fn bind(kind: Kind, value: &str, codec: &IdCodec) -> Result<Vec<Value>, FilterProblem> {
    let text = match kind {
        Kind::Unmapped => return Ok(unmapped(value)),
        Kind::Text => Value::Text(value.to_owned()),
        Kind::Upper => Value::Text(value.to_ascii_uppercase()),
        Kind::Lower => Value::Text(value.to_ascii_lowercase()),
        Kind::Contained => Value::Text(inside_json(value).to_ascii_lowercase()),
        Kind::Integer => Value::Integer(value.parse().map_err(|_| FilterProblem::NotANumber)?),
        Kind::Packed => owned(&Packed(Some(value))),
        Kind::Address => owned(&pack_ip(
            &value.parse().map_err(|_| FilterProblem::NotAnAddress)?,
        )),
        Kind::ClickId | Kind::ClickIdWithin => {
            let id = codec.decode(value).map_err(FilterProblem::NotAClickId)?;
            Value::Integer(id.to_row())
        }
        Kind::Choice(words) => {
            let mut words = words();
            let Some(chosen) = words.iter().position(|(word, _)| *word == value) else {
                let words = words.into_iter().map(|(word, _)| word).collect();
                return Err(FilterProblem::NotOneOf(words));
            };
            words.swap_remove(chosen).1
        }
        Kind::Boolean => match value {
            "true" | "1" => Value::Integer(1),
            "false" | "0" => Value::Integer(0),
            _ => return Err(FilterProblem::NotABoolean),
        },
    };
    Ok(vec![text])
}

/// The forms in which an unmapped word may be stored.
fn unmapped(word: &str) -> Vec<Value> {
    let word = word.to_lowercase();
    let is_whole = word.starts_with("status:") || word.starts_with("event:");
    let forms = match is_whole {
        true => vec![word],
        false => vec![format!("status:{word}"), format!("event:{word}")],
    };
    forms.into_iter().map(Value::Text).collect()
}

/// A text as it stands between the quotes of a JSON text.
fn inside_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn owned(value: &impl rusqlite::ToSql) -> Value {
    match value.to_sql() {
        Ok(ToSqlOutput::Borrowed(value)) => Value::try_from(value).unwrap_or(Value::Null),
        Ok(ToSqlOutput::Owned(value)) => value,
        _ => Value::Null,
    }
}
