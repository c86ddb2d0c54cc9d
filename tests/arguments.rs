//! Arguments of a model to requests: what is sent, what is refused, and in which words.

mod assistants;
mod coerced;
mod defaults;
mod unknown;
mod values;

use crate::support::{call_tool, dotted, first_key, members, target, vapi, with_value};
use serde_json::{Value, json};
use vapi_mcp::{call::arguments, catalog::find};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// The body that the arguments come to.
fn body(tool: &str, given: Value) -> Value {
    let request = arguments::map(find(tool).unwrap(), members(given))
        .unwrap()
        .request;
    request.body().clone()
}

/// The query or path parameter that the arguments come to.
fn parameter(tool: &str, given: Value, name: &str) -> Option<Value> {
    let request = arguments::map(find(tool).unwrap(), members(given))
        .unwrap()
        .request;
    request.parameter(name).cloned()
}

/// What is said of arguments that are refused, a line each.
fn refusal(tool: &str, given: Value) -> String {
    let errors = arguments::map(find(tool).unwrap(), members(given)).unwrap_err();
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
