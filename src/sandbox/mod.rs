//! A simulation of Vapi's API in memory: a function from request to response. No phone ever rings.
//!
//! `check` validates a request against the document as far as Vapi does. `store` keeps the objects,
//! `calls` places calls, `outcome` decides by the number how a call ends, `timeline` computes its
//! current state, and `analytics` aggregates calls. Responses have the structure of Vapi's recorded
//! responses.

mod analytics;
mod answer;
mod calls;
mod check;
mod clock;
mod outcome;
#[cfg(feature = "http")]
pub(crate) mod serve;
mod store;
mod timeline;

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use reqwest::Url;
use serde_json::{Map, Value};

use crate::document::{Document, Operation, document};

use self::{
    clock::Clock,
    store::{CALLS, Store},
};

pub use self::answer::Answer;
pub use crate::document::DocumentError;

/// The base URL of the sandbox, which does not exist.
pub const ADDRESS: &str = "https://sandbox.invalid";

/// The remark on the first result, and before every question to the user.
pub const REMARK: &str = "This is the sandbox: no phone rings, nothing reaches Vapi, and all data is lost when the server ends.";

/// The first lines of the instructions for a model.
pub const INSTRUCTIONS: &str = "SANDBOX: a stand-in for Vapi inside this server. No phone rings and nothing costs money; ids begin with 5a4db0c5. Tell the user so.";

/// A sandbox, which holds its objects in memory.
pub struct Sandbox {
    document: &'static Document,
    clock: Clock,
    store: Mutex<Store>,
}

/// Omits the objects, which contain private input.
impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// A new sandbox with its initial objects.
    pub fn new() -> Result<Self, DocumentError> {
        let clock = Clock::default();
        Ok(Self {
            document: document()?,
            store: Mutex::new(Store::seeded(clock.now())),
            clock,
        })
    }

    /// Handles a request that would otherwise be sent to Vapi.
    pub fn answer(&self, method: &str, url: &Url, body: &[u8]) -> Answer {
        let path = url.path().trim_end_matches('/');
        let Some((operation, id)) = self.document.find(method, path) else {
            return Answer::refusal(404, format!("Cannot {method} {path}"));
        };
        let Some(query) = &operation.query else {
            return Answer::refusal(
                501,
                format!(
                    "The sandbox does not support {method} {}; it stores {}.",
                    operation.path,
                    self.document.collections().join(", ")
                ),
            );
        };
        let query = match check::query(query, url) {
            Ok(query) => query,
            Err(problems) => return Answer::refusal(400, problems),
        };
        let fields = match fields(operation, body) {
            Ok(fields) => fields,
            Err(refusal) => return refusal,
        };
        let now = self.clock.now();
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let collection = operation.collection();
        match (operation.method.as_str(), id) {
            ("get", None) => Answer::new(200, store.list(collection, &query, now)),
            ("get", Some(id)) => store.get(collection, id, now),
            ("post", None) if collection == CALLS => calls::place(&mut store, fields, now),
            ("post", None) if collection == analytics::PATH => {
                Answer::new(200, analytics::answer(&store, &fields, now))
            }
            ("post", None) => Answer::new(201, store.create(collection, fields, now)),
            ("patch", Some(id)) => store.update(collection, id, fields, now),
            ("delete", Some(id)) => store.remove(collection, id, now),
            _ => Answer::refusal(
                501,
                format!("The sandbox does not support {method} {path}."),
            ),
        }
    }
}

/// The members of the body, validated against the document.
fn fields(operation: &Operation, body: &[u8]) -> Result<Map<String, Value>, Answer> {
    let Some(schema) = &operation.body else {
        return Ok(Map::new());
    };
    if body.is_empty() && operation.method == "delete" {
        return Ok(Map::new());
    }
    let body: Map<_, _> = serde_json::from_slice(body)
        .map_err(|error| Answer::refusal(400, format!("The body is not a JSON object: {error}")))?;
    let body = Value::Object(body);
    let mut problems = check::problems(schema, &body);
    if operation.path == CALLS {
        problems.extend(calls::problems(&body));
    }
    match body {
        Value::Object(fields) if problems.is_empty() => Ok(fields),
        _ => Err(Answer::refusal(400, problems)),
    }
}
