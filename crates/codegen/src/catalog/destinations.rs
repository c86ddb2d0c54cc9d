//! The locations in a body where destinations can occur, according to its schema.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use indexmap::IndexSet;
use model::{BodyNode, DestinationKind, constant};

use super::location::{escaped, segments};
use crate::{
    document::{Document, Operation},
    graph::{DestinationShape, LOCATIONS, Node},
    table::Row,
};

/// The keys of the row that cover a location.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Coverage {
    /// The remaining segments of pointers in `dial.to` and `not_dialed` that continue below this
    /// location.
    to: BTreeSet<Vec<String>>,
    reasons: BTreeSet<Vec<String>>,
    /// Whether `dial.to` names this location.
    called: bool,
    /// Whether a reason in `not_dialed` covers this location.
    explained: bool,
}

impl Coverage {
    pub(super) fn of(row: &Row) -> Self {
        let to = row.dial.iter().flat_map(|dial| dial.to).copied();
        Self::new(to, row.not_dialed.keys().map(String::as_str))
    }

    fn new<'a>(to: impl Iterator<Item = &'a str>, reasons: impl Iterator<Item = &'a str>) -> Self {
        let parsed = |pointer: &str| segments(pointer).collect::<Vec<_>>();
        Self {
            to: to.map(parsed).collect(),
            reasons: reasons.map(parsed).collect(),
            ..Self::default()
        }
        .at_end()
    }

    /// Removes the pointers that end here.
    fn at_end(mut self) -> Self {
        self.called = self.to.remove(&Vec::new());
        self.explained |= self.reasons.remove(&Vec::new());
        self
    }

    /// The coverage of a property, or of the elements of a list.
    fn below(&self, segment: Option<&str>) -> Self {
        let rest = |paths: &BTreeSet<Vec<String>>| {
            let kept = paths.iter().filter_map(|path| {
                let (first, rest) = path.split_first()?;
                let leads = match segment {
                    Some(name) => first == name,
                    None => first == "*",
                };
                leads.then(|| rest.to_vec())
            });
            kept.collect()
        };
        Self {
            to: rest(&self.to),
            reasons: rest(&self.reasons),
            called: false,
            explained: self.explained,
        }
        .at_end()
    }
}

/// The locations of destinations in the body of an operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Destinations {
    /// The locations at or below which a destination can occur; empty if there are none.
    pub(crate) nodes: Vec<BodyNode>,
    /// Pointers to destinations that are not called by the request itself.
    pub(crate) not_called: Vec<String>,
}

impl Destinations {
    /// Those in the body of an operation that calls the destinations `called`, and in which `own`
    /// are numbers of the account. `None` if there is no body, or one with too many locations.
    pub(crate) fn of(
        document: &Document,
        operation: Operation<'_>,
        called: &[String],
        own: &[String],
    ) -> Option<Self> {
        let own = own.iter().map(String::as_str);
        let coverage = Coverage::new(called.iter().map(String::as_str), own);
        let places = Places::explore(document, operation, coverage)?;
        let dials = !called.is_empty();
        Some(Self {
            nodes: places.nodes(dials),
            not_called: places.uncovered(dials),
        })
    }
}

/// A location: its schemas, and the keys of the row that cover it.
#[derive(Debug)]
struct State<'a> {
    node: &'a Node,
    coverage: Coverage,
    /// The states of the properties of the node, in its order.
    properties: Vec<usize>,
    items: Option<usize>,
    others: Option<usize>,
}

impl State<'_> {
    /// The states of the properties, by name.
    fn properties(&self) -> impl Iterator<Item = (&str, usize)> {
        let names = self.node.properties.keys().map(String::as_str);
        names.zip(self.properties.iter().copied())
    }

    fn next(&self) -> impl Iterator<Item = usize> {
        let named = self.properties.iter().copied();
        named.chain(self.items).chain(self.others)
    }
}

/// The locations in a body; the body itself is the first.
#[derive(Debug)]
pub(super) struct Places<'a>(Vec<State<'a>>);

impl<'a> Places<'a> {
    /// Follows every property and element; `None` if there is no body, or one with too many
    /// locations.
    pub(super) fn explore(
        document: &'a Document,
        operation: Operation<'_>,
        coverage: Coverage,
    ) -> Option<Self> {
        let graph = document.graph();
        let mut known: IndexSet<(usize, Coverage)> = IndexSet::new();
        known.insert((graph.body(&operation.address())?, coverage));
        let mut states = Vec::new();
        while let Some((at, coverage)) = known.get_index(states.len()).cloned() {
            let node = graph.node(at).filter(|_| states.len() < LOCATIONS)?;
            let mut enter = |to: usize, segment| known.insert_full((to, coverage.below(segment))).0;
            states.push(State {
                node,
                items: node.items.map(|to| enter(to, None)),
                others: node.others.map(|to| enter(to, None)),
                properties: node
                    .properties
                    .iter()
                    .map(|(name, to)| enter(*to, Some(name.as_str())))
                    .collect(),
                coverage,
            });
        }
        Some(Self(states))
    }

    /// The destinations outside an inline assistant that no key of the row covers; only the first
    /// of several locations with the same schema.
    pub(super) fn uncovered(&self, dials: bool) -> Vec<String> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::from([0]);
        let mut queue = VecDeque::from([(0, String::new())]);
        let is_uncovered = |state: &State<'_>| {
            let destination = state.node.destination;
            let shape = match dials {
                // The server checks every transfer anyway.
                true => destination.filter(|shape| *shape == DestinationShape::Customer),
                false => destination,
            };
            shape.is_some() && !state.coverage.called && !state.coverage.explained
        };
        if self.0.first().is_some_and(is_uncovered) {
            found.push(String::new());
        }
        while let Some((at, pointer)) = queue.pop_front() {
            let Some(state) = self.0.get(at).filter(|state| !state.node.is_assistant) else {
                continue;
            };
            let named = state.properties();
            let named = named.map(|(name, to)| (escaped(name), to));
            let lists = state.items.into_iter().chain(state.others);
            for (segment, to) in named.chain(lists.map(|to| ("*".to_owned(), to))) {
                let Some(next) = self.0.get(to) else { continue };
                let pointer = format!("{pointer}/{segment}");
                if is_uncovered(next) && !next.node.is_assistant {
                    found.push(pointer.clone());
                }
                if seen.insert(to) {
                    queue.push_back((to, pointer));
                }
            }
        }
        found
    }

    /// For each location, whether a destination can occur at or below it.
    fn reaching(&self, dials: bool) -> Vec<bool> {
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); self.0.len()];
        for (at, state) in self.0.iter().enumerate() {
            for to in state.next() {
                if let Some(before) = before.get_mut(to) {
                    before.push(at);
                }
            }
        }
        let mut reaching = vec![false; self.0.len()];
        let states = self.0.iter().enumerate();
        let mut queue: Vec<_> = states
            .filter(|(_, state)| holds(state, dials) != DestinationKind::Nothing)
            .map(|(at, _)| at)
            .collect();
        while let Some(at) = queue.pop() {
            if let Some(reached) = reaching.get_mut(at).filter(|reached| !**reached) {
                *reached = true;
                queue.extend(before.get(at).into_iter().flatten());
            }
        }
        reaching
    }

    /// The locations at or below which a destination can occur; equal locations are one node. Empty
    /// if there are none.
    pub(super) fn nodes<'b>(&'b self, dials: bool) -> Vec<BodyNode> {
        let reaching = self.reaching(dials);
        if reaching.first() != Some(&true) {
            return Vec::new();
        }
        let is_reaching = |at: &usize| reaching.get(*at) == Some(&true);
        let shape = |state: &'b State<'a>, class: &[u16]| -> NodeShape<'b> {
            let class = |at: usize| class.get(at).copied().unwrap_or_default();
            let (below, plain): (Vec<_>, Vec<_>) =
                state.properties().partition(|(_, at)| is_reaching(at));
            let below = below.into_iter();
            (
                holds(state, dials),
                below.map(|(name, at)| (name, class(at))).collect(),
                plain.into_iter().map(|(name, _)| name).collect(),
                state.items.filter(is_reaching).map(class),
                state.others.filter(is_reaching).map(class),
            )
        };
        // Partition refinement: locations are equal until something below them differs.
        let mut class = vec![0; self.0.len()];
        let mut classes = 0;
        loop {
            let mut nodes: Vec<NodeShape<'_>> = Vec::new();
            let mut numbers: BTreeMap<NodeShape<'_>, u16> = BTreeMap::new();
            let mut next = vec![0; self.0.len()];
            let states = self.0.iter().zip(&reaching).zip(&mut next);
            for ((state, reaching), next) in states {
                if *reaching {
                    let node = shape(state, &class);
                    // There are at most `LOCATIONS` nodes.
                    let number = u16::try_from(nodes.len()).unwrap_or(u16::MAX);
                    *next = *numbers.entry(node.clone()).or_insert_with(|| {
                        nodes.push(node);
                        number
                    });
                }
            }
            if nodes.len() == classes {
                return nodes.into_iter().map(node).collect();
            }
            classes = nodes.len();
            class = next;
        }
    }
}

/// The content of a [`BodyNode`], before it is written as a constant.
type NodeShape<'a> = (
    DestinationKind,
    Vec<(&'a str, u16)>,
    Vec<&'a str>,
    Option<u16>,
    Option<u16>,
);

fn node((holds, below, plain, items, others): NodeShape<'_>) -> BodyNode {
    let below = below.into_iter();
    BodyNode {
        holds,
        below: constant::list(below.map(|(name, at)| (constant::text(name), at))),
        plain: constant::list(plain.into_iter().map(constant::text)),
        items,
        others,
    }
}

fn holds(state: &State<'_>, dials: bool) -> DestinationKind {
    match state.node.destination {
        _ if state.coverage.called => DestinationKind::Called,
        None => DestinationKind::Nothing,
        Some(_) if state.coverage.explained && !dials => DestinationKind::Nothing,
        Some(DestinationShape::Customer) => DestinationKind::Undeclared,
        Some(DestinationShape::Transfer) => DestinationKind::Transfer,
    }
}
