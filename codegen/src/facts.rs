//! What the server has to know of Vapi beside the tools: one file of `spec/` for each kind.

use std::path::Path;

use crate::{document::Document, problem::Problem, reasons::Reasons};

/// The facts as they are written.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What the reasons why calls end mean.
    pub reasons: Reasons,
}

impl Facts {
    /// Reads the files in the folder `spec`.
    pub fn read(spec: &Path) -> Result<Self, Vec<Problem>> {
        Ok(Self {
            reasons: Reasons::read(&spec.join("reasons.toml"))?,
        })
    }

    /// What the document has made untrue, and harms nothing.
    pub fn stale(&self, document: &Document) -> Vec<Problem> {
        self.reasons.stale(document)
    }
}
