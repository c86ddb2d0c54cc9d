//! The command line: flags, commands and their output.

mod api;
mod call;
mod call_arguments;
#[cfg(feature = "sandbox")]
mod demo;
mod doctor;
mod environment;
mod exit_status;
mod guard;
#[cfg(feature = "http")]
mod http;
mod layout;
mod options;
mod runtime;
#[cfg(all(feature = "http", feature = "sandbox"))]
mod sandbox;
mod settings;
mod setup;
mod terminal_io;
mod tool_run;
mod tools;
mod value_parser;

use std::{
    env,
    io::{self, IsTerminal},
};

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, builder::styling};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, fmt, prelude::*};

pub use self::exit_status::ExitStatus;
use self::{
    environment::{LOG_VARIABLE, non_empty_env},
    options::Options,
    runtime::block_on,
    tool_run::ToolRun,
};
use crate::{
    api::Limits,
    guard::{Guard, rules::Rules},
    server::Server,
    terminal::{EscapedStderr, escape_text},
};

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold())
    .placeholder(styling::AnsiColor::Cyan.on_default());

/// Vapi's assistants, calls, phone numbers and tools for MCP clients.
///
/// Without a command, it serves the Model Context Protocol on standard input and output; this
/// is how an MCP client starts it.
#[derive(Parser)]
#[command(name = "vapi-mcp", version, styles = STYLES, after_help = "\
Environment:
  VAPI_TOKEN         your private Vapi API key; may also be in a .env file in the working directory
  VAPI_API_BASE_URL  base URL of the API, instead of --region
  VAPI_MCP_...       sets a flag, for example VAPI_MCP_READ_ONLY=true; the flag takes precedence
  VAPI_MCP_LOG       log level on standard error: off, error, warn, info, debug [default: warn]
  HTTPS_PROXY        proxy for requests to Vapi (http, https, socks5); NO_PROXY lists exceptions
  SSL_CERT_FILE      a PEM file of CA certificates to trust instead of the system's
  NO_COLOR           if set, output is not coloured

Examples:
  vapi-mcp                                      serve an MCP client
  vapi-mcp setup                                install this server in the clients on this machine
  vapi-mcp setup status                         show where it is installed
  vapi-mcp setup remove                         remove it
  vapi-mcp doctor                               check everything
  vapi-mcp tools                                list the tools
  vapi-mcp tools NAME                           show one tool and its arguments
  vapi-mcp call NAME limit=5 | jq .             call a tool
  vapi-mcp call NAME customer.number=+15550100123 scheduledAt=2027-03-25T22:39:27Z
  vapi-mcp call NAME - < arguments.json
  vapi-mcp api search turn recording off        find an operation of the whole API
  vapi-mcp api describe PATCH /assistant/{id}   show what it takes
  vapi-mcp api get /assistant -q limit=5        send it")]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Search, describe and use the whole API of Vapi
    Api(api::Api),
    /// Call one tool; prints JSON to standard output (in a terminal, lists as tables) and remarks
    /// to standard error
    Call(call::Call),
    /// Show a complete call in the sandbox; needs no key
    #[cfg(feature = "sandbox")]
    Demo,
    /// Check the key, the connection, the guards and the clients
    Doctor(doctor::Doctor),
    /// Serve remote clients over HTTP
    #[cfg(feature = "http")]
    Http(http::Http),
    /// Serve the sandbox to other programs as an HTTP API like Vapi's
    #[cfg(all(feature = "http", feature = "sandbox"))]
    Sandbox(sandbox::Sandbox),
    /// Install this server in MCP clients, show where it is installed, or remove it
    Setup(setup::Setup),
    /// Show the tools, or one tool and its arguments
    Tools(tools::Tools),
}

/// Parses the command line and runs the command. An error is a message for standard error.
pub fn run() -> Result<ExitStatus, String> {
    let program = Cli::command();
    let matches = settings::parse(&program);
    let status = matches.and_then(|matches| {
        Cli::from_arg_matches(&matches)
            .unwrap_or_else(|error| error.exit())
            .run(&program, &matches)
    });
    status.map_err(|error| escape_text(&error).into_owned())
}

impl Cli {
    fn run(self, program: &clap::Command, matches: &ArgMatches) -> Result<ExitStatus, String> {
        ignore_file_size_signal();
        log_to_stderr(self.json_logs())?;
        let unknown = settings::unknown_variables(program, env::vars_os());
        // `doctor` reports unknown variables itself.
        if !matches!(self.command, Some(Command::Doctor(_))) {
            for unknown in &unknown {
                tracing::warn!("{unknown}; {}", unknown.remedy());
            }
        }
        let toolset = self.options.guard.toolset();
        let rules = self.options.guard.clone().rules();
        match self.command {
            #[cfg(feature = "sandbox")]
            Some(Command::Demo) => demo::run(),
            #[cfg(feature = "http")]
            Some(Command::Http(http)) => {
                let guard = build_guard(http::remote(rules)?)?;
                http.run(&self.options, toolset, guard)
            }
            #[cfg(all(feature = "http", feature = "sandbox"))]
            Some(Command::Sandbox(sandbox)) => sandbox.run(),
            Some(Command::Doctor(doctor)) => doctor.run(&self.options, &toolset, &rules, unknown),
            Some(Command::Setup(setup)) => {
                let explicit = settings::explicit_settings(program, matches);
                setup.run(&self.options, explicit)
            }
            Some(Command::Tools(tools)) => tools.run(&toolset),
            Some(Command::Api(api)) => api.run(ToolRun::new(&self.options, &toolset, rules)?),
            Some(Command::Call(call)) => call.run(ToolRun::new(&self.options, &toolset, rules)?),
            None => {
                greet_terminal_user();
                let server = Server::new(
                    self.options.config()?,
                    Limits::default(),
                    self.options.display()?,
                    toolset,
                    build_guard(rules)?,
                )
                .map_err(|error| error.to_string())?;
                block_on(server.serve_stdio())?.map_err(|error| error.to_string())?;
                Ok(ExitStatus::Success)
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

fn build_guard(rules: Rules) -> Result<Guard, String> {
    Guard::new(rules).map_err(|error| error.to_string())
}

/// If the program was started in a terminal, says that it waits for an MCP client.
fn greet_terminal_user() {
    const TEXT: &str = "\
This is an MCP server. It waits for an MCP client on standard input; press Ctrl-C to end it.
  vapi-mcp setup    install it in the MCP clients on this machine
  vapi-mcp doctor   check the key, the connection and the clients
  vapi-mcp tools    show the tools
  vapi-mcp --help   list all commands and flags";
    if io::stdin().is_terminal() {
        // A failure is ignored, because the text is only informative.
        let _ = terminal_io::print(io::stderr(), TEXT);
    }
}

/// Makes a write beyond the file-size limit (`ulimit -f`) return an error, as on a full disk.
/// Without a handler, SIGXFSZ would end the process.
fn ignore_file_size_signal() {
    #[cfg(unix)]
    {
        use std::sync::{Arc, atomic::AtomicBool};
        let noted = Arc::<AtomicBool>::default();
        // If it fails, only the file-size limit is affected.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noted);
    }
}

/// Logs only events of this program: libraries may log headers, arguments and bodies.
fn log_to_stderr(json: bool) -> Result<(), String> {
    let level = match non_empty_env(LOG_VARIABLE) {
        Some(level) => level.trim().parse().map_err(|_| {
            format!("{LOG_VARIABLE} is `{level}`; it must be off, error, warn, info or debug")
        })?,
        None => LevelFilter::WARN,
    };
    let log = tracing_subscriber::registry().with(Targets::new().with_target("vapi_mcp", level));
    #[cfg(feature = "http")]
    if json {
        log.with(
            fmt::layer()
                .json()
                .flatten_event(true)
                .with_writer(|| EscapedStderr),
        )
        .init();
        return Ok(());
    }
    let _ = json;
    log.with(fmt::layer().with_writer(|| EscapedStderr)).init();
    Ok(())
}
