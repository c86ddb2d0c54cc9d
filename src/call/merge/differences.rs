//! The differences between a stored object and its changed copy.

use crate::{
    json::Tree,
    result::{Difference, Segment},
};

/// Maximum number of differences that are kept; the rest is counted.
const MOST: usize = 100;

/// The first differences, and their number.
#[derive(Debug, Default)]
pub(super) struct Differences {
    pub listed: Vec<Difference>,
    pub count: usize,
}

impl Differences {
    /// Adds the differences between two values. Lists of different lengths differ as a whole.
    pub(super) fn between(
        &mut self,
        from: Option<&Tree>,
        to: Option<&Tree>,
        at: &mut Vec<Segment>,
    ) {
        match (from, to) {
            (Some(from @ Tree::Object(_)), Some(to @ Tree::Object(_))) => {
                let (old, new) = (from.index(), to.index());
                let kept = from.members().iter().map(|member| member.name.as_str());
                let added = to.members().iter().map(|member| member.name.as_str());
                let added = added.filter(|name| !old.contains_key(name));
                for name in kept.chain(added) {
                    at.push(Segment::Key(name.to_owned()));
                    self.between(old.get(name).copied(), new.get(name).copied(), at);
                    at.pop();
                }
            }
            (Some(Tree::List(from)), Some(Tree::List(to))) if from.len() == to.len() => {
                for (index, (from, to)) in from.iter().zip(to).enumerate() {
                    at.push(Segment::Index(index));
                    self.between(Some(from), Some(to), at);
                    at.pop();
                }
            }
            (Some(from), Some(to)) if from.is_same(to) => {}
            (None, None) => {}
            (from, to) => {
                self.count += 1;
                if self.listed.len() < MOST {
                    self.listed.push(Difference {
                        at: at.clone(),
                        from: from.map(Tree::value),
                        to: to.map(Tree::value),
                    });
                }
            }
        }
    }
}
