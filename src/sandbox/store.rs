//! The objects that were created in the sandbox.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{answer::Answer, clock, timeline::Timeline};

/// The account to which all objects belong.
const ORG: &str = "5a4db0c5-0000-4000-8000-000000000000";

/// The collection of calls.
pub(super) const CALLS: &str = "/call";

/// The initial objects, enough to place a call.
const SEEDS: &str = include_str!("seeds.json");

/// The default length of a list.
const LIMIT: u64 = 100;

/// All objects by the path of their collection, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Store {
    collections: HashMap<String, Vec<Object>>,
    created: u32,
    last: Option<DateTime<Utc>>,
}

/// One object.
#[derive(Debug)]
struct Object {
    fields: Map<String, Value>,
    /// The timeline of a call; `None` for other objects.
    timeline: Option<Timeline>,
}

impl Object {
    fn show(&self, now: DateTime<Utc>) -> Map<String, Value> {
        let mut shown = self.fields.clone();
        if let Some(timeline) = &self.timeline {
            timeline.show(&mut shown, now);
        }
        shown
    }
}

impl Store {
    /// A store with the initial objects.
    pub(super) fn seeded(now: DateTime<Utc>) -> Self {
        let mut store = Self::default();
        let seeds: Map<String, Value> = serde_json::from_str(SEEDS).unwrap_or_default();
        for (collection, bodies) in &seeds {
            for fields in bodies.as_array().into_iter().flatten() {
                let fields = fields.as_object().cloned().unwrap_or_default();
                store.create(
                    collection,
                    fields,
                    clock::saturating_add(now, TimeDelta::days(-1)),
                );
            }
        }
        store
    }

    /// Creates an object and returns it.
    pub(super) fn create(
        &mut self,
        collection: &str,
        mut fields: Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Map<String, Value> {
        self.add_server_fields(collection, &mut fields);
        self.keep(collection, fields, None, now)
    }

    /// Adds the members that Vapi adds.
    fn add_server_fields(&self, collection: &str, fields: &mut Map<String, Value>) {
        match collection {
            "/assistant" => {
                fields.insert("isServerUrlSecretSet".to_owned(), json!(false));
            }
            "/phone-number" => {
                fields.insert("status".to_owned(), json!("active"));
                let bought = fields.get("provider") == Some(&json!("vapi"));
                if bought && !fields.contains_key("sipUri") {
                    let number = format!("+1555010{:04}", 199_u32.saturating_sub(self.created));
                    fields.insert("number".to_owned(), json!(number));
                }
            }
            _ => {}
        }
    }

    /// Stores a new object. No two objects have the same time, so that lists can be paged by time.
    pub(super) fn keep(
        &mut self,
        collection: &str,
        mut fields: Map<String, Value>,
        timeline: Option<Timeline>,
        now: DateTime<Utc>,
    ) -> Map<String, Value> {
        let next = self
            .last
            .map(|last| clock::saturating_add(last, TimeDelta::milliseconds(1)));
        let created = next.map_or(now, |next| now.max(next));
        self.last = Some(created);
        self.created += 1;
        let id = format!("5a4db0c5-0000-4000-8000-{:012}", self.created);
        let time = clock::written(created);
        fields.extend([
            ("id".to_owned(), json!(id)),
            ("orgId".to_owned(), json!(ORG)),
            ("createdAt".to_owned(), json!(time)),
            ("updatedAt".to_owned(), json!(time)),
        ]);
        let object = Object { fields, timeline };
        let shown = object.show(now);
        self.collections
            .entry(collection.to_owned())
            .or_default()
            .push(object);
        shown
    }

    /// The objects that match the query, newest first.
    pub(super) fn list(
        &self,
        collection: &str,
        query: &Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Vec<Value> {
        let limit = query.get("limit").and_then(Value::as_f64);
        let limit = limit.map_or(LIMIT, |limit| limit as u64);
        let all = self
            .collections
            .get(collection)
            .map_or(&[][..], Vec::as_slice);
        all.iter()
            .rev()
            .map(|object| object.show(now))
            .filter(|shown| {
                query
                    .iter()
                    .all(|(name, wanted)| matches(shown, name, wanted))
            })
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .map(Value::Object)
            .collect()
    }

    pub(super) fn get(&self, collection: &str, id: &str, now: DateTime<Utc>) -> Answer {
        match self.find(collection, id) {
            Some(object) => Answer::new(200, object.show(now)),
            None => unknown(collection, id),
        }
    }

    /// Replaces whole members; null removes a member.
    pub(super) fn update(
        &mut self,
        collection: &str,
        id: &str,
        fields: Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Answer {
        let objects = self.collections.entry(collection.to_owned()).or_default();
        let Some(object) = objects.iter_mut().find(|object| is(object, id)) else {
            return unknown(collection, id);
        };
        object.fields.extend(fields);
        object.fields.retain(|_, value| !value.is_null());
        let time = json!(clock::written(now));
        object.fields.insert("updatedAt".to_owned(), time);
        Answer::new(200, object.show(now))
    }

    pub(super) fn remove(&mut self, collection: &str, id: &str, now: DateTime<Utc>) -> Answer {
        let objects = self.collections.entry(collection.to_owned()).or_default();
        match objects.iter().position(|object| is(object, id)) {
            Some(place) => Answer::new(200, objects.remove(place).show(now)),
            None => unknown(collection, id),
        }
    }

    /// The members of an object.
    pub(super) fn fields(&self, collection: &str, id: &str) -> Option<&Map<String, Value>> {
        self.find(collection, id).map(|object| &object.fields)
    }

    /// The number of calls that have not ended.
    pub(super) fn active_calls(&self, now: DateTime<Utc>) -> usize {
        let calls = self.collections.get(CALLS).into_iter().flatten();
        calls
            .filter_map(|call| call.timeline.as_ref())
            .filter(|timeline| timeline.is_active(now))
            .count()
    }

    fn find(&self, collection: &str, id: &str) -> Option<&Object> {
        let mut objects = self.collections.get(collection)?.iter();
        objects.find(|object| is(object, id))
    }
}

fn is(object: &Object, id: &str) -> bool {
    object.fields.get("id").is_some_and(|known| known == id)
}

fn unknown(collection: &str, id: &str) -> Answer {
    let name = collection.trim_start_matches('/');
    Answer::refusal(404, format!("The sandbox has no {name} {id}"))
}

/// Whether an object matches a query parameter: a time with its comparison, or the value of a
/// member.
fn matches(shown: &Map<String, Value>, name: &str, wanted: &Value) -> bool {
    let time = |value: Option<&Value>| value.and_then(Value::as_str).and_then(clock::read);
    let split = name.len().saturating_sub(2);
    let (member, comparison) = (name.get(..split), name.get(split..));
    match (
        time(member.and_then(|member| shown.get(member))),
        time(Some(wanted)),
    ) {
        (Some(time), Some(bound)) => match comparison {
            Some("Gt") => time > bound,
            Some("Ge") => time >= bound,
            Some("Lt") => time < bound,
            _ => time <= bound,
        },
        _ => name == "limit" || shown.get(name) == Some(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document::document, sandbox::analytics};

    #[test]
    fn initial_objects_and_calls_belong_to_supported_collections() {
        let document = document().unwrap();
        let kept = document.collections();
        let seeded = Store::seeded(Utc::now());
        assert!(!seeded.collections.is_empty());
        for collection in seeded.collections.keys().map(String::as_str).chain([CALLS]) {
            assert!(kept.contains(&collection), "{collection}");
        }
        let (operation, _) = document.find("POST", analytics::PATH).unwrap();
        assert!(operation.query.is_some());
    }
}
