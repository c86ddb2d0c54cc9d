//! Actions: operations about to be sent.

use super::{ApiTool, Operation, Request, Tool, Update};
use crate::{
    api::{Client, ResponseFuture},
    model::{Arg, DialSpec, Effect, Overrides, View, Wait},
};

/// One operation about to be sent, with the data that the guard, the retries, the audit log, the
/// remarks and the advice on errors need, independent of the tool.
#[derive(Debug)]
pub struct Action {
    /// The name of the called tool.
    pub name: &'static str,
    /// The operation.
    pub operation: &'static Operation,
    /// The effect of this request.
    pub effect: Effect,
    /// The location of the destinations in the body; set if the effect is [`Effect::Dial`].
    pub dial: Option<&'static DialSpec>,
    /// The arguments that set parts of the request.
    pub args: &'static [Arg],
    /// Unknown arguments that are often given, each with what to use instead.
    pub hints: &'static [(&'static str, &'static str)],
    /// The overrides of existing objects in the body.
    pub overrides: Option<&'static Overrides>,
    /// The parts of the response to show.
    pub view: &'static View,
    /// The state to wait for before a response is shown.
    pub wait: Option<&'static Wait>,
    /// The request.
    pub request: Request,
    /// What the request changes, if it is the merged change of an existing object.
    pub update: Option<Box<Update>>,
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
            update: None,
        }
    }

    /// A call of an operation with this effect through a tool over many operations, with an empty
    /// request.
    pub fn over(tool: &'static ApiTool, operation: &'static Operation, effect: Effect) -> Self {
        Self {
            name: tool.name,
            operation,
            effect,
            dial: operation.dial.filter(|_| effect == Effect::Dial),
            args: &[],
            hints: &[],
            overrides: None,
            view: &operation.view,
            wait: None,
            request: Request::default(),
            update: None,
        }
    }

    /// Sends the request.
    pub fn send<'a>(&self, client: &'a Client) -> ResponseFuture<'a> {
        self.operation.send_request(client, &self.request)
    }

    /// Whether the operation was chosen by an argument, so that the names of arguments are those of
    /// the body.
    pub fn is_chosen(&self) -> bool {
        self.args.is_empty()
    }

    /// Whether the operation costs money even if its body causes no call.
    pub fn spends(&self) -> bool {
        !self.reads() && self.operation.effect == Effect::Spend
    }

    /// Whether the effect is [`Effect::Read`].
    pub fn reads(&self) -> bool {
        self.effect == Effect::Read
    }
}
