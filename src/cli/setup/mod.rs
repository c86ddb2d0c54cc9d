//! `vapi-mcp setup`: installs this server in MCP clients.

mod output;
pub(super) mod status;

use std::io::{self, IsTerminal};

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser, ValueParser},
};
use installer::{
    Change, EditError,
    clients::{CLIENTS, Client, Folders, find},
    entry::{EntryOptions, Flag, SANDBOX_FLAG, Server},
    program,
};
use reqwest::Url;

use self::{
    output::{YELLOW, describe_change, describe_failure, describe_success, print_styled},
    status::{folders, status},
};
use super::{
    environment::non_empty_env,
    exit_status::ExitStatus,
    options::Options,
    settings::ExplicitSetting,
    terminal_io::{print, read_line},
};
use crate::{
    config::{BASE_URL_VARIABLE, is_loopback},
    text::counted,
};

#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
The key is not written: clients read it from the variable VAPI_TOKEN, which must be set where the
client starts; VS Code asks for it. Other settings that you pass, as flags or variables, are
written into the client's configuration entry, so that the guards that are set in your shell also
apply in the client. Everything else in the file is preserved, including owner and mode. The
original file is backed up beside it as NAME.before-vapi-mcp, or NAME.before-vapi-mcp.2 if that name
is taken.

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
    /// Remove this server from clients and leave everything else unchanged
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
    /// Clients to change [default: all that are installed]
    #[arg(value_name = "CLIENT", value_parser = client_parser())]
    clients: Vec<&'static Client>,
    /// Show the changes without writing them
    #[arg(long)]
    dry_run: bool,
    /// Write without asking for confirmation
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,
}

fn client_parser() -> ValueParser {
    let ids = CLIENTS.iter().map(|client| client.id);
    PossibleValuesParser::new(ids)
        .try_map(|id| find(&id).ok_or("no such client"))
        .into()
}

/// Parses a URL to which the key may be sent.
fn parse_url(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let url = Url::parse(text)
        .map_err(|_| "it is not a valid URL such as https://mcp.example.com/mcp")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it contains a login; clients send the key as a header");
    }
    match url.scheme() {
        "https" => Ok(text.to_owned()),
        "http" if is_loopback(&url) => Ok(text.to_owned()),
        _ => Err("the key is sent only over https, except to this machine"),
    }
}

impl Setup {
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
        // Refuses options that the server would refuse.
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
            // The entry for the sandbox contains the flag in any case.
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
            key: token.as_ref().and_then(|token| token.plain_text()),
            flags: &flags,
            base_url: base_url.as_deref(),
        };
        self.changes.run(folders, |client| {
            Change::install(client, folders, &server, entry_options)
        })
    }
}

/// Refuses flags for a remote server, which has its own settings.
fn reject_flags(settings: &[ExplicitSetting]) -> Result<(), String> {
    let flags = settings.iter().filter(|setting| setting.is_flag);
    let flags: Vec<_> = flags.map(|setting| setting.source.as_str()).collect();
    if flags.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} cannot be used with --url: the server at that address has its own settings",
        flags.join(", ")
    ))
}

/// Warns of variables that have no effect on a remote server.
fn warn_of_variables(settings: &[ExplicitSetting]) -> Result<(), String> {
    let variables = settings.iter().filter(|setting| !setting.is_flag);
    let variables: Vec<_> = variables.map(|setting| setting.source.as_str()).collect();
    if variables.is_empty() {
        return Ok(());
    }
    print_styled(&format!(
        "{YELLOW}The server at --url has its own settings; these variables have no effect on it: {}{YELLOW:#}",
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
