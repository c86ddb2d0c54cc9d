//! Checks the profiles of the rows.

use crate::{
    lint,
    problem::{Problem, near},
    table::Table,
};

/// A row's profile, and where it is.
struct Entry<'a> {
    file: &'a str,
    line: usize,
    row: &'a str,
    profile: &'a str,
}

/// Reports profiles whose names are invalid, taken by a tool or probably misspelt.
pub(super) fn problems(table: &Table) -> Vec<Problem> {
    let rows = table.rows.iter().map(|located| {
        let row = &located.row;
        (&located.file, located.line, &row.name, &row.profiles)
    });
    let api = table.api.iter();
    let api = api.map(|(file, line, row)| (file, *line, &row.name, &row.profiles));
    let all: Vec<_> = rows.chain(api).collect();
    let entries: Vec<_> = all
        .iter()
        .flat_map(|(file, line, row, profiles)| {
            profiles.iter().map(|profile| Entry {
                file,
                line: *line,
                row,
                profile,
            })
        })
        .collect();
    let problem = |entry: &Entry<'_>| {
        let Entry { profile, .. } = *entry;
        let problem = |reason| {
            Problem::new(entry.file, reason)
                .at_line(entry.line)
                .in_row(entry.row)
                .at("`profiles`")
        };
        let mut others = entries.iter().filter(|other| other.row != entry.row);
        let is_alone = others.all(|other| other.profile != profile);
        if !lint::is_key(profile) {
            let reason = format!("`{profile}` must consist of letters, digits, `_`, `-` and `.`");
            Some(problem(reason))
        } else if all.iter().any(|(_, _, name, _)| *name == profile) {
            Some(problem(format!("`{profile}` is the name of a tool")))
        } else if is_alone {
            let others = entries.iter().map(|other| other.profile);
            let similar = near(profile, others.filter(|other| other != &profile));
            let similar = similar.first()?;
            let reason = format!("no other tool has the profile `{profile}`");
            Some(problem(reason).remedy(format!("did you mean `{similar}`?")))
        } else {
            None
        }
    };
    entries.iter().filter_map(problem).collect()
}
