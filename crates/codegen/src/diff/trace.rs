//! Follows pointers through a document, and collects the locations on the way.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    compare::{Names, label},
    location::{Location, Root},
};
use crate::{
    catalog::location::{PAGE, segments},
    document::{Document, Operation, array, object},
    structure::{Kind, component, each_reference},
};

/// A schema and its location.
pub(super) type Located<'a> = (Location, &'a Value);

/// One operation in one of the two documents.
pub(super) struct Scope<'a> {
    pub(super) document: &'a Document,
    pub(super) operation: Operation<'a>,
    /// The root of its locations.
    pub(super) root: Root,
}

impl<'a> Scope<'a> {
    pub(super) fn new(document: &'a Document, names: &Names, operation: Operation<'a>) -> Self {
        let key = (operation.path.to_owned(), operation.method.to_owned());
        let name = names.get(&key).map_or(operation.id, String::as_str);
        Self {
            document,
            operation,
            root: Root::Operation(name.to_owned()),
        }
    }

    fn location(&self) -> Location {
        Location::of(self.root.clone())
    }

    /// The schemas of the body.
    pub(super) fn request(&self) -> Vec<Located<'a>> {
        let body = self.operation.object.get("requestBody");
        contents(self.document, body, || self.location().key("requestBody"))
    }

    /// The schemas of the 2xx responses.
    pub(super) fn answers(&self) -> Vec<Located<'a>> {
        let responses = object(self.operation.object.get("responses"));
        responses
            .filter(|(status, _)| status.starts_with('2'))
            .flat_map(|(status, response)| {
                contents(self.document, Some(response), || {
                    self.location().name("responses", status)
                })
            })
            .collect()
    }

    /// The schemas of one object of the response: for a list or a page, those of its elements. The
    /// second value contains the locations of the lists.
    pub(super) fn rows(&self, at: Option<&str>) -> (Vec<Located<'a>>, Vec<Location>) {
        let (mut rows, mut lists) = (Vec::new(), Vec::new());
        for (location, schema) in self.answers() {
            let whole = self.trace(&location, schema, at.unwrap_or_default());
            let [results, metadata] = PAGE;
            let paged = self.trace(&location, schema, &format!("/{metadata}"));
            let pages = match paged.schemas.is_empty() || at.is_some() {
                true => Vec::new(),
                false => {
                    let pages = self.trace(&location, schema, &format!("/{results}"));
                    lists.extend(pages.ways);
                    lists.extend(paged.ends);
                    pages.schemas
                }
            };
            let items = |(location, schema): &Located<'a>| {
                Some((location.key("items"), schema.get("items")?))
            };
            let found: Vec<_> = whole
                .schemas
                .iter()
                .chain(&pages)
                .filter_map(items)
                .collect();
            if found.is_empty() {
                rows.extend(whole.schemas);
            } else {
                lists.extend(whole.ends);
                lists.extend(pages.into_iter().map(|(location, _)| location));
                rows.extend(found);
            }
        }
        (rows, lists)
    }

    /// The declarations of a parameter with this name and OpenAPI `in`, and the schemas of its value.
    pub(super) fn parameter(&self, place: &str, name: &str) -> (Vec<Location>, Vec<Located<'a>>) {
        let paths = self.document.value().get("paths");
        let item = paths.and_then(|paths| paths.get(self.operation.path));
        let of_path = Location::of(Root::Path(self.operation.path.to_owned()));
        let holders = [
            (self.location(), Some(self.operation.object)),
            (of_path, item),
        ];
        let (mut declared, mut schemas) = (Vec::new(), Vec::new());
        for (holder, object) in holders {
            let parameters = array(object.and_then(|it| it.get("parameters")));
            for (index, parameter) in parameters.enumerate() {
                let resolved = self.document.resolved(parameter);
                let text = |key| resolved.get(key).and_then(Value::as_str);
                if text("in") != Some(place) || text("name") != Some(name) {
                    continue;
                }
                let label = label(Kind::Parameter, parameter, index);
                let mut location = holder.member("parameters", label);
                declared.push(location.clone());
                let reference = parameter.get("$ref").and_then(Value::as_str);
                if let Some(root) = reference.and_then(Root::target) {
                    location = Location::of(root);
                    declared.push(location.clone());
                }
                let schema = resolved.get("schema");
                schemas.extend(schema.map(|schema| (location.key("schema"), schema)));
            }
        }
        (declared, schemas)
    }

    /// Follows a pointer below a schema.
    pub(super) fn trace(&self, location: &Location, schema: &'a Value, pointer: &str) -> Trace<'a> {
        let mut trace = Trace {
            document: self.document,
            ends: Vec::new(),
            schemas: Vec::new(),
            ways: Vec::new(),
            seen: HashSet::new(),
        };
        let parts: Vec<_> = segments(pointer).collect();
        trace.follow(location, schema, &parts);
        trace
    }

    /// The components to which the operation refers, directly or indirectly, and its path.
    pub(super) fn reach(&self) -> HashSet<Root> {
        let mut reach = HashSet::from([Root::Path(self.operation.path.to_owned())]);
        let mut open = Vec::new();
        each_reference(Kind::Operation, self.operation.object, &mut |it| {
            open.push(it)
        });
        let item = self.document.value().get("paths");
        if let Some(item) = item.and_then(|paths| paths.get(self.operation.path)) {
            for parameter in array(item.get("parameters")) {
                each_reference(Kind::Parameter, parameter, &mut |it| open.push(it));
            }
        }
        self.follow_references(open, &mut reach);
        reach
    }

    /// The named schemas to which the body refers, directly or indirectly.
    pub(super) fn body_reach(&self) -> HashSet<Root> {
        let mut reach = HashSet::new();
        let mut open = Vec::new();
        if let Some(body) = self.operation.object.get("requestBody") {
            each_reference(Kind::RequestBody, body, &mut |it| open.push(it));
        }
        self.follow_references(open, &mut reach);
        reach
    }

    fn follow_references(&self, mut open: Vec<&'a str>, reach: &mut HashSet<Root>) {
        let mut seen = HashSet::new();
        while let Some(reference) = open.pop() {
            if !seen.insert(reference) {
                continue;
            }
            let (Some(root), Some(target)) =
                (Root::target(reference), self.document.target(reference))
            else {
                continue;
            };
            let kind = match &root {
                Root::Component(kind, _) => component(kind),
                _ => Kind::Plain,
            };
            each_reference(kind, target, &mut |it| open.push(it));
            reach.insert(root);
        }
    }
}

/// The locations and schemas of the JSON in a body or a response, or of a form if there is no JSON.
fn contents<'a>(
    document: &'a Document,
    holder: Option<&'a Value>,
    location: impl Fn() -> Location,
) -> Vec<Located<'a>> {
    let Some(holder) = holder else {
        return Vec::new();
    };
    let reference = holder.get("$ref").and_then(Value::as_str);
    let location = reference
        .and_then(Root::target)
        .map_or_else(location, Location::of);
    let content = document.resolved(holder).get("content");
    let kinds = ["application/json", "multipart/form-data"];
    let mut media = kinds
        .iter()
        .filter_map(|kind| Some((kind, content?.get(kind)?)));
    let schema = media.next().and_then(|(kind, media)| {
        let location = location.name("content", kind).key("schema");
        Some((location, media.get("schema")?))
    });
    schema.into_iter().collect()
}

/// A pointer that was followed through schemas, in all members of compositions.
pub(super) struct Trace<'a> {
    document: &'a Document,
    /// The locations at which the pointer ends.
    pub(super) ends: Vec<Location>,
    /// The schemas at these locations.
    pub(super) schemas: Vec<Located<'a>>,
    /// The parents of these locations.
    pub(super) ways: Vec<Location>,
    seen: HashSet<(Location, usize)>,
}

impl<'a> Trace<'a> {
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
            let is_any = segment == "*";
            if (is_any || segment.parse::<usize>().is_ok())
                && let Some(items) = schema.get("items")
            {
                open.push((location.key("items"), items, rest));
            }
            if is_any && let Some(others) = schema.get("additionalProperties") {
                open.push((location.key("additionalProperties"), others, rest));
            }
            if let Some(property) = schema.get("properties").and_then(|it| it.get(segment)) {
                open.push((location.name("properties", segment), property, rest));
            }
        }
    }
}
