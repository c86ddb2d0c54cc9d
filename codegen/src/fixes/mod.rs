//! Named changes to the document, each with its reason and a count of the places it touched.
//!
//! [`bugs`] are faults of Vapi's document: the document that the tool table is checked against has
//! them mended. [`shape`] is what progenitor and our client want beyond that. A fix that touches
//! nothing is stale: the document no longer has what it was made for.

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

/// What a fix did.
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
