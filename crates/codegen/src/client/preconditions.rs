//! Checks assumptions of progenitor about a document. If they do not hold, progenitor panics or
//! writes invalid Rust.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{error::ClientError, name::rust_name};
use crate::document::{Document, Operation, array, object};

/// Refuses the document at the first operation that cannot be a method of the client.
pub(super) fn check(document: &Document) -> Result<(), ClientError> {
    for (path, item) in object(document.value().get("paths")) {
        if item.get("$ref").is_some() {
            return Err(wrong(path, "it refers to another path"));
        }
        refer_to_something(document, path, item)?;
    }
    methods_differ(document)?;
    for operation in document.operations() {
        refer_to_something(document, &operation.address(), operation.object)?;
        path_is_filled(document, operation)?;
        arguments_differ(document, operation)?;
    }
    Ok(())
}

fn wrong(at: &str, reason: impl Into<String>) -> ClientError {
    ClientError::Path {
        at: at.to_owned(),
        reason: reason.into(),
    }
}

fn refer_to_something(document: &Document, at: &str, holder: &Value) -> Result<(), ClientError> {
    for parameter in array(holder.get("parameters")) {
        if let Some(reference) = parameter.get("$ref").and_then(Value::as_str) {
            let named = reference.starts_with("#/components/parameters/");
            if !named || document.resolved(parameter).get("in").is_none() {
                let reason = format!("no parameter is at `{reference}`");
                return Err(wrong(at, reason));
            }
        }
    }
    Ok(())
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
fn methods_differ(document: &Document) -> Result<(), ClientError> {
    let mut taken = HashMap::new();
    for operation in document.operations() {
        let other = operation.address();
        if operation.id.is_empty() {
            return Err(ClientError::Unnamed(other));
        }
        let name = rust_name(operation.id);
        if let Some(one) = taken.insert(name.clone(), other.clone()) {
            return Err(ClientError::Methods { one, other, name });
        }
    }
    Ok(())
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
