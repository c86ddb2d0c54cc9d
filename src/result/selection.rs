//! Selects parts of a response by JSON pointer: `*` matches every member, and `20:40` is a slice of
//! an array, of a string or of the members of an object.

use std::{cell::Cell, ops::Range};

use super::json_string;
use crate::{
    json::{escaped, unescaped},
    text::{excerpt, grouped},
};

/// A tree of pointers.
#[derive(Debug, Default)]
pub struct Selection {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    /// Whether a pointer ends here and selects everything below.
    is_end: bool,
    /// Whether a value of the response matched.
    matched: Cell<bool>,
    children: Vec<(Step, Node)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Every,
    /// A range, and its text, which may also be a key.
    Slice(Range<usize>, String),
}

/// The selected part of a value.
#[derive(Clone, Debug)]
pub enum Shown<'a> {
    /// The whole value.
    Whole,
    /// Everything except the parts that this node selects.
    Complement(Complement<'a>),
    /// The parts that these nodes select.
    Parts(Parts<'a>),
}

/// The node that selects the parts to leave out.
#[derive(Clone, Copy, Debug)]
pub struct Complement<'a>(&'a Node);

/// The nodes for a value; there are several if pointers overlap.
#[derive(Clone, Debug)]
pub struct Parts<'a>(Vec<Branch<'a>>);

/// A node for a value.
#[derive(Clone, Copy, Debug)]
struct Branch<'a> {
    node: &'a Node,
    /// Whether only names apply, because the node was passed on from a list, to whose elements the
    /// other steps apply.
    only_names: bool,
}

impl<'a> Branch<'a> {
    fn steps(self) -> impl Iterator<Item = (&'a Step, Self)> {
        let steps = self.node.children.iter();
        steps
            .filter(move |(step, _)| !self.only_names || step.is_name())
            .map(|(step, node)| (step, Self::to(node)))
    }

    fn to(node: &'a Node) -> Self {
        Self {
            node,
            only_names: false,
        }
    }
}

/// Maximum number of pointers of one selection.
const MAX_POINTERS: usize = 64;

/// Maximum number of segments of one pointer, which is the depth of recursion.
const MAX_SEGMENTS: usize = 64;

/// Maximum number of bytes of one pointer.
const MAX_BYTES: usize = 1024;

/// The reason why pointers are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// The text is not a JSON pointer.
    #[error("`{0}` is not a JSON pointer; it must start with `/`, for example `/messages/0:20`")]
    Form(String),
    /// There are too many pointers.
    #[error("{0} pointers were given; the limit is {MAX_POINTERS}")]
    Many(String),
    /// The pointer is too long.
    #[error("`{0}` is longer than 1 kB, the limit of one pointer")]
    Long(String),
    /// The pointer has too many segments.
    #[error("`{0}` has more than {MAX_SEGMENTS} segments, the limit of one pointer")]
    Deep(String),
}

/// Checks the format and the limits of pointers.
pub fn check(pointers: &[&str]) -> Result<(), PointerError> {
    if pointers.len() > MAX_POINTERS {
        return Err(PointerError::Many(grouped(pointers.len())));
    }
    for pointer in pointers {
        let bad = if !pointer.is_empty() && !pointer.starts_with('/') {
            PointerError::Form
        } else if pointer.len() > MAX_BYTES {
            PointerError::Long
        } else if pointer.split('/').count() > MAX_SEGMENTS + 1 {
            PointerError::Deep
        } else {
            continue;
        };
        return Err(bad(excerpt(pointer)));
    }
    Ok(())
}

impl Selection {
    /// Selects the values that the pointers match.
    pub fn of(pointers: &[&str]) -> Result<Self, PointerError> {
        check(pointers)?;
        let mut selection = Self::default();
        for pointer in pointers {
            let mut node = &mut selection.root;
            for segment in pointer.split('/').skip(1) {
                node = node.child(Step::of(segment));
            }
            node.is_end = true;
        }
        Ok(selection)
    }

    /// Selects everything.
    pub fn everything() -> Self {
        let mut selection = Self::default();
        selection.root.is_end = true;
        selection
    }

    /// The selected part of the whole value.
    pub fn shown(&self) -> Shown<'_> {
        shown(vec![Branch::to(&self.root)])
    }

    /// Everything except the values that the pointers match. The pointers must consist of plain
    /// keys.
    pub fn complement(&self) -> Shown<'_> {
        Shown::Complement(Complement(&self.root))
    }

    /// Selects the values of keys.
    pub fn of_keys(keys: &[&str]) -> Self {
        let mut selection = Self::default();
        for key in keys {
            selection.root.child(Step::Key((*key).to_owned())).is_end = true;
        }
        selection
    }

    /// The pointers that matched nothing.
    pub fn unmatched(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.root.unmatched("", &mut found);
        found
    }
}

impl Node {
    fn child(&mut self, step: Step) -> &mut Self {
        let index = match self.children.iter().position(|(known, _)| *known == step) {
            Some(index) => index,
            None => {
                self.children.push((step, Self::default()));
                self.children.len() - 1
            }
        };
        #[expect(clippy::indexing_slicing, reason = "the index was found or made above")]
        &mut self.children[index].1
    }

    fn mark_matched(&self) {
        self.matched.set(true);
        self.children
            .iter()
            .for_each(|(_, node)| node.mark_matched());
    }

    fn unmatched(&self, at: &str, found: &mut Vec<String>) {
        for (step, node) in &self.children {
            let at = format!("{at}/{}", step.text());
            if node.is_end && !node.matched.get() {
                found.push(at.clone());
            }
            node.unmatched(&at, found);
        }
    }
}

impl Step {
    fn of(segment: &str) -> Self {
        if segment == "*" {
            return Self::Every;
        }
        if let Some((from, to)) = segment.split_once(':') {
            let number = |text: &str, none| {
                if text.is_empty() {
                    Some(none)
                } else {
                    text.parse().ok()
                }
            };
            if let (Some(from), Some(to)) = (number(from, 0), number(to, usize::MAX)) {
                return Self::Slice(from..to, unescaped(segment));
            }
        }
        Self::Key(unescaped(segment))
    }

    fn is_name(&self) -> bool {
        matches!(self, Self::Key(key) if key.parse::<usize>().is_err())
    }

    fn text(&self) -> String {
        match self {
            Self::Key(text) | Self::Slice(_, text) => escaped(text),
            Self::Every => "*".to_owned(),
        }
    }
}

/// Whether a segment is a key other than a number. Such a key applies to every element of a list.
pub fn is_name(segment: &str) -> bool {
    Step::of(segment).is_name()
}

fn shown(ways: Vec<Branch<'_>>) -> Shown<'_> {
    ways.iter().for_each(|way| way.node.matched.set(true));
    if ways.iter().any(|way| way.node.is_end) {
        Shown::Whole
    } else {
        Shown::Parts(Parts(ways))
    }
}

impl<'a> Shown<'a> {
    /// The selected part of the member at this index; `None` if it is not selected.
    pub fn member(&self, key: &str, index: usize) -> Option<Self> {
        let parts = match self {
            Self::Whole => return Some(Self::Whole),
            Self::Complement(except) => return except.member(key),
            Self::Parts(parts) => parts,
        };
        let ways = parts.below(|step| match step {
            Step::Key(known) => known == key,
            Step::Every => true,
            Step::Slice(range, text) => range.contains(&index) || text == key,
        });
        (!ways.is_empty()).then(|| shown(ways))
    }

    /// The selected part of a member that is selected by its name.
    pub fn named(&self, key: &str) -> Option<Self> {
        let Self::Parts(parts) = self else {
            return None;
        };
        let ways = parts.below(|step| matches!(step, Step::Key(known) if known == key));
        (!ways.is_empty()).then(|| shown(ways))
    }

    /// The selected part of an array's element; `None` if it is not selected. Keys other than
    /// numbers apply to every element.
    pub fn element(&self, index: usize) -> Option<Self> {
        let Self::Parts(parts) = self else {
            return Some(Self::Whole);
        };
        let mut ways = parts.below(|step| match step {
            Step::Key(known) => known.parse() == Ok(index),
            Step::Every => true,
            Step::Slice(range, _) => range.contains(&index),
        });
        let through = parts
            .0
            .iter()
            .filter(|way| way.steps().any(|(step, _)| step.is_name()));
        ways.extend(through.map(|way| Branch {
            only_names: true,
            ..*way
        }));
        (!ways.is_empty()).then(|| shown(ways))
    }

    /// Marks all pointers into this value as matched: a redacted value is shown as a whole.
    pub fn mark_matched(&self) {
        if let Self::Parts(parts) = self {
            parts.0.iter().for_each(|way| way.node.mark_matched());
        }
    }

    /// The selected slice of the characters of a JSON string; all of them if no slice is selected.
    pub fn characters(&self, raw: &[u8]) -> Range<usize> {
        let all = 0..usize::MAX;
        let Self::Parts(parts) = self else {
            return all;
        };
        let slices =
            parts
                .0
                .iter()
                .flat_map(|way| way.steps())
                .filter_map(|(step, way)| match step {
                    Step::Slice(range, _) => {
                        if !range.is_empty()
                            && json_string::characters(raw).nth(range.start).is_some()
                        {
                            way.node.matched.set(true);
                        }
                        Some(range.clone())
                    }
                    _ => None,
                });
        slices
            .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
            .unwrap_or(all)
    }
}

impl<'a> Complement<'a> {
    fn member(self, key: &str) -> Option<Shown<'a>> {
        let mut children = self.0.children.iter();
        match children.find(|(step, _)| matches!(step, Step::Key(known) if known == key)) {
            None => Some(Shown::Whole),
            Some((_, node)) => (!node.is_end).then_some(Shown::Complement(Self(node))),
        }
    }
}

impl<'a> Parts<'a> {
    fn below(&self, matches: impl Fn(&Step) -> bool) -> Vec<Branch<'a>> {
        let steps = self.0.iter().flat_map(|way| way.steps());
        steps
            .filter(|(step, _)| matches(step))
            .map(|(_, way)| way)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_of_pointers_holds_exactly_and_is_named() {
        let deep = |segments: usize| "/a".repeat(segments);
        let long = |bytes: usize| format!("/{}", "a".repeat(bytes - 1));
        for (good, bad, named) in [
            (vec![deep(64)], vec![deep(65)], "64 segments"),
            (vec![long(1024)], vec![long(1025)], "1 kB"),
            (vec![deep(1); 64], vec![deep(1); 65], "the limit is 64"),
            (
                vec![String::new()],
                vec!["a".to_owned()],
                "must start with `/`",
            ),
        ] {
            let of = |pointers: &[String]| {
                let pointers: Vec<_> = pointers.iter().map(String::as_str).collect();
                Selection::of(&pointers).map(|_| ())
            };
            assert_eq!(of(&good), Ok(()), "{named}");
            let error = of(&bad).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn an_error_repeats_no_more_than_200_characters_of_a_pointer() {
        let million = "/a".repeat(1_000_000);
        let error = check(&[&million]).unwrap_err().to_string();
        assert!(error.len() < 300, "{error}");
        let error = check(&vec!["/a"; 330_000]).unwrap_err().to_string();
        assert_eq!(error, "330,000 pointers were given; the limit is 64");
    }
}
