//! Rows that share the result of another row.

use model::View;

use crate::{problem::Problem, table::LocatedRow};

/// Gives every row with `same_result_as` the result of the row that it names.
pub(super) fn share(rows: &mut [LocatedRow]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let shared: Vec<_> = rows
        .iter()
        .map(|located| match view(located, rows)? {
            Ok(view) => Some(view),
            Err(problem) => {
                problems.push(problem);
                None
            }
        })
        .collect();
    for (located, view) in rows.iter_mut().zip(shared) {
        if let Some(view) = view {
            located.row.result = view;
        }
    }
    problems
}

/// The result that a row shares; nothing if it has one of its own.
fn view(located: &LocatedRow, rows: &[LocatedRow]) -> Option<Result<View, Problem>> {
    let row = &located.row;
    let name = row.same_result_as.as_ref()?;
    let problem = |reason: String| {
        Problem::new(&located.file, reason)
            .at_line(located.line)
            .in_row(&row.name)
            .at("`same_result_as`")
    };
    if row.result != View::WHOLE {
        let reason = "the row also has a `result` of its own".to_owned();
        return Some(Err(problem(reason).remedy("remove one or the other")));
    }
    let Some(other) = rows.iter().find(|other| other.row.name == *name) else {
        let names = rows.iter().map(|other| other.row.name.as_str());
        let reason = format!("the table has no tool `{name}`");
        return Some(Err(problem(reason).near(name, names)));
    };
    if other.row.same_result_as.is_some() {
        let reason = format!("`{name}` has no result of its own");
        return Some(Err(problem(reason).remedy("name the row that has it")));
    }
    if other.row.operation != row.operation {
        let reason = format!(
            "`{name}` shows the answer of `{}`, and this row sends `{}`",
            other.row.operation, row.operation
        );
        return Some(Err(problem(reason)));
    }
    Some(Ok(other.row.result))
}
