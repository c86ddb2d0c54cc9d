//! What stands in a client's file for this server, and what it says when it is read again.

use serde_json::{Map, Value, json};

use super::clients::{Client, Key, Remote};
use crate::config::TOKEN_VARIABLE;

/// The name of the entry.
pub const NAME: &str = "vapi";

const SANDBOX: &str = "--sandbox";
const REGION: &str = "--region";
const BRIDGE: &str = "mcp-remote";
/// mcp-remote puts the variable's value in; a space in an argument would be lost on Windows.
const BRIDGE_HEADER: &str = "Authorization:${AUTH_HEADER}";
const BRIDGE_VARIABLE: &str = "AUTH_HEADER";

/// The server that a client is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// The client starts this program.
    Local {
        /// Its absolute path.
        command: String,
        /// The region, when it was said.
        region: Option<&'static str>,
    },
    /// The client starts this program, which calls nobody.
    Sandbox {
        /// Its absolute path.
        command: String,
    },
    /// The client connects to this address.
    Remote {
        /// Of the streamable HTTP transport.
        url: String,
    },
}

/// How an entry has the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// In clear.
    Written,
    /// The client knows where it is.
    Elsewhere,
    /// Not at all.
    Missing,
}

/// The input that VS Code asks for.
pub fn input() -> Value {
    json!({
        "type": "promptString",
        "id": INPUT,
        "description": "Vapi API key",
        "password": true,
    })
}

/// The id of [`input`].
pub const INPUT: &str = "vapi-token";

/// The entry for the server. What stands there already (`old`) keeps its other keys, arguments,
/// variables and its key, unless one is given to write; an entry of the other kind (local, remote)
/// is replaced.
pub fn entry(
    client: &Client,
    server: &Server,
    key: Option<&str>,
    old: Option<&Map<String, Value>>,
) -> Map<String, Value> {
    let remote = matches!(server, Server::Remote { .. });
    let mut entry = old
        .filter(|old| url(client, old).is_some() == remote)
        .cloned()
        .unwrap_or_default();
    if let Some((local_type, remote_type)) = client.types {
        let word = if remote { remote_type } else { local_type };
        entry.insert("type".to_owned(), word.into());
    }
    match server {
        Server::Local { command, region } => {
            start(&mut entry, command, false, *region);
            give_variable(client, &mut entry, key);
        }
        Server::Sandbox { command } => {
            start(&mut entry, command, true, None);
            forget_reference(client, &mut entry);
        }
        Server::Remote { url } => match client.remote {
            Remote::Url(name) => {
                entry.insert(name.to_owned(), url.as_str().into());
                give_header(client, &mut entry, key);
            }
            Remote::Bridge => bridge(&mut entry, url, key),
        },
    }
    entry
}

fn start(entry: &mut Map<String, Value>, command: &str, sandbox: bool, region: Option<&str>) {
    let old = entry.get("args").and_then(Value::as_array);
    let mut args: Vec<Value> = Vec::new();
    let mut skip = false;
    for arg in old.into_iter().flatten() {
        let text = arg.as_str().unwrap_or_default();
        let is_region = region.is_some() && text == REGION;
        if !skip && text != SANDBOX && !is_region {
            args.push(arg.clone());
        }
        skip = is_region;
    }
    if let Some(region) = region {
        args.extend([REGION.into(), region.into()]);
    }
    if sandbox {
        args.push(SANDBOX.into());
    }
    entry.insert("command".to_owned(), command.into());
    if args.is_empty() {
        entry.shift_remove("args");
    } else {
        entry.insert("args".to_owned(), args.into());
    }
}

/// The object of this name, made when it is not there.
fn object<'a>(entry: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let value = entry
        .entry(name)
        .or_insert_with(|| Value::Object(Map::new()));
    value.as_object_mut()
}

fn give_variable(client: &Client, entry: &mut Map<String, Value>, key: Option<&str>) {
    if let Some(key) = key {
        forget_reference(client, entry);
        set(entry, "env", TOKEN_VARIABLE, key);
    } else if secret(client, entry) == Secret::Missing {
        match client.key {
            Key::Reference(text) | Key::Prompt(text) => set(entry, "env", TOKEN_VARIABLE, text),
            Key::Named => {
                let names = entry.entry("env_vars").or_insert_with(|| json!([]));
                if let Some(names) = names.as_array_mut() {
                    names.push(TOKEN_VARIABLE.into());
                }
            }
            Key::Inherited | Key::Never => {}
        }
    }
}

fn give_header(client: &Client, entry: &mut Map<String, Value>, key: Option<&str>) {
    let headers = headers(client);
    if let Some(key) = key {
        forget_reference(client, entry);
        set(entry, headers, "Authorization", &format!("Bearer {key}"));
    } else if secret(client, entry) == Secret::Missing {
        match client.key {
            Key::Reference(text) | Key::Prompt(text) => {
                set(entry, headers, "Authorization", &format!("Bearer {text}"));
            }
            Key::Named => {
                entry.insert("bearer_token_env_var".to_owned(), TOKEN_VARIABLE.into());
            }
            Key::Inherited | Key::Never => {}
        }
    }
}

fn headers(client: &Client) -> &'static str {
    if client.key == Key::Named {
        "http_headers"
    } else {
        "headers"
    }
}

fn set(entry: &mut Map<String, Value>, outer: &str, name: &str, value: &str) {
    if let Some(object) = object(entry, outer) {
        object.insert(name.to_owned(), value.into());
    }
}

fn bridge(entry: &mut Map<String, Value>, url: &str, key: Option<&str>) {
    entry.insert("command".to_owned(), "npx".into());
    let args = json!(["-y", BRIDGE, url, "--header", BRIDGE_HEADER]);
    entry.insert("args".to_owned(), args);
    if let Some(key) = key {
        set(entry, "env", BRIDGE_VARIABLE, &format!("Bearer {key}"));
    }
}

/// Takes away what points to the key; a key that was written stays.
fn forget_reference(client: &Client, entry: &mut Map<String, Value>) {
    if secret(client, entry) != Secret::Elsewhere {
        return;
    }
    entry.shift_remove("bearer_token_env_var");
    if let Some(names) = entry.get_mut("env_vars").and_then(Value::as_array_mut) {
        names.retain(|name| name != TOKEN_VARIABLE);
    }
    for (outer, name) in [("env", TOKEN_VARIABLE), (headers(client), "Authorization")] {
        if let Some(object) = entry.get_mut(outer).and_then(Value::as_object_mut) {
            object.shift_remove(name);
        }
    }
    for name in ["env", "env_vars", headers(client)] {
        let empty = entry.get(name).is_some_and(|value| {
            value.as_object().is_some_and(Map::is_empty)
                || value.as_array().is_some_and(Vec::is_empty)
        });
        if empty {
            entry.shift_remove(name);
        }
    }
}

/// The address of a remote entry.
fn url<'a>(client: &Client, entry: &'a Map<String, Value>) -> Option<&'a str> {
    match client.remote {
        Remote::Url(name) => entry.get(name)?.as_str(),
        Remote::Bridge => {
            let mut args = entry.get("args")?.as_array()?.iter().map(Value::as_str);
            args.find(|arg| *arg == Some(BRIDGE))?;
            args.next()?
        }
    }
}

/// What an entry has its client do.
pub fn server(client: &Client, entry: &Map<String, Value>) -> Option<Server> {
    if let Some(url) = url(client, entry) {
        let url = url.to_owned();
        return Some(Server::Remote { url });
    }
    let command = entry.get("command")?.as_str()?.to_owned();
    let args = entry.get("args").and_then(Value::as_array);
    Some(if args.into_iter().flatten().any(|arg| arg == SANDBOX) {
        Server::Sandbox { command }
    } else {
        Server::Local {
            command,
            region: None,
        }
    })
}

/// How an entry has the key.
pub fn secret(client: &Client, entry: &Map<String, Value>) -> Secret {
    let remote = url(client, entry).is_some();
    let (outer, name) = match (remote, client.remote) {
        (false, _) => ("env", TOKEN_VARIABLE),
        (true, Remote::Bridge) => ("env", BRIDGE_VARIABLE),
        (true, Remote::Url(_)) => (headers(client), "Authorization"),
    };
    let written = entry.get(outer).and_then(|object| object.get(name));
    let written = written.and_then(Value::as_str);
    if let Some(text) = written.filter(|text| !text.trim().is_empty()) {
        return if text.contains('$') {
            Secret::Elsewhere
        } else {
            Secret::Written
        };
    }
    let named = entry.contains_key("bearer_token_env_var")
        || entry
            .get("env_vars")
            .and_then(Value::as_array)
            .is_some_and(|names| names.iter().any(|name| name == TOKEN_VARIABLE));
    if named || (client.key == Key::Inherited && !remote) {
        Secret::Elsewhere
    } else {
        Secret::Missing
    }
}

/// The texts of an entry that may be shown: none that could be a key.
pub fn shown(entry: &Map<String, Value>) -> Vec<String> {
    let mut out = Vec::new();
    for (name, value) in entry {
        let mut texts = Vec::new();
        collect(value, &mut texts);
        let open = !matches!(name.as_str(), "env" | "headers" | "http_headers");
        texts.retain(|text| text.contains('$') || (open && !text.contains("Bearer")));
        out.extend(texts);
    }
    out
}

fn collect(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
        Value::Object(members) => members.values().for_each(|member| collect(member, out)),
        _ => {}
    }
}

/// Whether an entry starts this program, or leads to a server that is not Vapi's own. Another's may
/// have the name.
pub fn is_ours(client: &Client, entry: &Value) -> bool {
    let command = match entry.as_object().and_then(|entry| server(client, entry)) {
        Some(Server::Local { command, .. } | Server::Sandbox { command }) => command,
        Some(Server::Remote { .. }) | None => return !is_vendors(entry),
    };
    let file = command.rsplit(['/', '\\']).next().unwrap_or_default();
    file.trim_end_matches(".exe") == env!("CARGO_PKG_NAME")
}

/// Whether the entry is of Vapi's own server, which may have the same name.
fn is_vendors(entry: &Value) -> bool {
    match entry {
        Value::String(text) => text.contains("@vapi-ai/") || text.contains("mcp.vapi.ai"),
        Value::Array(items) => items.iter().any(is_vendors),
        Value::Object(members) => members.values().any(is_vendors),
        _ => false,
    }
}
