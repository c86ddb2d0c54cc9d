//! Keys that the document does not have at their location.

use super::{
    near_key::{NearKeys, near_keys},
    place::View,
};
use crate::{argument_error::ArgumentPath, text::grouped};

/// Maximum number of keys that the remark names.
const MAX_NAMED: usize = 5;

/// Maximum number of keys that are compared with known ones; a body of that many is no slip.
const MAX_COMPARED: usize = 1_000;

/// Maximum number of keys that are looked for in other places, which takes longer.
const MAX_LOOKED_FOR: usize = 50;

/// Unknown keys of a body that are passed on.
#[derive(Default)]
pub(super) struct UnknownKeys {
    compared: usize,
    looked_for: usize,
    count: usize,
    named: Vec<String>,
}

impl UnknownKeys {
    /// Whether another key may be compared with known ones.
    pub(super) fn may_compare(&mut self) -> bool {
        self.compared += 1;
        self.compared <= MAX_COMPARED
    }

    /// Whether another key may be looked for in other places.
    pub(super) fn may_look_for(&mut self) -> bool {
        self.looked_for += 1;
        self.looked_for <= MAX_LOOKED_FOR
    }

    /// The known keys that an unknown one is almost equal to.
    pub(super) fn near<'a>(key: &str, view: &View<'a>) -> NearKeys<'a> {
        near_keys(key, view.properties.keys().copied())
    }

    /// Notes a key, and where it is known.
    pub(super) fn add(&mut self, path: ArgumentPath<'_>, owners: impl FnOnce() -> String) {
        self.count += 1;
        if self.named.len() >= MAX_NAMED {
            return;
        }
        let owners = owners();
        self.named.push(match owners.is_empty() {
            true => format!("`{path}`"),
            false => format!("`{path}` ({owners})"),
        });
    }

    /// The remark on these keys.
    pub(super) fn remark(&self) -> Option<String> {
        let more = match self.count - self.named.len() {
            0 => String::new(),
            more => format!(" and {} more", grouped(more)),
        };
        (!self.named.is_empty()).then(|| {
            format!(
                "Not in Vapi's document, and passed on as given: {}{more}.",
                self.named.join(", ")
            )
        })
    }
}
