//! Reads the object that a call changes.

use bytes::Bytes;
use serde_json::Map;
use tokio::time::Instant;

use crate::{
    api::Failure,
    call::{context::Context, errors, outcome::Outcome},
    catalog::{Action, Operation, Request},
    json::Tree,
    model::{Effect, View},
};

/// The request that reads the object.
pub(super) fn reading(action: &Action, shown_by: &'static Operation) -> Action {
    let in_path = shown_by.parameters.iter().filter(|it| it.in_path);
    let parameters = in_path.filter_map(|parameter| {
        let value = action.request.parameter(parameter.name)?;
        Some((parameter.name, value.clone()))
    });
    Action {
        name: action.name,
        operation: shown_by,
        effect: Effect::Read,
        dial: None,
        args: action.args,
        hints: &[],
        overrides: None,
        view: &View::WHOLE,
        wait: None,
        request: Request::new(parameters.collect(), Map::new()),
        update: None,
    }
}

/// The reason why an object could not be read.
pub(super) enum Unread {
    Failed(Failure),
    NotAnObject,
}

impl Unread {
    pub(super) fn outcome<P>(self, read: &Action, context: &Context<'_, P>) -> Outcome {
        match self {
            Self::Failed(failure) => errors::not_read(read, &failure, context.toolset),
            Self::NotAnObject => Outcome::error(
                "Nothing was sent: Vapi's response to the read before the change is not a JSON object.",
            ),
        }
    }
}

/// The object as Vapi sent it, and its tree.
pub(super) async fn stored<P>(
    read: &Action,
    context: &Context<'_, P>,
    deadline: Instant,
) -> Result<(Bytes, Tree), Unread> {
    let Context { api, token, .. } = context;
    let sent = api.send(token, read.effect, deadline, |client| read.send(client));
    let body = sent.await.map_err(Unread::Failed)?;
    let tree = Tree::read(&body).map_err(|_| Unread::NotAnObject)?;
    match tree.is_object() {
        true => Ok((body, tree)),
        false => Err(Unread::NotAnObject),
    }
}
