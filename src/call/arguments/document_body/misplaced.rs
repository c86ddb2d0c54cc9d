//! Where a key belongs that its object does not have.

use std::{collections::HashSet, rc::Rc};

use serde_json::Value;

use super::{
    super::near_names::folded,
    place::{Places, View},
};
use crate::argument_error::ArgumentPath;

/// Maximum number of properties between an object and the place of a key.
const MAX_LEVELS: usize = 3;

/// Maximum number of locations that are looked at for one key.
const MAX_VISITED: usize = 400;

/// Other names of properties that models use.
const OTHER_NAMES: [(&str, &str); 7] = [
    ("areaCode", "numberDesiredAreaCode"),
    ("contacts", "customers"),
    ("recipients", "customers"),
    ("leads", "customers"),
    ("phone", "number"),
    ("phoneNumber", "number"),
    ("to", "number"),
];

/// Keys that mean different things in different places.
const GENERIC: [&str; 7] = ["id", "metadata", "number", "status", "type", "url", "value"];

/// Names that models use for the system prompt.
const PROMPTS: [&str; 4] = ["prompt", "systemPrompt", "systemMessage", "instructions"];

/// The property that holds the model of an assistant, and that which holds its prompt.
const MODEL: &str = "model";
const MESSAGES: &str = "messages";

/// An object and the objects around it.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s, 'a> {
    pub view: &'s View<'a>,
    pub path: ArgumentPath<'s>,
    pub above: Option<&'s Scope<'s, 'a>>,
}

impl<'a> Scope<'_, 'a> {
    /// The objects around this one, the innermost first.
    fn around(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(self.above, |scope| scope.above)
    }

    /// The property that is meant by another name.
    pub(super) fn by_other_name(&self, key: &str) -> Option<&'static str> {
        let key = folded(key);
        let mut names = OTHER_NAMES.iter();
        let (_, meant) = names.find(|(other, meant)| {
            folded(other) == key && self.view.properties.contains_key(meant)
        })?;
        Some(meant)
    }

    /// Whether the key asks for the system prompt, and the object has messages.
    pub(super) fn is_prompt_beside_messages(&self, key: &str) -> bool {
        is_prompt(key) && self.view.properties.contains_key(MESSAGES)
    }

    /// Where the system prompt belongs, if the key asks for it: the paths of lists of messages, in the
    /// object or in its properties.
    pub(super) fn prompts(&self, key: &str, places: &mut Places<'a>) -> Vec<String> {
        if !is_prompt(key) {
            return Vec::new();
        }
        let at = |path: &str| format!("{path}.{MODEL}.{MESSAGES}");
        if self.view.has_prompt(places) {
            return vec![at(&self.path.to_string())];
        }
        let mut visited = HashSet::new();
        let below = children(self.view, &self.path.to_string(), &mut visited, places);
        let agents = below.iter().filter(|(_, view)| view.has_prompt(places));
        agents.map(|(path, _)| at(path)).collect()
    }

    /// The properties of the object that have exactly this key.
    pub(super) fn properties_with(&self, key: &str, places: &mut Places<'a>) -> Vec<String> {
        match GENERIC.contains(&key) {
            true => Vec::new(),
            false => self.below(key, None, 1..=1, places),
        }
    }

    /// The nearest places at which exactly this key stands: in a property of the object, in an object
    /// around it, or deeper. A value that is given must be of a type that they accept.
    pub(super) fn places_of(
        &self,
        key: &str,
        value: Option<&Value>,
        places: &mut Places<'a>,
    ) -> Vec<String> {
        if GENERIC.contains(&key) {
            return Vec::new();
        }
        let near = self.below(key, value, 1..=1, places);
        if !near.is_empty() {
            return near;
        }
        let mut around = self.around();
        if let Some(outer) = around.find(|it| it.view.accepts(key, value, places)) {
            return vec![format!("{}.{key}", outer.path)];
        }
        let deeper = self.below(key, value, 2..=MAX_LEVELS, places);
        if !deeper.is_empty() {
            return deeper;
        }
        let mut beside = self.around().map(|it| it.below(key, value, 1..=2, places));
        beside.find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// The places of a key this many properties below the object; those of the smallest number.
    fn below(
        &self,
        key: &str,
        value: Option<&Value>,
        levels: std::ops::RangeInclusive<usize>,
        places: &mut Places<'a>,
    ) -> Vec<String> {
        let mut visited = HashSet::new();
        let mut objects = children(self.view, &self.path.to_string(), &mut visited, places);
        for level in 1..=*levels.end() {
            if level >= *levels.start() {
                let having = objects
                    .iter()
                    .filter(|(_, view)| view.accepts(key, value, places));
                let found: Vec<_> = having.map(|(path, _)| format!("{path}.{key}")).collect();
                if !found.is_empty() {
                    return found;
                }
            }
            if level < *levels.end() {
                let below = objects
                    .iter()
                    .flat_map(|(path, view)| children(view, path, &mut visited, places));
                objects = below.collect();
            }
        }
        Vec::new()
    }
}

fn is_prompt(key: &str) -> bool {
    let key = folded(key);
    PROMPTS.iter().any(|prompt| folded(prompt) == key)
}

impl<'a> View<'a> {
    /// Whether the object has a model with messages.
    fn has_prompt(&self, places: &mut Places<'a>) -> bool {
        let model = self.properties.get(MODEL).map(|schemas| places.of(schemas));
        model.is_some_and(|model| model.all.properties.contains_key(MESSAGES))
    }

    /// Whether the object has a key, with a type that accepts the value.
    fn accepts(&self, key: &str, value: Option<&Value>, places: &mut Places<'a>) -> bool {
        let Some(schemas) = self.properties.get(key) else {
            return false;
        };
        value.is_none_or(|value| {
            let place = places.of(schemas);
            !place.types.any && place.accepts(value)
        })
    }
}

/// The objects in the properties of an object, and in lists in them, each once.
fn children<'a>(
    view: &View<'a>,
    path: &str,
    visited: &mut HashSet<usize>,
    places: &mut Places<'a>,
) -> Vec<(String, Rc<View<'a>>)> {
    let mut names: Vec<_> = view.properties.keys().copied().collect();
    names.sort_unstable();
    let mut found = Vec::new();
    for name in names {
        let Some(schemas) = view.properties.get(name) else {
            continue;
        };
        let place = places.of(schemas);
        let elements = (!place.items.is_empty()).then(|| places.of(&place.items));
        let path = format!("{path}.{name}");
        let of_elements = elements.map(|elements| (format!("{path}[]"), Rc::clone(&elements.all)));
        for (path, view) in std::iter::once((path, Rc::clone(&place.all))).chain(of_elements) {
            let is_new = visited.len() < MAX_VISITED && visited.insert(Rc::as_ptr(&view).addr());
            if is_new && !view.properties.is_empty() {
                found.push((path, view));
            }
        }
    }
    found
}
