//! Runs as they are listed.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::{Deed, Verdict};
use crate::domain::id::Id;
use crate::store::error::StoreError;
use crate::store::log::fields::{Field, Fields, Kind};
use crate::store::log::{self, Found, Ids, Log, Page, Query, values};
use crate::store::readers::Readers;

/// What runs can be filtered on.
pub const FIELDS: Fields = Fields(&[OWN]);

const OWN: &[Field] = &[
    ("rule_id", "rule_runs.rule_id", Kind::Integer),
    ("campaign_id", "rule_runs.campaign_id", Kind::Integer),
    ("conversion_id", "rule_runs.conversion_id", Kind::Integer),
    ("verdict", "rule_runs.verdict", Kind::Choice(verdicts)),
];

fn verdicts() -> Vec<(&'static str, Value)> {
    let words = Verdict::ALL.iter().map(|(word, _)| *word);
    words
        .map(|word| (word, Value::Text(word.to_owned())))
        .collect()
}

/// Once that the conditions of a rule held of a group, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RuleRun {
    /// A number of up to 19 digits, as text.
    pub id: String,
    #[schema(format = DateTime)]
    pub at: String,
    pub rule_id: u64,
    /// What the rule is called now.
    pub rule_name: Option<String>,
    pub rule_version: u64,
    /// The same run is done once.
    pub key: String,
    /// The values of the rule's dimensions, `null` for an empty one.
    #[schema(value_type = Object, example = json!({ "source": "zone7" }))]
    pub group: Json,
    pub campaign_id: Option<u64>,
    pub conversion_id: Option<String>,
    /// What the conditions looked at: decimal texts, `null` where there is no number.
    #[schema(value_type = Object)]
    pub numbers: Json,
    /// `null` where no numbers were looked at.
    pub window: Option<Looked>,
    /// `pending`, `done`, `unchanged` (everything was so already), `failed` (nothing was changed;
    /// messages say so), `conflict` (the same, because another rule had just done the opposite),
    /// `dry_run`, `cooling_down`, `day_limit` or `undone`. A failure for the same reason and a
    /// conflict are told again after six hours.
    pub verdict: String,
    /// Why it was not done.
    pub reason: Option<String>,
    /// What was or would be done.
    pub effects: Vec<Deed>,
    #[schema(format = DateTime)]
    pub undone_at: Option<String>,
}

/// The time that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Looked {
    #[schema(format = DateTime)]
    pub from: String,
    /// It is before this.
    #[schema(format = DateTime)]
    pub to: String,
}

const SELECT: &str = "
    select rule_runs.id, rule_runs.at, rule_runs.rule_id, rules.name as rule_name,
        rule_runs.rule_version, rule_runs.key, rule_runs.\"group\", rule_runs.campaign_id,
        rule_runs.conversion_id, rule_runs.numbers, rule_runs.window_from, rule_runs.window_to,
        rule_runs.verdict, rule_runs.reason, rule_runs.effects, rule_runs.undone_at
    from rule_runs left join rules on rules.id = rule_runs.rule_id";

const LOG: Log = Log {
    table: "rule_runs",
    select: &[SELECT],
    time: "rule_runs.at",
    ids: Ids::OfTime,
};

/// One page.
pub fn list(readers: &Readers, query: &Query) -> Result<Page<RuleRun>, StoreError> {
    log::list(readers, &LOG, query, read)
}

/// One run; `None` if there is none of this id.
pub fn find(readers: &Readers, id: Id) -> Result<Option<RuleRun>, StoreError> {
    const ONE: &str = "where rule_runs.id = ?1";
    let reader = readers.get()?;
    let found = reader
        .prepare_cached(&[SELECT, ONE].join(" "))?
        .query_row([id.to_row()], read)
        .optional()?;
    Ok(found.map(|(_, run)| run))
}

fn read(row: &Row<'_>) -> Result<Found<RuleRun>, rusqlite::Error> {
    let id: i64 = row.get("id")?;
    let time = |name: &str| row.get::<_, Option<i64>>(name);
    let json = |name: &str| row.get::<_, String>(name);
    let window = time("window_from")?.zip(time("window_to")?);
    let run = RuleRun {
        id: id.to_string(),
        at: values::time(row.get("at")?),
        rule_id: row.get("rule_id")?,
        rule_name: row.get("rule_name")?,
        rule_version: row.get("rule_version")?,
        key: row.get("key")?,
        group: serde_json::from_str(&json("group")?).unwrap_or_default(),
        campaign_id: row.get("campaign_id")?,
        conversion_id: time("conversion_id")?.map(|id| id.to_string()),
        numbers: serde_json::from_str(&json("numbers")?).unwrap_or_default(),
        window: window.map(|(from, to)| Looked {
            from: values::time(from),
            to: values::time(to),
        }),
        verdict: row.get("verdict")?,
        reason: row.get("reason")?,
        effects: serde_json::from_str(&json("effects")?).unwrap_or_default(),
        undone_at: time("undone_at")?.map(values::time),
    };
    Ok((id, run))
}
