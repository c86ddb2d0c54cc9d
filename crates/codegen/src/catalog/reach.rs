//! Where the body of a row can contain destinations: which of them the row must explain, and
//! which places the server checks before it sends a request.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use model::{BodyNode, Holds, constant};
use serde_json::{Value, json};

use super::{
    check::{Checker, Part},
    place::{escaped, is_pointer, segments},
};
use crate::{
    document::{Document, array, object},
    table::Row,
};

/// The properties by which a schema names a destination.
const NUMBER: &str = "number";
const SIP: &str = "sipUri";

/// More than any document has: Vapi's largest body has 460.
const STATES: usize = 20_000;

/// The shape of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Customer,
    Transfer,
}

/// Which keys of the row answer for a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Answers {
    /// The remaining segments of the pointers of `dial.to` and `not_dialed` that continue below
    /// this place.
    to: BTreeSet<Vec<String>>,
    reasons: BTreeSet<Vec<String>>,
    /// Whether `dial.to` names this place.
    called: bool,
    /// Whether a reason covers it.
    explained: bool,
}

impl Answers {
    fn of(row: &Row) -> Self {
        let parsed = |pointer: &str| segments(pointer).collect::<Vec<_>>();
        let to = row.dial.iter().flat_map(|dial| dial.to);
        Self {
            to: to.map(|pointer| parsed(pointer)).collect(),
            reasons: row
                .not_dialed
                .keys()
                .map(|pointer| parsed(pointer))
                .collect(),
            ..Self::default()
        }
        .arrived()
    }

    /// Takes out the pointers that end here.
    fn arrived(mut self) -> Self {
        self.called = self.to.remove(&Vec::new());
        self.explained |= self.reasons.remove(&Vec::new());
        self
    }

    /// The answers for a property, or for the elements of a list.
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
        .arrived()
    }
}

/// All that may stand at a place: its schemas, and the keys of the row that answer for it.
type Key = (BTreeSet<String>, Answers);

#[derive(Debug)]
struct State {
    shape: Option<Shape>,
    assistant: bool,
    answers: Answers,
    /// By name.
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

/// The places of a body; the body itself is the first.
#[derive(Debug)]
struct Places(Vec<State>);

impl Places {
    /// Follows every property and element; nothing when there are too many places.
    fn explore(document: &Document, body: &[Value], answers: Answers) -> Option<Self> {
        let mut known: HashMap<Key, usize> = HashMap::new();
        let mut queue: VecDeque<(Vec<Value>, Answers)> = VecDeque::new();
        let mut states = Vec::new();
        let mut enter = |schemas: Vec<&Value>, answers: Answers, queue: &mut VecDeque<_>| {
            let written = schemas.iter().map(ToString::to_string).collect();
            let next = known.len();
            *known.entry((written, answers.clone())).or_insert_with(|| {
                queue.push_back((schemas.into_iter().cloned().collect(), answers));
                next
            })
        };
        enter(body.iter().collect(), answers, &mut queue);
        while let Some((schemas, answers)) = queue.pop_front() {
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
            let held = |key| {
                let held: Vec<_> = opened.iter().filter_map(|it| it.get(key)).collect();
                let held: Vec<_> = held.into_iter().filter(|it| it.is_object()).collect();
                (!held.is_empty()).then_some(held)
            };
            let below = answers.below(None);
            let items = held("items").map(|it| enter(it, below.clone(), &mut queue));
            let others = held("additionalProperties").map(|it| enter(it, below, &mut queue));
            let properties = properties.into_iter().map(|(name, schemas)| {
                let below = answers.below(Some(name));
                (name.to_owned(), enter(schemas, below, &mut queue))
            });
            states.push(State {
                properties: properties.collect(),
                shape: shape(document, &opened),
                assistant: opened.iter().any(is_assistant),
                answers,
                items,
                others,
            });
        }
        Some(Self(states))
    }

    /// The places outside an inline assistant that hold a destination for which no key of the row
    /// answers. Of places with one schema the first is told.
    fn unanswered(&self, dials: bool) -> Vec<String> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::from([0]);
        let mut queue = VecDeque::from([(0, String::new())]);
        let wanting = |state: &State| {
            let shape = match dials {
                // Transfers are held against the rules one by one.
                true => state.shape.filter(|shape| *shape == Shape::Customer),
                false => state.shape,
            };
            shape.is_some() && !state.answers.called && !state.answers.explained
        };
        if self.0.first().is_some_and(wanting) {
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
                if wanting(next) && !next.assistant {
                    found.push(pointer.clone());
                }
                if seen.insert(to) {
                    queue.push_back((to, pointer));
                }
            }
        }
        found
    }

    /// Whether a destination stands at or below each place.
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
            .filter(|(_, state)| holds(state, dials) != Holds::Nothing)
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

    /// The places at or below which a destination can occur, equal ones as one node; none if there
    /// is no such place.
    fn nodes<'a>(&'a self, dials: bool) -> Vec<BodyNode> {
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
        // Partition refinement: places are equal until something below them differs.
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

/// A [`BodyNode`] before it is a constant.
type NodeShape<'a> = (
    Holds,
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

fn holds(state: &State, dials: bool) -> Holds {
    match state.shape {
        _ if state.answers.called => Holds::Called,
        None => Holds::Nothing,
        Some(_) if state.answers.explained && !dials => Holds::Nothing,
        Some(Shape::Customer) => Holds::Undeclared,
        Some(Shape::Transfer) => Holds::Transfer,
    }
}

/// Whether a value of one of these schemas names a destination, and of which kind: one that a call
/// is transferred to says so by the only value of its `type`.
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

/// Whether a property may hold a telephone number or an address.
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

/// Whether a schema is that of an assistant, or of what changes one.
fn is_assistant(schema: &Value) -> bool {
    let has = |name: &&str| {
        schema
            .get("properties")
            .is_some_and(|all| all.get(name).is_some())
    };
    ["model", "transcriber", "voice"].iter().all(has)
}

impl Checker<'_> {
    /// Checks that the row answers for every destination that its body can hold, and returns the
    /// places at or below which there are some.
    pub(super) fn reach(&mut self, row: &Row, body: Option<&[Value]>) -> Vec<BodyNode> {
        let part = Part::from("`not_dialed`");
        for (pointer, reason) in &row.not_dialed {
            if !is_pointer(pointer) {
                self.has_form(&part, pointer);
            } else if reason.trim().is_empty() {
                self.fault(&part, format!("`{pointer}` has no reason"));
            } else if row
                .dial
                .iter()
                .any(|dial| dial.to.contains(&pointer.as_str()))
            {
                self.fault(&part, format!("`dial.to` names `{pointer}`"));
            } else if let Some(body) = body {
                self.pointer(&part, body, &pointer.replace("/*", "/0"));
            } else {
                self.fault(&part, format!("`{}` has no body", row.operation));
            }
        }
        // What is wrong with the row so far may be what is missing here.
        if !self.problems.is_empty() {
            return Vec::new();
        }
        let Some(body) = body else { return Vec::new() };
        let Some(places) = Places::explore(self.document, body, Answers::of(row)) else {
            let reason = format!("its body has more than {STATES} places");
            self.fault("`operation`", reason);
            return Vec::new();
        };
        let dials = row.dial.is_some();
        let unanswered = places.unanswered(dials);
        if !unanswered.is_empty() {
            self.unguarded(row, &unanswered);
        }
        self.unneeded(row, body);
        places.nodes(dials)
    }

    fn unguarded(&mut self, row: &Row, places: &[String]) {
        const NAMED: usize = 3;
        let names = places.iter().take(NAMED).map(|at| match at.as_str() {
            "" => "the top".to_owned(),
            at => format!("`{at}`"),
        });
        let names = names.collect::<Vec<_>>().join(", ");
        let more = match places.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let example = places.first().map_or("", String::as_str);
        let reason = format!(
            "the body of `{}` can name destinations at {names}{more}, and no guard checks them",
            row.operation
        );
        let remedy = match row.dial {
            Some(_) => "add them to `dial.to`",
            None => "set `effect = \"dial\"` and add `[tool.dial]`",
        };
        let problem = self.problem("`not_dialed`", reason).remedy(format!(
            "{remedy}, or state why no call is placed: not_dialed = {{ \"{example}\" = \"…\" }}"
        ));
        self.problems.push(problem);
    }

    /// Reasons that explain no destination are stale.
    fn unneeded(&mut self, row: &Row, body: &[Value]) {
        for pointer in row.not_dialed.keys() {
            let mut without = row.clone();
            without.not_dialed.shift_remove(pointer);
            let answers = Answers::of(&without);
            let places = Places::explore(self.document, body, answers);
            let is_needed = places.is_some_and(|it| !it.unanswered(row.dial.is_some()).is_empty());
            if !is_needed {
                let problem = self
                    .problem(
                        "`not_dialed`",
                        format!("`{pointer}` explains no destination"),
                    )
                    .remedy("remove it");
                self.stale.push(problem);
            }
        }
    }
}

/// Whether every schema is of one of these types; false without schemas.
pub(super) fn all_are(schemas: &[Value], types: &[&str]) -> bool {
    let is_one = |schema: &Value| match schema.get("type").and_then(Value::as_str) {
        Some(kind) => types.contains(&kind),
        None if schema.get("properties").is_some() => types.contains(&"object"),
        None => array(schema.get("enum")).all(Value::is_string) && types.contains(&"string"),
    };
    !schemas.is_empty() && schemas.iter().all(is_one)
}
