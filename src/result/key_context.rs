//! The context of a value: its key, and properties of the enclosing objects.

use super::redact::is_artifact;

/// The context of a value that decides how its texts are redacted.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyContext<'a> {
    /// The key; for an element, the key of the list.
    pub name: &'a str,
    /// Whether the value belongs to a recording or an artifact.
    pub artifact: bool,
    /// Whether the value is shown although its name is that of a secret.
    pub unredacted: bool,
}

impl<'a> KeyContext<'a> {
    /// The context of a whole response.
    pub(super) const TOP: KeyContext<'static> = KeyContext {
        name: "",
        artifact: false,
        unredacted: false,
    };

    /// The context of a member.
    pub(super) fn below(self, name: &str) -> KeyContext<'_> {
        KeyContext {
            name,
            artifact: self.artifact || is_artifact(name),
            unredacted: false,
        }
    }
}
