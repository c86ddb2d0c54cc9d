//! Edits of JSON with comments that preserve everything else.

use std::{iter, ops::Range};

use jsonc_parser::{
    CollectOptions, CommentCollectionStrategy, ParseOptions,
    ast::{Array, Object, Value as Ast},
    common::Ranged,
    cst::{CstInputValue, CstObject, CstRootNode},
    parse_to_ast, parse_to_serde_value,
    tokens::Token,
};
use serde_json::{Map, Value};

use super::{entry::INPUT_ID, error::EditError};

/// The list of prompts of VS Code.
const INPUTS: &str = "inputs";

fn parse(text: &str) -> Result<CstRootNode, EditError> {
    CstRootNode::parse(text, &ParseOptions::default())
        .map_err(|error| EditError::Syntax(error.to_string()))
}

/// The value of the text. An empty text is an empty object.
pub(super) fn parse_value(text: &str) -> Result<Value, EditError> {
    // Without the syntax tree, which is ten times as large.
    let value: Option<Value> = parse_to_serde_value(text, &ParseOptions::default())
        .map_err(|error| EditError::Syntax(error.to_string()))?;
    Ok(value.unwrap_or_else(|| Value::Object(Map::new())))
}

/// The ranges of comments, or the whole text if it cannot be parsed.
pub(super) fn comments(text: &str) -> Vec<Range<usize>> {
    let collect = CollectOptions {
        comments: CommentCollectionStrategy::AsTokens,
        tokens: true,
    };
    let parsed = parse_to_ast(text, &collect, &ParseOptions::default());
    let Some(tokens) = parsed.ok().and_then(|parsed| parsed.tokens) else {
        return iter::once(0..text.len()).collect();
    };
    let comments = tokens
        .iter()
        .filter(|found| matches!(found.token, Token::CommentLine(_) | Token::CommentBlock(_)));
    comments
        .map(|found| found.range.start..found.range.end)
        .collect()
}

/// Writes the entry, and the prompt if there is one.
pub(super) fn insert(
    text: &str,
    servers: &'static str,
    name: &str,
    entry: &Map<String, Value>,
    input: Option<&Value>,
) -> Result<String, EditError> {
    let root = parse(text)?;
    let top = root
        .object_value_or_create()
        .ok_or(EditError::UnexpectedType("the file"))?;
    if let Some(input) = input {
        let inputs = top
            .array_value_or_create(INPUTS)
            .ok_or(EditError::UnexpectedType(INPUTS))?;
        if !inputs
            .elements()
            .iter()
            .any(|element| is_own_input(element.to_serde_value()))
        {
            inputs.append(to_cst(input));
        }
    }
    let container = top
        .object_value_or_create(servers)
        .ok_or(EditError::UnexpectedType(servers))?;
    write_members(&member(&container, name), entry);
    Ok(root.to_string())
}

/// Removes the entry and the prompt, and their containers if these are then empty and `keep` does
/// not hold them.
pub(super) fn remove(
    text: &str,
    servers: &'static str,
    name: &str,
    keep: impl Fn(&str) -> bool,
) -> Result<String, EditError> {
    let mut text = without(text, |top| {
        Some(Siblings::of(top.get_object(servers)?).named(name))
    })?;
    if !keep(servers) {
        text = without(&text, |top| {
            let empty = top.get_object(servers)?.properties.is_empty();
            empty.then(|| Siblings::of(top).named(servers))
        })?;
    }
    let before = text.clone();
    text = without(&text, |top| Siblings::of_inputs(top.get_array(INPUTS)?))?;
    if text != before && !keep(INPUTS) {
        text = without(&text, |top| {
            let empty = top.get_array(INPUTS)?.elements.is_empty();
            empty.then(|| Siblings::of(top).named(INPUTS))
        })?;
    }
    Ok(text)
}

/// Removes the element that is found. The library's own removal also removes comments before it, so
/// the ranges of its parser are used here.
fn without(
    text: &str,
    find: impl FnOnce(&Object<'_>) -> Option<Siblings>,
) -> Result<String, EditError> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default())
        .map_err(|error| EditError::Syntax(error.to_string()))?;
    let siblings = match &parsed.value {
        Some(Ast::Object(top)) => find(top),
        _ => None,
    };
    Ok(siblings.map_or_else(
        || text.to_owned(),
        |siblings| siblings.without_removed(text),
    ))
}

/// The elements of an object or array, and which of them is removed.
struct Siblings {
    /// The range between the brackets.
    inside: Range<usize>,
    elements: Vec<Range<usize>>,
    names: Vec<String>,
    removed: Option<usize>,
}

impl Siblings {
    fn of(object: &Object<'_>) -> Self {
        let parts = object.properties.iter();
        let names = object.properties.iter();
        Self {
            inside: object.range.start + 1..object.range.end.saturating_sub(1),
            elements: parts.map(|part| part.range.start..part.range.end).collect(),
            names: names.map(|part| part.name.as_str().to_owned()).collect(),
            removed: None,
        }
    }

    fn named(mut self, name: &str) -> Self {
        self.removed = self.names.iter().position(|known| known == name);
        self
    }

    /// The prompt of this server.
    fn of_inputs(array: &Array<'_>) -> Option<Self> {
        let is_own = |element: &Ast<'_>| match element {
            Ast::Object(object) => object
                .get_string("id")
                .is_some_and(|id| id.value.as_ref() == INPUT_ID),
            _ => false,
        };
        let parts = array.elements.iter().map(Ranged::range);
        Some(Self {
            inside: array.range.start + 1..array.range.end.saturating_sub(1),
            elements: parts.map(|range| range.start..range.end).collect(),
            names: Vec::new(),
            removed: Some(array.elements.iter().position(is_own)?),
        })
    }

    /// The text without the element, its comma and its line.
    fn without_removed(&self, text: &str) -> String {
        let Some((at, part)) = self
            .removed
            .and_then(|at| Some((at, self.elements.get(at)?)))
        else {
            return text.to_owned();
        };
        let before = at.checked_sub(1).and_then(|at| self.elements.get(at));
        let mut end = part.end;
        let mut cuts = Vec::new();
        if let Some(comma) = comma_after(text, part.end) {
            cuts.push(comma..comma + 1);
            end = comma + 1;
        } else if let Some(comma) = before.and_then(|before| comma_after(text, before.end)) {
            cuts.push(comma..comma + 1);
        }
        cuts.push(line_start(text, part.start, end)..part.end);
        if self.elements.len() == 1 {
            let inside = text.get(self.inside.clone()).unwrap_or_default();
            let element = text.get(part.clone()).unwrap_or_default();
            let rest = inside.replacen(element, "", 1);
            if rest.trim_matches([',', ' ', '\t', '\r', '\n']).is_empty() {
                cuts = vec![self.inside.clone()];
            }
        }
        cuts.sort_by_key(|cut| cut.start);
        let mut out = text.to_owned();
        for cut in cuts.into_iter().rev() {
            out.replace_range(cut, "");
        }
        out
    }
}

/// The position of the next comma, if only white space and comments precede it.
fn comma_after(text: &str, mut at: usize) -> Option<usize> {
    loop {
        let rest = text.get(at..)?;
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("//") {
            at += trimmed.find('\n')?;
        } else if trimmed.starts_with("/*") {
            at += trimmed.find("*/")? + 2;
        } else {
            return trimmed.starts_with(',').then_some(at);
        }
    }
}

/// The start of the white space before the element, including the line break if the line also ends
/// after the element, so that what follows does not become part of a comment.
fn line_start(text: &str, start: usize, end: usize) -> usize {
    let before = text.get(..start).unwrap_or_default();
    let bare = before.trim_end_matches([' ', '\t']);
    let after = text.get(end..).unwrap_or_default();
    let ends = after
        .trim_start_matches([' ', '\t'])
        .starts_with(['\r', '\n']);
    match bare.strip_suffix('\n') {
        Some(shorter) if ends => shorter.strip_suffix('\r').unwrap_or(shorter).len(),
        _ => bare.len(),
    }
}

fn is_own_input(input: Option<Value>) -> bool {
    input.is_some_and(|input| input.get("id").is_some_and(|id| id == INPUT_ID))
}

/// The object of this name, which replaces any other value.
fn member(object: &CstObject, name: &str) -> CstObject {
    object.object_value_or_set(name)
}

/// Sets the members of the object, and changes only those that differ.
fn write_members(object: &CstObject, members: &Map<String, Value>) {
    for property in object.properties() {
        let name = property.decoded_name();
        if !name.is_some_and(|name| members.contains_key(&name)) {
            property.remove();
        }
    }
    for (name, value) in members {
        let Some(property) = object.get(name) else {
            object.append(name, to_cst(value));
            continue;
        };
        let old = property.value().and_then(|value| value.to_serde_value());
        match (value.as_object(), property.object_value()) {
            _ if old.as_ref() == Some(value) => {}
            (Some(members), Some(object)) => write_members(&object, members),
            _ => property.set_value(to_cst(value)),
        }
    }
}

fn to_cst(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(to_cst).collect()),
        Value::Object(members) => {
            let members = members.iter();
            CstInputValue::Object(
                members
                    .map(|(name, value)| (name.clone(), to_cst(value)))
                    .collect(),
            )
        }
    }
}
