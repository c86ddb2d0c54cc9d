//! Decides how serious a change is for a tool.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    breakage::Breakage,
    compare::{Change, ChangeKind},
    location::{Location, Root, Step},
    usage::{ToolUsage, Use},
};

/// How serious a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A row is no longer valid, or the API will refuse its requests.
    Breaking,
    /// Nothing breaks, but a maintainer should look at the change.
    Look,
    /// The change has no effect on the tools.
    Harmless,
}

/// How close a change is to a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Near {
    /// At a location that the row names, or next to it.
    Named,
    /// At a location that requests or responses of the tool can contain.
    Reached,
}

/// Keywords that affect neither requests nor results.
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
const BOUNDS: [&str; 13] = [
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

/// The class of a change for one tool, and how close it is; `None` if the tool does not use its
/// location.
pub(super) fn for_tool(
    change: &Change,
    usage: &ToolUsage,
    breakage: &Breakage,
) -> Option<(Near, Class)> {
    let location = &change.location;
    if !usage.reaches(&location.root) {
        return None;
    }
    let (owner, keyword, concerned) = location.split();
    if location.root == usage.operation
        && let Some(class) = of_operation(change, usage, breakage)
    {
        return Some((Near::Named, class));
    }
    let used = |at: &Location| usage.locations.get(at).into_iter().flatten();
    let here: BTreeSet<&Use> = used(location).chain(used(&owner)).collect();
    if here.is_empty() {
        let near = if location.root == usage.operation {
            Near::Named
        } else {
            Near::Reached
        };
        return Some((near, in_general(change)));
    }
    let class = match (&change.what, keyword, concerned) {
        (ChangeKind::Added(_), Some("required"), Some(name))
            if breakage.newly_required.contains(name) =>
        {
            Class::Breaking
        }
        (ChangeKind::Removed(_), Some("enum"), Some(value)) => {
            let constant = Use::Constant(value.to_owned());
            if here.contains(&constant) && breakage.lost.contains(&constant) {
                Class::Breaking
            } else {
                Class::Look
            }
        }
        _ => match in_general(change) {
            Class::Look if concerns_lost(change, usage, breakage) => Class::Breaking,
            class => class,
        },
    };
    Some((Near::Named, class))
}

/// The class of a change at a location that no tool uses.
pub(super) fn for_none(change: &Change) -> Class {
    match &change.location.root {
        Root::Document if is_of(&change.location, &["security", "servers"]) => Class::Look,
        Root::Component(kind, _) if kind == "securitySchemes" => Class::Look,
        _ => Class::Harmless,
    }
}

/// A change of the operation itself and of its parameters.
fn of_operation(change: &Change, usage: &ToolUsage, breakage: &Breakage) -> Option<Class> {
    let argument = |name: &str| usage.parameters.get(name);
    match (change.location.steps.as_slice(), &change.what) {
        ([], ChangeKind::Removed(_)) => Some(Class::Breaking),
        ([], ChangeKind::Moved(..)) => Some(Class::Look),
        ([], _) => Some(Class::Harmless),
        ([Step::Key(key)], _) if key == "operationId" => Some(Class::Breaking),
        ([Step::Key(key), Step::Member(name)], what) if key == "parameters" => {
            Some(match (what, argument(name)) {
                (ChangeKind::Removed(_), Some(_)) => Class::Breaking,
                (ChangeKind::Added(parameter), None) if is_required(parameter) => Class::Breaking,
                _ => Class::Harmless,
            })
        }
        ([Step::Key(key), Step::Member(name), below @ ..], what) if key == "parameters" => {
            let required = matches!(below, [Step::Key(key)] if key == "required")
                && matches!(what, ChangeKind::Added(now) | ChangeKind::Changed(_, now) if *now == json!(true));
            Some(match argument(name) {
                Some(argument) if breakage.lost.contains(&Use::Argument(argument.clone())) => {
                    Class::Breaking
                }
                Some(_) => in_general(change),
                None if required => Class::Breaking,
                None => Class::Harmless,
            })
        }
        _ => None,
    }
}

fn is_required(parameter: &Value) -> bool {
    parameter.get("required") == Some(&json!(true)) || parameter.get("in") == Some(&json!("path"))
}

/// Whether the change is at or above a location that is no longer valid.
fn concerns_lost(change: &Change, usage: &ToolUsage, breakage: &Breakage) -> bool {
    let (owner, _, concerned) = change.location.split();
    let at = if concerned.is_some() {
        &change.location
    } else {
        &owner
    };
    let used = usage
        .locations
        .iter()
        .filter(|(location, _)| location.is_within(at));
    used.flat_map(|(_, used)| used).any(|used| match used {
        Use::Argument(name) | Use::Way(name) => {
            breakage.lost.contains(&Use::Argument(name.clone()))
        }
        Use::Result(at) | Use::ResultWay(at) => breakage.lost.contains(&Use::Result(at.clone())),
        used => breakage.lost.contains(used),
    })
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
            !matches!(&change.what, ChangeKind::Added(parameter) if is_required(parameter))
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
