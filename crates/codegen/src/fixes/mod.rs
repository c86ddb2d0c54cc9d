//! Named changes to the document, each with its reason and a count of the places it changed.
//!
//! [`bugs`] are fixes for errors in Vapi's document; the tool table is checked against the fixed
//! document. [`shape`] are further changes that progenitor and the client need. A fix that changes
//! nothing is stale: Vapi has corrected the document.

pub mod bugs;
pub mod shape;

use serde_json::Value;

/// One named change.
#[derive(Clone, Copy, Debug)]
pub struct Fix {
    /// Its name in reports.
    pub name: &'static str,
    /// Why it is needed.
    pub reason: &'static str,
    /// Changes the document and returns the number of places changed.
    pub apply: fn(&mut Value) -> usize,
}

/// The effect of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The fix's name.
    pub name: &'static str,
    /// Why it is needed.
    pub reason: &'static str,
    /// The number of places changed; 0 means that the fix is stale.
    pub hits: usize,
}

/// Applies the fixes in their order.
pub fn apply(fixes: &[Fix], document: &mut Value) -> Vec<Applied> {
    fixes
        .iter()
        .map(|fix| Applied {
            name: fix.name,
            reason: fix.reason,
            hits: (fix.apply)(document),
        })
        .collect()
}
