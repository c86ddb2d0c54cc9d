//! The search index.

use std::collections::{BTreeMap, BTreeSet};

use search::{Builder, Field, Index, Location};
use serde_json::{Value, json};

use super::row::{Operations, Row};
use crate::{
    catalog::location::{body_schema, escaped},
    document::{Document, Operation, object},
};

/// Words that occur in most queries, whatever their subject.
const COMMON: &str = "call called calling assistant agent bot customer caller person people number phone vapi api one new old first last";

/// Maximum depth of indexed properties of bodies.
const DEPTH: usize = 6;

/// Verbs that describe what an operation does.
fn verbs(operation: Operation<'_>, row: &Row) -> &'static str {
    let ends = |word: &str| operation.path.ends_with(word);
    match operation.method {
        _ if row.stops.as_ref().is_some_and(BTreeMap::is_empty) => "cancel stop abort end halt",
        "delete" => "delete remove erase drop destroy clear",
        "patch" | "put" => "update change edit modify set rename switch adjust replace turn",
        _ if row.answer.is_some() => "download listen fetch play audio file link",
        "get" if ends("}") => "see read open view details inspect look status fetch",
        "get" => "list find search see browse view overview all",
        _ if row.effect == Some(model::Effect::Read) => {
            "compute calculate count sum average report number"
        }
        _ if ends("run") || ends("retry") || ends("generate") => {
            "run start execute launch test kick"
        }
        _ => "create add new build define set up register write",
    }
}

impl Operations {
    /// The index of the operations, numbered in the order of the document, and of the properties of
    /// their bodies.
    pub fn index(&self, document: &Document) -> (Index, Vec<FoundLocation>) {
        let operations: Vec<_> = document.operations().collect();
        let mut builder = Builder {
            synonyms: self.synonyms.clone(),
            common: COMMON.split(' ').map(str::to_owned).collect(),
            ..Builder::default()
        };
        for (id, operation) in (0..).zip(&operations) {
            let Some(row) = self.row(*operation).filter(|row| row.prefer.is_none()) else {
                continue;
            };
            builder.operations.push(search::Operation {
                id,
                fields: self.fields(document, *operation, row),
            });
        }
        let places = self.places(document, &operations);
        builder.places = places
            .iter()
            .map(|place| Location {
                path: place
                    .at
                    .split('/')
                    .filter(|name| !matches!(*name, "" | "*"))
                    .map(str::to_owned)
                    .collect(),
                words: place.words.clone(),
                operations: place.operations.clone(),
            })
            .collect();
        (builder.build(), places)
    }

    /// What a server needs to search, as JSON: `index`; `places`, their pointers; `operations`,
    /// each with its key, effect, what it does and the tool that serves better; and `groups`, each
    /// with its name and what it is.
    pub(crate) fn searchable(&self, document: &Document) -> Value {
        let (index, places) = self.index(document);
        let places: Vec<_> = places.into_iter().map(|place| place.at).collect();
        let operations = document.operations().map(|operation| {
            let row = self.row(operation);
            let does = row.map_or("", |row| row.does.as_str());
            let tool = row.and_then(|row| row.tool.as_deref());
            json!([
                operation.address(),
                self.effect(operation).name(),
                does,
                tool
            ])
        });
        let operations: Vec<_> = operations.collect();
        let groups = self
            .groups
            .iter()
            .map(|group| json!([group.name, group.does]));
        let groups: Vec<_> = groups.collect();
        json!({ "index": index, "places": places, "operations": operations, "groups": groups })
    }

    fn fields(&self, document: &Document, operation: Operation<'_>, row: &Row) -> Vec<Field> {
        let field = |name, weight, once, text: String| Field {
            name,
            weight,
            once,
            text,
        };
        let group = self.group(operation).and_then(|at| self.groups.get(at));
        let group = group.map_or_else(String::new, |it| {
            format!("{} {} {}", it.name, it.does, it.also)
        });
        let path = operation
            .path
            .split('/')
            .filter(|part| !part.starts_with('{'));
        let id = operation
            .id
            .split_once('_')
            .map_or(operation.id, |(_, method)| method);
        let query = document
            .parameters(operation)
            .into_iter()
            .filter(|it| it.place == "query");
        let query: Vec<_> = query
            .map(|it| {
                format!(
                    "{} {}",
                    it.name,
                    row.params.get(it.name).map_or("", String::as_str)
                )
            })
            .collect();
        let body = body_schema(document, operation).unwrap_or_default();
        let names = body
            .iter()
            .flat_map(|form| object(form.get("properties")).map(|(name, _)| name));
        vec![
            field("does", 3.0, false, row.does.clone()),
            field("also", 1.3, false, row.also.clone()),
            field("group", 0.7, true, group),
            field("path", 1.6, true, path.collect::<Vec<_>>().join(" ")),
            field("id", 1.0, false, id.to_owned()),
            field("verb", 1.6, false, verbs(operation, row).to_owned()),
            field("parameter", 0.6, true, query.join(" ")),
            field("property", 0.4, true, names.collect::<Vec<_>>().join(" ")),
        ]
    }

    /// The locations in bodies: first those that have a note, then all properties, each with the
    /// operations that have it.
    fn places(&self, document: &Document, operations: &[Operation<'_>]) -> Vec<FoundLocation> {
        let mut places: BTreeMap<(bool, String), FoundLocation> = BTreeMap::new();
        for (id, operation) in (0..).zip(operations) {
            if self.row(*operation).is_none_or(|row| row.prefer.is_some()) {
                continue;
            }
            let mut noted = BTreeSet::new();
            for (at, words) in self.notes(document, *operation) {
                noted.insert(at.to_owned());
                let place = places.entry((false, at.to_owned())).or_default();
                place.at = at.to_owned();
                if !place.words.contains(words) {
                    place.words = format!("{} {words}", place.words).trim().to_owned();
                }
                place.operations.push(id);
            }
            for at in properties(document, *operation) {
                if noted.contains(&at) {
                    continue;
                }
                let place = places.entry((true, at.clone())).or_default();
                place.at = at;
                place.operations.push(id);
            }
        }
        places.into_values().collect()
    }
}

/// A location that can be found.
#[derive(Clone, Debug, Default)]
pub struct FoundLocation {
    /// The JSON pointer into the body.
    pub at: String,
    /// Words that describe the location; empty if there are none.
    pub words: String,
    /// The operations whose bodies have the location.
    pub operations: Vec<u16>,
}

/// Pointers to the properties of a body; of several with the same name, the least nested one.
fn properties(document: &Document, operation: Operation<'_>) -> Vec<String> {
    let graph = document.graph();
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    let body = graph.body(&operation.address());
    let mut level: Vec<_> = body.map(|at| (String::new(), at)).into_iter().collect();
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for (at, node) in &level {
            let Some(node) = graph.node(*node) else {
                continue;
            };
            next.extend(node.items.map(|items| (format!("{at}/*"), items)));
            for (name, property) in &node.properties {
                if names.insert(name) {
                    let place = format!("{at}/{}", escaped(name));
                    found.push(place.clone());
                    next.push((place, *property));
                }
            }
        }
        level = next;
    }
    found
}
