//! The command line: flags and commands, and what they print.

mod call;
#[cfg(feature = "sandbox")]
mod demo;
mod doctor;
mod guard;
#[cfg(feature = "http")]
mod http;
mod layout;
#[cfg(all(feature = "http", feature = "sandbox"))]
mod sandbox;
mod settings;
mod setup;
mod tools;

use std::{
    env,
    io::{self, IsTerminal},
    path::Path,
};

use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand, builder::styling};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, fmt, prelude::*};

use self::settings::{switch, trimmed};
use crate::{
    api::Limits,
    config::{Config, Region},
    guard::{Guard, rules::Rules},
    server::Server,
    terminal::{Log, plain},
    tools::call::Display,
};

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold())
    .placeholder(styling::AnsiColor::Cyan.on_default());

/// Vapi's assistants, calls, phone numbers and tools for MCP clients.
///
/// Without a command it serves the Model Context Protocol on standard input and output, which is
/// what an MCP client starts.
#[derive(Parser)]
#[command(name = "vapi-mcp", version, styles = STYLES, after_help = "\
Environment:
  VAPI_TOKEN         your private Vapi API key; a .env file here may hold it too
  VAPI_API_BASE_URL  another address of the API, instead of --region
  VAPI_MCP_...       stands in for a flag, for example VAPI_MCP_READ_ONLY=true; the flag wins
  VAPI_MCP_LOG       what is logged to standard error: off, error, warn, info, debug [default: warn]
  HTTPS_PROXY        the proxy on the way to Vapi (http, https, socks5); NO_PROXY lists exceptions
  SSL_CERT_FILE      a PEM file of CA certificates to trust instead of the system's
  NO_COLOR           when set, nothing is coloured

Examples:
  vapi-mcp                                      serve an MCP client
  vapi-mcp setup                                put this server into the clients on this machine
  vapi-mcp setup status                         which clients have it
  vapi-mcp setup remove                         take it out of them
  vapi-mcp doctor                               check everything
  vapi-mcp tools                                what there is
  vapi-mcp tools NAME                           one tool and its arguments
  vapi-mcp call NAME limit=5 | jq .             one call of a tool
  vapi-mcp call NAME customer.number=+15550100123 scheduledAt=2027-03-25T22:39:27Z
  vapi-mcp call NAME - < arguments.json")]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct Options {
    /// The region that your key belongs to
    #[arg(long, value_enum, ignore_case = true, global = true)]
    region: Option<Region>,
    /// The most bytes of a result; what does not fit is cut and marked [default: 45000]
    #[arg(long, value_parser = trimmed::<usize>, value_name = "BYTES", global = true)]
    max_result_bytes: Option<usize>,
    /// Show keys, tokens and access addresses instead of [redacted]; your own Vapi key is never shown
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = switch, global = true)]
    show_secrets: Option<bool>,
    #[command(flatten)]
    guard: guard::Flags,
    /// Let a stand-in inside the program answer for Vapi: nobody is rung, no key is needed
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = switch, global = true)]
    sandbox: Option<bool>,
}

#[derive(Subcommand)]
enum Command {
    /// Call one tool: JSON to standard output (a list is a table in a terminal), remarks to standard
    /// error
    Call(call::Call),
    /// Show what this is: a call from beginning to end over the sandbox, without a key
    #[cfg(feature = "sandbox")]
    Demo,
    /// Check the key, the connection, the guards and the clients
    Doctor(doctor::Doctor),
    /// Serve remote clients over HTTP
    #[cfg(feature = "http")]
    Http(http::Http),
    /// Offer the sandbox to other programs, as an HTTP API like Vapi's
    #[cfg(all(feature = "http", feature = "sandbox"))]
    Sandbox(sandbox::Sandbox),
    /// Put this server into MCP clients, see where it is, take it away
    Setup(setup::Setup),
    /// Show the tools, or one tool and its arguments
    Tools(tools::Tools),
}

/// How a command ended, when nothing went wrong in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As it should.
    Well,
    /// The tool answered with an error, which was printed.
    ToolFailed,
    /// Something is not as it should be, which was printed.
    Unwell,
}

/// What is logged.
const LOG_VARIABLE: &str = "VAPI_MCP_LOG";

/// Runs the command that the command line names. An error is the program's last word, a line for
/// standard error.
pub fn run() -> Result<Ended, String> {
    let words = settings::parse();
    let ended = words.and_then(|words| {
        Cli::from_arg_matches(&words)
            .unwrap_or_else(|error| error.exit())
            .run(&words)
    });
    ended.map_err(|error| plain(&error).into_owned())
}

impl Cli {
    fn run(self, words: &ArgMatches) -> Result<Ended, String> {
        survive_file_size_limits();
        log_to_stderr(self.json_logs())?;
        // The doctor has a place of its own for them.
        if !matches!(self.command, Some(Command::Doctor(_))) {
            for unknown in settings::unknown(env::vars_os()) {
                tracing::warn!("{unknown}; {}", unknown.remedy());
            }
        }
        let rules = self.options.guard.clone().rules();
        match self.command {
            #[cfg(feature = "sandbox")]
            Some(Command::Demo) => demo::run(),
            #[cfg(feature = "http")]
            Some(Command::Http(http)) => http.run(&self.options, guarded(rules)?),
            #[cfg(all(feature = "http", feature = "sandbox"))]
            Some(Command::Sandbox(sandbox)) => sandbox.run(),
            Some(Command::Doctor(doctor)) => doctor.run(&self.options, &rules),
            Some(Command::Setup(setup)) => setup.run(&self.options, words),
            Some(Command::Tools(tools)) => tools.run(&rules),
            Some(Command::Call(call)) => {
                let (config, display) = (self.options.config()?, self.options.display()?);
                call.run(config, display, guarded(rules)?)
            }
            None => {
                tell_a_person();
                let server = Server::new(
                    self.options.config()?,
                    Limits::default(),
                    self.options.display()?,
                    guarded(rules)?,
                )
                .map_err(|error| error.to_string())?;
                block_on(server.serve_stdio())?.map_err(|error| error.to_string())?;
                Ok(Ended::Well)
            }
        }
    }
}

impl Cli {
    /// Whether each line of the log is a JSON object.
    fn json_logs(&self) -> bool {
        #[cfg(feature = "http")]
        if let Some(Command::Http(http)) = &self.command {
            return http.log_format == http::LogFormat::Json;
        }
        false
    }
}

impl Options {
    fn display(&self) -> Result<Display, String> {
        let usual = Display::default();
        let limit = self.max_result_bytes.unwrap_or(usual.limit);
        if limit < Display::LEAST {
            return Err(format!(
                "--max-result-bytes must be at least {}",
                Display::LEAST
            ));
        }
        Ok(Display {
            limit,
            open: self.show_secrets.unwrap_or(usual.open),
        })
    }

    fn config(&self) -> Result<Config, String> {
        #[cfg(feature = "sandbox")]
        if self.sandbox.unwrap_or_default() {
            return Ok(Config::sandbox());
        }
        Config::read(self.region, variable, Path::new(".env")).map_err(|error| error.to_string())
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// A variable that is not empty.
fn filled(name: &str) -> Option<String> {
    variable(name).filter(|value| !value.trim().is_empty())
}

fn guarded(rules: Rules) -> Result<Guard, String> {
    Guard::new(rules).map_err(|error| error.to_string())
}

/// Runs to the end on this thread: the work is waiting for others.
fn block_on<F: Future>(work: F) -> Result<F::Output, String> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map(|runtime| runtime.block_on(work))
        .map_err(|error| format!("cannot start: {error}"))
}

/// Says what the program waits for, where a person started it.
fn tell_a_person() {
    const TEXT: &str = "\
This is an MCP server. It waits for an MCP client on standard input; Ctrl-C ends it.
  vapi-mcp setup    install it in the MCP clients on this machine
  vapi-mcp doctor   check the key, the connection and the clients
  vapi-mcp tools    show the tools
  vapi-mcp --help   show everything else";
    if io::stdin().is_terminal() {
        // Nobody need read it.
        let _ = call::print(io::stderr(), TEXT);
    }
}

/// A write past a file-size limit (`ulimit -f`) must fail like one to a full disk. Without a handler
/// its signal ends the process.
fn survive_file_size_limits() {
    #[cfg(unix)]
    {
        use std::sync::{Arc, atomic::AtomicBool};
        let noted = Arc::<AtomicBool>::default();
        // If it fails, only such a limit is a danger.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noted);
    }
}

/// Logs of this program alone: libraries log headers, arguments and bodies.
fn log_to_stderr(json: bool) -> Result<(), String> {
    let level = match filled(LOG_VARIABLE) {
        Some(level) => level.trim().parse().map_err(|_| {
            format!("{LOG_VARIABLE} is `{level}`; it can be off, error, warn, info or debug")
        })?,
        None => LevelFilter::WARN,
    };
    let log = tracing_subscriber::registry().with(Targets::new().with_target("vapi_mcp", level));
    #[cfg(feature = "http")]
    if json {
        log.with(fmt::layer().json().flatten_event(true).with_writer(|| Log))
            .init();
        return Ok(());
    }
    let _ = json;
    log.with(fmt::layer().with_writer(|| Log)).init();
    Ok(())
}
