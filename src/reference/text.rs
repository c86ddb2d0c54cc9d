//! Types as text.

use serde_json::Value;

use super::{
    alternatives::{Form, Kind, Schemas},
    union::{discriminator, label},
};

/// Maximum number of bytes of a list of values beside others.
const BRIEF: usize = 90;

/// Maximum number of bytes of a list of values that was asked for.
const FULL: usize = 2_000;

/// Maximum number of bytes of the names in a folded object.
const FOLDED: usize = 44;

/// Maximum number of lists inside one another that are looked through.
const LISTS: usize = 4;

/// A type, looked at through the lists around it.
#[derive(Clone, Debug)]
pub(super) struct Shape<'a> {
    /// The number of lists around the forms.
    pub lists: usize,
    pub forms: Vec<Form<'a>>,
}

/// How much of a type is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Objects as a few of their names, a few of the values.
    Folded,
    /// As the head of the lines of its properties, a few of the values.
    Opened,
    /// As such a head, with all values.
    Asked,
}

impl<'a> Shape<'a> {
    pub(super) fn new(schemas: Schemas<'a>, mut forms: Vec<Form<'a>>) -> Self {
        let mut lists = 0;
        while lists < LISTS
            && !forms.is_empty()
            && forms.iter().all(|form| form.kind() == Kind::List)
        {
            forms = schemas.open_all(forms.iter().filter_map(|form| form.items));
            lists += 1;
        }
        Self { lists, forms }
    }

    /// The pointer of the elements below that of the outermost list.
    pub(super) fn below(&self, pointer: &str) -> String {
        format!("{pointer}{}", "/*".repeat(self.lists))
    }

    pub(super) fn objects(&self) -> Vec<Form<'a>> {
        let objects = self.forms.iter().filter(|form| form.kind() == Kind::Object);
        objects.cloned().collect()
    }

    pub(super) fn text(&self, schemas: Schemas<'a>, detail: Detail) -> String {
        let limit = if detail == Detail::Asked { FULL } else { BRIEF };
        let mut parts: Vec<String> = Vec::new();
        let mut add = |part: String| {
            if !parts.contains(&part) {
                parts.push(part);
            }
        };
        let (closed, other): (Vec<_>, Vec<_>) = self
            .forms
            .iter()
            .partition(|form| form.get("enum").is_some());
        match closed.as_slice() {
            [] => {}
            [only] => add(scalar(only, limit)),
            several => {
                let mut values: Vec<&Value> = Vec::new();
                for value in several.iter().flat_map(|form| form.values()) {
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                add(listed(&values, limit));
            }
        }
        for form in other {
            match form.kind() {
                Kind::Scalar => add(scalar(form, limit)),
                Kind::List => {
                    let shape = Self::new(schemas, vec![form.clone()]);
                    if shape.lists > 0 && self.lists < LISTS {
                        add(shape.text(schemas, Detail::Folded));
                    }
                }
                Kind::Object => {}
            }
        }
        let objects = self.objects();
        match objects.as_slice() {
            [] => {}
            [only] => add(object(schemas, only, detail)),
            several => add(match discriminator(schemas, several) {
                Some(it) if detail == Detail::Opened => format!("one of by {}:", it.key),
                None if detail == Detail::Opened => "one of:".to_owned(),
                Some(it) => {
                    let values = it.members.iter().map(|(value, _)| *value);
                    format!("one of by {}: {}", it.key, joined(values, " | ", limit))
                }
                None => {
                    let labels = several.iter().map(label);
                    format!("one of: {}", joined(labels, " | ", limit))
                }
            }),
        }
        if self.forms.iter().any(|form| form.is_flagged("nullable")) {
            add("null".to_owned());
        }
        if parts.is_empty() {
            parts.push("any".to_owned());
        }
        let text = parts.join(" or ");
        let (open, close) = ("[".repeat(self.lists), "]".repeat(self.lists));
        match text.ends_with(['{', ':']) {
            true => format!("{open}{text}"),
            false => format!("{open}{text}{close}"),
        }
    }
}

fn object<'a>(schemas: Schemas<'a>, form: &Form<'a>, detail: Detail) -> String {
    let names = form.properties.iter().map(|(name, _)| *name);
    match (names.len(), form.additional) {
        (0, Some(values @ Value::Object(keys))) if !keys.is_empty() => {
            let values = Shape::new(schemas, schemas.open(values));
            let text = match values.objects().is_empty() {
                true => values.text(schemas, Detail::Folded),
                false => "{…}".to_owned(),
            };
            format!("{{*: {text}}}")
        }
        (0, _) => "object, free-form".to_owned(),
        _ if detail != Detail::Folded => "{".to_owned(),
        _ => format!("{{{}}}", joined(names, ", ", FOLDED)),
    }
}

/// The type of a scalar with its limits, or its values.
pub(super) fn scalar(form: &Form<'_>, limit: usize) -> String {
    let values: Vec<_> = form.values().collect();
    let mut text = match values.as_slice() {
        values @ [_, ..] => listed(values, limit),
        [] => {
            let mut text = form.type_name().unwrap_or("any").to_owned();
            if let Some(format) = form.get("format").and_then(Value::as_str) {
                text.push_str(&format!(" {format}"));
            }
            match (form.get("minimum"), form.get("maximum")) {
                (Some(least), Some(most)) => text.push_str(&format!(" {least}..{most}")),
                (Some(least), None) => text.push_str(&format!(" >={least}")),
                (None, Some(most)) => text.push_str(&format!(" <={most}")),
                (None, None) => {}
            }
            if let Some(most) = form.get("maxLength") {
                text.push_str(&format!(", max {most}"));
            }
            text
        }
    };
    if let Some(default) = form.get("default") {
        let default = default.to_string();
        if default.len() <= BRIEF {
            text.push_str(&format!(" = {default}"));
        }
    }
    for flag in ["deprecated", "readOnly"] {
        if form.is_flagged(flag) {
            text.push_str(&format!(", {flag}"));
        }
    }
    text
}

fn listed(values: &[&Value], limit: usize) -> String {
    let values: Vec<_> = values.iter().map(ToString::to_string).collect();
    joined(values.iter().map(String::as_str), " | ", limit)
}

/// As many words as fit into a number of bytes, and the number of all if they do not.
pub(super) fn joined<'a>(
    words: impl ExactSizeIterator<Item = &'a str>,
    mark: &str,
    limit: usize,
) -> String {
    let count = words.len();
    let mut text = String::new();
    for (position, word) in words.enumerate() {
        if position > 0 && text.len() + mark.len() + word.len() > limit {
            return format!("{text}{mark}… {count}");
        }
        if position > 0 {
            text.push_str(mark);
        }
        text.push_str(word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_does_not_fit_ends_with_the_number_of_all() {
        let text = |limit| joined(["ab", "cd", "ef"].into_iter(), ", ", limit);
        assert_eq!(text(10), "ab, cd, ef");
        assert_eq!(text(9), "ab, cd, … 3");
        assert_eq!(text(0), "ab, … 3");
    }
}
