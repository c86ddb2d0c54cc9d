//! The parts of a document on which a row of `operations.toml` and the generator rely.

use std::collections::BTreeMap;

use super::{
    compare::label,
    location::{Location, Root},
    trace::Scope,
    usage::{Role, RowKind, RowRef, Usage, Use},
};
use crate::{
    catalog::requirements::leaves,
    operations::{BY_TIME, Dial, Operations, PAGE_NUMBER, Row, list_rows},
    structure::Kind,
};

/// The uses of the row with this key in the documents that have its operation.
pub(super) fn of_row(
    operations: &Operations,
    (key, line, row): (&str, usize, &Row),
    scopes: &[Scope<'_>],
    shown_by: &[Scope<'_>],
) -> Usage {
    let mut usage = Usage::new(RowRef {
        kind: RowKind::Operation,
        row: key.to_owned(),
        file: operations.file.clone(),
        line,
    });
    usage.redirects = row.answer.is_some();
    usage.undocumented_body = row.body.is_some();
    let used = |part: &str, at: &str, role: Role| Use {
        part: format!("`{part}`"),
        line: operations.line_of(line, part, at),
        at: at.to_owned(),
        role,
    };
    for scope in scopes {
        usage.operations.insert(scope.root.clone());
        let path = scope.operation.path.to_owned();
        usage.reach.insert(Root::Path(path));
        body(&mut usage, scope, row, &used);
        for name in row.params.keys() {
            for place in ["query", "path", "header"] {
                usage.parameter(scope, place, name, used("params", name, Role::Note));
            }
        }
        for name in row.headers.keys() {
            usage.parameter(scope, "header", name, used("headers", name, Role::Argument));
        }
        if scope.operation.method == "get" && !list_rows(scope.document, scope.operation).is_empty()
        {
            list(&mut usage, scope, line);
        }
    }
    for (scope, at) in shown_by.iter().zip(row.merge_at.iter().cycle()) {
        let used = used("merge_at", at, Role::Place);
        usage.follow(scope, &scope.answers(), at, used);
    }
    usage
}

/// The pointers into the body.
fn body(usage: &mut Usage, scope: &Scope<'_>, row: &Row, used: &impl Fn(&str, &str, Role) -> Use) {
    let request = scope.request();
    let none = Dial::default();
    let dial = row.dial.as_ref().unwrap_or(&none);
    let stops: Vec<_> = row.stops.iter().flat_map(|it| it.keys().cloned()).collect();
    let keys = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<Vec<_>>();
    let notes: Vec<_> = row.notes.keys().cloned().collect();
    let replaced: Vec<_> = row.replaces_id.iter().cloned().collect();
    for (part, pointers, role) in [
        ("dial", &dial.to, Role::Destination),
        ("dial", &dial.unseen, Role::Place),
        ("dial", &dial.unseen_many, Role::Place),
        ("dial", &dial.given, Role::Place),
        ("dial", &dial.who, Role::Place),
        ("dial", &dial.from, Role::Place),
        ("dial", &dial.content, Role::Place),
        ("dial", &dial.transport, Role::State),
        ("dial", &dial.when, Role::Time),
        ("stored", &row.stored, Role::Destination),
        ("stored_unseen", &row.stored_unseen, Role::Place),
        ("agents", &row.agents, Role::Place),
        ("own", &row.own, Role::Place),
        ("replaces_id", &replaced, Role::Place),
        ("refuse", &keys(&row.refuse), Role::Place),
        ("stops", &stops, Role::State),
        ("notes", &notes, Role::Note),
    ] {
        for at in pointers {
            usage.follow(scope, &request, at, used(part, at, role.clone()));
        }
    }
    for (at, value) in &row.fill {
        for (leaf, value) in leaves(at, value) {
            let role = Role::Constant(label(Kind::Plain, value, 0));
            usage.follow(scope, &request, &leaf, used("fill", at, role));
        }
    }
    let reaches = row.dial.is_some()
        || row.why.is_some()
        || !row.stored.is_empty()
        || !row.stored_unseen.is_empty()
        || !row.agents.is_empty();
    if reaches {
        let part = if row.dial.is_some() { "dial" } else { "why" };
        let used = used(part, "", Role::Destination);
        usage.follow(scope, &request, "", used.clone());
        let id = usage.add(used);
        usage.end(id, destinations(scope));
    }
}

/// The named schemas below a body that have the properties of a destination.
fn destinations(scope: &Scope<'_>) -> Vec<Location> {
    let schemas = scope.document.value().pointer("/components/schemas");
    let is_destination = |root: &Root| match root {
        Root::Component(kind, name) if kind == "schemas" => {
            let schema = schemas.and_then(|schemas| schemas.get(name));
            let properties = schema.and_then(|schema| schema.get("properties"));
            let has = |name: &str| properties.is_some_and(|all| all.get(name).is_some());
            has("number") || has("sipUri")
        }
        _ => false,
    };
    let reach = scope.body_reach().into_iter();
    reach.filter(is_destination).map(Location::of).collect()
}

/// What the generator makes of a list.
fn list(usage: &mut Usage, scope: &Scope<'_>, line: usize) {
    let used = |at: &str, role| Use {
        part: "its pages".to_owned(),
        line,
        at: at.to_owned(),
        role,
    };
    let (rows, lists) = scope.rows(None);
    let id = usage.add(used("", Role::Answer));
    usage.end(id, lists);
    usage.follow(scope, &rows, BY_TIME.at, used(BY_TIME.at, Role::Time));
    for name in [BY_TIME.until, BY_TIME.limit, PAGE_NUMBER] {
        usage.parameter(scope, "query", name, used(name, Role::Argument));
    }
    list_parameters(usage, scope, line);
}

/// The query parameters of a list, whose defaults can change what is listed and in which order.
pub(super) fn list_parameters(usage: &mut Usage, scope: &Scope<'_>, line: usize) {
    usage.lists = true;
    for parameter in scope.document.parameters(scope.operation) {
        if parameter.place == "query" {
            let used = Use {
                part: "its order".to_owned(),
                line,
                at: parameter.name.to_owned(),
                role: Role::ListParameter,
            };
            usage.parameter(scope, "query", parameter.name, used);
        }
    }
}
