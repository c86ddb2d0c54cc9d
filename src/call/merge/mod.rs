//! Changes of existing objects. Vapi replaces whole top-level members of an object, so the object is
//! read first, the change is merged into it at every depth, and the top-level members that change
//! are sent. Just before that, they are read again: a change by somebody else in the meantime is
//! refused.
//!
//! `stored` reads the object, `merged` makes the body, `object` merges one object, `hidden` recognises
//! values that a read does not show, `differences` lists what changes, and `remark` tells it.

mod differences;
mod elements;
mod hidden;
mod merged;
mod object;
mod remark;
mod stored;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use model::facts::Body;
use serde_json::Value;
use tokio::time::Instant;

use self::{
    differences::Differences,
    merged::{BodySchema, Merged, merge},
    stored::Reading,
};
use super::{context::Context, errors, outcome::Outcome, tool_call::ToolCall};
use crate::{
    catalog::{Operation, Request, Update},
    json::{Member, Tree, escaped},
    reference::{Schemas, facts},
    result::{self, Difference},
    text::excerpt,
};

/// The remark on a change that changes nothing.
pub(super) const UNCHANGED: &str = "Nothing was sent: the object already is as requested.";

/// A call that changes an existing object.
pub(super) enum Prepared {
    /// The change, whose merged body the call now has.
    Change(Box<Change>),
    /// The object already is as it should be, as this response shows.
    Unchanged(Bytes),
}

/// A change that is about to be sent.
pub(super) struct Change {
    read: Reading,
    /// The top-level members to send.
    body: Vec<Member>,
    /// The stored values of these members.
    before: Vec<(String, Option<Tree>)>,
    /// Stored properties that are sent back although the document does not declare them.
    unknown: Vec<String>,
    /// The remark on what changes.
    remark: String,
    /// The part of it that is not about single values.
    note: Option<String>,
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
    let read = Reading::new(action, shown_by);
    let (body, stored) = read.send(context, deadline).await?;
    elements::complete(call, &stored);
    let change = call.action.request.body().as_object();
    let change = change.cloned().unwrap_or_default();
    let schema = schema(operation).map_err(Outcome::error)?;
    let merged = merge(&stored, &change, schema)
        .map_err(|errors| errors::not_merged(&call.action, &call.names, errors))?;
    let (remark, note) = (remark::on_change(&merged), remark::note(&merged));
    let Merged {
        body: members,
        differences,
        unknown,
        ..
    } = merged;
    if call.action.is_chosen() {
        call.control.fields = Some(shown(&stored, &members, &differences));
    }
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
    Ok(Some(Prepared::Change(Box::new(Change {
        read,
        body: members,
        before,
        unknown,
        remark,
        note,
    }))))
}

/// The pointers that are shown of a changed object: what identifies it, and what changed. The caller
/// need not read the rest again.
fn shown(stored: &Tree, members: &[Member], differences: &Differences) -> Vec<String> {
    /// More changed values are shown with the whole top-level members that contain them.
    const MOST: usize = 20;
    let identity = ["id", "name", "updatedAt"];
    let identity = identity.iter().filter(|key| stored.get(key).is_some());
    let mut shown: Vec<_> = identity.map(|key| format!("/{key}")).collect();
    let changed = differences.listed.iter().filter(|it| it.to.is_some());
    let changed: Vec<_> = changed.map(Difference::pointer).collect();
    let mut fits = differences.count <= MOST && result::check_fields(&changed).is_ok();
    fits &= differences.count == differences.listed.len();
    match fits {
        true => shown.extend(changed),
        false => shown.extend(
            members
                .iter()
                .take(MOST)
                .map(|member| format!("/{}", escaped(&member.name))),
        ),
    }
    shown
}

impl Change {
    /// The remark on what changes.
    pub(super) fn remark(&self) -> String {
        self.remark.clone()
    }

    /// The remark for a dry run, which lists the changes itself.
    pub(super) fn note(&self) -> Option<String> {
        self.note.clone()
    }

    /// The remark on a refusal by Vapi.
    pub(super) fn on_failure(&self) -> Option<String> {
        remark::on_unknown(&self.unknown)
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
        let (_, now) = self.read.send(context, deadline).await?;
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
