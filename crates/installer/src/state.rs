//! Where this server is installed.

use super::{
    clients::{Client, Folders},
    config_text::ConfigText,
    entry::{KeySource, Server},
    error::EditError,
    read_entry::{key_source, server},
};

/// Whether this server is installed in a client.
#[derive(Debug)]
pub enum InstallState {
    /// The client is not installed.
    ClientMissing,
    /// This server is not installed in the client.
    NotConfigured,
    /// This server is installed.
    Configured {
        /// How the client reaches it.
        server: Server,
        /// Where it gets the key.
        key: KeySource,
    },
    /// The client's configuration cannot be read.
    Unreadable(EditError),
}

/// Reads from a client's configuration whether this server is installed.
pub fn install_state(client: &Client, folders: &Folders) -> InstallState {
    if !client.is_installed(folders) {
        return InstallState::ClientMissing;
    }
    match ConfigText::read(client, &client.file(folders)).and_then(|text| text.entry()) {
        Err(error) => InstallState::Unreadable(error),
        Ok(None) => InstallState::NotConfigured,
        Ok(Some(entry)) => match server(client, &entry) {
            Some(server) => InstallState::Configured {
                server,
                key: key_source(client, &entry),
            },
            None => InstallState::NotConfigured,
        },
    }
}
