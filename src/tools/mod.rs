//! The tool table at run time: what a row becomes, and the catalogue of them.
//!
//! `OUT_DIR/catalog.rs` holds one literal per row of `spec/tools/*.toml`. A call goes through
//! [`arguments`] (JSON of a model to a [`Request`]), the tool's `send` (the generated client) and
//! [`result`](crate::result) (bytes of the answer to text); [`call`] does that in order, and
//! [`wait`] sends again and again where the row says so.

mod advice;
mod alike;
pub mod arguments;
mod body;
pub mod call;
mod context;
pub mod control;
mod decode;
mod faults;
mod given;
mod inner;
mod names;
mod offer;
mod outcome;
mod placed;
mod reasons;
mod remarks;
mod request;
mod scan;
mod value;
pub mod wait;

use std::collections::HashMap;
use std::sync::LazyLock;

use progenitor_client::ClientInfo;

pub use alike::meant;
pub use offer::{Offer, face};
pub use request::{Param, Request};

use crate::{
    api::{Client, Sending},
    model::{Arg, BodyNode, Dial, Effect, Over, View, Wait},
};

/// One tool.
#[derive(Debug)]
pub struct Tool {
    /// The name that clients call it by.
    pub name: &'static str,
    /// Other names for what it does, by which models call it.
    pub also: &'static [&'static str],
    /// What a call of it does.
    pub effect: Effect,
    /// Whether properties of the body beyond the arguments are passed on.
    pub open: bool,
    /// The element of `tools/list`, as JSON.
    pub face: &'static str,
    /// The arguments, in the order in which clients show them.
    pub args: &'static [Arg],
    /// The properties of the body that the document knows, where they are passed on.
    pub body_properties: &'static [&'static str],
    /// What is shown of the answer.
    pub view: View,
    /// What is waited for before an answer is shown.
    pub wait: Option<&'static Wait>,
    /// Where the body says whom it rings; of every tool that dials.
    pub dial: Option<&'static Dial>,
    /// The places of the body that can contain a destination, at any depth; the body itself
    /// comes first. Empty if there is no such place.
    pub places: &'static [BodyNode],
    /// Unknown arguments that are often given, each with what to use instead.
    pub hints: &'static [(&'static str, &'static str)],
    /// Where its body overrides parts of an existing object.
    pub over: Option<&'static Over>,
    /// The method of its operation, in lower case.
    pub method: &'static str,
    /// The path of its operation, with the names of parameters in braces.
    pub path: &'static str,
    /// Sends a request through the generated client.
    pub send: fn(&Client, Request) -> Sending<'_>,
}

/// Calls a builder of the generated client: every present parameter goes through the setter of
/// its name, so that a wrong name does not compile.
macro_rules! bind {
    ($builder:expr, $request:ident $(, $setter:ident = $name:literal)* $(; $body:ident)?) => {{
        #[allow(unused_mut, reason = "an operation may take neither parameters nor a body")]
        let mut request: Request = $request;
        let builder = $builder;
        $(let builder = match request.take($name) {
            Some(param) => builder.$setter(param),
            None => builder,
        };)*
        $(let builder = builder.$body(request.body());)?
        Box::pin(builder.send())
    }};
}

mod generated {
    use super::{Request, Tool};
    #[allow(unused_imports, reason = "not every row has every part")]
    use crate::model::{
        Added, Arg, At, BodyNode, Derived, Dial, Effect, Far, Holds, Late, Over, Page, Placed,
        Rest, Search, View, Wait,
    };
    include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
}

pub use generated::{INSTRUCTIONS, TOOLS, UNSUPPORTED};

impl Tool {
    /// Sends a request, whose body goes as it was written.
    fn sending<'a>(&self, client: &'a Client, request: &Request) -> Sending<'a> {
        if let Some(body) = request.written() {
            client.inner().set_body(body.clone());
        }
        (self.send)(client, request.clone())
    }
}

static BY_NAME: LazyLock<HashMap<&str, &Tool>> =
    LazyLock::new(|| TOOLS.iter().map(|tool| (tool.name, tool)).collect());

/// The tool with this name.
pub fn find(name: &str) -> Option<&'static Tool> {
    BY_NAME.get(name).copied()
}
