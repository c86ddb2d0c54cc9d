//! `vapi-mcp setup`: installs this server in MCP clients.

use std::{
    env,
    fmt::Write as _,
    io::{self, IsTerminal},
    path::Path,
};

use anstyle::{AnsiColor, Style};
use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser, ValueParser},
};
use installer::{
    Change, EditError, State,
    clients::{CLIENTS, Client, Folders, Key, Os, find},
    entry::{Flag, Given, SANDBOX, Secret, Server},
    program, state,
};
use reqwest::Url;

use super::{
    call::{print, typed},
    ended::Ended,
    options::Options,
    settings::Said,
    values::filled,
};
use crate::{
    config::{BASE_URL_VARIABLE, TOKEN_VARIABLE, is_loopback},
    terminal::{line, plain as spelled},
    text::counted,
};

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();
const GONE: Style = AnsiColor::Red.on_default();

#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
The key is not written: clients read it from the variable VAPI_TOKEN, which must be set where the
client starts; VS Code asks for it. Other settings that you pass, as flags or variables, are written
into the entry, so that the guards of your shell also apply in the client. Everything else in the
file is preserved, including owner and mode. The original file is backed up beside it as
NAME.before-vapi-mcp, or NAME.before-vapi-mcp.2 if that name is taken.

Examples:
  vapi-mcp setup                       all installed clients
  vapi-mcp setup cursor --dry-run      show the changes
  vapi-mcp setup claude-desktop --write-key --yes
  vapi-mcp setup codex --url https://mcp.example.com/mcp
  vapi-mcp setup status
  vapi-mcp setup remove"
)]
pub(super) struct Setup {
    #[command(flatten)]
    put: Put,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show which clients have this server
    Status,
    /// Remove this server from clients, and nothing else
    Remove(Making),
}

#[derive(Args)]
struct Put {
    #[command(flatten)]
    making: Making,
    /// Connect to a server at this address instead of starting this program
    #[arg(long, value_parser = address)]
    url: Option<String>,
    /// Write the key into the file in plain text
    #[arg(long)]
    write_key: bool,
}

#[derive(Debug, Args)]
struct Making {
    /// Clients to change; all that are installed if none is named
    #[arg(value_name = "CLIENT", value_parser = client())]
    clients: Vec<&'static Client>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write without asking
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,
}

fn client() -> ValueParser {
    let ids = CLIENTS.iter().map(|client| client.id);
    PossibleValuesParser::new(ids)
        .try_map(|id| find(&id).ok_or("no such client"))
        .into()
}

/// An address that the key may be sent to.
fn address(given: &str) -> Result<String, &'static str> {
    let given = given.trim();
    let url = Url::parse(given)
        .map_err(|_| "it is not a valid URL; use the form https://mcp.example.com/mcp")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it contains a login; clients send the key as a header");
    }
    match url.scheme() {
        "https" => Ok(given.to_owned()),
        "http" if is_loopback(&url) => Ok(given.to_owned()),
        _ => Err("the key is sent only over https, except to this machine"),
    }
}

/// The folders of whoever runs this.
pub(super) fn folders() -> Result<Folders, String> {
    Folders::new(Os::here(), |name| env::var(name).ok()).ok_or_else(|| {
        "there is no home folder: HOME (on Windows USERPROFILE) is not set".to_owned()
    })
}

impl Setup {
    /// `said` are the settings that were given.
    pub(super) fn run(self, options: &Options, said: Vec<Said>) -> Result<Ended, String> {
        let folders = folders()?;
        match self.command {
            None => self.put.run(&folders, options, said),
            Some(Command::Status) => status(&folders),
            Some(Command::Remove(making)) => {
                making.run(&folders, |client| Change::take(client, &folders))
            }
        }
    }
}

impl Put {
    fn run(self, folders: &Folders, options: &Options, said: Vec<Said>) -> Result<Ended, String> {
        // What the server would refuse is refused here.
        options.display()?;
        let config = options.config()?;
        let server = match self.url {
            Some(url) => {
                refuse_flags(&said)?;
                tell_variables(&said)?;
                Server::Remote { url }
            }
            None if config.sandbox => Server::Sandbox {
                command: program::path()?,
            },
            None => Server::Local {
                command: program::path()?,
            },
        };
        let remote = matches!(server, Server::Remote { .. });
        let flags: Vec<Flag> = match remote {
            true => Vec::new(),
            // An entry for the sandbox says so itself.
            false => said
                .into_iter()
                .map(|said| said.flag)
                .filter(|flag| flag.name != SANDBOX)
                .collect(),
        };
        let token = match self.write_key {
            true if config.sandbox => {
                return Err(
                    "the sandbox needs no key: --write-key cannot be used with it".to_owned(),
                );
            }
            true => Some(config.token.map_err(|missing| missing.to_string())?),
            false => None,
        };
        let base_url = filled(BASE_URL_VARIABLE);
        let given = Given {
            key: token.as_ref().and_then(|token| token.in_plain_text()),
            flags: &flags,
            base_url: base_url.as_deref(),
        };
        self.making.run(folders, |client| {
            Change::put(client, folders, &server, given)
        })
    }
}

/// Flags have no effect on a remote server, which has its own.
fn refuse_flags(said: &[Said]) -> Result<(), String> {
    let flags = said.iter().filter(|said| said.is_flag);
    let flags: Vec<_> = flags.map(|said| said.by.as_str()).collect();
    if flags.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} cannot be passed on: the server at --url has its own settings",
        flags.join(", ")
    ))
}

/// Reports variables that have no effect on a remote server.
fn tell_variables(said: &[Said]) -> Result<(), String> {
    let variables = said.iter().filter(|said| !said.is_flag);
    let variables: Vec<_> = variables.map(|said| said.by.as_str()).collect();
    if variables.is_empty() {
        return Ok(());
    }
    say(&format!(
        "{WARN}The server at --url has its own settings; these have no effect on it: {}{WARN:#}",
        variables.join(", ")
    ))
}

impl Making {
    fn run(
        &self,
        folders: &Folders,
        change: impl Fn(&'static Client) -> Result<Change, EditError>,
    ) -> Result<Ended, String> {
        let chosen = self.chosen(folders)?;
        let mut failed = false;
        let mut changes = Vec::new();
        for client in chosen {
            match change(client) {
                Ok(change) => changes.push(change),
                Err(error) => {
                    failed = true;
                    say(&failure(client, &client.file(folders), &error))?;
                }
            }
        }
        for change in &changes {
            say(&described(change))?;
        }
        let to_make: Vec<_> = changes.iter().filter(|change| !change.is_none()).collect();
        if !to_make.is_empty() && !self.dry_run && self.may(to_make.len())? {
            for change in to_make {
                match change.make() {
                    Ok(()) => say(&done(change))?,
                    Err(error) => {
                        failed = true;
                        say(&failure(change.client, &change.path, &error))?;
                    }
                }
            }
        }
        Ok(if failed { Ended::Unwell } else { Ended::Well })
    }

    fn chosen(&self, folders: &Folders) -> Result<Vec<&'static Client>, String> {
        if !self.clients.is_empty() {
            return Ok(self.clients.clone());
        }
        let found: Vec<_> = CLIENTS
            .iter()
            .filter(|client| client.is_installed(folders))
            .collect();
        if found.is_empty() {
            let ids: Vec<_> = CLIENTS.iter().map(|client| client.id).collect();
            return Err(format!("no client was found; name one: {}", ids.join(", ")));
        }
        Ok(found)
    }

    fn may(&self, count: usize) -> Result<bool, String> {
        if self.yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            return Err(
                "nothing was written: standard input is not a terminal, so you cannot be asked; \
                 --yes writes without asking, --dry-run only shows the changes"
                    .to_owned(),
            );
        }
        let files = counted(count, "file");
        print(io::stderr(), &format!("Write {files}? Type yes:"))?;
        Ok(matches!(typed()?.trim(), "y" | "Y" | "yes" | "Yes"))
    }
}

/// Prints with colours to a terminal and without to a pipe.
fn say(text: &str) -> Result<(), String> {
    print(anstream::stdout(), text.trim_end())
}

fn failure(client: &Client, path: &Path, error: &EditError) -> String {
    let name = client.name;
    let (path, error) = (shown(path), error.to_string());
    format!("{GONE}{name}{GONE:#}: {path}: {}", line(&error))
}

fn described(change: &Change) -> String {
    let (name, path) = (change.client.name, shown(&change.path));
    if change.is_none() {
        return format!("{BOLD}{name}{BOLD:#}: nothing to change {FAINT}{path}{FAINT:#}");
    }
    let mut out = format!("{BOLD}{name}{BOLD:#}: {path}\n");
    for line in change.diff().lines() {
        let style = match line.chars().next() {
            Some('+') => GOOD,
            Some('-') => GONE,
            _ => FAINT,
        };
        let _ = writeln!(out, "  {style}{}{style:#}", spelled(line));
    }
    if let Some(lacks) = &change.lacks {
        let _ = writeln!(out, "  {WARN}{lacks}{WARN:#}");
    }
    out
}

fn done(change: &Change) -> String {
    let name = change.client.name;
    format!(
        "{GOOD}Written{GOOD:#}: {}. Restart {name}.",
        shown(&change.path)
    )
}

/// A path, escaped for the terminal.
fn shown(path: &Path) -> String {
    line(&path.to_string_lossy()).into_owned()
}

fn status(folders: &Folders) -> Result<Ended, String> {
    let width = CLIENTS.iter().map(|client| client.name.len()).max();
    let width = width.unwrap_or_default();
    let mut out = String::new();
    for client in &CLIENTS {
        let (style, said) = match state(client, folders) {
            State::NotInstalled => (FAINT, "not installed".to_owned()),
            State::Absent => (
                FAINT,
                format!("not configured; vapi-mcp setup {}", client.id),
            ),
            State::Present { server, secret } => match told(client, &server, secret) {
                Told { text, remedy: None } => (GOOD, text),
                Told {
                    text,
                    remedy: Some(remedy),
                } => (WARN, format!("{text}; {remedy}")),
            },
            State::Unreadable(error) => {
                let path = client.file(folders);
                (GONE, format!("{}: {error}", path.display()))
            }
        };
        let _ = writeln!(
            out,
            "{BOLD}{:width$}{BOLD:#}  {style}{said}{style:#}",
            client.name,
            said = line(&said),
        );
    }
    say(&out)?;
    Ok(Ended::Well)
}

/// The description of an entry, and what to do if it is incomplete.
pub(super) struct Told {
    pub(super) text: String,
    pub(super) remedy: Option<String>,
}

/// Describes a client's entry.
pub(super) fn told(client: &Client, server: &Server, secret: Secret) -> Told {
    let again = format!("vapi-mcp setup {}", client.id);
    let lacking = |text: String, remedy: String| Told {
        text,
        remedy: Some(remedy),
    };
    let text = match server {
        Server::Remote { url } => format!("remote, {}", plain(url)),
        Server::Local { command } | Server::Sandbox { command } => {
            let kind = match server {
                Server::Sandbox { .. } => "sandbox",
                _ => "local",
            };
            // A bare name is looked for by the client, in a path that is its own.
            let path = Path::new(command);
            if path.is_absolute() && !path.is_file() {
                return lacking(format!("{kind}, but there is no {command}"), again);
            }
            format!("{kind}, {command}")
        }
    };
    let whole = |text| Told { text, remedy: None };
    match secret {
        _ if matches!(server, Server::Sandbox { .. }) => whole(text),
        Secret::Written => whole(format!("{text}, the key in plain text")),
        Secret::Variable if filled(TOKEN_VARIABLE).is_none() => lacking(
            format!("{text}, which reads the key from {TOKEN_VARIABLE}: not set here"),
            "set the variable where the client starts, for example in the profile of your shell"
                .to_owned(),
        ),
        Secret::Variable | Secret::Elsewhere => whole(text),
        Secret::Missing => {
            let must_write = matches!(client.key, Key::Never | Key::Inherited);
            let flag = if must_write { " --write-key" } else { "" };
            lacking(format!("{text}, without a key"), format!("{again}{flag}"))
        }
    }
}

/// An address without what in it may be a key.
fn plain(url: &str) -> String {
    let Ok(mut plain) = Url::parse(url) else {
        return "an invalid address".to_owned();
    };
    plain.set_query(None);
    plain.set_fragment(None);
    // Refused for addresses that cannot have them.
    let _ = plain.set_username("");
    let _ = plain.set_password(None);
    plain.to_string()
}
