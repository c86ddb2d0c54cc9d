//! Finds changes between two fixed documents that break a row: problems from the check of the rows,
//! and problems that only a comparison finds.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::usage::{Use, leaves, shown};
use crate::{
    catalog::{
        self,
        location::{answer_schema, body_schema, descend, escaped, rows, segments},
        validate::is_of_type,
    },
    document::{Document, Operation, array, object},
    lower::{kind, requires},
    problem::{self, Problem},
    table::{ArgRow, Row, Table},
};

/// The parts of a row that the new document breaks.
#[derive(Clone, Debug, Default)]
pub(super) struct Breakage {
    /// Descriptions of the problems, for the report.
    pub(super) messages: Vec<String>,
    /// The arguments, constants and results that are no longer valid.
    pub(super) lost: HashSet<Use>,
    /// Properties of bodies that the API now requires and the tool never sends.
    pub(super) newly_required: HashSet<String>,
}

/// The problems that the rows have with the new document but not with the old one.
pub(super) fn new_problems(old: &Document, new: &Document, table: &Table) -> Vec<Problem> {
    let problems = |document| {
        catalog::check(document, table.clone())
            .err()
            .unwrap_or_default()
    };
    problem::without(problems(new), &problems(old))
}

/// Finds the parts of `row` that the new document breaks.
pub(super) fn of_row(old: &Document, new: &Document, row: &Row, problems: &[Problem]) -> Breakage {
    let own = problems.iter().filter(|it| it.row() == Some(&row.name));
    let mut breakage = Breakage {
        messages: own.map(Problem::message).collect(),
        ..Breakage::default()
    };
    let operations = (old.operation(&row.operation), new.operation(&row.operation));
    if let (Some(before), Some(after)) = operations {
        let (old, new) = (Side::of(old, before), Side::of(new, after));
        for (name, arg) in &row.args {
            breakage.argument(&old, &new, name, arg.get_ref());
        }
        breakage.requirements(&old, &new, row);
        breakage.results(&old, &new, row);
    }
    breakage
}

/// An operation in one of the documents.
struct Side<'a> {
    document: &'a Document,
    operation: Operation<'a>,
    body: Vec<Value>,
}

impl<'a> Side<'a> {
    fn of(document: &'a Document, operation: Operation<'a>) -> Self {
        Self {
            document,
            operation,
            body: body_schema(document, operation).unwrap_or_default(),
        }
    }

    fn at(&self, pointer: &str) -> Option<Vec<Value>> {
        descend(self.document, &self.body, pointer).ok()
    }

    /// The schemas of an argument's value.
    fn of_argument(&self, arg: &ArgRow) -> Option<Vec<Value>> {
        let (place, name) = match (&arg.path, &arg.query, &arg.body) {
            (Some(name), _, _) => ("path", name),
            (_, Some(name), _) => ("query", name),
            (_, _, Some(pointer)) => return self.at(pointer),
            _ => return descend(self.document, &self.answer().0, arg.filter.as_ref()?).ok(),
        };
        let parameters = self.document.parameters(self.operation);
        let found = parameters
            .iter()
            .find(|it| it.place == place && it.name == *name)?;
        Some(
            self.document
                .alternatives(found.schema.unwrap_or(&Value::Null)),
        )
    }

    /// The properties that every object at this pointer must have.
    fn required(&self, pointer: &str) -> BTreeSet<String> {
        let alternatives = self.at(pointer).unwrap_or_default();
        let Some((first, rest)) = alternatives.split_first() else {
            return BTreeSet::new();
        };
        array(first.get("required"))
            .filter_map(Value::as_str)
            .filter(|name| rest.iter().all(|schema| requires(schema, name)))
            .map(str::to_owned)
            .collect()
    }

    /// The schemas of one object of the response, and whether the response is a list of such
    /// objects.
    fn answer(&self) -> (Vec<Value>, bool) {
        rows(self.document, answer_schema(self.document, self.operation))
    }
}

impl Breakage {
    fn argument(&mut self, old: &Side<'_>, new: &Side<'_>, name: &str, arg: &ArgRow) {
        let used = Use::Argument(name.to_owned());
        match (old.of_argument(arg), new.of_argument(arg)) {
            (Some(_), None) => {
                self.lost.insert(used);
            }
            (Some(before), Some(after)) => {
                if let (Some(was), Some(is)) = (kind(&before), kind(&after))
                    && was != is
                {
                    self.messages.push(format!(
                        "argument `{name}`: the API now expects `{is}` instead of `{was}`"
                    ));
                    self.lost.insert(used);
                }
            }
            (None, _) => {}
        }
        let Some(pointer) = &arg.body else { return };
        for (at, value) in arg.constants.iter() {
            self.constant(old, new, name, at, value);
        }
        if let Some(default) = &arg.default {
            self.constant(old, new, name, pointer, default);
        }
    }

    /// A value of the row that the API no longer accepts.
    fn constant(&mut self, old: &Side<'_>, new: &Side<'_>, name: &str, at: &str, value: &Value) {
        let takes = |side: &Side<'_>| {
            side.at(at)
                .map(|schemas| takes(side.document, &schemas, value))
        };
        if takes(old) == Some(true) && takes(new) == Some(false) {
            self.messages.push(format!(
                "argument `{name}`: the row sends {value} at `{at}`, which the API no longer accepts"
            ));
            self.lost.insert(Use::Argument(name.to_owned()));
            let sent = leaves(at, value).into_iter();
            self.lost
                .extend(sent.map(|(_, value)| Use::constant(value)));
        }
    }

    /// Properties that are now required in objects that the tool sends.
    fn requirements(&mut self, old: &Side<'_>, new: &Side<'_>, row: &Row) {
        let sent = sent(row);
        let ways: BTreeSet<String> = sent.iter().flat_map(|pointer| ways(pointer)).collect();
        for way in ways {
            let before = old.required(&way);
            for name in new.required(&way).difference(&before) {
                let place = format!("{way}/{}", escaped(name));
                let is_sent = |pointer: &String| {
                    *pointer == place || pointer.starts_with(&format!("{place}/"))
                };
                if !sent.iter().any(is_sent) {
                    self.messages.push(format!(
                        "the API now requires `{place}`, which no argument sets"
                    ));
                    self.newly_required.insert(name.clone());
                }
            }
        }
    }

    fn results(&mut self, old: &Side<'_>, new: &Side<'_>, row: &Row) {
        let ((before, was_list), (after, is_list)) = (old.answer(), new.answer());
        if was_list != is_list && !before.is_empty() {
            let message = match is_list {
                true => "the response is now a list",
                false => "the response is no longer a list",
            };
            self.messages.push(message.to_owned());
            self.lost.insert(Use::Answer);
        }
        for pointer in shown(&row.result) {
            if descend(old.document, &before, &pointer).is_ok()
                && descend(new.document, &after, &pointer).is_err()
            {
                self.lost.insert(Use::Result(pointer));
            }
        }
    }
}

/// The pointers into the body that the tool may set.
fn sent(row: &Row) -> BTreeSet<String> {
    let mut sent = BTreeSet::from([String::new()]);
    for arg in row.args.values() {
        let arg = arg.get_ref();
        sent.extend(arg.body.clone());
        sent.extend(arg.constants.keys().cloned());
        if let (Some(pointer), Some(default)) = (&arg.body, &arg.default) {
            sent.extend(leaves(pointer, default).into_iter().map(|(at, _)| at));
        }
    }
    sent
}

/// The pointers to all parents of this location.
fn ways(pointer: &str) -> Vec<String> {
    let mut way = String::new();
    let mut ways = Vec::new();
    for segment in segments(pointer) {
        ways.push(way.clone());
        way = format!("{way}/{}", escaped(&segment));
    }
    ways
}

/// Whether one of these schemas accepts a value, as far as the document declares its type.
fn takes(document: &Document, schemas: &[Value], value: &Value) -> bool {
    let admits = |schema: &Value| {
        let listed =
            schema.get("enum").is_none() || array(schema.get("enum")).any(|listed| listed == value);
        listed
            && is_of_type(value, schema)
            && object(Some(value)).all(|(name, value)| {
                let property = schema.get("properties").and_then(|it| it.get(name));
                property.is_none_or(|it| takes(document, &document.alternatives(it), value))
            })
    };
    schemas.is_empty() || schemas.iter().any(admits)
}
