//! The arguments of a new tool: those that the operation requires, and the optional ones that
//! existing rows have, too.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{name, sample, sources::Sources};
use crate::{
    catalog::location::{body_schema, escaped, property_names, step},
    document::{Document, Operation},
    lint::{self, UNWRITTEN},
    lower::{items, kind, requires},
    operations,
    table::{ArgRow, OmitEmpty},
};

/// The maximum number of optional arguments from the body.
const OPTIONAL: usize = 4;

/// Where the value of an argument goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Path(String),
    Query(String),
    /// A property at the top of the body.
    Body(String),
}

/// An argument before it is written.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) target: Target,
    pub(super) required: bool,
    /// Keys of the row besides the target and the description.
    pub(super) keys: Map<String, Value>,
    pub(super) description: String,
    pub(super) sample: Value,
}

impl Argument {
    /// The query parameter that the argument sets.
    pub(super) fn query(&self) -> Option<&str> {
        match &self.target {
            Target::Query(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn is_in_body(&self) -> bool {
        matches!(self.target, Target::Body(_))
    }
}

/// The arguments, in the order of path, query and body.
pub(super) fn all(
    sources: Sources<'_>,
    operation: Operation<'_>,
    facts: Option<&operations::Row>,
) -> Vec<Argument> {
    let mut args = Vec::new();
    for parameter in sources.document.parameters(operation) {
        let schema = parameter.schema.unwrap_or(&Value::Null);
        let schemas = sources.document.alternatives(schema);
        let found = match parameter.place {
            "path" => Some(path(sources, operation, parameter.name, &schemas)),
            "query" => query(sources, parameter.name, parameter.required, &schemas),
            _ => None,
        };
        args.extend(found);
    }
    args.extend(body(sources, operation, facts));
    let mut names = BTreeSet::new();
    args.retain(|arg| names.insert(arg.name.clone()));
    args
}

fn path(
    sources: Sources<'_>,
    operation: Operation<'_>,
    parameter: &str,
    schemas: &[Value],
) -> Argument {
    let own = name::of_path(operation.path, parameter);
    let similar = similar(sources, |name, arg| name == own && arg.path.is_some());
    let mut keys = Map::new();
    if own != parameter {
        keys.insert("aliases".to_owned(), json!([parameter]));
    }
    Argument {
        sample: sample::value(sources.document, schemas, &own),
        description: description(similar.map(|(_, arg)| arg), &own),
        name: own,
        target: Target::Path(parameter.to_owned()),
        required: true,
        keys,
    }
}

fn query(
    sources: Sources<'_>,
    parameter: &str,
    required: bool,
    schemas: &[Value],
) -> Option<Argument> {
    let similar = similar(sources, |_, arg| arg.query.as_deref() == Some(parameter));
    if !required && similar.is_none() {
        return None;
    }
    let mut keys = stated_schema(sources.document, schemas);
    if let Some((_, arg)) = similar {
        if let Some(default) = arg.default.clone().filter(|_| !required) {
            keys.insert("default".to_owned(), default);
        }
        if matches!(arg.omit_empty, OmitEmpty::Whole(true)) {
            keys.insert("omit_empty".to_owned(), json!(true));
        }
    }
    let name = similar.map_or(parameter, |(name, _)| name);
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    Some(Argument {
        sample: sample::value(sources.document, schemas, &name),
        description: description(similar.map(|(_, arg)| arg), &name),
        name,
        target: Target::Query(parameter.to_owned()),
        required,
        keys,
    })
}

fn body(
    sources: Sources<'_>,
    operation: Operation<'_>,
    facts: Option<&operations::Row>,
) -> Vec<Argument> {
    let document = sources.document;
    let Some(body) = body_schema(document, operation) else {
        return Vec::new();
    };
    let named: Vec<_> = property_names(&body)
        .into_iter()
        .filter(|name| lint::is_key(name))
        .collect();
    let is_required = |name: &&str| body.iter().all(|form| requires(form, name));
    let (required, optional): (Vec<_>, Vec<_>) = named.into_iter().partition(is_required);
    let scalar = |name: &&str| {
        let schemas = step(document, &body, name).unwrap_or_default();
        !matches!(kind(&schemas), None | Some("object" | "array"))
    };
    let is_common = |name: &&str| {
        let at = format!("/{}", escaped(name));
        similar(sources, |own, arg| {
            own == *name && arg.body.as_ref() == Some(&at)
        })
        .is_some()
    };
    // Who is called by whom, if the operation calls people.
    let dial = facts.and_then(|row| row.dial.as_ref());
    let dialed: Vec<_> = dial
        .map(|dial| [&dial.to, &dial.who, &dial.from])
        .into_iter()
        .flatten()
        .filter_map(|list| list.first()?.split('/').nth(1))
        .collect();
    let mut chosen: Vec<_> = optional
        .iter()
        .copied()
        .filter(|name| dialed.contains(name))
        .collect();
    let plain = optional.iter().copied().filter(scalar);
    let common: Vec<_> = plain.clone().filter(is_common).collect();
    let others = if common.is_empty() {
        plain.collect()
    } else {
        common
    };
    chosen.extend(others.into_iter().take(OPTIONAL));
    let argument = |name: &str, required: bool| {
        let schemas = step(document, &body, name).unwrap_or_default();
        let mut keys = stated_schema(document, &schemas);
        if !required {
            keys.insert("omit_empty".to_owned(), json!(true));
        }
        Argument {
            name: name.to_owned(),
            target: Target::Body(name.to_owned()),
            required: required || dialed.contains(&name),
            keys,
            description: description(None, name),
            sample: sample::value(document, &schemas, name),
        }
    };
    let required = required.into_iter().map(|name| argument(name, true));
    let optional = chosen.into_iter().map(|name| argument(name, false));
    required.chain(optional).collect()
}

/// The first argument of an existing row that matches.
fn similar(
    sources: Sources<'_>,
    matches: impl Fn(&str, &ArgRow) -> bool,
) -> Option<(&str, &ArgRow)> {
    let rows = sources.table.rows.iter();
    let args = rows.flat_map(|located| &located.row.args);
    args.map(|(name, arg)| (name.as_str(), arg.get_ref()))
        .find(|(name, arg)| matches(name, arg))
}

fn description(similar: Option<&ArgRow>, name: &str) -> String {
    match similar {
        Some(arg) => arg.description.clone(),
        None => format!("{UNWRITTEN}: what `{name}` means."),
    }
}

/// The key `schema` of an argument whose schema in the document has no type or is too long for a
/// list of tools.
fn stated_schema(document: &Document, schemas: &[Value]) -> Map<String, Value> {
    let of_first = || {
        schemas
            .iter()
            .find_map(|schema| schema.get("type")?.as_str())
    };
    let stated = match kind(schemas).or_else(of_first) {
        Some("array") => {
            let of_items = items(document, schemas);
            let kind = kind(&of_items);
            let items = kind.map_or_else(|| json!({}), |kind| json!({ "type": kind }));
            Some(json!({ "type": "array", "items": items }))
        }
        None | Some("object") => Some(json!({ "type": "object" })),
        Some(_) if kind(schemas).is_some() => None,
        Some(kind) => Some(json!({ "type": kind })),
    };
    stated
        .map(|schema| ("schema".to_owned(), schema))
        .into_iter()
        .collect()
}
