//! A JSON string as it is shown.

use std::rc::Rc;

/// A text as it is shown.
#[derive(Clone, Debug)]
pub(super) enum Text<'a> {
    /// The text as it was received.
    Same(&'a [u8]),
    /// The redacted text, and the number of removed invisible characters.
    Edited(Rc<[u8]>, usize),
}

impl Text<'_> {
    pub(super) fn raw(&self) -> &[u8] {
        match self {
            Self::Same(raw) => raw,
            Self::Edited(raw, _) => raw,
        }
    }

    pub(super) fn invisible_removed(&self) -> usize {
        match self {
            Self::Same(_) => 0,
            Self::Edited(_, count) => *count,
        }
    }
}
