//! Checks that a row sends every property that the body requires.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    check::{Checker, Part},
    location::{descend, escaped, form_file, of_first, segments},
    validate::accepts,
};
use crate::{
    document::{Document, Operation, array},
    lower::requires,
    table::Row,
};

/// The values that a row sends on its own, each with its pointer into the body.
pub(crate) fn values(row: &Row) -> impl Iterator<Item = (&str, &Value)> {
    row.args.values().flat_map(|arg| {
        let arg = arg.get_ref();
        let default = arg.body.as_deref().zip(arg.default.as_ref());
        let beside = arg.constants.iter().chain(&arg.fill);
        default
            .into_iter()
            .chain(beside.map(|(at, value)| (at.as_str(), value)))
    })
}

/// The scalars of a value, each with its pointer.
pub(crate) fn leaves<'a>(at: &str, value: &'a Value) -> Vec<(String, &'a Value)> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| leaves(&format!("{at}/{}", escaped(key)), value))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .flat_map(|(index, value)| leaves(&format!("{at}/{index}"), value))
            .collect(),
        scalar => vec![(at.to_owned(), scalar)],
    }
}

/// The pointers into the body that a row may set.
pub(crate) fn sent(row: &Row) -> BTreeSet<String> {
    let args = row.args.values().map(|arg| arg.get_ref());
    let own = args.flat_map(|arg| arg.body.iter().chain(arg.moved.values()).cloned());
    let values = values(row).flat_map(|(at, value)| leaves(at, value));
    own.chain(values.map(|(at, _)| at))
        .chain([String::new()])
        .collect()
}

/// The pointers to all objects that contain this location.
pub(crate) fn ways(pointer: &str) -> Vec<String> {
    let mut way = String::new();
    let mut ways = Vec::new();
    for segment in segments(pointer) {
        ways.push(way.clone());
        way = format!("{way}/{}", escaped(&segment));
    }
    ways
}

/// The pointers to properties that the body requires and the row never sends. A change is merged into
/// a stored object, which has the nested ones.
pub(crate) fn unfilled(
    document: &Document,
    row: &Row,
    operation: Operation<'_>,
    body: &[Value],
) -> Vec<String> {
    let sent = sent(row);
    let mut ways: BTreeSet<String> = sent.iter().flat_map(|pointer| ways(pointer)).collect();
    ways.insert(String::new());
    if matches!(operation.method, "patch" | "put") {
        ways.retain(String::is_empty);
    }
    let file = form_file(document, operation).map(|name| format!("/{}", escaped(&name)));
    let is_sent = |place: &str| {
        let below = format!("{place}/");
        let is_at = |pointer: &String| pointer == place || pointer.starts_with(&below);
        sent.iter().chain(&file).any(is_at)
    };
    let places = ways.into_iter().flat_map(|way| {
        let names = required(document, row, body, &way);
        names
            .into_iter()
            .map(move |name| format!("{way}/{}", escaped(&name)))
    });
    places.filter(|place| !is_sent(place)).collect()
}

/// The properties that every object at `way` must have, of the members of a union only those that
/// accept the values that the row sends on its own.
fn required(document: &Document, row: &Row, body: &[Value], way: &str) -> Vec<String> {
    let alternatives = descend(document, body, way).unwrap_or_default();
    let below = format!("{way}/");
    let own: Vec<_> = values(row)
        .flat_map(|(at, value)| leaves(at, value))
        .filter_map(|(at, value)| Some((at.strip_prefix(&below)?.to_owned(), value)))
        .filter(|(name, _)| !name.contains('/'))
        .collect();
    let admits = |schema: &&Value| {
        own.iter().all(|(segment, value)| {
            let name = segments(&format!("/{segment}")).next().unwrap_or_default();
            let property = schema.get("properties").and_then(|all| all.get(&name));
            property.is_none_or(|it| accepts(document, &document.alternatives(it), value))
        })
    };
    let mut chosen: Vec<_> = alternatives.iter().filter(admits).collect();
    if chosen.is_empty() {
        chosen = alternatives.iter().collect();
    }
    let Some((first, rest)) = chosen.split_first() else {
        return Vec::new();
    };
    array(first.get("required"))
        .filter_map(Value::as_str)
        .filter(|name| rest.iter().all(|schema| requires(schema, name)))
        .map(str::to_owned)
        .collect()
}

impl<'a> Checker<'a> {
    /// Checks that the row sends what the body requires, and nothing that it refuses.
    pub(super) fn requirements(&mut self, row: &Row, operation: Operation<'a>, body: &[Value]) {
        // An error that was reported above may be the cause of a property that is not sent.
        let missing = match self.problems.is_empty() {
            true => unfilled(self.document, row, operation, body),
            false => Vec::new(),
        };
        for place in missing {
            let reason = format!(
                "the body of `{}` requires `{place}`, but the row has no argument for it",
                operation.id
            );
            let remedy = format!("add an argument with `body = \"{place}\"`, or a constant");
            self.problems
                .push(self.problem("`args`", reason).remedy(remedy));
        }
        for (name, arg) in &row.args {
            let arg = arg.get_ref();
            let part = self.part(name);
            // A default that does not match the schema of its argument has been reported.
            if self.has_problem(&part) {
                continue;
            }
            let default = arg.body.as_ref().zip(arg.default.as_ref());
            let beside = arg.constants.iter().chain(&arg.fill);
            for (at, value) in default.into_iter().chain(beside) {
                let schemas = descend(self.document, body, at).unwrap_or_default();
                if !accepts(self.document, &schemas, value) {
                    let reason = format!("`{at}` cannot be {value} in the document");
                    self.fault(&part, reason);
                }
            }
            for (at, text) in &arg.append {
                let item = format!("{at}/0");
                let schemas = descend(self.document, body, &item).unwrap_or_default();
                if !accepts(self.document, &schemas, &Value::from(text.as_str())) {
                    let reason = format!("`{item}` cannot be `{text}` in the document");
                    self.fault(&part, reason);
                }
            }
        }
    }

    /// Checks that the body has the places of overrides.
    pub(super) fn overrides(&mut self, row: &Row, body: Option<&[Value]>) {
        let Some(overrides) = &row.overrides else {
            return;
        };
        let part = Part::from("`overrides`");
        let Some(body) = body else {
            self.fault(part, format!("`{}` has no body", row.operation));
            return;
        };
        let single = [overrides.id, overrides.inline];
        for pointer in overrides
            .at
            .iter()
            .chain(&single)
            .chain(overrides.ambiguous)
        {
            self.pointer(&part, body, &of_first(pointer));
        }
    }
}
