//! What the server must know about Vapi besides the tools: one file of `spec/` per subject.

use std::path::Path;

use crate::{
    answers::Answers, document::Document, problem::Problem, reasons::Reasons, sandbox::Sandbox,
};

/// The supplementary files, as they are written.
#[derive(Clone, Debug, Default)]
pub struct Supplement {
    /// The keys that answers have in common.
    pub answers: Answers,
    /// What the reasons why calls end mean.
    pub reasons: Reasons,
    /// What the sandbox answers.
    pub sandbox: Sandbox,
}

impl Supplement {
    /// Reads the files in the folder `spec`.
    pub fn read(spec: &Path) -> Result<Self, Vec<Problem>> {
        Ok(Self {
            answers: Answers::read(&spec.join("answers.toml"))?,
            reasons: Reasons::read(&spec.join("reasons.toml"))?,
            sandbox: Sandbox::read(&spec.join("sandbox.toml"))?,
        })
    }

    /// Entries that must be in the document and are not.
    pub fn problems(&self, document: &Document) -> Vec<Problem> {
        let mut problems = self.answers.problems(document);
        problems.extend(self.sandbox.problems(document));
        problems
    }

    /// Entries that no longer match the document, without harm.
    pub fn stale(&self, document: &Document) -> Vec<Problem> {
        self.reasons.stale(document)
    }
}
