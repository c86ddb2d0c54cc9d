//! Installs this server in the configuration of MCP clients, shows where it is installed, and
//! removes it.
//!
//! [`clients`] is the table of clients and their files; [`entry`] is what stands there; `jsonc` and
//! `toml` edit a text without touching the rest of it; [`Change`] is one file's edit, which can be
//! looked at before it is made; `file` makes it, and keeps a copy; [`program`] is what an entry
//! starts.

pub mod clients;
mod diff;
pub mod entry;
mod error;
mod file;
mod jsonc;
pub mod program;
mod toml;

pub use self::error::EditError;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use clients::{Client, Folders, Format, KeyDelivery};
use entry::{ENTRY_NAME, EntryOptions, Flag, INPUT_ID, KeySource, Server};

use regular_file::too_large;

/// The largest TOML that is parsed, in bytes: its tree is 130 times as large.
const MAX_TOML: u64 = 1 << 20;

/// What a client's file says of this server.
#[derive(Debug)]
pub enum InstallState {
    /// The client is not installed.
    ClientMissing,
    /// This server is not installed in it.
    NotConfigured,
    /// It has one.
    Configured {
        /// Which.
        server: Server,
        /// How it has the key.
        key: KeySource,
    },
    /// Its file cannot be understood.
    Unreadable(EditError),
}

/// Reads what a client's file says of this server.
pub fn install_state(client: &Client, folders: &Folders) -> InstallState {
    if !client.is_installed(folders) {
        return InstallState::ClientMissing;
    }
    match ConfigText::read(client, &client.file(folders)).and_then(|text| text.entry()) {
        Err(error) => InstallState::Unreadable(error),
        Ok(None) => InstallState::NotConfigured,
        Ok(Some(entry)) => match entry::server(client, &entry) {
            Some(server) => InstallState::Configured {
                server,
                key: entry::key_source(client, &entry),
            },
            None => InstallState::NotConfigured,
        },
    }
}

/// The edit of one client's file.
pub struct Change {
    /// The client.
    pub client: &'static Client,
    /// Its file.
    pub path: PathBuf,
    before: Option<String>,
    /// No file when `None`.
    after: Option<String>,
    /// The texts of this server's entry, which may be visible.
    visible: Vec<String>,
    backup: Backup,
    /// What the entry warning until a person does something.
    pub warning: Option<String>,
}

/// What happens to the copy of the file as it was before this server was in it.
enum Backup {
    Keep,
    Create,
    /// The copy at this path goes: the file has its text again.
    Delete(PathBuf),
}

/// Debug output without the texts, which contain the keys of every server in the file.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change")
            .field("client", &self.client.id)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Change {
    /// Puts the server into a client's file.
    pub fn install(
        client: &'static Client,
        folders: &Folders,
        server: &Server,
        options: EntryOptions<'_>,
    ) -> Result<Self, EditError> {
        let path = client.file(folders);
        let text = ConfigText::read(client, &path)?;
        let old = text.entry()?;
        let entry = entry::build(client, server, options, old.as_ref());
        let after = text.with_entry(&entry)?;
        let key = entry::key_source(client, &entry);
        let warning = match (server, key) {
            (Server::Local { .. } | Server::Remote { .. }, KeySource::Missing) => Some(format!(
                "{} cannot read the key from the environment; --write-key writes it into the file",
                client.name
            )),
            (_, KeySource::PlainText) if file::is_readable_by_others(&path) => Some(
                "other users of this machine can read this file, and the key in it; chmod 600 \
                 keeps them out"
                    .to_owned(),
            ),
            _ => None,
        };
        let mut visible = entry::visible_texts(&entry);
        visible.extend(entry::all_texts(&entry::key_prompt()));
        visible.extend(
            options
                .flags
                .iter()
                .flat_map(|Flag { arguments, .. }| arguments.clone()),
        );
        visible.extend(options.base_url.map(str::to_owned));
        let backup = match (&text.found, old) {
            (Some(_), None) => Backup::Create,
            _ => Backup::Keep,
        };
        Ok(Self {
            client,
            path,
            before: text.found,
            after: Some(after),
            visible,
            backup,
            warning,
        })
    }

    /// Takes the server out of a client's file.
    pub fn remove(client: &'static Client, folders: &Folders) -> Result<Self, EditError> {
        let path = client.file(folders);
        let text = ConfigText::read(client, &path)?;
        let mut change = Self {
            client,
            before: text.found.clone(),
            after: text.found.clone(),
            visible: Vec::new(),
            backup: Backup::Keep,
            warning: None,
            path,
        };
        let Some(entry) = text.entry()? else {
            return Ok(change);
        };
        change.visible = entry::visible_texts(&entry);
        let mut backups = file::backups(&change.path);
        backups.retain(|(_, text)| is_within_limit(client, text));
        let texts = backups
            .iter()
            .map(|(_, text)| ConfigText::new(client, Some(text.clone())));
        let before_install: Vec<_> = texts.collect();
        // A link is somebody else's, and so is the file behind it.
        change.after = text.without_entry(&entry, &before_install, change.path.is_symlink())?;
        let restored = |(_, text): &(PathBuf, String)| Some(text) == change.after.as_ref();
        if let Some((backup, _)) = backups.iter().find(|backup| restored(backup)) {
            change.backup = Backup::Delete(backup.clone());
        }
        Ok(change)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.before == self.after
    }

    /// The lines that differ, with every text hidden that is not of this server.
    pub fn diff(&self) -> String {
        let text = |found: &Option<String>| ConfigText::new(self.client, found.clone());
        let (before, after) = (text(&self.before), text(&self.after));
        let mark = match before.has_bom() && !after.has_bom() {
            true => "-(byte-order mark, with which clients refuse the file)\n",
            false => "",
        };
        let lines = diff::diff(&before.redacted(), &after.redacted(), &self.visible);
        format!("{mark}{lines}")
    }

    /// Makes the edit, and keeps the file as it was before this server was in it.
    pub fn apply(&self) -> Result<(), EditError> {
        if self.is_empty() {
            return Ok(());
        }
        let before = self.before.as_deref();
        file::verify_unchanged(&self.path, before)?;
        if let (Backup::Create, Some(before)) = (&self.backup, before) {
            file::create_backup(&self.path, before)?;
        }
        match &self.after {
            Some(after) => file::replace(&self.path, before, after)?,
            None => file::remove(&self.path, before)?,
        }
        if let (Backup::Delete(backup), Some(after)) = (&self.backup, &self.after) {
            file::delete_backup(backup, after)?;
        }
        Ok(())
    }
}

/// A client's file as a text.
struct ConfigText {
    client: &'static Client,
    found: Option<String>,
}

const BOM: &str = "\u{feff}";

impl ConfigText {
    fn new(client: &'static Client, found: Option<String>) -> Self {
        Self { client, found }
    }

    fn body(&self) -> &str {
        let text = self.found.as_deref().unwrap_or_default();
        text.strip_prefix(BOM).unwrap_or(text)
    }

    /// As a person may look at it: a comment may hold a key, as may a text over several lines.
    fn redacted(&self) -> diff::RedactedText<'_> {
        let body = self.body();
        let hidden = match self.client.format {
            Format::Json => jsonc::comments(body),
            Format::Toml => toml::comments_and_multiline_strings(body),
        };
        diff::RedactedText::new(body, &hidden)
    }

    fn has_bom(&self) -> bool {
        let found = self.found.as_ref();
        found.is_some_and(|text| text.starts_with(BOM))
    }

    fn parse(&self, body: &str) -> Result<Value, EditError> {
        match self.client.format {
            Format::Json => jsonc::parse_value(body),
            Format::Toml => toml::parse_value(body),
        }
    }

    /// The entry of this server; not that of another, which may have the name.
    fn entry(&self) -> Result<Option<Map<String, Value>>, EditError> {
        let value = self.parse(self.body())?;
        let entry = value
            .get(self.client.servers)
            .and_then(|servers| servers.get(ENTRY_NAME));
        Ok(entry
            .filter(|entry| entry::is_own(self.client, entry))
            .and_then(Value::as_object)
            .cloned())
    }

    /// The text with the entry.
    fn with_entry(&self, entry: &Map<String, Value>) -> Result<String, EditError> {
        let (body, servers) = (self.body(), self.client.servers);
        let input = self.input(entry);
        let after = match self.client.format {
            Format::Json => jsonc::insert(body, servers, ENTRY_NAME, entry, input.as_ref())?,
            Format::Toml => toml::insert(body, servers, ENTRY_NAME, entry)?,
        };
        self.check(&after, Some(entry))?;
        Ok(after)
    }

    /// The input that the entry refers to.
    fn input(&self, entry: &Map<String, Value>) -> Option<Value> {
        let KeyDelivery::Prompt(reference) = self.client.key else {
            return None;
        };
        let texts = entry.values().flat_map(entry::all_texts);
        let refers = { texts }.any(|text| text.contains(reference));
        refers.then(entry::key_prompt)
    }

    /// The text without the entry; `None` when nothing is left of a file that this server made,
    /// unless the file keep_file anyway. The backups are those of the file before this server was in it,
    /// the latest first.
    fn without_entry(
        &self,
        entry: &Map<String, Value>,
        backups: &[Self],
        keep_file: bool,
    ) -> Result<Option<String>, EditError> {
        let is_before = |backup: &&Self| backup.with_entry(entry).ok() == self.found;
        if let Some(backup) = backups.iter().find(is_before) {
            return Ok(backup.found.clone());
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
        let nothing = matches!(after.trim(), "" | "{}");
        Ok((keep_file || latest.is_some() || !nothing).then_some(after))
    }

    /// Refuses an edit after which the file would say something else than before, this server
    /// aside.
    fn check(&self, after: &str, entry: Option<&Map<String, Value>>) -> Result<(), EditError> {
        let after = self.parse(after)?;
        let written = after
            .get(self.client.servers)
            .and_then(|servers| servers.get(ENTRY_NAME));
        let rest = |value: Value| other_content(value, self.client.servers);
        let same = rest(self.parse(self.body())?) == rest(after.clone());
        if same && written.and_then(Value::as_object) == entry {
            Ok(())
        } else {
            Err(EditError::NotIsolated)
        }
    }

    fn read(client: &Client, path: &Path) -> Result<Self, EditError> {
        let client = clients::find(client.id).ok_or(EditError::NotIsolated)?;
        let found = file::read(path)?;
        let length = found
            .as_ref()
            .and_then(|text| u64::try_from(text.len()).ok());
        if client.format == Format::Toml && length > Some(MAX_TOML) {
            return Err(too_large(MAX_TOML).into());
        }
        Ok(Self::new(client, found))
    }
}

fn is_within_limit(client: &Client, text: &str) -> bool {
    client.format != Format::Toml || u64::try_from(text.len()).is_ok_and(|size| size <= MAX_TOML)
}

/// What a file says of everything but this server.
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
