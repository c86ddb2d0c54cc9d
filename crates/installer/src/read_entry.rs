//! Reads this server's entry in a client's configuration.

use serde_json::{Map, Value};

use super::{
    clients::{Client, KeyDelivery, RemoteSupport},
    entry::{BRIDGE, BRIDGE_VARIABLE, KeySource, SANDBOX_FLAG, Server, TOKEN_VARIABLE},
    program,
};

/// The server that an entry configures.
pub fn server(client: &Client, entry: &Map<String, Value>) -> Option<Server> {
    if let Some(url) = url(client, entry) {
        let url = url.to_owned();
        return Some(Server::Remote { url });
    }
    let command = entry.get("command")?.as_str()?.to_owned();
    let args = entry.get("args").and_then(Value::as_array);
    Some(
        if args.into_iter().flatten().any(|arg| arg == SANDBOX_FLAG) {
            Server::Sandbox { command }
        } else {
            Server::Local { command }
        },
    )
}

/// Where the server of an entry gets its key.
pub fn key_source(client: &Client, entry: &Map<String, Value>) -> KeySource {
    let remote = url(client, entry).is_some();
    let (outer, name) = match (remote, client.remote) {
        (false, _) => ("env", TOKEN_VARIABLE),
        (true, RemoteSupport::Bridge) => ("env", BRIDGE_VARIABLE),
        (true, RemoteSupport::Native(_)) => (headers(client), "Authorization"),
    };
    let written = entry.get(outer).and_then(|object| object.get(name));
    let written = written.and_then(Value::as_str);
    if let Some(text) = written.filter(|text| !text.trim().is_empty()) {
        return match text.contains('$') {
            true if text.contains(TOKEN_VARIABLE) => KeySource::Variable,
            true => KeySource::Other,
            false => KeySource::PlainText,
        };
    }
    if let Some(name) = entry.get("bearer_token_env_var") {
        return match name == TOKEN_VARIABLE {
            true => KeySource::Variable,
            false => KeySource::Other,
        };
    }
    let names = entry.get("env_vars").and_then(Value::as_array);
    let named = names.is_some_and(|names| names.iter().any(|name| name == TOKEN_VARIABLE));
    if named || (client.key == KeyDelivery::Inherited && !remote) {
        KeySource::Variable
    } else {
        KeySource::Missing
    }
}

/// Whether an entry starts this program, or connects to a server other than Vapi's own, whose entry
/// may have the same name.
pub fn is_own(client: &Client, entry: &Value) -> bool {
    let command = match entry.as_object().and_then(|entry| server(client, entry)) {
        Some(Server::Local { command } | Server::Sandbox { command }) => command,
        Some(Server::Remote { .. }) | None => return !is_official_server(entry),
    };
    program::is_this_program(&command)
}

/// Whether the entry mentions Vapi's own server.
fn is_official_server(entry: &Value) -> bool {
    match entry {
        Value::String(text) => text.contains("@vapi-ai/") || text.contains("mcp.vapi.ai"),
        Value::Array(items) => items.iter().any(is_official_server),
        Value::Object(members) => members.values().any(is_official_server),
        _ => false,
    }
}

/// The URL of a remote entry.
pub(super) fn url<'a>(client: &Client, entry: &'a Map<String, Value>) -> Option<&'a str> {
    match client.remote {
        RemoteSupport::Native(name) => entry.get(name)?.as_str(),
        RemoteSupport::Bridge => {
            let mut args = entry.get("args")?.as_array()?.iter().map(Value::as_str);
            args.find(|arg| *arg == Some(BRIDGE))?;
            args.next()?
        }
    }
}

/// The member that holds HTTP headers.
pub(super) fn headers(client: &Client) -> &'static str {
    if client.key == KeyDelivery::VariableName {
        "http_headers"
    } else {
        "headers"
    }
}
