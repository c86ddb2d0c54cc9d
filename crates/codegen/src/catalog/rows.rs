//! Checks the rows against each other.

use std::collections::{HashMap, HashSet};

use model::{ToolRef, View};

use crate::{
    problem::Problem,
    table::{ApiRow, LocatedRow, Row, Table},
};

/// Reports problems between rows.
pub(super) fn problems(table: &Table) -> Vec<Problem> {
    let rows = &table.rows;
    let mut problems = repeated_names(rows);
    problems.append(&mut first_sentences(table));
    problems.append(&mut references(rows));
    problems
}

/// The server omits sentences that name a hidden tool. The first sentence of a description must not
/// be one of them.
fn first_sentences(table: &Table) -> Vec<Problem> {
    let rows = table.rows.iter().map(|it| {
        let Row {
            name, description, ..
        } = &it.row;
        (&it.file, it.line, name, description)
    });
    let api = table.api.iter().map(|(file, line, row)| {
        let ApiRow {
            name, description, ..
        } = row;
        (file, *line, name, description)
    });
    let all: Vec<_> = rows.chain(api).collect();
    let names: HashSet<_> = all.iter().map(|(_, _, name, _)| name.as_str()).collect();
    let problem = |(file, line, row, description): (_, _, &String, &String)| {
        let first = description.split(". ").next()?;
        let mut words = first.split(|c: char| !c.is_alphanumeric() && c != '_');
        let name = words.find(|word| word != row && names.contains(word))?;
        let reason = format!(
            "its first sentence names `{name}` and would be omitted if that tool is hidden"
        );
        let problem = Problem::new(file, reason).at_line(line);
        Some(problem.in_row(row).at("`description`"))
    };
    all.into_iter().filter_map(problem).collect()
}

/// Checks references between rows.
fn references(rows: &[LocatedRow]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for located in rows {
        let View {
            show_tool,
            next_tool,
            ..
        } = located.row.result;
        let overrides = located.row.overrides.as_ref();
        let references = [
            ("`result.show_tool`", show_tool),
            ("`result.next_tool`", next_tool),
            ("`overrides.show_tool`", overrides.map(|it| &it.show_tool)),
        ];
        for (key, reference) in references {
            let problem = reference.and_then(|it| wrong_reference(located, key, it, rows));
            problems.extend(problem);
        }
        let args = located.row.args.values();
        let inner = args.filter_map(|arg| arg.get_ref().arguments_of.as_deref());
        for name in inner.chain(overrides.map(|it| it.arguments_of)) {
            if !rows.iter().any(|other| other.row.name == *name) {
                let names = rows.iter().map(|other| other.row.name.as_str());
                let problem =
                    Problem::new(&located.file, format!("the table has no tool `{name}`"))
                        .at_line(located.line)
                        .in_row(&located.row.name)
                        .at("`arguments_of`");
                problems.push(problem.near(name, names));
            }
        }
    }
    problems
}

/// The error in a reference to another row, if any.
fn wrong_reference(
    located: &LocatedRow,
    key: &str,
    reference: &ToolRef,
    rows: &[LocatedRow],
) -> Option<Problem> {
    let problem = |reason: String| {
        Problem::new(&located.file, reason)
            .at_line(located.line)
            .in_row(&located.row.name)
            .at(key)
    };
    match rows.iter().find(|other| other.row.name == reference.tool) {
        None => {
            let names = rows.iter().map(|other| other.row.name.as_str());
            let reason = format!("the table has no tool `{}`", reference.tool);
            Some(problem(reason).near(reference.tool, names))
        }
        Some(other) if !other.row.args.contains_key(reference.arg) => {
            let names = other.row.args.keys().map(String::as_str);
            let reason = format!("`{}` has no argument `{}`", reference.tool, reference.arg);
            Some(problem(reason).near(reference.arg, names))
        }
        Some(_) => None,
    }
}

/// Some clients treat names that differ only in case as equal.
fn repeated_names(rows: &[LocatedRow]) -> Vec<Problem> {
    let mut first: HashMap<String, &LocatedRow> = HashMap::new();
    let mut problems = Vec::new();
    for located in rows {
        let name = &located.row.name;
        if let Some(earlier) = first.insert(name.to_lowercase(), located) {
            let reason = if earlier.row.name == *name {
                "the name is taken".to_owned()
            } else {
                format!("the name differs from `{}` only in case", earlier.row.name)
            };
            problems.push(
                Problem::new(&located.file, reason)
                    .at_line(located.line)
                    .in_row(name)
                    .remedy(format!(
                        "the row at {}:{} already uses this name; rename one of the two",
                        earlier.file, earlier.line
                    )),
            );
        }
    }
    problems
}
