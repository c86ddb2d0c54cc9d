//! What can be wrong with what an argument says of its values.

use serde_json::{Value, json};

use super::{
    arguments::{of_create, of_list},
    check, create, row,
};

/// The faults of an argument at a place of the body, with these keys beside.
fn of(at: &str, keys: &str) -> Vec<String> {
    of_create(&format!(
        r#"it = {{ body = "{at}", {keys}, description = "It." }}"#
    ))
}

/// What callers must give, as the face of the one row shows it.
fn required(text: &str) -> Option<Value> {
    let catalog = check(text).expect("the row is refused");
    let faces = catalog.faces();
    faces.first()?.pointer("/inputSchema/required").cloned()
}

#[test]
fn a_place_without_a_single_type_needs_a_stated_schema() {
    assert_eq!(
        of_create(r#"either = { body = "/either", description = "It." }"#),
        ["argument `either`: the document gives its place several types or none; state `schema`"]
    );
}

#[test]
fn a_stated_schema_has_a_type() {
    let fault =
        ["argument `it`, `schema`: it has no `type`; give one, such as `type = \"string\"`"];
    assert_eq!(of("/either", "schema = {}"), fault);
    assert_eq!(of("/kind", r#"schema = { enum = ["web"] }"#), fault);
    assert_eq!(of("/kind", r#"schema = "string""#), fault);
}

#[test]
fn a_stated_schema_names_no_property_that_the_document_does_not_know() {
    let unknown = |there: &str, name: &str, near: &str| {
        [format!(
            "argument `it`, `schema`: the document knows no property `{name}` {there}; did you mean `{near}`?"
        )]
    };
    let provider =
        r#"schema = { type = "object", properties = { providr = { type = "string" } } }"#;
    assert_eq!(
        of("/model", provider),
        unknown("there", "providr", "provider")
    );
    let message = r#"{ type = "array", items = { type = "object", properties = { rol = { type = "string" } } } }"#;
    assert_eq!(
        of("/model/messages", &format!("schema = {message}")),
        unknown("at /0", "rol", "role")
    );
    assert_eq!(
        of(
            "/model",
            &format!(r#"schema = {{ type = "object", properties = {{ messages = {message} }} }}"#)
        ),
        unknown("at /messages/0", "rol", "role")
    );
}

#[test]
fn a_stated_type_is_the_one_that_the_document_gives() {
    let model = |message: &str| {
        let list = format!("{{ type = \"array\", items = {message} }}");
        format!(r#"schema = {{ type = "object", properties = {{ messages = {list} }} }}"#)
    };
    for (at, schema, reason) in [
        (
            "/urgent",
            r#"schema = { type = "string" }"#.to_owned(),
            "its type there is `string`, but `boolean` in the document",
        ),
        (
            "/tries",
            r#"schema = { type = "number" }"#.to_owned(),
            "its type there is `number`, but `integer` in the document",
        ),
        (
            "/tags",
            r#"schema = { type = "array", items = { type = "object" } }"#.to_owned(),
            "its type at /0 is `object`, but `string` in the document",
        ),
        (
            "/model",
            model(r#"{ type = "string" }"#),
            "its type at /messages/0 is `string`, but `object` in the document",
        ),
        (
            "/model",
            model(r#"{ type = "object", properties = { role = { type = "boolean" } } }"#),
            "its type at /messages/0/role is `boolean`, but `string` in the document",
        ),
    ] {
        assert_eq!(
            of(at, &schema),
            [format!("argument `it`, `schema`: {reason}")]
        );
    }
    assert_eq!(
        of_list(
            r#"limit = { query = "limit", schema = { type = "string" }, description = "Most rows." }"#
        ),
        ["argument `limit`, `schema`: its type there is `string`, but `integer` in the document"]
    );
}

#[test]
fn the_values_of_a_stated_enum_have_its_type() {
    assert_eq!(
        of(
            "/kind",
            r#"schema = { type = "string", enum = ["web", 1] }"#
        ),
        ["argument `it`, `schema`: 1 in its `enum` there is not of its type"]
    );
    assert_eq!(
        of(
            "/model",
            r#"schema = { type = "object", properties = { provider = { type = "string", enum = [true] } } }"#
        ),
        ["argument `it`, `schema`: true in its `enum` at /provider is not of its type"]
    );
}

#[test]
fn a_default_and_its_parts_have_the_types_that_the_argument_shows() {
    for (at, default, told) in [
        ("/assistantId", "1", "1"),
        ("/urgent", r#""yes""#, r#""yes""#),
        ("/tries", "1.5", "1.5"),
        ("/tags", r#"["a", 1]"#, r#"["a",1]"#),
        ("/model", "{ provider = 1 }", r#"{"provider":1}"#),
        ("/model", r#"{ messages = ["a"] }"#, r#"{"messages":["a"]}"#),
    ] {
        assert_eq!(
            of(at, &format!("default = {default}")),
            [format!(
                "argument `it`: the default {told} is not of its type"
            )]
        );
    }
}

#[test]
fn a_default_is_one_of_the_values_and_within_the_bounds_that_the_argument_shows() {
    let listed =
        r#"schema = { type = "array", minItems = 2, items = { type = "string", enum = ["a"] } }, "#;
    let short = r#"schema = { type = "string", minLength = 2 }, "#;
    for (at, schema, default, told) in [
        (
            "/kind",
            "",
            r#""fax""#,
            r#""fax" is not one of its `enum` values"#,
        ),
        ("/tries", "", "0", "0 is outside its bounds"),
        ("/tries", "", "6", "6 is outside its bounds"),
        (
            "/label",
            "",
            r#""größe""#,
            r#""größe" is outside its bounds"#,
        ),
        ("/label", short, r#""a""#, r#""a" is outside its bounds"#),
        (
            "/tags",
            listed,
            r#"["a"]"#,
            r#"["a"] is outside its bounds"#,
        ),
        (
            "/tags",
            listed,
            r#"["a", "b"]"#,
            r#"["a","b"] is not one of its `enum` values"#,
        ),
    ] {
        assert_eq!(
            of(at, &format!("{schema}default = {default}")),
            [format!("argument `it`: the default {told}")]
        );
    }
    for (at, default) in [
        ("/kind", r#""web""#),
        ("/tries", "1"),
        ("/tries", "5"),
        ("/label", r#""grün""#),
        ("/budget", "-1.5"),
    ] {
        let text = create(&format!(
            r#"it = {{ body = "{at}", default = {default}, description = "It." }}"#
        ));
        assert!(check(&text).is_ok(), "{at} {default}");
    }
}

#[test]
fn an_argument_that_its_row_requires_has_no_default() {
    assert_eq!(
        of("/assistantId", r#"required = true, default = "a""#),
        ["argument `it`: a required argument has no default; remove `required` or `default`"]
    );
}

#[test]
fn what_the_document_requires_is_required_of_the_caller_unless_it_has_a_default() {
    assert_eq!(required(&create("")), Some(json!(["name"])));
    let name = |default: &str| {
        let name = format!(r#"name = {{ body = "/name", {default}description = "Name." }}"#);
        row(
            "create_call",
            "createCall",
            "write",
            &format!("[tool.args]\n{name}"),
        )
    };
    assert_eq!(required(&name("")), Some(json!(["name"])));
    assert_eq!(required(&name(r#"default = "a", "#)), None);
}

#[test]
fn a_query_parameter_that_the_document_requires_is_required_of_the_caller() {
    let args = r#"
        [tool.args]
        id = { path = "id", description = "Id." }
        force = { query = "force", description = "Even if busy." }
        "#;
    let text = row("replay_call", "replayCall", "write", args);
    assert_eq!(required(&text), Some(json!(["id", "force"])));
}
