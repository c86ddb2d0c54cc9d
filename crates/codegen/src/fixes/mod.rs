//! Named changes to the document, each with its reason and a count of the places it touched.
//!
//! [`bugs`] are faults of Vapi's document: the tool table is checked against the corrected
//! document. [`shape`] are further changes that progenitor and the client need. A fix that
//! touches nothing is stale: Vapi has corrected the document.

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
    /// Changes the document and returns the number of places touched.
    pub apply: fn(&mut Value) -> usize,
}

/// The effect of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The fix's name.
    pub name: &'static str,
    /// Why it is needed.
    pub reason: &'static str,
    /// The number of places touched; 0 means that the fix is stale.
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
