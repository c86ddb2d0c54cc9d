//! Further information about Vapi for the server, besides the tools: one file of `spec/` per
//! subject.

use std::path::Path;

use crate::{
    answers::Answers, document::Document, operations::Operations, problem::Problem,
    reasons::Reasons, sandbox::Sandbox,
};

/// The contents of the supplementary files.
#[derive(Clone, Debug, Default)]
pub struct Supplement {
    /// The keys that responses have in common.
    pub answers: Answers,
    /// Information about the operations.
    pub operations: Operations,
    /// The explanations of `endedReason` values.
    pub reasons: Reasons,
    /// The operations that the sandbox supports.
    pub sandbox: Sandbox,
}

impl Supplement {
    /// Reads the files in the folder `spec`.
    pub fn read(spec: &Path) -> Result<Self, Vec<Problem>> {
        Ok(Self {
            answers: Answers::read(&spec.join("answers.toml"))?,
            operations: Operations::read(&spec.join("operations.toml"))?,
            reasons: Reasons::read(&spec.join("reasons.toml"))?,
            sandbox: Sandbox::read(&spec.join("sandbox.toml"))?,
        })
    }

    /// Reports entries that are missing in the document although they are required.
    pub fn problems(&self, document: &Document) -> Vec<Problem> {
        let mut problems = self.answers.problems(document);
        problems.extend(self.operations.problems(document));
        problems.extend(self.sandbox.problems(document));
        problems
    }

    /// Entries that no longer match the document but do not fail the build.
    pub fn stale(&self, document: &Document) -> Vec<Problem> {
        self.reasons.stale(document)
    }
}
