//! A simulation of Vapi's API in memory: a function from request to response. No phone ever rings.
//!
//! `routes` finds the operation, `request` validates the request against the document as far as
//! Vapi does (`check`, `references`), and `dispatch` does what it asks for. `store` holds the
//! objects, `list` makes pages of them. Calls: `calls` places them, `outcome` decides by the number
//! how a call ends, `timeline` computes its current state, and `analytics` aggregates calls.
//! Responses have the structure of Vapi's recorded responses.

mod analytics;
mod answer;
mod artifacts;
mod calls;
mod campaigns;
mod chats;
mod check;
mod clock;
mod contact;
mod customers;
mod dispatch;
mod evals;
mod files;
mod insights;
mod list;
mod options;
mod outcome;
mod references;
mod request;
mod resources;
mod routes;
mod seeds;
#[cfg(feature = "http")]
pub(crate) mod serve;
mod simulation_items;
mod simulations;
mod store;
mod timeline;
mod upload;

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use reqwest::Url;
use serde_json::Value;

use self::{clock::Clock, dispatch::State, request::Request, routes::Routes, store::Store};

pub use self::{
    answer::{ADDRESS, Answer, Served},
    options::{MASK, Options, UNKNOWN_KEY},
    routes::DocumentError,
};

/// The remark on the first result, and before every question to the user.
pub const REMARK: &str = "This is the sandbox: no phone rings, nothing reaches Vapi, and all data is lost when the server ends.";

/// The first lines of the instructions for a model.
pub const INSTRUCTIONS: &str = "SANDBOX: a stand-in for Vapi inside this server. No phone rings and nothing costs money; ids begin with 5a4db0c5. Tell the user so.";

/// A sandbox, which holds its objects in memory.
pub struct Sandbox {
    routes: Routes,
    options: Options,
    clock: Clock,
    state: Mutex<State>,
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
        Self::with(Options::default())
    }

    /// A new sandbox with these peculiarities of Vapi.
    pub fn with(options: Options) -> Result<Self, DocumentError> {
        Ok(Self::over(Routes::new()?, options))
    }

    fn over(routes: Routes, options: Options) -> Self {
        let clock = Clock::default();
        let mut store = Store::new(options);
        seeds::add(&routes, &mut store, clock.now());
        Self {
            routes,
            options,
            clock,
            state: Mutex::new(State::new(store)),
        }
    }

    /// Handles a request that would otherwise be sent to Vapi.
    pub fn answer(&self, method: &str, url: &Url, body: &[u8]) -> Answer {
        let path = url.path().trim_end_matches('/');
        if method == "GET"
            && let Some(file) = artifacts::serve(path)
        {
            return file;
        }
        let Some(route) = self.routes.find(method, path) else {
            return Answer::refusal(404, format!("Cannot {method} {path}"));
        };
        let Some(behavior) = route.behavior else {
            return Answer::refusal(
                501,
                format!(
                    "The sandbox does not support {method} {}; it stores {}.",
                    route.operation.path,
                    self.routes.collections().join(", ")
                ),
            );
        };
        let now = self.clock.now();
        match Request::new(&self.routes, route, (url, body), self.options, now) {
            Ok(request) => {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.advance(now);
                state.answer(behavior, request)
            }
            Err(refusal) => refusal,
        }
    }

    /// A stored value of an object, such as `/server/secret` of `/assistant/ID`, also if a GET does
    /// not show it.
    pub fn stored(&self, path: &str, pointer: &str) -> Option<Value> {
        let route = self.routes.find("GET", path)?;
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let fields = state.store.fields(&route.collection?.path, route.id())?;
        Value::Object(fields.clone()).pointer(pointer).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_operation_that_is_not_in_the_table_is_refused_with_what_is() {
        let table = r#"{ "collection": [{ "path": "/squad", "name": "Squad" }] }"#;
        let sandbox = Sandbox::over(Routes::read(table).unwrap(), Options::default());
        let url = Url::parse(&format!("{ADDRESS}/campaign")).unwrap();
        let answer = sandbox.answer("GET", &url, b"");
        assert_eq!(answer.status, 501);
        assert_eq!(
            answer.body["message"],
            "The sandbox does not support GET /campaign; it stores /squad."
        );
    }
}
