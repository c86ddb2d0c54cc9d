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
    Change, EditError, InstallState,
    clients::{CLIENTS, Client, Folders, KeyDelivery, Os, find},
    entry::{EntryOptions, Flag, KeySource, SANDBOX_FLAG, Server},
    install_state, program,
};
use reqwest::Url;

use super::{
    call::{print, read_line},
    exit_status::ExitStatus,
    options::Options,
    settings::ExplicitSetting,
    values::non_empty_env,
};
use crate::{
    bounds::counted,
    config::{BASE_URL_VARIABLE, TOKEN_VARIABLE, is_loopback},
    terminal::{escape_line, escape_text},
};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();

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
    install: InstallArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show which clients have this server
    Status,
    /// Remove this server from clients, and nothing else
    Remove(ChangeArgs),
}

#[derive(Args)]
struct InstallArgs {
    #[command(flatten)]
    changes: ChangeArgs,
    /// Connect to a server at this address instead of starting this program
    #[arg(long, value_parser = parse_url)]
    url: Option<String>,
    /// Write the key into the file in plain text
    #[arg(long)]
    write_key: bool,
}

#[derive(Debug, Args)]
struct ChangeArgs {
    /// Clients to change; all that are installed if none is named
    #[arg(value_name = "CLIENT", value_parser = client_parser())]
    clients: Vec<&'static Client>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write without asking
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,
}

fn client_parser() -> ValueParser {
    let ids = CLIENTS.iter().map(|client| client.id);
    PossibleValuesParser::new(ids)
        .try_map(|id| find(&id).ok_or("no such client"))
        .into()
}

/// An address that the key may be sent to.
fn parse_url(given: &str) -> Result<String, &'static str> {
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
    pub(super) fn run(
        self,
        options: &Options,
        settings: Vec<ExplicitSetting>,
    ) -> Result<ExitStatus, String> {
        let folders = folders()?;
        match self.command {
            None => self.install.run(&folders, options, settings),
            Some(Command::Status) => status(&folders),
            Some(Command::Remove(changes)) => {
                changes.run(&folders, |client| Change::remove(client, &folders))
            }
        }
    }
}

impl InstallArgs {
    fn run(
        self,
        folders: &Folders,
        options: &Options,
        settings: Vec<ExplicitSetting>,
    ) -> Result<ExitStatus, String> {
        // What the server would refuse is refused here.
        options.display()?;
        let config = options.config()?;
        let server = match self.url {
            Some(url) => {
                reject_flags(&settings)?;
                warn_of_variables(&settings)?;
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
            false => settings
                .into_iter()
                .map(|setting| setting.flag)
                .filter(|flag| flag.name != SANDBOX_FLAG)
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
        let base_url = non_empty_env(BASE_URL_VARIABLE);
        let entry_options = EntryOptions {
            key: token.as_ref().and_then(|token| token.in_clear()),
            flags: &flags,
            base_url: base_url.as_deref(),
        };
        self.changes.run(folders, |client| {
            Change::install(client, folders, &server, entry_options)
        })
    }
}

/// Flags have no effect on a remote server, which has its own.
fn reject_flags(settings: &[ExplicitSetting]) -> Result<(), String> {
    let flags = settings.iter().filter(|setting| setting.is_flag);
    let flags: Vec<_> = flags.map(|setting| setting.source.as_str()).collect();
    if flags.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} cannot be passed on: the server at --url has its own settings",
        flags.join(", ")
    ))
}

/// Reports variables that have no effect on a remote server.
fn warn_of_variables(settings: &[ExplicitSetting]) -> Result<(), String> {
    let variables = settings.iter().filter(|setting| !setting.is_flag);
    let variables: Vec<_> = variables.map(|setting| setting.source.as_str()).collect();
    if variables.is_empty() {
        return Ok(());
    }
    print_styled(&format!(
        "{YELLOW}The server at --url has its own settings; these have no effect on it: {}{YELLOW:#}",
        variables.join(", ")
    ))
}

impl ChangeArgs {
    fn run(
        &self,
        folders: &Folders,
        change: impl Fn(&'static Client) -> Result<Change, EditError>,
    ) -> Result<ExitStatus, String> {
        let clients = self.selected_clients(folders)?;
        let mut failed = false;
        let mut changes = Vec::new();
        for client in clients {
            match change(client) {
                Ok(change) => changes.push(change),
                Err(error) => {
                    failed = true;
                    print_styled(&describe_failure(client, &client.file(folders), &error))?;
                }
            }
        }
        for change in &changes {
            print_styled(&describe_change(change))?;
        }
        let pending: Vec<_> = changes.iter().filter(|change| !change.is_empty()).collect();
        if !pending.is_empty() && !self.dry_run && self.confirm(pending.len())? {
            for change in pending {
                match change.apply() {
                    Ok(()) => print_styled(&describe_success(change))?,
                    Err(error) => {
                        failed = true;
                        print_styled(&describe_failure(change.client, &change.path, &error))?;
                    }
                }
            }
        }
        Ok(if failed {
            ExitStatus::CheckFailed
        } else {
            ExitStatus::Success
        })
    }

    fn selected_clients(&self, folders: &Folders) -> Result<Vec<&'static Client>, String> {
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

    fn confirm(&self, count: usize) -> Result<bool, String> {
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
        Ok(matches!(read_line()?.trim(), "y" | "Y" | "yes" | "Yes"))
    }
}

/// Prints with colours to a terminal and without to a pipe.
fn print_styled(text: &str) -> Result<(), String> {
    print(anstream::stdout(), text.trim_end())
}

fn describe_failure(client: &Client, path: &Path, error: &EditError) -> String {
    let name = client.name;
    let (path, error) = (display_path(path), error.to_string());
    format!("{RED}{name}{RED:#}: {path}: {}", escape_line(&error))
}

fn describe_change(change: &Change) -> String {
    let (name, path) = (change.client.name, display_path(&change.path));
    if change.is_empty() {
        return format!("{BOLD}{name}{BOLD:#}: nothing to change {DIM}{path}{DIM:#}");
    }
    let mut out = format!("{BOLD}{name}{BOLD:#}: {path}\n");
    for line in change.diff().lines() {
        let style = match line.chars().next() {
            Some('+') => GREEN,
            Some('-') => RED,
            _ => DIM,
        };
        let _ = writeln!(out, "  {style}{}{style:#}", escape_text(line));
    }
    if let Some(warning) = &change.warning {
        let _ = writeln!(out, "  {YELLOW}{warning}{YELLOW:#}");
    }
    out
}

fn describe_success(change: &Change) -> String {
    let name = change.client.name;
    format!(
        "{GREEN}Written{GREEN:#}: {}. Restart {name}.",
        display_path(&change.path)
    )
}

/// A path, escaped for the terminal.
fn display_path(path: &Path) -> String {
    escape_line(&path.to_string_lossy()).into_owned()
}

fn status(folders: &Folders) -> Result<ExitStatus, String> {
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

/// The description of an entry, and what to do if it is incomplete.
pub(super) struct EntryDescription {
    pub(super) text: String,
    pub(super) remedy: Option<String>,
}

/// Describes a client's entry.
pub(super) fn describe_entry(client: &Client, server: &Server, key: KeySource) -> EntryDescription {
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
            // A bare name is looked for by the client, in a path that is its own.
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

/// An address without what in it may be a key.
fn redact_url(url: &str) -> String {
    let Ok(mut redacted) = Url::parse(url) else {
        return "an invalid address".to_owned();
    };
    redacted.set_query(None);
    redacted.set_fragment(None);
    // Refused for addresses that cannot have them.
    let _ = redacted.set_username("");
    let _ = redacted.set_password(None);
    redacted.to_string()
}
