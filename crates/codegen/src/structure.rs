//! The structure of an OpenAPI 3.0 document. The kind of an object is determined by its position,
//! never only by its key, because hundreds of properties are called `type` or `description`.

use schemars::{
    Schema,
    transform::{Transform, transform_subschemas},
};
use serde_json::{Map, Value};

use crate::document::{METHODS, array, object};

/// The kind of an object in OpenAPI 3.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Document,
    Info,
    Server,
    Components,
    Paths,
    PathItem,
    Operation,
    Parameter,
    Header,
    RequestBody,
    Responses,
    Response,
    MediaType,
    Encoding,
    Link,
    Callback,
    SecurityScheme,
    OAuthFlows,
    OAuthFlow,
    Schema,
    /// An object that contains no other: a license, a server variable, a tag.
    Plain,
}

/// The objects at a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Children {
    One(Kind),
    List(Kind),
    Map(Kind),
}

/// Matches every key except extensions, in objects whose keys are names such as paths and status
/// codes.
const EVERY: &str = "*";

/// The keys of each kind of object that contain other objects.
fn keys(kind: Kind) -> &'static [(&'static str, Children)] {
    use Children::{List, Map, One};
    use Kind::*;
    match kind {
        Document => &[
            ("info", One(Info)),
            ("servers", List(Server)),
            ("tags", List(Plain)),
            ("paths", One(Paths)),
            ("components", One(Components)),
        ],
        Info => &[("license", One(Plain))],
        Server => &[("variables", Map(Plain))],
        Components => &[
            ("schemas", Map(Schema)),
            ("responses", Map(Response)),
            ("parameters", Map(Parameter)),
            ("requestBodies", Map(RequestBody)),
            ("headers", Map(Header)),
            ("securitySchemes", Map(SecurityScheme)),
            ("links", Map(Link)),
            ("callbacks", Map(Callback)),
        ],
        Paths | Callback => &[(EVERY, One(PathItem))],
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
            ("requestBody", One(RequestBody)),
            ("responses", One(Responses)),
            ("callbacks", Map(Callback)),
            ("servers", List(Server)),
        ],
        Parameter | Header => &[("schema", One(Schema)), ("content", Map(MediaType))],
        RequestBody => &[("content", Map(MediaType))],
        Responses => &[(EVERY, One(Response))],
        Response => &[
            ("headers", Map(Header)),
            ("content", Map(MediaType)),
            ("links", Map(Link)),
        ],
        MediaType => &[("schema", One(Schema)), ("encoding", Map(Encoding))],
        Encoding => &[("headers", Map(Header))],
        Link => &[("server", One(Server))],
        SecurityScheme => &[("flows", One(OAuthFlows))],
        OAuthFlows => &[(EVERY, One(OAuthFlow))],
        Schema => &[
            ("properties", Map(Schema)),
            ("items", One(Schema)),
            ("additionalProperties", One(Schema)),
            ("not", One(Schema)),
            ("allOf", List(Schema)),
            ("oneOf", List(Schema)),
            ("anyOf", List(Schema)),
        ],
        OAuthFlow | Plain => &[],
    }
}

/// The objects at a key of an object of this kind, and whether the key is a name that the document
/// defines.
pub(crate) fn children(kind: Kind, key: &str) -> Option<(Children, bool)> {
    keys(kind)
        .iter()
        .find(|(known, _)| *known == key || (*known == EVERY && !is_extension(key)))
        .map(|(known, children)| (*children, *known == EVERY))
}

/// The kind of the objects in a section of the components, such as `schemas`.
pub(crate) fn component(kind: &str) -> Kind {
    match children(Kind::Components, kind) {
        Some((Children::Map(kind), _)) => kind,
        _ => Kind::Plain,
    }
}

/// Calls `f` with the target of every reference in `value`, which is of this kind.
pub(crate) fn each_reference<'a>(kind: Kind, value: &'a Value, f: &mut impl FnMut(&'a str)) {
    each_object(kind, value, &mut |_, object| {
        if let Some(target) = object.get("$ref").and_then(Value::as_str) {
            f(target);
        }
    });
}

/// Calls `f` with `value`, which is of this kind, and then with every object below it.
pub(crate) fn each_object<'a>(
    kind: Kind,
    value: &'a Value,
    f: &mut impl FnMut(Kind, &'a Map<String, Value>),
) {
    if let Some(object) = value.as_object() {
        f(kind, object);
    }
    for (key, value) in object(Some(value)) {
        match children(kind, key) {
            Some((Children::One(kind), _)) => each_object(kind, value, f),
            Some((Children::List(kind), _)) => {
                array(Some(value)).for_each(|value| each_object(kind, value, f));
            }
            Some((Children::Map(kind), _)) => {
                object(Some(value)).for_each(|(_, value)| each_object(kind, value, f));
            }
            None => {}
        }
    }
}

/// Whether a key is an extension. In a map of names, such a key can be a name instead.
pub(crate) fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

/// Calls `f` with every object below `value`, which is of this kind, and then with `value` itself.
pub(crate) fn visit(
    kind: Kind,
    value: &mut Value,
    f: &mut impl FnMut(Kind, &mut Map<String, Value>),
) {
    if kind == Kind::Schema {
        return each_subschema(value, |schema| f(kind, schema));
    }
    let Some(object) = value.as_object_mut() else {
        return;
    };
    for (key, value) in object.iter_mut() {
        match children(kind, key) {
            Some((Children::One(kind), _)) => visit(kind, value, f),
            Some((Children::List(kind), _)) => {
                array_mut(Some(value)).for_each(|value| visit(kind, value, f));
            }
            Some((Children::Map(kind), _)) => {
                object_mut(Some(value)).for_each(|(_, value)| visit(kind, value, f));
            }
            None => {}
        }
    }
    f(kind, object);
}

/// Calls `f` with every parameter object.
pub(crate) fn each_parameter(document: &mut Value, f: impl FnMut(&mut Map<String, Value>)) {
    each(Kind::Parameter, document, f);
}

/// Calls `f` with every schema of the document, subschemas first.
pub(crate) fn each_schema(document: &mut Value, f: impl FnMut(&mut Map<String, Value>)) {
    each(Kind::Schema, document, f);
}

fn each(wanted: Kind, document: &mut Value, mut f: impl FnMut(&mut Map<String, Value>)) {
    visit(Kind::Document, document, &mut |kind, object| {
        if kind == wanted {
            f(object);
        }
    });
}

/// Calls `f` with every operation of the document's own paths.
pub(crate) fn each_operation(document: &mut Value, mut f: impl FnMut(&mut Map<String, Value>)) {
    for (_, item) in object_mut(document.get_mut("paths")) {
        for (key, operation) in object_mut(Some(item)) {
            if METHODS.contains(&key)
                && let Some(operation) = operation.as_object_mut()
            {
                f(operation);
            }
        }
    }
}

/// Calls `f` with every object schema below `schema`, innermost first, and with `schema` itself.
fn each_subschema(schema: &mut Value, f: impl FnMut(&mut Map<String, Value>)) {
    struct Each<F>(F);
    impl<F: FnMut(&mut Map<String, Value>)> Transform for Each<F> {
        fn transform(&mut self, schema: &mut Schema) {
            transform_subschemas(self, schema);
            if let Some(object) = schema.as_object_mut() {
                (self.0)(object);
            }
        }
    }
    if let Ok(schema) = <&mut Schema>::try_from(schema) {
        Each(f).transform(schema);
    }
}

/// The entries of a JSON object, mutable; none if it is something else.
fn object_mut(value: Option<&mut Value>) -> impl Iterator<Item = (&str, &mut Value)> {
    value
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
}

/// The elements of a JSON array, mutable; none if it is something else.
fn array_mut(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}
