//! Resolves the schemas of request bodies and the named schemas, and recognises destinations and
//! assistants among them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use indexmap::IndexSet;
use serde_json::{Value, json};

use super::location::{declared_body, escaped};
use crate::{
    document::{Document, object},
    graph::{DestinationShape, Graph, LOCATIONS, Node},
};

/// The properties by which the schema of a destination is recognised.
const NUMBER: &str = "number";
const SIP: &str = "sipUri";

impl Document {
    /// The schemas of all request bodies, and the named schemas.
    pub(crate) fn graph(&self) -> &Graph {
        self.cached_graph(resolve)
    }
}

fn resolve(document: &Document) -> Graph {
    let mut sets = Sets::default();
    let mut bodies = HashMap::new();
    for operation in document.operations() {
        if let Some(schema) = declared_body(document, operation) {
            bodies.insert(operation.address(), sets.enter(schema));
        }
    }
    let mut named = HashMap::new();
    for (name, _) in object(document.value().pointer("/components/schemas")) {
        // Bodies refer to the schema in this way, so they share its node.
        let reference = json!({ "$ref": format!("#/components/schemas/{}", escaped(name)) });
        named.insert(name.to_owned(), sets.enter([&reference]));
    }
    let mut nodes = Vec::new();
    while nodes.len() < LOCATIONS
        && let Some(schemas) = sets.alternatives(document, nodes.len())
    {
        nodes.push(node(document, &schemas, &mut sets));
    }
    Graph {
        nodes,
        bodies,
        named,
    }
}

/// The distinct schemas of a document, and the distinct sets of them: one for each node.
#[derive(Default)]
struct Sets {
    schemas: IndexSet<Value>,
    sets: IndexSet<BTreeSet<usize>>,
}

impl Sets {
    /// The node of these schemas.
    fn enter<'a>(&mut self, schemas: impl IntoIterator<Item = &'a Value>) -> usize {
        let schemas = schemas.into_iter();
        let set = schemas.map(|schema| {
            let known = self.schemas.get_index_of(schema);
            known.unwrap_or_else(|| self.schemas.insert_full(schema.clone()).0)
        });
        self.sets.insert_full(set.collect()).0
    }

    /// The schemas of a node without references and compositions; `None` if there is no such node
    /// yet.
    fn alternatives(&self, document: &Document, node: usize) -> Option<Vec<Value>> {
        let set = self.sets.get_index(node)?;
        let schemas = set.iter().filter_map(|at| self.schemas.get_index(*at));
        let alternatives = schemas.flat_map(|schema| document.alternatives(schema));
        Some(alternatives.collect())
    }
}

/// The node of these schemas without references and compositions.
fn node(document: &Document, schemas: &[Value], sets: &mut Sets) -> Node {
    let mut properties: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (name, schema) in schemas.iter().flat_map(|it| object(it.get("properties"))) {
        properties.entry(name).or_default().push(schema);
    }
    let mut at = |key| {
        let below = schemas.iter().filter_map(|schema| schema.get(key));
        let below: Vec<_> = below.filter(|schema| schema.is_object()).collect();
        (!below.is_empty()).then(|| sets.enter(below))
    };
    Node {
        items: at("items"),
        others: at("additionalProperties"),
        destination: destination(document, schemas),
        is_assistant: schemas.iter().any(is_assistant),
        properties: properties
            .into_iter()
            .map(|(name, schemas)| (name.to_owned(), sets.enter(schemas)))
            .collect(),
    }
}

/// The kind of destination that these schemas describe, if any. A transfer has a `type` with only
/// one value.
fn destination(document: &Document, schemas: &[Value]) -> Option<DestinationShape> {
    let named = schemas.iter().filter(|schema| {
        [NUMBER, SIP].into_iter().any(|name| {
            let property = schema.get("properties").and_then(|all| all.get(name));
            property.is_some_and(|property| is_text(document, property))
        })
    });
    let shapes = named.map(|schema| {
        let kind = schema.pointer("/properties/type/enum");
        match kind == Some(&json!(["number"])) || kind == Some(&json!(["sip"])) {
            true => DestinationShape::Transfer,
            false => DestinationShape::Customer,
        }
    });
    shapes.reduce(|one, other| match one {
        DestinationShape::Customer => one,
        DestinationShape::Transfer => other,
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
