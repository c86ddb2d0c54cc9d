//! Edits after which there is nothing to do.

use codegen::diff::Class;
use serde_json::json;

use super::{Edit, add_parameter, all_are, header, operation, property, push, remove, schema};

pub const ALL: &[Edit] = &[
    ("a property of a response", "", "", |d| {
        schema(d, "Call")["properties"]["mood"] = json!({ "type": "string" })
    }),
    ("a value that an argument can have", "", "", |d| {
        push(
            &mut property(d, "OpenAIModel", "model")["enum"],
            json!("gpt-9"),
        )
    }),
    ("a property that nobody uses", "", "", |d| {
        remove(d, "Org", "name")
    }),
    ("a deprecated property that nobody uses", "", "", |d| {
        property(d, "Org", "name")["deprecated"] = json!(true)
    }),
    ("an optional parameter", "", "", |d| {
        let query = json!({ "in": "query", "name": "label", "required": false, "schema": { "type": "string" } });
        add_parameter(d, "get", "/call", query);
    }),
    ("an optional header", "", "", |d| {
        add_parameter(d, "get", "/call", header("X-Trace", false))
    }),
    ("a header that the client sets itself", "", "", |d| {
        add_parameter(d, "post", "/squad", header("Content-Type", true))
    }),
    ("an answer for an error", "", "", |d| {
        operation(d, "get", "/call")["responses"]["429"] = json!({ "description": "" })
    }),
    ("a reason with an explanation", "", "", |d| {
        let values = &mut property(d, "Call", "endedReason")["enum"];
        let known = values[0].as_str().unwrap().to_owned();
        push(values, json!(format!("{known}-again")));
    }),
    ("a limit that is gone", "", "", |d| {
        let name = property(d, "CreateCallDTO", "name")
            .as_object_mut()
            .unwrap();
        name.shift_remove("maxLength").unwrap();
    }),
    ("another version of the document", "", "", |d| {
        d["info"]["version"] = json!("9.9")
    }),
];

#[test]
fn there_is_nothing_to_do() {
    all_are(ALL, Class::Harmless);
}
