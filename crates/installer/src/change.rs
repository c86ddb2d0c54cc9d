//! A change of a client's configuration, which can be reviewed before it is written.

use std::{fmt, path::PathBuf};

use super::{
    build_entry::build_entry,
    clients::{Client, Folders},
    config_text::{ConfigText, is_within_limit},
    diff::diff,
    entry::{EntryOptions, Flag, KeySource, Server, key_prompt},
    error::EditError,
    file,
    read_entry::key_source,
    visible_texts::{all_texts, visible_texts},
};

/// A change of one client's configuration.
pub struct Change {
    /// The client whose configuration changes.
    pub client: &'static Client,
    /// The file of the configuration.
    pub path: PathBuf,
    before: Option<String>,
    /// `None` deletes the file.
    after: Option<String>,
    /// The strings that the diff may show.
    visible: Vec<String>,
    backup: Backup,
    /// What the user still has to do.
    pub warning: Option<String>,
}

/// What to do with the backup of the file from before the installation.
enum Backup {
    Keep,
    Create,
    /// Delete the backup at this path, because the file is restored to its text.
    Delete(PathBuf),
}

/// Debug output without the texts, which may contain the keys of other servers.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change")
            .field("client", &self.client.id)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Change {
    /// Installs the server in a client.
    pub fn install(
        client: &'static Client,
        folders: &Folders,
        server: &Server,
        options: EntryOptions<'_>,
    ) -> Result<Self, EditError> {
        let path = client.file(folders);
        let text = ConfigText::read(client, &path)?;
        let old = text.entry()?;
        let entry = build_entry(client, server, options, old.as_ref());
        let after = text.with_entry(&entry)?;
        let key = key_source(client, &entry);
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
        let mut visible = visible_texts(&entry);
        visible.extend(all_texts(&key_prompt()));
        visible.extend(
            options
                .flags
                .iter()
                .flat_map(|Flag { arguments, .. }| arguments.clone()),
        );
        visible.extend(options.base_url.map(str::to_owned));
        let backup = match (&text.content, old) {
            (Some(_), None) => Backup::Create,
            _ => Backup::Keep,
        };
        Ok(Self {
            client,
            path,
            before: text.content,
            after: Some(after),
            visible,
            backup,
            warning,
        })
    }

    /// Removes the server from a client.
    pub fn remove(client: &'static Client, folders: &Folders) -> Result<Self, EditError> {
        let path = client.file(folders);
        let text = ConfigText::read(client, &path)?;
        let mut change = Self {
            client,
            before: text.content.clone(),
            after: text.content.clone(),
            visible: Vec::new(),
            backup: Backup::Keep,
            warning: None,
            path,
        };
        let Some(entry) = text.entry()? else {
            return Ok(change);
        };
        change.visible = visible_texts(&entry);
        let mut backups = file::backups(&change.path);
        backups.retain(|(_, text)| is_within_limit(client, text));
        let texts = backups
            .iter()
            .map(|(_, text)| ConfigText::new(client, Some(text.clone())));
        let before_install: Vec<_> = texts.collect();
        // The target of a link is not deleted, because the user created it.
        change.after = text.without_entry(&entry, &before_install, change.path.is_symlink())?;
        let restored = |(_, text): &(PathBuf, String)| Some(text) == change.after.as_ref();
        if let Some((backup, _)) = backups.iter().find(|backup| restored(backup)) {
            change.backup = Backup::Delete(backup.clone());
        }
        Ok(change)
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.before == self.after
    }

    /// The lines that differ. Strings are hidden unless they belong to this server's entry.
    pub fn diff(&self) -> String {
        let text = |content: &Option<String>| ConfigText::new(self.client, content.clone());
        let (before, after) = (text(&self.before), text(&self.after));
        let mark = match before.has_bom() && !after.has_bom() {
            true => "-(byte-order mark, with which clients refuse the file)\n",
            false => "",
        };
        let lines = diff(&before.redacted(), &after.redacted(), &self.visible);
        format!("{mark}{lines}")
    }

    /// Writes the change, with a backup of the file from before the installation.
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
