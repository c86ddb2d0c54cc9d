//! The forms that a value may have: schemas without references and compositions.

use std::collections::BTreeMap;

use serde_json::Value;

/// Maximum number of forms that are distinguished: unions of unions multiply.
pub(crate) const MAX_FORMS: usize = 512;

/// Maximum depth of compositions; Vapi's are a few levels deep.
const DEPTH: usize = 48;

/// The named schemas of the document.
#[derive(Clone, Copy)]
pub(crate) struct Schemas<'a>(pub &'a BTreeMap<String, Value>);

/// One form of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Form<'a> {
    /// The name of the innermost schema that it comes from.
    pub name: Option<&'a str>,
    pub properties: Vec<(&'a str, &'a Value)>,
    pub required: Vec<&'a str>,
    /// The schema of the elements of a list.
    pub items: Option<&'a Value>,
    /// The schema of properties that are not declared.
    pub additional: Option<&'a Value>,
    /// The other keywords.
    keywords: Vec<(&'a str, &'a Value)>,
}

/// The kinds of values that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    List,
    /// Anything else, also if the type is not known.
    Scalar,
}

impl<'a> Form<'a> {
    pub(crate) fn get(&self, keyword: &str) -> Option<&'a Value> {
        find(&self.keywords, keyword)
    }

    /// The name of the type; none if it may be any.
    pub(crate) fn type_name(&self) -> Option<&'a str> {
        self.get("type").and_then(Value::as_str)
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.type_name() {
            Some("object") => Kind::Object,
            Some("array") => Kind::List,
            Some(_) => Kind::Scalar,
            None if !self.properties.is_empty() => Kind::Object,
            None if self.items.is_some() => Kind::List,
            None => Kind::Scalar,
        }
    }

    pub(crate) fn property(&self, name: &str) -> Option<&'a Value> {
        find(&self.properties, name)
    }

    /// The closed set of values; none if it is open.
    pub(crate) fn values(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        let values = self.get("enum").and_then(Value::as_array);
        values.into_iter().flatten()
    }

    pub(crate) fn is_flagged(&self, keyword: &str) -> bool {
        self.get(keyword) == Some(&Value::Bool(true))
    }

    /// Reads the keywords of a schema object, without its compositions.
    fn read(schema: &'a Value) -> Self {
        let mut form = Self::default();
        for (key, value) in schema.as_object().into_iter().flatten() {
            match key.as_str() {
                "allOf" | "oneOf" | "anyOf" => {}
                "properties" => {
                    let properties = value.as_object().into_iter().flatten();
                    form.properties = properties.map(|(key, it)| (key.as_str(), it)).collect();
                }
                "required" => {
                    let names = value.as_array().into_iter().flatten();
                    form.required = names.filter_map(Value::as_str).collect();
                }
                "items" => form.items = Some(value),
                "additionalProperties" => form.additional = Some(value),
                key => form.keywords.push((key, value)),
            }
        }
        form
    }

    /// The form of values that have both forms; where they differ, the other one narrows.
    fn and(mut self, other: &Self) -> Self {
        self.name = other.name.or(self.name);
        self.items = other.items.or(self.items);
        self.additional = other.additional.or(self.additional);
        set_all(&mut self.properties, &other.properties);
        set_all(&mut self.keywords, &other.keywords);
        for name in &other.required {
            if !self.required.contains(name) {
                self.required.push(name);
            }
        }
        self
    }
}

fn find<'a>(entries: &[(&'a str, &'a Value)], wanted: &str) -> Option<&'a Value> {
    let found = entries.iter().find(|(key, _)| *key == wanted);
    found.map(|(_, value)| *value)
}

fn set_all<'a>(entries: &mut Vec<(&'a str, &'a Value)>, others: &[(&'a str, &'a Value)]) {
    if entries.is_empty() {
        entries.extend_from_slice(others);
        return;
    }
    for (key, value) in others {
        match entries.iter_mut().find(|(known, _)| known == key) {
            Some((_, known)) => *known = value,
            None => entries.push((key, value)),
        }
    }
}

impl<'a> Schemas<'a> {
    /// The target of a reference and its name.
    pub(crate) fn target(self, schema: &'a Value) -> Option<(&'a str, &'a Value)> {
        let name = schema.get("$ref")?.as_str()?.rsplit('/').next()?;
        let (name, target) = self.0.get_key_value(name)?;
        Some((name, target))
    }

    /// The forms that a value of this schema may have. Circular references are left out.
    pub(crate) fn open(self, schema: &'a Value) -> Vec<Form<'a>> {
        self.open_within(schema, &mut Vec::new(), 0)
    }

    /// The distinct forms of several schemas.
    pub(crate) fn open_all(self, schemas: impl IntoIterator<Item = &'a Value>) -> Vec<Form<'a>> {
        let mut distinct: Vec<&Value> = Vec::new();
        for schema in schemas {
            if !distinct.contains(&schema) {
                distinct.push(schema);
            }
        }
        let mut forms: Vec<Form<'a>> = Vec::new();
        for form in distinct.into_iter().flat_map(|schema| self.open(schema)) {
            if forms.len() < MAX_FORMS && !forms.contains(&form) {
                forms.push(form);
            }
        }
        forms
    }

    fn open_within(
        self,
        schema: &'a Value,
        within: &mut Vec<&'a str>,
        depth: usize,
    ) -> Vec<Form<'a>> {
        if depth >= DEPTH {
            return Vec::new();
        }
        if schema.get("$ref").is_some() {
            let Some((name, target)) = self.target(schema).filter(|it| !within.contains(&it.0))
            else {
                return Vec::new();
            };
            within.push(name);
            let mut forms = self.open_within(target, within, depth + 1);
            within.pop();
            for form in &mut forms {
                form.name.get_or_insert(name);
            }
            return forms;
        }
        let mut forms = vec![Form::read(schema)];
        let members = |keyword: &str| {
            let members = schema.get(keyword).and_then(Value::as_array);
            members.into_iter().flatten()
        };
        for member in members("allOf") {
            forms = each_with_each(forms, &self.open_within(member, within, depth + 1));
        }
        for union in ["oneOf", "anyOf"] {
            let mut others = Vec::new();
            for member in members(union) {
                others.extend(self.open_within(member, within, depth + 1));
            }
            forms = each_with_each(forms, &others);
        }
        forms
    }
}

fn each_with_each<'a>(left: Vec<Form<'a>>, right: &[Form<'a>]) -> Vec<Form<'a>> {
    if right.is_empty() {
        return left;
    }
    let pairs = left
        .iter()
        .flat_map(|left| right.iter().map(move |right| left.clone().and(right)));
    pairs.take(MAX_FORMS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_that_contains_itself_or_nothing_ends() {
        let schemas = json!({
            "Loop": { "oneOf": [{ "$ref": "#/components/schemas/Loop" }, { "type": "string" }] },
            "Node": { "properties": { "next": { "$ref": "#/components/schemas/Node" } } },
        });
        let schemas: BTreeMap<String, Value> = serde_json::from_value(schemas).unwrap();
        let schemas = Schemas(&schemas);
        let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        let of_loop = reference("Loop");
        let forms = schemas.open(&of_loop);
        assert_eq!(forms.len(), 1);
        assert_eq!(forms[0].type_name(), Some("string"));
        let of_node = reference("Node");
        assert_eq!(schemas.open(&of_node)[0].name, Some("Node"));
        assert!(schemas.open(&reference("None")).is_empty());
        let deep = (0..60).fold(json!({ "type": "null" }), |it, _| json!({ "allOf": [it] }));
        assert_eq!(schemas.open(&deep).len(), 1);
    }

    #[test]
    fn unions_of_unions_are_limited() {
        let union = json!({ "oneOf": vec![json!({ "type": "string" }); 30] });
        let product = json!({ "allOf": vec![union; 5] });
        assert_eq!(Schemas(&BTreeMap::new()).open(&product).len(), MAX_FORMS);
    }
}
