//! The difference of two revisions of the document, and what it means for the tools.
//!
//! [`compare`] finds every changed fact; `breaks` asks what breaks a row, `uses` which places a row
//! uses, and `classify` says from both what each change means; `report` writes it for the person
//! who has to follow.

mod breaks;
mod classify;
mod compare;
mod place;
mod report;
mod uses;

use serde_json::Value;

pub use classify::Class;
use classify::{Near, for_none, for_tool};
pub use compare::{Change, What, compare};
pub use place::{Place, Root, Step};
use uses::ToolUses;

use crate::{
    document::Document,
    fixes::{self, bugs::BUGS},
    table::Table,
};

/// The changes between two revisions, and what they mean.
#[derive(Clone, Debug)]
pub struct Diff {
    /// All of them.
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
    /// The tools whose rows name its place or one beside it, and what it means for each.
    pub named: Vec<(String, Class)>,
    /// The tools whose requests and answers may hold its place.
    pub reached: Vec<String>,
}

/// What breaks a tool's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The tool.
    pub tool: String,
    /// What is wrong with it under the new document.
    pub words: String,
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

/// Compares two documents as they were vendored, and says what the changes mean for the rows.
pub fn diff(old: &Document, new: &Document, table: &Table) -> Diff {
    let (old_names, new_names) = compare::names(old, new);
    let sides = [(old, &old_names), (new, &new_names)];
    let (old_mended, new_mended) = (mended(old), mended(new));
    let faults = breaks::new_faults(&old_mended, &new_mended, table);
    let tools: Vec<_> = table
        .rows
        .iter()
        .map(|placed| {
            let row = &placed.row;
            (
                ToolUses::of(row, &sides),
                breaks::breaks(&old_mended, &new_mended, row, &faults),
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
        for (uses, breaks) in &tools {
            match for_tool(&judged.change, uses, breaks) {
                Some((Near::Named, class)) => judged.named.push((uses.tool.clone(), class)),
                Some((Near::Reached, class)) => {
                    judged.class = judged.class.min(class);
                    judged.reached.push(uses.tool.clone());
                }
                None => {}
            }
        }
        let worst = judged.named.iter().map(|(_, class)| *class).min();
        judged.class = judged.class.min(worst.unwrap_or(Class::Harmless));
        judged
    };
    let broken = tools.iter().flat_map(|(uses, breaks)| {
        breaks.words.iter().map(|words| Broken {
            tool: uses.tool.clone(),
            words: words.clone(),
        })
    });
    Diff {
        changes: compare(old, new).into_iter().map(judge).collect(),
        broken: broken.collect(),
    }
}

fn mended(document: &Document) -> Document {
    let mut value: Value = document.value().clone();
    fixes::apply(BUGS, &mut value);
    Document::from_value(value)
}
