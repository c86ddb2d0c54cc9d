//! `cargo spec`: the maintainer's commands for the vendored document.

use std::{
    env,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{self, ExitCode},
    time::Instant,
};

use clap::{Parser, Subcommand};
use codegen::{
    check::check_after,
    diff::{Acknowledged, Diff, diff},
    document::{self, Document},
    problem::Problem,
    skeleton,
    supplement::Supplement,
    table::{self, Table},
    vendor::{self, Source, Vendored},
};

/// The tests whose snapshots show the effect of a change of the document.
const GOLDENS: [&[&str]; 4] = [
    &[
        "--package",
        "vapi-mcp-codegen",
        "--test",
        "integration",
        "goldens::",
    ],
    &[
        "--package",
        "vapi-mcp-codegen",
        "--test",
        "integration",
        "shared::",
    ],
    &[
        "--package",
        "vapi-mcp",
        "--test",
        "integration",
        "public_face::",
    ],
    &["--package", "vapi-mcp", "--test", "integration", "replay::"],
];

#[derive(Parser)]
#[command(
    name = "cargo spec",
    about = "Maintains spec/, from which vapi-mcp is generated",
    after_help = "Exit codes: 0 success, 1 a row of the tool table is broken, 2 the command failed."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write Vapi's OpenAPI document, without its prose, to spec/vapi.json, and its date and
    /// address to spec/source.toml
    Vendor {
        /// The document as published; `-` reads standard input
        file: PathBuf,
        /// Date of publication, YYYY-MM-DD
        #[arg(long, value_parser = date)]
        date: String,
        /// URL of the document
        #[arg(long)]
        source: String,
    },
    /// Report in Markdown what changed between two documents, and how the changes affect the tools
    Diff {
        /// The older document, published or vendored
        old: PathBuf,
        /// The newer document, published or vendored
        new: PathBuf,
        /// Print JSON instead of Markdown
        #[arg(long)]
        json: bool,
        /// Add the changes that are worth a look to spec/acknowledged.toml, so that they are not
        /// reported again
        #[arg(long)]
        acknowledge: bool,
    },
    /// Run the generator in memory and report on fixes, rows, lint and sizes
    Check {
        /// A document, published or vendored; `-` reads standard input
        #[arg(default_value = "spec/vapi.json")]
        file: PathBuf,
    },
    /// Vendor a document, report what changed, check it, and rewrite the snapshots for review
    Update {
        /// The document as published; `-` reads standard input
        file: PathBuf,
        /// Date of publication, YYYY-MM-DD
        #[arg(long, value_parser = date)]
        date: String,
    },
    /// Rewrite the snapshots for review, and the schema of the tool table
    Goldens,
    /// Begin a new tool: append a row to spec/tools/extra.toml, and write its fixtures
    New {
        /// The operation: `GET /squad`, or its operationId
        operation: String,
        /// The name of the tool, if the path does not give a good one
        #[arg(long)]
        name: Option<String>,
    },
}

/// The result of a command.
struct Found {
    text: String,
    broken: bool,
}

fn main() -> ExitCode {
    let (text, code) = match run(Cli::parse()) {
        Ok(found) => (found.text, u8::from(found.broken)),
        Err(message) => {
            print_error(&format!("error: {message}"));
            return ExitCode::from(2);
        }
    };
    // A pipe that is closed early, for example by `head`, is not a failure.
    let _ = writeln!(io::stdout().lock(), "{}", text.trim_end());
    ExitCode::from(code)
}

fn run(cli: Cli) -> Result<Found, String> {
    let started = Instant::now();
    match cli.command {
        Command::Vendor { file, date, source } => {
            let bytes = read(&file)?;
            let vendored = vendored(&file, &bytes, &source, &date)?;
            keep(&vendored)?;
            let text = format!("vendored {}", counts(&vendored, bytes.len()));
            Ok(Found {
                text,
                broken: false,
            })
        }
        Command::Diff {
            old,
            new,
            json,
            acknowledge,
        } => {
            let side = |file: &Path| document(file, &vendored(file, &read(file)?, "", "")?);
            let mut found = diff(&side(&old)?, &side(&new)?, &table()?, &supplement()?);
            let mut acknowledged = acknowledged()?;
            found.acknowledge(&acknowledged);
            let mut text = match json {
                true => format!("{:#}", found.json()),
                false => found.report(&stem(&old), &stem(&new)),
            };
            if acknowledge {
                let added = acknowledged.add(&found);
                write(&acknowledged_file(), &acknowledged.text())?;
                if !json {
                    text = format!("{text}\nAcknowledged {added} more in spec/acknowledged.toml.");
                }
            }
            Ok(Found {
                text,
                broken: found.breaks(),
            })
        }
        Command::Check { file } => {
            let file = if file == Path::new("spec/vapi.json") {
                spec_folder().join("vapi.json")
            } else {
                file
            };
            let bytes = read(&file)?;
            let new = vendored(&file, &bytes, &stem(&file), "no date")?;
            // The rows hold for the vendored document, so what changed since then can break them.
            let kept = spec_folder().join("vapi.json");
            let before = vendored(&kept, &read(&kept)?, "", "")?;
            let before = match before.document == new.document {
                true => None,
                false => Some(document(&kept, &before)?),
            };
            let check = check_after(before.as_ref(), &new, &table()?, &supplement()?)
                .map_err(|error| error.to_string())?;
            Ok(Found {
                text: format!(
                    "# Check of {}\n\n{check}- time: {} ms",
                    counts(&new, bytes.len()),
                    started.elapsed().as_millis()
                ),
                broken: check.is_broken(),
            })
        }
        Command::Update { file, date } => update(&file, &date),
        Command::Goldens => {
            let (text, refreshed) = goldens();
            Ok(Found {
                text,
                broken: !refreshed,
            })
        }
        Command::New { operation, name } => {
            let added = skeleton::add(&spec_folder(), &operation, name.as_deref());
            Ok(Found {
                text: added.map_err(|problems| lines(&problems))?,
                broken: false,
            })
        }
    }
}

fn update(file: &Path, date: &str) -> Result<Found, String> {
    let spec = spec_folder();
    let kept = Source::parse(&read(&spec.join("source.toml"))?)
        .map_err(|error| format!("spec/source.toml: {error}"))?;
    if *date < *kept.date {
        let before = format!(
            "{date} is before {}, the date of the vendored document",
            kept.date
        );
        return Err(format!(
            "{before}; `cargo spec vendor` goes back to an earlier one"
        ));
    }
    let kept_file = spec.join("vapi.json");
    let kept_bytes = read(&kept_file)?;
    let bytes = read(file)?;
    let new = vendored(file, &bytes, &kept.name, date)?;
    if new.document.as_bytes() == kept_bytes {
        return Ok(Found {
            text: format!(
                "Only descriptions have changed since {}: spec/ is unchanged.",
                kept.date
            ),
            broken: false,
        });
    }
    let table = table()?;
    let old = vendored(&kept_file, &kept_bytes, &kept.name, &kept.date)?;
    let supplement = supplement()?;
    let (before, after) = (document(&kept_file, &old)?, document(file, &new)?);
    let mut found: Diff = diff(&before, &after, &table, &supplement);
    found.acknowledge(&acknowledged()?);
    let check =
        check_after(Some(&before), &new, &table, &supplement).map_err(|error| error.to_string())?;
    keep(&new)?;
    let (goldens, refreshed) = if check.is_broken() {
        let reason = "The snapshots were not updated, because nothing can be generated. Correct the rows \
                      above, then run `cargo spec goldens`.";
        (reason.to_owned(), false)
    } else {
        goldens()
    };
    // The changes come last, because they may exceed the size limit of a pull request.
    Ok(Found {
        text: format!(
            "{}\n{check}\n## To review\n\n{goldens}\n{}",
            found.head(&kept.date, date),
            found.body(),
        ),
        broken: found.breaks() || check.is_broken() || !refreshed,
    })
}

/// Rewrites the snapshots and the table's schema. Returns a list of files to review, and whether
/// everything succeeded.
fn goldens() -> (String, bool) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let schema = spec_folder().join("tools/schema.json");
    let mut failed: Vec<_> = write(&schema, &table::schema()).err().into_iter().collect();
    // Tests that read published documents are ignored unless the documents are available.
    let ignored: &[&str] = match env::var_os("VAPI_MCP_SHARED") {
        Some(_) => &["--", "--include-ignored"],
        None => &[],
    };
    for test in GOLDENS {
        let run = process::Command::new(&cargo)
            .args(["test", "--quiet"])
            .args(test)
            .args(ignored)
            .current_dir(root())
            .env("INSTA_UPDATE", "always")
            .output();
        match run {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                print_error(&String::from_utf8_lossy(&output.stdout));
                print_error(&String::from_utf8_lossy(&output.stderr));
                failed.push(format!("`cargo test {}` fails.", test.join(" ")));
            }
            Err(error) => failed.push(format!("`cargo test {}`: {error}", test.join(" "))),
        }
    }
    let read = "`git diff -- spec/source.toml crates/codegen/tests/snapshots tests/snapshots`: operations, \
                fixes, generated calls, and the tool definitions that clients receive.";
    let refreshed = failed.is_empty();
    failed.push(read.to_owned());
    (failed.join("\n"), refreshed)
}

fn counts(vendored: &Vendored, read: usize) -> String {
    let Source {
        name,
        date,
        paths,
        operations,
        schemas,
        ..
    } = &vendored.source;
    format!(
        "{name} of {date}: {paths} paths, {operations} operations, {schemas} schemas, \
         {} bytes kept of {read}",
        vendored.document.len(),
    )
}

fn vendored(file: &Path, bytes: &[u8], source: &str, date: &str) -> Result<Vendored, String> {
    vendor::vendor(bytes, source, date).map_err(|error| format!("{}: {error}", file.display()))
}

fn document(file: &Path, vendored: &Vendored) -> Result<Document, String> {
    Document::parse(vendored.document.as_bytes())
        .map_err(|error| format!("{}: {error}", file.display()))
}

fn table() -> Result<Table, String> {
    table::read(&spec_folder().join("tools")).map_err(|problems| lines(&problems))
}

fn supplement() -> Result<Supplement, String> {
    Supplement::read(&spec_folder()).map_err(|problems| lines(&problems))
}

fn acknowledged_file() -> PathBuf {
    spec_folder().join("acknowledged.toml")
}

fn acknowledged() -> Result<Acknowledged, String> {
    Acknowledged::read(&acknowledged_file()).map_err(|problems| lines(&problems))
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}

fn stem(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// The workspace of this command.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// `spec/` of the workspace, relative to the current directory if it is below.
fn spec_folder() -> PathBuf {
    let spec = root().join("spec");
    let here = env::current_dir().ok();
    let short = here.and_then(|here| Some(spec.strip_prefix(here).ok()?.to_owned()));
    short.unwrap_or(spec)
}

fn keep(vendored: &Vendored) -> Result<(), String> {
    let toml = toml::to_string(&vendored.source).map_err(|error| error.to_string())?;
    write(&spec_folder().join("vapi.json"), &vendored.document)?;
    write(&spec_folder().join("source.toml"), &toml)
}

/// Reads at most one byte more than the limit, because the file may be endless.
fn read(file: &Path) -> Result<Vec<u8>, String> {
    let most = document::BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let (name, read) = if file == Path::new("-") {
        let stdin = io::stdin().lock();
        (
            "standard input".into(),
            stdin.take(most).read_to_end(&mut bytes),
        )
    } else {
        let opened = File::open(file);
        let read = opened.and_then(|it| it.take(most).read_to_end(&mut bytes));
        (file.to_string_lossy(), read)
    };
    read.map(|_| bytes)
        .map_err(|error| format!("{name}: {error}"))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn date(text: &str) -> Result<String, String> {
    vendor::date(text).map(str::to_owned)
}

#[expect(clippy::print_stderr, reason = "the error output of a command")]
fn print_error(message: &str) {
    eprintln!("{message}");
}
