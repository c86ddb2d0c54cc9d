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

/// The read of the object that a call changes.
pub(super) struct Reading {
    action: Action,
    /// The pointer to the object in the response; without such an object, it is the response.
    at: &'static str,
}

/// The reason why an object could not be read.
enum Unread {
    Failed(Failure),
    NotAnObject,
}

impl Reading {
    /// The read by this operation of the object that an action changes.
    pub(super) fn new(action: &Action, shown_by: &'static Operation) -> Self {
        let in_path = shown_by.parameters.iter().filter(|it| it.in_path);
        let parameters = in_path.filter_map(|parameter| {
            let value = action.request.parameter(parameter.name)?;
            Some((parameter.name, value.clone()))
        });
        let request = Request::new(parameters.collect(), Map::new());
        let read = Action {
            name: action.name,
            operation: shown_by,
            effect: Effect::Read,
            dial: None,
            args: action.args,
            hints: &[],
            overrides: None,
            view: &View::WHOLE,
            wait: None,
            request,
            update: None,
        };
        Self {
            action: read,
            at: action.operation.merge_at,
        }
    }

    /// The response as Vapi sent it, and the object in it.
    pub(super) async fn send<P>(
        &self,
        context: &Context<'_, P>,
        deadline: Instant,
    ) -> Result<(Bytes, Tree), Outcome> {
        let object = self.object(context, deadline).await;
        object.map_err(|error| match error {
            Unread::Failed(failure) => errors::not_read(&self.action, &failure, context.toolset),
            Unread::NotAnObject => Outcome::error(
                "Nothing was sent: Vapi's response to the read before the change is not a JSON object.",
            ),
        })
    }

    async fn object<P>(
        &self,
        context: &Context<'_, P>,
        deadline: Instant,
    ) -> Result<(Bytes, Tree), Unread> {
        let Context { api, token, .. } = context;
        let read = &self.action;
        let sent = api.send(token, read.effect, deadline, |client| read.send(client));
        let body = sent.await.map_err(Unread::Failed)?;
        let tree = Tree::read(&body).map_err(|_| Unread::NotAnObject)?;
        let object = tree.at(self.at).filter(|object| object.is_object());
        match object.cloned().unwrap_or(tree) {
            object @ Tree::Object(_) => Ok((body, object)),
            Tree::Scalar(_) | Tree::List(_) => Err(Unread::NotAnObject),
        }
    }
}
