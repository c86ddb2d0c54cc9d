//! The outcome of a tool call, and its size limit.

use crate::{api::Token, result};

/// Maximum number of bytes of all remarks of an outcome. They count towards the limit of the
/// result.
pub(super) const REMARKS_LIMIT: usize = 3_000;

/// Maximum length of a remark, in bytes; longer ones are truncated.
const REMARK_LIMIT: usize = 800;

/// The result of a tool call, as it is sent to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the tool call failed.
    pub is_error: bool,
    /// JSON of the API, or the error.
    pub text: String,
    /// Remarks, one line each.
    pub remarks: Vec<String>,
}

impl Outcome {
    /// Creates the outcome of a failure.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            is_error: true,
            text: text.into(),
            remarks: Vec::new(),
        }
    }

    /// The outcome, truncated to the limit of results.
    pub(super) fn within(mut self, limit: usize) -> Self {
        const CUT: &str = " [cut]";
        self.remarks = fit(self.remarks);
        let limit = limit.saturating_sub(REMARKS_LIMIT);
        if self.text.len() > limit {
            let mut end = limit.saturating_sub(CUT.len());
            while !self.text.is_char_boundary(end) {
                end -= 1;
            }
            self.text.truncate(end);
            self.text.push_str(CUT);
        }
        self
    }
}

/// Settings for results of all tools.
#[derive(Clone, Copy, Debug)]
pub struct Display {
    /// Maximum number of bytes of a result.
    pub limit: usize,
    /// Whether secrets are shown.
    pub show_secrets: bool,
}

impl Display {
    /// The smallest useful limit: the remarks take up to half of it.
    pub const MIN_LIMIT: usize = 2 * REMARKS_LIMIT;
}

impl Default for Display {
    fn default() -> Self {
        Self {
            limit: 45_000,
            show_secrets: false,
        }
    }
}

/// The remarks, one line each, without the caller's key and without invisible characters.
pub(super) fn cleaned(remarks: Vec<String>, token: &Token) -> Vec<String> {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    remarks
        .into_iter()
        .map(|remark| result::hide_caller_key(&remark, token).replace(breaks, " "))
        .collect()
}

/// The remarks that fit; long texts of Vapi and of the caller in them are truncated.
pub(super) fn fit(remarks: Vec<String>) -> Vec<String> {
    const MORE: &str = "Further remarks do not fit here.";
    let mut left = REMARKS_LIMIT.saturating_sub(MORE.len());
    let mut kept = Vec::new();
    for mut remark in remarks {
        if remark.len() > REMARK_LIMIT {
            remark = remark.chars().take(REMARK_LIMIT / 4).chain(['…']).collect();
        }
        if remark.len() >= left {
            kept.push(MORE.to_owned());
            break;
        }
        left = left.saturating_sub(remark.len()).saturating_sub(1);
        kept.push(remark);
    }
    kept
}
