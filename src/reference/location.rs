//! Follows a pointer into a body or an answer.

use super::{
    alternatives::{Form, Kind, Schemas},
    text::joined,
    union::choose,
};
use crate::{
    json::{escaped, unescaped},
    text::excerpt,
};

/// Maximum number of bytes of the names that an error lists.
const LISTED: usize = 900;

/// A place of a body or an answer.
#[derive(Clone, Debug)]
pub(super) struct Location<'a> {
    pub forms: Vec<Form<'a>>,
    /// Its pointer, with `*` for elements and without the words that choose members of unions.
    pub plain: String,
    /// Its pointer with these words.
    pub chosen: String,
}

impl<'a> Location<'a> {
    /// The top of a body or an answer.
    pub(super) fn top(forms: Vec<Form<'a>>) -> Self {
        Self {
            forms,
            plain: String::new(),
            chosen: String::new(),
        }
    }

    /// The place that a pointer leads to from the top. A segment may be `*` or a position for the
    /// elements of a list, and `:WORD` after a segment chooses a member of a union.
    pub(super) fn follow(mut self, schemas: Schemas<'a>, pointer: &str) -> Result<Self, String> {
        let pointer = pointer.trim().trim_end_matches('/');
        let (head, rest) = match pointer.split_once('/') {
            Some((head, rest)) => (head, Some(rest)),
            None => (pointer, None),
        };
        let first = match head.strip_prefix(':') {
            Some(words) => {
                self = self.choose(schemas, words)?;
                None
            }
            None => Some(head).filter(|head| !head.is_empty()),
        };
        for segment in first
            .into_iter()
            .chain(rest.into_iter().flat_map(|it| it.split('/')))
        {
            self = self.step(schemas, &unescaped(segment))?;
        }
        Ok(self)
    }

    /// A name that contains `:` goes before a name and a word that chooses.
    fn step(self, schemas: Schemas<'a>, segment: &str) -> Result<Self, String> {
        if let Some(place) = self.child(schemas, segment) {
            return Ok(place);
        }
        for (position, _) in segment.rmatch_indices(':') {
            let (name, word) = segment.split_at(position);
            if let Some(place) = self.child(schemas, name) {
                return place.choose(schemas, word.trim_start_matches(':'));
            }
        }
        let name = segment.split(':').next().unwrap_or_default();
        Err(self.missing(name))
    }

    /// The property or the elements with this name; elements may be left out of a pointer.
    fn child(&self, schemas: Schemas<'a>, name: &str) -> Option<Self> {
        let below = |schemas_of: &dyn Fn(&Form<'a>) -> Option<&'a serde_json::Value>| {
            schemas.open_all(self.forms.iter().filter_map(schemas_of))
        };
        let place = |forms: Vec<Form<'a>>, name: &str| {
            (!forms.is_empty()).then(|| Self {
                forms,
                plain: format!("{}/{}", self.plain, escaped(name)),
                chosen: format!("{}/{}", self.chosen, escaped(name)),
            })
        };
        if let Some(found) = place(below(&|form| form.property(name)), name) {
            return Some(found);
        }
        let is_declared = self.forms.iter().any(|form| form.property(name).is_some());
        if is_declared {
            // Its schema only refers to itself.
            return place(vec![Form::default()], name);
        }
        let elements = place(below(&|form| form.items), "*");
        if name == "*" || name.bytes().all(|byte| byte.is_ascii_digit()) {
            let additional = || below(&|form| form.additional.filter(|it| it.is_object()));
            return elements.or_else(|| place(additional(), "*"));
        }
        elements.and_then(|elements| elements.child(schemas, name))
    }

    fn choose(mut self, schemas: Schemas<'a>, words: &str) -> Result<Self, String> {
        let all_are_lists = |forms: &[Form<'_>]| {
            !forms.is_empty() && forms.iter().all(|form| form.kind() == Kind::List)
        };
        if all_are_lists(&self.forms)
            && let Some(elements) = self.child(schemas, "*")
        {
            self = elements;
        }
        let mut rest = words;
        while !rest.is_empty() {
            let chosen = choose(schemas, &self.forms, rest).map(|forms| (forms, rest, ""));
            let (forms, word, more) = match (chosen, rest.split_once(':')) {
                (Ok(chosen), _) => chosen,
                (Err(_), Some((word, more))) => {
                    let forms = choose(schemas, &self.forms, word);
                    (
                        forms.map_err(|known| self.unknown(word, &known))?,
                        word,
                        more,
                    )
                }
                (Err(known), None) => return Err(self.unknown(rest, &known)),
            };
            self.chosen = format!("{}:{word}", self.chosen);
            self.forms = forms;
            rest = more;
        }
        Ok(self)
    }

    /// Its pointer for a reader.
    pub(super) fn name(&self) -> String {
        match self.chosen.as_str() {
            "" => "the top".to_owned(),
            chosen => format!("`{chosen}`"),
        }
    }

    fn unknown(&self, word: &str, known: &[&str]) -> String {
        let instead = instead(word, known);
        format!("{} has no form {}{instead}", self.name(), quoted(word))
    }

    fn missing(&self, name: &str) -> String {
        let mut known: Vec<&str> = Vec::new();
        for (property, _) in self.forms.iter().flat_map(|form| &form.properties) {
            known.push(property);
        }
        known.sort_unstable();
        known.dedup();
        if self.forms.iter().any(|form| form.items.is_some()) {
            known.push("*");
        }
        let is_free = known.is_empty()
            && self
                .forms
                .iter()
                .all(|form| form.kind() == Kind::Object || form.type_name().is_none());
        if is_free {
            return format!(
                "{} is free-form: the document declares no keys of it",
                self.name()
            );
        }
        match known.as_slice() {
            [] => format!("{} has nothing below it", self.name()),
            known => {
                let instead = instead(name, known);
                format!("{} has no {}{instead}", self.name(), quoted(name))
            }
        }
    }
}

/// Names for an error: the most similar one first, then as many as fit.
fn instead(given: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|name| {
            (
                strsim::osa_distance(&given.to_lowercase(), &name.to_lowercase()),
                name,
            )
        })
        .min()
        .filter(|(slips, name)| *slips <= 1.max(name.len() / 3));
    let mut text =
        nearest.map_or_else(String::new, |(_, name)| format!("; did you mean `{name}`?"));
    if known.is_empty() {
        return text;
    }
    let listed = joined(known.iter().copied(), ", ", LISTED);
    let words = if text.is_empty() {
        "; it has"
    } else {
        " It has"
    };
    text.push_str(&format!("{words}: {listed}"));
    text
}

/// A segment or word as an error repeats it.
pub(super) fn quoted(given: &str) -> String {
    format!("`{}`", excerpt(given))
}
