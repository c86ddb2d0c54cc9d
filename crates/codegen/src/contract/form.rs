//! The alternatives of a schema, each with its location in the document.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    catalog::location::escaped,
    document::{Document, array},
};

/// Maximum depth of references and compositions; those of Vapi's document are a few levels deep.
const DEPTH: usize = 32;

/// A schema without references and compositions.
#[derive(Clone, Debug)]
pub(super) struct Form<'a> {
    /// The pointer to the schema.
    pub(super) at: String,
    /// The pointer to the list of alternatives that contains the schema, if there is one.
    pub(super) union: Option<String>,
    /// Whether the value may be null.
    nullable: bool,
    keywords: Cow<'a, Map<String, Value>>,
}

/// The alternatives of the schema at `at`; empty if a reference has no target.
pub(super) fn forms<'a>(document: &'a Document, schema: &'a Value, at: &str) -> Vec<Form<'a>> {
    let mut found = Vec::new();
    let opened = Form {
        at: at.to_owned(),
        union: None,
        nullable: false,
        keywords: Cow::Owned(Map::new()),
    };
    open(document, schema, &opened, 0, &mut found);
    found
}

fn open<'a>(
    document: &'a Document,
    schema: &'a Value,
    opened: &Form<'a>,
    depth: usize,
    found: &mut Vec<Form<'a>>,
) {
    let Some(keywords) = schema.as_object().filter(|_| depth < DEPTH) else {
        return;
    };
    let mut opened = opened.clone();
    opened.nullable |= keywords.get("nullable") == Some(&Value::Bool(true));
    if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
        if let Some(target) = document.target(reference) {
            reference.trim_start_matches('#').clone_into(&mut opened.at);
            open(document, target, &opened, depth + 1, found);
        }
        return;
    }
    let all: Vec<_> = array(keywords.get("allOf")).collect();
    let unions = ["oneOf", "anyOf"].map(|key| (key, array(keywords.get(key)).collect::<Vec<_>>()));
    let members = || unions.iter().flat_map(|(_, members)| members);
    let is_union = members().next().is_some();
    if !is_union && all.is_empty() {
        opened.keywords = Cow::Borrowed(keywords);
        found.push(opened);
        return;
    }
    let merges = match all.as_slice() {
        [] => false,
        [only] => members().any(|member| member != only),
        _ => true,
    };
    if merges || keywords.contains_key("properties") {
        for merged in document.alternatives(schema) {
            if let Value::Object(merged) = merged {
                let keywords = Cow::Owned(merged);
                found.push(Form {
                    keywords,
                    ..opened.clone()
                });
            }
        }
        return;
    }
    if !is_union {
        let at = format!("{}/allOf/0", opened.at);
        let opened = Form { at, ..opened };
        for member in all {
            open(document, member, &opened, depth + 1, found);
        }
        return;
    }
    for (key, members) in &unions {
        let list = format!("{}/{key}", opened.at);
        for (index, member) in members.iter().enumerate() {
            let opened = Form {
                at: format!("{list}/{index}"),
                union: Some(list.clone()),
                ..opened.clone()
            };
            open(document, member, &opened, depth + 1, found);
        }
    }
}

impl<'a> Form<'a> {
    /// The alternatives of a property; of the elements of a list if the segment is `*` or an index;
    /// or of the undeclared properties if it is `*`. Empty if the schema declares none of these, or
    /// is merged from several.
    pub(super) fn below(&self, document: &'a Document, segment: &str) -> Vec<Self> {
        let Cow::Borrowed(keywords) = &self.keywords else {
            return Vec::new();
        };
        let keywords: &'a Map<String, Value> = keywords;
        let is_element = segment == "*" || segment.parse::<usize>().is_ok();
        if let Some(items) = keywords.get("items").filter(|_| is_element) {
            return forms(document, items, &format!("{}/items", self.at));
        }
        if let Some(others) = keywords
            .get("additionalProperties")
            .filter(|_| segment == "*")
        {
            return forms(
                document,
                others,
                &format!("{}/additionalProperties", self.at),
            );
        }
        let properties = keywords.get("properties");
        let schema = properties.and_then(|properties| properties.get(segment));
        let at = format!("{}/properties/{}", self.at, escaped(segment));
        schema
            .map(|schema| forms(document, schema, &at))
            .unwrap_or_default()
    }

    /// The value of a keyword.
    pub(super) fn get(&self, keyword: &str) -> Option<&Value> {
        self.keywords.get(keyword)
    }

    /// Whether the JSON type of a value is right.
    pub(super) fn takes(&self, value: &Value) -> bool {
        let declared = match self.get("type").and_then(Value::as_str) {
            Some(name) => Some(name),
            None if self.get("properties").is_some() => Some("object"),
            None if self.get("items").is_some() => Some("array"),
            None => None,
        };
        match (declared, value) {
            (None, Value::Null) => self.nullable || self.get("enum").is_none(),
            (None, _) => true,
            (Some(_), Value::Null) => self.nullable,
            (Some("object"), Value::Object(_))
            | (Some("array"), Value::Array(_))
            | (Some("string"), Value::String(_))
            | (Some("boolean"), Value::Bool(_))
            | (Some("number"), Value::Number(_)) => true,
            (Some("integer"), Value::Number(number)) => {
                !number.is_f64() || number.as_f64().is_some_and(|it| it.fract() == 0.0)
            }
            _ => false,
        }
    }

    /// Whether the value of a property that tells the alternatives apart, such as `type` or
    /// `provider`, belongs to another alternative.
    pub(super) fn contradicts(&self, value: &Value) -> bool {
        let properties = self.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().any(|(name, schema)| {
            let only = match schema.get("enum").and_then(Value::as_array) {
                Some(values) if values.len() == 1 => values.first(),
                _ => None,
            };
            let given = value.get(name).filter(|given| given.is_string());
            only.is_some_and(Value::is_string) && given.is_some_and(|given| Some(given) != only)
        })
    }

    /// Whether an object may have any properties.
    pub(super) fn is_open(&self) -> bool {
        let properties = self.get("properties").and_then(Value::as_object);
        properties.is_none_or(Map::is_empty) && self.get("additionalProperties").is_none()
    }
}
