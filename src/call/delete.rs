//! Deletes: the object is read first, and is deleted only if the caller gave its name.

use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;
use unicode_normalization::UnicodeNormalization;

use super::{
    advice,
    context::Context,
    outcome::Outcome,
    references::{References, kind},
    tool_call::ToolCall,
};
use crate::{
    api::{ApiError, Failure},
    catalog::Action,
    invisible::visible,
    model::Effect,
    text::excerpt,
};

/// The pointers to the name of an object; the first one that leads to a text applies.
const NAMES: [&str; 3] = ["/name", "/function/name", "/resource/name"];

/// The argument that confirms which object is meant.
pub(super) const NAME: &str = "name";

/// The object that is about to be deleted.
#[derive(Debug, Serialize)]
pub(super) struct Deletion {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    loses: Option<&'static str>,
    #[serde(flatten)]
    references: Option<References>,
    /// Whether the caller must still give its name.
    #[serde(skip)]
    needs_name: bool,
}

impl Deletion {
    /// Reads the object that a call deletes, if it deletes one. It is refused if the caller gave another
    /// name than the object's; and if the object has a name and none was given, except for a dry run.
    /// The references to the object are looked for if somebody will read them: the user who is asked, or
    /// the caller.
    pub(super) async fn of<P>(
        call: &ToolCall,
        asks_user: bool,
        context: &Context<'_, P>,
        deadline: Instant,
    ) -> Result<Option<Self>, Outcome> {
        let action = &call.action;
        if action.effect != Effect::Delete {
            return Ok(None);
        }
        let given = call.control.name.as_deref();
        let operation = action.operation;
        let mut ids = operation.parameters.iter().filter(|it| it.in_path);
        let id = ids.next_back().and_then(|it| action.request.text(it.name));
        let mut deletion = Self {
            kind: kind(operation),
            id: id.map(str::to_owned),
            name: None,
            loses: operation.loses,
            references: None,
            needs_name: false,
        };
        deletion.name = deletion.read_name(action, context, deadline).await?;
        if let (None, Some(given), Some(_)) = (&deletion.name, given, operation.shown_by) {
            return Err(deletion.has_no_name(given));
        }
        let is_dry = call.control.dry_run;
        let refused = match (deletion.name.as_deref(), given) {
            (Some(name), Some(given)) if !is_same(given, name) => {
                Some(format!("and not {}", Value::from(given)))
            }
            (Some(_), None) if is_dry => {
                deletion.needs_name = true;
                None
            }
            (Some(_), None) => Some(format!("and `{NAME}` was not given")),
            (Some(_), Some(_)) | (None, _) => None,
        };
        if is_dry || asks_user || refused.is_some() {
            deletion.find_references(context, deadline).await;
        }
        match refused {
            Some(reason) => Err(deletion.refused(&reason)),
            None => Ok(Some(deletion)),
        }
    }

    /// The name of the object; none if it has none, or if nothing shows it.
    async fn read_name<P>(
        &self,
        action: &Action,
        context: &Context<'_, P>,
        deadline: Instant,
    ) -> Result<Option<String>, Outcome> {
        let Some(shown_by) = action.operation.shown_by else {
            return Ok(None);
        };
        let Context { api, token, .. } = context;
        let sent = api.send(token, Effect::Read, deadline, |client| {
            shown_by.send_request(client, &action.request)
        });
        let body = sent
            .await
            .map_err(|failure| self.unread(action, &failure, context))?;
        let Ok(object) = serde_json::from_slice::<Value>(&body) else {
            return Err(self.unreadable("is not JSON"));
        };
        if !object.is_object() {
            return Err(self.unreadable("is not an object"));
        }
        for at in NAMES {
            match object.pointer(at) {
                None | Some(Value::Null) => {}
                Some(Value::String(name)) if name.trim().is_empty() => {}
                Some(Value::String(name)) => return Ok(Some(name.clone())),
                Some(_) => return Err(self.unreadable("has a name that is not a text")),
            }
        }
        Ok(None)
    }

    async fn find_references<P>(&mut self, context: &Context<'_, P>, deadline: Instant) {
        if let Some(id) = &self.id {
            let found = References::to(id, context.api, context.token, deadline);
            self.references = Some(found.await);
        }
    }

    /// The object, as a message names it.
    fn title(&self) -> String {
        let id = self.id.as_deref().unwrap_or_default();
        match &self.name {
            Some(name) => format!("the {} {}", self.kind, Value::from(name.as_str())),
            None => format!("the {} {id}", self.kind),
        }
    }

    /// The lines for the question to the user.
    pub(super) fn question(&self) -> Vec<String> {
        let mut lines = self.consequences();
        lines.push(format!("This deletes {}.", self.title()));
        lines
    }

    /// What is lost, and what refers to the object.
    fn consequences(&self) -> Vec<String> {
        let loses = self.loses.map(|loses| format!("A delete loses: {loses}"));
        let references = self.references.iter();
        let references = references.flat_map(References::lines);
        loses.into_iter().chain(references).collect()
    }

    /// The remark on a deletion that Vapi confirmed.
    pub(super) fn done(&self) -> String {
        format!("Deleted {}.", self.title())
    }

    /// What the caller has to know about a dry run.
    pub(super) fn remark(&self) -> Option<String> {
        let name = self.name.as_deref().filter(|_| self.needs_name)?;
        let name = Value::from(name);
        Some(format!("To delete it, give `{NAME}`: {name}."))
    }

    fn refused(&self, reason: &str) -> Outcome {
        let name = Value::from(self.name.as_deref().unwrap_or_default());
        let mut lines = vec![format!(
            "Nothing was deleted: the {} with this id is named {name}, {reason}. If the user wants \
             to delete this one, give its name as `{NAME}`.",
            self.kind
        )];
        lines.extend(self.consequences());
        Outcome::error(lines.join("\n"))
    }

    fn has_no_name(&self, given: &str) -> Outcome {
        let given = Value::from(excerpt(given));
        Outcome::error(format!(
            "Nothing was deleted: the {} with this id has no name, and `{NAME}` is {given}. If the user \
             wants to delete this one, leave out `{NAME}`.",
            self.kind
        ))
    }

    fn unreadable(&self, reason: &str) -> Outcome {
        Outcome::error(format!(
            "Nothing was deleted: the {} could not be read first, because Vapi's answer {reason}.",
            self.kind
        ))
    }

    fn unread<P>(&self, action: &Action, failure: &Failure, context: &Context<'_, P>) -> Outcome {
        let error = &failure.error;
        let is_missing = matches!(error, ApiError::Status { status, .. } if status.as_u16() == 404);
        let reason = match is_missing {
            true => format!("there is no {} with this id", self.kind),
            false => format!("the {} could not be read first", self.kind),
        };
        let mut lines = vec![format!("Nothing was deleted: {reason}. {error}")];
        lines.extend(advice::on(action, error, context.toolset));
        Outcome::error(lines.join("\n"))
    }
}

/// Whether two names are equal except for surrounding spaces and the form of their characters.
fn is_same(one: &str, other: &str) -> bool {
    let normal = |text: &str| visible(text).trim().nfc().collect::<String>();
    normal(one) == normal(other)
}
