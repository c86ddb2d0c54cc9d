//! Lowering turns any place of the document into a schema that every MCP client accepts.

use crate::support::{api, document};
use codegen::lower::lower;
use serde_json::{Value, json};

/// What a schema becomes, beside these named schemas.
fn lowered_beside(schemas: Value, schema: Value) -> Value {
    let document = document(&api(json!({}), schemas));
    lower(&document, &document.alternatives(&schema))
}

fn lowered(schema: Value) -> Value {
    lowered_beside(json!({}), schema)
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[test]
fn a_scalar_keeps_its_type_and_bounds_and_nothing_else() {
    assert_eq!(
        lowered(json!({
            "type": "string", "minLength": 1, "maxLength": 9, "pattern": "^a", "format": "date-time",
            "default": "a", "nullable": true, "description": "Prose.", "title": "Prose", "x-a": 1,
        })),
        json!({ "type": "string", "maxLength": 9 })
    );
    assert_eq!(
        lowered(
            json!({ "type": "number", "minimum": -1.5, "maximum": 2, "multipleOf": 0.5, "exclusiveMinimum": true })
        ),
        json!({ "type": "number", "minimum": -1.5, "maximum": 2 })
    );
    assert_eq!(
        lowered(json!({ "type": "number", "minimum": 0, "maximum": 2 })),
        json!({ "type": "number", "maximum": 2 }),
        "that a count is not negative goes without saying"
    );
    assert_eq!(
        lowered(json!({ "type": "boolean" })),
        json!({ "type": "boolean" })
    );
}

#[test]
fn references_are_followed_through_each_other() {
    let schemas = json!({
        "A": reference("B"), "B": { "allOf": [reference("C")] }, "C": { "type": "integer" },
    });
    assert_eq!(
        lowered_beside(schemas, reference("A")),
        json!({ "type": "integer" })
    );
}

#[test]
fn a_reference_to_nothing_promises_nothing() {
    assert_eq!(lowered(reference("Nobody")), json!({}));
    assert_eq!(lowered(json!({ "$ref": "other.json#/A" })), json!({}));
}

#[test]
fn all_of_around_one_reference_is_that_reference() {
    let schemas = json!({ "A": { "type": "object", "properties": { "a": { "type": "string" } } } });
    let property = json!({ "allOf": [reference("A")], "nullable": true, "description": "Prose." });
    assert_eq!(
        lowered_beside(schemas, property),
        json!({ "type": "object", "properties": { "a": { "type": "string" } } })
    );
}

fn alternatives(schema: Value) -> Vec<Value> {
    document(&api(json!({}), json!({}))).alternatives(&schema)
}

#[test]
fn a_union_offers_its_members_with_what_stands_beside_it() {
    assert_eq!(
        alternatives(json!({
            "nullable": true, "properties": { "own": {} }, "required": ["own"],
            "oneOf": [{ "properties": { "a": {} }, "required": ["a"] }, { "type": "object" }],
        })),
        [
            json!({
                "nullable": true, "properties": { "own": {}, "a": {} }, "required": ["own", "a"],
            }),
            json!({
                "nullable": true, "properties": { "own": {} }, "required": ["own"], "type": "object",
            }),
        ]
    );
}

#[test]
fn members_of_all_of_hold_together_and_those_of_one_of_do_not() {
    let (a, b) = (
        json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "string" } } }),
        json!({ "type": "object", "required": ["b"], "properties": { "b": { "type": "number" } } }),
    );
    assert_eq!(
        lowered(json!({ "allOf": [a, b] })),
        json!({
            "type": "object", "required": ["a", "b"],
            "properties": { "a": { "type": "string" }, "b": { "type": "number" } },
        })
    );
    assert_eq!(
        lowered(json!({ "oneOf": [a, b] })),
        json!({ "type": "object" })
    );
}

#[test]
fn a_union_within_all_of_offers_each_of_its_members_with_the_others() {
    let kind =
        |kind: &str| json!({ "required": ["kind"], "properties": { "kind": { "enum": [kind] } } });
    let shared = json!({ "type": "object" });
    let whole = |kind: Value| {
        let mut whole = kind;
        whole["type"] = json!("object");
        whole
    };
    assert_eq!(
        alternatives(json!({ "allOf": [shared, { "anyOf": [kind("a"), kind("b")] }] })),
        [whole(kind("a")), whole(kind("b"))]
    );
}

#[test]
fn what_members_of_all_of_say_of_one_thing_is_narrowed() {
    let count = json!({ "type": "integer", "minimum": 1, "maximum": 9 });
    let other = json!({ "type": "integer", "minimum": 5, "maximum": 20 });
    let narrowed = json!({ "type": "integer", "minimum": 5, "maximum": 9 });
    assert_eq!(lowered(json!({ "allOf": [count, other] })), narrowed);
    assert_eq!(lowered(json!({ "allOf": [other, count] })), narrowed);
    let below = |schema: &Value| json!({ "type": "object", "properties": { "it": schema } });
    assert_eq!(
        lowered(json!({ "allOf": [below(&count), below(&other)] })),
        below(&narrowed)
    );
    let list = |schema: &Value| json!({ "type": "array", "items": schema });
    assert_eq!(
        lowered(json!({ "allOf": [list(&count), list(&other)] })),
        list(&narrowed)
    );
    let text = |values: Value| json!({ "type": "string", "maxLength": 4, "enum": values });
    assert_eq!(
        lowered(
            json!({ "maxLength": 3, "allOf": [text(json!(["a", "b"])), text(json!(["b", "c"]))] })
        ),
        json!({ "type": "string", "maxLength": 3, "enum": ["b"] })
    );
}

#[test]
fn where_nothing_follows_two_members_of_all_of_no_client_is_told_an_empty_enum() {
    let text = |value: &str| json!({ "type": "string", "enum": [value] });
    assert_eq!(
        lowered(json!({ "allOf": [text("a"), text("b")] })),
        json!({ "type": "string" })
    );
}

#[test]
fn one_schema_may_be_referred_to_twice() {
    let schemas = json!({
        "Base": { "type": "object", "properties": { "id": { "type": "string" } } },
        "A": { "allOf": [reference("Base")] },
        "B": { "allOf": [reference("Base"), reference("A")] },
    });
    let base = json!({ "type": "object", "properties": { "id": { "type": "string" } } });
    assert_eq!(lowered_beside(schemas.clone(), reference("B")), base);
    let either = json!({ "oneOf": [reference("A"), reference("Base")] });
    assert_eq!(lowered_beside(schemas, either), base);
}

#[test]
fn an_object_without_a_type_is_known_by_its_properties() {
    assert_eq!(
        lowered(json!({ "properties": { "type": { "type": "string" } } })),
        json!({ "type": "object", "properties": { "type": { "type": "string" } } })
    );
}

#[test]
fn an_object_without_known_properties_stays_open() {
    assert_eq!(
        lowered(
            json!({ "type": "object", "additionalProperties": { "type": "string" }, "required": ["a"] })
        ),
        json!({ "type": "object" })
    );
}

#[test]
fn a_union_of_objects_has_the_properties_and_demands_that_all_members_have() {
    let schemas = json!({
        "A": { "type": "object", "required": ["kind", "a"], "properties": {
            "kind": { "type": "string", "enum": ["a"] }, "name": { "type": "string" }, "a": {},
        } },
        "B": { "type": "object", "required": ["kind", "name"], "properties": {
            "name": { "type": "string" }, "kind": { "type": "string", "enum": ["b"] }, "b": {},
        } },
    });
    assert_eq!(
        lowered_beside(
            schemas,
            json!({ "oneOf": [reference("A"), reference("B")] })
        ),
        json!({
            "type": "object",
            "properties": { "kind": { "type": "string", "enum": ["a", "b"] }, "name": { "type": "string" } },
            "required": ["kind"],
        })
    );
}

#[test]
fn a_union_of_different_types_promises_nothing() {
    let either = |key: &str| json!({ key: [{ "type": "string" }, { "type": "object" }] });
    assert_eq!(lowered(either("oneOf")), json!({}));
    assert_eq!(lowered(either("anyOf")), json!({}));
    assert_eq!(
        lowered(json!({ "type": "array", "items": either("oneOf") })),
        json!({ "type": "array", "items": {} })
    );
}

#[test]
fn a_union_with_null_is_the_other_member() {
    assert_eq!(
        lowered(json!({ "oneOf": [{ "type": "string" }, { "nullable": true }] })),
        json!({ "type": "string" })
    );
}

#[test]
fn an_array_always_has_items() {
    assert_eq!(
        lowered(json!({ "type": "array" })),
        json!({ "type": "array", "items": {} })
    );
    assert_eq!(
        lowered(
            json!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": "string", "maxLength": 3 } })
        ),
        json!({ "type": "array", "items": { "type": "string", "maxLength": 3 } })
    );
    let arrays = json!({ "anyOf": [
        { "type": "array", "items": { "type": "string", "enum": ["a"] } },
        { "type": "array", "items": { "type": "string", "enum": ["b"] } },
    ] });
    assert_eq!(
        lowered(arrays),
        json!({ "type": "array", "items": { "type": "string", "enum": ["a", "b"] } })
    );
}

#[test]
fn an_enum_is_kept_up_to_12_values_and_dropped_above() {
    let values = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    let kept = json!({ "type": "string", "enum": values(12) });
    assert_eq!(lowered(kept.clone()), kept);
    assert_eq!(
        lowered(json!({ "type": "string", "enum": values(13) })),
        json!({ "type": "string" })
    );
}

#[test]
fn enums_of_a_union_are_joined_only_when_every_member_is_closed() {
    let open = json!({ "oneOf": [{ "type": "string", "enum": ["a"] }, { "type": "string" }] });
    assert_eq!(lowered(open), json!({ "type": "string" }));
    let closed = json!({ "oneOf": [
        { "type": "string", "enum": ["a", "b"] }, { "type": "string", "enum": ["b", "c"] },
    ] });
    assert_eq!(
        lowered(closed),
        json!({ "type": "string", "enum": ["a", "b", "c"] })
    );
}

#[test]
fn bounds_of_a_union_are_left_out() {
    let union = json!({ "oneOf": [{ "type": "integer", "minimum": 1 }, { "type": "integer", "minimum": 5 }] });
    assert_eq!(lowered(union), json!({ "type": "integer" }));
}

#[test]
fn objects_below_the_second_level_are_left_open() {
    let leaf = json!({ "type": "object", "properties": { "leaf": { "type": "string" } } });
    let nested = json!({ "type": "object", "properties": {
        "one": { "type": "object", "properties": { "two": leaf, "list": { "type": "array", "items": leaf } } },
    } });
    assert_eq!(
        lowered(nested),
        json!({ "type": "object", "properties": {
            "one": { "type": "object", "properties": {
                "two": { "type": "object" },
                "list": { "type": "array", "items": { "type": "object" } },
            } },
        } })
    );
}

#[test]
fn lists_of_lists_end() {
    let schemas = json!({
        "List": { "type": "array", "items": reference("List") },
        "Pair": { "type": "array", "items": { "oneOf": [reference("Pair"), { "type": "array", "items": reference("List") }] } },
    });
    let list = |items: Value| json!({ "type": "array", "items": items });
    let ended = list(list(list(list(json!({})))));
    assert_eq!(lowered_beside(schemas.clone(), reference("List")), ended);
    assert_eq!(lowered_beside(schemas, reference("Pair")), ended);
}

#[test]
fn what_arrays_below_the_second_level_hold_is_left_open() {
    let list = |items: Value| json!({ "type": "array", "items": items });
    let text = json!({ "type": "string" });
    assert_eq!(
        lowered(list(list(list(text.clone())))),
        list(list(list(text.clone())))
    );
    assert_eq!(
        lowered(list(list(list(list(text))))),
        list(list(list(list(json!({})))))
    );
}

#[test]
fn references_in_a_circle_say_nothing() {
    let schemas = json!({
        "Self": reference("Self"),
        "A": { "allOf": [reference("B")] }, "B": { "anyOf": [reference("A")] },
        "Known": { "allOf": [reference("Known"), { "type": "string" }] },
    });
    for name in ["Self", "A", "B"] {
        assert_eq!(lowered_beside(schemas.clone(), reference(name)), json!({}));
    }
    assert_eq!(
        lowered_beside(schemas, reference("Known")),
        json!({ "type": "string" })
    );
}

#[test]
fn a_schema_that_holds_itself_ends() {
    let schemas = json!({
        "Tree": { "type": "object", "properties": {
            "children": { "type": "array", "items": reference("Tree") }, "parent": reference("Tree"),
        } },
        "Loop": { "allOf": [reference("Pool")] },
        "Pool": { "oneOf": [reference("Loop"), { "type": "string" }] },
    });
    let ended = json!({ "type": "object" });
    let below = json!({ "type": "object", "properties": {
        "children": { "type": "array", "items": ended }, "parent": ended,
    } });
    assert_eq!(
        lowered_beside(schemas.clone(), reference("Tree")),
        json!({ "type": "object", "properties": {
            "children": { "type": "array", "items": ended }, "parent": below,
        } })
    );
    assert_eq!(
        lowered_beside(schemas, reference("Loop")),
        json!({ "type": "string" })
    );
}
