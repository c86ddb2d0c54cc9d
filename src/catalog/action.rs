//! Actions: operations about to be sent.

use super::{Operation, Request, Tool};
use crate::{
    api::{Client, ResponseFuture},
    model::{Arg, DialSpec, Effect, Overrides, View, Wait},
};

/// One operation about to be sent: what the guard, the retries, the audit log, the remarks and the
/// advice on errors need to know, whichever tool it was called through.
#[derive(Debug)]
pub struct Action {
    /// The name of the tool that it was called through.
    pub name: &'static str,
    /// The operation.
    pub operation: &'static Operation,
    /// The effect of this request.
    pub effect: Effect,
    /// Where the body names the destinations; set if the effect is [`Effect::Dial`].
    pub dial: Option<&'static DialSpec>,
    /// The arguments that fill parts of the request.
    pub args: &'static [Arg],
    /// Unknown arguments that are often given, each with what to use instead.
    pub hints: &'static [(&'static str, &'static str)],
    /// Where the body overrides parts of an existing object.
    pub overrides: Option<&'static Overrides>,
    /// What is shown of the answer.
    pub view: &'static View,
    /// What is waited for before an answer is shown.
    pub wait: Option<&'static Wait>,
    /// The request.
    pub request: Request,
}

impl Action {
    /// A call of this tool, with an empty request.
    pub fn of(tool: &'static Tool) -> Self {
        Self {
            name: tool.name,
            operation: tool.operation,
            effect: tool.effect,
            dial: tool.dial,
            args: tool.args,
            hints: tool.hints,
            overrides: tool.overrides,
            view: &tool.view,
            wait: tool.wait,
            request: Request::default(),
        }
    }

    /// Sends the request.
    pub fn send<'a>(&self, client: &'a Client) -> ResponseFuture<'a> {
        self.operation.send_request(client, &self.request)
    }

    /// Whether it only reads.
    pub fn reads(&self) -> bool {
        self.effect == Effect::Read
    }
}
