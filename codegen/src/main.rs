//! `cargo spec`: the maintainer's commands over the vendored document.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use codegen::vendor;

#[derive(Parser)]
#[command(
    name = "cargo spec",
    about = "Maintains spec/, from which vapi-mcp is generated"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Keep the facts of Vapi's OpenAPI document as spec/vapi.json and spec/source.toml
    Vendor {
        /// The document as published; `-` reads standard input
        file: PathBuf,
        /// The day it was published, YYYY-MM-DD
        #[arg(long, value_parser = date)]
        date: String,
        /// Where it was published
        #[arg(long)]
        source: String,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(message) => {
            print(&message);
            ExitCode::SUCCESS
        }
        Err(message) => {
            complain(&message);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<String, String> {
    match cli.command {
        Command::Vendor { file, date, source } => {
            let bytes = read(&file)?;
            let vendored = vendor::vendor(&bytes, &source, &date)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            let spec = spec_folder();
            let toml = toml::to_string(&vendored.source).map_err(|error| error.to_string())?;
            write(&spec.join("vapi.json"), &vendored.document)?;
            write(&spec.join("source.toml"), &toml)?;
            let source = vendored.source;
            Ok(format!(
                "vendored {} of {}: {} paths, {} operations, {} schemas, {} bytes kept of {}",
                source.name,
                source.date,
                source.paths,
                source.operations,
                source.schemas,
                vendored.document.len(),
                bytes.len(),
            ))
        }
    }
}

/// `spec/` of the workspace that this command was built in.
fn spec_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        return io::stdin()
            .read_to_end(&mut bytes)
            .map(|_| bytes)
            .map_err(|error| format!("standard input: {error}"));
    }
    fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn date(text: &str) -> Result<String, String> {
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = text.splitn(3, '-');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(y), Some(m), Some(d)) if digits(y, 4) && digits(m, 2) && digits(d, 2) => {
            Ok(text.to_owned())
        }
        _ => Err("a date has the form YYYY-MM-DD".to_owned()),
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(message: &str) {
    println!("{message}");
}

#[expect(clippy::print_stderr, reason = "the complaint of a command")]
fn complain(message: &str) {
    eprintln!("error: {message}");
}
