//! The text of a client's configuration, with and without this server.

use std::path::Path;

use regular_file::too_large;
use serde_json::{Map, Value};

use super::{
    clients::{Client, Format, KeyDelivery, find},
    diff::RedactedText,
    entry::{ENTRY_NAME, INPUT_ID, key_prompt},
    error::EditError,
    file, jsonc,
    read_entry::is_own,
    toml,
    visible_texts::all_texts,
};

/// The largest TOML file, in bytes; its parse tree is 130 times as large.
const MAX_TOML: u64 = 1 << 20;

/// The text of a client's configuration.
pub(super) struct ConfigText {
    client: &'static Client,
    /// `None` if there is no file.
    pub(super) content: Option<String>,
}

const BOM: &str = "\u{feff}";

impl ConfigText {
    pub(super) fn new(client: &'static Client, content: Option<String>) -> Self {
        Self { client, content }
    }

    fn body(&self) -> &str {
        let text = self.content.as_deref().unwrap_or_default();
        text.strip_prefix(BOM).unwrap_or(text)
    }

    /// The text without comments and multi-line strings, which may contain a key.
    pub(super) fn redacted(&self) -> RedactedText<'_> {
        let body = self.body();
        let hidden = match self.client.format {
            Format::Json => jsonc::comments(body),
            Format::Toml => toml::comments_and_multiline_strings(body),
        };
        RedactedText::new(body, &hidden)
    }

    pub(super) fn has_bom(&self) -> bool {
        let content = self.content.as_ref();
        content.is_some_and(|text| text.starts_with(BOM))
    }

    fn parse(&self, body: &str) -> Result<Value, EditError> {
        match self.client.format {
            Format::Json => jsonc::parse_value(body),
            Format::Toml => toml::parse_value(body),
        }
    }

    /// The entry of this server. Another server may have the is_unchanged name.
    pub(super) fn entry(&self) -> Result<Option<Map<String, Value>>, EditError> {
        let value = self.parse(self.body())?;
        let entry = value
            .get(self.client.servers)
            .and_then(|servers| servers.get(ENTRY_NAME));
        Ok(entry
            .filter(|entry| is_own(self.client, entry))
            .and_then(Value::as_object)
            .cloned())
    }

    /// The text with the entry.
    pub(super) fn with_entry(&self, entry: &Map<String, Value>) -> Result<String, EditError> {
        let (body, servers) = (self.body(), self.client.servers);
        let input = self.input(entry);
        let after = match self.client.format {
            Format::Json => jsonc::insert(body, servers, ENTRY_NAME, entry, input.as_ref())?,
            Format::Toml => toml::insert(body, servers, ENTRY_NAME, entry)?,
        };
        self.check(&after, Some(entry))?;
        Ok(after)
    }

    /// The prompt for the key, if the entry refers to it.
    fn input(&self, entry: &Map<String, Value>) -> Option<Value> {
        let KeyDelivery::Prompt(reference) = self.client.key else {
            return None;
        };
        let texts = entry.values().flat_map(all_texts);
        let refers = { texts }.any(|text| text.contains(reference));
        refers.then(key_prompt)
    }

    /// The text without the entry. `None` if the file was created by the installation and is now
    /// empty, unless `keep_file` is set. `backups` are from before the installation, the latest
    /// first.
    pub(super) fn without_entry(
        &self,
        entry: &Map<String, Value>,
        backups: &[Self],
        keep_file: bool,
    ) -> Result<Option<String>, EditError> {
        let is_before = |backup: &&Self| backup.with_entry(entry).ok() == self.content;
        if let Some(backup) = backups.iter().find(is_before) {
            return Ok(backup.content.clone());
        }
        let (body, servers) = (self.body(), self.client.servers);
        let latest = backups.first();
        let before = latest.and_then(|backup| backup.parse(backup.body()).ok());
        let was_there = |name: &str| {
            before
                .as_ref()
                .is_some_and(|before| before.get(name).is_some())
        };
        let after = match self.client.format {
            Format::Json => jsonc::remove(body, servers, ENTRY_NAME, was_there)?,
            Format::Toml => toml::remove(body, servers, ENTRY_NAME)?,
        };
        self.check(&after, None)?;
        let is_empty = matches!(after.trim(), "" | "{}");
        Ok((keep_file || latest.is_some() || !is_empty).then_some(after))
    }

    /// Checks that an edit changed nothing but the entry.
    fn check(&self, after: &str, entry: Option<&Map<String, Value>>) -> Result<(), EditError> {
        let after = self.parse(after)?;
        let written = after
            .get(self.client.servers)
            .and_then(|servers| servers.get(ENTRY_NAME));
        let rest = |value: Value| other_content(value, self.client.servers);
        let is_unchanged = rest(self.parse(self.body())?) == rest(after.clone());
        if is_unchanged && written.and_then(Value::as_object) == entry {
            Ok(())
        } else {
            Err(EditError::NotIsolated)
        }
    }

    pub(super) fn read(client: &Client, path: &Path) -> Result<Self, EditError> {
        let client = find(client.id).ok_or(EditError::NotIsolated)?;
        let content = file::read(path)?;
        let length = content
            .as_ref()
            .and_then(|text| u64::try_from(text.len()).ok());
        if client.format == Format::Toml && length > Some(MAX_TOML) {
            return Err(too_large(MAX_TOML).into());
        }
        Ok(Self::new(client, content))
    }
}

pub(super) fn is_within_limit(client: &Client, text: &str) -> bool {
    client.format != Format::Toml || u64::try_from(text.len()).is_ok_and(|size| size <= MAX_TOML)
}

/// The content of a configuration without this server.
fn other_content(mut value: Value, servers: &str) -> Value {
    let Some(top) = value.as_object_mut() else {
        return value;
    };
    if let Some(servers) = top.get_mut(servers).and_then(Value::as_object_mut) {
        servers.shift_remove(ENTRY_NAME);
    }
    if let Some(inputs) = top.get_mut("inputs").and_then(Value::as_array_mut) {
        inputs.retain(|input| input.get("id").is_none_or(|id| id != INPUT_ID));
    }
    top.retain(|name, value| {
        let empty = value.as_object().is_some_and(Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty);
        !(empty && (name == servers || name == "inputs"))
    });
    value
}
