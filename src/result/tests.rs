//! What is shown of responses of every shape.

use serde_json::{Value, json};

use super::*;
use crate::model::{Added, View};

mod hiding;

/// What is shown when nothing has to be cut.
fn shown(body: &str, view: &View) -> String {
    show(body.as_bytes(), &options(view)).unwrap().text
}

fn options(view: &View) -> ShowOptions<'_> {
    ShowOptions {
        view,
        fields: None,
        limit: usize::MAX,
        show_secrets: false,
        caller_token: None,
        already_shown: None,
        skip: 0,
    }
}

const WHOLE: View = View::WHOLE;

#[test]
fn an_answer_keeps_every_byte_except_white_space() {
    let body = r#" { "n" : 1e3 , "big": 123456789012345678901234567890, "s":"\u00e9\ud83d", "a":[ ], "a":[{ }] } "#;
    let compact =
        r#"{"n":1e3,"big":123456789012345678901234567890,"s":"\u00e9\ud83d","a":[],"a":[{}]}"#;
    assert_eq!(shown(body, &WHOLE), compact);
}

#[test]
fn only_what_the_view_keeps_is_shown() {
    let view = View {
        list: true,
        keep: Some(&["/id", "/model/name", "/list/x"]),
        add: &[],
        ..View::WHOLE
    };
    let body = r#"[{"id":1,"model":{"name":"a","key":[1,{"b":2}]},"no":{}},{"list":[{"x":1,"y":2},{"y":3}],"id":null}]"#;
    let rows = r#"[{"id":1,"model":{"name":"a"}},{"list":[{"x":1},{}],"id":null}]"#;
    assert_eq!(shown(body, &view), rows);
}

#[test]
fn a_page_of_a_list_is_shown_as_its_rows() {
    let view = View {
        list: true,
        keep: Some(&["/id"]),
        add: &[],
        ..View::WHOLE
    };
    let page = r#"{"metadata":{"totalItems":9},"results":[{"id":1,"x":2}],"more":1}"#;
    assert_eq!(shown(page, &view), r#"[{"id":1}]"#);
    let other = r#"{"results":null,"message":"x"}"#;
    assert_eq!(shown(other, &view), other);
}

#[test]
fn an_added_name_replaces_the_original_place_only_if_the_answer_lacks_the_name() {
    const ADD: &[Added] = &[
        Added {
            name: "at",
            at: "/plan/start",
            keep: None,
        },
        Added {
            name: "llm",
            at: "/model",
            keep: Some(&["name"]),
        },
    ];
    let view = View {
        list: false,
        keep: None,
        add: ADD,
        ..View::WHOLE
    };
    assert_eq!(
        shown(
            r#"{"plan":{"start":1},"model":{"name":"m","more":2}}"#,
            &view
        ),
        r#"{"model":{"more":2},"at":1,"llm":{"name":"m"}}"#
    );
    assert_eq!(
        shown(r#"{"at":0,"plan":{"start":1}}"#, &view),
        r#"{"at":0,"plan":{"start":1}}"#
    );
    assert_eq!(shown(r#"{"plan":null}"#, &view), r#"{"plan":null}"#);
    assert_eq!(shown(r#"{}"#, &view), "{}");
    assert_eq!(shown(r#"[1]"#, &view), "[1]");
}

#[test]
fn a_value_shown_in_full_under_an_added_name_is_not_repeated() {
    const ADD: &[Added] = &[
        Added {
            name: "title",
            at: "/function/name",
            keep: None,
        },
        Added {
            name: "llm",
            at: "/model",
            keep: Some(&["name"]),
        },
        Added {
            name: "ids",
            at: "/model/ids",
            keep: None,
        },
    ];
    let view = View { add: ADD, ..WHOLE };
    for (body, wanted) in [
        (r#"{"function":{"name":"n"}}"#, r#"{"title":"n"}"#),
        (
            r#"{"function":{"name":"n","strict":true}}"#,
            r#"{"function":{"strict":true},"title":"n"}"#,
        ),
        // Our name is taken, so that nothing is shown under it.
        (
            r#"{"title":"t","function":{"name":"n"}}"#,
            r#"{"title":"t","function":{"name":"n"}}"#,
        ),
        (
            r#"{"title":null,"function":{"name":"n"}}"#,
            r#"{"title":"n"}"#,
        ),
        (
            r#"{"model":{"name":"m","ids":[1],"more":2}}"#,
            r#"{"model":{"more":2},"llm":{"name":"m"},"ids":[1]}"#,
        ),
        (
            r#"{"model":{"name":"m","ids":[1]}}"#,
            r#"{"llm":{"name":"m"},"ids":[1]}"#,
        ),
        (r#"{"model":null}"#, r#"{"llm":null}"#),
        (r#"{"model":{}}"#, r#"{"model":{},"llm":{}}"#),
        (r#"{"function":{}}"#, r#"{"function":{}}"#),
        // Only one of them is shown under the added name.
        (
            r#"{"function":{"name":"n","name":"o"}}"#,
            r#"{"function":{"name":"n","name":"o"},"title":"n"}"#,
        ),
    ] {
        assert_eq!(shown(body, &view), wanted, "{body}");
    }
    let fields = ["/function".to_owned(), "/title".to_owned()];
    let body = r#"{"function":{"name":"n"}}"#;
    let chosen = ShowOptions {
        fields: Some(&fields),
        ..options(&view)
    };
    assert_eq!(
        show(body.as_bytes(), &chosen).unwrap().text,
        r#"{"function":{"name":"n"},"title":"n"}"#
    );
}

/// An object with two prompts, a first message, and much beside them; what is cut of it in this room.
fn cut_of(prompt: usize, beside: usize, limit: usize) -> (Value, Vec<String>) {
    const LAST: &[&str] = &["/model/messages/*/content", "/first"];
    let body = json!({
        "id": "one",
        "plans": { "a": "p".repeat(beside), "b": "p".repeat(beside) },
        "model": {
            "tools": [{ "type": "t", "text": "t".repeat(beside) }],
            "messages": [
                { "role": "system", "content": "s".repeat(prompt), "more": "m".repeat(beside) },
                { "role": "system", "content": "s".repeat(prompt) },
                "no object",
            ],
        },
        "first": "f".repeat(prompt / 4),
    });
    let view = View {
        truncate_last: LAST,
        ..WHOLE
    };
    let options = ShowOptions {
        limit,
        ..options(&view)
    };
    let answer = show(body.to_string().as_bytes(), &options).unwrap();
    assert!(answer.text.len() <= limit, "{}", answer.text.len());
    let shown: Value = serde_json::from_str(&answer.text).unwrap();
    for cut in &answer.cuts {
        let whole = body.pointer(&cut.at).unwrap();
        assert!(shown.pointer(&cut.at).unwrap() != whole, "{cut:?}");
    }
    (shown, answer.cuts.into_iter().map(|cut| cut.at).collect())
}

#[test]
fn an_answer_that_fits_is_whole_and_otherwise_the_view_decides_what_is_cut_last() {
    const PROMPTS: [&str; 3] = [
        "/model/messages/0/content",
        "/model/messages/1/content",
        "/first",
    ];
    let (_, cuts) = cut_of(8_000, 5_000, 42_000);
    assert_eq!(cuts, [""; 0], "it fits");
    for (prompt, beside, limit) in [
        (8_000, 9_000, 42_000),
        (8_000, 200_000, 42_000),
        (100, 100_000, 3_000),
    ] {
        let (shown, cuts) = cut_of(prompt, beside, limit);
        for pointer in PROMPTS {
            let size = if pointer == "/first" {
                prompt / 4
            } else {
                prompt
            };
            let text = shown.pointer(pointer).unwrap().as_str().unwrap();
            assert_eq!(text.len(), size, "{pointer}");
            assert!(!cuts.iter().any(|cut| cut == pointer), "{cuts:?}");
        }
        assert_eq!(shown["model"]["messages"][0]["role"], "system");
        assert_eq!(shown["model"]["messages"][2], "no object");
        assert!(cuts.contains(&"/plans/a".to_owned()), "{cuts:?}");
        let used = shown.to_string().len();
        assert!(used > limit * 8 / 10, "{used} of {limit} bytes are used");
    }
    // If they do not fit by themselves, they share the room that the others leave.
    let (shown, cuts) = cut_of(40_000, 9_000, 42_000);
    for pointer in &PROMPTS[..2] {
        assert!(cuts.iter().any(|cut| cut == pointer), "{cuts:?}");
        let text = shown.pointer(pointer).unwrap().as_str().unwrap();
        assert!(text.len() > 10_000, "{pointer}: {}", text.len());
    }
    assert_eq!(shown["first"].as_str().unwrap().len(), 10_000);
}

#[test]
fn a_secret_stays_hidden_under_an_added_name() {
    const ADD: &[Added] = &[
        Added {
            name: "where",
            at: "/server/headers/X",
            keep: None,
        },
        Added {
            name: "listen",
            at: "/monitor/listenUrl",
            keep: None,
        },
    ];
    let view = View {
        list: false,
        keep: Some(&["/id"]),
        add: ADD,
        ..View::WHOLE
    };
    assert_eq!(
        shown(
            r#"{"server":{"headers":{"X":"s3cret"}},"monitor":{"listenUrl":"wss://s3cret"}}"#,
            &view
        ),
        r#"{"where":"[redacted]","listen":"[redacted]"}"#
    );
}

/// The pointers that matched nothing.
fn unmatched(body: &str, view: &View, pointer: &str) -> Vec<(String, Vec<String>)> {
    let fields = [pointer.to_owned()];
    let options = ShowOptions {
        fields: Some(&fields),
        ..options(view)
    };
    show(body.as_bytes(), &options).unwrap().unmatched
}

#[test]
fn a_pointer_to_an_absent_added_name_matches_nothing() {
    const ADD: &[Added] = &[Added {
        name: "llm",
        at: "/model",
        keep: None,
    }];
    let view = View { add: ADD, ..WHOLE };
    assert_eq!(
        unmatched(r#"{"id":1}"#, &view, "/llm"),
        [("/llm".to_owned(), Vec::new())]
    );
    assert_eq!(unmatched(r#"{"model":1}"#, &view, "/llm"), []);
}

#[test]
fn an_empty_slice_of_a_text_matches_nothing() {
    for (slice, count) in [("0:2", 0), ("2:9", 0), ("3:9", 1), ("2:1", 1), ("1:1", 1)] {
        let unmatched = unmatched(r#"{"a":"abc"}"#, &WHOLE, &format!("/a/{slice}"));
        assert_eq!(unmatched.len(), count, "{slice}");
    }
}

#[test]
fn similar_keys_are_named_for_a_pointer_that_matches_nothing_also_in_lists() {
    const LIST: View = View {
        list: true,
        ..WHOLE
    };
    let object =
        r#"{"list":[[{"message":1,"b":{"endedAt":2}}]],"empty":[],"messages":[],"text":"x"}"#;
    for (body, view, pointer, near) in [
        (object, &WHOLE, "/MESSAGES", &["messages"][..]),
        (object, &WHOLE, "/list/mesage", &["message"]),
        (object, &WHOLE, "/list/0/*/mesage", &["message"]),
        (object, &WHOLE, "/list/0:1/b/ended_at", &["endedAt"]),
        (object, &WHOLE, "/*/mesages", &[]),
        (object, &WHOLE, "/empty/mesage", &[]),
        (object, &WHOLE, "/text/mesage", &[]),
        (r#"[{"name":1}]"#, &LIST, "/nme", &["name"]),
        (r#"{"results":[{"name":1}]}"#, &LIST, "/nme", &["name"]),
        (r#"{"results":0,"name":1}"#, &LIST, "/nme", &["name"]),
    ] {
        let near: Vec<_> = near.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(unmatched(body, view, pointer), [(pointer.to_owned(), near)]);
    }
}

#[test]
fn a_pointer_into_a_hidden_value_matches() {
    for (body, pointer) in [
        (r#"{"monitor":{"listenUrl":"x"}}"#, "/monitor/listenUrl"),
        (r#"{"headers":{"X":["x"]}}"#, "/headers/X/0"),
        (r#"{"apiKey":"abcdef"}"#, "/apiKey/0:2"),
        (r#"{"url":"https://example.com/?x"}"#, "/url/0:2"),
        (
            r#"{"properties":{"password":{"type":"string"}}}"#,
            "/properties/password/type",
        ),
    ] {
        assert_eq!(unmatched(body, &WHOLE, pointer), [], "{body}");
    }
    assert_eq!(
        unmatched(r#"{"token":{"a":1}}"#, &WHOLE, "/token/b").len(),
        1
    );
}

#[test]
fn every_name_of_the_table_is_hidden_at_any_depth() {
    for (name, rule) in redact::TABLE.iter().chain(redact::ENDINGS) {
        let value = match rule {
            redact::Rule::Url => json!("https://user:s3cret@example.com/path?key=s3cret"),
            redact::Rule::Each | redact::Rule::Headers => {
                json!({ "Some": ["s3cret", { "x": "s3cret" }] })
            }
            redact::Rule::Value | redact::Rule::Text => json!("s3cret"),
        };
        let mut object = json!({ "id": 1 });
        let mut place = &mut object;
        for key in name.split('/') {
            place[key] = json!({});
            place = &mut place[key];
        }
        *place = value;
        for body in [object.clone(), json!({ "a": [{ "b": object }] })] {
            let text = shown(&body.to_string(), &WHOLE);
            assert!(!text.contains("s3cret"), "{name}: {text}");
            assert!(text.contains("[redacted]"), "{name}: {text}");
            serde_json::from_str::<Value>(&text).unwrap();
        }
    }
}

#[test]
fn a_value_that_only_looks_like_a_secret_is_shown() {
    let body = json!({
        "maxTokens": 250, "credentialId": "c", "credentialIds": ["c"], "tokenCount": 3,
        "totalPromptTokens": 1, "secretIsBase64": true, "headerName": "x", "token": { "limit": 1 },
        "recordingUrl": "https://example.com/r.wav", "stereoRecordingUrl": "https://example.com/s.wav",
        "recording": { "mono": { "combinedUrl": "https://example.com/c.wav" } }, "apiKey": null,
        "url": "https://example.com/hook", "sip": "sip:me@example.com", "monitorPlan": { "listenEnabled": true },
    });
    assert_eq!(shown(&body.to_string(), &WHOLE), body.to_string());
}

#[test]
fn a_key_written_with_escapes_is_the_same_key() {
    assert_eq!(
        shown(r#"{"api\u004bey":"s3cret"}"#, &WHOLE),
        r#"{"api\u004bey":"[redacted]"}"#
    );
}

#[test]
fn headers_that_are_a_schema_show_their_form_and_no_value() {
    let body = json!({ "headers": {
        "type": "object",
        "properties": { "Authorization": { "type": "string", "value": "s3cret", "enum": ["s3cret"], "default": "s3cret" }, "odd": "s3cret" },
        "required": ["Authorization"],
    } });
    let text = shown(&body.to_string(), &WHOLE);
    assert!(!text.contains("s3cret"), "{text}");
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        shown["headers"]["properties"]["Authorization"]["type"],
        "string"
    );
    assert_eq!(shown["headers"]["required"], json!(["Authorization"]));
}

#[test]
fn a_property_of_a_schema_with_the_name_of_a_secret_keeps_its_schema() {
    let body = json!({ "parameters": { "type": "object", "properties": {
        "password": { "type": "string", "description": "what the caller says", "const": "s3cret" },
    } } });
    let hidden = body.to_string().replace("s3cret", "[redacted]");
    assert_eq!(shown(&body.to_string(), &WHOLE), hidden);
}

#[test]
fn a_url_keeps_its_host_and_path() {
    for (url, hidden) in [
        ("https://example.com/a/b", "https://example.com/a/b"),
        (
            "https://example.com?key=1",
            "https://example.com?[redacted]",
        ),
        (
            "https://me:pw@example.com/a@b",
            "https://[redacted]@example.com/a@b",
        ),
        ("wss://example.com/#key", "wss://example.com/?[redacted]"),
        ("example.com/x", "example.com/x"),
        ("", ""),
    ] {
        let body = json!({ "url": url }).to_string();
        let hidden = json!({ "url": hidden }).to_string();
        assert_eq!(shown(&body, &WHOLE), hidden);
    }
}

#[test]
fn an_answer_that_is_not_text_is_refused() {
    assert_eq!(
        show(b"{\"a\":\"\xff\"}", &options(&WHOLE)),
        Err(ResultError::Encoding)
    );
    assert!(show(b"{\"a\":1}}", &options(&WHOLE)).is_err());
}

#[test]
fn overlapping_pointers_into_a_list_are_all_followed() {
    let body = r#"{"list":[{"a":1,"b":2,"c":3},{"a":4,"b":5,"c":6}]}"#;
    for (fields, expected) in [
        (
            ["/list/0/a", "/list/b"],
            r#"{"list":[{"a":1,"b":2},{"b":5}]}"#,
        ),
        (
            ["/list/*/a", "/list/b"],
            r#"{"list":[{"a":1,"b":2},{"a":4,"b":5}]}"#,
        ),
        (
            ["/list/1:2", "/list/b"],
            r#"{"list":[{"b":2},{"a":4,"b":5,"c":6}]}"#,
        ),
    ] {
        let fields = fields.map(str::to_owned);
        let options = ShowOptions {
            fields: Some(&fields),
            ..options(&WHOLE)
        };
        let answer = show(body.as_bytes(), &options).unwrap();
        assert_eq!(
            (answer.text.as_str(), answer.unmatched),
            (expected, Vec::new())
        );
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "s3cret";

    /// What is cut last.
    const LAST: &[&[&str]] = &[
        &[],
        &["/transcript"],
        &["/*"],
        &["/*/*", "/transcript/*/*/transcript"],
    ];

    /// JSON of every shape, with secrets in it and texts of every length.
    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-zé😀\"\\\\\u{202e}\n]{0,40}".prop_map(Value::from),
            (1_usize..2000).prop_map(|n| Value::from("word ".repeat(n))),
            (1_usize..2000).prop_map(|n| Value::from("wo\u{202e}rd ".repeat(n))),
        ];
        leaf.prop_recursive(5, 200, 12, |inner| {
            let key = prop_oneof![
                // No name of a secret has only these letters.
                "[a-m]{1,6}",
                Just("transcript".to_owned()),
                Just("a/b~c".to_owned()),
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
                (prop::collection::vec((key, inner), 0..12), secrets()).prop_map(
                    |(members, secrets)| members.into_iter().chain(secrets).collect::<Value>()
                ),
            ]
        })
    }

    /// A few members that hold secrets, some of them large.
    fn secrets() -> impl Strategy<Value = Vec<(String, Value)>> {
        let one = prop_oneof![
            (1_usize..400).prop_map(|n| ("apiKey", Value::from(SECRET.repeat(n)))),
            (1_usize..60).prop_map(|n| ("headers", json!({ "X": vec![SECRET; n] }))),
            Just(("token", json!(SECRET))),
            // Shorter than its replacement.
            (1_usize..300).prop_map(|n| ("short", vec![json!({ "token": "s" }); n].into())),
            Just(("presignedPartUrl", json!(SECRET))),
            Just((
                "serverUrl",
                json!("https://me:s3cret@example.com/?key=s3cret")
            )),
        ];
        let named = one.prop_map(|(name, value)| (name.to_owned(), value));
        prop::collection::vec(named, 0..4)
    }

    /// What is shown of a value when there is room for all of it.
    fn expected(value: &Value) -> Value {
        match value {
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), expected_member(key, value)))
                .collect(),
            Value::Array(items) => items.iter().map(expected).collect(),
            Value::String(text) => text.replace('\u{202e}', "").into(),
            other => other.clone(),
        }
    }

    fn expected_member(key: &str, value: &Value) -> Value {
        match key {
            "serverUrl" => json!("https://[redacted]@example.com/?[redacted]"),
            "headers" => {
                let count = value["X"].as_array().unwrap().len();
                json!({ "X": vec!["[redacted]"; count] })
            }
            "apiKey" | "token" | "presignedPartUrl" => json!("[redacted]"),
            _ => expected(value),
        }
    }

    fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    pointers(value, &format!("{at}/{key}"), found);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    pointers(value, &format!("{at}/{index}"), found);
                }
            }
            _ => {}
        }
    }

    /// The pointer itself, a slice below it, or all that is beside it.
    fn varied(pointer: &str, form: u8) -> String {
        match form {
            0 => format!("{pointer}/1:20"),
            1 => match pointer.rsplit_once('/') {
                Some((above, _)) => format!("{above}/*"),
                None => "/*".to_owned(),
            },
            _ => pointer.to_owned(),
        }
    }

    proptest! {
        #[test]
        fn whatever_is_shown_is_json_within_its_limit_and_holds_no_secret(
            body in json(), limit in 400_usize..8000, picks in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4), 0..4),
            list in any::<bool>(), last in prop::sample::select(LAST),
        ) {
            let mut all = Vec::new();
            pointers(&body, "", &mut all);
            let fields: Vec<String> = picks.iter().map(|(pick, form)| varied(pick.get::<String>(&all), *form)).collect();
            let view = View { list, truncate_last: last, untrusted: &["transcript"], ..View::WHOLE };
            let answer = show(body.to_string().as_bytes(), &ShowOptions {
                view: &view,
                fields: (!fields.is_empty()).then_some(&fields),
                limit,
                show_secrets: false,
                caller_token: None,
                already_shown: None,
        skip: 0,
            }).unwrap();
            prop_assert!(answer.text.len() <= limit, "{} bytes of {limit}", answer.text.len());
            prop_assert!(!answer.text.contains(SECRET));
            let shown: Result<Value, _> = serde_json::from_str(&answer.text);
            prop_assert!(shown.is_ok(), "{}", answer.text);
            if !fields.is_empty() {
                return Ok(());
            }
            match &answer.rows {
                Some(rows) => prop_assert!(rows.shown <= rows.received),
                None => {
                    let whole = expected(&body);
                    let size = whole.to_string().len();
                    let fits = size <= limit;
                    prop_assert!(answer.cuts.is_empty() || !fits, "{:?}", answer.cuts);
                    if fits {
                        prop_assert_eq!(shown.unwrap(), whole);
                    }
                }
            }
        }

        #[test]
        fn a_list_with_room_for_it_is_shown_row_by_row(rows in prop::collection::vec(json(), 0..6)) {
            let body = Value::from(rows);
            let view = View { list: true, untrusted: &["transcript"], ..View::WHOLE };
            let answer = show(body.to_string().as_bytes(), &options(&view)).unwrap();
            let shown: Value = serde_json::from_str(&answer.text).unwrap();
            let rows = body.as_array().unwrap().iter();
            prop_assert_eq!(shown, rows.map(expected).collect::<Value>());
        }
    }
}
