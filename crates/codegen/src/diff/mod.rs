//! The changes between two revisions of the document, and their effect on the tools.
//!
//! [`compare`] finds every change, `breakage` the changes that break a row, and `usage` the
//! locations that a row uses. From these, `classify` decides how serious each change is. `report`
//! writes the result as Markdown.

mod breakage;
mod classify;
mod compare;
mod location;
mod report;
mod usage;

use serde_json::Value;

pub use classify::Class;
use classify::{Near, for_none, for_tool};
pub use compare::{Change, ChangeKind, compare};
pub use location::{Location, Root, Step};
use usage::ToolUsage;

use crate::{
    document::Document,
    fixes::{self, bugs::BUGS},
    problem::{self, Problem},
    supplement::Supplement,
    table::Table,
};

/// The changes between two revisions, and their effect.
#[derive(Clone, Debug)]
pub struct Diff {
    /// Every change, in the order of locations.
    pub changes: Vec<ClassifiedChange>,
    /// The broken rows, by tool.
    pub broken: Vec<Broken>,
    /// The problems of the other files in `spec/`, such as operations that are not described.
    pub supplement: Vec<Problem>,
}

/// A change and its effect.
#[derive(Clone, Debug)]
pub struct ClassifiedChange {
    /// The difference between the documents.
    pub change: Change,
    /// The most serious class for any tool.
    pub class: Class,
    /// The tools whose rows name its location or one next to it, with the class for each.
    pub named: Vec<(String, Class)>,
    /// The other tools whose requests or responses can contain its location.
    pub reached: Vec<String>,
}

/// A problem of a row with the new document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The name of the tool.
    pub tool: String,
    /// A description of the problem.
    pub message: String,
}

impl Diff {
    /// Whether a row is broken.
    pub fn breaks(&self) -> bool {
        !self.broken.is_empty() || !self.supplement.is_empty() || self.count(Class::Breaking) > 0
    }

    /// The number of changes of one class.
    pub fn count(&self, class: Class) -> usize {
        let judged = self.changes.iter();
        judged.filter(|judged| judged.class == class).count()
    }
}

/// Compares two vendored documents and classifies the changes.
pub fn diff(old: &Document, new: &Document, table: &Table, supplement: &Supplement) -> Diff {
    let (old_names, new_names) = compare::names(old, new);
    let sides = [(old, &old_names), (new, &new_names)];
    let (old_fixed, new_fixed) = (with_fixes(old), with_fixes(new));
    let problems = breakage::new_problems(&old_fixed, &new_fixed, table);
    let tools: Vec<_> = table
        .rows
        .iter()
        .map(|located| {
            let row = &located.row;
            (
                ToolUsage::of(row, &sides),
                breakage::of_row(&old_fixed, &new_fixed, row, &problems),
            )
        })
        .collect();
    let judge = |change: Change| {
        let mut judged = ClassifiedChange {
            class: for_none(&change),
            named: Vec::new(),
            reached: Vec::new(),
            change,
        };
        for (usage, breakage) in &tools {
            match for_tool(&judged.change, usage, breakage) {
                Some((Near::Named, class)) => judged.named.push((usage.tool.clone(), class)),
                Some((Near::Reached, class)) => {
                    judged.class = judged.class.min(class);
                    judged.reached.push(usage.tool.clone());
                }
                None => {}
            }
        }
        let worst = judged.named.iter().map(|(_, class)| *class).min();
        judged.class = judged.class.min(worst.unwrap_or(Class::Harmless));
        judged
    };
    let broken = tools.iter().flat_map(|(usage, breakage)| {
        breakage.messages.iter().map(|message| Broken {
            tool: usage.tool.clone(),
            message: message.clone(),
        })
    });
    Diff {
        changes: compare(old, new).into_iter().map(judge).collect(),
        broken: broken.collect(),
        supplement: problem::without(
            supplement.problems(&new_fixed),
            &supplement.problems(&old_fixed),
        ),
    }
}

fn with_fixes(document: &Document) -> Document {
    let mut value: Value = document.value().clone();
    fixes::apply(BUGS, &mut value);
    Document::from_value(value)
}
