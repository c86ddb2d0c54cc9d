use proptest::prelude::*;

use super::*;

fn read(text: &[u8]) -> Result<&[u8], JsonError> {
    let mut reader = Reader::new(text);
    let value = reader.value()?;
    reader.end()?;
    Ok(value)
}

#[test]
fn values_keep_their_bytes() {
    for text in [
        "{}",
        "[]",
        "null",
        "-0.0",
        "1e3",
        "123456789012345678901234567890",
        "\"\\ud83d\"",
        r#"{"b":1.0,"a":{"b":[true,false,null,""]},"b":2}"#,
    ] {
        assert_eq!(read(format!(" \n{text}\t").as_bytes()), Ok(text.as_bytes()));
    }
}

#[test]
fn invalid_json_is_refused_with_its_position() {
    for (text, reason) in [
        ("", "unexpected end of the text at byte 0"),
        ("{", "unexpected end of the text at byte 1"),
        ("{,}", "a key is missing at byte 1"),
        ("{\"a\"}", "a colon is missing at byte 4"),
        ("{\"a\":1,}", "a key is missing at byte 7"),
        ("[1,]", "a value is missing at byte 3"),
        ("[1 2]", "a comma is missing at byte 3"),
        ("[[]1]", "a comma is missing at byte 3"),
        ("01", "a number starts with 0 at byte 2"),
        ("1.", "a value is missing at byte 2"),
        ("-", "a value is missing at byte 1"),
        ("tru", "a value is missing at byte 0"),
        ("\"\\x\"", "an escape sequence is invalid at byte 1"),
        ("\"\\u12g4\"", "an escape sequence is invalid at byte 1"),
        (
            "\"a\nb\"",
            "a string contains a control character at byte 2",
        ),
        ("\"a", "unexpected end of the text at byte 2"),
        ("1 1", "unexpected text after the value at byte 2"),
        ("<html>", "a value is missing at byte 0"),
    ] {
        assert_eq!(
            read(text.as_bytes()).unwrap_err().to_string(),
            reason,
            "{text}"
        );
    }
}

#[test]
fn a_value_of_any_depth_is_skipped() {
    let deep = format!("{}1,\"]\"{}", "[".repeat(100_000), "]".repeat(100_000));
    for value in [
        deep.as_str(),
        "{\"a\":[1e999,\"}\\\"\"]}",
        "null",
        "-1.5",
        "\"\"",
    ] {
        let text = format!(" {value} ,2");
        let mut reader = Reader::new(text.as_bytes());
        reader.skip().unwrap();
        assert_eq!(reader.at(), 1 + value.len());
    }
    for text in ["", ",", "]", "[1", "\"a", "[\"a"] {
        assert!(Reader::new(text.as_bytes()).skip().is_err(), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(nested(256).as_bytes()).is_ok());
    let error = read(nested(257).as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "the nesting is too deep at byte 256");
}

/// Texts made of the pieces that matter, most of them broken somewhere.
fn nearly_json() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"a\":", "1", "-", "0", ".5", "e9", "true",
        "null", " ", "\\", "\\u00e9", "\n", "é", "12345678", "abcdefgh",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_text_is_json_exactly_when_serde_json_says_so(text in nearly_json()) {
        let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text);
        prop_assert_eq!(read(text.as_bytes()).is_ok(), theirs.is_ok(), "{:?}", text);
    }

    #[test]
    fn the_end_of_plain_text_is_found_at_any_distance(
        before in 0_usize..40, byte in 0_u8..=255, after in 0_usize..20,
    ) {
        let mut text = vec![b'x'; before];
        text.push(byte);
        text.extend(vec![0x80; after]);
        let stops = byte < 0x20 || byte == b'"' || byte == b'\\';
        prop_assert_eq!(plain_bytes(&text), if stops { before } else { text.len() });
    }
}
