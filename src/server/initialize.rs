//! The parameters of `initialize`, which many clients get slightly wrong.
//!
//! The server needs the protocol version, and whether the client supports `elicitation`. Everything
//! else is for display and never a reason to refuse a client.

use rmcp::model::{ClientCapabilities, InitializeRequestParams};
use serde_json::{Map, Value, json};

/// The name of a client that does not give one.
const UNNAMED: &str = "unknown";

/// Replaces parameters that rmcp would refuse; `None` if it accepts them. The error names the field
/// that is wrong.
pub(super) fn normalize_params(params: &str) -> Result<Option<Value>, String> {
    if serde_json::from_str::<InitializeRequestParams>(params).is_ok() {
        return Ok(None);
    }
    let mut params = match serde_json::from_str(params) {
        Ok(Value::Object(params)) => params,
        _ => Map::new(),
    };
    let version = match params.remove("protocolVersion") {
        Some(Value::String(version)) => version,
        None | Some(Value::Null) => return Err("params.protocolVersion is missing".to_owned()),
        Some(_) => return Err("params.protocolVersion must be a string".to_owned()),
    };
    let client_info = params.remove("clientInfo").unwrap_or_default();
    let text = |key: &str| client_info.get(key).and_then(Value::as_str);
    let mut normalized = json!({
        "protocolVersion": version,
        "capabilities": relevant_capabilities(params.remove("capabilities").as_ref()),
        "clientInfo": {
            "name": text("name").unwrap_or(UNNAMED),
            "version": text("version").unwrap_or_default(),
        },
    });
    if let (Some(meta @ Value::Object(_)), Some(normalized)) =
        (params.remove("_meta"), normalized.as_object_mut())
    {
        normalized.insert("_meta".to_owned(), meta);
    }
    Ok(Some(normalized))
}

/// Removes the `elicitation` capability from an `initialize` message: a client that accepts no
/// events cannot receive questions.
#[cfg(feature = "http")]
pub(crate) fn without_elicitation(text: Vec<u8>) -> Vec<u8> {
    let Ok(mut message) = serde_json::from_slice::<Value>(&text) else {
        return text;
    };
    let capabilities = message.pointer_mut("/params/capabilities");
    if let Some(capabilities) = capabilities.and_then(Value::as_object_mut)
        && capabilities.remove("elicitation").is_some()
    {
        return message.to_string().into_bytes();
    }
    text
}

/// Replaces capabilities that rmcp would refuse; `None` if it accepts them.
pub(super) fn normalize_capabilities(capabilities: &str) -> Option<Value> {
    if serde_json::from_str::<ClientCapabilities>(capabilities).is_ok() {
        return None;
    }
    let capabilities: Value = serde_json::from_str(capabilities).unwrap_or_default();
    Some(relevant_capabilities(Some(&capabilities)))
}

/// The capabilities that matter to this server.
fn relevant_capabilities(capabilities: Option<&Value>) -> Value {
    let mut normalized = Map::new();
    if let Some(elicitation) = capabilities.and_then(|all| declared(all.get("elicitation")?)) {
        let mut kinds = Map::new();
        for kind in ["form", "url"] {
            if elicitation.get(kind).and_then(declared).is_some() {
                kinds.insert(kind.to_owned(), json!({}));
            }
        }
        normalized.insert("elicitation".to_owned(), Value::Object(kinds));
    }
    Value::Object(normalized)
}

/// The settings of a capability, if it is declared. PHP encodes an empty object as `[]`.
fn declared(capability: &Value) -> Option<Map<String, Value>> {
    match capability {
        Value::Object(settings) => Some(settings.clone()),
        Value::Array(items) if items.is_empty() => Some(Map::new()),
        Value::Bool(true) => Some(Map::new()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &Value) -> InitializeRequestParams {
        let read = normalize_params(&given.to_string()).unwrap();
        serde_json::from_value(read.unwrap_or_else(|| given.clone())).unwrap()
    }

    #[test]
    fn everything_but_the_version_may_be_missing_or_odd() {
        let client = json!({ "name": "php", "version": "1" });
        for (key, value) in [
            ("clientInfo", Value::Null),
            ("clientInfo", json!([])),
            ("clientInfo", json!("php")),
            ("clientInfo", json!({ "name": "php" })),
            ("clientInfo", json!({ "version": "1" })),
            ("clientInfo", json!({ "name": null, "version": 2 })),
            (
                "clientInfo",
                json!({ "name": "php", "version": "1", "title": null, "icons": null }),
            ),
            (
                "clientInfo",
                json!({ "name": "php", "version": "1", "title": 5, "websiteUrl": [] }),
            ),
            (
                "clientInfo",
                json!({ "name": "php", "version": "1", "icons": "x.png" }),
            ),
            (
                "clientInfo",
                json!({ "name": "php", "version": "1", "icons": [{ "src": "x", "sizes": "48x48" }] }),
            ),
            (
                "clientInfo",
                json!({ "name": "php", "version": "1", "icons": [{ "theme": "blue" }, 3] }),
            ),
            ("capabilities", Value::Null),
            ("capabilities", json!([])),
            ("capabilities", json!(true)),
            ("capabilities", json!({ "experimental": [] })),
            ("capabilities", json!({ "experimental": { "x": true } })),
            ("capabilities", json!({ "extensions": [] })),
            ("capabilities", json!({ "extensions": { "x": [] } })),
            ("capabilities", json!({ "roots": [] })),
            (
                "capabilities",
                json!({ "roots": { "listChanged": "yes" }, "sampling": false }),
            ),
            ("capabilities", json!({ "sampling": { "tools": [] } })),
            ("_meta", json!([])),
            ("_meta", json!("x")),
        ] {
            let mut given = json!({
                "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client,
            });
            given[key] = value;
            assert_eq!(read(&given).protocol_version.as_str(), "2025-06-18");
            given.as_object_mut().unwrap().remove(key);
            assert_eq!(read(&given).protocol_version.as_str(), "2025-06-18");
        }
        assert_eq!(
            read(&json!({ "protocolVersion": "x" })).client_info.name,
            UNNAMED
        );
    }

    #[test]
    fn who_can_ask_a_person_is_still_known_beside_what_is_odd() {
        for (elicitation, form, url) in [
            (json!([]), false, false),
            (json!(true), false, false),
            (
                json!({ "form": [], "url": { "schemaValidation": 1 } }),
                true,
                true,
            ),
            (
                json!({ "form": { "schemaValidation": "x" }, "url": false }),
                true,
                false,
            ),
        ] {
            let given = json!({
                "protocolVersion": "x",
                "capabilities": { "experimental": [], "elicitation": elicitation },
            });
            let read = read(&given).capabilities.elicitation.unwrap();
            assert_eq!((read.form.is_some(), read.url.is_some()), (form, url));
        }
        let given = json!({ "protocolVersion": "x", "capabilities": { "elicitation": false } });
        assert_eq!(read(&given).capabilities.elicitation, None);
    }

    #[test]
    fn what_rmcp_accepts_stays_as_it_is() {
        let given = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": { "experimental": { "x": { "y": 1 } }, "roots": { "listChanged": true } },
            "clientInfo": { "name": "a", "version": "1", "icons": [{ "src": "x" }] },
        });
        assert_eq!(normalize_params(&given.to_string()), Ok(None));
        assert_eq!(
            normalize_capabilities(&given["capabilities"].to_string()),
            None
        );
        assert_eq!(normalize_capabilities("[]"), Some(json!({})));
    }

    #[test]
    fn a_version_that_is_missing_or_none_is_told_by_its_field() {
        for (given, error) in [
            ("{}", "params.protocolVersion is missing"),
            (
                "{\"protocolVersion\":20250618}",
                "params.protocolVersion must be a string",
            ),
            (
                "{\"protocolVersion\":[]}",
                "params.protocolVersion must be a string",
            ),
        ] {
            assert_eq!(normalize_params(given).unwrap_err(), error);
        }
    }
}
