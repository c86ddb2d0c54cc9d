//! The changes between two revisions of the document, and what they mean for the tools.
//!
//! [`compare`] finds every change; `breakage` finds what breaks a row, and `usage` which locations
//! a row uses. From both, `classify` decides how serious each change is. `report` writes the result
//! as Markdown.

mod breakage;
mod classify;
mod compare;
mod location;
mod report;
mod usage;

use serde_json::Value;

pub use classify::Class;
use classify::{Near, for_none, for_tool};
pub use compare::{Change, What, compare};
pub use location::{Location, Root, Step};
use usage::ToolUsage;

use crate::{
    document::Document,
    fixes::{self, bugs::BUGS},
    table::Table,
};

/// The changes between two revisions, and what they mean.
#[derive(Clone, Debug)]
pub struct Diff {
    /// Every change, in the order of locations.
    pub changes: Vec<Judged>,
    /// What breaks, by tool.
    pub broken: Vec<Broken>,
}

/// A change and what it means.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The change.
    pub change: Change,
    /// The most serious meaning for any tool.
    pub class: Class,
    /// The tools whose rows name its location or one beside it, with the class for each.
    pub named: Vec<(String, Class)>,
    /// The other tools whose requests or answers can contain its location.
    pub reached: Vec<String>,
}

/// What breaks a tool's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The tool.
    pub tool: String,
    /// What is wrong with it under the new document.
    pub message: String,
}

impl Diff {
    /// Whether anything breaks a row.
    pub fn breaks(&self) -> bool {
        !self.broken.is_empty() || self.count(Class::Breaking) > 0
    }

    /// The number of changes of one class.
    pub fn count(&self, class: Class) -> usize {
        let judged = self.changes.iter();
        judged.filter(|judged| judged.class == class).count()
    }
}

/// Compares two vendored documents and classifies the changes.
pub fn diff(old: &Document, new: &Document, table: &Table) -> Diff {
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
        let mut judged = Judged {
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
    }
}

fn with_fixes(document: &Document) -> Document {
    let mut value: Value = document.value().clone();
    fixes::apply(BUGS, &mut value);
    Document::from_value(value)
}
