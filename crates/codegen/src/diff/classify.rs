//! Decides how serious a change is for a row.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    breakage::Breakage,
    compare::{Change, ChangeKind},
    location::{Location, Root, Step},
    usage::{Role, RowKind, Usage, Use},
};
use crate::reasons::Reasons;

/// How serious a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A row is no longer valid, or the API will refuse its requests.
    Breaking,
    /// Nothing breaks, but a maintainer should look at the change.
    Look,
    /// The change has no effect on the tools.
    Harmless,
}

/// How close a change is to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Near {
    /// At a location that the row names, or next to it.
    Named,
    /// At a location that requests or responses of the tool can contain.
    Reached,
}

/// The verdict on a change for one row.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) near: Near,
    pub(super) class: Class,
    /// The uses that the change concerns, by their number in [`Usage`].
    pub(super) uses: Vec<usize>,
}

/// Keywords that affect neither requests nor results by themselves.
const REMARKS: [&str; 8] = [
    "default",
    "deprecated",
    "discriminator",
    "nullable",
    "readOnly",
    "tags",
    "title",
    "writeOnly",
];

/// Keywords that may restrict values; removing one allows more.
const BOUNDS: [&str; 14] = [
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

/// Keywords that decide what is below a location.
const STRUCTURE: [&str; 9] = [
    "$ref",
    "allOf",
    "anyOf",
    "content",
    "items",
    "oneOf",
    "properties",
    "schema",
    "type",
];

/// The verdict on a change for one row; `None` if the row does not use its location.
pub(super) fn for_row(
    change: &Change,
    usage: &Usage,
    breakage: &Breakage,
    reasons: &Reasons,
) -> Option<Verdict> {
    let location = &change.location;
    let is_operation = usage.operations.contains(&location.root);
    let owner = owner(location);
    let here = usage.at([location, &owner]);
    let named = |class| {
        let uses = match class {
            Class::Breaking => broken_uses(change, &here, usage, breakage),
            _ => closest_uses(&here, usage),
        };
        Some(Verdict {
            near: Near::Named,
            class,
            uses,
        })
    };
    let used: Vec<(&Use, bool)> = here
        .iter()
        .filter_map(|(id, ends)| Some((usage.uses.get(*id)?, *ends)))
        .collect();
    let is_strong =
        |(used, _): &&(&Use, bool)| !matches!(used.role, Role::Note | Role::ListParameter);
    let strong: Vec<_> = used.iter().filter(is_strong).collect();
    let (_, keyword, concerned) = location.split();
    let is_gone = matches!(change.what, ChangeKind::Removed(_))
        && concerned.is_some()
        && !matches!(keyword, Some("enum" | "required"));
    if is_gone && concerns_broken(change, &owner, usage, breakage) {
        return named(Class::Breaking);
    }
    if is_operation && let Some(class) = of_operation(change, usage, breakage, strong.is_empty()) {
        return match (class, usage.row.kind) {
            (Class::Harmless, RowKind::Operation) => None,
            _ => named(class),
        };
    }
    if is_of(location, &["servers"]) && usage.reaches(&location.root) {
        return named(Class::Look);
    }
    if deserves_look(change, &used, reasons) && !concerns_broken(change, &owner, usage, breakage) {
        return named(Class::Look);
    }
    if strong.is_empty() {
        return match usage.row.kind {
            RowKind::Operation
                if used.is_empty() || !concerns_broken(change, &owner, usage, breakage) =>
            {
                None
            }
            RowKind::Operation => named(Class::Breaking),
            RowKind::Tool if !usage.reaches(&location.root) => None,
            RowKind::Tool => Some(Verdict {
                near: if is_operation {
                    Near::Named
                } else {
                    Near::Reached
                },
                class: in_general(change),
                uses: Vec::new(),
            }),
        };
    }
    let class = match (&change.what, keyword, concerned) {
        (ChangeKind::Added(_), Some("required"), Some(name))
            if breakage
                .requirements
                .contains(&(owner.clone(), name.to_owned())) =>
        {
            Class::Breaking
        }
        (ChangeKind::Removed(_), Some("enum"), Some(value)) => {
            let is_sent = |(used, _): &(&Use, bool)| match &used.role {
                Role::Constant(label) => label == value,
                Role::State => breakage.names(value),
                _ => false,
            };
            let is_broken = here.iter().any(|(id, _)| breakage.broken.contains(id));
            match is_broken && used.iter().any(is_sent) {
                true => Class::Breaking,
                false => Class::Look,
            }
        }
        _ => match in_general(change) {
            Class::Look if concerns_broken(change, &owner, usage, breakage) => Class::Breaking,
            class => class,
        },
    };
    match (class, usage.row.kind) {
        (Class::Harmless, RowKind::Operation) => None,
        _ => named(class),
    }
}

/// The class of a change at a location that no row uses.
pub(super) fn for_none(change: &Change) -> Class {
    match &change.location.root {
        Root::Document if is_of(&change.location, &["openapi", "security", "servers"]) => {
            Class::Look
        }
        Root::Component(kind, _) if kind == "securitySchemes" => Class::Look,
        _ => Class::Harmless,
    }
}

/// The object that a change concerns: the one above its keyword, or above a remark that contains it.
fn owner(location: &Location) -> Location {
    let remark = location
        .steps
        .iter()
        .position(|step| matches!(step, Step::Key(key) if REMARKS.contains(&key.as_str())));
    match remark {
        Some(length) => Location {
            root: location.root.clone(),
            steps: location.steps.iter().take(length).cloned().collect(),
        },
        None => location.split().0,
    }
}

/// A change of the operation itself and of its parameters; `None` if only its uses decide.
fn of_operation(
    change: &Change,
    usage: &Usage,
    breakage: &Breakage,
    is_unused: bool,
) -> Option<Class> {
    let is_tool = usage.row.kind == RowKind::Tool;
    match (change.location.steps.as_slice(), &change.what) {
        ([], ChangeKind::Removed(_)) => Some(Class::Breaking),
        ([], ChangeKind::Moved(..)) => Some(Class::Look),
        ([], _) => Some(Class::Harmless),
        ([Step::Key(key)], _) if key == "operationId" => Some(if is_tool {
            Class::Breaking
        } else {
            Class::Harmless
        }),
        ([Step::Key(key), ..], _) if ["security", "servers"].contains(&key.as_str()) => {
            Some(Class::Look)
        }
        ([Step::Key(key)], _) if key == "deprecated" && is_now(change, true) => Some(Class::Look),
        ([Step::Key(key)], _) if REMARKS.contains(&key.as_str()) => Some(Class::Harmless),
        ([Step::Key(key), ..], _) if key == "responses" && usage.redirects => Some(Class::Look),
        ([Step::Key(key), ..], _) if key == "requestBody" && usage.undocumented_body => {
            Some(Class::Look)
        }
        ([Step::Key(key), Step::Member(label), below @ ..], what)
            if key == "parameters" && is_unused =>
        {
            let is_required = match below {
                [] => matches!(what, ChangeKind::Added(parameter) if is_required(parameter)),
                [Step::Key(key)] => key == "required" && is_now(change, true),
                _ => false,
            };
            let name = label
                .split_once(' ')
                .map_or(label.as_str(), |(_, name)| name);
            if is_required && breakage.names(name) {
                Some(Class::Breaking)
            } else if is_of(&change.location, &["default"]) {
                // Its use as a parameter of a list decides.
                None
            } else if usage.lists && below.is_empty() && has_default(what) {
                Some(Class::Look)
            } else {
                Some(Class::Harmless)
            }
        }
        _ => None,
    }
}

/// Whether a new parameter has a default.
fn has_default(what: &ChangeKind) -> bool {
    let ChangeKind::Added(parameter) = what else {
        return false;
    };
    let schema = parameter.get("schema");
    schema.is_some_and(|schema| schema.get("default").is_some())
}

fn is_required(parameter: &Value) -> bool {
    parameter.get("required") == Some(&json!(true)) || parameter.get("in") == Some(&json!("path"))
}

/// Whether a keyword has this value now, and had not before.
fn is_now(change: &Change, value: bool) -> bool {
    matches!(&change.what, ChangeKind::Added(now) | ChangeKind::Changed(_, now) if *now == json!(value))
}

/// The broken uses at or below a change.
fn broken_uses(
    change: &Change,
    here: &[(usize, bool)],
    usage: &Usage,
    breakage: &Breakage,
) -> Vec<usize> {
    let mut uses = usage.within(&change.location);
    uses.extend(here.iter().filter(|(_, is_end)| *is_end).map(|(id, _)| *id));
    uses.retain(|id| breakage.broken.contains(id));
    uses.into_iter().collect()
}

/// The uses that end at a change, or else those that end below it; those of the whole body or response
/// only if there is no other.
fn closest_uses(here: &[(usize, bool)], usage: &Usage) -> Vec<usize> {
    let any_ends = here.iter().any(|(_, is_end)| *is_end);
    let close = here.iter().filter(|(_, is_end)| *is_end || !any_ends);
    let close: Vec<_> = close.map(|(id, _)| *id).collect();
    let is_precise = |id: &usize| usage.uses.get(*id).is_some_and(|it| !it.at.is_empty());
    match close.iter().any(is_precise) {
        true => close.into_iter().filter(is_precise).collect(),
        false => close,
    }
}

/// Whether a maintainer should look at a change that breaks nothing, because of how it is used.
fn deserves_look(change: &Change, used: &[(&Use, bool)], reasons: &Reasons) -> bool {
    let location = &change.location;
    let (_, keyword, concerned) = location.split();
    let added = matches!(change.what, ChangeKind::Added(_));
    let any = |test: &dyn Fn(&Role) -> bool| used.iter().any(|(used, _)| test(&used.role));
    let ends = |test: &dyn Fn(&Role) -> bool| {
        used.iter()
            .any(|(used, is_end)| *is_end && test(&used.role))
    };
    if is_of(location, &["default"]) {
        return ends(&|role| role.is_sent() || *role == Role::ListParameter);
    }
    if is_of(location, &["discriminator"]) {
        return is_of(location, &["propertyName"]) && !used.is_empty();
    }
    match (keyword, concerned) {
        (Some("deprecated"), None) => is_now(change, true) && !used.is_empty(),
        (Some("readOnly"), None) => is_now(change, true) && any(&Role::is_sent),
        (Some("writeOnly"), None) => is_now(change, true) && any(&Role::is_received),
        (Some("nullable"), None) => match is_now(change, true) {
            true => ends(&Role::is_decisive),
            false => ends(&Role::is_sent),
        },
        (Some("properties" | "oneOf" | "anyOf" | "allOf" | "additionalProperties"), _) => {
            added && ends(&|role| *role == Role::Destination)
        }
        (Some("enum"), Some(value)) if added => {
            ends(&|role| *role == Role::State)
                || ends(&|role| *role == Role::Reason && !reasons.explain(value))
        }
        (Some("required"), Some(_)) => {
            matches!(change.what, ChangeKind::Removed(_)) && any(&Role::is_decisive)
        }
        (Some(bound), None) if BOUNDS.contains(&bound) => ends(&Role::is_decisive),
        _ => false,
    }
}

/// Whether the change is at or above a location whose use is broken, and can be the reason.
fn concerns_broken(change: &Change, owner: &Location, usage: &Usage, breakage: &Breakage) -> bool {
    if breakage.broken.is_empty() {
        return false;
    }
    let (_, keyword, concerned) = change.location.split();
    let is_broken = |id: &usize| breakage.broken.contains(id);
    match (keyword, concerned) {
        (_, Some(_)) | (None, None) => usage.within(&change.location).iter().any(is_broken),
        (Some(keyword), None) if STRUCTURE.contains(&keyword) => {
            usage.within(owner).iter().any(is_broken)
        }
        (Some(_), None) => usage.ends.get(owner).into_iter().flatten().any(is_broken),
    }
}

/// The class of a change at a location that a tool can use but its row does not name.
fn in_general(change: &Change) -> Class {
    let (_, keyword, concerned) = change.location.split();
    let added = matches!(change.what, ChangeKind::Added(_));
    let removed = matches!(change.what, ChangeKind::Removed(_));
    let harmless = match (keyword, concerned) {
        _ if is_of(&change.location, &REMARKS) => true,
        (Some("properties" | "enum" | "oneOf" | "anyOf" | "responses"), Some(_)) => added,
        (Some("parameters"), Some(_)) => {
            matches!(&change.what, ChangeKind::Added(parameter) if !is_required(parameter))
        }
        (Some("required"), _) => removed,
        (Some(keyword), None) if BOUNDS.contains(&keyword) => removed,
        (None, None) => added,
        _ => false,
    };
    if harmless {
        Class::Harmless
    } else {
        Class::Look
    }
}

/// Whether the path of the location contains one of these keywords.
fn is_of(location: &Location, keywords: &[&str]) -> bool {
    let mut steps = location.steps.iter();
    steps.any(|step| matches!(step, Step::Key(key) if keywords.contains(&key.as_str())))
}
