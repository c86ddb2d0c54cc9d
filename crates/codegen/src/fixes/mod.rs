//! Named changes to the document, each with a reason and the number of changed locations.
//!
//! [`bugs`] are fixes for errors in Vapi's document; the tool table is checked against the fixed
//! document. [`shape`] are further changes that progenitor and the client need. A fix that changes
//! nothing is stale: Vapi has corrected the document.

pub mod bugs;
pub mod shape;

use serde_json::Value;

use crate::catalog::location::unescaped;

/// One named change.
#[derive(Clone, Copy, Debug)]
pub struct Fix {
    /// The name in reports.
    pub name: &'static str,
    /// The reason for the change.
    pub reason: &'static str,
    /// Changes the document and returns the number of changed locations.
    pub apply: fn(&mut Value) -> usize,
}

/// The effect of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The fix's name.
    pub name: &'static str,
    /// The reason for the change.
    pub reason: &'static str,
    /// The number of changed locations; 0 means that the fix is stale.
    pub hits: usize,
}

/// Sets the value at a pointer below an existing object, or adds it to the list whose pointer ends
/// with `-`, and returns 1. Returns 0 if there is no such object or list, or if nothing changes.
pub fn set(document: &mut Value, at: &str, value: Value) -> usize {
    let Some((parent, segment)) = at.rsplit_once('/') else {
        return 0;
    };
    let changes = match document.pointer_mut(parent) {
        Some(Value::Object(parent)) => {
            let name = unescaped(segment);
            parent.get(&name) != Some(&value) && {
                parent.insert(name, value);
                true
            }
        }
        Some(Value::Array(list)) => match segment.parse::<usize>() {
            Ok(index) => list.get_mut(index).is_some_and(|old| {
                let changes = *old != value;
                *old = value;
                changes
            }),
            Err(_) => {
                !list.contains(&value) && {
                    list.push(value);
                    true
                }
            }
        },
        _ => false,
    };
    usize::from(changes)
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
