//! The parts of a document on which the rows of `spec/` rely: every pointer, parameter, value and
//! operation that a row names, each with the part and line of the row.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::{
    location::{Location, Root},
    trace::{Located, Scope},
};

/// The kind of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RowKind {
    /// A row of the tool table.
    Tool,
    /// A row of `operations.toml`.
    Operation,
}

/// A row of `spec/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RowRef {
    /// Its kind.
    pub kind: RowKind,
    /// The name of the tool, or the method and path of the operation.
    pub row: String,
    /// The file.
    pub file: String,
    /// The first line of the row.
    pub line: usize,
}

/// How a row uses a location.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// Callers set it.
    Argument,
    /// The row itself sends this value, labelled like a value of an `enum`.
    Constant(String),
    /// A destination, or a body that can contain one: whatever is added there may call people.
    Destination,
    /// The guards or the server read it.
    Place,
    /// A text whose values decide what the server does.
    State,
    /// The reason why a call ended, which `reasons.toml` explains.
    Reason,
    /// A time that the server reads.
    Time,
    /// It is shown.
    Shown,
    /// The response, or a list in it.
    Answer,
    /// A parameter of a list, whose default can change what is listed and in which order.
    ListParameter,
    /// It is only described.
    Note,
}

impl Role {
    pub(super) fn is_sent(&self) -> bool {
        matches!(
            self,
            Self::Argument | Self::Constant(_) | Self::Destination | Self::Place
        )
    }

    pub(super) fn is_received(&self) -> bool {
        matches!(
            self,
            Self::State | Self::Reason | Self::Time | Self::Shown | Self::Answer
        )
    }

    /// Whether the server's behavior depends on the values.
    pub(super) fn is_decisive(&self) -> bool {
        matches!(self, Self::State | Self::Time)
    }
}

/// One use of a location by a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    /// The part of the row, as in [`Problem`](crate::problem::Problem).
    pub(super) part: String,
    /// The line of the part.
    pub(super) line: usize,
    /// The pointer or the name of the parameter.
    pub(super) at: String,
    pub(super) role: Role,
}

/// Everything on which one row relies.
#[derive(Clone, Debug)]
pub(super) struct Usage {
    pub(super) row: RowRef,
    /// The roots of the row's operation in the two documents; usually one.
    pub(super) operations: HashSet<Root>,
    pub(super) uses: Vec<Use>,
    /// The uses that end at a location.
    pub(super) ends: HashMap<Location, BTreeSet<usize>>,
    /// The uses that end below a location.
    pub(super) ways: HashMap<Location, BTreeSet<usize>>,
    /// The components that requests and responses can contain; for an operation of the whole API,
    /// only its path, because its row relies on nothing that it does not name.
    pub(super) reach: HashSet<Root>,
    /// Whether the response is a list.
    pub(super) lists: bool,
    /// Whether the response is a redirect to a file, which the server expects.
    pub(super) redirects: bool,
    /// Whether the body is not documented, so that a documented one deserves a look.
    pub(super) undocumented_body: bool,
}

impl Usage {
    pub(super) fn new(row: RowRef) -> Self {
        Self {
            row,
            operations: HashSet::new(),
            uses: Vec::new(),
            ends: HashMap::new(),
            ways: HashMap::new(),
            reach: HashSet::new(),
            lists: false,
            redirects: false,
            undocumented_body: false,
        }
    }

    /// Whether a change below this root can affect the row.
    pub(super) fn reaches(&self, root: &Root) -> bool {
        self.operations.contains(root) || self.reach.contains(root)
    }

    /// Adds a use, or finds it.
    pub(super) fn add(&mut self, new: Use) -> usize {
        match self.uses.iter().position(|known| *known == new) {
            Some(known) => known,
            None => {
                self.uses.push(new);
                self.uses.len() - 1
            }
        }
    }

    pub(super) fn end(&mut self, id: usize, locations: impl IntoIterator<Item = Location>) {
        for location in locations {
            self.ends.entry(location).or_default().insert(id);
        }
    }

    pub(super) fn way(&mut self, id: usize, locations: impl IntoIterator<Item = Location>) {
        for location in locations {
            self.ways.entry(location).or_default().insert(id);
        }
    }

    /// Adds a use of the locations at a pointer below these schemas.
    pub(super) fn follow(
        &mut self,
        scope: &Scope<'_>,
        roots: &[Located<'_>],
        pointer: &str,
        new: Use,
    ) {
        let id = self.add(new);
        for (location, schema) in roots {
            let trace = scope.trace(location, schema, pointer);
            self.end(id, trace.ends);
            self.way(id, trace.ways);
        }
    }

    /// Adds a use of a parameter and its value.
    pub(super) fn parameter(&mut self, scope: &Scope<'_>, place: &str, name: &str, new: Use) {
        let id = self.add(new);
        let (declared, schemas) = scope.parameter(place, name);
        self.end(id, declared);
        for (location, schema) in schemas {
            self.end(id, scope.trace(&location, schema, "").ends);
        }
    }

    /// The uses at, directly above or directly below a change, and whether each ends there.
    pub(super) fn at(&self, locations: [&Location; 2]) -> Vec<(usize, bool)> {
        let found = |uses: &HashMap<Location, BTreeSet<usize>>| -> BTreeSet<usize> {
            let sets = locations.iter().filter_map(|at| uses.get(*at));
            sets.flatten().copied().collect()
        };
        let ends = found(&self.ends);
        let ways = found(&self.ways);
        let only_ways = ways.difference(&ends).map(|id| (*id, false));
        ends.iter().map(|id| (*id, true)).chain(only_ways).collect()
    }

    /// The uses that end at or below a location.
    pub(super) fn within(&self, location: &Location) -> BTreeSet<usize> {
        let ends = self.ends.iter().chain(&self.ways);
        let below = ends.filter(|(known, _)| known.is_within(location));
        below.flat_map(|(_, ids)| ids).copied().collect()
    }
}
