//! Files of networks, of operators, and of nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::domain::conversion::Status;
use crate::domain::event::Event;
use crate::domain::id::Id;
use crate::domain::money::Micros;
use crate::domain::network::{Network, PostbackParameter};
use crate::postback;
use crate::postback::said::{Payout, Said, SaidStatus};

fn codec() -> IdCodec {
    IdCodec::new(&[7; 16])
}

/// The click id of the n-th click, as networks have it.
fn click(n: u64) -> String {
    codec().encode(click_id(n)).to_string()
}

fn click_id(n: u64) -> Id {
    Id::from_row(1_000_000 + n as i64).unwrap()
}

fn events() -> BTreeMap<u64, Arc<Event>> {
    let event = Event {
        id: 1,
        name: "Deposit".to_owned(),
        key: "deposit".to_owned(),
        words: vec!["dep".to_owned()],
        ..Event::default()
    };
    BTreeMap::from([(1, Arc::new(event))])
}

/// Files as an operator sends them.
static NOBODY: BTreeMap<u64, Arc<Network>> = BTreeMap::new();

#[derive(Default)]
struct Sent {
    network: Option<Network>,
    columns: Option<Vec<String>>,
    delimiter: Option<Delimiter>,
}

impl Sent {
    fn read(&self, bytes: &[u8]) -> Result<Batch, NoBatch> {
        let events = events();
        let words = self.words(&events);
        let options = Options {
            timezone: Tz::UTC,
            columns: self.columns.clone(),
            delimiter: self.delimiter,
        };
        super::read(bytes, &words, &codec(), &options)
    }

    fn said(&self, line: &Line) -> Said {
        let events = events();
        let content = line.content.as_ref().unwrap();
        postback::read(&content.pairs, &self.words(&events), &codec())
    }

    fn words<'a>(&'a self, events: &'a BTreeMap<u64, Arc<Event>>) -> Words<'a> {
        Words {
            network: self.network.as_ref(),
            events,
            networks: &NOBODY,
        }
    }

    /// What each row says: click, payout, tid, status, event.
    fn rows(&self, text: &str) -> (Format, Vec<Row>) {
        let batch = self.read(text.as_bytes()).unwrap();
        let row = |line: &Line| {
            let said = self.said(line);
            let status = match said.status {
                SaidStatus::Known(status) => Some(status),
                _ => None,
            };
            Row {
                click: said.click.map(|found| found.id),
                payout: said.payout,
                tid: said.tid,
                status,
                event: said.event,
            }
        };
        (batch.format, batch.lines.iter().map(row).collect())
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    click: Option<Id>,
    payout: Payout,
    tid: Option<String>,
    status: Option<Status>,
    event: String,
}

fn row(n: u64, payout: Option<i64>, tid: &str, status: Option<Status>, event: &str) -> Row {
    Row {
        click: Some(click_id(n)),
        payout: payout.map_or(Payout::Missing, |whole| {
            Payout::Stated(Micros(whole * 1_000_000))
        }),
        tid: Some(tid.to_owned()).filter(|tid| !tid.is_empty()),
        status,
        event: event.to_owned(),
    }
}

fn sale(n: u64, payout: Option<i64>, tid: &str) -> Row {
    row(n, payout, tid, Some(Status::Sale), "conversion")
}

fn reason(text: &str) -> String {
    let batch = Sent::default().read(text.as_bytes()).unwrap();
    batch.lines.last().unwrap().content.clone().unwrap_err()
}

#[test]
fn lines_of_trackers_are_recognised() {
    let (a, b, c) = (click(1), click(2), click(3));
    let rejected = |n, tid| row(n, None, tid, Some(Status::Rejected), "conversion");
    let cases = [
        (
            format!("{a},0.0,123,sale\n{b},,,rejected\n{c}"),
            Format::Keitaro,
            vec![sale(1, Some(0), "123"), rejected(2, ""), sale(3, None, "")],
        ),
        (
            format!("{a}:5:approved:event_1=7\n{b}:auto\n{c}::hold"),
            Format::Binom,
            vec![
                sale(1, Some(5), ""),
                sale(2, None, ""),
                row(3, None, "", Some(Status::Lead), "conversion"),
            ],
        ),
        (
            format!("{a}:payout=5:cnv_status=lead:cnv_currency=EUR:event3=2\n{b}"),
            Format::BinomPairs,
            vec![
                row(1, Some(5), "", Some(Status::Lead), "conversion"),
                sale(2, None, ""),
            ],
        ),
        (
            format!("{a},5,t1,deposit\n{b},-3,t2,\n"),
            Format::Voluum,
            vec![
                row(1, Some(5), "t1", Some(Status::Sale), "deposit"),
                sale(2, Some(-3), "t2"),
            ],
        ),
        (
            format!("{a},5,t1,dep,2026-01-01 10:00:00\n{b},6,t2,,1767261600"),
            Format::ClickFlare,
            vec![
                row(1, Some(5), "t1", Some(Status::Sale), "deposit"),
                sale(2, Some(6), "t2"),
            ],
        ),
        (
            format!("{a}:tx-1,5\n{b}:tx-2\n{c}:tx-3,-1"),
            Format::FunnelFlux,
            vec![
                sale(1, Some(5), "tx-1"),
                sale(2, None, "tx-2"),
                rejected(3, "tx-3"),
            ],
        ),
        (
            format!("{a}\n\n  {b}  \n"),
            Format::ClickIds,
            vec![sale(1, None, ""), sale(2, None, "")],
        ),
        (
            format!("{a};5;t1;sale\n{b}\t6\tt2\tsale\n{c},7,t3,sale"),
            Format::Keitaro,
            vec![
                sale(1, Some(5), "t1"),
                sale(2, Some(6), "t2"),
                sale(3, Some(7), "t3"),
            ],
        ),
        (
            format!("{a},payout=5,tid=t1,status=hold\n\"{b}\",\"6,00\",\"t,2\""),
            Format::Keitaro,
            vec![
                row(1, Some(5), "t1", Some(Status::Lead), "conversion"),
                sale(2, Some(6), "t,2"),
            ],
        ),
    ];
    for (text, format, expected) in cases {
        assert_eq!(Sent::default().rows(&text), (format, expected), "{text}");
    }
}

#[test]
fn tables_are_read_by_the_names_of_their_columns() {
    let (a, b) = (click(1), click(2));
    let expected = vec![sale(1, Some(5), "t1"), sale(2, Some(6), "t2")];
    for text in [
        format!("click_id,payout,tid,status\n{a},5,t1,sale\n{b},6,t2,approved\n"),
        format!(
            "\u{feff}Status;Transaction ID;Payout;SubID\r\nsale;t1;5;{a}\r\napproved;t2;6;{b}\r\n"
        ),
        format!("sep=;\nStatus;Tid;Payout;SubID\nsale;t1;5;{a}\napproved;t2;6;{b}\n"),
        format!("tid\tnote\trevenue\tclickId\n\nt1\ta, b\t5\t{a}\nt2\t\"of \"\"b\"\"\"\t6\t{b}"),
        format!(
            "Conversion_ID,Click_id,Status,txn_id,Payout,aff_sub\n9,x9,approved,t1,5,{a}\n8,x8,Approved,t2,6,{b}"
        ),
        format!("order_id:amount:sub1\nt1:5:{a}\nt2:6:{b}"),
        format!("clickid,commission,tid,notes\n{a},5,t1,\"two\nlines\"\n{b},6,t2,"),
        format!("click_id\n{a},payout=5,tid=t1\n{b},tid=t2,payout=6"),
    ] {
        let (format, rows) = Sent::default().rows(&text);
        assert_eq!((format, rows), (Format::Header, expected.clone()), "{text}");
    }
}

#[test]
fn a_name_of_the_network_comes_first_and_a_files_word_last() {
    let network = Network {
        parameters: BTreeMap::from([
            (PostbackParameter::ClickId, "tid".to_owned()),
            (PostbackParameter::Tid, "lead_id".to_owned()),
        ]),
        ..Network::default()
    };
    let sent = Sent {
        network: Some(network),
        ..Sent::default()
    };
    let a = click(1);

    let header = sent.rows(&format!("tid,Lead_ID,price,payout\n{a},77,9,5"));
    let plain = sent.rows(&format!("{a},5,77"));

    assert_eq!(header, (Format::Header, vec![sale(1, Some(5), "77")]));
    assert_eq!(plain, (Format::Keitaro, vec![sale(1, Some(5), "77")]));
}

#[test]
fn columns_of_the_request_need_no_header_and_beat_one() {
    let a = click(1);
    let sent = Sent {
        columns: Some(
            ["tid", "-", "payout", "click_id"]
                .map(str::to_owned)
                .to_vec(),
        ),
        ..Sent::default()
    };
    for text in [
        format!("t1;ignored;5;{a}"),
        format!("t1\tignored\t5\t{a}"),
        format!("a,status,order_id,clickid\nt1,rejected,5,{a}"),
    ] {
        let (format, rows) = sent.rows(&text);
        assert_eq!(
            (format, rows),
            (Format::Columns, vec![sale(1, Some(5), "t1")]),
            "{text}"
        );
    }
}

#[test]
fn a_time_is_found_in_one_column_or_two() {
    let a = click(1);
    let ten = Some(1_767_261_600_000);
    for text in [
        format!("click_id,conversion_time,created_at\n{a},2026-01-01 10:00:00,2025-12-31"),
        format!("created_at,conversion time,click_id\nnever mind,1767261600,{a}"),
        format!("click_id,date,time\n{a},2026-01-01,10:00"),
        format!("click_id,Date\n{a},2026-01-01T10:00:00Z"),
        format!("click_id,payout\n{a},time=2026-01-01 10:00"),
        format!("{a},,,,2026-01-01 10:00"),
    ] {
        let batch = Sent::default().read(text.as_bytes()).unwrap();
        let content = batch.lines[0].content.as_ref().unwrap();
        assert_eq!(content.time, ten, "{text}");
    }
    let unreadable = format!("click_id,date\n{a},01/02/2026");
    assert!(reason(&unreadable).contains("01/02/2026"));
    assert!(reason(&format!("{a},5,t,sale,01/02/2026")).contains("no time"));
}

#[test]
fn what_cannot_be_read_says_why_in_its_row() {
    let a = click(1);
    for (text, expected) in [
        (format!("click_id,payout\n{a},7,50"), "more cells"),
        ("click_id,payout\n,,".to_owned(), "empty"),
        (",,,".to_owned(), "empty"),
        (format!("5,{a},t1"), "in cell 2"),
        (format!("{a},{}", "x".repeat(70_000)), "bytes"),
    ] {
        let reason = reason(&text);
        assert!(reason.contains(expected), "{reason}");
    }
}

#[test]
fn an_open_quote_spoils_its_own_row_only() {
    let (a, b, c) = (click(1), click(2), click(3));
    let text = format!("click_id,tid,note\n{a},t1,\"open\n{b},t2,\"fine\"\n{c},t3,5\" pipe\n");

    let batch = Sent::default().read(text.as_bytes()).unwrap();

    let numbers: Vec<u64> = batch.lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [2, 3, 4]);
    let tids = batch
        .lines
        .iter()
        .map(|line| Sent::default().said(line).tid.unwrap());
    assert_eq!(tids.collect::<Vec<_>>(), ["t1", "t2", "t3"]);
}

#[test]
fn hostile_files_are_read_as_far_as_they_can() {
    let a = click(1);
    let many = (0..300)
        .map(|n| format!("c{n}"))
        .collect::<Vec<_>>()
        .join(",");
    let wide = format!("click_id,{many}\n{a},{many}");
    let batch = Sent::default().read(wide.as_bytes()).unwrap();
    assert_eq!(batch.lines[0].content.as_ref().unwrap().pairs.len(), 301);

    let nul = format!("\0click_id,pay\0out\n{a}\0,5\0");
    assert_eq!(Sent::default().rows(&nul).1, [sale(1, Some(5), "")]);

    let mut cyrillic = format!("click_id;status;payout\n{a};").into_bytes();
    cyrillic.extend([0xef, 0xf0, 0xe8, 0xed, 0xff, 0xf2]); // принят in Windows-1251
    cyrillic.extend(b";5");
    let batch = Sent::default().read(&cyrillic).unwrap();
    assert!(batch.remarks[0].contains("UTF-8"), "{:?}", batch.remarks);
    assert_eq!(
        Sent::default().said(&batch.lines[0]).click.unwrap().id,
        click_id(1)
    );

    let wide_text: Vec<u8> = format!("\u{feff}click_id\tpayout\r\n{a}\t5\r\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let batch = Sent::default().read(&wide_text).unwrap();
    assert_eq!(batch.lines.len(), 1);
    assert_eq!(
        Sent::default().said(&batch.lines[0]).payout,
        Payout::Stated(Micros(5_000_000))
    );

    let long = format!("{a},{}\n{a},5", "9".repeat(1_000_000));
    let batch = Sent::default().read(long.as_bytes()).unwrap();
    assert!(batch.lines[0].content.is_err() && batch.lines[0].raw.len() < 1_100);
    assert!(batch.lines[1].content.is_ok());
}

#[test]
fn an_empty_file_and_one_that_is_too_long_are_refused() {
    for text in ["", "\n\n \n", "\u{feff}", "click_id,payout\n"] {
        assert_eq!(
            Sent::default().read(text.as_bytes()),
            Err(NoBatch::Empty),
            "{text:?}"
        );
    }
    let rows = format!("{}\n", click(1)).repeat(MAX_ROWS + 1);
    assert_eq!(
        Sent::default().read(rows.as_bytes()),
        Err(NoBatch::TooManyRows)
    );
    let rows = &rows[..rows.len() / (MAX_ROWS + 1) * MAX_ROWS];
    assert_eq!(
        Sent::default().read(rows.as_bytes()).unwrap().lines.len(),
        MAX_ROWS
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        text in "(click_id[,;:\t|](tid|time|date)\n)?([\"a-z0-9=.,;:|\t -]{0,12}\n){0,8}",
        delimiter in prop::option::of(0..5_usize),
    ) {
        let delimiter = delimiter.map(|at| Delimiter::ALL[at].1);
        let sent = Sent { delimiter, ..Sent::default() };
        for bytes in [&bytes[..], text.as_bytes()] {
            for line in sent.read(bytes).map_or(Vec::new(), |batch| batch.lines) {
                if line.content.is_ok() {
                    sent.said(&line);
                }
            }
        }
    }

    #[test]
    fn every_line_has_its_verdict_and_no_quote_takes_others_along(
        rows in prop::collection::vec(
            prop::collection::vec("[xyz0-9 =.\"-]{0,6}", 1..7), 1..12),
        has_header in any::<bool>(),
        delimiter in 0..5_usize,
    ) {
        let names_a_column = |cell: &String| columns::named(cell, None).is_known;
        prop_assume!(has_header || !rows[0].iter().any(names_a_column));
        let delimiter = Delimiter::ALL[delimiter].1;
        let separator = delimiter.character().to_string();
        // No cell is the name of a column: a first line with one would be a header.
        // Every line has its number in front; only a table may join some, and then whole cells.
        let mut text = String::from(if has_header { "click_id" } else { "" });
        for (at, row) in rows.iter().enumerate() {
            text.push_str(&format!("\nx{at}{separator}{}", row.join(&separator)));
        }

        let lines = Sent::default().read(text.as_bytes()).unwrap().lines;

        if text.contains('"') && has_header {
            let raws: String = lines.iter().map(|line| line.raw.as_str()).collect();
            for at in 0..rows.len() {
                let mark = format!("x{at}{}", if separator == "\t" { " " } else { &separator });
                prop_assert!(raws.contains(&mark), "{} in {}", mark, raws);
            }
        } else {
            let numbers: Vec<u64> = lines.iter().map(|line| line.number).collect();
            let expected: Vec<u64> = (2..).take(rows.len()).collect();
            prop_assert_eq!(numbers, expected);
        }
    }
}

#[test]
fn a_first_line_of_unknown_names_is_remarked() {
    let a = click(1);
    let remarks = |text: &str| Sent::default().read(text.as_bytes()).unwrap().remarks;

    for header in ["Номер;Сумма;Статус", "Order;Total;State"] {
        let found = remarks(&format!("{header}\n{a};5;sale"));
        assert_eq!(found.len(), 1, "{header}");
        assert!(found[0].contains("\"columns\""), "{found:?}");
    }
    for rows in [
        format!("{a},5,t,sale\n{a},6,u,sale"),
        format!("lost,5,t,sale\n{a},6,u,sale"),
        format!("{a}:auto:lead\n{a}:5:sale"),
        format!("{a}\n{a}"),
        "Order;Total;State".to_owned(),
        format!("click_id;what\n{a};x"),
    ] {
        assert_eq!(remarks(&rows), [""; 0], "{rows}");
    }
}
