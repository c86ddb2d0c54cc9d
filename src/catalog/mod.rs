//! The generated catalogue: the operations of Vapi's API that this server sends, and the tools that
//! send them.
//!
//! `OUT_DIR/catalog.rs` has one literal for each row of `spec/tools/*.toml`. A [`Tool`] is visible
//! to clients, an [`Operation`] is part of Vapi's API, and an [`Action`] is one operation about to
//! be sent, with its effect and its request. A [`Toolset`] contains the tools that a server
//! exposes.

mod action;
mod hidden_names;
mod request;
mod suggest;
mod tool_names;
mod toolset;
mod update;

use std::{collections::HashMap, sync::LazyLock};

use progenitor_client::ClientInfo;
use serde_json::{Map, Value};

pub use self::{
    action::Action,
    hidden_names::HiddenNames,
    request::Request,
    tool_names::{ToolNames, profiles},
    toolset::{Exposed, Toolset},
    update::Update,
};

use crate::{
    api::{Client, ResponseFuture},
    model::{ApiToolKind, Arg, BodyNode, DialSpec, Effect, Overrides, View, Wait},
};

/// An operation of Vapi's API.
#[derive(Debug)]
pub struct Operation {
    /// The operationId.
    pub id: &'static str,
    /// The method, in lower case.
    pub method: &'static str,
    /// The path, with the names of parameters in braces.
    pub path: &'static str,
    /// The description for models; empty if there is none.
    pub does: &'static str,
    /// The name of a more suitable tool.
    pub tool: Option<&'static str>,
    /// The effect of a request.
    pub effect: Effect,
    /// Whether `spec/operations.toml` describes it. Otherwise, it may be sent only if it reads.
    pub is_known: bool,
    /// The path and query parameters.
    pub parameters: &'static [Parameter],
    /// Headers with fixed values.
    pub headers: &'static [(&'static str, &'static str)],
    /// Whether it answers with a redirect to a file.
    pub redirects: bool,
    /// The parts of the response that a tool over many operations shows.
    pub view: View,
    /// Whether it takes a JSON body.
    pub has_body: bool,
    /// Whether the document declares the body.
    pub is_documented: bool,
    /// Whether it takes a form with a file instead of JSON.
    pub is_upload: bool,
    /// The field of the form that holds the file.
    pub file: Option<&'static str>,
    /// The data that a delete removes or an update replaces.
    pub loses: Option<&'static str>,
    /// How a request calls people, if it can.
    pub dial: Option<&'static DialSpec>,
    /// Pointers to ids of stored destinations to which calls are placed later.
    pub stored_unseen: &'static [&'static str],
    /// Pointers, each with values: a request whose body has only these properties, with one of
    /// these values, only stops something.
    pub stops: Option<&'static [(&'static str, &'static [&'static str])]>,
    /// Pointers to properties that are not sent, each with the reason.
    pub refused: &'static [(&'static str, &'static str)],
    /// Pointers to top-level properties, each with the JSON that is sent if the body has none.
    pub filled: &'static [(&'static str, &'static str)],
    /// For a change or a deletion, the operation that shows the object.
    pub shown_by: Option<&'static Operation>,
    /// The pointer to that object in the answer.
    pub merge_at: &'static str,
    /// The documented properties of the body, if a tool passes on other properties than arguments.
    pub body_properties: &'static [&'static str],
    /// The locations in the body that can contain a destination, at any depth; the body itself
    /// comes first. Empty if there are none.
    pub places: &'static [BodyNode],
    /// Sends a request through the generated client.
    pub send: fn(&Client, Request) -> ResponseFuture<'_>,
}

/// A path or query parameter of an operation.
#[derive(Debug)]
pub struct Parameter {
    /// The name in the request.
    pub name: &'static str,
    /// Whether a request without it is refused.
    pub required: bool,
    /// Whether it is part of the path; otherwise it is part of the query.
    pub in_path: bool,
    /// The JSON type.
    pub kind: ParameterKind,
}

/// The JSON type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A string.
    Text,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
    /// A list of strings.
    List,
}

/// A tool over many operations.
#[derive(Debug)]
pub struct ApiTool {
    /// The name in `tools/list`.
    pub name: &'static str,
    /// Other names by which models call it.
    pub aliases: &'static [&'static str],
    /// The profiles that contain it.
    pub profiles: &'static [&'static str],
    /// What a call does.
    pub kind: ApiToolKind,
    /// The effect of a call.
    pub effect: Effect,
    /// The effects of the operations that it sends.
    pub sends: &'static [Effect],
    /// The element of `tools/list`, as JSON.
    pub definition: &'static str,
    /// The names of its arguments.
    pub args: &'static [&'static str],
}

impl Operation {
    /// The method and path, such as `GET /call/{id}`.
    pub fn key(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// The effect of a request with this body.
    pub fn effect_of(&self, body: &Value) -> Effect {
        match self.dial {
            Some(dial) if dial.given.is_empty() => Effect::Dial,
            Some(dial) if dial.given.iter().any(|at| is_given(body, at)) => Effect::Dial,
            _ => self.effect,
        }
    }

    /// Whether a request with this body only stops something.
    pub fn only_stops(&self, body: &Map<String, Value>) -> bool {
        let is_stop = |(key, value): (&String, &Value)| {
            let mut stops = self.stops.into_iter().flatten();
            let stop = stops.find(|(at, _)| at.strip_prefix('/') == Some(key));
            let value = value.as_str();
            stop.is_some_and(|(_, values)| value.is_some_and(|value| values.contains(&value)))
        };
        self.stops.is_some() && body.iter().all(is_stop)
    }

    /// The kind of object that its path is about: `campaign` for `/v2/campaign/{id}`.
    pub fn resource(&self) -> &'static str {
        let is_version = |segment: &str| {
            let digits = segment.strip_prefix('v').unwrap_or_default();
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        let mut segments = self.path.split('/');
        let found = segments.find(|segment| !segment.is_empty() && !is_version(segment));
        found.unwrap_or_default()
    }

    /// Sends a request. A body that is already serialized is sent as it is.
    pub fn send_request<'a>(&self, client: &'a Client, request: &Request) -> ResponseFuture<'a> {
        if let Some(body) = request.serialized_body() {
            client.inner().set_body(body.clone());
        }
        if self.redirects {
            client.inner().expect_link();
        }
        let mut request = request.clone();
        for (name, value) in self.headers {
            request.set(name, Value::from(*value));
        }
        (self.send)(client, request)
    }
}

/// The operation with this operationId, with what is needed to send it; none if the client has none.
pub fn operation_of(id: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().copied().find(|it| it.id == id)
}

/// Whether a body has a value at a pointer.
fn is_given(body: &Value, at: &str) -> bool {
    body.pointer(at).is_some_and(|value| !value.is_null())
}

/// One tool.
#[derive(Debug)]
pub struct Tool {
    /// The name under which clients call it.
    pub name: &'static str,
    /// Other names under which models call it.
    pub aliases: &'static [&'static str],
    /// The profiles that contain it.
    pub profiles: &'static [&'static str],
    /// The effect of a call.
    pub effect: Effect,
    /// Whether properties of the body beyond the arguments are passed on.
    pub open: bool,
    /// The element of `tools/list`, as JSON.
    pub definition: &'static str,
    /// The arguments, in the order in which clients show them.
    pub args: &'static [Arg],
    /// The parts of the response to show.
    pub view: View,
    /// The state to wait for before a response is shown.
    pub wait: Option<&'static Wait>,
    /// The location of the destinations in the body; set if the effect is [`Effect::Dial`].
    pub dial: Option<&'static DialSpec>,
    /// Unknown arguments that are often given, each with what to use instead.
    pub hints: &'static [(&'static str, &'static str)],
    /// The overrides of existing objects in the body.
    pub overrides: Option<&'static Overrides>,
    /// The operation to send.
    pub operation: &'static Operation,
}

#[allow(
    unused_variables,
    reason = "an operation may take neither parameters nor a body"
)]
mod generated {
    use super::{ApiTool, Operation, Parameter, ParameterKind, Tool};
    include!(concat!(env!("OUT_DIR"), "/operations.rs"));
    include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
}

pub use generated::{API_TOOLS, INSTRUCTIONS, OPERATIONS, REFERRERS, TOOLS, UNSUPPORTED};

static BY_NAME: LazyLock<HashMap<&str, &Tool>> =
    LazyLock::new(|| TOOLS.iter().map(|tool| (tool.name, tool)).collect());

/// The operation with this method and path, such as `GET /call/{id}`.
pub fn operation_of_key(key: &str) -> Option<&'static Operation> {
    let (method, path) = key.split_once(' ')?;
    let mut operations = OPERATIONS.iter().copied();
    operations.find(|it| it.path == path && it.method.eq_ignore_ascii_case(method))
}

/// The tool with this name.
pub fn find(name: &str) -> Option<&'static Tool> {
    BY_NAME.get(name).copied()
}
