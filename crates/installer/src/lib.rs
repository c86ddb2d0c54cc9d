//! Installs this server in the configuration of MCP clients, shows where it is installed, and
//! removes it.
//!
//! [`clients`] is the table of clients and their files; [`entry`] is what stands there; `jsonc` and
//! `toml` edit a text without touching the rest of it; [`Change`] is one file's edit, which can be
//! looked at before it is made; `file` makes it, and keeps a copy; [`program`] is what an entry
//! starts.

pub mod clients;
pub mod entry;
mod error;
mod file;
mod jsonc;
pub mod program;
mod show;
mod toml;

pub use self::error::EditError;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use clients::{Client, Folders, Format, Key};
use entry::{Flag, Given, INPUT, NAME, Secret, Server};

use regular_file::too_large;

/// The largest TOML that is parsed, in bytes: its tree is 130 times as large.
const TOML_BOUND: u64 = 1 << 20;

/// What a client's file says of this server.
#[derive(Debug)]
pub enum State {
    /// The client is not installed.
    NotInstalled,
    /// This server is not installed in it.
    Absent,
    /// It has one.
    Present {
        /// Which.
        server: Server,
        /// How it has the key.
        secret: Secret,
    },
    /// Its file cannot be understood.
    Unreadable(EditError),
}

/// Reads what a client's file says of this server.
pub fn state(client: &Client, folders: &Folders) -> State {
    if !client.is_installed(folders) {
        return State::NotInstalled;
    }
    match Text::read(client, &client.file(folders)).and_then(|text| text.entry()) {
        Err(error) => State::Unreadable(error),
        Ok(None) => State::Absent,
        Ok(Some(entry)) => match entry::server(client, &entry) {
            Some(server) => State::Present {
                server,
                secret: entry::secret(client, &entry),
            },
            None => State::Absent,
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
    /// The texts of this server's entry, which may be shown.
    shown: Vec<String>,
    backup: Backup,
    /// What the entry lacks until a person does something.
    pub lacks: Option<String>,
}

/// What happens to the copy of the file as it was before this server was in it.
enum Backup {
    Keep,
    Make,
    /// The copy at this path goes: the file has its text again.
    Drop(PathBuf),
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
    pub fn put(
        client: &'static Client,
        folders: &Folders,
        server: &Server,
        given: Given<'_>,
    ) -> Result<Self, EditError> {
        let path = client.file(folders);
        let text = Text::read(client, &path)?;
        let old = text.entry()?;
        let entry = entry::entry(client, server, given, old.as_ref());
        let after = text.put(&entry)?;
        let secret = entry::secret(client, &entry);
        let lacks = match (server, secret) {
            (Server::Local { .. } | Server::Remote { .. }, Secret::Missing) => Some(format!(
                "{} cannot read the key from the environment; --write-key writes it into the file",
                client.name
            )),
            (_, Secret::Written) if file::is_readable_by_others(&path) => Some(
                "other users of this machine can read this file, and the key in it; chmod 600 \
                 keeps them out"
                    .to_owned(),
            ),
            _ => None,
        };
        let mut shown = entry::shown(&entry);
        shown.extend(entry::texts(&entry::input()));
        shown.extend(
            given
                .flags
                .iter()
                .flat_map(|Flag { words, .. }| words.clone()),
        );
        shown.extend(given.base_url.map(str::to_owned));
        let backup = match (&text.found, old) {
            (Some(_), None) => Backup::Make,
            _ => Backup::Keep,
        };
        Ok(Self {
            client,
            path,
            before: text.found,
            after: Some(after),
            shown,
            backup,
            lacks,
        })
    }

    /// Takes the server out of a client's file.
    pub fn take(client: &'static Client, folders: &Folders) -> Result<Self, EditError> {
        let path = client.file(folders);
        let text = Text::read(client, &path)?;
        let mut change = Self {
            client,
            before: text.found.clone(),
            after: text.found.clone(),
            shown: Vec::new(),
            backup: Backup::Keep,
            lacks: None,
            path,
        };
        let Some(entry) = text.entry()? else {
            return Ok(change);
        };
        change.shown = entry::shown(&entry);
        let mut copies = file::copies(&change.path);
        copies.retain(|(_, text)| fits(client, text));
        let texts = copies
            .iter()
            .map(|(_, text)| Text::new(client, Some(text.clone())));
        let copied: Vec<_> = texts.collect();
        // A link is somebody else's, and so is the file behind it.
        change.after = text.without(&entry, &copied, change.path.is_symlink())?;
        let restored = |(_, text): &(PathBuf, String)| Some(text) == change.after.as_ref();
        if let Some((copy, _)) = copies.iter().find(|copy| restored(copy)) {
            change.backup = Backup::Drop(copy.clone());
        }
        Ok(change)
    }

    /// Whether there is nothing to do.
    pub fn is_none(&self) -> bool {
        self.before == self.after
    }

    /// The lines that differ, with every text hidden that is not of this server.
    pub fn diff(&self) -> String {
        let text = |found: &Option<String>| Text::new(self.client, found.clone());
        let (before, after) = (text(&self.before), text(&self.after));
        let mark = match before.is_marked() && !after.is_marked() {
            true => "-(byte-order mark, with which clients refuse the file)\n",
            false => "",
        };
        let lines = show::diff(&before.side(), &after.side(), &self.shown);
        format!("{mark}{lines}")
    }

    /// Makes the edit, and keeps the file as it was before this server was in it.
    pub fn make(&self) -> Result<(), EditError> {
        if self.is_none() {
            return Ok(());
        }
        let before = self.before.as_deref();
        file::expect(&self.path, before)?;
        if let (Backup::Make, Some(before)) = (&self.backup, before) {
            file::keep_copy(&self.path, before)?;
        }
        match &self.after {
            Some(after) => file::replace(&self.path, before, after)?,
            None => file::remove(&self.path, before)?,
        }
        if let (Backup::Drop(copy), Some(after)) = (&self.backup, &self.after) {
            file::drop_copy(copy, after)?;
        }
        Ok(())
    }
}

/// A client's file as a text.
struct Text {
    client: &'static Client,
    found: Option<String>,
}

const BOM: &str = "\u{feff}";

impl Text {
    fn new(client: &'static Client, found: Option<String>) -> Self {
        Self { client, found }
    }

    fn body(&self) -> &str {
        let text = self.found.as_deref().unwrap_or_default();
        text.strip_prefix(BOM).unwrap_or(text)
    }

    /// As a person may look at it: a comment may hold a key, as may a text over several lines.
    fn side(&self) -> show::Side<'_> {
        let body = self.body();
        let hidden = match self.client.format {
            Format::Json => jsonc::comments(body),
            Format::Toml => toml::comments_and_blocks(body),
        };
        show::Side::new(body, &hidden)
    }

    fn is_marked(&self) -> bool {
        let found = self.found.as_ref();
        found.is_some_and(|text| text.starts_with(BOM))
    }

    fn value_of(&self, body: &str) -> Result<Value, EditError> {
        match self.client.format {
            Format::Json => jsonc::value(body),
            Format::Toml => toml::value(body),
        }
    }

    /// The entry of this server; not that of another, which may have the name.
    fn entry(&self) -> Result<Option<Map<String, Value>>, EditError> {
        let value = self.value_of(self.body())?;
        let entry = value
            .get(self.client.servers)
            .and_then(|servers| servers.get(NAME));
        Ok(entry
            .filter(|entry| entry::is_ours(self.client, entry))
            .and_then(Value::as_object)
            .cloned())
    }

    /// The text with the entry.
    fn put(&self, entry: &Map<String, Value>) -> Result<String, EditError> {
        let (body, servers) = (self.body(), self.client.servers);
        let input = self.input(entry);
        let after = match self.client.format {
            Format::Json => jsonc::put(body, servers, NAME, entry, input.as_ref())?,
            Format::Toml => toml::put(body, servers, NAME, entry)?,
        };
        self.check(&after, Some(entry))?;
        Ok(after)
    }

    /// The input that the entry refers to.
    fn input(&self, entry: &Map<String, Value>) -> Option<Value> {
        let Key::Prompt(reference) = self.client.key else {
            return None;
        };
        let texts = entry.values().flat_map(entry::texts);
        let refers = { texts }.any(|text| text.contains(reference));
        refers.then(entry::input)
    }

    /// The text without the entry; `None` when nothing is left of a file that this server made,
    /// unless the file stays anyway. The copies are those of the file before this server was in it,
    /// the latest first.
    fn without(
        &self,
        entry: &Map<String, Value>,
        copies: &[Self],
        stays: bool,
    ) -> Result<Option<String>, EditError> {
        let is_before = |copy: &&Self| copy.put(entry).ok() == self.found;
        if let Some(copy) = copies.iter().find(is_before) {
            return Ok(copy.found.clone());
        }
        let (body, servers) = (self.body(), self.client.servers);
        let latest = copies.first();
        let before = latest.and_then(|copy| copy.value_of(copy.body()).ok());
        let was_there = |name: &str| {
            before
                .as_ref()
                .is_some_and(|before| before.get(name).is_some())
        };
        let after = match self.client.format {
            Format::Json => jsonc::take(body, servers, NAME, was_there)?,
            Format::Toml => toml::take(body, servers, NAME)?,
        };
        self.check(&after, None)?;
        let nothing = matches!(after.trim(), "" | "{}");
        Ok((stays || latest.is_some() || !nothing).then_some(after))
    }

    /// Refuses an edit after which the file would say something else than before, this server
    /// aside.
    fn check(&self, after: &str, entry: Option<&Map<String, Value>>) -> Result<(), EditError> {
        let after = self.value_of(after)?;
        let written = after
            .get(self.client.servers)
            .and_then(|servers| servers.get(NAME));
        let rest = |value: Value| others(value, self.client.servers);
        let same = rest(self.value_of(self.body())?) == rest(after.clone());
        if same && written.and_then(Value::as_object) == entry {
            Ok(())
        } else {
            Err(EditError::Layout)
        }
    }

    fn read(client: &Client, path: &Path) -> Result<Self, EditError> {
        let client = clients::find(client.id).ok_or(EditError::Layout)?;
        let found = file::read(path)?;
        let length = found
            .as_ref()
            .and_then(|text| u64::try_from(text.len()).ok());
        if client.format == Format::Toml && length > Some(TOML_BOUND) {
            return Err(too_large(TOML_BOUND).into());
        }
        Ok(Self::new(client, found))
    }
}

fn fits(client: &Client, text: &str) -> bool {
    client.format != Format::Toml || u64::try_from(text.len()).is_ok_and(|size| size <= TOML_BOUND)
}

/// What a file says of everything but this server.
fn others(mut value: Value, servers: &str) -> Value {
    let Some(top) = value.as_object_mut() else {
        return value;
    };
    if let Some(servers) = top.get_mut(servers).and_then(Value::as_object_mut) {
        servers.shift_remove(NAME);
    }
    if let Some(inputs) = top.get_mut("inputs").and_then(Value::as_array_mut) {
        inputs.retain(|input| input.get("id").is_none_or(|id| id != INPUT));
    }
    top.retain(|name, value| {
        let empty = value.as_object().is_some_and(Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty);
        !(empty && (name == servers || name == "inputs"))
    });
    value
}
