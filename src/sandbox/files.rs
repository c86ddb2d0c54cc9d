//! Files, and knowledge bases that contain them.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    clock,
    request::Request,
    store::{Progress, Stage, Store, members},
};

/// The collection of files.
const FILES: &str = "/file";

/// The collection of knowledge bases.
const BASES: &str = "/v2/knowledge-base";

/// The collection of the files in knowledge bases.
const ATTACHED: &str = "/v2/knowledge-base/{id}/file";

/// The collection of tools.
const TOOLS: &str = "/tool";

/// How long a file is processed or indexed, in milliseconds.
const PROCESSING: i64 = 1_000;

fn stage(status: &str, now: DateTime<Utc>) -> Stage {
    Stage {
        from: clock::saturating_add(now, TimeDelta::milliseconds(PROCESSING)),
        fields: members(json!({ "status": status })),
    }
}

/// Stores a file.
pub(super) fn upload(store: &mut Store, request: &Request<'_>) -> Answer {
    let mut fields = request.fields.clone();
    fields.entry("purpose").or_insert(json!("assistant"));
    fields.insert("object".to_owned(), json!("file"));
    fields.insert("status".to_owned(), json!("processing"));
    let stages = Progress::Stages(vec![stage("done", request.now)]);
    Answer::new(201, store.keep(FILES, fields, stages, request.now))
}

/// Creates a knowledge base and its tool.
pub(super) fn create_base(store: &mut Store, request: &Request<'_>) -> Answer {
    let fields = request.fields.clone();
    let base = store.keep(BASES, fields, Progress::None, request.now);
    let tool = json!({
        "type": "knowledgeBase",
        "function": {
            "name": "search_knowledge_base",
            "description": "Searches the knowledge base.",
            "parameters": {
                "type": "object",
                "properties": { "query": { "type": "string" } },
                "required": ["query"],
            },
        },
        "knowledgeBaseId": base.get("id"),
    });
    store.keep(TOOLS, members(tool), Progress::None, request.now);
    Answer::new(201, base)
}

/// Shows a knowledge base with its files and the id of its tool.
pub(super) fn show_base(store: &Store, request: &Request<'_>) -> Answer {
    let id = request.route.id();
    let Some(mut base) = store.get(BASES, id, request.now) else {
        return request.unknown(id);
    };
    let files: Vec<_> = store
        .objects(ATTACHED, request.now)
        .filter(|file| is_in(file, "knowledgeBaseV2Id", id))
        .collect();
    base.insert("files".to_owned(), json!(files));
    base.extend(tool_id(store, id, request.now).map(|id| ("toolId".to_owned(), json!(id))));
    Answer::new(200, base)
}

/// Deletes a knowledge base, the list of its files, and its tool.
pub(super) fn delete_base(store: &mut Store, request: &Request<'_>) -> Answer {
    let id = request.route.id();
    let attached: Vec<_> = store
        .objects(ATTACHED, request.now)
        .filter(|file| is_in(file, "knowledgeBaseV2Id", id))
        .filter_map(|file| Some(file.get("id")?.as_str()?.to_owned()))
        .collect();
    let tool = tool_id(store, id, request.now);
    let Some(base) = store.remove(BASES, id, request.now) else {
        return request.unknown(id);
    };
    for file in attached {
        store.remove(ATTACHED, &file, request.now);
    }
    if let Some(tool) = tool {
        store.remove(TOOLS, &tool, request.now);
    }
    Answer::new(200, base)
}

fn tool_id(store: &Store, base: &str, now: DateTime<Utc>) -> Option<String> {
    let mut tools = store.objects(TOOLS, now);
    let tool = tools.find(|tool| is_in(tool, "knowledgeBaseId", base))?;
    Some(tool.get("id")?.as_str()?.to_owned())
}

fn is_in(object: &Map<String, Value>, member: &str, id: &str) -> bool {
    object.get(member).is_some_and(|known| known == id)
}

/// Attaches a file to a knowledge base, which indexes it. An empty file cannot be indexed.
pub(super) fn attach(store: &mut Store, request: &Request<'_>) -> Answer {
    let base = request.route.param("id");
    let id = request
        .fields
        .get("fileId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if attached(store, request, id).is_some() {
        return Answer::refusal(400, "The File Is Already Attached To The Knowledge Base.");
    }
    let file = store.fields(FILES, id).cloned().unwrap_or_default();
    let fields = members(json!({
        "fileId": id,
        "knowledgeBaseV2Id": base,
        "fileName": file.get("name"),
        "mimetype": file.get("mimetype"),
        "bytes": file.get("bytes"),
        "status": "indexing",
        "orgId": null,
    }));
    let status = if is_empty(&file) { "failed" } else { "ready" };
    let stages = Progress::Stages(vec![stage(status, request.now)]);
    Answer::new(201, store.keep(ATTACHED, fields, stages, request.now))
}

fn is_empty(file: &Map<String, Value>) -> bool {
    file.get("bytes").and_then(Value::as_u64) == Some(0)
}

/// The id of a file in the knowledge base of a request.
fn attached(store: &Store, request: &Request<'_>, file: &str) -> Option<String> {
    let base = request.route.param("id");
    let mut files = store.objects(ATTACHED, request.now);
    let found =
        files.find(|it| is_in(it, "knowledgeBaseV2Id", base) && is_in(it, "fileId", file))?;
    Some(found.get("id")?.as_str()?.to_owned())
}

/// Detaches a file from a knowledge base.
pub(super) fn detach(store: &mut Store, request: &Request<'_>) -> Answer {
    let file = request.route.param("fileId");
    let detached = attached(store, request, file);
    let detached = detached.and_then(|id| store.remove(ATTACHED, &id, request.now));
    match detached {
        Some(shown) => Answer::new(200, shown),
        None => request.unknown(file),
    }
}

/// Indexes a file of a knowledge base again.
pub(super) fn retry(store: &mut Store, request: &Request<'_>) -> Answer {
    let file = request.route.param("fileId");
    let Some(id) = attached(store, request, file) else {
        return request.unknown(file);
    };
    let fields = members(json!({ "status": "indexing" }));
    let shown = store.update(ATTACHED, &id, fields, request.now);
    let status = match &shown {
        Some(shown) if is_empty(shown) => "failed",
        _ => "ready",
    };
    store.restart(ATTACHED, &id, vec![stage(status, request.now)]);
    match shown {
        Some(shown) => Answer::new(201, shown),
        None => request.unknown(file),
    }
}
