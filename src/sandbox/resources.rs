//! Objects at voice providers.

use serde_json::{Value, json};

use super::{
    answer::Answer,
    request::Request,
    store::{Progress, Store, members},
};

/// Creates an object. The document does not declare its body; all have a name.
pub(super) fn create(store: &mut Store, request: &Request<'_>) -> Answer {
    if !request.fields.get("name").is_some_and(Value::is_string) {
        return Answer::refusal(400, vec!["name must be a string"]);
    }
    let mut resource = request.fields.clone();
    let id = store.new_id();
    resource.insert("id".to_owned(), json!(id));
    let mut fields = members(json!({ "resourceId": id, "resource": resource }));
    for (member, value) in request.route.within() {
        fields.insert(member.to_owned(), json!(value));
    }
    let created = store.keep(request.collection(), fields, Progress::None, request.now);
    Answer::new(201, created)
}

/// Replaces members of an object.
pub(super) fn update(store: &mut Store, request: &Request<'_>) -> Answer {
    let (collection, id) = (request.collection(), request.route.id());
    let Some(stored) = store.fields(collection, id) else {
        return request.unknown(id);
    };
    let mut resource = members(stored.get("resource").cloned().unwrap_or_default());
    resource.extend(request.fields.clone());
    resource.retain(|_, value| !value.is_null());
    let fields = members(json!({ "resource": resource }));
    match store.update(collection, id, fields, request.now) {
        Some(shown) => Answer::new(200, shown),
        None => request.unknown(id),
    }
}
