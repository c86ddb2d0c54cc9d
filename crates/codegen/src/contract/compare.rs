//! Compares a value with a schema.

use serde_json::{Map, Value};

use super::{
    difference::{Difference, Kind, scrubbed, type_of},
    form::{Form, forms},
};
use crate::{
    catalog::location::escaped,
    document::{Document, array},
};

/// Compares values with schemas, up to a number of steps.
pub(super) struct Comparer<'a> {
    document: &'a Document,
    /// The remaining number of comparisons of a value with a schema.
    left: usize,
}

impl<'a> Comparer<'a> {
    /// Creates a comparer that makes up to this number of comparisons.
    pub(super) fn new(document: &'a Document, left: usize) -> Self {
        Self { document, left }
    }

    /// Whether values were left out because there were too many.
    pub(super) fn is_exhausted(&self) -> bool {
        self.left == 0
    }

    /// The differences between a value at `pointer` and the alternatives of the schema at `at`:
    /// those of the alternative with the fewest.
    pub(super) fn value(
        &mut self,
        forms: &[Form<'_>],
        at: &str,
        pointer: &str,
        value: &Value,
    ) -> Vec<Difference> {
        self.left = self.left.saturating_sub(1);
        if forms.is_empty() || self.left == 0 {
            return Vec::new();
        }
        let differs = |at: &str, kind| {
            vec![Difference {
                at: at.to_owned(),
                pointer: pointer.to_owned(),
                kind,
            }]
        };
        let of_type: Vec<_> = forms.iter().filter(|form| form.takes(value)).collect();
        let mut chosen: Vec<_> = of_type.clone();
        chosen.retain(|form| !form.contradicts(value));
        // An object without declared properties says nothing if another alternative declares some.
        if chosen.iter().any(|form| !form.is_open()) {
            chosen.retain(|form| !form.is_open());
        }
        match (of_type.as_slice(), chosen.as_slice()) {
            ([], _) => differs(at, Kind::Type(type_of(value))),
            ([only], []) => self.one(only, pointer, value),
            ([first, ..], []) => differs(first.union.as_deref().unwrap_or(at), Kind::Union),
            (_, chosen) => {
                let found = chosen.iter().map(|form| self.one(form, pointer, value));
                found.min_by_key(Vec::len).unwrap_or_default()
            }
        }
    }

    /// The differences between a value of the right type and a schema.
    fn one(&mut self, form: &Form<'_>, pointer: &str, value: &Value) -> Vec<Difference> {
        match value {
            Value::Object(members) => self.object(form, pointer, members),
            Value::Array(elements) => {
                let Some(items) = form.get("items") else {
                    return Vec::new();
                };
                let (at, pointer) = (format!("{}/items", form.at), format!("{pointer}/*"));
                let forms = forms(self.document, items, &at);
                let found = elements
                    .iter()
                    .flat_map(|element| self.value(&forms, &at, &pointer, element));
                found.collect()
            }
            scalar => {
                let is_known = form
                    .get("enum")
                    .and_then(Value::as_array)
                    .is_none_or(|values| values.contains(scalar));
                if is_known || scalar.is_null() {
                    return Vec::new();
                }
                vec![Difference {
                    at: form.at.clone(),
                    pointer: pointer.to_owned(),
                    kind: Kind::Value(type_of(scalar)),
                }]
            }
        }
    }

    fn object(
        &mut self,
        form: &Form<'_>,
        pointer: &str,
        members: &Map<String, Value>,
    ) -> Vec<Difference> {
        let mut found = Vec::new();
        let others = form.get("additionalProperties");
        for (name, value) in members {
            let declared = form.get("properties").and_then(|all| all.get(name));
            let (schema, at, segment) = match (declared, others) {
                (Some(schema), _) => {
                    let segment = escaped(name);
                    (schema, format!("{}/properties/{segment}", form.at), segment)
                }
                (None, Some(others)) if *others != Value::Bool(false) => {
                    let at = format!("{}/additionalProperties", form.at);
                    (others, at, "*".to_owned())
                }
                (None, None) if form.is_open() => continue,
                (None, _) => {
                    let name = scrubbed(name);
                    found.push(Difference {
                        at: form.at.clone(),
                        pointer: format!("{pointer}/{name}"),
                        kind: Kind::Undeclared(name.to_owned(), type_of(value)),
                    });
                    continue;
                }
            };
            let below = format!("{pointer}/{segment}");
            let forms = forms(self.document, schema, &at);
            found.append(&mut self.value(&forms, &at, &below, value));
        }
        let required = array(form.get("required")).filter_map(Value::as_str);
        for name in required.filter(|name| !members.contains_key(*name)) {
            found.push(Difference {
                at: form.at.clone(),
                pointer: format!("{pointer}/{}", escaped(name)),
                kind: Kind::Missing(name.to_owned()),
            });
        }
        found
    }
}
