//! Edits of TOML that preserve everything else.

use std::ops::Range;

use serde_json::{Map, Number, Value as Json};
use toml_edit::{
    Array, Document, DocumentMut, InlineTable, Item, TableLike, TomlError, Value, value as item,
};
use toml_parser::{Source, lexer::TokenKind};

use super::error::EditError;

/// The value of the text. Dates become strings, because they are never written back.
pub(super) fn parse_value(text: &str) -> Result<Json, EditError> {
    let document = Document::parse(text).map_err(syntax)?;
    Ok(table_to_json(document.as_table()))
}

/// The ranges of comments and multi-line strings.
pub(super) fn comments_and_multiline_strings(text: &str) -> Vec<Range<usize>> {
    let tokens = Source::new(text).lex().filter(|token| {
        matches!(
            token.kind(),
            TokenKind::Comment | TokenKind::MlBasicString | TokenKind::MlLiteralString
        )
    });
    tokens
        .map(|token| token.span().start()..token.span().end())
        .collect()
}

/// Writes the entry: a new one as a table at the end, an existing one in place.
pub(super) fn insert(
    text: &str,
    servers: &'static str,
    name: &str,
    entry: &Map<String, Json>,
) -> Result<String, EditError> {
    let document = Document::parse(text).map_err(syntax)?;
    let container = document.get(servers);
    if let Some(found) = container
        && !found.is_table_like()
    {
        return Err(EditError::UnexpectedType(servers));
    }
    let old = container.and_then(|servers| servers.get(name));
    if old.is_none() && !container.is_some_and(Item::is_value) {
        return append(text, servers, name, entry);
    }
    edit(text, servers, |container| {
        let old = container.get_mut(name).and_then(Item::as_table_like_mut);
        match old {
            Some(table) => write_members(table, entry)?,
            None => {
                container.insert(name, item(inline(entry)?));
            }
        }
        Ok(())
    })
}

/// Removes the entry.
pub(super) fn remove(text: &str, servers: &'static str, name: &str) -> Result<String, EditError> {
    let document = Document::parse(text).map_err(syntax)?;
    let entry = document.get(servers).and_then(|servers| servers.get(name));
    match entry {
        None => Ok(text.to_owned()),
        Some(Item::Table(table)) if !table.is_dotted() => {
            let mut cuts = Vec::new();
            collect_spans(table, &mut cuts);
            cuts.sort_by_key(|cut| cut.start);
            let cut = |text: String, range: &Range<usize>| cut_lines(&text, range);
            Ok(cuts.iter().rev().fold(text.to_owned(), cut))
        }
        Some(_) => edit(text, servers, |container| {
            container.remove(name);
            Ok(())
        }),
    }
}

fn syntax(error: TomlError) -> EditError {
    EditError::Syntax(error.message().to_owned())
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Appends the entry as a table. The text ends with a line break if it did before.
fn append(
    text: &str,
    servers: &str,
    name: &str,
    entry: &Map<String, Json>,
) -> Result<String, EditError> {
    let line_end = newline(text);
    let mut lines = Vec::new();
    let ends_a_line = text.is_empty() || text.ends_with('\n');
    if !ends_a_line {
        lines.push(String::new());
    }
    if !text.is_empty() {
        lines.push(String::new());
    }
    lines.push(format!("[{servers}.{name}]"));
    for (key, value) in entry {
        lines.push(format!("{key} = {}", from_json(value)?));
    }
    if ends_a_line {
        lines.push(String::new());
    }
    Ok(format!("{text}{}", lines.join(line_end)))
}

/// Edits the table of servers in place. The library normalizes line breaks, which are restored.
fn edit(
    text: &str,
    servers: &'static str,
    change: impl FnOnce(&mut dyn TableLike) -> Result<(), EditError>,
) -> Result<String, EditError> {
    let line_end = newline(text);
    let mut normalized = text.replace("\r\n", "\n");
    let ends_a_line = normalized.ends_with('\n');
    if !ends_a_line {
        normalized.push('\n');
    }
    let mut document: DocumentMut = normalized.parse().map_err(syntax)?;
    let unchanged = document.to_string();
    if unchanged != normalized
        || (line_end == "\r\n" && text != with_crlf(&normalized, ends_a_line))
    {
        return Err(EditError::NotIsolated);
    }
    let container = document.get_mut(servers).and_then(Item::as_table_like_mut);
    change(container.ok_or(EditError::UnexpectedType(servers))?)?;
    let mut after = document.to_string();
    if !ends_a_line && after.ends_with('\n') {
        after.pop();
    }
    Ok(after.replace('\n', line_end))
}

/// The text with CRLF line breaks.
fn with_crlf(normalized: &str, ends_a_line: bool) -> String {
    let kept = if ends_a_line {
        normalized
    } else {
        normalized.trim_end_matches('\n')
    };
    kept.replace('\n', "\r\n")
}

/// Collects the ranges of the table's span lines and of the tables in it.
fn collect_spans(table: &toml_edit::Table, cuts: &mut Vec<Range<usize>>) {
    let mut span = table.span().filter(|_| !table.is_implicit());
    extend_span(table, &mut span, cuts);
    cuts.extend(span);
}

fn extend_span(
    table: &toml_edit::Table,
    span: &mut Option<Range<usize>>,
    cuts: &mut Vec<Range<usize>>,
) {
    for (_, item) in table.iter() {
        match item {
            Item::Table(inner) if inner.is_dotted() => extend_span(inner, span, cuts),
            Item::Table(inner) => collect_spans(inner, cuts),
            Item::ArrayOfTables(inner) => inner.iter().for_each(|table| collect_spans(table, cuts)),
            Item::Value(_) | Item::None => {
                if let (Some(span), Some(value)) = (span.as_mut(), item.span()) {
                    span.end = span.end.max(value.end);
                }
            }
        }
    }
}

/// Removes the lines of the range, and the blank line before them if another one or nothing
/// follows.
fn cut_lines(text: &str, range: &Range<usize>) -> String {
    let (head, tail) = (
        text.get(..range.start).unwrap_or_default(),
        text.get(range.end..).unwrap_or_default(),
    );
    let mut before = head
        .get(..head.rfind('\n').map_or(0, |at| at + 1))
        .unwrap_or_default();
    let after = match tail.find('\n') {
        Some(at) => tail.get(at + 1..).unwrap_or_default(),
        None => "",
    };
    let line_end = newline(text);
    let blank_follows = after.is_empty() || after.starts_with(['\n', '\r']);
    if blank_follows
        && let Some(shorter) = before.strip_suffix(line_end)
        && shorter.ends_with('\n')
    {
        before = shorter;
    }
    if after.is_empty() && !text.ends_with('\n') {
        before = before.strip_suffix(line_end).unwrap_or(before);
    }
    format!("{before}{after}")
}

fn table_to_json(table: &dyn TableLike) -> Json {
    let members = table.iter();
    members
        .map(|(key, item)| (key.to_owned(), item_to_json(item)))
        .collect::<Map<_, _>>()
        .into()
}

fn item_to_json(item: &Item) -> Json {
    match item {
        Item::None => Json::Null,
        Item::Value(value) => value_to_json(value),
        Item::Table(table) => table_to_json(table),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| table_to_json(table)).collect(),
    }
}

fn value_to_json(value: &Value) -> Json {
    match value {
        Value::String(text) => text.value().as_str().into(),
        Value::Integer(number) => (*number.value()).into(),
        Value::Float(number) => Number::from_f64(*number.value()).into(),
        Value::Boolean(flag) => (*flag.value()).into(),
        Value::Datetime(time) => time.value().to_string().into(),
        Value::Array(items) => items.iter().map(value_to_json).collect(),
        Value::InlineTable(table) => table_to_json(table),
    }
}

fn from_json(value: &Json) -> Result<Value, EditError> {
    Ok(match value {
        Json::String(text) => text.as_str().into(),
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(number)) => number.into(),
            (None, None) => return Err(EditError::NotIsolated),
        },
        Json::Array(items) => {
            let items: Result<Array, _> = items.iter().map(from_json).collect();
            items?.into()
        }
        Json::Object(members) => inline(members)?.into(),
        Json::Null => return Err(EditError::NotIsolated),
    })
}

fn inline(members: &Map<String, Json>) -> Result<InlineTable, EditError> {
    let members = members.iter();
    members
        .map(|(key, value)| Ok((key.as_str(), from_json(value)?)))
        .collect()
}

/// Sets the members of the table, and changes only those that differ.
fn write_members(table: &mut dyn TableLike, members: &Map<String, Json>) -> Result<(), EditError> {
    let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
    for name in names.iter().filter(|name| !members.contains_key(*name)) {
        table.remove(name);
    }
    for (name, value) in members {
        let Some(old) = table.get_mut(name) else {
            table.insert(name, item(from_json(value)?));
            continue;
        };
        if item_to_json(old) == *value {
            continue;
        }
        match (value.as_object(), old.as_table_like_mut()) {
            (Some(members), Some(table)) => write_members(table, members)?,
            _ => {
                let mut new = from_json(value)?;
                if let Some(old) = old.as_value() {
                    *new.decor_mut() = old.decor().clone();
                }
                *old = item(new);
            }
        }
    }
    Ok(())
}
