//! What the server has to know of Vapi beside the tools: one file of `spec/` for each kind.

use std::path::Path;

use crate::{
    answers::Answers, document::Document, problem::Problem, reasons::Reasons, sandbox::Sandbox,
};

/// The facts as they are written.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The keys that many answers have in common.
    pub answers: Answers,
    /// What the reasons why calls end mean.
    pub reasons: Reasons,
    /// What the sandbox answers.
    pub sandbox: Sandbox,
}

impl Facts {
    /// Reads the files in the folder `spec`.
    pub fn read(spec: &Path) -> Result<Self, Vec<Problem>> {
        Ok(Self {
            answers: Answers::read(&spec.join("answers.toml"))?,
            reasons: Reasons::read(&spec.join("reasons.toml"))?,
            sandbox: Sandbox::read(&spec.join("sandbox.toml"))?,
        })
    }

    /// What the document does not have, and nothing can do without.
    pub fn problems(&self, document: &Document) -> Vec<Problem> {
        let mut problems = self.answers.problems(document);
        problems.extend(self.sandbox.problems(document));
        problems
    }

    /// What the document has made untrue, and harms nothing.
    pub fn stale(&self, document: &Document) -> Vec<Problem> {
        self.reasons.stale(document)
    }
}
