//! The changes at which a maintainer has already looked (`spec/acknowledged.toml`), so that reports do
//! not show them again.

use std::{collections::BTreeSet, fs, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    changes::Diff,
    classify::Class,
    compare::{Change, ChangeKind},
};
use crate::{
    problem::Problem,
    spec::{self},
};

/// The longest value that is written in full, in bytes.
const SHOWN: usize = 60;

/// The acknowledged changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// The changes, each as [`Acknowledged::key`] writes it.
    #[serde(default)]
    looks: BTreeSet<String>,
}

impl Acknowledged {
    /// Reads the file; nothing is acknowledged without one.
    pub fn read(file: &Path) -> Result<Self, Vec<Problem>> {
        match fs::exists(file) {
            Ok(false) => Ok(Self::default()),
            _ => spec::parse(&file.display().to_string(), &spec::read(file)?),
        }
    }

    /// Whether a change is acknowledged.
    pub fn contains(&self, change: &Change) -> bool {
        self.looks.contains(&key(change))
    }

    /// Adds all changes of a comparison that are worth a look, and returns how many are new.
    pub fn add(&mut self, found: &Diff) -> usize {
        let known = self.looks.len();
        let looks = found.changes.iter().filter(|it| it.class == Class::Look);
        self.looks.extend(looks.map(|it| key(&it.change)));
        self.looks.len().saturating_sub(known)
    }

    /// The file.
    pub fn text(&self) -> String {
        let head = "# Changes of Vapi's document at which a maintainer has looked. Reports do not show them \
                    again.\n# `cargo spec diff OLD NEW --acknowledge` adds those of a report.\n\n";
        let lines = self.looks.iter().map(|look| {
            let quoted = Value::from(look.as_str());
            format!("    {quoted},\n")
        });
        format!("{head}looks = [\n{}]\n", lines.collect::<String>())
    }
}

impl Diff {
    /// Marks the changes at which a maintainer has already looked.
    pub fn acknowledge(&mut self, acknowledged: &Acknowledged) {
        for judged in &mut self.changes {
            judged.acknowledged =
                judged.class == Class::Look && acknowledged.contains(&judged.change);
        }
    }
}

/// The same text for the same change in every comparison. It contains the new value, so that a later,
/// different change of the same location is shown.
fn key(change: &Change) -> String {
    let location = &change.location;
    match &change.what {
        ChangeKind::Added(value) => format!("added {location}: {}", short(value)),
        ChangeKind::Removed(_) => format!("removed {location}"),
        ChangeKind::Changed(_, new) => format!("changed {location}: {}", short(new)),
        ChangeKind::Moved(_, new) => format!("moved {location}: {new}"),
    }
}

/// A value, or the beginning of its hash.
fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.len() <= SHOWN {
        return text;
    }
    let hash = Sha256::digest(text);
    hash.iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
