//! The facts about all operations that the server describes to a model.

use std::collections::BTreeSet;

use miniz_oxide::deflate::compress_to_vec_zlib;
use model::facts::{Answer, Body, Facts, Operation as Described, Parameter as Named};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::row::{Operations, Row};
use crate::{
    document::{Document, Operation, Parameter, object},
    structure::{Kind, each_reference, visit},
};

/// The keywords of schemas that a description needs.
const KEYWORDS: [&str; 20] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "deprecated",
    "discriminator",
    "enum",
    "format",
    "items",
    "maxLength",
    "maximum",
    "minLength",
    "minimum",
    "nullable",
    "oneOf",
    "properties",
    "readOnly",
    "required",
    "type",
];

/// The keywords of a parameter's schema that a description needs.
const OF_PARAMETERS: [&str; 7] = [
    "type", "format", "enum", "minimum", "maximum", "default", "items",
];

const SCHEMAS: &str = "#/components/schemas/";

/// The best compression that zlib knows.
const LEVEL: u8 = 10;

/// A value as JSON, compressed with zlib.
pub fn compressed(value: &impl Serialize) -> Vec<u8> {
    // Only a map whose keys are not texts cannot be written, and there is none.
    let json = serde_json::to_vec(value).unwrap_or_default();
    compress_to_vec_zlib(&json, LEVEL)
}

impl Operations {
    /// The facts about all operations, and the schemas that their bodies and answers refer to.
    pub fn facts(&self, document: &Document) -> Facts {
        let mut bare = document.value().clone();
        visit(Kind::Document, &mut bare, &mut |kind, object| {
            if kind == Kind::Schema {
                object.retain(|key, _| KEYWORDS.contains(&key.as_str()));
                if let Some(Value::Object(discriminator)) = object.get_mut("discriminator") {
                    discriminator.retain(|key, _| key == "propertyName");
                }
            }
        });
        let bare = Document::from_value(bare);
        let operations: Vec<_> = bare
            .operations()
            .map(|operation| self.described(document, &bare, operation))
            .collect();
        let mut names = BTreeSet::new();
        for operation in &operations {
            if let Some(Body::Json(schema) | Body::Upload(schema)) = &operation.body {
                collect(&bare, schema, &mut names);
            }
            if let Some(Answer::Json(schema)) = &operation.answer {
                collect(&bare, schema, &mut names);
            }
        }
        let named = names.into_iter().filter_map(|name| {
            let schema = bare.target(&format!("{SCHEMAS}{name}"))?.clone();
            Some((name, schema))
        });
        Facts {
            schemas: named.collect(),
            operations,
        }
    }

    fn described(
        &self,
        document: &Document,
        bare: &Document,
        operation: Operation<'_>,
    ) -> Described {
        let row = self.row(operation);
        let mut notes: Vec<(String, String)> = Vec::new();
        for (at, words) in self.notes(document, operation) {
            if !notes.iter().any(|(known, _)| known == at) {
                notes.push((at.to_owned(), words.to_owned()));
            }
        }
        let text = |of: fn(&Row) -> &Option<String>| row.and_then(|row| of(row).clone());
        Described {
            method: operation.method.to_uppercase(),
            path: operation.path.to_owned(),
            id: operation.id.to_owned(),
            does: row.map(|row| row.does.clone()).unwrap_or_default(),
            effect: self.effect(operation),
            when: row
                .and_then(|row| Some(row.dial.as_ref()?.when.clone()))
                .unwrap_or_default(),
            loses: text(|row| &row.loses),
            tool: text(|row| &row.tool),
            parameters: parameters(bare, operation, row),
            body: body(bare, operation, row),
            answer: answer(bare, operation, row),
            notes,
            refuse: row.map(|row| row.refuse.clone()).unwrap_or_default(),
        }
    }
}

/// The path and query parameters and explained headers, also those of the path that the document does not declare.
/// Objects are left out: no query can hold them.
fn parameters(document: &Document, operation: Operation<'_>, row: Option<&Row>) -> Vec<Named> {
    let declared = document.parameters(operation);
    let is_declared = |name: &&str| {
        let of_path = |it: &Parameter<'_>| it.place == "path" && it.name == *name;
        declared.iter().any(of_path)
    };
    let undeclared = operation.path_names().filter(|name| !is_declared(name));
    let undeclared = undeclared.map(|name| Named {
        name: name.to_owned(),
        place: "path".to_owned(),
        required: true,
        schema: json!({ "type": "string" }),
        note: None,
    });
    let of_schema = declared.iter().filter_map(|parameter| {
        let is_explained = || row.is_some_and(|row| row.params.contains_key(parameter.name));
        match parameter.place {
            "path" | "query" => {}
            "header" if is_explained() => {}
            _ => return None,
        }
        let schema = parameter
            .schema
            .map_or(Value::Null, |schema| reduced(document, schema));
        let is_object = schema.get("type").is_some_and(|it| it == "object");
        (!is_object).then(|| Named {
            name: parameter.name.to_owned(),
            place: parameter.place.to_owned(),
            required: parameter.required,
            schema,
            note: row.and_then(|row| row.params.get(parameter.name).cloned()),
        })
    });
    undeclared.chain(of_schema).collect()
}

/// The schema of a parameter without references: of a union the list, or else the first member.
fn reduced(document: &Document, schema: &Value) -> Value {
    let forms = document.alternatives(schema);
    let is_list = |form: &&Value| form.get("items").is_some();
    let form = forms.iter().find(is_list).or_else(|| forms.first());
    let kept = object(form).filter(|(key, _)| OF_PARAMETERS.contains(key));
    kept.map(|(key, value)| {
        let value = match key {
            "items" => reduced(document, value),
            _ => value.clone(),
        };
        (key.to_owned(), value)
    })
    .collect::<Map<_, _>>()
    .into()
}

fn body(document: &Document, operation: Operation<'_>, row: Option<&Row>) -> Option<Body> {
    // With this property, the operation concerns other objects than that of its path, so no body is sent.
    if row.is_some_and(|row| row.replaces_id.is_some()) {
        return None;
    }
    if let Some(row) = row.filter(|row| row.body.is_some()) {
        return Some(Body::Undocumented(row.takes.clone().unwrap_or_default()));
    }
    let content = document.body(operation)?.get("content")?;
    let schema = |media: &Value| media.get("schema").cloned().unwrap_or_default();
    match content.get("application/json") {
        Some(media) => Some(Body::Json(schema(media))),
        None => {
            let (_, media) = object(Some(content)).next()?;
            Some(Body::Upload(schema(media)))
        }
    }
}

/// The answer of the statuses 2xx: a union if they differ.
fn answer(document: &Document, operation: Operation<'_>, row: Option<&Row>) -> Option<Answer> {
    if row.is_some_and(|row| row.answer.as_deref() == Some("redirect")) {
        return Some(Answer::Redirect);
    }
    let mut schemas: Vec<&Value> = Vec::new();
    for (status, response) in object(operation.object.get("responses")) {
        let schema = document
            .resolved(response)
            .pointer("/content/application~1json/schema")
            .filter(|_| status.starts_with('2'));
        if let Some(schema) = schema.filter(|schema| !schemas.contains(schema)) {
            schemas.push(schema);
        }
    }
    match schemas.as_slice() {
        [] => None,
        [only] => Some(Answer::Json((*only).clone())),
        several => Some(Answer::Json(json!({ "oneOf": several }))),
    }
}

/// Adds the names of all schemas that this one refers to, directly or indirectly.
fn collect(document: &Document, schema: &Value, names: &mut BTreeSet<String>) {
    let mut waiting = vec![schema];
    while let Some(schema) = waiting.pop() {
        each_reference(Kind::Schema, schema, &mut |target| {
            let name = target.strip_prefix(SCHEMAS);
            if let Some(name) = name.filter(|name| !names.contains(*name))
                && let Some(schema) = document.target(target)
            {
                names.insert(name.to_owned());
                waiting.push(schema);
            }
        });
    }
}
