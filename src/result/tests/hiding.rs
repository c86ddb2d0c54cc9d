//! What is hidden within texts.

use serde_json::{Map, Value, json};

use super::*;
use crate::token::Token;

/// Cases of a text and what is shown of it.
fn assert_texts(cases: &[(&str, &str)]) {
    for (text, left) in cases {
        let body = json!({ "message": text }).to_string();
        let left = json!({ "message": left }).to_string();
        assert_eq!(shown(&body, &WHOLE), left, "{text}");
    }
}

#[test]
fn logins_of_addresses_are_hidden_everywhere() {
    assert_texts(&[
        (
            "https://me:s3cret@example.com/a@b",
            "https://[redacted]@example.com/a@b",
        ),
        (
            "https:/me:s3cret@example.com",
            "https:/[redacted]@example.com",
        ),
        (
            "https:me:s3cret@example.com",
            "https:[redacted]@example.com",
        ),
        (
            "https:///me:s3cret@example.com",
            "https:///[redacted]@example.com",
        ),
        (
            r"https:\\me:s3cret@example.com",
            r"https:\\[redacted]@example.com",
        ),
        (
            "HTTPS://me:a@s3cret@example.com",
            "HTTPS://[redacted]@example.com",
        ),
        ("//me:s3cret@example.com/x", "//[redacted]@example.com/x"),
        (
            "postgres://me:s3cret@db:5432/x?a=1",
            "postgres://[redacted]@db:5432/x?a=1",
        ),
        (
            "custom+x://me:s3cret@example.com",
            "custom+x://[redacted]@example.com",
        ),
        (
            "see https://me:s3cret@example.com/x, ok",
            "see https://[redacted]@example.com/x, ok",
        ),
        (
            "(wss://s3cret@example.com)",
            "(wss://[redacted]@example.com)",
        ),
        (
            "sip:alice:s3cret@example.com",
            "sip:alice:[redacted]@example.com",
        ),
        (
            "sip:alice@example.com;transport=tcp",
            "sip:alice@example.com;transport=tcp",
        ),
        ("mailto:ada@example.com", "mailto:ada@example.com"),
        (
            "ada@example.com, https://example.com/@ada",
            "ada@example.com, https://example.com/@ada",
        ),
        (
            "https://x?next=https%3A%2F%2Fme%3As3cret%40example.com%2F",
            "https://x?next=[redacted]",
        ),
    ]);
}

#[test]
fn parameters_of_addresses_with_the_name_of_a_secret_are_hidden() {
    assert_texts(&[
        (
            "https://example.com/?token=s3cret&x=1",
            "https://example.com/?token=[redacted]&x=1",
        ),
        (
            "/path?x=1&%61pi_key=s3cret#top",
            "/path?x=1&%61pi_key=[redacted]#top",
        ),
        (
            "https://a.b/#access_token=s3cret&state=1",
            "https://a.b/#access_token=[redacted]&state=1",
        ),
        (
            "https://a.b/?key=s3cret&X-Amz-Signature=s3cret",
            "https://a.b/?key=[redacted]&X-Amz-Signature=[redacted]",
        ),
        (
            "https://a.b/?APIKEY=s3cret)&maxTokens=5&page_token=x",
            "https://a.b/?APIKEY=[redacted]&maxTokens=5&page_token=x",
        ),
        (
            "https://a.b/?q=%7B%22apiKey%22%3A%22s3cret%22%7D&x=1",
            "https://a.b/?q=[redacted]&x=1",
        ),
        (
            "https://a.b/?token={{token}}&x=1",
            "https://a.b/?token={{token}}&x=1",
        ),
    ]);
}

#[test]
fn the_address_of_a_recording_stays_usable() {
    let signed = "https://storage.example.com/r.wav?X-Amz-Credential=a&X-Amz-Security-Token=b&X-Amz-Signature=c&token=eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln";
    let body = json!({
        "recordingUrl": signed, "stereo_recording_url": signed,
        "recording": { "mono": { "combinedUrl": signed } },
        "artifact": { "videoRecordingUrl": signed, "transcriptUrl": signed, "recording": { "stereoUrl": signed } },
        "recordingUrls": [signed],
    });
    assert_eq!(shown(&body.to_string(), &WHOLE), body.to_string());
    let inside = json!({ "body": body.to_string() }).to_string();
    assert_eq!(shown(&inside, &WHOLE), inside);
    let body = r#"{"recordingUrl":"https://me:s3cret@example.com/?token=x","artifact":{"url":"https://example.com/?s3cret","messages":[{"message":"https://example.com/?token=s3cret"}]}}"#;
    assert_eq!(
        shown(body, &WHOLE),
        r#"{"recordingUrl":"https://[redacted]@example.com/?token=x","artifact":{"url":"https://example.com/?[redacted]","messages":[{"message":"https://example.com/?token=[redacted]"}]}}"#
    );
}

#[test]
fn a_value_after_the_name_of_a_secret_in_a_text_is_hidden() {
    assert_texts(&[
        (
            "Authorization: Bearer s3cret-1, next",
            "Authorization: [redacted]",
        ),
        (
            "sent with Bearer s3cret-1 and more",
            "sent with Bearer [redacted] and more",
        ),
        (
            "used basic dTpzM2NyZXQ= in vain",
            "used basic [redacted] in vain",
        ),
        (
            "Cookie: a=s3cret; b=s3cret\nHost: x",
            "Cookie: [redacted]\nHost: x",
        ),
        (
            "the key sk-proj-s3cret1234 is wrong",
            "the key [redacted] is wrong",
        ),
        (
            "VAPI_TOKEN=s3cret vapi-mcp",
            "VAPI_TOKEN=[redacted] vapi-mcp",
        ),
        ("password = 's3 cret' and", "password = '[redacted]' and"),
        ("API key: s3cret.", "API key: [redacted]."),
        ("eyJhbGciOiJub25lIn0.eyJzM2NyZXQiOjF9.c2ln", "[redacted]"),
        (
            "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----[redacted]-----END PRIVATE KEY-----",
        ),
        (
            r#"400: {"headers": {"X": "s3cret"}, "a": 1.0} x"#,
            r#"400: {"headers": {"X": "[redacted]"}, "a": 1.0} x"#,
        ),
        (
            r#"cut: {"apiKey": "s3cret", "a": 1, "secret": {"X": "s3cret"#,
            r#"cut: {"apiKey": "[redacted]", "a": 1, "secret": [redacted]"#,
        ),
        (
            r#"cut: {\"apiKey\": \"s3\\\"cret\", \"a\": 1"#,
            r#"cut: {\"apiKey\": \"[redacted]\", \"a\": 1"#,
        ),
        (
            "{'access_token': 's3cret', 'x': 1}",
            "{'access_token': '[redacted]', 'x': 1}",
        ),
    ]);
    for text in [
        "My password: it is a secret. The bearer of this has basic skills: cookies, tokens: 5, key=value",
        "maxTokens=250&tokens=3 and completionTokens: 12; x == y; {\"maxTokens\": 5}",
        "Use Bearer authentication, basic information, token: required",
        "12:30 - call +15550100123; see https://example.com/a?b=c&d=e#f [1] {x}",
    ] {
        assert_texts(&[(text, text)]);
    }
}

#[test]
fn json_in_a_text_is_redacted_like_json_and_keeps_its_spelling() {
    let inner = r#"{ "api_key" : "s3cret", "n": 1.0, "headers":[{"name":"Authorization","value":"s3cret"}], "\u0061":"\/" }"#;
    let hidden = r#"{ "api_key" : "[redacted]", "n": 1.0, "headers":[{"name":"[redacted]","value":"[redacted]"}], "\u0061":"\/" }"#;
    let mut texts = (inner.to_owned(), hidden.to_owned());
    for _ in 0..4 {
        assert_texts(&[(&texts.0, &texts.1)]);
        texts = (
            json!({ "t": texts.0 }).to_string(),
            json!({ "t": texts.1 }).to_string(),
        );
    }
    // Deeper, no more is kept than what is no secret.
    for _ in 0..4 {
        let body = json!({ "message": texts.0 }).to_string();
        let shown = shown(&body, &WHOLE);
        assert!(!shown.contains("s3cret"), "{shown}");
        texts.0 = json!({ "t": texts.0 }).to_string();
    }
    let text = json!(json!({ "apiKey": "s3cret" }).to_string()).to_string();
    assert_texts(&[(&text, &text.replace("s3cret", "[redacted]"))]);
    // Escapes that need not be stay as they are.
    let body = r#"{"t":"\u007b\"token\":\"s3cret\",\"a\":\"\/\u0041\"}"}"#;
    let left = r#"{"t":"\u007b\"token\":\"[redacted]\",\"a\":\"\/\u0041\"}"}"#;
    assert_eq!(shown(body, &WHOLE), left);
}

#[test]
fn the_value_beside_the_name_of_a_secret_is_hidden_in_any_order() {
    for (body, left) in [
        (
            r#"[{"name":"Authorization","value":"s3cret"}]"#,
            r#"[{"name":"Authorization","value":"[redacted]"}]"#,
        ),
        (
            r#"[{"value":"s3cret","enabled":true,"key":"x-api-key"}]"#,
            r#"[{"value":"[redacted]","enabled":true,"key":"x-api-key"}]"#,
        ),
        (
            r#"{"values":["s3cret"],"name":"cookie","value":null}"#,
            r#"{"values":"[redacted]","name":"cookie","value":null}"#,
        ),
        (
            r#"{"name":"city","value":"Paris"}"#,
            r#"{"name":"city","value":"Paris"}"#,
        ),
        (
            r#"{"apiKeys":["s3cret",{"id":"s3cret"}]}"#,
            r#"{"apiKeys":"[redacted]"}"#,
        ),
        (
            r#"{"auth":["s3cret",{"user":"ada"}],"token":{"limit":1}}"#,
            r#"{"auth":["[redacted]",{"user":"ada"}],"token":{"limit":1}}"#,
        ),
        (
            r#"{"isSecret":true,"password":null,"apiKey":1}"#,
            r#"{"isSecret":true,"password":null,"apiKey":"[redacted]"}"#,
        ),
    ] {
        assert_eq!(shown(body, &WHOLE), left);
        let text = json!({ "t": body }).to_string();
        assert_eq!(shown(&text, &WHOLE), json!({ "t": left }).to_string());
    }
    // One that is chosen without its name.
    let fields = ["/list/*/value".to_owned()];
    let options = ShowOptions {
        fields: Some(&fields),
        ..options(&WHOLE)
    };
    let body =
        br#"{"list":[{"value":"s3cret","name":"api_key"},{"name":"api_key","value":"s3cret"}]}"#;
    assert_eq!(
        show(body, &options).unwrap().text,
        r#"{"list":[{"value":"[redacted]"},{"value":"[redacted]"}]}"#
    );
}

#[test]
fn the_schema_of_a_secret_keeps_its_form() {
    let body = json!({ "parameters": { "type": "object", "properties": {
        "password": { "type": "string", "minLength": 8, "additionalProperties": false, "x-order": 1,
            "anyOf": [{ "type": "string", "description": "d", "default": "s3cret" }],
            "properties": { "default": { "type": "string", "examples": ["s3cret"] } },
            "enum": ["s3cret"], "value": "s3cret", "const": { "a": "s3cret" }, "required": ["a"] },
        "api_key": { "$ref": "#/x", "example": "s3cret" },
        "secret": { "of": "s3cret" },
    } } });
    let hidden = body.to_string().replace("s3cret", "[redacted]");
    assert_eq!(shown(&body.to_string(), &WHOLE), hidden);
}

/// What is shown to the owner of a key.
fn shown_to(key: &str, body: &str, open: bool) -> String {
    let token = Token::new(key).unwrap();
    let options = ShowOptions {
        caller_token: Some(&token),
        show_secrets: open,
        ..options(&WHOLE)
    };
    show(body.as_bytes(), &options).unwrap().text
}

#[test]
fn the_callers_own_key_is_hidden_wherever_it_is_repeated() {
    const KEY: &str = "0a1B2c3d-4e5f";
    for open in [false, true] {
        for (body, left) in [
            (
                r#"{"message":"bad key 0a1B2c3d-4e5f!"}"#,
                r#"{"message":"bad key [redacted]!"}"#,
            ),
            (
                r#"{"0a1B2c3d-4e5f":{"x0a1b2C3D-4e5f":1}}"#,
                r#"{"[redacted]":{"x[redacted]":1}}"#,
            ),
            (
                r#"["https://x/0a1B2c3d-4e5f/y","0a1B2c3d%2D4e5f","%30%61%31%42%32%63%33%64%252d4e5f"]"#,
                r#"["https://x/[redacted]/y","[redacted]","[redacted]"]"#,
            ),
            (
                r#"["\u0030a1B2c3d\u002d4e5f","{\"t\":\"\\u0030a1B2c3d-4e5f\"}","\\\\u0030a1B2c3d-4e5f"]"#,
                r#"["[redacted]","{\"t\":\"[redacted]\"}","[redacted]"]"#,
            ),
            (
                "[\"0a1B2c3d\u{200b}-4e5f\",\"0a1B2c3d-4e5\"]",
                r#"["[redacted]","0a1B2c3d-4e5"]"#,
            ),
        ] {
            assert_eq!(shown_to(KEY, body, open), left, "{open}");
        }
    }
    let body = r#"{"a":"the sandbox says short"}"#;
    assert_eq!(shown_to("sandbox", body, false), body);
}

#[test]
fn no_invisible_character_is_left_in_any_text_or_key() {
    let body = "{\"a\u{202e}b\":\"x\u{200b}y\\u200b\\udb40\\udc41z\",\"list\":[{\"name\\u2066\":\"\u{1f468}\u{200d}\u{1f469}\"}],\"t\":\"{\\\"k\u{202e}\\\":1}\"}";
    let left = "{\"ab\":\"xyz\",\"list\":[{\"name\":\"\u{1f468}\u{200d}\u{1f469}\"}],\"t\":\"{\\\"k\\\":1}\"}";
    let answer = show(body.as_bytes(), &options(&WHOLE)).unwrap();
    assert_eq!((answer.text.as_str(), answer.invisible_removed), (left, 6));
    for pointer in ["/ab", "/a\u{202e}b"] {
        let fields = [pointer.to_owned()];
        let options = ShowOptions {
            fields: Some(&fields),
            ..options(&WHOLE)
        };
        let answer = show(body.as_bytes(), &options).unwrap();
        assert_eq!(
            (answer.text.as_str(), answer.unmatched.len()),
            ("{\"ab\":\"xyz\"}", 0)
        );
    }
}

#[test]
fn slices_count_the_characters_that_are_shown() {
    let text = "a\u{202e}b https://me:s3cret@example.com \u{e0041}c ".repeat(50);
    let body = json!({ "t": text }).to_string();
    let whole: Value = serde_json::from_str(&shown(&body, &WHOLE)).unwrap();
    let whole = whole["t"].as_str().unwrap();
    assert!(!whole.contains("s3cret"));
    let mut together = String::new();
    for start in (0..whole.chars().count()).step_by(7) {
        let fields = [format!("/t/{start}:{}", start + 7)];
        let options = ShowOptions {
            fields: Some(&fields),
            ..options(&WHOLE)
        };
        let part = show(body.as_bytes(), &options).unwrap().text;
        let part: Value = serde_json::from_str(&part).unwrap();
        together.push_str(part["t"].as_str().unwrap());
    }
    assert_eq!(together, whole);
}

#[test]
fn many_short_secrets_stay_within_the_limit() {
    let many = vec![json!({ "token": "a" }); 10_000];
    let members: Map<_, _> = (0..3_000)
        .map(|n| (format!("t{n}"), json!({ "token": "a" })))
        .collect();
    let flat: Map<_, _> = (0..3_000)
        .map(|n| (format!("{n}token"), json!("a")))
        .collect();
    let pairs = vec![json!({ "value": "a", "name": "token" }); 3_000];
    for body in [
        json!(many),
        json!(members),
        json!(flat),
        json!({ "a": { "b": flat, "c": many }, "d": pairs }),
    ] {
        let body = body.to_string();
        for limit in (400..12_000).step_by(211) {
            let options = ShowOptions {
                limit,
                ..options(&WHOLE)
            };
            let text = show(body.as_bytes(), &options).unwrap().text;
            assert!(text.len() <= limit, "{} of {limit}", text.len());
            assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
            assert!(!text.contains(":\"a\""), "{text}");
        }
    }
}

#[test]
fn long_texts_of_one_pattern_are_scanned_to_the_end() {
    for piece in [
        "http:",
        "{\"a\":",
        "[",
        "//",
        "sip:a:",
        "\\\\",
        "token=",
        "-----BEGIN ",
        "%25",
        "a: ",
        "Bearer ",
        "\"",
        "{\"a\":1,",
        "x@",
        "https://",
        "name: ",
        "password: x ",
        "api key ",
        "\u{200b}",
        "\u{200d}",
        "a\u{200c}",
        "eyJ.",
        "'",
        "token=\"",
        "secret={",
        "{\"t\":\"{",
        "%7B",
    ] {
        let body = json!({ "t": piece.repeat(200_000 / piece.len()) }).to_string();
        // What is quadratic in one of them takes hours here.
        let text = shown_to("00000000-0000-4000-8000-00000000c0de", &body, false);
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{piece}");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "k3y-of-the-caller";

    /// Texts made of the pieces that matter, in any order.
    fn texts() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "\"",
            "\\\"",
            "\\",
            "'",
            "{",
            "}",
            "[",
            "]",
            ":",
            ": ",
            "=",
            "&",
            "?",
            "#",
            "/",
            "//",
            "@",
            " ",
            "\n",
            ";",
            "%",
            "%25",
            "%3D",
            "%22",
            "\\u0061",
            "https://",
            "http:/",
            "sip:",
            "token",
            "apiKey",
            "password",
            "headers",
            "Authorization",
            "Cookie",
            "Bearer ",
            "Basic ",
            "sk-",
            "eyJ",
            ".",
            "12345678",
            "a",
            "Zz",
            "name",
            "value",
            "null",
            "true",
            "é",
            "\u{1f600}",
            "\u{200d}",
            "\u{202e}",
            "\u{e0041}",
            "{{",
            "${",
            "-----BEGIN ",
            "PRIVATE KEY-----",
            "-----END",
            "{\"token\":\"x\"}",
            "[redacted]",
            KEY,
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn whatever_a_text_holds_it_is_shown_as_json_without_the_key_and_what_nobody_sees(
            text in texts(), nested in 0_usize..4, at in prop::sample::select(vec!["t", "url", "recordingUrl", "token", "headers"]),
            open in any::<bool>(),
        ) {
            let text = (0..nested).fold(text, |text, _| json!({ "t": text }).to_string());
            let text = shown_to(KEY, &json!({ at: text }).to_string(), open);
            let value: Value = serde_json::from_str(&text).unwrap();
            prop_assert!(value[at].is_string());
            prop_assert!(!text.contains(KEY), "{text}");
            prop_assert!(!text.contains(['\u{202e}', '\u{e0041}']), "{text}");
        }

        #[test]
        fn what_is_hidden_in_a_text_is_hidden_whatever_stands_around_it(
            before in texts(), after in texts(),
            secret in prop::sample::select(vec![
                "?token=s3cret1", "https://u:s3cret1@example.com", "Bearer s3cret1-2", "VAPI_TOKEN=s3cret1",
            ]),
        ) {
            let text = json!({ "t": format!("{before} {secret} {after}") }).to_string();
            let text = shown_to(KEY, &text, false);
            prop_assert!(!text.contains("s3cret1"), "{text}");
        }
    }
}
