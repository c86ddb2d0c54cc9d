//! The difference of two documents: every change is told, with what it means for our tools.

mod api;
mod edits;
mod order;
mod reference;
mod vendored;

use codegen::vendor;
use serde_json::Value;

/// The facts of every shared revision, the oldest first.
fn revisions() -> Vec<Value> {
    let facts = |bytes: &[u8]| {
        let vendored = vendor::vendor(bytes, "revision", "2027-01-31").unwrap();
        serde_json::from_str(&vendored.document).unwrap()
    };
    let published = crate::support::revisions();
    published.iter().map(|(_, bytes)| facts(bytes)).collect()
}
