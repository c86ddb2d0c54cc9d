//! Finds the changes that cause problems, where the places that a row names do not show it.

use std::collections::HashSet;

use super::{
    breakage::Breakage,
    changes::ClassifiedChange,
    classify::Class,
    compare::{ChangeKind, Names},
    location::{Location, Root, Step},
    trace::Scope,
    usage::{RowKind, Usage},
};
use crate::{left_out::LeftOut, problem::Problem};

type Row<'a> = (Usage, Breakage, Vec<Scope<'a>>);

/// Makes at least one change breaking for every broken row, and for every other problem whose cause can
/// be found.
pub(super) fn find(
    changes: &mut [ClassifiedChange],
    rows: &[Row<'_>],
    problems: &[Problem],
    names: [&Names; 2],
) {
    for row in rows {
        let (usage, breakage, _) = row;
        let breaks = |judged: &ClassifiedChange| {
            let mut named = judged.named.iter();
            named.any(|it| it.row == usage.row && it.class == Class::Breaking)
        };
        if breakage.problems.is_empty() || changes.iter().any(breaks) {
            continue;
        }
        for index in causes(changes, row) {
            if let Some(judged) = changes.get_mut(index) {
                judged.named.retain(|named| named.row != usage.row);
                judged.reached.retain(|tool| *tool != usage.row.row);
                judged.name(usage, Class::Breaking, &[]);
            }
        }
    }
    let is_of_row = |problem: &&Problem| {
        let mut rows = rows.iter();
        rows.any(|(usage, ..)| Some(usage.row.row.as_str()) == problem.row())
    };
    for problem in problems.iter().filter(|it| !is_of_row(it)) {
        let text = problem.to_string();
        let is_cause = |judged: &&mut ClassifiedChange| {
            let location = &judged.change.location;
            match &location.root {
                Root::Operation(name) if location.steps.is_empty() => {
                    addresses(name, names).any(|address| mentions(&text, &address))
                }
                Root::Component(_, name) => mentions(&text, name) || mentions_last(&text, location),
                _ => mentions_last(&text, location),
            }
        };
        for judged in changes.iter_mut().filter(is_cause) {
            judged.class = Class::Breaking;
        }
    }
}

/// The changes that most likely cause the problems of a row: the first of these groups with any.
fn causes(changes: &[ClassifiedChange], (usage, breakage, scopes): &Row<'_>) -> Vec<usize> {
    let reach: HashSet<Root> = match usage.row.kind {
        RowKind::Tool => usage.reach.clone(),
        RowKind::Operation => scopes.iter().flat_map(Scope::reach).collect(),
    };
    let is_broken = |id: &usize| breakage.broken.contains(id);
    let reaches = |location: &Location| {
        usage.operations.contains(&location.root) || reach.contains(&location.root)
    };
    let touches = |location: &Location| {
        let (owner, ..) = location.split();
        let here = usage.at([location, &owner]);
        here.iter().any(|(id, _)| is_broken(id)) || usage.within(location).iter().any(is_broken)
    };
    let names = |location: &Location| {
        let named = location.steps.iter().rev().find_map(|step| match step {
            Step::Name(name) | Step::Member(name) => Some(name.as_str()),
            Step::Key(_) => None,
        });
        let name = named.map(|name| name.split_once(' ').map_or(name, |(_, name)| name));
        let keyword = location.steps.last();
        name.is_some_and(|name| breakage.names(name))
            || matches!(keyword, Some(Step::Key(key)) if key == "tags")
    };
    let whole = |location: &Location| {
        usage.operations.contains(&location.root) && location.steps.is_empty()
    };
    let serious = |judged: &ClassifiedChange| judged.class != Class::Harmless;
    let groups: [&dyn Fn(&ClassifiedChange) -> bool; 6] = [
        &|it| whole(&it.change.location),
        &|it| touches(&it.change.location) && names(&it.change.location),
        &|it| reaches(&it.change.location) && names(&it.change.location),
        &|it| touches(&it.change.location),
        &|it| reaches(&it.change.location) && serious(it),
        &|it| reaches(&it.change.location),
    ];
    for is_cause in groups {
        let found = changes.iter().enumerate().filter(|(_, it)| is_cause(it));
        let found: Vec<_> = found.map(|(index, _)| index).collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// A new operation that is left out deserves a look.
pub(super) fn look_at_left_out(
    changes: &mut [ClassifiedChange],
    left_out: &[LeftOut],
    names: &Names,
) {
    for judged in changes {
        let location = &judged.change.location;
        let is_left_out = |address: &str| {
            let mut parts = left_out.iter().map(|it| it.at.as_str());
            parts.any(|at| at.split(", ").next() == Some(address))
        };
        if let Root::Operation(name) = &location.root
            && !matches!(judged.change.what, ChangeKind::Removed(_))
            && addresses(name, [names, names]).any(|address| is_left_out(&address))
        {
            judged.class = judged.class.min(Class::Look);
        }
    }
}

/// The methods and paths of an operation, by its name in the comparison.
fn addresses<'a>(name: &'a str, names: [&'a Names; 2]) -> impl Iterator<Item = String> + 'a {
    let all = names.into_iter().flatten();
    let own = all.filter(move |(_, known)| *known == name);
    own.map(|((path, method), _)| format!("{} {path}", method.to_uppercase()))
}

fn mentions(text: &str, name: &str) -> bool {
    text.contains(&format!("`{name}`"))
        || name
            .split_once(' ')
            .is_some_and(|(_, path)| text.contains(&format!("`{path}`")))
}

/// Whether a text mentions the last name of a location.
fn mentions_last(text: &str, location: &Location) -> bool {
    match location.steps.last() {
        Some(Step::Name(name) | Step::Member(name)) => mentions(text, name),
        _ => false,
    }
}
