//! The changes between two revisions of the document, and their effect on the rows of `spec/`.
//!
//! [`compare`] finds every change. `usage` lists everything on which the rows rely, derived by
//! `tool_usage` and `operation_usage` with `trace`; `breakage` finds the problems that the new document
//! causes. From these, `classify` decides how serious each change is, and `cause` finds the change that
//! causes a problem. `report` writes the result as Markdown and `json` as JSON; `acknowledged` marks the
//! changes at which a maintainer has already looked.

mod acknowledged;
mod breakage;
mod cause;
mod changes;
mod classify;
mod compare;
mod json;
mod location;
mod operation_usage;
mod report;
mod tool_usage;
mod trace;
mod usage;

pub use acknowledged::Acknowledged;
use breakage::Breakage;
pub use changes::{ClassifiedChange, Diff, Named};
pub use classify::Class;
use classify::{Near, for_none, for_row};
pub use compare::{Change, ChangeKind, compare};
pub use location::{Location, Root, Step};
use trace::Scope;
use usage::Usage;
pub use usage::{RowKind, RowRef};

use crate::{
    assess::{self, Assessment, Generation, assess},
    document::{Document, Operation},
    left_out::operation_at,
    problem::{self, Problem},
    supplement::Supplement,
    table::Table,
};

/// Compares two vendored documents and classifies the changes.
pub fn diff(old: &Document, new: &Document, table: &Table, supplement: &Supplement) -> Diff {
    let (old_names, new_names) = compare::names(old, new);
    let before = assess(old, table, supplement);
    let Generation {
        assessment: after,
        client,
    } = assess::generate(new, table, supplement);
    let mut problems = breakage::new_problems(&before, &after, table);
    if let Err(error) = client
        && assess::generate(old, table, supplement).client.is_ok()
    {
        let reason = format!("nothing can be generated: {error}");
        problems.push(Problem::new("the document", reason));
    }
    let sides = [(old, &before, &old_names), (new, &after, &new_names)];
    // The operation in the published documents, of which the fixed ones have the same methods and paths.
    let scopes = |find: &dyn Fn(&Document) -> Option<String>| -> Vec<Scope<'_>> {
        let found = sides.iter().filter_map(|(document, assessment, names)| {
            let operation = operation_at(document, &find(&assessment.document)?)?;
            Some(Scope::new(document, names, operation))
        });
        found.collect()
    };
    let mut rows: Vec<(Usage, Breakage, Vec<Scope<'_>>)> = Vec::new();
    for located in &table.rows {
        let id = &located.row.operation;
        let scopes = scopes(&|document| Some(document.operation(id)?.address()));
        let usage = tool_usage::of_row(located, &scopes);
        let mut breakage = Breakage::of(&usage, &problems);
        if let Some(scope) = scopes.last() {
            breakage.require(located, &before, &after, scope);
        }
        rows.push((usage, breakage, scopes));
    }
    let operations = &supplement.operations;
    for (key, (line, row)) in &operations.rows {
        let here = scopes(&|document| Some(operation_at(document, key)?.address()));
        let shown_by = scopes(&|document| {
            let operation = operation_at(document, key)?;
            let shown_by: Operation<'_> = operations.shown_by(document, operation)?;
            Some(shown_by.address())
        });
        let usage = operation_usage::of_row(operations, (key, *line, row), &here, &shown_by);
        let breakage = Breakage::of(&usage, &problems);
        rows.push((usage, breakage, here));
    }
    let judge = |change: Change| {
        let mut judged = ClassifiedChange {
            class: for_none(&change),
            named: Vec::new(),
            reached: Vec::new(),
            acknowledged: false,
            change,
        };
        for (usage, breakage, _) in &rows {
            let verdict = for_row(&judged.change, usage, breakage, &supplement.reasons);
            match verdict {
                Some(verdict) if verdict.near == Near::Named => {
                    judged.name(usage, verdict.class, &verdict.uses);
                }
                Some(verdict) => {
                    judged.class = judged.class.min(verdict.class);
                    judged.reached.push(usage.row.row.clone());
                }
                None => {}
            }
        }
        judged
    };
    let mut changes: Vec<_> = compare(old, new).into_iter().map(judge).collect();
    cause::find(&mut changes, &rows, &problems, [&old_names, &new_names]);
    let left_out: Vec<_> = after
        .left_out
        .iter()
        .filter(|it| !before.left_out.contains(it))
        .cloned()
        .collect();
    cause::look_at_left_out(&mut changes, &left_out, &new_names);
    Diff {
        changes,
        problems,
        earlier: problem::both(after.problems(), before.problems()),
        left_out,
    }
}

/// The rows that are broken by a document and hold for another one.
pub(crate) fn broken_rows(
    old: &Document,
    new: &Assessment,
    table: &Table,
    supplement: &Supplement,
) -> Vec<Problem> {
    breakage::new_problems(&assess(old, table, supplement), new, table)
}
