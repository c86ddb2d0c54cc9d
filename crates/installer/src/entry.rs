//! This server's entry in a client's file: how it is written and read.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{
    clients::{Client, Key, Remote},
    program,
};

/// The variable that holds the key.
pub const TOKEN_VARIABLE: &str = "VAPI_TOKEN";

/// The variable that holds another address of the API, named as Vapi's own command line names it.
pub const BASE_URL_VARIABLE: &str = "VAPI_API_BASE_URL";

/// The name of the entry.
pub const NAME: &str = "vapi";

/// The flag by which this program calls nobody.
pub const SANDBOX: &str = "--sandbox";
const REGION: &str = "--region";
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
    pub words: Vec<String>,
}

/// Debug output without the value, which may be a phone number.
impl fmt::Debug for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flag({})", self.name)
    }
}

/// What the server is to be given.
#[derive(Clone, Copy, Default)]
pub struct Given<'a> {
    /// The key, where it is to be written.
    pub key: Option<&'a str>,
    /// Flags besides those that a kind of server has anyway.
    pub flags: &'a [Flag],
    /// Another address of the API.
    pub base_url: Option<&'a str>,
}

/// How an entry has the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// In plain text.
    Written,
    /// In the variable `VAPI_TOKEN` of the client's environment.
    Variable,
    /// Elsewhere, which the client knows.
    Elsewhere,
    /// Not at all.
    Missing,
}

impl Secret {
    fn is_reference(self) -> bool {
        matches!(self, Self::Variable | Self::Elsewhere)
    }
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
    given: Given<'_>,
    old: Option<&Map<String, Value>>,
) -> Map<String, Value> {
    let key = given.key;
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
            start(&mut entry, command, false, given);
            give_address(&mut entry, given);
            give_variable(client, &mut entry, key);
        }
        Server::Sandbox { command } => {
            start(&mut entry, command, true, given);
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

fn start(entry: &mut Map<String, Value>, command: &str, sandbox: bool, given: Given<'_>) {
    let old = entry.get("args").and_then(Value::as_array).cloned();
    let mut args = old.unwrap_or_default();
    drop_flag(&mut args, SANDBOX, false);
    if given.base_url.is_some() {
        drop_flag(&mut args, REGION, true);
    }
    for flag in given.flags {
        drop_flag(&mut args, &flag.name, flag.words.len() > 1);
        args.extend(flag.words.iter().cloned().map(Value::from));
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

/// Takes a flag out of the arguments, with the next argument where that is its value.
fn drop_flag(args: &mut Vec<Value>, name: &str, has_value: bool) {
    let mut is_value = false;
    args.retain(|arg| {
        let text = arg.as_str().unwrap_or_default();
        let after = text.strip_prefix(name);
        let goes = is_value || after.is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
        is_value = has_value && !is_value && text == name;
        !goes
    });
}

/// The server refuses an address beside a region, so the one takes the place of the other.
fn give_address(entry: &mut Map<String, Value>, given: Given<'_>) {
    if let Some(url) = given.base_url {
        set(entry, "env", BASE_URL_VARIABLE, url);
    } else if given.flags.iter().any(|flag| flag.name == REGION) {
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
    if !secret(client, entry).is_reference() {
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
        Server::Local { command }
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
        return match text.contains('$') {
            true if text.contains(TOKEN_VARIABLE) => Secret::Variable,
            true => Secret::Elsewhere,
            false => Secret::Written,
        };
    }
    if let Some(name) = entry.get("bearer_token_env_var") {
        return match name == TOKEN_VARIABLE {
            true => Secret::Variable,
            false => Secret::Elsewhere,
        };
    }
    let names = entry.get("env_vars").and_then(Value::as_array);
    let named = names.is_some_and(|names| names.iter().any(|name| name == TOKEN_VARIABLE));
    if named || (client.key == Key::Inherited && !remote) {
        Secret::Variable
    } else {
        Secret::Missing
    }
}

/// The texts of an entry that may be shown: a person may have written a key anywhere in it.
pub fn shown(entry: &Map<String, Value>) -> Vec<String> {
    let mut out = Vec::new();
    for (name, value) in entry {
        let open: fn(&str) -> bool = match name.as_str() {
            "command" | "type" | "env_vars" | "bearer_token_env_var" => |_| true,
            "args" => |text| is_option(text) || is_plain_address(text) || is_bridges(text),
            "url" | "serverUrl" | "httpUrl" => is_plain_address,
            _ => |_| false,
        };
        let texts = texts(value).into_iter();
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

fn is_bridges(text: &str) -> bool {
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
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Whether an entry starts this program, or leads to a server that is not Vapi's own. Another's may
/// have the name.
pub fn is_ours(client: &Client, entry: &Value) -> bool {
    let command = match entry.as_object().and_then(|entry| server(client, entry)) {
        Some(Server::Local { command } | Server::Sandbox { command }) => command,
        Some(Server::Remote { .. }) | None => return !is_vendors(entry),
    };
    program::is_this(&command)
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
