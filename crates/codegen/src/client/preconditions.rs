//! Checks assumptions of progenitor about a document. If they do not hold, progenitor panics or
//! writes invalid Rust.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::{error::ClientError, name::rust_name};
use crate::document::{Document, Operation, array, object};

/// The reason why an operation cannot be a method of the client.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The method and path of the operation.
    pub(crate) address: String,
    /// The operations with the same name in the client, itself included; otherwise only itself.
    pub(crate) rivals: Vec<String>,
    /// The reason.
    pub(crate) error: ClientError,
}

/// The operations that cannot be methods of the client, at most one reason for each.
pub(crate) fn faults(document: &Document) -> Vec<Fault> {
    let mut faults = names_differ(document);
    let known: HashSet<String> = faults.iter().map(|fault| fault.address.clone()).collect();
    let others = document
        .operations()
        .filter(|operation| !known.contains(&operation.address()));
    faults.extend(others.filter_map(|operation| {
        let error = usable(document, operation).err()?;
        let address = operation.address();
        Some(Fault {
            rivals: vec![address.clone()],
            address,
            error,
        })
    }));
    faults
}

fn usable(document: &Document, operation: Operation<'_>) -> Result<(), ClientError> {
    refer_to_something(document, operation)?;
    parameters_are_supported(document, operation)?;
    path_is_filled(document, operation)?;
    arguments_differ(document, operation)
}

fn wrong(at: &str, reason: impl Into<String>) -> ClientError {
    ClientError::Path {
        at: at.to_owned(),
        reason: reason.into(),
    }
}

/// The parameter objects of an operation and of its path, before references are resolved.
fn declared<'a>(
    document: &'a Document,
    operation: Operation<'a>,
) -> impl Iterator<Item = &'a Value> {
    let item = document.value().get("paths");
    let item = item.and_then(|paths| paths.get(operation.path));
    std::iter::once(operation.object)
        .chain(item)
        .flat_map(|holder| array(holder.get("parameters")))
}

fn refer_to_something(document: &Document, operation: Operation<'_>) -> Result<(), ClientError> {
    for parameter in declared(document, operation) {
        if let Some(reference) = parameter.get("$ref").and_then(Value::as_str) {
            let named = reference.starts_with("#/components/parameters/");
            if !named || document.resolved(parameter).get("in").is_none() {
                let reason = format!("no parameter is at `{reference}`");
                return Err(wrong(&operation.address(), reason));
            }
        }
    }
    Ok(())
}

/// Checks that progenitor supports the places and styles of all parameters.
fn parameters_are_supported(
    document: &Document,
    operation: Operation<'_>,
) -> Result<(), ClientError> {
    for parameter in declared(document, operation) {
        let parameter = document.resolved(parameter);
        if let Some(reason) = unsupported(parameter) {
            let name = parameter.get("name").and_then(Value::as_str);
            let name = name.unwrap_or_default();
            let reason = format!("its parameter `{name}` cannot be sent: {reason}");
            return Err(wrong(&operation.address(), reason));
        }
    }
    Ok(())
}

/// The reason why progenitor cannot send a parameter.
pub(crate) fn unsupported(parameter: &Value) -> Option<String> {
    let text = |key| parameter.get(key).and_then(Value::as_str);
    let usual = match text("in") {
        Some("query") => "form",
        Some("path" | "header") => "simple",
        Some("cookie") => return Some("the client sends no cookies".to_owned()),
        _ => return Some("it is in no part of a request".to_owned()),
    };
    match parameter.get("style") {
        None => {}
        Some(style) if style == usual => {}
        Some(style) => return Some(format!("the client does not support the style {style}")),
    }
    if !parameter.get("schema").is_some_and(Value::is_object) {
        return Some("it has no schema".to_owned());
    }
    None
}

/// Checks that the names in braces equal the path parameters.
fn path_is_filled(document: &Document, operation: Operation<'_>) -> Result<(), ClientError> {
    let parameters = document.parameters(operation);
    let declared: HashSet<&str> = parameters
        .iter()
        .filter(|parameter| parameter.place == "path")
        .map(|parameter| parameter.name)
        .collect();
    let named: HashSet<&str> = operation.path_names().collect();
    if let Some(name) = named.symmetric_difference(&declared).min() {
        let reason = if named.contains(name) {
            format!("the path parameter `{name}` is not declared")
        } else {
            format!("the path has no `{{{name}}}`")
        };
        return Err(wrong(&operation.address(), reason));
    }
    Ok(())
}

/// Checks that each operation gets its own method in the client.
fn names_differ(document: &Document) -> Vec<Fault> {
    let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut faults = Vec::new();
    for operation in document.operations() {
        let address = operation.address();
        if operation.id.is_empty() {
            faults.push(Fault {
                rivals: vec![address.clone()],
                error: ClientError::Unnamed(address.clone()),
                address,
            });
        } else {
            let name = rust_name(operation.id);
            taken.entry(name).or_default().push(address);
        }
    }
    for (name, rivals) in taken {
        if let [first, second, ..] = rivals.as_slice() {
            faults.extend(rivals.iter().map(|address| Fault {
                address: address.clone(),
                error: ClientError::Methods {
                    one: first.clone(),
                    other: if address == first { second } else { address }.clone(),
                    name: name.clone(),
                },
                rivals: rivals.clone(),
            }));
        }
    }
    faults
}

/// Checks that each parameter of an operation, and its body, gets its own argument.
fn arguments_differ(document: &Document, operation: Operation<'_>) -> Result<(), ClientError> {
    let mut taken = HashMap::new();
    if document.body(operation).is_some() {
        taken.insert("body".to_owned(), "the body".to_owned());
    }
    for parameter in document.parameters(operation) {
        let name = rust_name(parameter.name);
        let other = format!("the {} parameter `{}`", parameter.place, parameter.name);
        if let Some(one) = taken.insert(name.clone(), other.clone()) {
            return Err(ClientError::Arguments {
                operation: operation.id.to_owned(),
                one,
                other,
                name,
            });
        }
    }
    Ok(())
}

/// Paths that refer to other paths, which progenitor does not support.
pub(crate) fn referring_paths(document: &Document) -> Vec<String> {
    let paths = object(document.value().get("paths"));
    let referring = paths.filter(|(_, item)| item.get("$ref").is_some());
    referring.map(|(path, _)| path.to_owned()).collect()
}
