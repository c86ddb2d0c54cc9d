//! The program: reads the configuration and serves.

use std::{env, path::Path, process::ExitCode};

use clap::Parser;
use tracing_subscriber::{filter::Targets, fmt, prelude::*};
use vapi_mcp::{api::Limits, cli::Cli, config::Config, server::Server};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), String> {
    log_to_stderr()?;
    let variable = |name: &str| env::var(name).ok();
    let config =
        Config::read(cli.region, variable, Path::new(".env")).map_err(|e| e.to_string())?;
    let server = Server::new(config, Limits::default()).map_err(|error| error.to_string())?;
    // One thread: the work is waiting for others.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?
        .block_on(server.serve_stdio())
        .map_err(|error| error.to_string())
}

/// Logs of this program alone: libraries log headers, arguments and bodies.
fn log_to_stderr() -> Result<(), String> {
    const VARIABLE: &str = "VAPI_MCP_LOG";
    let level = match env::var(VARIABLE) {
        Ok(level) => level.parse().map_err(|_| {
            format!("{VARIABLE} is `{level}`; it can be off, error, warn, info or debug")
        })?,
        Err(_) => tracing::level_filters::LevelFilter::WARN,
    };
    tracing_subscriber::registry()
        .with(fmt::layer().with_writer(std::io::stderr))
        .with(Targets::new().with_target("vapi_mcp", level))
        .init();
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the program ends with it")]
fn complain(error: &str) {
    eprintln!("vapi-mcp: {error}");
}
