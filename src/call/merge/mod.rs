//! Changes of existing objects. Vapi replaces whole top-level members of an object, so the object is
//! read first, the change is merged into it at every depth, and the top-level members that change
//! are sent. Just before that, they are read again: a change by somebody else in the meantime is
//! refused.
//!
//! `merged` makes the body, `object` merges one object, `hidden` recognises values that a read does
//! not show, and `differences` lists what changes.

mod differences;
mod elements;
mod hidden;
mod merged;
mod object;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use model::facts::Body;
use serde_json::{Map, Value};
use tokio::time::Instant;

use self::merged::{BodySchema, Merged, merge};
use super::{context::Context, errors, outcome::Outcome, tool_call::ToolCall};
use crate::{
    api::Failure,
    catalog::{Action, Operation, Request, Update},
    json::{Member, Tree},
    model::{Effect, View},
    reference::{Schemas, facts},
    result::Difference,
    text::{counted, excerpt},
};

/// The remark on a change that changes nothing.
pub(super) const UNCHANGED: &str = "Nothing was sent: the object already is as requested.";

/// A call that changes an existing object.
pub(super) enum Prepared {
    /// The change, whose merged body the call now has.
    Change(Change),
    /// The object already is as it should be, as this response shows.
    Unchanged(Bytes),
}

/// A change that is about to be sent.
pub(super) struct Change {
    /// Reads the object.
    read: Action,
    /// The top-level members to send.
    body: Vec<Member>,
    /// The stored values of these members.
    before: Vec<(String, Option<Tree>)>,
    /// Stored properties that are sent back although the document does not declare them.
    unknown: Vec<String>,
    /// The remarks on what changes.
    remarks: Vec<String>,
}

/// Reads the object that a call changes, and makes the body the merged one. `None` if the call
/// changes no existing object, or only stops something.
pub(super) async fn prepare<P>(
    call: &mut ToolCall,
    context: &Context<'_, P>,
    deadline: Instant,
) -> Result<Option<Prepared>, Outcome> {
    let action = &call.action;
    let operation = action.operation;
    let Some(shown_by) = operation
        .shown_by
        .filter(|_| operation.method == "patch" && operation.has_body)
    else {
        return Ok(None);
    };
    let Value::Object(change) = action.request.body() else {
        return Ok(None);
    };
    if !change.is_empty() && operation.only_stops(change) {
        return Ok(None);
    }
    let read = reading(action, shown_by);
    let (body, stored) = stored(&read, context, deadline)
        .await
        .map_err(|error| error.outcome(&read, context))?;
    elements::complete(call, &stored);
    let change = call.action.request.body().as_object();
    let change = change.cloned().unwrap_or_default();
    let schema = schema(operation).map_err(Outcome::error)?;
    let Merged {
        body: members,
        differences,
        dropped,
        unknown,
        replaced,
        required,
    } = merge(&stored, &change, schema)
        .map_err(|errors| errors::not_merged(&call.action, &call.names, errors))?;
    if members.is_empty() {
        return Ok(Some(Prepared::Unchanged(body)));
    }
    let before: Vec<_> = members
        .iter()
        .map(|member| (member.name.clone(), stored.get(&member.name).cloned()))
        .collect();
    let values = members
        .iter()
        .map(|member| (member.name.clone(), member.value.value()));
    *call.action.request.body_mut() = Value::Object(values.collect());
    let mut remarks = changes(&differences.listed, differences.count);
    remarks.extend(listed(
        "Removed, because the new form does not have them",
        &dropped,
    ));
    remarks.extend(listed(
        "Replaced lists that contained values which Vapi does not show",
        &replaced,
    ));
    remarks.extend(listed(
        "Also sent, unchanged, because Vapi requires it",
        &required,
    ));
    call.action.update = Some(Box::new(Update {
        name: stored
            .get("name")
            .and_then(Tree::text)
            .map(|it| it.into_owned()),
        before: values_of(&before),
        change: Value::Object(change),
        differences: differences.listed,
        count: differences.count,
    }));
    Ok(Some(Prepared::Change(Change {
        read,
        body: members,
        before,
        unknown,
        remarks,
    })))
}

impl Change {
    /// The remarks on what changes.
    pub(super) fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    /// The remark on a refusal by Vapi.
    pub(super) fn on_failure(&self) -> Option<String> {
        listed(
            "Sent back as stored, although Vapi's document does not have them",
            &self.unknown,
        )
    }

    /// Sets the JSON of the body. Members that the guard did not change keep their bytes.
    pub(super) fn serialize(&self, request: &mut Request) {
        let mut json = vec![b'{'];
        for (index, member) in self.body.iter().enumerate() {
            let Member { name, value, .. } = member;
            if index > 0 {
                json.push(b',');
            }
            json.extend(Value::from(name.as_str()).to_string().into_bytes());
            json.push(b':');
            match request.body().get(name) {
                Some(checked) if *checked != value.value() => Tree::from(checked).write(&mut json),
                _ => value.write(&mut json),
            }
        }
        json.push(b'}');
        request.set_serialized(Bytes::from(json));
    }

    /// Reads the object again. The error is a refusal if a member to be sent was changed since the
    /// first read.
    pub(super) async fn check_unchanged<P>(
        &self,
        context: &Context<'_, P>,
        deadline: Instant,
    ) -> Result<(), Outcome> {
        let (_, now) = stored(&self.read, context, deadline)
            .await
            .map_err(|error| error.outcome(&self.read, context))?;
        let changed = self
            .before
            .iter()
            .filter(|(name, before)| match (before, now.get(name)) {
                (Some(before), Some(now)) => !before.is_same(now),
                (before, now) => before.is_some() != now.is_some(),
            });
        let changed: Vec<_> = changed
            .map(|(name, _)| format!("`{}`", excerpt(name)))
            .collect();
        match changed.is_empty() {
            true => Ok(()),
            false => Err(Outcome::error(format!(
                "Nothing was sent: somebody else changed {} in the meantime. Look at the object, \
                 then try again if the change is still wanted.",
                changed.join(", ")
            ))),
        }
    }
}

/// The request that reads the object.
fn reading(action: &Action, shown_by: &'static Operation) -> Action {
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
enum Unread {
    Failed(Failure),
    NotAnObject,
}

impl Unread {
    fn outcome<P>(self, read: &Action, context: &Context<'_, P>) -> Outcome {
        match self {
            Self::Failed(failure) => errors::not_read(read, &failure, context.toolset),
            Self::NotAnObject => Outcome::error(
                "Nothing was sent: Vapi's response to the read before the change is not a JSON object.",
            ),
        }
    }
}

/// The object as Vapi sent it, and its tree.
async fn stored<P>(
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

/// The schema of an operation's body.
fn schema(operation: &Operation) -> Result<BodySchema<'static>, String> {
    let facts = facts().map_err(|error| error.to_string())?;
    let mut operations = facts.operations.iter();
    let body = operations.find(|it| it.id == operation.id);
    let body = match body.and_then(|operation| operation.body.as_ref()) {
        Some(Body::Json(schema)) => Some(schema),
        Some(Body::Upload(_) | Body::Undocumented(_)) | None => None,
    };
    Ok(BodySchema {
        schemas: Schemas(&facts.schemas),
        body,
    })
}

fn values_of(members: &[(String, Option<Tree>)]) -> Value {
    let members = members.iter();
    let values = members.filter_map(|(name, tree)| Some((name.clone(), tree.as_ref()?.value())));
    Value::Object(values.collect())
}

/// The remarks on the differences: as many as fit, one each.
fn changes(listed: &[Difference], count: usize) -> Vec<String> {
    /// Maximum number of bytes of all of them.
    const ROOM: usize = 1_500;
    /// Maximum number of characters of a value.
    const VALUE: usize = 80;
    let mut left = ROOM;
    let mut remarks = Vec::new();
    for difference in listed {
        let path = difference.path();
        let remark = match difference.shown(VALUE) {
            (Some(from), Some(to)) => format!("Change: {path} from {from} to {to}."),
            (None, Some(to)) => format!("Change: {path} set to {to}."),
            (from, None) => format!(
                "Change: {path} removed; it was {}.",
                from.unwrap_or_default()
            ),
        };
        let Some(rest) = left.checked_sub(remark.len()) else {
            break;
        };
        left = rest;
        remarks.push(remark);
    }
    match count.saturating_sub(remarks.len()) {
        0 => {}
        more => remarks.push(format!(
            "And {} that do not fit here.",
            counted(more, "change")
        )),
    }
    remarks
}

fn listed(what: &str, paths: &[String]) -> Option<String> {
    /// Maximum number of paths in a remark.
    const NAMED: usize = 10;
    if paths.is_empty() {
        return None;
    }
    let named: Vec<_> = paths
        .iter()
        .take(NAMED)
        .map(|path| format!("`{path}`"))
        .collect();
    let more = match paths.len().saturating_sub(NAMED) {
        0 => "",
        _ => " and more",
    };
    Some(format!("{what}: {}{more}.", named.join(", ")))
}
