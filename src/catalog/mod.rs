//! The generated catalogue: the operations of Vapi's API that this server sends, and the tools that
//! send them.
//!
//! `OUT_DIR/catalog.rs` has one literal for each row of `spec/tools/*.toml`. A [`Tool`] is what
//! clients see, an [`Operation`] is what Vapi offers, and an [`Action`] is one operation about to be
//! sent, with its effect and its request. A [`Toolset`] is the part of the catalogue that a server
//! exposes.

mod action;
mod request;
mod suggest;
mod toolset;

use std::{collections::HashMap, sync::LazyLock};

use progenitor_client::ClientInfo;

pub use self::{
    action::Action,
    request::{Param, Request},
    toolset::{ToolNames, Toolset},
};

use crate::{
    api::{Client, ResponseFuture},
    model::{Arg, BodyNode, DialSpec, Effect, Overrides, View, Wait},
};

/// An operation of Vapi's API.
#[derive(Debug)]
pub struct Operation {
    /// The method, in lower case.
    pub method: &'static str,
    /// The path, with the names of parameters in braces.
    pub path: &'static str,
    /// The properties of the body that the document knows, where they are passed on.
    pub body_properties: &'static [&'static str],
    /// The places of the body that can contain a destination, at any depth; the body itself
    /// comes first. Empty if there is no such place.
    pub places: &'static [BodyNode],
    /// Sends a request through the generated client.
    pub send: fn(&Client, Request) -> ResponseFuture<'_>,
}

impl Operation {
    /// Sends a request. A body that is already serialized is sent as it is.
    pub fn send_request<'a>(&self, client: &'a Client, request: &Request) -> ResponseFuture<'a> {
        if let Some(body) = request.serialized_body() {
            client.inner().set_body(body.clone());
        }
        (self.send)(client, request.clone())
    }
}

/// One tool.
#[derive(Debug)]
pub struct Tool {
    /// The name that clients call it by.
    pub name: &'static str,
    /// Other names by which models call it.
    pub aliases: &'static [&'static str],
    /// The effect of a call.
    pub effect: Effect,
    /// Whether properties of the body beyond the arguments are passed on.
    pub open: bool,
    /// The element of `tools/list`, as JSON.
    pub definition: &'static str,
    /// The arguments, in the order in which clients show them.
    pub args: &'static [Arg],
    /// What is shown of the answer.
    pub view: View,
    /// What is waited for before an answer is shown.
    pub wait: Option<&'static Wait>,
    /// Where the body names the destinations; set if the effect is [`Effect::Dial`].
    pub dial: Option<&'static DialSpec>,
    /// Unknown arguments that are often given, each with what to use instead.
    pub hints: &'static [(&'static str, &'static str)],
    /// Where its body overrides parts of an existing object.
    pub overrides: Option<&'static Overrides>,
    /// The operation that it sends.
    pub operation: &'static Operation,
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
        $(let builder = builder.$body(request.take_body());)?
        Box::pin(builder.send())
    }};
}

mod generated {
    use super::{Operation, Request, Tool};
    include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
}

pub use generated::{INSTRUCTIONS, TOOLS, UNSUPPORTED};

static BY_NAME: LazyLock<HashMap<&str, &Tool>> =
    LazyLock::new(|| TOOLS.iter().map(|tool| (tool.name, tool)).collect());

/// The tool with this name.
pub fn find(name: &str) -> Option<&'static Tool> {
    BY_NAME.get(name).copied()
}
