//! From the bytes of an answer to what a model reads, in one pass: the JSON is checked, the parts
//! to show are chosen, secrets are hidden. Values keep their bytes; only white space goes.

mod json;
mod pass;
mod secrets;
mod selection;

pub use json::JsonError;
use json::Reader;
use pass::Pass;
use selection::Selection;

use super::View;

/// Why an answer cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResultError {
    /// It is not JSON.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// It is not Unicode.
    #[error("the text is not UTF-8")]
    Encoding,
}

/// The answer as the tool's view shows it.
pub fn show(body: &[u8], view: &View) -> Result<String, ResultError> {
    let keep = Selection::of(view.keep);
    let mut pass = Pass::new(view.add);
    let mut reader = Reader::new(body);
    if view.list {
        pass.rows(&mut reader, &keep)?;
    } else {
        pass.root(&mut reader, &keep)?;
    }
    reader.end()?;
    String::from_utf8(pass.into_bytes()).map_err(|_| ResultError::Encoding)
}

/// Any JSON, whole, with its secrets hidden.
pub fn hide_secrets(body: &[u8]) -> Result<String, ResultError> {
    let everything = View {
        list: false,
        keep: None,
        add: &[],
    };
    show(body, &everything)
}

/// The bytes of the value at a key of an object, when the text is one, whatever is in it otherwise.
pub(crate) fn value_at<'a>(object: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let mut reader = Reader::new(object);
    if pass::enter(&mut reader, key).ok()? {
        reader.value().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::tools::Added;

    fn shown(body: &str, view: &View) -> String {
        show(body.as_bytes(), view).unwrap()
    }

    const WHOLE: View = View {
        list: false,
        keep: None,
        add: &[],
    };

    #[test]
    fn a_whole_answer_keeps_every_byte_but_white_space() {
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
        };
        let page = r#"{"metadata":{"totalItems":9},"results":[{"id":1,"x":2}],"more":1}"#;
        assert_eq!(shown(page, &view), r#"[{"id":1}]"#);
        let other = r#"{"results":null,"message":"x"}"#;
        assert_eq!(shown(other, &view), other);
    }

    #[test]
    fn a_name_of_ours_is_added_only_where_the_answer_has_none() {
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
        };
        assert_eq!(
            shown(
                r#"{"plan":{"start":1},"model":{"name":"m","more":2}}"#,
                &view
            ),
            r#"{"plan":{"start":1},"model":{"name":"m","more":2},"at":1,"llm":{"name":"m"}}"#
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
    fn a_secret_stays_hidden_under_a_name_of_ours() {
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
        };
        assert_eq!(
            shown(
                r#"{"server":{"headers":{"X":"s3cret"}},"monitor":{"listenUrl":"wss://s3cret"}}"#,
                &view
            ),
            r#"{"where":"[redacted]","listen":"[redacted]"}"#
        );
    }

    #[test]
    fn every_name_of_the_table_is_hidden_at_any_depth() {
        for (name, rule) in secrets::TABLE {
            let value = match rule {
                secrets::Rule::Url => json!("https://user:s3cret@example.com/path?key=s3cret"),
                secrets::Rule::Each | secrets::Rule::Headers => {
                    json!({ "Some": ["s3cret", { "x": "s3cret" }] })
                }
                secrets::Rule::Value | secrets::Rule::Text => json!("s3cret"),
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
    fn what_only_looks_like_a_secret_is_shown() {
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
    fn a_property_that_a_schema_calls_by_a_secrets_name_keeps_its_schema() {
        let body = json!({ "parameters": { "type": "object", "properties": {
            "password": { "type": "string", "description": "what the caller says", "const": "s3cret" },
        } } });
        let hidden = body.to_string().replace("s3cret", "[redacted]");
        assert_eq!(shown(&body.to_string(), &WHOLE), hidden);
    }

    #[test]
    fn a_url_keeps_what_tells_where_it_leads() {
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
            assert_eq!(secrets::hide_url(url), hidden);
        }
    }

    #[test]
    fn an_answer_that_is_not_text_is_refused() {
        assert_eq!(
            show(b"{\"a\":\"\xff\"}", &WHOLE),
            Err(ResultError::Encoding)
        );
        assert!(show(b"{\"a\":1}}", &WHOLE).is_err());
    }
}
