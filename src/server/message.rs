//! A message before anything is built of it: so that every request gets an answer, and none takes
//! more memory than it is worth.
//!
//! A text cut inside an emoji leaves half a character behind, which JavaScript writes as `\ud83d`.
//! It is no Unicode, and the JSON parser would drop the whole message, for whose answer its sender
//! would wait for ever. Such halves become U+FFFD, as everywhere else. A request that cannot be read
//! for another reason becomes one that is refused.
//!
//! rmcp builds several trees of a message while it finds out which one it is. Arguments of a call
//! therefore pass through it as text once they are longer than [`SMALL`], and arguments beyond their
//! bounds as the reason why they are refused, which becomes the result of the call.

use std::ops::Range;

use serde_json::{Map, Value};

use crate::tools::{
    arguments::Given,
    bounds::{ARGUMENTS, Bounds, Unfit, excerpt},
    result::json::Reader,
};

/// The method that stands in for a request that cannot be read.
pub(super) const UNREADABLE: &str = "vapi-mcp/unreadable";

/// The key that arguments have which stand there as text.
const TEXT: &str = "vapi-mcp/arguments";

/// The key that arguments have of which only the reason is left why they are refused.
const REFUSED: &str = "vapi-mcp/refused";

/// Longer arguments pass through rmcp as text, in bytes.
const SMALL: usize = 16 << 10;

/// The bounds of a message without the arguments of a call.
const REST: Bounds = Bounds {
    objects: 2_000,
    members: 20_000,
    ..ARGUMENTS
};

/// The message, or what stands in for it.
pub(crate) fn readable(mut message: Vec<u8>) -> Vec<u8> {
    mend(&mut message);
    let call = match std::str::from_utf8(&message)
        .ok()
        .and_then(|text| read(text).ok())
    {
        Some(call) => call,
        None => return unreadable(message),
    };
    match call {
        None => message,
        Some(Call { arguments, refused }) => replaced(
            &message,
            arguments,
            refused.map(|reason| reason.to_string()),
        ),
    }
}

/// The arguments of a call that do not pass through rmcp as they are.
struct Call {
    arguments: Range<usize>,
    refused: Option<Unfit>,
}

/// Reads a message by its bytes.
fn read(text: &str) -> Result<Option<Call>, Unfit> {
    let mut reader = Reader::new(text.as_bytes());
    let mut left = REST;
    if reader.peek()? != b'{' {
        left.take(&mut reader)?;
        reader.end()?;
        return Ok(None);
    }
    let (mut is_call, mut call) = (false, None);
    reader.open(b'{')?;
    while let Some(key) = reader.next_key()? {
        left.member()?;
        let first = reader.peek()?;
        if is(key, "params") && first == b'{' {
            reader.open(b'{')?;
            while let Some(key) = reader.next_key()? {
                left.member()?;
                if is(key, "arguments") {
                    // The last of several is the one that counts for a reader of JSON; here none does.
                    if call.is_some() {
                        return Err(Unfit::Excess("one `arguments`"));
                    }
                    call = Some(arguments(&mut reader)?);
                } else {
                    left.take(&mut reader)?;
                }
            }
        } else if is(key, "method") && first == b'"' {
            is_call = is(reader.value()?, "tools/call");
        } else {
            left.take(&mut reader)?;
        }
    }
    reader.end()?;
    match call {
        Some(call) if call.refused.is_none() && call.arguments.len() <= SMALL => Ok(None),
        Some(Call { refused, .. }) if !is_call => Err(refused.unwrap_or(Unfit::Excess("16 kB"))),
        call => Ok(call),
    }
}

/// Reads arguments to their end, whatever they are.
fn arguments(reader: &mut Reader<'_>) -> Result<Call, Unfit> {
    reader.peek()?;
    let start = reader.at();
    let mut measured = reader.clone();
    let refused = match { ARGUMENTS }.take(&mut measured) {
        Ok(()) => {
            *reader = measured;
            None
        }
        Err(excess @ Unfit::Excess(_)) => {
            reader.skip()?;
            Some(excess)
        }
        Err(error) => return Err(error),
    };
    Ok(Call {
        arguments: start..reader.at(),
        refused,
    })
}

/// Whether a string with its quotes spells this.
fn is(string: &[u8], text: &str) -> bool {
    /// Each character of the text as an escape, and the quotes.
    const LONGEST: usize = 6 * 10 + 2;
    if string.contains(&b'\\') {
        return string.len() <= LONGEST
            && serde_json::from_slice::<String>(string).is_ok_and(|string| string == text);
    }
    string
        .strip_prefix(b"\"")
        .and_then(|string| string.strip_suffix(b"\""))
        == Some(text.as_bytes())
}

/// The message with its arguments as text, or with the reason why they are refused. Each part is
/// written once: a copy more of a large message is memory that an allocator may keep.
fn replaced(message: &[u8], arguments: Range<usize>, refused: Option<String>) -> Vec<u8> {
    let given = message.get(arguments.clone()).unwrap_or_default();
    let before = message.get(..arguments.start).unwrap_or_default();
    let after = message.get(arguments.end..).unwrap_or_default();
    let (key, text) = match &refused {
        Some(reason) => (REFUSED, reason.as_str()),
        // They have been read as UTF-8.
        None => (TEXT, std::str::from_utf8(given).unwrap_or_default()),
    };
    // Room for some escapes.
    let mut message = Vec::with_capacity(before.len() + text.len() / 8 * 9 + after.len() + SMALL);
    message.extend_from_slice(before);
    if refused.is_none() && given.first() != Some(&b'{') {
        // No arguments of any tool; rmcp refuses them by their type.
        message.extend_from_slice(b"[]");
    } else {
        message.extend_from_slice(format!("{{\"{key}\":").as_bytes());
        // A string is written to memory without fail.
        let _ = serde_json::to_writer(&mut message, text);
        message.push(b'}');
    }
    message.extend_from_slice(after);
    message
}

/// What stands in for a message that cannot be read: a request with its id, or the error that
/// answers a request of ours.
fn unreadable(message: Vec<u8>) -> Vec<u8> {
    let Some((id, is_request)) = envelope(&message) else {
        return match message.len() {
            0..=SMALL => message,
            // Nobody waits for an answer.
            _ if message.trim_ascii_start().first() == Some(&b'[') => b"[]\n".to_vec(),
            _ => b"{}\n".to_vec(),
        };
    };
    let rest = if is_request {
        format!("\"method\":\"{UNREADABLE}\"")
    } else {
        "\"error\":{\"code\":-32600,\"message\":\"the answer is too large or no JSON\"}".to_owned()
    };
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},{rest}}}\n").into_bytes()
}

/// The id of a message, and whether it is a request.
fn envelope(message: &[u8]) -> Option<(String, bool)> {
    /// Longer ids are nobody's.
    const LONGEST: usize = 1_000;
    let mut reader = Reader::new(message);
    let (mut id, mut is_answer) = (None, false);
    reader.open(b'{').ok()?;
    while let Ok(Some(key)) = reader.next_key() {
        if reader.peek().is_err() {
            break;
        }
        let start = reader.at();
        if reader.skip().is_err() {
            break;
        }
        let value = reader.since(start);
        if is(key, "id") && value.len() <= LONGEST && serde_json::from_slice::<Value>(value).is_ok()
        {
            id = std::str::from_utf8(value).ok().map(str::to_owned);
        }
        is_answer |= is(key, "result") || is(key, "error");
    }
    Some((id?, !is_answer))
}

/// The arguments that a call came with.
pub(super) fn given(arguments: Option<Map<String, Value>>) -> Given {
    let mut arguments = arguments.unwrap_or_default();
    if arguments.len() == 1 {
        if let Some(Value::String(text)) = arguments.get_mut(TEXT) {
            return Given::Text(std::mem::take(text));
        }
        if let Some(Value::String(reason)) = arguments.get(REFUSED) {
            return Given::Refused(excerpt(reason));
        }
    }
    Given::Members(arguments)
}

/// Replaces every lone surrogate in the escapes of JSON text by U+FFFD, which is as long.
fn mend(text: &mut [u8]) {
    let mut at = 0;
    while let Some(escape) = text
        .get(at..)
        .and_then(|rest| rest.iter().position(|&byte| byte == b'\\'))
    {
        at += escape;
        at += match (unit(text, at), unit(text, at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                if let Some(digits) = text.get_mut(at + 2..at + 6) {
                    digits.copy_from_slice(b"fffd");
                }
                6
            }
            _ => 2,
        };
    }
}

/// The UTF-16 unit of the escape at this place; nothing when there is none.
fn unit(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::server) fn mended(text: &str) -> String {
        let mut text = text.as_bytes().to_vec();
        mend(&mut text);
        String::from_utf8(text).unwrap()
    }

    fn through(message: &str) -> Value {
        serde_json::from_slice(&readable(message.as_bytes().to_vec())).unwrap()
    }

    /// A call with these arguments, whose id comes last, as the official clients write it.
    fn call(arguments: &str) -> String {
        format!(
            r#"{{"method":"tools/call","params":{{"name":"a_tool","arguments":{arguments},"_meta":{{"a":1}}}},"jsonrpc":"2.0","id":7}}"#
        )
    }

    fn given_by(message: &Value) -> Given {
        given(message["params"]["arguments"].as_object().cloned())
    }

    #[test]
    fn only_lone_surrogates_are_replaced() {
        for (text, same) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""a\uDE00b""#, r#""a\ufffdb""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\n""#, r#""\ufffd\n""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
            (r#""\u00e9 \u+123 \ud8""#, r#""\u00e9 \u+123 \ud8""#),
            ("\\", "\\"),
        ] {
            assert_eq!(mended(text), same);
        }
    }

    #[test]
    fn a_request_that_cannot_be_read_is_one_that_is_refused() {
        let refused = |id: &str| {
            format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"vapi-mcp/unreadable\"}}\n")
        };
        let deep = |depth: usize| {
            format!(
                "{{\"params\":{}{},\"id\":\"a\"}}\n",
                "[".repeat(depth),
                "]".repeat(depth)
            )
        };
        for (line, read) in [
            (deep(200).as_bytes(), refused("\"a\"")),
            (deep(1_000_000).as_bytes(), refused("\"a\"")),
            (
                b"{\"id\":7,\"params\":{\"limit\":1e999}}\n".as_slice(),
                refused("7"),
            ),
            (b"{\"id\":7,\"params\":\"\xff\"}\n", refused("7")),
            (b"{\"id\":7}\n", "{\"id\":7}\n".to_owned()),
            (
                b"{\"id\":7,
",
                refused("7"),
            ),
            (b"no JSON\n", "no JSON\n".to_owned()),
        ] {
            assert_eq!(String::from_utf8(readable(line.to_vec())).unwrap(), read);
        }
    }

    #[test]
    fn an_answer_that_cannot_be_read_fails_the_request_that_it_answers() {
        let many = vec!["0"; 30_000].join(",");
        let read = through(&format!(r#"{{"jsonrpc":"2.0","id":3,"result":[{many}]}}"#));
        assert_eq!(read["id"], 3);
        assert!(read["error"]["code"].is_i64());
        assert_eq!(read.get("method"), None);
    }

    #[test]
    fn small_arguments_pass_as_they_are() {
        let message = call(r#"{"a":[1e3,"\u00e9"]}"#);
        assert_eq!(readable(message.clone().into_bytes()), message.into_bytes());
    }

    #[test]
    fn large_arguments_pass_as_text_with_everything_beside_them() {
        let arguments = format!(r#"{{"a\"":["{}\u00e9\\"]}}"#, "x".repeat(20_000));
        for spelled in ["arguments", "argument\\u0073"] {
            let message = call(&arguments).replace("arguments", spelled);
            let read = through(&message);
            assert_eq!(
                (&read["id"], &read["params"]["_meta"]["a"]),
                (&7.into(), &1.into())
            );
            match given_by(&read) {
                Given::Text(text) => assert_eq!(text, arguments),
                other => panic!("{other:?}"),
            }
        }
        let list = call(&format!("[\"{}\"]", "x".repeat(20_000)));
        assert_eq!(
            through(&list)["params"]["arguments"],
            Value::Array(Vec::new())
        );
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
            let read = through(&call(&arguments));
            assert_eq!(read["id"], 7);
            assert_eq!(read["params"]["name"], "a_tool");
            match given_by(&read) {
                Given::Refused(reason) => assert!(reason.contains(named), "{reason}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_call_is_bounded_too() {
        let many = vec!["{}"; 3_000].join(",");
        for message in [
            format!(r#"{{"id":1,"method":"initialize","params":{{"capabilities":[{many}]}}}}"#),
            format!(
                r#"{{"id":1,"method":"tools/list","params":{{"arguments":{{"a":[{many},{many},{many}]}}}}}}"#
            ),
            format!(r#"{{"id":1,"x":[{many}],"method":"ping"}}"#),
            r#"{"id":1,"method":"tools/call","params":{"arguments":{},"arguments":{}}}"#.to_owned(),
        ] {
            assert_eq!(
                through(&message)["method"],
                UNREADABLE,
                "{}",
                excerpt(&message)
            );
        }
        let batch = readable(format!("[{many},{many}]").into_bytes());
        assert!(batch == b"[]\n");
    }
}
