//! Which parts of an answer are shown: JSON pointers, with `*` for every member and `20:40` for a
//! slice of a list, of a text's characters or of an object's members.

use std::{cell::Cell, ops::Range};

use super::json_string;
use crate::bounds::{excerpt, grouped};

/// A tree of steps; a leaf shows all that is below it.
#[derive(Debug, Default)]
pub struct Selection {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    /// Whether a pointer ends here.
    whole: bool,
    /// Whether the answer had this place.
    met: Cell<bool>,
    children: Vec<(Step, Node)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Every,
    /// A range, and how it was written, which may be a key too.
    Slice(Range<usize>, String),
}

/// What is shown of one value.
#[derive(Clone, Debug)]
pub enum Shown<'a> {
    /// All of it.
    Whole,
    /// All of it except what these nodes lead to.
    Except(Except<'a>),
    /// What these nodes lead to.
    Parts(Parts<'a>),
}

/// The node that leads to what is left out of one value.
#[derive(Clone, Copy, Debug)]
pub struct Except<'a>(&'a Node);

/// The nodes that lead to one value; there is more than one only where pointers overlap.
#[derive(Clone, Debug)]
pub struct Parts<'a>(Vec<Via<'a>>);

/// A node that leads to a value.
#[derive(Clone, Copy, Debug)]
struct Via<'a> {
    node: &'a Node,
    /// Whether only keys that are no number lead on: it was the way to a list, whose elements the
    /// other steps choose.
    names: bool,
}

impl<'a> Via<'a> {
    fn steps(self) -> impl Iterator<Item = (&'a Step, Self)> {
        let steps = self.node.children.iter();
        steps
            .filter(move |(step, _)| !self.names || step.is_name())
            .map(|(step, node)| (step, Self::to(node)))
    }

    fn to(node: &'a Node) -> Self {
        Self { node, names: false }
    }
}

/// Maximum number of pointers of one selection.
const POINTERS: usize = 64;

/// Maximum number of segments of one pointer. What is below recurs no deeper.
const SEGMENTS: usize = 64;

/// Maximum number of bytes of one pointer.
const BYTES: usize = 1024;

/// Why pointers are not followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPointer {
    /// It has another form.
    #[error("`{0}` is not a JSON pointer; it must start with `/`, for example `/messages/0:20`")]
    Form(String),
    /// There are more than are followed.
    #[error("{0} pointers were given; the limit is {POINTERS}")]
    Many(String),
    /// It is longer than those that are followed.
    #[error("`{0}` is longer than 1 kB, the limit of one pointer")]
    Long(String),
    /// It goes deeper than those that are followed.
    #[error("`{0}` has more than {SEGMENTS} segments, the limit of one pointer")]
    Deep(String),
}

/// Whether these are pointers that can be followed.
pub fn check(pointers: &[&str]) -> Result<(), BadPointer> {
    if pointers.len() > POINTERS {
        return Err(BadPointer::Many(grouped(pointers.len())));
    }
    for pointer in pointers {
        let bad = if !pointer.is_empty() && !pointer.starts_with('/') {
            BadPointer::Form
        } else if pointer.len() > BYTES {
            BadPointer::Long
        } else if pointer.split('/').count() > SEGMENTS + 1 {
            BadPointer::Deep
        } else {
            continue;
        };
        return Err(bad(excerpt(pointer)));
    }
    Ok(())
}

impl Selection {
    /// Shows what the pointers lead to.
    pub fn of(pointers: &[&str]) -> Result<Self, BadPointer> {
        check(pointers)?;
        let mut selection = Self::default();
        for pointer in pointers {
            let mut node = &mut selection.root;
            for segment in pointer.split('/').skip(1) {
                node = node.child(Step::of(segment));
            }
            node.whole = true;
        }
        Ok(selection)
    }

    /// Shows everything.
    pub fn everything() -> Self {
        let mut selection = Self::default();
        selection.root.whole = true;
        selection
    }

    /// What is shown of the value that the pointers start from.
    pub fn shown(&self) -> Shown<'_> {
        shown(vec![Via::to(&self.root)])
    }

    /// The opposite: everything except what the pointers lead to, which are of plain keys.
    pub fn others(&self) -> Shown<'_> {
        Shown::Except(Except(&self.root))
    }

    /// Shows the values of the keys.
    pub fn of_keys(keys: &[&str]) -> Self {
        let mut selection = Self::default();
        for key in keys {
            selection.root.child(Step::Key((*key).to_owned())).whole = true;
        }
        selection
    }

    /// The pointers that led to nothing, each as the keys on its way.
    pub fn unmet(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.root.unmet("", &mut found);
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

    fn found(&self) {
        self.met.set(true);
        self.children.iter().for_each(|(_, node)| node.found());
    }

    fn unmet(&self, at: &str, found: &mut Vec<String>) {
        for (step, node) in &self.children {
            let at = format!("{at}/{}", step.text());
            if node.whole && !node.met.get() {
                found.push(at.clone());
            }
            node.unmet(&at, found);
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

/// Whether a segment of a pointer is a key that is no number, which leads through lists.
pub fn is_name(segment: &str) -> bool {
    Step::of(segment).is_name()
}

/// A key as a segment of a JSON pointer.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key that a segment of a JSON pointer stands for.
pub fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

fn shown(ways: Vec<Via<'_>>) -> Shown<'_> {
    ways.iter().for_each(|way| way.node.met.set(true));
    if ways.iter().any(|way| way.node.whole) {
        Shown::Whole
    } else {
        Shown::Parts(Parts(ways))
    }
}

impl<'a> Shown<'a> {
    /// What is shown of an object's member, `index` being its position; nothing when it is left
    /// out.
    pub fn member(&self, key: &str, index: usize) -> Option<Self> {
        let parts = match self {
            Self::Whole => return Some(Self::Whole),
            Self::Except(except) => return except.member(key),
            Self::Parts(parts) => parts,
        };
        let ways = parts.below(|step| match step {
            Step::Key(known) => known == key,
            Step::Every => true,
            Step::Slice(range, text) => range.contains(&index) || text == key,
        });
        (!ways.is_empty()).then(|| shown(ways))
    }

    /// What is shown of a member that is chosen by its own name.
    pub fn named(&self, key: &str) -> Option<Self> {
        let Self::Parts(parts) = self else {
            return None;
        };
        let ways = parts.below(|step| matches!(step, Step::Key(known) if known == key));
        (!ways.is_empty()).then(|| shown(ways))
    }

    /// What is shown of an array's element; nothing when it is left out. Keys that are not
    /// numbers apply to every element of an array.
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
        ways.extend(through.map(|way| Via {
            names: true,
            ..*way
        }));
        (!ways.is_empty()).then(|| shown(ways))
    }

    /// Counts whatever is chosen below as found: a value with secrets is shown as a whole.
    pub fn found(&self) {
        if let Self::Parts(parts) = self {
            parts.0.iter().for_each(|way| way.node.found());
        }
    }

    /// The slice of this JSON text's characters that is shown; all of them when none is named.
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
                            way.node.met.set(true);
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

impl<'a> Except<'a> {
    fn member(self, key: &str) -> Option<Shown<'a>> {
        let mut children = self.0.children.iter();
        match children.find(|(step, _)| matches!(step, Step::Key(known) if known == key)) {
            None => Some(Shown::Whole),
            Some((_, node)) => (!node.whole).then_some(Shown::Except(Self(node))),
        }
    }
}

impl<'a> Parts<'a> {
    fn below(&self, matches: impl Fn(&Step) -> bool) -> Vec<Via<'a>> {
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
