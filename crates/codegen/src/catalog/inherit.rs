//! Rows that show what another row shows.

use crate::{
    problem::Problem,
    table::{Placed, View},
};

/// Gives every row that is `like` another the other's view; the faults of those that cannot be.
pub(super) fn share(rows: &mut [Placed]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let shared: Vec<_> = rows
        .iter()
        .map(|placed| match view(placed, rows)? {
            Ok(view) => Some(view),
            Err(problem) => {
                problems.push(problem);
                None
            }
        })
        .collect();
    for (placed, view) in rows.iter_mut().zip(shared) {
        if let Some(view) = view {
            placed.row.result = view;
        }
    }
    problems
}

/// The view that a row shares, `like` with it; nothing when it has one of its own.
fn view(placed: &Placed, rows: &[Placed]) -> Option<Result<View, Problem>> {
    let row = &placed.row;
    let name = row.result.like.as_ref()?;
    let problem = |reason: String| {
        Problem::new(&placed.file, reason)
            .at_line(placed.line)
            .in_row(&row.name)
            .at("`result.like`")
    };
    let alone = View {
        like: row.result.like.clone(),
        ..View::default()
    };
    if row.result != alone {
        let reason = "the result is like another, and has keys of its own".to_owned();
        return Some(Err(problem(reason).remedy("remove one or the other")));
    }
    let Some(other) = rows.iter().find(|other| other.row.name == *name) else {
        let names = rows.iter().map(|other| other.row.name.as_str());
        let reason = format!("the table has no tool `{name}`");
        return Some(Err(problem(reason).near(name, names)));
    };
    if other.row.result.like.is_some() {
        let reason = format!("`{name}` has no result of its own");
        return Some(Err(
            problem(reason).remedy("name the row that says what is shown")
        ));
    }
    if other.row.operation != row.operation {
        let reason = format!(
            "`{name}` shows the answer of `{}`, and this row sends `{}`",
            other.row.operation, row.operation
        );
        return Some(Err(problem(reason)));
    }
    Some(Ok(View {
        like: row.result.like.clone(),
        ..other.row.result.clone()
    }))
}
