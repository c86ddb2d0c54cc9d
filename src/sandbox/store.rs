//! The objects that were created in the sandbox.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use model::sandbox::Collection;
use serde_json::{Map, Value, json};

use super::{clock, options::Options, timeline::Timeline};

/// The account to which all objects belong.
pub(super) const ORG: &str = "5a4db0c5-0000-4000-8000-000000000000";

/// The collection of calls.
pub(super) const CALLS: &str = "/call";

/// The collection of chats.
pub(super) const CHATS: &str = "/chat";

/// The collection of phone numbers.
pub(super) const PHONE_NUMBERS: &str = "/phone-number";

/// All objects by the path of their collection, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Store {
    collections: HashMap<String, Vec<Object>>,
    created: u32,
    last: Option<DateTime<Utc>>,
    options: Options,
}

/// One object.
#[derive(Debug)]
struct Object {
    fields: Map<String, Value>,
    progress: Progress,
}

/// How an object changes by itself.
#[derive(Debug)]
pub(super) enum Progress {
    /// Not at all.
    None,
    /// As a call.
    Call(Box<Timeline>),
    /// At these times, to these members.
    Stages(Vec<Stage>),
}

/// Members that an object has from a time on.
#[derive(Debug)]
pub(super) struct Stage {
    pub from: DateTime<Utc>,
    pub fields: Map<String, Value>,
}

/// Removes an id from a value, wherever it is a member or an element, and elements that have no
/// other members.
fn forget(value: &mut Value, id: &str) {
    match value {
        Value::Object(members) => forget_in(members, id),
        Value::Array(items) => {
            items.iter_mut().for_each(|it| forget(it, id));
            items.retain(|item| item != id && *item != json!({}));
        }
        _ => {}
    }
}

fn forget_in(members: &mut Map<String, Value>, id: &str) {
    members.retain(|_, value| value != id);
    members.values_mut().for_each(|it| forget(it, id));
}

/// The members of a JSON object.
pub(super) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

impl Object {
    fn show(&self, now: DateTime<Utc>, options: Options) -> Map<String, Value> {
        let mut shown = self.fields.clone();
        match &self.progress {
            Progress::None => {}
            Progress::Call(timeline) => timeline.show(&mut shown, now),
            Progress::Stages(stages) => {
                for stage in stages.iter().filter(|stage| stage.from <= now) {
                    shown.extend(stage.fields.clone());
                    let time = clock::written(stage.from);
                    let updated = shown.get("updatedAt").and_then(Value::as_str);
                    if updated.is_some_and(|updated| updated < time.as_str()) {
                        shown.insert("updatedAt".to_owned(), json!(time));
                    }
                }
            }
        }
        options.hide(&mut shown);
        shown
    }

    fn id(&self) -> &str {
        let id = self.fields.get("id").and_then(Value::as_str);
        id.unwrap_or_default()
    }
}

impl Store {
    pub(super) fn new(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Creates an object and returns it.
    pub(super) fn create(
        &mut self,
        collection: &Collection,
        mut fields: Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Map<String, Value> {
        for (name, value) in &collection.adds {
            fields.entry(name).or_insert_with(|| value.clone());
        }
        let bought = fields.get("provider") == Some(&json!("vapi"));
        if collection.path == PHONE_NUMBERS && bought && !fields.contains_key("sipUri") {
            let number = format!("+1555010{:04}", 199_u32.saturating_sub(self.created));
            fields.insert("number".to_owned(), json!(number));
        }
        self.keep(&collection.path, fields, Progress::None, now)
    }

    /// Stores a new object. No two objects have the same time, so that lists can be paged by time.
    /// A member that is null is left out, also if it is one of those that all objects have.
    pub(super) fn keep(
        &mut self,
        collection: &str,
        mut fields: Map<String, Value>,
        progress: Progress,
        now: DateTime<Utc>,
    ) -> Map<String, Value> {
        let next = self
            .last
            .map(|last| clock::saturating_add(last, TimeDelta::milliseconds(1)));
        let created = next.map_or(now, |next| now.max(next));
        self.last = Some(created);
        if !matches!(progress, Progress::Call(_)) {
            self.options.add_to(&mut fields);
        }
        let time = json!(clock::written(created));
        for (name, value) in [
            ("id", json!(self.new_id())),
            ("orgId", json!(ORG)),
            ("createdAt", time.clone()),
            ("updatedAt", time),
        ] {
            fields.entry(name).or_insert(value);
        }
        fields.retain(|_, value| !value.is_null());
        let object = Object { fields, progress };
        let shown = object.show(now, self.options);
        let objects = self.collections.entry(collection.to_owned()).or_default();
        objects.push(object);
        shown
    }

    /// A new id, greater than all before.
    pub(super) fn new_id(&mut self) -> String {
        self.created += 1;
        format!("5a4db0c5-0000-4000-8000-{:012}", self.created)
    }

    /// All objects of a collection, newest first.
    pub(super) fn objects(
        &self,
        collection: &str,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = Map<String, Value>> {
        let objects = self.collections.get(collection).into_iter().flatten();
        objects
            .rev()
            .map(move |object| object.show(now, self.options))
    }

    pub(super) fn get(
        &self,
        collection: &str,
        id: &str,
        now: DateTime<Utc>,
    ) -> Option<Map<String, Value>> {
        Some(self.find(collection, id)?.show(now, self.options))
    }

    /// Replaces whole members; null removes a member.
    pub(super) fn update(
        &mut self,
        collection: &str,
        id: &str,
        fields: Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Option<Map<String, Value>> {
        let options = self.options;
        let object = self.find_mut(collection, id)?;
        if let Progress::Stages(stages) = &mut object.progress {
            for stage in stages {
                stage.fields.retain(|name, _| !fields.contains_key(name));
            }
        }
        object.fields.extend(fields);
        object.fields.retain(|_, value| !value.is_null());
        if let Some(time) = object.fields.get_mut("updatedAt") {
            *time = json!(clock::written(now));
        }
        Some(object.show(now, options))
    }

    /// Replaces the stages of an object.
    pub(super) fn restart(&mut self, collection: &str, id: &str, stages: Vec<Stage>) {
        if let Some(object) = self.find_mut(collection, id) {
            object.progress = Progress::Stages(stages);
        }
    }

    /// Removes an object, and its id from the objects that refer to it; calls and chats, which
    /// tell what happened, keep it.
    pub(super) fn remove(
        &mut self,
        collection: &str,
        id: &str,
        now: DateTime<Utc>,
    ) -> Option<Map<String, Value>> {
        let objects = self.collections.get_mut(collection)?;
        let place = objects
            .binary_search_by(|object| object.id().cmp(id))
            .ok()?;
        let removed = objects.remove(place).show(now, self.options);
        let others = self.collections.iter_mut();
        let current = others.filter(|(path, _)| !matches!(path.as_str(), CALLS | CHATS));
        for object in current.flat_map(|(_, objects)| objects) {
            forget_in(&mut object.fields, id);
        }
        Some(removed)
    }

    /// The stored members of an object.
    pub(super) fn fields(&self, collection: &str, id: &str) -> Option<&Map<String, Value>> {
        self.find(collection, id).map(|object| &object.fields)
    }

    /// The timeline of a call.
    pub(super) fn timeline(&self, id: &str) -> Option<&Timeline> {
        match &self.find(CALLS, id)?.progress {
            Progress::Call(timeline) => Some(timeline),
            _ => None,
        }
    }

    /// The number of calls that have not ended.
    pub(super) fn active_calls(&self, now: DateTime<Utc>) -> usize {
        let calls = self.collections.get(CALLS).into_iter().flatten();
        let is_active = |call: &&Object| match &call.progress {
            Progress::Call(timeline) => timeline.is_active(now),
            _ => false,
        };
        calls.filter(is_active).count()
    }

    /// Ids ascend with the time of creation.
    fn find(&self, collection: &str, id: &str) -> Option<&Object> {
        let objects = self.collections.get(collection)?;
        let place = objects
            .binary_search_by(|object| object.id().cmp(id))
            .ok()?;
        objects.get(place)
    }

    fn find_mut(&mut self, collection: &str, id: &str) -> Option<&mut Object> {
        let objects = self.collections.get_mut(collection)?;
        let place = objects
            .binary_search_by(|object| object.id().cmp(id))
            .ok()?;
        objects.get_mut(place)
    }
}
