//! This server's entry in a client's file: how it is written and read.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{
    clients::{Client, KeyDelivery, RemoteSupport},
    program,
};

/// The variable that holds the key.
pub const TOKEN_VARIABLE: &str = "VAPI_TOKEN";

/// The variable that holds another address of the API, named as Vapi's own command line names it.
pub const BASE_URL_VARIABLE: &str = "VAPI_API_BASE_URL";

/// The name of the entry.
pub const ENTRY_NAME: &str = "vapi";

/// The flag by which this program calls nobody.
pub const SANDBOX_FLAG: &str = "--sandbox";
const REGION_FLAG: &str = "--region";
const BRIDGE: &str = "mcp-remote";
/// mcp-remote puts the variable's value in; a space in an argument would be lost on Windows.
const BRIDGE_HEADER: &str = "Authorization:${AUTH_HEADER}";
const BRIDGE_VARIABLE: &str = "AUTH_HEADER";

/// The server that a client is to have.
#[derive(Clone, PartialEq, Eq)]
pub enum Server {
    /// The client starts this program.
    Local {
        /// Its absolute path.
        command: String,
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

/// Debug output without the address, which may contain a key.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { command } => f.debug_struct("Local").field("command", command).finish(),
            Self::Sandbox { command } => {
                f.debug_struct("Sandbox").field("command", command).finish()
            }
            Self::Remote { .. } => f.debug_struct("Remote").finish_non_exhaustive(),
        }
    }
}

/// A flag that the server is started with.
#[derive(Clone, PartialEq, Eq)]
pub struct Flag {
    /// As `--max-calls`.
    pub name: String,
    /// The arguments that say it: `--max-calls` and `5/hour`, or `--read-only` alone.
    pub arguments: Vec<String>,
}

/// Debug output without the value, which may be a phone number.
impl fmt::Debug for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flag({})", self.name)
    }
}

/// What the server is to be options.
#[derive(Clone, Copy, Default)]
pub struct EntryOptions<'a> {
    /// The key, where it is to be written.
    pub key: Option<&'a str>,
    /// Flags besides those that a kind of server has anyway.
    pub flags: &'a [Flag],
    /// Another address of the API.
    pub base_url: Option<&'a str>,
}

/// How an entry has the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In plain text.
    PlainText,
    /// In the variable `VAPI_TOKEN` of the client's environment.
    Variable,
    /// Elsewhere, which the client knows.
    Other,
    /// Not at all.
    Missing,
}

impl KeySource {
    fn is_reference(self) -> bool {
        matches!(self, Self::Variable | Self::Other)
    }
}

/// The input that VS Code asks for.
pub fn key_prompt() -> Value {
    json!({
        "type": "promptString",
        "id": INPUT_ID,
        "description": "Vapi API key",
        "password": true,
    })
}

/// The id of [`key_prompt`].
pub const INPUT_ID: &str = "vapi-token";

/// The entry for the server. What stands there already (`old`) keeps its other keys, arguments,
/// variables and its key, unless one is options to write; an entry of the other kind (local, remote)
/// is replaced.
pub fn build(
    client: &Client,
    server: &Server,
    options: EntryOptions<'_>,
    old: Option<&Map<String, Value>>,
) -> Map<String, Value> {
    let key = options.key;
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
        Server::Local { command } => {
            set_command(&mut entry, command, false, options);
            set_address(&mut entry, options);
            set_variable(client, &mut entry, key);
        }
        Server::Sandbox { command } => {
            set_command(&mut entry, command, true, options);
            remove_reference(client, &mut entry);
        }
        Server::Remote { url } => match client.remote {
            RemoteSupport::Native(name) => {
                entry.insert(name.to_owned(), url.as_str().into());
                set_header(client, &mut entry, key);
            }
            RemoteSupport::Bridge => set_bridge(&mut entry, url, key),
        },
    }
    entry
}

fn set_command(
    entry: &mut Map<String, Value>,
    command: &str,
    sandbox: bool,
    options: EntryOptions<'_>,
) {
    let old = entry.get("args").and_then(Value::as_array).cloned();
    let mut args = old.unwrap_or_default();
    remove_flag(&mut args, SANDBOX_FLAG, false);
    if options.base_url.is_some() {
        remove_flag(&mut args, REGION_FLAG, true);
    }
    for flag in options.flags {
        remove_flag(&mut args, &flag.name, flag.arguments.len() > 1);
        args.extend(flag.arguments.iter().cloned().map(Value::from));
    }
    if sandbox {
        args.push(SANDBOX_FLAG.into());
    }
    entry.insert("command".to_owned(), command.into());
    if args.is_empty() {
        entry.shift_remove("args");
    } else {
        entry.insert("args".to_owned(), args.into());
    }
}

/// Takes a flag out of the arguments, with the next argument where that is its value.
fn remove_flag(args: &mut Vec<Value>, name: &str, has_value: bool) {
    let mut is_value = false;
    args.retain(|arg| {
        let text = arg.as_str().unwrap_or_default();
        let after = text.strip_prefix(name);
        let removed =
            is_value || after.is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
        is_value = has_value && !is_value && text == name;
        !removed
    });
}

/// The server refuses an address beside a region, so the one takes the place of the other.
fn set_address(entry: &mut Map<String, Value>, options: EntryOptions<'_>) {
    if let Some(url) = options.base_url {
        set(entry, "env", BASE_URL_VARIABLE, url);
    } else if options.flags.iter().any(|flag| flag.name == REGION_FLAG) {
        remove(entry, "env", BASE_URL_VARIABLE);
    }
}

/// The object of this name, made when it is not there.
fn object<'a>(entry: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let value = entry
        .entry(name)
        .or_insert_with(|| Value::Object(Map::new()));
    value.as_object_mut()
}

fn set_variable(client: &Client, entry: &mut Map<String, Value>, key: Option<&str>) {
    if let Some(key) = key {
        remove_reference(client, entry);
        set(entry, "env", TOKEN_VARIABLE, key);
    } else if key_source(client, entry) == KeySource::Missing {
        match client.key {
            KeyDelivery::Reference(text) | KeyDelivery::Prompt(text) => {
                set(entry, "env", TOKEN_VARIABLE, text)
            }
            KeyDelivery::VariableName => {
                let names = entry.entry("env_vars").or_insert_with(|| json!([]));
                if let Some(names) = names.as_array_mut() {
                    names.push(TOKEN_VARIABLE.into());
                }
            }
            KeyDelivery::Inherited | KeyDelivery::Unsupported => {}
        }
    }
}

fn set_header(client: &Client, entry: &mut Map<String, Value>, key: Option<&str>) {
    let headers = headers(client);
    if let Some(key) = key {
        remove_reference(client, entry);
        set(entry, headers, "Authorization", &format!("Bearer {key}"));
    } else if key_source(client, entry) == KeySource::Missing {
        match client.key {
            KeyDelivery::Reference(text) | KeyDelivery::Prompt(text) => {
                set(entry, headers, "Authorization", &format!("Bearer {text}"));
            }
            KeyDelivery::VariableName => {
                entry.insert("bearer_token_env_var".to_owned(), TOKEN_VARIABLE.into());
            }
            KeyDelivery::Inherited | KeyDelivery::Unsupported => {}
        }
    }
}

fn headers(client: &Client) -> &'static str {
    if client.key == KeyDelivery::VariableName {
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

/// Takes a member away, and the object that it leaves empty.
fn remove(entry: &mut Map<String, Value>, outer: &str, name: &str) {
    let Some(object) = entry.get_mut(outer).and_then(Value::as_object_mut) else {
        return;
    };
    object.shift_remove(name);
    if object.is_empty() {
        entry.shift_remove(outer);
    }
}

fn set_bridge(entry: &mut Map<String, Value>, url: &str, key: Option<&str>) {
    entry.insert("command".to_owned(), "npx".into());
    let args = json!(["-y", BRIDGE, url, "--header", BRIDGE_HEADER]);
    entry.insert("args".to_owned(), args);
    if let Some(key) = key {
        set(entry, "env", BRIDGE_VARIABLE, &format!("Bearer {key}"));
    }
}

/// Takes away what points to the key; a key that was written stays.
fn remove_reference(client: &Client, entry: &mut Map<String, Value>) {
    if !key_source(client, entry).is_reference() {
        return;
    }
    entry.shift_remove("bearer_token_env_var");
    if let Some(names) = entry.get_mut("env_vars").and_then(Value::as_array_mut) {
        names.retain(|name| name != TOKEN_VARIABLE);
        if names.is_empty() {
            entry.shift_remove("env_vars");
        }
    }
    remove(entry, "env", TOKEN_VARIABLE);
    remove(entry, headers(client), "Authorization");
}

/// The address of a remote entry.
fn url<'a>(client: &Client, entry: &'a Map<String, Value>) -> Option<&'a str> {
    match client.remote {
        RemoteSupport::Native(name) => entry.get(name)?.as_str(),
        RemoteSupport::Bridge => {
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
    Some(
        if args.into_iter().flatten().any(|arg| arg == SANDBOX_FLAG) {
            Server::Sandbox { command }
        } else {
            Server::Local { command }
        },
    )
}

/// How an entry has the key.
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

/// The texts of an entry that may be shown: a person may have written a key anywhere in it.
pub fn visible_texts(entry: &Map<String, Value>) -> Vec<String> {
    let mut out = Vec::new();
    for (name, value) in entry {
        let open: fn(&str) -> bool = match name.as_str() {
            "command" | "type" | "env_vars" | "bearer_token_env_var" => |_| true,
            "args" => |text| is_option(text) || is_plain_address(text) || is_bridge_argument(text),
            "url" | "serverUrl" | "httpUrl" => is_plain_address,
            _ => |_| false,
        };
        let texts = all_texts(value).into_iter();
        out.extend(texts.filter(|text| is_reference(text) || open(text)));
    }
    out
}

/// A name of an option without a value, such as `--read-only`.
fn is_option(text: &str) -> bool {
    text.starts_with('-') && text.chars().all(|c| c == '-' || c.is_ascii_lowercase())
}

/// An address without a login or a query.
fn is_plain_address(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(['@', '?', '#'])
}

fn is_bridge_argument(text: &str) -> bool {
    text == BRIDGE || text == BRIDGE_HEADER
}

/// Whether a text is only a placeholder that the client fills in, such as `Bearer ${VAPI_TOKEN}`.
fn is_reference(text: &str) -> bool {
    let text = text.strip_prefix("Bearer ").unwrap_or(text);
    text.strip_prefix("${")
        .and_then(|text| text.strip_suffix('}'))
        .is_some_and(|name| !name.contains(['$', '{', '}']))
}

/// Every text in a value.
pub fn all_texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(all_texts).collect(),
        Value::Object(members) => members.values().flat_map(all_texts).collect(),
        _ => Vec::new(),
    }
}

/// Whether an entry starts this program, or leads to a server that is not Vapi's own. Another's may
/// have the name.
pub fn is_own(client: &Client, entry: &Value) -> bool {
    let command = match entry.as_object().and_then(|entry| server(client, entry)) {
        Some(Server::Local { command } | Server::Sandbox { command }) => command,
        Some(Server::Remote { .. }) | None => return !is_official_server(entry),
    };
    program::is_this_program(&command)
}

/// Whether the entry is of Vapi's own server, which may have the same name.
fn is_official_server(entry: &Value) -> bool {
    match entry {
        Value::String(text) => text.contains("@vapi-ai/") || text.contains("mcp.vapi.ai"),
        Value::Array(items) => items.iter().any(is_official_server),
        Value::Object(members) => members.values().any(is_official_server),
        _ => false,
    }
}
