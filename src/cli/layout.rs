//! Layout of texts, tables and JSON for a terminal.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::{Map, Value};
use terminal_size::{Width, terminal_size};

use crate::{terminal::escape_line, text::counted};

/// The default width without a terminal, which is also the maximum width of a text, in characters.
const DEFAULT_WIDTH: usize = 80;

/// The maximum width of a cell, in characters. Ids have 36.
const MAX_CELL: usize = 40;

/// The minimum width of a truncated column, in characters.
const MIN_COLUMN: usize = 8;

const HEADER: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The width of the terminal, in characters.
pub(super) fn terminal_width() -> usize {
    terminal_size().map_or(DEFAULT_WIDTH, |(Width(width), _)| width.into())
}

/// Appends a text as wrapped and indented lines. A word that is longer than a line is not broken.
pub(super) fn wrap(out: &mut String, text: &str, indent: &str) {
    let widest = terminal_width()
        .min(DEFAULT_WIDTH)
        .saturating_sub(indent.len());
    let mut column = 0_usize;
    for word in text.split_whitespace() {
        let word = escape_line(word);
        let length = word.chars().count();
        let end = column.saturating_add(1).saturating_add(length);
        if column > 0 && end > widest {
            out.push('\n');
            column = 0;
        }
        out.push_str(if column == 0 { indent } else { " " });
        out.push_str(&word);
        column = column.saturating_add(1).saturating_add(length);
    }
    out.push('\n');
}

/// A JSON list of objects as a table of this width, without nested values. `None` for other JSON.
pub(super) fn table(json: &str, width: usize) -> Option<String> {
    let rows: Vec<Map<String, Value>> = serde_json::from_str(json).ok()?;
    let columns = columns(&rows, width);
    if columns.is_empty() {
        return None;
    }
    let mut out = String::new();
    let names: Vec<_> = columns
        .iter()
        .map(|(name, _)| Some(escape_line(name).into_owned()))
        .collect();
    let _ = write!(out, "{HEADER}");
    push_row(&mut out, &columns, names);
    let _ = write!(out, "{HEADER:#}");
    for row in &rows {
        let cells = columns.iter().map(|(name, _)| cell(row.get(*name)?));
        push_row(&mut out, &columns, cells.collect());
    }
    let rows = counted(rows.len(), "row");
    let _ = write!(
        out,
        "{DIM}{rows}; pipe the output (| cat) to get the complete JSON{DIM:#}"
    );
    Some(out)
}

/// The columns that fit and their widths, in order of first occurrence.
fn columns(rows: &[Map<String, Value>], width: usize) -> Vec<(&str, usize)> {
    let mut widths = Map::new();
    for (name, value) in rows.iter().flatten() {
        let Some(cell) = cell(value) else { continue };
        let length = cell.chars().count().max(escape_line(name).chars().count());
        let widest = widths.get(name).and_then(Value::as_u64).unwrap_or_default();
        let length = u64::try_from(length.min(MAX_CELL)).unwrap_or_default();
        widths.insert(name.clone(), widest.max(length).into());
    }
    let mut remaining = width;
    let mut columns = Vec::new();
    for name in rows.iter().flat_map(Map::keys) {
        let wanted = widths.shift_remove(name).and_then(|width| width.as_u64());
        let Some(wanted) = wanted.and_then(|width| usize::try_from(width).ok()) else {
            continue;
        };
        let gap = if columns.is_empty() { 0 } else { 2 };
        let available = remaining.saturating_sub(gap);
        if wanted > available && available < MIN_COLUMN {
            break;
        }
        let used = wanted.min(available);
        columns.push((name.as_str(), used));
        remaining = available.saturating_sub(used);
    }
    columns
}

/// The text of a cell, on one line. `None` for objects and lists.
fn cell(value: &Value) -> Option<String> {
    match value {
        Value::Object(_) | Value::Array(_) => None,
        Value::Null => Some(String::new()),
        Value::String(text) => {
            Some(escape_line(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned())
        }
        other => Some(other.to_string()),
    }
}

fn push_row(out: &mut String, columns: &[(&str, usize)], cells: Vec<Option<String>>) {
    let mut row = String::new();
    for ((_, width), cell) in columns.iter().zip(cells) {
        if !row.is_empty() {
            row.push_str("  ");
        }
        let cell = cell.unwrap_or_default();
        let width = *width;
        if cell.chars().count() > width {
            row.extend(cell.chars().take(width.saturating_sub(1)));
            row.push('\u{2026}');
        } else {
            let _ = write!(row, "{cell:width$}");
        }
    }
    out.push_str(row.trim_end());
    out.push('\n');
}

/// Indents JSON without changing values.
pub(super) fn indent_json(json: &str) -> String {
    /// Deeper levels are not indented further, so that the output stays linear in the input.
    const MAX_INDENT: usize = 64;
    let mut out = String::with_capacity(json.len().saturating_mul(2));
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut escaped = false;
    let mut last = ' ';
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth.min(MAX_INDENT)));
    };
    for c in json.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            out.push(c);
        } else {
            let closes = matches!(c, '}' | ']');
            if closes {
                depth = depth.saturating_sub(1);
            }
            let empty = closes && matches!(last, '{' | '[');
            if !empty && (closes || matches!(last, '{' | '[' | ',')) {
                line(&mut out, depth);
            }
            in_text = c == '"';
            out.push(c);
            if c == ':' {
                out.push(' ');
            }
            depth = depth.saturating_add(usize::from(matches!(c, '{' | '[')));
        }
        last = if in_text { '"' } else { c };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words_and_long_words_stay_whole() {
        let mut out = String::new();
        let long = "x".repeat(100);
        wrap(
            &mut out,
            &format!("{} {long} end", "word ".repeat(40)),
            "    ",
        );
        assert!(out.lines().all(|line| line.starts_with("    ")));
        assert!(
            out.lines()
                .all(|line| line.len() <= 80 || line.trim() == long)
        );
        assert_eq!(out.split_whitespace().count(), 42);
    }

    #[test]
    fn a_list_is_a_table_no_wider_than_the_terminal() {
        let json = r#"[
            {"id": "a5515700-0000-4000-8000-00000000000b", "name": "Reception\ndesk", "n": 1, "voice": {"a": 1}},
            {"id": "b", "firstMessage": "Hello, this is a message that has far too many words", "on": true}
        ]"#;
        let plain = |width| anstream::adapter::strip_str(&table(json, width).unwrap()).to_string();
        let shown = plain(80);
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(
            lines.iter().all(|line| line.chars().count() <= 80),
            "{shown}"
        );
        assert!(
            lines[0].starts_with("id  ") && lines[0].contains("name"),
            "{shown}"
        );
        assert!(
            lines[1].contains("Reception desk") && !shown.contains("voice"),
            "{shown}"
        );
        assert!(
            lines[2].starts_with("b  ") && lines[2].ends_with('\u{2026}'),
            "{shown}"
        );
        assert!(lines[3].starts_with("2 rows"), "{shown}");
        assert!(plain(200).contains("true"));
        for width in [0, 1, 7, 20] {
            let first = table(json, width).map(|shown| shown.lines().count());
            assert!(first.is_none_or(|lines| lines == 4));
        }
    }

    #[test]
    fn what_is_no_list_of_objects_with_values_is_no_table() {
        for json in [
            "[]",
            "{}",
            "[1]",
            "[[]]",
            "[{}]",
            r#"[{"a": {}}]"#,
            "[",
            r#"{"a": 1}"#,
        ] {
            assert_eq!(table(json, 80), None, "{json}");
        }
    }

    #[test]
    fn indenting_changes_nothing_but_white_space() {
        let json = r#"{"a":[1e3,"{\"[,:\\"],"b":{},"c":[],"d":[{"e":null}]}"#;
        let shown = indent_json(json);
        assert_eq!(
            shown,
            "{\n  \"a\": [\n    1e3,\n    \"{\\\"[,:\\\\\"\n  ],\n  \"b\": {},\n  \"c\": [],\n  \"d\": [\n    {\n      \"e\": null\n    }\n  ]\n}"
        );
    }
}
