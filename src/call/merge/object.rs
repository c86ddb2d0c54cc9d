//! Merges a change into one object and everything below it.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::hidden;
use crate::{
    argument_error::{ArgumentErrors, ArgumentPath},
    json::{Member, Tree},
    reference::{Form, Schemas, discriminator},
};

/// Keys that the API adds to objects and refuses in a body, unless the document declares them.
const ADDED: &[&str] = &["id", "orgId", "createdAt", "updatedAt"];

/// Maximum number of properties that a remark names.
const NAMED: usize = 20;

/// Merges changes into stored objects.
pub(super) struct Merger<'s> {
    pub schemas: Schemas<'s>,
    pub errors: ArgumentErrors,
    /// Stored properties that the new form of a union does not have.
    pub dropped: Vec<String>,
    /// Stored properties that are sent back although the document does not declare them.
    pub unknown: Vec<String>,
    /// Lists that are replaced and held values that Vapi hides.
    pub replaced: Vec<String>,
    /// The texts that stand for hidden values in the stored object.
    pub placeholders: HashSet<String>,
}

/// The forms of an object before and after a change.
struct Forms<'s> {
    /// All forms.
    all: Vec<Form<'s>>,
    old: Vec<Form<'s>>,
    new: Vec<Form<'s>>,
    /// The discriminator and its new value, if the change selects another form.
    switched: Option<(&'s str, String)>,
}

impl<'s> Forms<'s> {
    fn of(
        schemas: Schemas<'s>,
        all: Vec<Form<'s>>,
        stored: &HashMap<&str, &Tree>,
        change: &Map<String, Value>,
    ) -> Self {
        let unchanged = |all: Vec<Form<'s>>, forms: Vec<Form<'s>>| Self {
            all,
            old: forms.clone(),
            new: forms,
            switched: None,
        };
        let Some(union) = discriminator(schemas, &all) else {
            return unchanged(all.clone(), all);
        };
        let with = |value: &str| {
            let member = union.members.iter().find(|(known, _)| *known == value);
            let forms = member.map(|(_, positions)| {
                let forms = positions.iter().filter_map(|at| all.get(*at));
                forms.cloned().collect()
            });
            // A value that the document does not know can have what all forms have.
            forms.unwrap_or_else(|| all.clone())
        };
        let old = stored.get(union.key).and_then(|value| value.text());
        let new = change.get(union.key).and_then(Value::as_str);
        match (old, new) {
            (Some(old), Some(new)) if old != new => Self {
                old: with(&old),
                new: with(new),
                switched: Some((union.key, new.to_owned())),
                all,
            },
            (Some(value), _) => {
                let forms = with(&value);
                unchanged(all, forms)
            }
            (None, Some(value)) => {
                let forms = with(value);
                unchanged(all, forms)
            }
            (None, None) => unchanged(all.clone(), all),
        }
    }

    /// Whether a stored property remains if the form changes. Properties that the document does not
    /// know remain.
    fn carries(&self, name: &str) -> bool {
        let schemas = |forms: &[Form<'s>]| {
            let schemas = forms.iter().map(|form| form.property(name));
            schemas.collect::<Vec<_>>()
        };
        let known = schemas(&self.all);
        if known.iter().all(Option::is_none) {
            return true;
        }
        let (old, new) = (schemas(&self.old), schemas(&self.new));
        let Some(Some(schema)) = new.first().copied() else {
            return false;
        };
        let is_same = |other: &Option<&Value>| *other == Some(schema);
        if !old.iter().all(is_same) || !new.iter().all(is_same) {
            return false;
        }
        // An open text with different values elsewhere, such as a model or voice, means something
        // only to its provider.
        let is_open_text =
            schema.get("type") == Some(&Value::from("string")) && schema.get("enum").is_none();
        !is_open_text || known.iter().flatten().all(|other| *other == schema)
    }
}

impl<'s> Merger<'s> {
    /// The stored object, changed. A null removes a member.
    pub(super) fn object(
        &mut self,
        stored: &Tree,
        change: &Map<String, Value>,
        forms: Vec<Form<'s>>,
        path: ArgumentPath<'_>,
    ) -> Tree {
        let index = stored.index();
        let forms = Forms::of(self.schemas, forms, &index, change);
        let mut members = Vec::new();
        for Member { name, value, .. } in stored.members() {
            if let Some(hidden) = hidden::flagged(name, value)
                && !hidden::gives(change, &hidden)
                && !hidden::shows(stored, &hidden)
            {
                self.refuse_hidden(path.key(&hidden));
            }
        }
        for member in stored.members() {
            let Member { name, value, .. } = member;
            let below = path.key(name);
            let carries = forms.switched.is_none() || forms.carries(name);
            let merged = match change.get(name) {
                Some(Value::Null) => None,
                Some(Value::Object(change)) if value.is_object() && carries => {
                    let inner = self.below(&forms.new, name);
                    Some(self.object(value, change, inner, below))
                }
                Some(given) if !is_nothing(given) => self.given(Some(value), given, below),
                _ if carries => self.copied(name, value, &forms.new, below),
                _ => {
                    note(&mut self.dropped, below);
                    None
                }
            };
            if let Some(value) = merged {
                members.push(member.with(value));
            }
        }
        let added = change
            .iter()
            .filter(|(name, _)| !index.contains_key(name.as_str()));
        for (name, given) in added {
            if let Some(value) = self.given(None, given, path.key(name)) {
                members.push(Member::new(name, value));
            }
        }
        let merged = Tree::Object(members);
        if let Some((key, value)) = &forms.switched {
            self.require(&merged, &forms.new, key, value, path);
        }
        merged
    }

    /// Refuses an object that lacks properties that its new form requires.
    fn require(
        &mut self,
        merged: &Tree,
        forms: &[Form<'s>],
        key: &str,
        value: &str,
        path: ArgumentPath<'_>,
    ) {
        let Some((first, rest)) = forms.split_first() else {
            return;
        };
        let required = first.required.iter();
        let required = required.filter(|name| rest.iter().all(|form| form.required.contains(name)));
        for name in required.filter(|name| merged.get(name).is_none()) {
            self.errors.add(|| {
                path.key(name).error(format!(
                    "is required with the {key} `{}`, and the stored value does not apply to it; \
                     give it too",
                    crate::text::excerpt(value)
                ))
            });
        }
    }

    /// A value of the caller. It replaces the stored one; members of objects that are null are left
    /// out. Stored elements of a list keep their bytes.
    pub(super) fn given(
        &mut self,
        stored: Option<&Tree>,
        given: &Value,
        path: ArgumentPath<'_>,
    ) -> Option<Tree> {
        let tree = match given {
            Value::Null => return None,
            Value::Object(members) => {
                let kept = members.iter().filter_map(|(name, value)| {
                    Some(Member::new(name, self.given(None, value, path.key(name))?))
                });
                let kept: Vec<_> = kept.collect();
                if kept.is_empty() && !members.is_empty() {
                    return None;
                }
                Tree::Object(kept)
            }
            Value::Array(items) => {
                let known = stored.map_or(&[][..], Tree::items);
                let known: HashMap<_, _> = known.iter().map(|item| (item.hash(), item)).collect();
                let items = items.iter().enumerate().map(|(index, item)| {
                    let item = Tree::from(item);
                    let same = known.get(&item.hash()).filter(|known| known.is_same(&item));
                    if self.writes_placeholder(&item) || same.is_some_and(|it| hides_something(it))
                    {
                        self.refuse_hidden(ArgumentPath::Index(&path, index));
                    }
                    same.map_or(item, |known| (*known).clone())
                });
                Tree::List(items.collect())
            }
            scalar => {
                let scalar = Tree::from(scalar);
                if self.writes_placeholder(&scalar) {
                    self.refuse_hidden(path);
                }
                return Some(
                    stored
                        .filter(|it| it.is_same(&scalar))
                        .cloned()
                        .unwrap_or(scalar),
                );
            }
        };
        match stored {
            Some(stored) if stored.is_same(&tree) => {
                if hides_something(stored) {
                    self.refuse_hidden(path);
                }
                Some(stored.clone())
            }
            Some(stored @ Tree::List(_)) => {
                if hides_something(stored) {
                    note(&mut self.replaced, path);
                }
                Some(tree)
            }
            _ => Some(tree),
        }
    }

    /// Whether a value contains a text that stands for a hidden value in the stored object.
    fn writes_placeholder(&self, value: &Tree) -> bool {
        let mut inner = value.members().iter().map(|member| &member.value);
        let text = value.text().filter(|_| !self.placeholders.is_empty());
        text.is_some_and(|text| self.placeholders.contains(text.as_ref()))
            || inner.any(|value| self.writes_placeholder(value))
            || value
                .items()
                .iter()
                .any(|item| self.writes_placeholder(item))
    }

    /// A stored member as it is sent back; `None` if it is left out.
    pub(super) fn copied(
        &mut self,
        name: &str,
        value: &Tree,
        forms: &[Form<'s>],
        path: ArgumentPath<'_>,
    ) -> Option<Tree> {
        if hidden::is_credentials(name, value) {
            self.refuse_hidden(path);
            return None;
        }
        if declares_others(forms, name) {
            if ADDED.contains(&name) || hidden::flag(name).is_some() {
                return None;
            }
            note(&mut self.unknown, path);
        }
        let inner = match value {
            Tree::Scalar(_) => Vec::new(),
            _ => self.below(forms, name),
        };
        Some(self.copy(value, inner, path))
    }

    fn copy(&mut self, value: &Tree, forms: Vec<Form<'s>>, path: ArgumentPath<'_>) -> Tree {
        match value {
            Tree::Scalar(_) => {
                if hidden::is_masked(value) {
                    self.refuse_hidden(path);
                }
                value.clone()
            }
            Tree::List(items) => {
                let forms = self
                    .schemas
                    .open_all(forms.iter().filter_map(|form| form.items));
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| {
                    self.copy(item, forms.clone(), ArgumentPath::Index(&path, index))
                });
                Tree::List(items.collect())
            }
            Tree::Object(_) => self.object(value, &Map::new(), forms, path),
        }
    }

    /// The forms of a member.
    fn below(&self, forms: &[Form<'s>], name: &str) -> Vec<Form<'s>> {
        let schemas = forms.iter().filter_map(|form| {
            let additional = || form.additional.filter(|it| it.is_object());
            form.property(name).or_else(additional)
        });
        self.schemas.open_all(schemas)
    }

    fn refuse_hidden(&mut self, path: ArgumentPath<'_>) {
        self.errors.add(|| {
            path.error(
                "has a value that Vapi does not show, and this change would erase it; give the \
                 value too, or null to remove it",
            )
        });
    }
}

/// Whether a value consists only of removals.
pub(super) fn is_nothing(given: &Value) -> bool {
    match given {
        Value::Null => true,
        Value::Object(members) => !members.is_empty() && members.values().all(is_nothing),
        _ => false,
    }
}

/// Whether the document declares properties of these forms, but not this one.
fn declares_others(forms: &[Form<'_>], name: &str) -> bool {
    let is_closed = |form: &Form<'_>| {
        let additional = form.additional.is_some_and(|it| *it != Value::Bool(false));
        !form.properties.is_empty() && !additional && form.property(name).is_none()
    };
    !forms.is_empty() && forms.iter().all(is_closed)
}

/// Whether a stored value contains something that a read hides.
fn hides_something(value: &Tree) -> bool {
    let members = value.members().iter();
    let mut hidden = members.map(|member| {
        hidden::is_credentials(&member.name, &member.value)
            || hidden::flagged(&member.name, &member.value).is_some()
            || hides_something(&member.value)
    });
    hidden::is_masked(value) || hidden.any(|it| it) || value.items().iter().any(hides_something)
}

fn note(list: &mut Vec<String>, path: ArgumentPath<'_>) {
    if list.len() < NAMED {
        list.push(path.to_string());
    }
}
