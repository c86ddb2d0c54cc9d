//! The generator of vapi-mcp: a vendored OpenAPI document and a tool table go in, the source of a
//! client and of a tool catalogue comes out.
//!
//! In the order in which data flows: [`vendor`] keeps the facts of Vapi's published document;
//! [`document`] reads them and [`fixes`] corrects them; [`client`] lets progenitor turn the
//! operations into Rust; [`table`] reads the rows of the tools, [`catalog`] checks them, with
//! schemas from [`lower`] under the rules of [`lint`], and writes them as Rust; [`facts`] are what
//! else the server has to know of Vapi, held to the document: the keys that [`answers`] have in
//! common, [`reasons`] why calls end, and what the [`sandbox`] answers, with what it needs of the
//! document. [`generate`] does all of it for a build script; [`demo`] reads the steps of the
//! demonstration. [`check`](mod@check) tells what would come of another document, and
//! [`diff`](mod@diff) what changed in it for the tools.

use std::{fs, path::Path};

pub mod answers;
pub mod catalog;
pub mod check;
pub mod client;
mod compose;
pub mod demo;
pub mod diff;
pub mod document;
pub mod facts;
pub mod fixes;
pub mod lint;
pub mod lower;
pub mod problem;
pub mod reasons;
pub mod sandbox;
mod spec;
pub mod table;
pub mod vendor;
mod walk;

use catalog::Catalog;
use client::Client;
use document::Document;
use facts::Facts;
use fixes::Applied;
use problem::Problem;
use table::Table;
use vendor::Source;

/// All that a build needs of `spec/`.
#[derive(Clone, Debug)]
pub struct Generated {
    /// What the document was made from.
    pub source: Source,
    /// The client.
    pub client: Client,
    /// The tools.
    pub catalog: Catalog,
    /// The tools' Rust source.
    pub catalog_source: String,
    /// The keys that many answers have in common, as Rust.
    pub answers: String,
    /// What the reasons why calls end mean, as Rust.
    pub reasons: String,
    /// What the sandbox needs of the document, as JSON.
    pub sandbox: String,
    /// What was done to the document, for both.
    pub applied: Vec<Applied>,
    /// The facts that the document has made untrue.
    pub stale_facts: Vec<Problem>,
}

impl Generated {
    /// The fixes that touched nothing, and the marks of rows and the facts that are no longer true.
    pub fn stale(&self) -> impl Iterator<Item = String> {
        let fixes = self
            .applied
            .iter()
            .filter(|applied| applied.hits == 0)
            .map(|applied| {
                format!(
                    "the fix `{}` touched nothing: {}",
                    applied.name, applied.reason
                )
            });
        let written = self.catalog.stale.iter().chain(&self.stale_facts);
        fixes.chain(written.map(Problem::to_string))
    }
}

/// Generates the client and the catalogue from the folder `spec`.
pub fn generate(spec: &Path) -> Result<Generated, Vec<Problem>> {
    let file = spec.join("vapi.json");
    let document = read_document(&file)?;
    let table = table::read(&spec.join("tools"))?;
    let facts = Facts::read(spec)?;
    let source = read_source(&spec.join("source.toml"))?;
    generate_from(document, source, table, &facts).map_err(|errors| {
        errors
            .into_iter()
            .map(|error| error.in_file(&file))
            .collect()
    })
}

/// Generates from parts in memory.
pub fn generate_from(
    mut document: Document,
    source: Source,
    table: Table,
    facts: &Facts,
) -> Result<Generated, Vec<GenerateError>> {
    let mut applied = fixes::apply(fixes::bugs::BUGS, document.value_mut());
    let wrong = |problems: Vec<Problem>| -> Vec<_> {
        problems.into_iter().map(GenerateError::Spec).collect()
    };
    let catalog = catalog::check(&document, table).map_err(wrong)?;
    let one = |error| vec![GenerateError::Client(error)];
    let client = client::generate(&document).map_err(one)?;
    let problems = facts.problems(&document);
    if !problems.is_empty() {
        return Err(wrong(problems));
    }
    let catalog_source = catalog.source().map_err(one)?;
    applied.extend(&client.applied);
    Ok(Generated {
        source,
        client,
        catalog,
        catalog_source,
        answers: facts.answers.source(),
        reasons: facts.reasons.source(),
        sandbox: facts.sandbox.excerpt(&document),
        applied,
        stale_facts: facts.stale(&document),
    })
}

/// Why nothing can be generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A row or a fact is wrong.
    #[error(transparent)]
    Spec(Problem),
    /// The document allows no client.
    #[error(transparent)]
    Client(client::ClientError),
}

impl GenerateError {
    fn in_file(self, document: &Path) -> Problem {
        match self {
            Self::Spec(problem) => problem,
            Self::Client(error) => Problem::new(document.display(), error.to_string()),
        }
    }
}

fn read_document(file: &Path) -> Result<Document, Vec<Problem>> {
    let bytes = read(file)?;
    Document::parse(&bytes).map_err(|error| vec![Problem::new(file.display(), error.to_string())])
}

fn read_source(file: &Path) -> Result<Source, Vec<Problem>> {
    let bytes = read(file)?;
    toml::from_slice(&bytes).map_err(|error| vec![Problem::new(file.display(), error.to_string())])
}

fn read(file: &Path) -> Result<Vec<u8>, Vec<Problem>> {
    fs::read(file).map_err(|error| {
        vec![
            Problem::new(file.display(), format!("cannot be read: {error}"))
                .remedy("`cargo spec vendor` writes it"),
        ]
    })
}
