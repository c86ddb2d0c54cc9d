//! The changes between two revisions, and their effect on the rows.

use super::{
    classify::Class,
    compare::Change,
    usage::{RowRef, Usage},
};
use crate::{left_out::LeftOut, problem::Problem};

/// The changes between two revisions, and their effect.
#[derive(Clone, Debug)]
pub struct Diff {
    /// Every change, in the order of locations.
    pub changes: Vec<ClassifiedChange>,
    /// The problems of rows and other files in `spec/` that the new document causes.
    pub problems: Vec<Problem>,
    /// The problems that both documents cause.
    pub earlier: Vec<Problem>,
    /// The parts of the new document for which nothing can be generated and that no row uses.
    pub left_out: Vec<LeftOut>,
}

/// A change and its effect.
#[derive(Clone, Debug)]
pub struct ClassifiedChange {
    /// The difference between the documents.
    pub change: Change,
    /// The most serious class for any row.
    pub class: Class,
    /// The rows that name its location or one next to it.
    pub named: Vec<Named>,
    /// The other tools whose requests or responses can contain its location.
    pub reached: Vec<String>,
    /// Whether a maintainer has looked at it before.
    pub acknowledged: bool,
}

/// The effect of a change on a row that names its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The row.
    pub row: RowRef,
    /// The class for this row.
    pub class: Class,
    /// The parts of the row that name the location, each with its line.
    pub parts: Vec<(String, usize)>,
}

impl Diff {
    /// Whether a row is broken.
    pub fn breaks(&self) -> bool {
        !self.problems.is_empty() || self.count(Class::Breaking) > 0
    }

    /// The number of changes of one class, without acknowledged ones.
    pub fn count(&self, class: Class) -> usize {
        let counted = self.changes.iter().filter(|it| !it.acknowledged);
        counted.filter(|judged| judged.class == class).count()
    }
}

impl ClassifiedChange {
    /// Adds a row that names the location of the change.
    pub(super) fn name(&mut self, usage: &Usage, class: Class, uses: &[usize]) {
        let uses = uses.iter().filter_map(|id| usage.uses.get(*id));
        let mut parts: Vec<(String, usize)> = Vec::new();
        for used in uses {
            if !parts.iter().any(|(part, _)| *part == used.part) {
                parts.push((used.part.clone(), used.line));
            }
        }
        self.class = self.class.min(class);
        self.named.push(Named {
            row: usage.row.clone(),
            class,
            parts,
        });
    }
}
