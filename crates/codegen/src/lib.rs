//! The generator of vapi-mcp. Its input is a vendored OpenAPI document and a tool table; its output
//! is the source of a client and of a tool catalogue.
//!
//! In the order of the data: [`vendor`] removes the prose from Vapi's published document;
//! [`document`] reads the result and [`fixes`] corrects it; [`client`] lets progenitor turn the
//! operations into Rust; [`table`] reads the rows of the tools, and [`catalog`] checks them, with
//! schemas from [`lower`] and under the rules of [`lint`], and writes them as Rust. [`supplement`]
//! reads further information about Vapi for the server and checks it against the document:
//! [`answers`], [`operations`], [`reasons`] and [`sandbox`]. [`generate`] does all of this for a
//! build script; [`demo`] reads the steps of the demonstration. [`check`](mod@check) reports what
//! another document would generate, and [`diff`] what changed in it for the tools.
//! [`contract`] compares responses of the live API with the document and the rows.
//! [`skeleton`] begins the row of a new tool.

use std::{fs, path::Path};

pub mod answers;
mod assess;
pub mod catalog;
pub mod check;
pub mod client;
mod compose;
pub mod contract;
pub mod demo;
pub mod diff;
pub mod document;
mod downgrade;
pub mod fixes;
mod graph;
mod left_out;
pub mod lint;
pub mod lower;
pub mod operations;
pub mod problem;
pub mod reasons;
pub mod sandbox;
pub mod skeleton;
mod spec;
mod structure;
pub mod supplement;
pub mod table;
pub mod vendor;

use assess::Generation;
use catalog::Catalog;
use client::Client;
use document::Document;
use fixes::Applied;
pub use left_out::LeftOut;
use problem::Problem;
use supplement::Supplement;
use table::Table;
use vendor::Source;

/// Everything that a build needs from `spec/`.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The source of the document.
    pub source: Source,
    /// The generated client.
    pub client: Client,
    /// The checked tools.
    pub catalog: Catalog,
    /// The Rust source of the catalogue.
    pub catalog_source: String,
    /// Rust source of the operations.
    pub operations_source: String,
    /// The search index over the operations, as compressed JSON.
    pub search: Vec<u8>,
    /// Rust source with the keys that many responses have in common.
    pub answers: String,
    /// Rust source with the explanations of `endedReason` values.
    pub reasons: String,
    /// The operations that the sandbox supports, as JSON.
    pub sandbox: String,
    /// The descriptions of all operations, as compressed JSON.
    pub facts: Vec<u8>,
    /// The fixes that were applied to the document.
    pub applied: Vec<Applied>,
    /// The parts of the document for which nothing can be generated and that no row uses.
    pub left_out: Vec<LeftOut>,
    /// Entries of the supplementary files that no longer match the document.
    pub stale_supplement: Vec<Problem>,
}

impl Generated {
    /// The fixes that changed nothing, and the entries of rows and supplementary files that no
    /// longer match the document.
    pub fn stale(&self) -> impl Iterator<Item = String> {
        let fixes = self
            .applied
            .iter()
            .filter(|applied| applied.hits == 0)
            .map(|applied| {
                format!(
                    "the fix `{}` changed nothing: {}",
                    applied.name, applied.reason
                )
            });
        let written = self.catalog.stale.iter().chain(&self.stale_supplement);
        fixes.chain(written.map(Problem::to_string))
    }

    /// What is left out of the client, each with the reason.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.left_out.iter().map(LeftOut::to_string)
    }
}

/// Generates the client and the catalogue from the folder `spec`.
pub fn generate(spec: &Path) -> Result<Generated, Vec<Problem>> {
    let file = spec.join("vapi.json");
    let document = read_document(&file)?;
    let table = table::read(&spec.join("tools"))?;
    let supplement = Supplement::read(spec)?;
    let source = read_source(&spec.join("source.toml"))?;
    generate_from(document, source, table, &supplement).map_err(|errors| {
        errors
            .into_iter()
            .map(|error| error.in_file(&file))
            .collect()
    })
}

/// Generates from parts in memory.
pub fn generate_from(
    document: Document,
    source: Source,
    table: Table,
    supplement: &Supplement,
) -> Result<Generated, Vec<GenerateError>> {
    let Generation { assessment, client } = assess::generate(&document, &table, supplement);
    let one = |error| vec![GenerateError::Client(error)];
    let problems: Vec<_> = assessment.problems().cloned().collect();
    let (catalog, client) = match (assessment.catalog, client) {
        (Some(_), Err(error)) => return Err(one(error)),
        (Some(catalog), Ok(client)) if problems.is_empty() => (catalog, client),
        _ => return Err(problems.into_iter().map(GenerateError::Spec).collect()),
    };
    let (document, mut applied) = (assessment.document, assessment.applied);
    let catalog_source = catalog.source().map_err(one)?;
    let operations = &supplement.operations;
    let operations_source = operations
        .source(&document, &catalog.of_tools(), &client)
        .map_err(one)?;
    applied.extend(&client.applied);
    Ok(Generated {
        source,
        client,
        catalog,
        catalog_source,
        operations_source,
        search: operations::compressed(&operations.searchable(&document)),
        answers: supplement.answers.source(),
        reasons: supplement.reasons.source(),
        sandbox: supplement.sandbox.json(),
        facts: operations::compressed(&supplement.operations.facts(&document)),
        applied,
        left_out: assessment.left_out,
        stale_supplement: supplement.stale(&document),
    })
}

/// The reason why nothing can be generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A row or a supplementary file is invalid.
    #[error(transparent)]
    Spec(Problem),
    /// No client can be generated from the document.
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
    Source::parse(&bytes).map_err(|error| vec![Problem::new(file.display(), error)])
}

fn read(file: &Path) -> Result<Vec<u8>, Vec<Problem>> {
    fs::read(file).map_err(|error| {
        vec![
            Problem::new(file.display(), format!("cannot be read: {error}"))
                .remedy("`cargo spec vendor` writes it"),
        ]
    })
}
