//! The words of a summary: plain text for people, the same as JSON for programs.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use super::account::{Account, Line, TOLD, value};
use crate::domain::money::Micros;
use crate::domain::period;
use crate::domain::summary::{Summary, SummaryOf};
use crate::report::Sums;
use crate::report::metric::{self, Format};

/// Longer names are cut, so that a message stays within what Telegram takes (4,096 characters).
const NAME_MAX: usize = 60;

/// For people. Columns are aligned where letters are equally wide.
pub(super) fn text(summary: &Summary, account: &Account) -> String {
    let date = period::date(account.day).format("%a %Y-%m-%d");
    let so_far = match summary.of {
        SummaryOf::Yesterday => "",
        SummaryOf::Today => " so far",
    };
    let currency = account.currency.as_str();
    let mut out = format!(
        "{}\n{date}{so_far} ({}), {currency}\n\n",
        clipped(&summary.name),
        summary.timezone
    );
    let rows: Vec<[String; 3]> = TOLD
        .iter()
        .map(|key| row(key, &account.total, &account.before))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let (labels, values) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
    for [label, value, before] in &rows {
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "{label:<labels$}  {value:>values$}  {before}");
    }
    for (title, lines) in [
        ("Best", best(summary, account)),
        ("Worst", worst(summary, account)),
    ] {
        if !lines.is_empty() {
            let _ = writeln!(out, "\n{title} by profit");
        }
        for line in lines {
            let _ = writeln!(
                out,
                "{}  {} (cost {}, ROI {})",
                written("profit", &line.sums),
                clipped(&line.name),
                written("cost", &line.sums),
                written("roi", &line.sums)
            );
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// For programs.
pub(super) fn data(summary: &Summary, account: &Account) -> Value {
    let lines = |lines: Vec<&Line>| -> Vec<Value> { lines.into_iter().map(line).collect() };
    json!({
        "type": "summary",
        "summary_id": summary.id,
        "name": summary.name,
        "of": summary.of,
        "date": period::date(account.day).to_string(),
        "timezone": summary.timezone,
        "from": moment(account.span.from),
        "to": moment(account.span.to),
        "currency": account.currency,
        "totals": numbers(&account.total),
        "before": numbers(&account.before),
        "best": lines(best(summary, account)),
        "worst": lines(worst(summary, account)),
    })
}

/// The first of those that earn.
fn best<'a>(summary: &Summary, account: &'a Account) -> Vec<&'a Line> {
    let earning = account.campaigns.iter();
    let earning = earning.filter(|line| line.profit() > Micros::ZERO);
    earning.take(summary.top.into()).collect()
}

/// The last of those that lose, the worst first.
fn worst<'a>(summary: &Summary, account: &'a Account) -> Vec<&'a Line> {
    let losing = account.campaigns.iter().rev();
    let losing = losing.filter(|line| line.profit() < Micros::ZERO);
    losing.take(summary.top.into()).collect()
}

/// Label, value, and what it was before.
fn row(key: &str, sums: &Sums, before: &Sums) -> [String; 3] {
    let label = metric::find(key).map_or(key, |metric| metric.label);
    let was = format!(
        "before {}{}",
        written(key, before),
        change(key, sums, before)
    );
    [label.to_owned(), written(key, sums), was]
}

/// `, +12 %`; nothing for a ratio, or without anything before.
fn change(key: &str, sums: &Sums, before: &Sums) -> String {
    let (Some((now, format)), Some((before, _))) = (value(key, sums), value(key, before)) else {
        return String::new();
    };
    let percent = Micros(now.0.saturating_sub(before.0)).scaled(100, before.0.abs());
    match (format, percent) {
        (Format::Count | Format::Money, Some(Micros(percent))) => format!(", {percent:+} %"),
        _ => String::new(),
    }
}

/// A metric as people read it.
fn written(key: &str, sums: &Sums) -> String {
    let Some((value, format)) = value(key, sums) else {
        return "-".to_owned();
    };
    match format {
        Format::Count => (value.0 / Micros::UNIT).to_string(),
        Format::Money | Format::Ratio => rounded(value, 2),
        Format::Percent => rounded(value, 1) + " %",
        Format::Duration => rounded(value, 1) + " s",
    }
}

/// With so many decimals, rounded half to even.
fn rounded(value: Micros, decimals: u32) -> String {
    let parts = 10_i64.pow(decimals);
    let Some(Micros(scaled)) = value.scaled(parts, Micros::UNIT) else {
        return value.to_string();
    };
    let sign = if scaled < 0 { "-" } else { "" };
    let (whole, rest) = (
        scaled.unsigned_abs() / parts as u64,
        scaled.unsigned_abs() % parts as u64,
    );
    format!("{sign}{whole}.{rest:0width$}", width = decimals as usize)
}

fn line(line: &Line) -> Value {
    let mut fields = Map::new();
    fields.insert("campaign_id".to_owned(), json!(line.campaign_id));
    fields.insert("campaign_name".to_owned(), json!(line.name));
    fields.extend(numbers(&line.sums));
    Value::Object(fields)
}

/// Counts are integers, money and ratios decimal texts, as everywhere in the API.
fn numbers(sums: &Sums) -> Map<String, Value> {
    let told = TOLD.iter().map(|key| {
        let number = match value(key, sums) {
            None => Value::Null,
            Some((value, Format::Count)) => json!(value.0 / Micros::UNIT),
            Some((value, _)) => json!(value),
        };
        ((*key).to_owned(), number)
    });
    told.collect()
}

fn clipped(name: &str) -> String {
    match name.char_indices().nth(NAME_MAX) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name.to_owned(),
    }
}

fn moment(at: i64) -> String {
    let at = DateTime::from_timestamp_millis(at).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;
    use crate::report::Clicked;
    use crate::store::sums::Span;

    fn sums(clicks: u32, cost: &str) -> Sums {
        let mut sums = Sums::default();
        for _ in 0..clicks {
            sums.click(&Clicked::default());
        }
        sums.charge(cost.parse().expect("an amount"));
        sums
    }

    fn account(campaigns: Vec<(u64, Sums)>) -> Account {
        let line = |(campaign_id, sums)| Line {
            campaign_id,
            name: format!("C{campaign_id}"),
            sums,
        };
        Account {
            day: period::parse_date("2026-11-20").expect("a day"),
            span: Span { from: 0, to: 1 },
            currency: Currency::USD,
            total: sums(120, "12.345"),
            before: sums(100, "20"),
            campaigns: campaigns.into_iter().map(line).collect(),
        }
    }

    fn summary() -> Summary {
        Summary {
            name: "Morning".to_owned(),
            timezone: "Europe/Kyiv".to_owned(),
            top: 2,
            ..Summary::default()
        }
    }

    #[test]
    fn a_summary_reads_as_a_table_with_the_best_and_the_worst() {
        // A negative cost is a correction: that is how a campaign without conversions earns here.
        let campaigns = [
            (1, "-5"),
            (2, "-3"),
            (3, "-1"),
            (4, "0"),
            (5, "2"),
            (6, "9.999"),
        ];
        let campaigns = campaigns.map(|(id, cost)| (id, sums(1, cost)));

        let text = text(&summary(), &account(campaigns.into()));

        let expected = "Morning\nFri 2026-11-20 (Europe/Kyiv), USD\n\n\
            Clicks            120  before 100, +20 %\n\
            Cost            12.34  before 20.00, -38 %\n\
            Revenue          0.00  before 0.00\n\
            Profit         -12.34  before -20.00, +38 %\n\
            ROI          -100.0 %  before -100.0 %\n\
            Conversions         0  before 0\n\n\
            Best by profit\n5.00  C1 (cost -5.00, ROI -100.0 %)\n3.00  C2 (cost -3.00, ROI -100.0 %)\n\n\
            Worst by profit\n-10.00  C6 (cost 10.00, ROI -100.0 %)\n-2.00  C5 (cost 2.00, ROI -100.0 %)";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_day_without_anything_is_told_too() {
        let mut account = account(Vec::new());
        account.total = Sums::default();

        let text = text(&summary(), &account);
        let data = data(&summary(), &account);

        assert!(!text.contains("profit\n"), "{text}");
        assert!(
            text.contains("ROI             -  before -100.0 %"),
            "{text}"
        );
        assert_eq!(data["totals"]["clicks"], 0);
        assert_eq!(data["totals"]["roi"], Value::Null);
        assert_eq!(data["before"]["cost"], "20");
    }

    #[test]
    fn amounts_are_rounded_half_to_even() {
        let cases = [
            ("0.005", "0.00"),
            ("0.015", "0.02"),
            ("-1.999", "-2.00"),
            ("-0.004", "0.00"),
        ];
        for (amount, expected) in cases {
            assert_eq!(rounded(amount.parse().expect("an amount"), 2), expected);
        }
    }
}
