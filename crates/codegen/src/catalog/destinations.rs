//! The locations in a body where destinations can occur, according to its schema.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use model::{BodyNode, DestinationKind, constant};
use serde_json::{Value, json};

use super::location::{escaped, segments};
use crate::{
    document::{Document, object},
    table::Row,
};

/// The properties by which the schema of a destination is recognised.
const NUMBER: &str = "number";
const SIP: &str = "sipUri";

/// Maximum number of locations in a body. Vapi's largest body has 460.
pub(super) const STATES: usize = 20_000;

/// The kind of a destination, recognised by its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Customer,
    Transfer,
}

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
    /// Those in a body whose request calls the destinations `called`, and in which `own` are
    /// numbers of the account. `None` if the body has too many locations.
    pub(crate) fn of(
        document: &Document,
        body: &[Value],
        called: &[String],
        own: &[String],
    ) -> Option<Self> {
        let own = own.iter().map(String::as_str);
        let coverage = Coverage::new(called.iter().map(String::as_str), own);
        let places = Places::explore(document, body, coverage)?;
        let dials = !called.is_empty();
        Some(Self {
            nodes: places.nodes(dials),
            not_called: places.uncovered(dials),
        })
    }
}

/// The identity of a location: its schemas, and the keys of the row that cover it.
type Key = (BTreeSet<String>, Coverage);

#[derive(Debug)]
struct State {
    shape: Option<Shape>,
    assistant: bool,
    coverage: Coverage,
    /// The states of the properties, by name.
    properties: BTreeMap<String, usize>,
    items: Option<usize>,
    others: Option<usize>,
}

impl State {
    fn next(&self) -> impl Iterator<Item = usize> {
        let named = self.properties.values().copied();
        named.chain(self.items).chain(self.others)
    }
}

/// The locations in a body; the body itself is the first.
#[derive(Debug)]
pub(super) struct Places(Vec<State>);

impl Places {
    /// Follows every property and element; `None` if there are too many locations.
    pub(super) fn explore(document: &Document, body: &[Value], coverage: Coverage) -> Option<Self> {
        let mut known: HashMap<Key, usize> = HashMap::new();
        let mut queue: VecDeque<(Vec<Value>, Coverage)> = VecDeque::new();
        let mut states = Vec::new();
        let mut enter = |schemas: Vec<&Value>, coverage: Coverage, queue: &mut VecDeque<_>| {
            let written = schemas.iter().map(ToString::to_string).collect();
            let next = known.len();
            *known.entry((written, coverage.clone())).or_insert_with(|| {
                queue.push_back((schemas.into_iter().cloned().collect(), coverage));
                next
            })
        };
        enter(body.iter().collect(), coverage, &mut queue);
        while let Some((schemas, coverage)) = queue.pop_front() {
            if states.len() == STATES {
                return None;
            }
            let opened: Vec<_> = schemas
                .iter()
                .flat_map(|schema| document.alternatives(schema))
                .collect();
            let mut properties: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
            for (name, schema) in opened.iter().flat_map(|it| object(it.get("properties"))) {
                properties.entry(name).or_default().push(schema);
            }
            let at = |key| {
                let schemas = opened.iter().filter_map(|it| it.get(key));
                let schemas: Vec<_> = schemas.filter(|it| it.is_object()).collect();
                (!schemas.is_empty()).then_some(schemas)
            };
            let below = coverage.below(None);
            let items = at("items").map(|it| enter(it, below.clone(), &mut queue));
            let others = at("additionalProperties").map(|it| enter(it, below, &mut queue));
            let properties = properties.into_iter().map(|(name, schemas)| {
                let below = coverage.below(Some(name));
                (name.to_owned(), enter(schemas, below, &mut queue))
            });
            states.push(State {
                properties: properties.collect(),
                shape: shape(document, &opened),
                assistant: opened.iter().any(is_assistant),
                coverage,
                items,
                others,
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
        let is_uncovered = |state: &State| {
            let shape = match dials {
                // The server checks every transfer anyway.
                true => state.shape.filter(|shape| *shape == Shape::Customer),
                false => state.shape,
            };
            shape.is_some() && !state.coverage.called && !state.coverage.explained
        };
        if self.0.first().is_some_and(is_uncovered) {
            found.push(String::new());
        }
        while let Some((at, pointer)) = queue.pop_front() {
            let Some(state) = self.0.get(at).filter(|state| !state.assistant) else {
                continue;
            };
            let named = state.properties.iter();
            let named = named.map(|(name, to)| (escaped(name), *to));
            let lists = state.items.into_iter().chain(state.others);
            for (segment, to) in named.chain(lists.map(|to| ("*".to_owned(), to))) {
                let Some(next) = self.0.get(to) else { continue };
                let pointer = format!("{pointer}/{segment}");
                if is_uncovered(next) && !next.assistant {
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
    pub(super) fn nodes<'a>(&'a self, dials: bool) -> Vec<BodyNode> {
        let reaching = self.reaching(dials);
        if reaching.first() != Some(&true) {
            return Vec::new();
        }
        let is_reaching = |at: &usize| reaching.get(*at) == Some(&true);
        let shape = |state: &'a State, class: &[u16]| -> NodeShape<'a> {
            let class = |at: usize| class.get(at).copied().unwrap_or_default();
            let (below, plain): (Vec<_>, Vec<_>) =
                state.properties.iter().partition(|(_, at)| is_reaching(at));
            let below = below.into_iter();
            (
                holds(state, dials),
                below.map(|(name, at)| (&**name, class(*at))).collect(),
                plain.into_iter().map(|(name, _)| &**name).collect(),
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
                    // There are at most `STATES` nodes.
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

fn holds(state: &State, dials: bool) -> DestinationKind {
    match state.shape {
        _ if state.coverage.called => DestinationKind::Called,
        None => DestinationKind::Nothing,
        Some(_) if state.coverage.explained && !dials => DestinationKind::Nothing,
        Some(Shape::Customer) => DestinationKind::Undeclared,
        Some(Shape::Transfer) => DestinationKind::Transfer,
    }
}

/// The kind of destination that these schemas describe, if any. A transfer has a `type` with only
/// one value.
fn shape(document: &Document, schemas: &[Value]) -> Option<Shape> {
    let named = schemas.iter().filter(|schema| {
        [NUMBER, SIP].into_iter().any(|name| {
            let property = schema.get("properties").and_then(|all| all.get(name));
            property.is_some_and(|property| is_text(document, property))
        })
    });
    let shapes = named.map(|schema| {
        let kind = schema.pointer("/properties/type/enum");
        match kind == Some(&json!(["number"])) || kind == Some(&json!(["sip"])) {
            true => Shape::Transfer,
            false => Shape::Customer,
        }
    });
    shapes.reduce(|one, other| match one {
        Shape::Customer => one,
        Shape::Transfer => other,
    })
}

/// Whether a property can contain a phone number or a SIP address.
fn is_text(document: &Document, property: &Value) -> bool {
    let alternatives = document.alternatives(property);
    alternatives.is_empty()
        || alternatives.iter().any(|schema| {
            let kind = schema.get("type").and_then(Value::as_str);
            match kind {
                Some(kind) => matches!(kind, "string" | "number" | "integer"),
                None => schema.get("properties").is_none() && schema.get("items").is_none(),
            }
        })
}

/// Whether a schema describes an assistant or assistant overrides.
fn is_assistant(schema: &Value) -> bool {
    let has = |name: &&str| {
        schema
            .get("properties")
            .is_some_and(|all| all.get(name).is_some())
    };
    ["model", "transcriber", "voice"].iter().all(has)
}
