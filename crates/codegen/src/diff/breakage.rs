//! The problems that the new document causes for the rows: those from the verdict on each document, and
//! those that only a comparison finds.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::{
    location::Location,
    trace::Scope,
    usage::{RowKind, Usage},
};
use crate::{
    assess::Assessment,
    catalog::{
        location::{answer_schema, body_schema, descend, of_first, rows, unescaped},
        requirements::unfilled,
    },
    document::{Document, Operation},
    lower::kind,
    problem::{self, Problem},
    table::{ArgRow, LocatedRow, Table},
};

/// What the new document breaks in one row.
#[derive(Clone, Debug, Default)]
pub(super) struct Breakage {
    /// The problems.
    pub(super) problems: Vec<Problem>,
    /// The uses that no longer hold, by their number in [`Usage`].
    pub(super) broken: BTreeSet<usize>,
    /// The properties that are now required and that the row never sends, with their objects.
    pub(super) requirements: HashSet<(Location, String)>,
}

/// All problems that the new document has and the old one had not.
pub(super) fn new_problems(old: &Assessment, new: &Assessment, table: &Table) -> Vec<Problem> {
    let known: Vec<_> = old.problems().cloned().collect();
    let mut problems = problem::without(new.problems().cloned().collect(), &known);
    for located in &table.rows {
        problems.extend(compared(&old.document, &new.document, located));
    }
    problems
}

/// The problems of a row that only a comparison finds, because the row itself would accept either.
fn compared(old: &Document, new: &Document, located: &LocatedRow) -> Vec<Problem> {
    let row = &located.row;
    let operations = (old.operation(&row.operation), new.operation(&row.operation));
    let (Some(before), Some(after)) = operations else {
        return Vec::new();
    };
    let problem = |part: &str, reason: String| {
        Problem::new(&located.file, reason)
            .at_line(located.line_of(part, ""))
            .in_row(&row.name)
            .at(part)
    };
    let mut problems = Vec::new();
    for (name, arg) in &row.args {
        let arg = arg.get_ref();
        let schemas = (schemas(old, before, arg), schemas(new, after, arg));
        let (Some((at, was)), Some((_, is))) = schemas else {
            continue;
        };
        if let (Some(was), Some(is)) = (kind(&was), kind(&is))
            && was != is
        {
            let reason = format!("`{at}`: the API now expects `{is}` instead of `{was}`");
            problems.push(problem(&format!("argument `{name}`"), reason));
        }
    }
    let before = rows(old, answer_schema(old, before));
    let after = rows(new, answer_schema(new, after));
    if before.1 != after.1 && !before.0.is_empty() && row.result.rows.is_none() {
        let reason = match after.1 {
            true => "the response is now a list",
            false => "the response is no longer a list",
        };
        problems.push(problem("`result`", reason.to_owned()));
    }
    problems
}

/// The target of an argument, and the schemas of its value.
fn schemas<'a>(
    document: &Document,
    operation: Operation<'_>,
    arg: &'a ArgRow,
) -> Option<(&'a str, Vec<Value>)> {
    let (place, name) = match (&arg.path, &arg.query, &arg.header, &arg.body) {
        (Some(name), ..) => ("path", name),
        (_, Some(name), ..) => ("query", name),
        (_, _, Some(name), _) => ("header", name),
        (_, _, _, Some(at)) => {
            let body = body_schema(document, operation).unwrap_or_default();
            return Some((at, descend(document, &body, at).ok()?));
        }
        _ => {
            let at = arg.filter.as_ref()?;
            let (rows, _) = rows(document, answer_schema(document, operation));
            return Some((at, descend(document, &rows, at).ok()?));
        }
    };
    let parameters = document.parameters(operation);
    let mut parameters = parameters.iter();
    let found = parameters.find(|it| it.place == place && it.name == *name)?;
    let schema = found.schema.unwrap_or(&Value::Null);
    Some((name, document.alternatives(schema)))
}

impl Breakage {
    /// The part of the problems that concerns one row.
    pub(super) fn of(usage: &Usage, problems: &[Problem]) -> Self {
        let own = problems.iter().filter(|it| is_of(it, usage));
        let problems: Vec<_> = own.cloned().collect();
        let mut broken = BTreeSet::new();
        for problem in &problems {
            let uses = usage.uses.iter().enumerate();
            let of_part: Vec<_> = uses
                .filter(|(_, used)| problem.part().starts_with(&used.part))
                .collect();
            let mentions = |at: &str| problem.reason().contains(&format!("`{at}`"));
            let named: Vec<_> = of_part
                .iter()
                .filter(|(_, used)| mentions(&used.at) || mentions(&of_first(&used.at)))
                .map(|(id, _)| *id)
                .collect();
            match named.is_empty() {
                true => broken.extend(of_part.iter().map(|(id, _)| *id)),
                false => broken.extend(named),
            }
        }
        Self {
            problems,
            broken,
            requirements: HashSet::new(),
        }
    }

    /// Finds the objects in which properties are now required that the row never sends.
    pub(super) fn require(
        &mut self,
        located: &LocatedRow,
        old: &Assessment,
        new: &Assessment,
        scope: &Scope<'_>,
    ) {
        let row = &located.row;
        let missing = |document: &Document| -> BTreeSet<String> {
            let found = document.operation(&row.operation).and_then(|operation| {
                let body = body_schema(document, operation)?;
                Some(unfilled(document, row, operation, &body))
            });
            found.into_iter().flatten().collect()
        };
        for place in missing(&new.document).difference(&missing(&old.document)) {
            let Some((way, name)) = place.rsplit_once('/') else {
                continue;
            };
            for (location, schema) in scope.request() {
                let ends = scope.trace(&location, schema, way).ends;
                let name = unescaped(name);
                let named = ends.into_iter().map(|location| (location, name.clone()));
                self.requirements.extend(named);
            }
        }
    }

    /// Whether a problem names this parameter or property.
    pub(super) fn names(&self, name: &str) -> bool {
        let quoted = [format!("`{name}`"), format!("`{{{name}}}`")];
        let mut problems = self.problems.iter();
        problems.any(|it| quoted.iter().any(|quoted| it.reason().contains(quoted)))
    }
}

/// Whether a problem is of this row.
fn is_of(problem: &Problem, usage: &Usage) -> bool {
    let is_operation = problem.row().is_some_and(|row| row.contains(" /"));
    problem.row() == Some(usage.row.row.as_str())
        && is_operation == (usage.row.kind == RowKind::Operation)
}
