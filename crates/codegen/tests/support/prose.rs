//! The places of OpenAPI 3.0 that hold prose, found by position and never by key name alone.
//!
//! This is a second reading of the specification, on purpose not the one that vendoring uses.

use serde_json::Value;

/// An object of OpenAPI 3.0.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Document,
    Info,
    Server,
    Variable,
    Tag,
    Components,
    Paths,
    PathItem,
    Operation,
    Parameter,
    Body,
    Responses,
    Response,
    Media,
    Encoding,
    Link,
    Callback,
    Schema,
    SecurityScheme,
    Flows,
    Other,
}

use Kind::*;

/// How a field holds objects.
enum Held {
    One(Kind),
    List(Kind),
    Map(Kind),
}

use Held::{List, Map, One};

fn fields(kind: Kind) -> &'static [(&'static str, Held)] {
    match kind {
        Document => &[
            ("info", One(Info)),
            ("servers", List(Server)),
            ("tags", List(Tag)),
            ("paths", One(Paths)),
            ("components", One(Components)),
        ],
        Info => &[("license", One(Other))],
        Server => &[("variables", Map(Variable))],
        Components => &[
            ("schemas", Map(Schema)),
            ("responses", Map(Response)),
            ("parameters", Map(Parameter)),
            ("requestBodies", Map(Body)),
            ("headers", Map(Parameter)),
            ("securitySchemes", Map(SecurityScheme)),
            ("links", Map(Link)),
            ("callbacks", Map(Callback)),
        ],
        PathItem => &[
            ("get", One(Operation)),
            ("put", One(Operation)),
            ("post", One(Operation)),
            ("delete", One(Operation)),
            ("options", One(Operation)),
            ("head", One(Operation)),
            ("patch", One(Operation)),
            ("trace", One(Operation)),
            ("servers", List(Server)),
            ("parameters", List(Parameter)),
        ],
        Operation => &[
            ("parameters", List(Parameter)),
            ("requestBody", One(Body)),
            ("responses", One(Responses)),
            ("callbacks", Map(Callback)),
            ("servers", List(Server)),
        ],
        Parameter => &[("schema", One(Schema)), ("content", Map(Media))],
        Body => &[("content", Map(Media))],
        Response => &[
            ("headers", Map(Parameter)),
            ("content", Map(Media)),
            ("links", Map(Link)),
        ],
        Media => &[("schema", One(Schema)), ("encoding", Map(Encoding))],
        Encoding => &[("headers", Map(Parameter))],
        Link => &[("server", One(Server))],
        Schema => &[
            ("properties", Map(Schema)),
            ("items", One(Schema)),
            ("additionalProperties", One(Schema)),
            ("not", One(Schema)),
            ("allOf", List(Schema)),
            ("oneOf", List(Schema)),
            ("anyOf", List(Schema)),
        ],
        SecurityScheme => &[("flows", One(Flows))],
        Paths | Responses | Callback | Flows | Variable | Tag | Other => &[],
    }
}

fn is_prose(kind: Kind, key: &str) -> bool {
    match key {
        "description" | "summary" | "example" | "examples" | "externalDocs" => true,
        "title" => kind == Schema,
        "contact" => kind == Info,
        _ => key.starts_with("x-"),
    }
}

/// The JSON pointers of all prose in a document.
pub fn prose(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    visit(Document, document, "", &mut found);
    found
}

/// The document without the places of [`prose`].
pub fn without_prose(document: &Value) -> Value {
    let mut facts = document.clone();
    for pointer in prose(document) {
        let (holder, key) = pointer.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/").replace("~0", "~");
        let holder = facts.pointer_mut(holder).and_then(Value::as_object_mut);
        holder.unwrap().remove(&key);
    }
    facts
}

fn below(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn visit(kind: Kind, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(object) = value.as_object() else {
        return;
    };
    let prose = object.keys().filter(|key| is_prose(kind, key));
    found.extend(prose.map(|key| below(at, key)));
    let entries = match kind {
        Paths | Callback => Some(PathItem),
        Responses => Some(Response),
        Flows => Some(Other),
        _ => None,
    };
    for (key, entry) in object.iter().filter(|(key, _)| !key.starts_with("x-")) {
        if let Some(kind) = entries {
            visit(kind, entry, &below(at, key), found);
        }
    }
    for (field, held) in fields(kind) {
        let Some(value) = object.get(*field) else {
            continue;
        };
        let at = below(at, field);
        match held {
            One(kind) => visit(*kind, value, &at, found),
            List(kind) => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    visit(*kind, value, &format!("{at}/{index}"), found);
                }
            }
            Map(kind) => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    visit(*kind, value, &below(&at, key), found);
                }
            }
        }
    }
}
