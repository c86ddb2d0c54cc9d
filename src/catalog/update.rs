//! A change of an existing object, as the guard checks it and as the user and the model see it.

use serde_json::Value;

use crate::result::Difference;

/// A change of an existing object. The body of its request is the object's top-level members that
/// change, merged with the change.
#[derive(Debug)]
pub struct Update {
    /// The object's name.
    pub name: Option<String>,
    /// The stored members that the body replaces.
    pub before: Value,
    /// The change as the caller gave it: nulls remove, objects are merged.
    pub change: Value,
    /// The first differences between the stored and the changed object.
    pub differences: Vec<Difference>,
    /// The number of all differences.
    pub count: usize,
}
