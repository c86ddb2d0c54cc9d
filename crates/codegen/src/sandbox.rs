//! The operations that the sandbox supports (`spec/sandbox.toml`).

use std::{collections::BTreeSet, path::Path};

use model::sandbox::{Collection, Sandbox as Table};
use serde_json::Value;

use crate::{
    document::Document,
    problem::Problem,
    spec::{self, Lines},
    structure::{Kind, each_object},
};

/// The operations that the sandbox supports.
#[derive(Clone, Debug, Default)]
pub struct Sandbox {
    file: String,
    text: String,
    table: Table,
}

impl Sandbox {
    /// Reads the file.
    pub fn read(file: &Path) -> Result<Self, Vec<Problem>> {
        let name = file.display().to_string();
        let text = spec::read(file)?;
        let table: Table = spec::parse(&name, &text)?;
        let sandbox = Self {
            file: name,
            text,
            table,
        };
        let mut known = BTreeSet::new();
        let paths = sandbox.table.collections.iter().flat_map(Collection::paths);
        let problems: Vec<_> = paths
            .filter(|path| !known.insert(*path))
            .map(|path| sandbox.problem(path, format!("`{path}` occurs twice")))
            .collect();
        if problems.is_empty() {
            Ok(sandbox)
        } else {
            Err(problems)
        }
    }

    /// Reports collections, operations and properties that are not in the document, and references
    /// to unknown collections.
    pub fn problems(&self, document: &Document) -> Vec<Problem> {
        let operations: BTreeSet<_> = document.operations().map(|it| it.address()).collect();
        let paths: BTreeSet<_> = document.operations().map(|it| it.path).collect();
        let collections: BTreeSet<_> = self.paths().collect();
        let mut problems = Vec::new();
        for collection in &self.table.collections {
            for path in collection.paths().filter(|path| !paths.contains(path)) {
                let problem = self.problem(path, format!("the document has no `{path}`"));
                problems.push(problem.near(path, paths.iter().copied()));
            }
            let is_unknown = |name: &&String| !collection.path.contains(&format!("{{{name}}}"));
            for name in collection.within.keys().filter(is_unknown) {
                let problem = format!("the path `{}` has no `{{{name}}}`", collection.path);
                problems.push(self.problem(&collection.path, problem));
            }
        }
        for address in self.table.operations.keys() {
            if !operations.contains(address) {
                let problem = self.problem(address, format!("the document has no `{address}`"));
                problems.push(problem.near(address, operations.iter().map(String::as_str)));
            }
        }
        let properties = properties(document);
        for (property, targets) in &self.table.references {
            if !properties.contains(property) {
                let problem = format!("no schema of the document has the property `{property}`");
                problems.push(self.problem(property, problem));
            }
            for target in targets
                .iter()
                .filter(|it| !collections.contains(it.as_str()))
            {
                let problem = format!("`{property}`: there is no collection `{target}`");
                let problem = self.problem(property, problem);
                problems.push(problem.near(target, collections.iter().copied()));
            }
        }
        problems
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        self.table.collections.iter().flat_map(Collection::paths)
    }

    /// A problem in the line where a text first occurs as a whole word.
    fn problem(&self, text: &str, reason: String) -> Problem {
        let problem = Problem::new(&self.file, reason);
        let quoted = self.text.find(&format!("\"{text}\""));
        match quoted.or_else(|| self.text.find(&format!("\n{text} = ")).map(|at| at + 1)) {
            Some(offset) => problem.at_line(Lines::of(&self.text).number(offset)),
            None => problem,
        }
    }

    /// The table as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string(&self.table).unwrap_or_default()
    }
}

/// The names of the properties of all schemas.
fn properties(document: &Document) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    each_object(Kind::Document, document.value(), &mut |kind, object| {
        let properties = object.get("properties").and_then(Value::as_object);
        if kind == Kind::Schema
            && let Some(properties) = properties
        {
            names.extend(properties.keys().cloned());
        }
    });
    names
}
