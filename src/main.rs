//! The program: parses the command line and runs it.

use std::process::ExitCode;

use clap::Parser;
use vapi_mcp::cli::{Cli, Ended};

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::ToolFailed | Ended::Unwell) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the program's last word")]
fn complain(error: &str) {
    eprintln!("vapi-mcp: {error}");
}
