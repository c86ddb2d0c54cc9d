//! Fixes for errors in Vapi's document.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::Fix;
use crate::{
    document::{Document, Operation, array},
    structure::{each_operation, each_parameter, each_schema},
};

/// The fixes, in the order in which they are applied.
pub const BUGS: &[Fix] = &[
    Fix {
        name: "path-parameter-undeclared",
        reason: "a path names a parameter that the operation does not declare",
        apply: path_parameter_undeclared,
    },
    Fix {
        name: "parameter-twice",
        reason: "an operation declares two parameters with the same name and location; only one can be sent",
        apply: parameter_twice,
    },
    Fix {
        name: "parameter-all-of",
        reason: "`allOf` is declared on the parameter instead of in its schema",
        apply: parameter_all_of,
    },
    Fix {
        name: "header-parameter",
        reason: "a header that the HTTP client sets itself is declared as a parameter",
        apply: header_parameter,
    },
    Fix {
        name: "count-as-number",
        reason: "a count in a query has the type `number`, and would be sent as `50.0`",
        apply: count_as_number,
    },
    Fix {
        name: "format-on-array",
        reason: "a format of the elements is declared on the array",
        apply: format_on_array,
    },
    Fix {
        name: "enum-on-array",
        reason: "an enum of strings for the elements is declared on the array, which no value can satisfy",
        apply: enum_on_array,
    },
    Fix {
        name: "enum-on-object",
        reason: "an enum of strings has the type `object`; the live API sends strings",
        apply: enum_on_object,
    },
    Fix {
        name: "items-on-object",
        reason: "the schema has `items` but the type `object`",
        apply: items_on_object,
    },
    Fix {
        name: "enum-value-twice",
        reason: "an enum lists a value twice",
        apply: enum_value_twice,
    },
    Fix {
        name: "enum-empty",
        reason: "an enum without values accepts nothing",
        apply: enum_empty,
    },
    Fix {
        name: "type-null",
        reason: "OpenAPI 3.0 has no type `null`",
        apply: type_null,
    },
    Fix {
        name: "pattern-literal",
        reason: "a pattern is a JavaScript literal or the name of a constant and matches no valid value",
        apply: pattern_literal,
    },
];

fn path_parameter_undeclared(document: &mut Value) -> usize {
    let known = Document::from_value(document.clone());
    let mut hits = 0;
    for operation in known.operations() {
        for name in operation.path_names() {
            if !declares(&known, operation, name) {
                hits += 1;
                declare(document, operation, name);
            }
        }
    }
    hits
}

fn declares(document: &Document, operation: Operation<'_>, name: &str) -> bool {
    let parameters = document.parameters(operation);
    parameters
        .iter()
        .any(|parameter| parameter.place == "path" && parameter.name == name)
}

fn declare(document: &mut Value, operation: Operation<'_>, name: &str) {
    if let Some(Value::Object(operation)) = document
        .get_mut("paths")
        .and_then(|paths| paths.get_mut(operation.path))
        .and_then(|item| item.get_mut(operation.method))
        && let Some(parameters) = operation
            .entry("parameters")
            .or_insert_with(|| json!([]))
            .as_array_mut()
    {
        parameters.push(json!({
            "name": name, "in": "path", "required": true, "schema": { "type": "string" },
        }));
    }
}

fn parameter_twice(document: &mut Value) -> usize {
    parameters_dropped(document, |seen, parameter| {
        let key = |key: &str| Some(parameter.get(key)?.as_str()?.to_owned());
        // A reference has no name and no location; it refers to another parameter.
        key("name")
            .zip(key("in"))
            .is_some_and(|named| !seen.insert(named))
    })
}

fn header_parameter(document: &mut Value) -> usize {
    parameters_dropped(document, |_, parameter| is_own_header(parameter))
}

/// Whether a parameter is a header that the HTTP client sets itself.
pub(crate) fn is_own_header(parameter: &Value) -> bool {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str);
    let is_header = text("in").is_some_and(|place| place.eq_ignore_ascii_case("header"));
    is_header && text("name").is_some_and(is_own_header_name)
}

/// Whether the HTTP client sets a header itself.
pub(crate) fn is_own_header_name(name: &str) -> bool {
    ["user-agent", "content-type", "accept", "authorization"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}

type Seen = HashSet<(String, String)>;

/// Removes the parameters for which `drop` returns true, and counts them.
fn parameters_dropped(document: &mut Value, drop: impl Fn(&mut Seen, &Value) -> bool) -> usize {
    let mut hits = 0;
    each_operation(document, |operation| {
        if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
            let before = parameters.len();
            let mut seen = Seen::new();
            parameters.retain(|parameter| !drop(&mut seen, parameter));
            hits += before - parameters.len();
        }
    });
    hits
}

fn parameter_all_of(document: &mut Value) -> usize {
    let mut hits = 0;
    each_parameter(document, |parameter| {
        if let Some(Value::Array(mut members)) = parameter.remove("allOf") {
            hits += 1;
            let stated = parameter.remove("schema");
            members.extend(stated.filter(|schema| *schema != json!({})));
            parameter.insert("schema".to_owned(), json!({ "allOf": members }));
        }
    });
    hits
}

fn count_as_number(document: &mut Value) -> usize {
    let mut hits = 0;
    each_parameter(document, |parameter| {
        let counts = parameter.get("in") == Some(&json!("query"))
            && matches!(
                parameter.get("name").and_then(Value::as_str),
                Some("limit" | "page")
            );
        if counts
            && let Some(Value::Object(schema)) = parameter.get_mut("schema")
            && is_type(schema, "number")
        {
            schema.insert("type".to_owned(), json!("integer"));
            hits += 1;
        }
    });
    hits
}

fn format_on_array(document: &mut Value) -> usize {
    moved_to_items(document, "format", |_| true)
}

fn enum_on_array(document: &mut Value) -> usize {
    moved_to_items(document, "enum", |values| {
        !array(Some(values)).any(Value::is_array)
    })
}

/// Moves a keyword from array schemas to their items if its value refers to the items.
fn moved_to_items(document: &mut Value, keyword: &str, about_items: fn(&Value) -> bool) -> usize {
    schemas_changed(document, |schema| {
        if !is_type(schema, "array") || !schema.get(keyword).is_some_and(about_items) {
            return false;
        }
        let Some(value) = schema.remove(keyword) else {
            return false;
        };
        if let Some(items) = schema
            .entry("items")
            .or_insert_with(|| json!({ "type": "string" }))
            .as_object_mut()
        {
            items.entry(keyword).or_insert(value);
        }
        true
    })
}

fn enum_on_object(document: &mut Value) -> usize {
    schemas_changed(document, |schema| {
        let strings = schema
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|values| values.iter().all(Value::is_string));
        let wrong = is_type(schema, "object") && strings;
        if wrong {
            schema.insert("type".to_owned(), json!("string"));
        }
        wrong
    })
}

fn items_on_object(document: &mut Value) -> usize {
    schemas_changed(document, |schema| {
        let wrong = is_type(schema, "object")
            && schema.contains_key("items")
            && !schema.contains_key("properties");
        if wrong {
            schema.insert("type".to_owned(), json!("array"));
        }
        wrong
    })
}

fn enum_value_twice(document: &mut Value) -> usize {
    schemas_changed(document, |schema| {
        let Some(Value::Array(values)) = schema.get_mut("enum") else {
            return false;
        };
        let before = values.len();
        let mut seen = HashSet::new();
        values.retain(|value| seen.insert(value.to_string()));
        values.len() < before
    })
}

fn enum_empty(document: &mut Value) -> usize {
    schemas_changed(document, |schema| {
        let empty = schema
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(Vec::is_empty);
        if empty {
            schema.remove("enum");
        }
        empty
    })
}

fn type_null(document: &mut Value) -> usize {
    schemas_changed(document, |schema| {
        let wrong = is_type(schema, "null");
        if wrong {
            schema.remove("type");
            schema.insert("nullable".to_owned(), json!(true));
        }
        wrong
    })
}

fn pattern_literal(document: &mut Value) -> usize {
    schemas_changed(document, |schema| {
        let wrong = schema
            .get("pattern")
            .and_then(Value::as_str)
            .is_some_and(|pattern| {
                let literal = pattern
                    .strip_prefix('/')
                    .and_then(|rest| rest.rsplit_once('/'))
                    .is_some_and(|(_, flags)| flags.chars().all(|c| "dgimsuvy".contains(c)));
                let constant = pattern.contains('_')
                    && pattern.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
                literal || constant
            });
        if wrong {
            schema.remove("pattern");
        }
        wrong
    })
}

fn is_type(schema: &Map<String, Value>, name: &str) -> bool {
    schema.get("type").and_then(Value::as_str) == Some(name)
}

fn schemas_changed(
    document: &mut Value,
    change: impl Fn(&mut Map<String, Value>) -> bool,
) -> usize {
    let mut hits = 0;
    each_schema(document, |schema| hits += usize::from(change(schema)));
    hits
}
