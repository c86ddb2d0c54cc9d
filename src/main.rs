//! The program: parses the command line and runs it.

use std::{
    io::{self, Write},
    panic,
    process::ExitCode,
};

use vapi_mcp::cli::{self, ExitStatus};

/// A fifth of a call's time went to the system's allocator when many clients call at once.
#[cfg(feature = "http")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A panic's own message may repeat what a caller or Vapi wrote.
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
