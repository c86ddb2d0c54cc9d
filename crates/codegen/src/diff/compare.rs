//! Compares the structure of two documents. Everything that only one of them contains is a
//! [`Change`] or part of one. The order of lists is ignored.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};

use super::location::{Location, Root, Step};
use crate::{
    document::{Document, METHODS, Operation, object},
    structure::{Children, Kind, children},
};

/// The kind and content of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeKind {
    /// Only the new document has it, with this content.
    Added(Value),
    /// Only the old document has it, with this content.
    Removed(Value),
    /// Both have it, with different values.
    Changed(Value, Value),
    /// An operation has another path or method.
    Moved(String, String),
}

/// One difference between two documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The location of the difference.
    pub location: Location,
    /// The kind and content of the difference.
    pub what: ChangeKind,
}

/// The names of operations in a comparison, by path and method.
pub(super) type Names = HashMap<(String, String), String>;

/// The differences between two documents, in the order of locations.
pub fn compare(old: &Document, new: &Document) -> Vec<Change> {
    let (old_names, new_names) = names(old, new);
    let mut comparison = Comparison(Vec::new());
    comparison.operations(&by_name(old, &old_names), &by_name(new, &new_names));
    comparison.paths(old.value().get("paths"), new.value().get("paths"));
    comparison.document(old.value(), new.value());
    let mut changes = comparison.0;
    changes.sort_by(|a, b| a.location.cmp(&b.location));
    changes
}

/// An operation is named by its operationId. If that is missing, repeated or replaced by another
/// one at the same path and method, it still has the same name in both revisions.
pub(super) fn names(old: &Document, new: &Document) -> (Names, Names) {
    let old_own = own_names(old);
    let new_own = own_names(new);
    let known: HashSet<_> = new_own.values().cloned().collect();
    let before: HashSet<_> = old_own.values().cloned().collect();
    let aligned = old_own
        .into_iter()
        .map(|(location, own)| {
            let renamed = new_own
                .get(&location)
                .filter(|name| !known.contains(&own) && !before.contains(*name));
            let name = renamed.cloned().unwrap_or(own);
            (location, name)
        })
        .collect();
    (aligned, new_own)
}

fn own_names(document: &Document) -> Names {
    let mut count: HashMap<&str, usize> = HashMap::new();
    for operation in document.operations() {
        *count.entry(operation.id).or_default() += 1;
    }
    let own = |operation: Operation<'_>| match count.get(operation.id) {
        Some(1) if !operation.id.is_empty() => operation.id.to_owned(),
        _ => operation.address(),
    };
    document
        .operations()
        .map(|operation| (key(operation), own(operation)))
        .collect()
}

fn key(operation: Operation<'_>) -> (String, String) {
    (operation.path.to_owned(), operation.method.to_owned())
}

fn by_name<'a>(document: &'a Document, names: &Names) -> HashMap<String, Operation<'a>> {
    document
        .operations()
        .filter_map(|operation| Some((names.get(&key(operation))?.clone(), operation)))
        .collect()
}

/// The name of a list element, the same in every revision.
pub(super) fn label(kind: Kind, element: &Value, index: usize) -> String {
    identity(kind, element).unwrap_or_else(|| format!("#{}", index + 1))
}

fn identity(kind: Kind, element: &Value) -> Option<String> {
    let text = |key| element.get(key).and_then(Value::as_str);
    if let Some(target) = text("$ref") {
        return Some(target.rsplit('/').next().unwrap_or(target).to_owned());
    }
    match element {
        Value::Object(_) if kind == Kind::Parameter => {
            Some(format!("{} {}", text("in")?, text("name")?))
        }
        Value::Object(_) | Value::Array(_) => None,
        Value::String(text) => Some(text.clone()),
        scalar => Some(scalar.to_string()),
    }
}

struct Comparison(Vec<Change>);

impl Comparison {
    fn change(&mut self, location: Location, what: ChangeKind) {
        self.0.push(Change { location, what });
    }

    fn operations(
        &mut self,
        old: &HashMap<String, Operation<'_>>,
        new: &HashMap<String, Operation<'_>>,
    ) {
        for name in keys(old.keys(), new.keys()) {
            let location = Location::of(Root::Operation(name.clone()));
            let (old, new) = (old.get(name), new.get(name));
            if let (Some(old), Some(new)) = (old, new)
                && key(*old) != key(*new)
            {
                self.change(
                    location.clone(),
                    ChangeKind::Moved(old.address(), new.address()),
                );
            }
            self.pair(
                location,
                Kind::Operation,
                old.map(|operation| operation.object),
                new.map(|operation| operation.object),
            );
        }
    }

    /// Everything in paths except their operations.
    fn paths(&mut self, old: Option<&Value>, new: Option<&Value>) {
        let names = |paths| object(paths).map(|(path, _)| path);
        let item = |paths: Option<&Value>, path: &str| paths?.get(path).map(without_operations);
        for path in keys(names(old), names(new)) {
            let location = Location::of(Root::Path(path.to_owned()));
            match (item(old, path), item(new, path)) {
                (Some((old, _)), Some((new, _))) => {
                    self.values(location, Kind::PathItem, &old, &new);
                }
                // A path that contains only operations is covered by their changes.
                (Some((_, true)), None) | (None, Some((_, true))) => {}
                (old, new) => {
                    let (old, new) = (old.map(|(item, _)| item), new.map(|(item, _)| item));
                    self.pair(location, Kind::PathItem, old.as_ref(), new.as_ref());
                }
            }
        }
    }

    fn document(&mut self, old: &Value, new: &Value) {
        let location = Location::of(Root::Document);
        for key in keys(
            object(Some(old)).map(|(key, _)| key),
            object(Some(new)).map(|(key, _)| key),
        ) {
            match key {
                "paths" => {}
                "components" => self.components(old.get(key), new.get(key)),
                _ => self.entry(&location, Kind::Document, key, old.get(key), new.get(key)),
            }
        }
    }

    fn components(&mut self, old: Option<&Value>, new: Option<&Value>) {
        let location = Location::of(Root::Document).key("components");
        let none = Map::new();
        let (Some(old), Some(new)) = (map(old, &none), map(new, &none)) else {
            return self.pair(location, Kind::Components, old, new);
        };
        for kind in keys(old.keys(), new.keys()) {
            let (old, new) = (old.get(kind), new.get(kind));
            match (
                children(Kind::Components, kind),
                map(old, &none),
                map(new, &none),
            ) {
                (Some((Children::Map(child), _)), Some(old), Some(new))
                    if !(old.is_empty() && new.is_empty()) =>
                {
                    for name in keys(old.keys(), new.keys()) {
                        let root = Root::Component(kind.clone(), name.clone());
                        self.pair(Location::of(root), child, old.get(name), new.get(name));
                    }
                }
                _ => self.entry(&location, Kind::Components, kind, old, new),
            }
        }
    }

    /// Compares a value that may be missing in one of the documents.
    fn pair(&mut self, location: Location, kind: Kind, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(old), Some(new)) => self.values(location, kind, old, new),
            (Some(old), None) => self.change(location, ChangeKind::Removed(old.clone())),
            (None, Some(new)) => self.change(location, ChangeKind::Added(new.clone())),
            (None, None) => {}
        }
    }

    fn values(&mut self, location: Location, kind: Kind, old: &Value, new: &Value) {
        if old == new {
            return;
        }
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => {
                for key in keys(old.keys(), new.keys()) {
                    self.entry(&location, kind, key, old.get(key), new.get(key));
                }
            }
            (Value::Array(old), Value::Array(new)) => self.lists(&location, kind, old, new),
            _ => self.change(location, ChangeKind::Changed(old.clone(), new.clone())),
        }
    }

    /// Compares one key of an object of this kind.
    fn entry(
        &mut self,
        location: &Location,
        kind: Kind,
        key: &str,
        old: Option<&Value>,
        new: Option<&Value>,
    ) {
        let here = location.key(key);
        match children(kind, key) {
            Some((Children::Map(child), _)) => self.names(here, child, old, new),
            // An empty union differs from no union.
            Some((Children::List(child), _)) if kind != Kind::Schema => {
                self.members(here, child, old, new);
            }
            Some((Children::List(child) | Children::One(child), false)) => {
                self.pair(here, child, old, new)
            }
            Some((Children::List(child) | Children::One(child), true)) => {
                self.pair(location.step(Step::Name(key.to_owned())), child, old, new);
            }
            None if (kind, key) == (Kind::Schema, "required") => {
                self.members(here, Kind::Plain, old, new);
            }
            None => self.pair(here, Kind::Plain, old, new),
        }
    }

    /// Compares two maps of names. A missing map is treated as empty, unless this is the only
    /// difference.
    fn names(&mut self, location: Location, kind: Kind, old: Option<&Value>, new: Option<&Value>) {
        let none = Map::new();
        match (map(old, &none), map(new, &none)) {
            (Some(old), Some(new)) if !(old.is_empty() && new.is_empty()) => {
                for name in keys(old.keys(), new.keys()) {
                    let location = location.step(Step::Name(name.clone()));
                    self.pair(location, kind, old.get(name), new.get(name));
                }
            }
            _ => self.pair(location, Kind::Plain, old, new),
        }
    }

    /// Compares two lists. A missing list is treated as empty, unless this is the only difference.
    fn members(
        &mut self,
        location: Location,
        kind: Kind,
        old: Option<&Value>,
        new: Option<&Value>,
    ) {
        match (list(old), list(new)) {
            (Some(old), Some(new)) if !(old.is_empty() && new.is_empty()) => {
                self.lists(&location, kind, old, new);
            }
            _ => self.pair(location, Kind::Plain, old, new),
        }
    }

    fn lists(&mut self, location: &Location, kind: Kind, old: &[Value], new: &[Value]) {
        let partners = partners(kind, old, new);
        for (index, (element, partner)) in new.iter().zip(&partners).enumerate() {
            let location = location.step(Step::Member(label(kind, element, index)));
            let old = partner.and_then(|partner| old.get(partner));
            self.pair(location, kind, old, Some(element));
        }
        let kept: HashSet<usize> = partners.into_iter().flatten().collect();
        for (index, element) in old.iter().enumerate() {
            if !kept.contains(&index) {
                let location = location.step(Step::Member(label(kind, element, index)));
                self.change(location, ChangeKind::Removed(element.clone()));
            }
        }
    }
}

/// For each element of `new`, the element of `old` to compare it with: the one with the same
/// identity, otherwise an equal one, otherwise the next remaining one.
fn partners(kind: Kind, old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    // Elements with the same key are matched by their order.
    let mut open: HashMap<String, Vec<usize>> = HashMap::new();
    let key =
        |element: &Value| identity(kind, element).unwrap_or_else(|| format!("\u{0}{element}"));
    for (index, element) in old.iter().enumerate().rev() {
        open.entry(key(element)).or_default().push(index);
    }
    let mut partners: Vec<_> = new
        .iter()
        .map(|element| open.get_mut(&key(element))?.pop())
        .collect();
    let mut left: Vec<_> = open.into_values().flatten().collect();
    left.retain(|index| {
        old.get(*index)
            .is_some_and(|it| identity(kind, it).is_none())
    });
    left.sort_unstable_by(|a, b| b.cmp(a));
    for (element, partner) in new.iter().zip(&mut partners) {
        if partner.is_none() && identity(kind, element).is_none() {
            *partner = left.pop();
        }
    }
    partners
}

/// The entries of an object, or those of `none` if the value is missing; `None` if it is not an
/// object.
fn map<'a>(
    side: Option<&'a Value>,
    none: &'a Map<String, Value>,
) -> Option<&'a Map<String, Value>> {
    side.map_or(Some(none), Value::as_object)
}

fn list(side: Option<&Value>) -> Option<&[Value]> {
    side.map_or(Some(&[]), |side| side.as_array().map(Vec::as_slice))
}

/// A path without its operations, and whether it contains only operations.
fn without_operations(item: &Value) -> (Value, bool) {
    let mut rest = item.clone();
    let Some(map) = rest.as_object_mut() else {
        return (rest, false);
    };
    let all = map.len();
    map.retain(|key, _| !METHODS.contains(&key.as_str()));
    let only_operations = map.is_empty() && all > 0;
    (rest, only_operations)
}

fn keys<T: Ord>(old: impl Iterator<Item = T>, new: impl Iterator<Item = T>) -> BTreeSet<T> {
    old.chain(new).collect()
}
