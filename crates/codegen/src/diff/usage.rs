//! The parts of a document that each tool uses: the locations that its row names, their parents,
//! and the components to which its operation refers.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::View;
use serde_json::Value;

use super::{
    compare::{Names, label},
    location::{Location, Root},
};
use crate::{
    catalog::location::{escaped, of_first, segments},
    document::{Document, Operation, array, object},
    structure::{Kind, component, each_reference},
    table::Row,
};

/// How a row uses a location.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Use {
    /// This argument sets the location.
    Argument(String),
    /// The location contains one that this argument sets.
    Way(String),
    /// The row sends this constant at the location, as JSON.
    Constant(String),
    /// The location is shown; the pointer into the response.
    Result(String),
    /// The location contains the value at this pointer, which is shown.
    ResultWay(String),
    /// The location is the response or an element of it.
    Answer,
}

impl Use {
    /// A constant, labelled like a value of an `enum`.
    pub(super) fn constant(value: &Value) -> Self {
        Self::Constant(label(Kind::Plain, value, 0))
    }
}

/// The parts of a document that one tool uses.
#[derive(Clone, Debug)]
pub(super) struct ToolUsage {
    pub(super) tool: String,
    /// The root of the tool's operation.
    pub(super) operation: Root,
    /// The query and path parameters that arguments set, such as `query limit`, with the argument.
    pub(super) parameters: HashMap<String, String>,
    /// The locations that the tool uses.
    pub(super) locations: HashMap<Location, BTreeSet<Use>>,
    /// The components that the operation refers to, directly or indirectly.
    pub(super) reach: HashSet<Root>,
}

impl ToolUsage {
    /// The parts that `row` uses in any of these revisions.
    pub(super) fn of(row: &Row, sides: &[(&Document, &Names)]) -> Self {
        let mut uses = Self {
            tool: row.name.clone(),
            operation: Root::Operation(row.operation.clone()),
            parameters: HashMap::new(),
            locations: HashMap::new(),
            reach: HashSet::new(),
        };
        for (document, names) in sides {
            let Some(operation) = document.operation(&row.operation) else {
                continue;
            };
            let location = (operation.path.to_owned(), operation.method.to_owned());
            if let Some(name) = names.get(&location) {
                uses.operation = Root::Operation(name.clone());
            }
            uses.arguments(row, document, operation);
            uses.results(row, document, operation);
            uses.reach(document, operation);
        }
        uses
    }

    /// Whether a change below this root can affect the tool.
    pub(super) fn reaches(&self, root: &Root) -> bool {
        *root == self.operation || self.reach.contains(root)
    }

    fn arguments(&mut self, row: &Row, document: &Document, operation: Operation<'_>) {
        let request = contents(document, operation.object.get("requestBody"), || {
            Location::of(self.operation.clone()).key("requestBody")
        });
        for (name, arg) in &row.args {
            let arg = arg.get_ref();
            for (kind, parameter) in [("path", &arg.path), ("query", &arg.query)] {
                if let Some(parameter) = parameter {
                    let label = format!("{kind} {parameter}");
                    self.parameters.insert(label, name.clone());
                }
            }
            let Some(pointer) = &arg.body else { continue };
            let constants = arg.constants.iter().map(|(at, value)| (at.as_str(), value));
            let constants = constants.chain(arg.default.iter().map(|it| (pointer.as_str(), it)));
            for (location, schema) in &request {
                let mut trace = Trace::new(document);
                trace.follow(location, schema, &parts(pointer));
                self.used(trace.ends, &Use::Argument(name.clone()));
                self.used(trace.ways, &Use::Way(name.clone()));
                for (at, value) in constants.clone() {
                    for (at, value) in leaves(at, value) {
                        let mut trace = Trace::new(document);
                        trace.follow(location, schema, &parts(&at));
                        self.used(trace.ends, &Use::constant(value));
                        self.used(trace.ways, &Use::Way(name.clone()));
                    }
                }
            }
        }
        for (location, schema) in &request {
            let mut trace = Trace::new(document);
            trace.follow(location, schema, &[]);
            self.used(trace.ends, &Use::Way(String::new()));
        }
    }

    fn results(&mut self, row: &Row, document: &Document, operation: Operation<'_>) {
        let shown = shown(&row.result);
        for (status, response) in object(operation.object.get("responses")) {
            if !status.starts_with('2') {
                continue;
            }
            let answer = contents(document, Some(response), || {
                Location::of(self.operation.clone()).name("responses", status)
            });
            for (location, schema) in answer {
                for (location, schema) in elements(document, &location, schema, self) {
                    let mut trace = Trace::new(document);
                    trace.follow(&location, schema, &[]);
                    self.used(trace.ends, &Use::Answer);
                    for pointer in &shown {
                        let mut trace = Trace::new(document);
                        trace.follow(&location, schema, &parts(pointer));
                        self.used(trace.ends, &Use::Result(pointer.clone()));
                        self.used(trace.ways, &Use::ResultWay(pointer.clone()));
                    }
                }
            }
        }
    }

    fn used(&mut self, locations: Vec<Location>, how: &Use) {
        for location in locations {
            self.locations
                .entry(location)
                .or_default()
                .insert(how.clone());
        }
    }

    fn reach(&mut self, document: &Document, operation: Operation<'_>) {
        self.reach.insert(Root::Path(operation.path.to_owned()));
        let mut open = Vec::new();
        each_reference(Kind::Operation, operation.object, &mut |it| open.push(it));
        let item = document.value().get("paths");
        if let Some(item) = item.and_then(|paths| paths.get(operation.path)) {
            for parameter in array(item.get("parameters")) {
                each_reference(Kind::Parameter, parameter, &mut |it| open.push(it));
            }
        }
        let mut seen = HashSet::new();
        while let Some(reference) = open.pop() {
            if !seen.insert(reference) {
                continue;
            }
            let (Some(root), Some(target)) = (Root::target(reference), document.target(reference))
            else {
                continue;
            };
            let kind = match &root {
                Root::Component(kind, _) => component(kind),
                _ => Kind::Plain,
            };
            each_reference(kind, target, &mut |it| open.push(it));
            self.reach.insert(root);
        }
    }
}

/// The pointers to the parts of a response that a view shows.
pub(super) fn shown(view: &View) -> BTreeSet<String> {
    let added = view.add.iter().map(|added| added.at);
    let times = view.page.iter().map(|page| page.at);
    let derived = view.derive.iter().flat_map(|it| [it.from, it.to]);
    let pointers = added.chain(times).chain(derived);
    let below_added = view.add.iter().flat_map(|added| {
        let keys = added.keep.into_iter().flatten();
        keys.map(|key| format!("{}/{}", added.at, escaped(key)))
    });
    let kept = view.keep.into_iter().flatten();
    let kept = kept
        .chain(view.truncate_last)
        .map(|pointer| of_first(pointer));
    let pointers = pointers.chain(view.explain).map(str::to_owned);
    pointers.chain(below_added).chain(kept).collect()
}

/// The locations and schemas of the JSON in a body or a response.
fn contents<'a>(
    document: &'a Document,
    holder: Option<&'a Value>,
    location: impl Fn() -> Location,
) -> Vec<(Location, &'a Value)> {
    let Some(holder) = holder else {
        return Vec::new();
    };
    let reference = holder.get("$ref").and_then(Value::as_str);
    let location = reference
        .and_then(Root::target)
        .map_or_else(location, Location::of);
    let media = document.resolved(holder).get("content");
    let media = media.and_then(|content| content.get("application/json"));
    let schema = media.and_then(|media| media.get("schema"));
    let location = location.name("content", "application/json").key("schema");
    schema
        .into_iter()
        .map(|schema| (location.clone(), schema))
        .collect()
}

/// The schemas of one object of a response; for a list, those of its elements.
fn elements<'a>(
    document: &'a Document,
    location: &Location,
    schema: &'a Value,
    uses: &mut ToolUsage,
) -> Vec<(Location, &'a Value)> {
    let mut trace = Trace::new(document);
    trace.follow(location, schema, &[]);
    let lists: Vec<_> = trace
        .schemas
        .iter()
        .filter_map(|(location, schema)| Some((location.key("items"), schema.get("items")?)))
        .collect();
    if lists.is_empty() {
        return vec![(location.clone(), schema)];
    }
    uses.used(trace.ends, &Use::Answer);
    lists
}

/// Follows a pointer through schemas, in all members of compositions.
struct Trace<'a> {
    document: &'a Document,
    /// The locations at which the pointer ends.
    ends: Vec<Location>,
    /// The schemas at these locations.
    schemas: Vec<(Location, &'a Value)>,
    /// The parents of these locations.
    ways: Vec<Location>,
    seen: HashSet<(Location, usize)>,
}

impl<'a> Trace<'a> {
    fn new(document: &'a Document) -> Self {
        Self {
            document,
            ends: Vec::new(),
            schemas: Vec::new(),
            ways: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// This does not recurse, because a hostile document may nest references to any depth.
    fn follow(&mut self, location: &Location, schema: &'a Value, pointer: &[String]) {
        let mut open = vec![(location.clone(), schema, pointer)];
        while let Some((location, schema, pointer)) = open.pop() {
            if !self.seen.insert((location.clone(), pointer.len())) {
                continue;
            }
            if pointer.is_empty() {
                self.ends.push(location.clone());
                self.schemas.push((location.clone(), schema));
            } else {
                self.ways.push(location.clone());
            }
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                if let (Some(root), Some(target)) =
                    (Root::target(reference), self.document.target(reference))
                {
                    open.push((Location::of(root), target, pointer));
                }
                continue;
            }
            for union in ["allOf", "oneOf", "anyOf"] {
                for (index, member) in array(schema.get(union)).enumerate() {
                    let label = label(Kind::Schema, member, index);
                    open.push((location.member(union, label), member, pointer));
                }
            }
            let Some((segment, rest)) = pointer.split_first() else {
                continue;
            };
            if segment.parse::<usize>().is_ok()
                && let Some(items) = schema.get("items")
            {
                open.push((location.key("items"), items, rest));
            }
            if let Some(property) = schema.get("properties").and_then(|it| it.get(segment)) {
                open.push((location.name("properties", segment), property, rest));
            }
        }
    }
}

fn parts(pointer: &str) -> Vec<String> {
    segments(pointer).collect()
}

/// The scalars of a value, each with its pointer.
pub(super) fn leaves<'a>(at: &str, value: &'a Value) -> Vec<(String, &'a Value)> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| leaves(&format!("{at}/{}", escaped(key)), value))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .flat_map(|(index, value)| leaves(&format!("{at}/{index}"), value))
            .collect(),
        scalar => vec![(at.to_owned(), scalar)],
    }
}
