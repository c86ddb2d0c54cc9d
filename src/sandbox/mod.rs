//! A stand-in for Vapi's API, in memory: a plain function from request to answer.
//!
//! The excerpt of the document names the operation, and `check` validates the request against it,
//! as far as Vapi itself does; `store` keeps what was made; `place` takes calls, `outcome` says what
//! becomes of each by the number it rings, `timeline` shows it as it is by now, and `analytics` sums
//! calls up. What it answers has the shapes of Vapi's recorded answers, and no phone ever rings.

mod analytics;
mod answer;
mod check;
mod clock;
mod outcome;
mod place;
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
pub use crate::document::Unreadable;

/// The address that stands for it: a name that leads nowhere.
pub const ADDRESS: &str = "https://sandbox.invalid";

/// What is said beside results, and before every question to a person.
pub const REMARK: &str = "This is the sandbox: no phone rings, nothing reaches Vapi, and all data is lost when the server ends.";

/// What a model is told before everything else.
pub const INSTRUCTIONS: &str = "SANDBOX: a stand-in for Vapi inside this server. No phone rings and nothing costs money; ids begin with 5a4db0c5. Tell the user so.";

/// One sandbox: its objects live as long as it does.
pub struct Sandbox {
    document: &'static Document,
    clock: Clock,
    store: Mutex<Store>,
}

/// Debug output without the objects, which contain private input.
impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// A new one, with the objects that every sandbox begins with.
    pub fn new() -> Result<Self, Unreadable> {
        let clock = Clock::default();
        Ok(Self {
            document: document()?,
            store: Mutex::new(Store::seeded(clock.now())),
            clock,
        })
    }

    /// Answers a request that would go to Vapi.
    pub fn answer(&self, method: &str, url: &Url, body: &[u8]) -> Answer {
        let path = url.path().trim_end_matches('/');
        let Some((operation, id)) = self.document.find(method, path) else {
            return Answer::refusal(404, format!("Cannot {method} {path}"));
        };
        let Some(query) = &operation.query else {
            return Answer::refusal(
                501,
                format!(
                    "The sandbox does not support {method} {}; it keeps {}.",
                    operation.path,
                    self.document.kept().join(", ")
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
            ("post", None) if collection == CALLS => place::place(&mut store, fields, now),
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

/// The body's members, which follow the document.
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
        problems.extend(place::problems(&body));
    }
    match body {
        Value::Object(fields) if problems.is_empty() => Ok(fields),
        _ => Err(Answer::refusal(400, problems)),
    }
}
