//! The schemas of a document as a graph. Schemas that many bodies share are one node, so each is
//! resolved only once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Maximum number of nodes of a graph, and of locations in a body. Vapi's document has 2,100 nodes,
/// and its largest body 460 locations.
pub(crate) const LOCATIONS: usize = 20_000;

/// The schemas of all request bodies, and the named schemas.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    /// The nodes; at most [`LOCATIONS`], even if there are references to more.
    pub(crate) nodes: Vec<Node>,
    /// The nodes of the bodies, by the address of the operation.
    pub(crate) bodies: HashMap<String, usize>,
    /// The nodes of the named schemas.
    pub(crate) named: HashMap<String, usize>,
}

impl Graph {
    /// The node of the body of the operation with this address.
    pub(crate) fn body(&self, address: &str) -> Option<usize> {
        self.bodies.get(address).copied()
    }

    /// The node of the schema with this name.
    pub(crate) fn named(&self, name: &str) -> Option<usize> {
        self.named.get(name).copied()
    }

    /// Whether there is a location below a node; the segment `*` matches every element of a list and
    /// every property that the schemas do not name.
    pub(crate) fn has_place(&self, from: usize, segments: impl Iterator<Item = String>) -> bool {
        let mut here = BTreeSet::from([from]);
        for segment in segments {
            let nodes = here.iter().filter_map(|at| self.node(*at));
            let next = nodes.flat_map(|node| match segment.as_str() {
                "*" => [node.items, node.others],
                name => [node.properties.get(name).copied(), None],
            });
            here = next.flatten().collect();
        }
        !here.is_empty()
    }

    /// A node; `None` if it was not resolved, because the document has too many.
    pub(crate) fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }
}

/// The alternative schemas of a value.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The kind of destination that the schemas describe, if any.
    pub(crate) destination: Option<DestinationShape>,
    /// Whether one of the schemas describes an assistant or assistant overrides.
    pub(crate) is_assistant: bool,
    /// The nodes of the properties.
    pub(crate) properties: BTreeMap<String, usize>,
    /// The node of the elements of a list.
    pub(crate) items: Option<usize>,
    /// The node of the properties that the schemas do not name.
    pub(crate) others: Option<usize>,
}

/// The kind of a destination, recognised by its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DestinationShape {
    Customer,
    Transfer,
}
