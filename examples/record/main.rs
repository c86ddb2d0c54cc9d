//! Records fixtures for the tests: calls tools on a live account through the server's own client,
//! and writes each exchange, scrubbed, in the format that `tests/fixtures/README.md` describes.
//!
//! ```sh
//! VAPI_TOKEN=… cargo run --example record -- FOLDER TOOL [JSON] [TOOL [JSON]] …
//! ```
//!
//! The key and the base URL come from the environment, as for the server. A tool that writes
//! changes the account. Review the fixtures before you commit them.

mod recorder;

use std::{env, path::Path, process::ExitCode};

use clap::ValueEnum;
use vapi_mcp::config::{Config, Region};

fn main() -> ExitCode {
    match run() {
        Ok(files) => {
            files.iter().for_each(|file| say(file));
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Vec<String>, String> {
    let words: Vec<String> = env::args().skip(1).collect();
    let Some((folder, calls)) = words.split_first().filter(|(_, calls)| !calls.is_empty()) else {
        return Err("usage: record FOLDER TOOL [JSON] [TOOL [JSON]] …".to_owned());
    };
    let variable = |name: &str| env::var(name).ok();
    let region = variable("VAPI_MCP_REGION").map(|name| Region::from_str(&name, true));
    let config = Config::read(region.transpose()?, variable, Path::new(".env"))
        .map_err(|error| error.to_string())?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?
        .block_on(recorder::record(config, Path::new(folder), calls))
}

#[expect(clippy::print_stderr, reason = "a command for a terminal")]
fn say(line: &str) {
    eprintln!("{line}");
}
