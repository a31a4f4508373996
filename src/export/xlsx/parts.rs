//! The parts around the rows.

use std::fmt::Write;

use super::markup::column;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const SPREADSHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MEDIA: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// Wide enough for a time.
const WIDTH: u8 = 20;

pub(super) const SHEET_END: &str = "</sheetData></worksheet>";

/// What stands before the rows of a sheet: the first one stays in view.
pub(super) fn sheet_start(columns: usize) -> String {
    let last = columns.max(1);
    format!(
        "{HEAD}<worksheet xmlns=\"{SPREADSHEET}\"><sheetViews><sheetView workbookViewId=\"0\">\
         <pane ySplit=\"1\" topLeftCell=\"{}2\" activePane=\"bottomLeft\" state=\"frozen\"/>\
         </sheetView></sheetViews><cols><col min=\"1\" max=\"{last}\" width=\"{WIDTH}\" \
         customWidth=\"1\"/></cols><sheetData>",
        column(0)
    )
}

/// Where a sheet is in the archive, by its number from 1 up.
pub(super) fn sheet_path(number: usize) -> String {
    format!("xl/worksheets/sheet{number}.xml")
}

/// The other parts, by their paths.
pub(super) fn around(sheets: usize) -> Vec<(&'static str, String)> {
    vec![
        ("xl/styles.xml", styles()),
        ("xl/workbook.xml", workbook(sheets)),
        ("xl/_rels/workbook.xml.rels", relations_of_workbook(sheets)),
        ("_rels/.rels", relations()),
        ("[Content_Types].xml", content_types(sheets)),
    ]
}

/// A plain cell, a header, a time, a date: `markup` names them by their places.
fn styles() -> String {
    format!(
        "{HEAD}<styleSheet xmlns=\"{SPREADSHEET}\">\
         <numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\\ hh:mm:ss\"/>\
         <numFmt numFmtId=\"165\" formatCode=\"yyyy\\-mm\\-dd\"/></numFmts>\
         <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>\
         <font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
         <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill>\
         <fill><patternFill patternType=\"gray125\"/></fill></fills>\
         <borders count=\"1\"><border/></borders>\
         <cellStyleXfs count=\"1\"><xf/></cellStyleXfs>\
         <cellXfs count=\"4\"><xf xfId=\"0\"/><xf xfId=\"0\" fontId=\"1\" applyFont=\"1\"/>\
         <xf xfId=\"0\" numFmtId=\"164\" applyNumberFormat=\"1\"/>\
         <xf xfId=\"0\" numFmtId=\"165\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
    )
}

fn workbook(sheets: usize) -> String {
    let mut text = format!("{HEAD}<workbook xmlns=\"{SPREADSHEET}\" xmlns:r=\"{OFFICE}\"><sheets>");
    for number in 1..=sheets {
        let _ = write!(
            text,
            "<sheet name=\"Sheet {number}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>"
        );
    }
    text + "</sheets></workbook>"
}

fn relations_of_workbook(sheets: usize) -> String {
    let mut text = format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">");
    for number in 1..=sheets {
        let _ = write!(
            text,
            "<Relationship Id=\"rId{number}\" Type=\"{OFFICE}/worksheet\" \
             Target=\"worksheets/sheet{number}.xml\"/>"
        );
    }
    let _ = write!(
        text,
        "<Relationship Id=\"rId{}\" Type=\"{OFFICE}/styles\" Target=\"styles.xml\"/>",
        sheets + 1
    );
    text + "</Relationships>"
}

fn relations() -> String {
    format!(
        "{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" \
         Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    )
}

fn content_types(sheets: usize) -> String {
    let mut text = format!(
        "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{MEDIA}.sheet.main+xml\"/>\
         <Override PartName=\"/xl/styles.xml\" ContentType=\"{MEDIA}.styles+xml\"/>"
    );
    for number in 1..=sheets {
        let _ = write!(
            text,
            "<Override PartName=\"/{}\" ContentType=\"{MEDIA}.worksheet+xml\"/>",
            sheet_path(number)
        );
    }
    text + "</Types>"
}
