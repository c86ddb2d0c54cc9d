//! Builds this server's entry in a client's configuration.

use serde_json::{Map, Value, json};

use super::{
    clients::{Client, KeyDelivery, RemoteSupport},
    entry::{
        BASE_URL_VARIABLE, BRIDGE, BRIDGE_HEADER, BRIDGE_VARIABLE, EntryOptions, KeySource,
        REGION_FLAG, SANDBOX_FLAG, Server, TOKEN_VARIABLE,
    },
    read_entry::{headers, key_source, url},
};

/// The entry for the server. Of the existing entry (`old`), other members, arguments, variables and
/// the key are kept, unless `options` has a key. A local entry is not reused for a remote server,
/// nor the other way round.
pub fn build_entry(
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
        let value = if remote { remote_type } else { local_type };
        entry.insert("type".to_owned(), value.into());
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

/// Removes a flag from the arguments, together with its value.
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

/// The server refuses an address together with a region, so each replaces the other.
fn set_address(entry: &mut Map<String, Value>, options: EntryOptions<'_>) {
    if let Some(url) = options.base_url {
        set(entry, "env", BASE_URL_VARIABLE, url);
    } else if options.flags.iter().any(|flag| flag.name == REGION_FLAG) {
        remove(entry, "env", BASE_URL_VARIABLE);
    }
}

/// The object of this name, created if it is missing.
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

fn set(entry: &mut Map<String, Value>, outer: &str, name: &str, value: &str) {
    if let Some(object) = object(entry, outer) {
        object.insert(name.to_owned(), value.into());
    }
}

/// Removes a member, and its object if that is then empty.
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

/// Removes references to the key; a key in plain text is kept.
fn remove_reference(client: &Client, entry: &mut Map<String, Value>) {
    if !matches!(
        key_source(client, entry),
        KeySource::Variable | KeySource::Other
    ) {
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
