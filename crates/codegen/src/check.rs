//! Checks a document: runs the generator in memory and reports every failure.

use std::fmt::{self, Display};

use crate::{
    assess::{self, Assessment, Generation},
    catalog::Catalog,
    client::{Client, ClientError},
    diff::broken_rows,
    document::{Document, DocumentError},
    fixes::Applied,
    left_out::LeftOut,
    lint,
    problem::{self, Problem},
    supplement::Supplement,
    table::Table,
    vendor::Vendored,
};

/// The report on a document: the results of the generator, without its output.
#[derive(Clone, Debug)]
pub struct Check {
    /// The fixes that were applied to the document.
    pub applied: Vec<Applied>,
    /// The tools, each with the problems of its row.
    pub rows: Vec<(String, Vec<Problem>)>,
    /// Entries of the supplementary files that are not in the document.
    pub supplement: Vec<Problem>,
    /// Entries of rows and supplementary files that no longer match the document.
    pub stale: Vec<Problem>,
    /// The parts of the document for which nothing can be generated and that no row uses.
    pub left_out: Vec<LeftOut>,
    /// Parts of tool definitions that MCP clients would refuse or ignore; `None` if the lint did not
    /// run, because a row is broken.
    pub lint: Option<Vec<String>>,
    /// The generated files and their sizes.
    pub sizes: Vec<String>,
    /// The reason why nothing can be generated, apart from problems of rows.
    pub failed: Option<String>,
}

/// Generates everything in memory and returns only the report.
pub fn check(
    vendored: &Vendored,
    table: &Table,
    supplement: &Supplement,
) -> Result<Check, DocumentError> {
    check_after(None, vendored, table, supplement)
}

/// The same, for the next revision after one for which the rows hold: also reports what only a
/// comparison finds, as [`diff`](crate::diff::diff()) does.
pub fn check_after(
    before: Option<&Document>,
    vendored: &Vendored,
    table: &Table,
    supplement: &Supplement,
) -> Result<Check, DocumentError> {
    let document = Document::parse(vendored.document.as_bytes())?;
    let Generation {
        mut assessment,
        client,
    } = assess::generate(&document, table, supplement);
    if let Some(before) = before {
        let (is_row, known) = (|it: &Problem| it.row().is_some(), &assessment);
        let found = broken_rows(before, known, table, supplement);
        let known: Vec<_> = assessment.problems().cloned().collect();
        let new = problem::without(found, &known);
        assessment.rows.extend(new.into_iter().filter(is_row));
    }
    let Assessment {
        document,
        applied,
        left_out,
        catalog,
        rows: problems,
        supplement: faults,
    } = assessment;
    let mut check = Check {
        applied,
        rows: Vec::new(),
        supplement: faults,
        stale: Vec::new(),
        left_out,
        lint: None,
        sizes: Vec::new(),
        failed: None,
    };
    check.client(client);
    if let Some(catalog) = catalog {
        check.catalog(&catalog);
        check.stale = catalog.stale;
    }
    check.stale.extend(supplement.stale(&document));
    check.rows = table
        .rows
        .iter()
        .map(|located| {
            let name = &located.row.name;
            let own = problems.iter().filter(|it| it.row() == Some(name));
            (name.clone(), own.cloned().collect())
        })
        .collect();
    Ok(check)
}

impl Check {
    /// Whether a build would fail.
    pub fn is_broken(&self) -> bool {
        self.failed.is_some()
            || !self.supplement.is_empty()
            || self.lint.as_ref().is_some_and(|faults| !faults.is_empty())
            || self.rows.iter().any(|(_, problems)| !problems.is_empty())
    }

    fn client(&mut self, client: Result<Client, ClientError>) {
        match client {
            Ok(client) => {
                self.applied.extend(client.applied);
                let source = size(&client.source);
                self.sizes.push(format!(
                    "api.rs: {} operations, {source}",
                    client.operations
                ));
            }
            Err(error) => self.failed = Some(error.to_string()),
        }
    }

    fn catalog(&mut self, catalog: &Catalog) {
        let faces = catalog.faces();
        self.lint = Some(lint::list(&faces));
        match catalog.source() {
            Ok(source) => self.sizes.push(format!(
                "catalog.rs: {} tools, {}",
                catalog.len(),
                size(&source)
            )),
            Err(error) => self.failed = Some(error.to_string()),
        }
        let bytes: usize = faces.iter().map(|face| face.to_string().len()).sum();
        self.sizes.push(format!(
            "tools/list: {bytes} bytes, without the arguments that tools share"
        ));
    }
}

fn size(source: &str) -> String {
    format!("{} lines, {} bytes", source.lines().count(), source.len())
}

impl Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let broken = self.rows.iter().filter(|(_, it)| !it.is_empty()).count();
        writeln!(
            f,
            "## Rows: {} valid, {broken} broken\n",
            self.rows.len() - broken
        )?;
        for (name, problems) in &self.rows {
            let word = if problems.is_empty() {
                "valid"
            } else {
                "broken"
            };
            writeln!(f, "- `{name}`: {word}")?;
            for problem in problems {
                writeln!(f, "  - {problem}")?;
            }
        }
        for problem in &self.supplement {
            writeln!(f, "- broken: {problem}")?;
        }
        for stale in &self.stale {
            writeln!(f, "- stale: {stale}")?;
        }
        let stale = self.applied.iter().filter(|it| it.hits == 0).count();
        writeln!(
            f,
            "\n## Fixes: {} applied, {stale} stale\n",
            self.applied.len() - stale
        )?;
        for Applied { name, reason, hits } in &self.applied {
            match hits {
                0 => writeln!(f, "- `{name}`: stale; it changes nothing ({reason})")?,
                hits => writeln!(f, "- `{name}`: {hits}")?,
            }
        }
        writeln!(f, "\n## Generated\n")?;
        for line in &self.sizes {
            writeln!(f, "- {line}")?;
        }
        if let Some(failed) = &self.failed {
            writeln!(f, "- nothing can be generated: {failed}")?;
        }
        for left_out in &self.left_out {
            writeln!(f, "- {left_out}")?;
        }
        match &self.lint {
            None => writeln!(f, "- lint: not run, because a row is broken"),
            Some(faults) if faults.is_empty() => writeln!(f, "- lint: nothing found"),
            Some(faults) => {
                writeln!(f, "- lint: {} found", faults.len())?;
                faults
                    .iter()
                    .try_for_each(|fault| writeln!(f, "  - {fault}"))
            }
        }
    }
}
