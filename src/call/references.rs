//! Finds the objects of an account that refer to another one by its id.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};
use tokio::time::Instant;

use crate::{
    api::{Api, Token},
    catalog::{Operation, REFERRERS, Request},
    json::escaped,
    model::Effect,
    text::{counted, excerpt},
};

/// Maximum number of rows of one list that are read.
const MAX_ROWS: usize = 500;

/// Maximum number of references that are listed.
const MAX_LISTED: usize = 50;

/// Maximum number of pointers that are listed for one object.
const MAX_POINTERS: usize = 5;

/// The objects that refer to an object.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct References {
    /// The first ones.
    pub referred_to_by: Vec<Reference>,
    /// The number of further ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
    /// The lists that were read completely.
    pub looked_in: Vec<String>,
    /// The lists that were not, or only in part, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_looked_in: Vec<String>,
}

/// An object that refers to another one.
#[derive(Debug, Serialize)]
pub(super) struct Reference {
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// JSON pointers to the id in the object.
    pub at: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The rows of a list, not yet parsed.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    total_items: Option<f64>,
}

impl References {
    /// Looks for an id in the lists of `spec/operations.toml`.
    pub(super) async fn to(id: &str, api: &Api, token: &Token, deadline: Instant) -> Self {
        let mut found = Self::default();
        for list in REFERRERS {
            let has_limit = list.parameters.iter().any(|it| it.name == "limit");
            let limit = has_limit.then(|| ("limit", Value::from(MAX_ROWS)));
            let request = Request::new(limit.into_iter().collect(), Map::new());
            let sent = api.send(token, Effect::Read, deadline, |client| {
                list.send_request(client, &request)
            });
            let read: Result<Bytes, _> = sent.await;
            match read {
                Ok(body) => found.add_list(list, &body, id),
                Err(failure) => found.fail(list, &failure.error.to_string()),
            }
        }
        found
    }

    fn add_list(&mut self, list: &Operation, body: &[u8], id: &str) {
        let page = serde_json::from_slice(body).or_else(|_| {
            serde_json::from_slice(body).map(|results| Page {
                results,
                metadata: Metadata::default(),
            })
        });
        let Ok(Page { results, metadata }) = page else {
            self.fail(list, "Vapi's answer is no list");
            return;
        };
        for row in &results {
            // Ids have no characters that JSON escapes.
            if row.get().contains(id) {
                self.add_row(list, row, id);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "there are few rows")]
        let has_more = metadata.total_items > Some(results.len() as f64);
        if results.len() >= MAX_ROWS || has_more {
            let rows = counted(results.len(), "object");
            self.fail(list, &format!("only a part was read: {rows}"));
        } else {
            self.looked_in.push(list.key());
        }
    }

    fn add_row(&mut self, list: &Operation, row: &RawValue, id: &str) {
        let Ok(row) = serde_json::from_str::<Value>(row.get()) else {
            return;
        };
        let text = |at: &str| row.pointer(at).and_then(Value::as_str);
        // The object itself.
        if text("/id") == Some(id) {
            return;
        }
        let mut at = Vec::new();
        pointers(&row, id, "", &mut at);
        if at.is_empty() {
            return;
        }
        if self.referred_to_by.len() >= MAX_LISTED {
            self.more += 1;
            return;
        }
        self.referred_to_by.push(Reference {
            kind: kind(list),
            id: text("/id").map(excerpt),
            name: text("/name")
                .or_else(|| text("/function/name"))
                .map(excerpt),
            at,
        });
    }

    fn fail(&mut self, list: &Operation, reason: &str) {
        let reason = excerpt(reason);
        self.not_looked_in.push(format!("{}: {reason}", list.key()));
    }

    /// The references and where they were looked for, as lines of a message.
    pub(super) fn lines(&self) -> Vec<String> {
        /// Maximum number of references in a message.
        const MAX_NAMED: usize = 10;
        let mut lines = Vec::new();
        let looked_in = self.looked_in.join(", ");
        if self.referred_to_by.is_empty() && !looked_in.is_empty() {
            lines.push(format!("Nothing refers to it in {looked_in}."));
        } else if !looked_in.is_empty() {
            lines.push(format!("References were looked for in {looked_in}."));
        }
        if !self.referred_to_by.is_empty() {
            let named = self.referred_to_by.iter().take(MAX_NAMED);
            let named: Vec<_> = named.map(Reference::text).collect();
            let more = self.more + self.referred_to_by.len() - named.len();
            let more = match more {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            lines.insert(
                0,
                format!("It is referred to by {}{more}.", named.join("; ")),
            );
        }
        if !self.not_looked_in.is_empty() {
            lines.push(format!(
                "References may also be in: {}.",
                self.not_looked_in.join("; ")
            ));
        }
        lines
    }
}

impl Reference {
    fn text(&self) -> String {
        let name = self.name.as_ref().map(|name| Value::from(name.as_str()));
        let name = name.map_or_else(String::new, |name| format!(" {name}"));
        let id = self.id.as_ref().map(|id| format!(" ({id})"));
        format!(
            "{}{name}{} at {}",
            self.kind,
            id.unwrap_or_default(),
            self.at.join(", ")
        )
    }
}

/// What the objects of an operation are, from its path: `phone number`.
pub(super) fn kind(operation: &Operation) -> String {
    let mut segments = operation.path.rsplit('/');
    let last = segments.find(|segment| !segment.starts_with('{'));
    last.unwrap_or_default().replace('-', " ")
}

/// Adds the pointers to all strings that are equal to the id.
fn pointers(value: &Value, id: &str, at: &str, found: &mut Vec<String>) {
    if found.len() >= MAX_POINTERS {
        return;
    }
    match value {
        Value::String(text) if text == id => found.push(at.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, id, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let key = escaped(&excerpt(key));
                pointers(member, id, &format!("{at}/{key}"), found);
            }
        }
        _ => {}
    }
}
