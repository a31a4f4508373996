//! What the columns of a table are called, and what they are.

use crate::detect::text::clean_str;
use crate::domain::network::{Network, PostbackParameter};
use crate::postback::names::Names;
use crate::postback::request::{MAX_NAME, push};

/// Names of times, the likeliest time of a conversion first, without what joins their words.
const TIMES: [&str; 20] = [
    "conversiontime",
    "conversiondate",
    "conversiondatetime",
    "convertedat",
    "postbackdatetime",
    "postbacktime",
    "eventtime",
    "actiontime",
    "approvedat",
    "datetime",
    "timestamp",
    "unixtimestamp",
    "time",
    "date",
    "at",
    "createdat",
    "createddate",
    "createdtime",
    "creationdate",
    "created",
];

/// What files call parameters beside what postbacks call them.
const FILE_NAMES: [(&str, PostbackParameter); 22] = [
    ("txn_id", PostbackParameter::Tid),
    ("tx", PostbackParameter::Tid),
    ("txn", PostbackParameter::Tid),
    ("transaction", PostbackParameter::Tid),
    ("price", PostbackParameter::Payout),
    ("commission", PostbackParameter::Payout),
    ("payout_amount", PostbackParameter::Payout),
    ("conversion_payout", PostbackParameter::Payout),
    ("currency_code", PostbackParameter::Currency),
    ("conversion_type", PostbackParameter::Event),
    ("conversion_name", PostbackParameter::Event),
    ("event_name", PostbackParameter::Event),
    ("event_type", PostbackParameter::Event),
    ("goal_name", PostbackParameter::Event),
    ("conversion_status", PostbackParameter::Status),
    ("lead_status", PostbackParameter::Status),
    ("order_status", PostbackParameter::Status),
    ("sale_status", PostbackParameter::Status),
    ("action_status", PostbackParameter::Status),
    ("order_amount", PostbackParameter::SaleAmount),
    ("order_value", PostbackParameter::SaleAmount),
    ("sale_value", PostbackParameter::SaleAmount),
];

/// What networks call the place of our click id; it is looked for in every column anyway.
const SUB_IDS: [&str; 14] = [
    "affsub", "affsub2", "affsub3", "sub1", "sub2", "sub3", "s1", "s2", "sid", "hit", "hitid",
    "clickref", "u1", "reqid",
];

/// What a column, or the name before a `=`, is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    /// A parameter of a postback, by the name under which it is read.
    Parameter(String),
    Time,
    /// The first half of a time, with its second half in another column.
    Date,
    Clock,
    Skipped,
}

impl Column {
    /// As it is told to the operator.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Parameter(name) => name.clone(),
            Self::Time => "time".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Clock => "time of day".to_owned(),
            Self::Skipped => String::new(),
        }
    }
}

/// A name, understood.
pub(super) struct Named {
    pub(super) column: Column,
    pub(super) is_known: bool,
    /// Of a time: how likely it is the one that counts, 0 first.
    rank: usize,
    /// Of a name that only files use.
    stands_for: Option<PostbackParameter>,
}

/// What a name means: to the network first, then to everybody.
pub(super) fn named(name: &str, network: Option<&Network>) -> Named {
    let name = clean_str(name.trim(), MAX_NAME);
    let squeezed = squeezed(&name);
    let known = |column| Named {
        column,
        is_known: true,
        rank: 0,
        stands_for: None,
    };
    if name.is_empty() || name == "-" {
        return Named {
            is_known: false,
            ..known(Column::Skipped)
        };
    }
    let names = Names::new(network, &[]);
    if names.is_own(&name) {
        return known(Column::Parameter(name.into_owned()));
    }
    if let Some(rank) = TIMES.iter().position(|time| *time == squeezed) {
        return Named {
            rank,
            ..known(Column::Time)
        };
    }
    let all = PostbackParameter::ALL.iter();
    let aliases = all.flat_map(|(_, parameter)| parameter.common_names());
    for alias in aliases {
        if self::squeezed(alias) == squeezed {
            return known(Column::Parameter((*alias).to_owned()));
        }
    }
    let mut of_files = FILE_NAMES.iter();
    if let Some((_, parameter)) = of_files.find(|(file, _)| self::squeezed(file) == squeezed) {
        let spelled = spelled(*parameter, network).to_owned();
        return Named {
            stands_for: Some(*parameter),
            ..known(Column::Parameter(spelled))
        };
    }
    Named {
        is_known: SUB_IDS.contains(&squeezed.as_str()),
        ..known(Column::Parameter(name.into_owned()))
    }
}

/// The name under which a parameter is read.
pub(super) fn spelled(parameter: PostbackParameter, network: Option<&Network>) -> &str {
    let names = Names::new(network, &[]);
    let likeliest = names.of(parameter).next();
    likeliest.unwrap_or_default()
}

/// The columns of a table by their names: one time, and nothing twice where one of the two is but
/// a file's word for the other.
pub(super) fn of_names(names: &[String], network: Option<&Network>) -> Vec<Column> {
    let named: Vec<Named> = names.iter().map(|name| named(name, network)).collect();
    let is_told = |parameter: PostbackParameter| {
        let mut others = named.iter().filter(|other| other.stands_for.is_none());
        others.any(|other| match &other.column {
            Column::Parameter(name) => is_name_of(name, parameter, network),
            _ => false,
        })
    };
    let likeliest = named
        .iter()
        .enumerate()
        .filter(|(_, one)| one.column == Column::Time)
        .min_by_key(|(_, one)| one.rank)
        .map(|(at, _)| at);
    let halves = halves(names);
    let plain = |at: usize| Column::Parameter(clean_str(names[at].trim(), MAX_NAME).into_owned());
    named
        .iter()
        .enumerate()
        .map(|(at, one)| match (&one.column, one.stands_for) {
            (_, Some(parameter)) if is_told(parameter) => plain(at),
            (Column::Time, _) => match halves {
                Some((date, _)) if date == at => Column::Date,
                Some((_, clock)) if clock == at => Column::Clock,
                None if likeliest == Some(at) => Column::Time,
                _ => plain(at),
            },
            (column, _) => column.clone(),
        })
        .collect()
}

/// Where `date` and `time` are two columns, they are one time.
fn halves(names: &[String]) -> Option<(usize, usize)> {
    let place = |wanted: &str| names.iter().position(|name| squeezed(name) == wanted);
    Some((place("date")?, place("time")?))
}

fn is_name_of(name: &str, parameter: PostbackParameter, network: Option<&Network>) -> bool {
    let names = Names::new(network, &[]);
    let mut all = names.of(parameter);
    all.any(|known| known.eq_ignore_ascii_case(name))
}

/// Adds a cell to the pairs of its row. A payout of `auto` is left to the offer, as in Binom.
pub(super) fn add(
    name: &str,
    cell: &str,
    network: Option<&Network>,
    pairs: &mut Vec<(String, String)>,
) {
    let is_auto = cell.trim().eq_ignore_ascii_case("auto")
        && is_name_of(name, PostbackParameter::Payout, network);
    if !is_auto && !cell.trim().is_empty() {
        push(name, cell, pairs);
    }
}

/// `name=value` in a cell of its own. In a table only known names count, because a cell may hold a
/// `=` of its own.
pub(super) fn pair<'c>(
    cell: &'c str,
    only_known: bool,
    network: Option<&Network>,
) -> Option<(Named, &'c str)> {
    let (name, value) = cell.trim().split_once('=')?;
    let is_name = name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if !is_name {
        return None;
    }
    let named = named(name, network);
    // The padding of base64 is no value.
    let is_value = !value.is_empty() && !value.starts_with('=');
    let is_pair = named.is_known || (!only_known && is_value && !name.contains(char::is_uppercase));
    is_pair.then_some((named, value))
}

fn squeezed(name: &str) -> String {
    name.trim()
        .chars()
        .filter(|character| !matches!(character, ' ' | '_' | '-' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}
