//! A stand-in for Vapi's API, in memory: a plain function from request to answer.
//!
//! `document` finds the operation and `check` holds the request to the vendored document, as
//! far as Vapi itself does; `store` keeps what was made; `place` takes calls, `fate` says what
//! becomes of each by the number it rings, `life` shows it as it is by now, and `analytics` sums
//! calls up. What it answers
//! has the shapes of Vapi's recorded answers, and nobody is ever rung.

mod analytics;
mod check;
mod clock;
mod document;
mod fate;
mod life;
mod place;
#[cfg(feature = "http")]
pub(crate) mod serve;
mod store;

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use reqwest::{
    Body, Response, Url,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::{Map, Value, json};

use self::{
    clock::Clock,
    document::{Document, Operation, document},
    store::Store,
};

pub use self::document::Unreadable;
pub(crate) use self::document::{body_schema, resolved};

/// The address that stands for it: a name that leads nowhere.
pub const ADDRESS: &str = "https://sandbox.invalid";

/// What is said beside results, and before every question to a person.
pub const REMARK: &str = "This is the sandbox: nobody is rung, nothing reaches Vapi, and all of it is gone when the server ends.";

/// What a model is told before everything else.
pub const INSTRUCTIONS: &str = "SANDBOX: a stand-in for Vapi inside this server. Nobody is rung and nothing costs money; ids begin with 5a4db0c5. Tell the user so.";

/// One sandbox: its objects live as long as it does.
pub struct Sandbox {
    document: &'static Document,
    clock: Clock,
    store: Mutex<Store>,
}

/// Without its objects: they hold what a caller gave, as Vapi would.
impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

/// What it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
    /// Whether the connection breaks before the whole body has come.
    pub broken: bool,
}

impl Answer {
    fn new(status: u16, body: impl Into<Value>) -> Self {
        Self {
            status,
            body: body.into(),
            broken: false,
        }
    }

    /// A refusal in Vapi's words: `message` is a text, or a list of them.
    fn refusal(status: u16, message: impl Into<Value>) -> Self {
        let error = match status {
            400 => "Bad Request",
            404 => "Not Found",
            _ => "Not Implemented",
        };
        let message = message.into();
        let body = json!({ "message": message, "error": error, "statusCode": status });
        Self::new(status, body)
    }

    /// The answer as it comes from the network.
    pub(crate) fn into_response(self) -> Response {
        let text = self.body.to_string();
        let body = if self.broken {
            let reset = std::io::Error::other("the sandbox broke the connection");
            let half = text.get(..text.len() / 2).unwrap_or_default().to_owned();
            Body::wrap_stream(futures_util::stream::iter([Ok(half), Err(reset)]))
        } else {
            Body::from(text)
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = http::StatusCode::from_u16(self.status).unwrap_or_default();
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response.into()
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
                    "The sandbox does not do {method} {}; it keeps {}.",
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
            ("post", None) if collection == place::CALLS => place::place(&mut store, fields, now),
            ("post", None) if collection == analytics::PATH => {
                Answer::new(200, analytics::answer(&store, &fields, now))
            }
            ("post", None) => Answer::new(201, store.create(collection, fields, now)),
            ("patch", Some(id)) => store.update(collection, id, fields, now),
            ("delete", Some(id)) => store.remove(collection, id, now),
            _ => Answer::refusal(501, format!("The sandbox does not do {method} {path}.")),
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
        .map_err(|error| Answer::refusal(400, format!("The body is no JSON object: {error}")))?;
    let body = Value::Object(body);
    let mut problems = check::problems(schema, &body);
    if operation.path == place::CALLS {
        problems.extend(place::problems(&body));
    }
    match body {
        Value::Object(fields) if problems.is_empty() => Ok(fields),
        _ => Err(Answer::refusal(400, problems)),
    }
}
