//! `vapi-mcp setup status`: shows in which clients this server is installed.

use std::{env, fmt::Write as _, path::Path};

use installer::{
    InstallState,
    clients::{CLIENTS, Client, Folders, KeyDelivery, Os},
    entry::{KeySource, Server},
    install_state,
};
use reqwest::Url;

use super::output::{BOLD, DIM, GREEN, RED, YELLOW, print_styled};
use crate::{
    cli::{environment::non_empty_env, exit_status::ExitStatus},
    config::TOKEN_VARIABLE,
    terminal::escape_line,
};

/// The folders of the current user.
pub(crate) fn folders() -> Result<Folders, String> {
    Folders::new(Os::here(), |name| env::var(name).ok()).ok_or_else(|| {
        "there is no home folder: HOME (on Windows USERPROFILE) is not set".to_owned()
    })
}

pub(super) fn status(folders: &Folders) -> Result<ExitStatus, String> {
    let width = CLIENTS.iter().map(|client| client.name.len()).max();
    let width = width.unwrap_or_default();
    let mut out = String::new();
    for client in &CLIENTS {
        let (style, text) = match install_state(client, folders) {
            InstallState::ClientMissing => (DIM, "not installed".to_owned()),
            InstallState::NotConfigured => {
                (DIM, format!("not configured; vapi-mcp setup {}", client.id))
            }
            InstallState::Configured { server, key } => {
                match describe_entry(client, &server, key) {
                    EntryDescription { text, remedy: None } => (GREEN, text),
                    EntryDescription {
                        text,
                        remedy: Some(remedy),
                    } => (YELLOW, format!("{text}; {remedy}")),
                }
            }
            InstallState::Unreadable(error) => {
                let path = client.file(folders);
                (RED, format!("{}: {error}", path.display()))
            }
        };
        let _ = writeln!(
            out,
            "{BOLD}{:width$}{BOLD:#}  {style}{text}{style:#}",
            client.name,
            text = escape_line(&text),
        );
    }
    print_styled(&out)?;
    Ok(ExitStatus::Success)
}

/// What an entry configures, and what to do if it is incomplete.
pub(crate) struct EntryDescription {
    pub(crate) text: String,
    pub(crate) remedy: Option<String>,
}

pub(crate) fn describe_entry(client: &Client, server: &Server, key: KeySource) -> EntryDescription {
    let again = format!("vapi-mcp setup {}", client.id);
    let incomplete = |text: String, remedy: String| EntryDescription {
        text,
        remedy: Some(remedy),
    };
    let text = match server {
        Server::Remote { url } => format!("remote, {}", redact_url(url)),
        Server::Local { command } | Server::Sandbox { command } => {
            let kind = match server {
                Server::Sandbox { .. } => "sandbox",
                _ => "local",
            };
            // The client looks a bare name up in its own PATH.
            let path = Path::new(command);
            if path.is_absolute() && !path.is_file() {
                return incomplete(format!("{kind}, but there is no {command}"), again);
            }
            format!("{kind}, {command}")
        }
    };
    let complete = |text| EntryDescription { text, remedy: None };
    match key {
        _ if matches!(server, Server::Sandbox { .. }) => complete(text),
        KeySource::PlainText => complete(format!("{text}, the key in plain text")),
        KeySource::Variable if non_empty_env(TOKEN_VARIABLE).is_none() => incomplete(
            format!("{text}, which reads the key from {TOKEN_VARIABLE}: not set here"),
            "set the variable where the client starts, for example in the profile of your shell"
                .to_owned(),
        ),
        KeySource::Variable | KeySource::Other => complete(text),
        KeySource::Missing => {
            let must_write = matches!(
                client.key,
                KeyDelivery::Unsupported | KeyDelivery::Inherited
            );
            let flag = if must_write { " --write-key" } else { "" };
            incomplete(format!("{text}, without a key"), format!("{again}{flag}"))
        }
    }
}

/// An address without the parts that may contain a key.
fn redact_url(url: &str) -> String {
    let Ok(mut redacted) = Url::parse(url) else {
        return "an invalid address".to_owned();
    };
    redacted.set_query(None);
    redacted.set_fragment(None);
    // Fails for addresses that cannot have a login.
    let _ = redacted.set_username("");
    let _ = redacted.set_password(None);
    redacted.to_string()
}
