//! The program: parses the command line and runs it.

use std::{
    io::{self, Write},
    panic,
    process::ExitCode,
};

use vapi_mcp::cli::{self, ExitStatus};

/// With many concurrent clients, the system's allocator took a fifth of the time of a call.
#[cfg(feature = "http")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The message of a panic may contain text from a caller or Vapi.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        print_error(&format!("internal error at {}", place.unwrap_or_default()));
    }));
    match cli::run() {
        Ok(ExitStatus::Success) => ExitCode::SUCCESS,
        Ok(ExitStatus::ToolError | ExitStatus::CheckFailed) => ExitCode::FAILURE,
        Err(error) => {
            print_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn print_error(error: &str) {
    // Standard error may be closed or full.
    let _ = writeln!(io::stderr(), "vapi-mcp: {error}");
}
