use serde_json::{Value, json};

use super::{
    arguments_of,
    envelope::{MAX_BATCH, MAX_ID},
    incoming::{Incoming, MessageKind},
    normalize,
    protocol_error::{INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR},
};
use crate::{call::arguments::ReceivedArguments, text::excerpt};

/// What rmcp reads of the message.
fn normalized(message: &str) -> Value {
    match normalize(message.as_bytes().to_vec()) {
        Incoming::Message(message) => serde_json::from_slice(&message.text).unwrap(),
        other => panic!("{message}: {other:?}"),
    }
}

/// The ids and codes of the errors that answer the message.
fn rejected(message: &[u8]) -> Vec<(Value, i32)> {
    match normalize(message.to_vec()) {
        Incoming::Rejected(errors) => errors
            .iter()
            .map(|error| {
                let answer: Value = serde_json::from_str(&error.to_json()).unwrap();
                assert_eq!(answer["jsonrpc"], "2.0");
                (answer["id"].clone(), error.code)
            })
            .collect(),
        other => panic!("{}: {other:?}", excerpt(&String::from_utf8_lossy(message))),
    }
}

/// A call with these arguments, whose id comes last, as the official clients write it.
fn call(arguments: &str) -> String {
    format!(
        r#"{{"method":"tools/call","params":{{"name":"a_tool","arguments":{arguments},"_meta":{{"a":1}}}},"jsonrpc":"2.0","id":7}}"#
    )
}

fn arguments_in(message: &Value) -> ReceivedArguments {
    arguments_of(message["params"]["arguments"].as_object().cloned())
}

#[test]
fn a_request_that_cannot_be_read_is_refused_with_its_id() {
    let deep = |depth: usize| {
        format!(
            "{{\"params\":{}{},\"id\":\"a\"}}\n",
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    for (line, id, code) in [
        (deep(200).as_bytes(), json!("a"), PARSE_ERROR),
        (deep(1_000_000).as_bytes(), json!("a"), PARSE_ERROR),
        (
            b"{\"id\":7,\"params\":{\"limit\":1e999}}\n",
            json!(7),
            PARSE_ERROR,
        ),
        (b"{\"id\":7,\"params\":\"\xff\"}\n", json!(7), PARSE_ERROR),
        (b"{\"id\":7,\n", json!(7), PARSE_ERROR),
        (b"no JSON\n", Value::Null, PARSE_ERROR),
        (b"", Value::Null, PARSE_ERROR),
        (b"{\"id\":7}\n", json!(7), INVALID_REQUEST),
        (b"5", Value::Null, INVALID_REQUEST),
        (b"{}", Value::Null, INVALID_REQUEST),
    ] {
        assert_eq!(rejected(line), [(id, code)]);
    }
}

#[test]
fn whatever_is_wrong_with_a_request_its_id_is_told() {
    let long = format!("\"{}\"", "x".repeat(MAX_ID));
    for (members, id) in [
        (r#""id":1,"method":"ping""#, json!(1)),
        (r#""jsonrpc":"1.0","id":1,"method":"ping""#, json!(1)),
        (r#""jsonrpc":2.0,"id":1,"method":"ping""#, json!(1)),
        (r#""jsonrpc":"2.0","id":"a""#, json!("a")),
        (r#""jsonrpc":"2.0","id":"a","method":7"#, json!("a")),
        (r#""jsonrpc":"2.0","id":"a","method":null"#, json!("a")),
        (r#""jsonrpc":"2.0","id":1.5,"method":"ping""#, json!(1.5)),
        (
            r#""jsonrpc":"2.0","id":18446744073709551615,"method":"ping""#,
            json!(u64::MAX),
        ),
        (r#""jsonrpc":"2.0","id":null,"method":"ping""#, Value::Null),
        (r#""jsonrpc":"2.0","id":{},"method":"ping""#, Value::Null),
        (r#""jsonrpc":"2.0","id":true,"method":"ping""#, Value::Null),
        (
            &format!(r#""jsonrpc":"2.0","id":{long},"method":"ping""#),
            Value::Null,
        ),
        (
            r#""jsonrpc":"2.0","id":1,"method":"ping","result":{}"#,
            json!(1),
        ),
        (
            r#""jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call""#,
            json!(1),
        ),
    ] {
        let message = format!("{{{members}}}");
        assert_eq!(rejected(message.as_bytes()), [(id, INVALID_REQUEST)]);
    }
    for params in ["[1]", "\"x\"", "5", "true"] {
        let message =
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{params}}}"#);
        assert_eq!(rejected(message.as_bytes()), [(json!(1), INVALID_PARAMS)]);
    }
}

#[test]
fn a_notification_is_never_answered() {
    for message in [
        r#"{"method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"1.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":5}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":[1]}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"x":1e999}}"#,
        r#"{"jsonrpc":"2.0","method":"x","method":"y"}"#,
        r#"{"jsonrpc":"2.0","method":"x","result":{}}"#,
        r#"{"jsonrpc":"1.0","id":null,"method":"notifications/initialized"}"#,
    ] {
        let read = normalize(message.as_bytes().to_vec());
        assert!(matches!(read, Incoming::Ignored), "{message}: {read:?}");
    }
    let read = normalized(r#"{"jsonrpc":"2.0","id":null,"method":"notifications/initialized"}"#);
    assert_eq!(read.get("id"), None, "{read}");
}

#[test]
fn an_empty_list_stands_for_an_empty_object() {
    for (given, read) in [
        (r#""tools/list","params":[]"#, json!({})),
        (r#""tools/list","params":[ ]"#, json!({})),
        (r#""tools/list","params":null"#, json!({})),
        (
            r#""tools/list","params":{"_meta":[]}"#,
            json!({ "_meta": {} }),
        ),
        (
            r#""tools/call","params":{"arguments":[],"name":"x"}"#,
            json!({ "name": "x", "arguments": {} }),
        ),
        (
            r#""tools/list","params":{"_meta":{"io.modelcontextprotocol/clientCapabilities":[]}}"#,
            json!({ "_meta": { "io.modelcontextprotocol/clientCapabilities": {} } }),
        ),
    ] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":{given}}}"#);
        assert_eq!(normalized(&message)["params"], read, "{given}");
    }
}

#[test]
fn arguments_that_were_written_into_a_string_are_read() {
    let written = json!({ "a": "\"" }).to_string();
    let twice = Value::String(written.clone()).to_string();
    for arguments in [&written, &twice] {
        let message = call(&Value::String(arguments.clone()).to_string());
        match arguments_in(&normalized(&message)) {
            ReceivedArguments::Text(text) => assert_eq!(text, written),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(normalized(&call("\"x\""))["params"]["arguments"], "x");
}

#[test]
fn each_request_of_a_list_is_refused_by_its_id() {
    let batch = br#"[{"id":1,"method":"ping"},{"method":"notifications/x"},{"id":"b","method":"ping"},{"id":3,"result":{}}]"#;
    let each = [(json!(1), INVALID_REQUEST), (json!("b"), INVALID_REQUEST)];
    assert_eq!(rejected(batch), each);
    assert_eq!(rejected(b"[]"), [(Value::Null, INVALID_REQUEST)]);
    assert_eq!(rejected(br#"[{"method":"notifications/x"}]"#), []);
    let many = vec![r#"{"id":1,"method":"ping"}"#; MAX_BATCH + 1].join(",");
    let many = format!("[{many}]");
    assert_eq!(rejected(many.as_bytes()), [(Value::Null, INVALID_REQUEST)]);
}

#[test]
fn an_initialize_of_the_protocol_that_has_none_is_any_request() {
    let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;
    for (params, kind) in [
        (format!("{{{meta}}}"), MessageKind::Request),
        (
            format!(r#"{{{meta},"protocolVersion":"2025-06-18"}}"#),
            MessageKind::Initialize,
        ),
    ] {
        let message =
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{params}}}"#);
        match normalize(message.into_bytes()) {
            Incoming::Message(message) => assert_eq!(message.kind, kind, "{params}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_message() {
    let read = normalized("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
    assert_eq!(read["id"], 1);
}

#[test]
fn an_answer_that_cannot_be_read_fails_the_request_that_it_answers() {
    let many = vec!["0"; 30_000].join(",");
    let read = normalized(&format!(r#"{{"jsonrpc":"2.0","id":3,"result":[{many}]}}"#));
    assert_eq!(read["id"], 3);
    assert!(read["error"]["code"].is_i64());
    assert_eq!(read.get("method"), None);
}

#[test]
fn small_arguments_pass_as_they_are() {
    let message = call(r#"{"a":[1e3,"\u00e9"]}"#);
    match normalize(message.clone().into_bytes()) {
        Incoming::Message(read) => assert_eq!(read.text, message.into_bytes()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn large_arguments_pass_as_text_with_everything_beside_them() {
    let arguments = format!(r#"{{"a\"":["{}\u00e9\\"]}}"#, "x".repeat(20_000));
    for spelled in ["arguments", "argument\\u0073"] {
        let message = call(&arguments).replace("arguments", spelled);
        let read = normalized(&message);
        assert_eq!(
            (&read["id"], &read["params"]["_meta"]["a"]),
            (&7.into(), &1.into())
        );
        match arguments_in(&read) {
            ReceivedArguments::Text(text) => assert_eq!(text, arguments),
            other => panic!("{other:?}"),
        }
    }
    let list = call(&format!("[\"{}\"]", "x".repeat(20_000)));
    assert_eq!(normalized(&list)["params"]["arguments"], json!([0]));
}

#[test]
fn arguments_beyond_their_bounds_pass_as_the_reason() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    let objects = format!("{{\"x\":[{}]}}", vec!["{\"\":0}"; 40_000].join(","));
    let members = format!("{{\"x\":[{}]}}", vec!["0"; 300_000].join(","));
    for (arguments, named) in [
        (deep, "100 levels"),
        (objects, "30,000 objects"),
        (members, "120,000 members"),
    ] {
        let read = normalized(&call(&arguments));
        assert_eq!(read["id"], 7);
        assert_eq!(read["params"]["name"], "a_tool");
        match arguments_in(&read) {
            ReceivedArguments::Refused(reason) => assert!(reason.contains(named), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_is_no_call_is_bounded_too() {
    let many = vec!["{}"; 3_000].join(",");
    for message in [
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"capabilities":[{many}]}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"arguments":{{"a":[{many},{many},{many}]}}}}}}"#
        ),
        format!(r#"{{"id":1,"x":[{many}],"method":"ping"}}"#),
        r#"{"id":1,"method":"tools/call","params":{"arguments":{},"arguments":{}}}"#.to_owned(),
    ] {
        let refused = rejected(message.as_bytes());
        assert!(
            matches!(refused.as_slice(), [(id, _)] if *id == 1),
            "{}: {refused:?}",
            excerpt(&message)
        );
    }
    let batch = format!("[{many},{many}]");
    assert_eq!(rejected(batch.as_bytes()), [(Value::Null, INVALID_REQUEST)]);
}
