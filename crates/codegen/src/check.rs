//! Checks a document: runs the whole generation in memory and reports every failure.

use std::fmt::{self, Display};

use crate::{
    catalog::{self, Catalog},
    client,
    document::{Document, DocumentError},
    fixes::{self, Applied},
    lint,
    problem::Problem,
    supplement::Supplement,
    table::Table,
    vendor::Vendored,
};

/// What a document would generate.
#[derive(Clone, Debug)]
pub struct Check {
    /// The fixes that were applied to the document.
    pub applied: Vec<Applied>,
    /// The tools, each with what is wrong with its row.
    pub rows: Vec<(String, Vec<Problem>)>,
    /// Entries of the supplementary files that are not in the document.
    pub supplement: Vec<Problem>,
    /// Entries of rows and supplementary files that no longer match the document.
    pub stale: Vec<Problem>,
    /// What MCP clients would refuse or drop.
    pub lint: Vec<String>,
    /// What would be generated, with its size.
    pub sizes: Vec<String>,
    /// Why nothing can be generated, apart from the rows.
    pub failed: Option<String>,
}

/// Generates everything in memory and keeps only what is reported.
pub fn check(
    vendored: &Vendored,
    table: &Table,
    supplement: &Supplement,
) -> Result<Check, DocumentError> {
    let mut document = Document::parse(vendored.document.as_bytes())?;
    let applied = fixes::apply(fixes::bugs::BUGS, document.value_mut());
    let mut check = Check {
        applied,
        rows: Vec::new(),
        supplement: supplement.problems(&document),
        stale: Vec::new(),
        lint: Vec::new(),
        sizes: Vec::new(),
        failed: None,
    };
    check.client(&document);
    let problems = match catalog::check(&document, table.clone()) {
        Ok(catalog) => {
            check.catalog(&catalog);
            check.stale = catalog.stale;
            Vec::new()
        }
        Err(problems) => problems,
    };
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
            || !self.lint.is_empty()
            || self.rows.iter().any(|(_, problems)| !problems.is_empty())
    }

    fn client(&mut self, document: &Document) {
        match client::generate(document) {
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
        self.lint = lint::list(&faces);
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
        match self.lint.len() {
            0 => writeln!(f, "- lint: nothing found"),
            count => {
                writeln!(f, "- lint: {count} found")?;
                self.lint
                    .iter()
                    .try_for_each(|fault| writeln!(f, "  - {fault}"))
            }
        }
    }
}
