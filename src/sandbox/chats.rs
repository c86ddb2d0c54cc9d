//! Chats, which the sandbox answers, and sessions, which hold several chats.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    clock,
    request::Request,
    store::{CHATS, Progress, Stage, Store, members},
};

/// The collection of sessions.
const SESSIONS: &str = "/session";

/// The default time until a session expires, in seconds.
const EXPIRATION: f64 = 86_400.0;

/// The price of a chat in dollars.
const COST: f64 = 0.0005;

/// Replies to a message.
pub(super) fn chat(store: &mut Store, request: &Request<'_>) -> Answer {
    match reply(store, request) {
        Ok((chat, _)) => Answer::new(201, chat),
        Err(refusal) => refusal,
    }
}

/// Replies to a message in the format of OpenAI.
pub(super) fn respond(store: &mut Store, request: &Request<'_>) -> Answer {
    match reply(store, request) {
        Ok((chat, text)) => Answer::new(
            201,
            json!({
                "id": chat.get("id"),
                "object": "response",
                "created_at": request.now.timestamp(),
                "status": "completed",
                "output": [{
                    "id": store.new_id(),
                    "type": "message",
                    "role": "assistant",
                    "status": "completed",
                    "content": [{ "type": "output_text", "text": text, "annotations": [] }],
                }],
            }),
        ),
        Err(refusal) => refusal,
    }
}

/// Stores a chat with its reply. Returns the chat and the text of the reply.
fn reply(store: &mut Store, request: &Request<'_>) -> Result<(Map<String, Value>, String), Answer> {
    let mut fields = request.fields.clone();
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    if fields.get("stream") == Some(&json!(true)) {
        return Err(Answer::refusal(501, "The sandbox does not stream chats."));
    }
    if text("sessionId").is_some() && text("previousChatId").is_some() {
        let message = "Only One Of `sessionId` And `previousChatId` Can Be Given.";
        return Err(Answer::refusal(400, message));
    }
    let session = text("sessionId").and_then(|id| store.fields(SESSIONS, id));
    let previous = text("previousChatId").and_then(|id| store.fields(CHATS, id));
    let before = session.or(previous).cloned().unwrap_or_default();
    for name in ["assistantId", "assistant", "squadId", "squad", "sessionId"] {
        if let Some(value) = before.get(name) {
            fields.entry(name).or_insert_with(|| value.clone());
        }
    }
    let name = assistant_name(store, &fields).ok_or_else(|| {
        let message = "Couldn't Get Assistant. Need Either `assistantId`, `assistant`, `squadId`, `squad`, `sessionId`, Or `previousChatId`.";
        Answer::refusal(400, message)
    })?;
    let input = input(fields.get("input"), request.now);
    let text = format!(
        "This is {name}, in the sandbox. I have read: {}",
        last_text(&input)
    );
    let output = json!([{ "role": "assistant", "content": text }]);
    let former = before.get("messages").and_then(Value::as_array);
    let messages: Vec<_> = former
        .into_iter()
        .flatten()
        .chain(&input)
        .chain(output.as_array().into_iter().flatten())
        .cloned()
        .collect();
    let transport = fields.shift_remove("transport");
    if let Some(session) = fields.get("sessionId").and_then(Value::as_str) {
        let changed = members(json!({ "messages": messages }));
        store.update(SESSIONS, session, changed, request.now);
    } else if let Some(transport) = transport {
        let session = session_of(&fields, &transport, &messages);
        let opened = open(store, session, request.now);
        fields.extend(
            opened
                .get("id")
                .map(|id| ("sessionId".to_owned(), id.clone())),
        );
    }
    fields.extend(members(json!({
        "messages": messages,
        "output": output,
        "cost": COST,
        "costs": [{ "type": "chat", "cost": COST }],
    })));
    let chat = store.keep(CHATS, fields, Progress::None, request.now);
    Ok((chat, text))
}

/// The session of a chat that is sent as a text message.
fn session_of(
    chat: &Map<String, Value>,
    transport: &Value,
    messages: &[Value],
) -> Map<String, Value> {
    let mut session = members(json!({ "messages": messages }));
    let of_chat = [
        "assistantId",
        "assistant",
        "assistantOverrides",
        "squadId",
        "squad",
    ];
    for name in of_chat {
        session.extend(chat.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    for name in ["customer", "customerId", "phoneNumberId"] {
        let value = transport.get(name);
        session.extend(value.map(|value| (name.to_owned(), value.clone())));
    }
    session
}

/// The name of the assistant that replies, if there is one.
fn assistant_name(store: &Store, fields: &Map<String, Value>) -> Option<String> {
    let stored = |collection, name: &str| store.fields(collection, fields.get(name)?.as_str()?);
    let inline = |name: &str| fields.get(name).and_then(Value::as_object);
    let found = stored("/assistant", "assistantId")
        .or_else(|| inline("assistant"))
        .or_else(|| stored("/squad", "squadId"))
        .or_else(|| inline("squad"))?;
    let name = found.get("name").and_then(Value::as_str);
    Some(name.unwrap_or("an assistant").to_owned())
}

/// The messages of the input: a text is one message of the user.
fn input(input: Option<&Value>, now: DateTime<Utc>) -> Vec<Value> {
    let time = now.timestamp_millis();
    match input {
        Some(Value::Array(messages)) => messages.clone(),
        Some(Value::String(text)) => vec![json!({
            "role": "user", "message": text, "time": time, "endTime": time, "secondsFromStart": 0,
        })],
        _ => Vec::new(),
    }
}

fn last_text(messages: &[Value]) -> &str {
    let last = messages.last();
    let text = last.and_then(|last| last.get("message").or_else(|| last.get("content")));
    text.and_then(Value::as_str).unwrap_or("nothing")
}

/// Creates a session.
pub(super) fn open_session(store: &mut Store, request: &Request<'_>) -> Answer {
    Answer::new(201, open(store, request.fields.clone(), request.now))
}

fn open(
    store: &mut Store,
    mut fields: Map<String, Value>,
    now: DateTime<Utc>,
) -> Map<String, Value> {
    for (name, value) in [
        ("status", json!("active")),
        ("expirationSeconds", json!(EXPIRATION)),
        ("messages", json!([])),
    ] {
        fields.entry(name).or_insert(value);
    }
    let stages = match fields.get("status") {
        Some(status) if status == "active" => vec![expiration(&fields, now)],
        _ => Vec::new(),
    };
    store.keep(SESSIONS, fields, Progress::Stages(stages), now)
}

/// Changes a session. A new expiration counts from now on.
pub(super) fn update_session(store: &mut Store, request: &Request<'_>) -> Answer {
    let id = request.route.id();
    if request.fields.contains_key("expirationSeconds") {
        let stage = expiration(&request.fields, request.now);
        store.restart(SESSIONS, id, vec![stage]);
    }
    match store.update(SESSIONS, id, request.fields.clone(), request.now) {
        Some(shown) => Answer::new(200, shown),
        None => request.unknown(id),
    }
}

/// The end of a session.
fn expiration(fields: &Map<String, Value>, now: DateTime<Utc>) -> Stage {
    let seconds = fields.get("expirationSeconds").and_then(Value::as_f64);
    let seconds = TimeDelta::try_seconds(seconds.unwrap_or(EXPIRATION) as i64);
    Stage {
        from: clock::saturating_add(now, seconds.unwrap_or(TimeDelta::MAX)),
        fields: members(json!({ "status": "completed" })),
    }
}
