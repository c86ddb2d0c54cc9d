//! Checks a message before it is parsed, so that every request gets an answer, no notification
//! does, and memory stays bounded.
//!
//! A text cut inside an emoji leaves half a character behind, which JavaScript writes as `\ud83d`.
//! It is no Unicode, and the JSON parser would drop the whole message, for whose answer its sender
//! would wait for ever. Such halves become U+FFFD, as everywhere else. A request that cannot be
//! read for another reason is refused, with its id if there is one.
//!
//! PHP writes an empty object as `[]`, so an empty list stands for one wherever the protocol wants
//! an object and rmcp would refuse the message.
//!
//! rmcp builds several trees of a message while it finds out which one it is. Arguments of a call
//! therefore pass through it as text once they are longer than [`SMALL`], and arguments beyond
//! their bounds as the reason why they are refused, which becomes the result of the call.

use std::{borrow::Cow, ops::Range};

use rmcp::model::RequestId;
use serde_json::{Map, Value, json};

use super::initialize;
use crate::{
    bounds::{ARGUMENTS, Bounds, BoundsError},
    call::arguments::RawArguments,
    json::{JsonError, Reader},
    text::excerpt,
};

/// The key that arguments have which stand there as text.
const TEXT: &str = "vapi-mcp/arguments";

/// The key that arguments have of which only the reason is left why they are refused.
const REFUSED: &str = "vapi-mcp/refused";

/// Longer arguments pass through rmcp as text, in bytes.
const SMALL: usize = 16 << 10;

/// Bytes of the longest id, which the answer repeats.
const LONGEST_ID: usize = 1024;

/// Requests of one list that are refused one by one.
const LONGEST_LIST: usize = 100;

/// The bounds of a message without the arguments of a call.
const REST: Bounds = Bounds {
    objects: 2_000,
    members: 20_000,
    ..ARGUMENTS
};

/// The codes of JSON-RPC's errors.
const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const INVALID_PARAMS: i32 = -32602;

/// Only one version of the protocol had lists of messages.
const ONE_AT_A_TIME: &str = "send one message at a time";

/// What is done with a message.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// It goes to rmcp.
    Message(Message),
    /// It is answered with these errors; several where it is a list of messages.
    Refused(Vec<Refusal>),
    /// It is a notification that cannot be read: nobody waits for an answer.
    Ignored,
}

/// A message that rmcp reads.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) text: Vec<u8>,
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "only HTTP asks"))]
    pub(crate) kind: Kind,
    /// The id of a request, as JSON.
    pub(crate) id: Option<String>,
}

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `initialize`.
    Initialize,
    /// `tools/call`, the only request that takes time.
    Call,
    /// Any other request.
    Request,
    /// A notification, or the answer to a request of ours.
    Other,
}

/// An error of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The id of the request, as JSON, if it could be read.
    pub(crate) id: Option<String>,
    code: i32,
    words: Cow<'static, str>,
}

impl Refusal {
    /// A message that is not of the protocol.
    pub(crate) fn invalid(id: Option<String>, words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            id,
            code: INVALID_REQUEST,
            words: words.into(),
        }
    }

    fn unreadable(id: Option<String>) -> Self {
        Self {
            id,
            code: PARSE_ERROR,
            words:
                "the message is not valid JSON or cannot be read: not UTF-8, nested too deeply, a \
                    number that is too large, or too much beside the arguments of a call"
                    .into(),
        }
    }

    fn params(id: Option<String>, words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: INVALID_PARAMS,
            ..Self::invalid(id, words)
        }
    }

    /// Whether nothing of the message could be read, not even whether it was a request.
    pub(crate) fn is_noise(&self) -> bool {
        self.code == PARSE_ERROR && self.id.is_none()
    }

    /// The message that tells it.
    pub(crate) fn to_json(&self) -> String {
        let id = self.id.as_deref().unwrap_or("null");
        let error = json!({ "code": self.code, "message": self.words });
        format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{error}}}")
    }
}

/// The message as rmcp can read it, or what is said instead.
pub(crate) fn readable(mut message: Vec<u8>) -> Incoming {
    if message.starts_with(b"\xEF\xBB\xBF") {
        message.drain(..3);
    }
    mend(&mut message);
    let envelope = Envelope::of(&message);
    let Ok(text) = std::str::from_utf8(&message) else {
        return envelope.unreadable();
    };
    let sorted = match (message.trim_ascii_start().first(), read(text)) {
        (Some(b'{'), Ok(parts)) => envelope.sort(text, &parts),
        (Some(b'['), Ok(_)) => Err(Incoming::Refused(list(&message))),
        (Some(b'['), Err(BoundsError::Excess(_))) => Err(Incoming::invalid(None, ONE_AT_A_TIME)),
        (_, Ok(_)) => Err(Incoming::invalid(None, "a message must be a JSON object")),
        (_, Err(_)) => Err(envelope.unreadable()),
    };
    match sorted {
        Ok(Sorted { kind, id, edits }) => {
            let edited = (!edits.is_empty()).then(|| edited(text, edits));
            Incoming::Message(Message {
                kind,
                id,
                text: edited.unwrap_or(message),
            })
        }
        Err(other) => other,
    }
}

impl Incoming {
    fn invalid(id: Option<String>, words: &'static str) -> Self {
        Self::Refused(vec![Refusal::invalid(id, words)])
    }
}

/// A message for rmcp, and what it needs for that.
struct Sorted<'a> {
    kind: Kind,
    id: Option<String>,
    edits: Vec<Edit<'a>>,
}

/// The members of a message that tell what it is, however little else of it can be read.
#[derive(Debug, Default)]
struct Envelope<'a> {
    version: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
    /// Where the key of the id stands.
    id_key: Range<usize>,
    method: Option<&'a [u8]>,
    is_answer: bool,
    /// Whether one of these members is there more than once.
    is_twice: bool,
    /// Whether the message came to its end.
    is_whole: bool,
}

impl<'a> Envelope<'a> {
    fn of(message: &'a [u8]) -> Self {
        let mut envelope = Self::default();
        envelope.is_whole = envelope.fill(message).is_ok();
        envelope
    }

    fn fill(&mut self, message: &'a [u8]) -> Result<(), JsonError> {
        let mut reader = Reader::new(message);
        reader.open(b'{')?;
        while let Some(key) = reader.next_key()? {
            reader.peek()?;
            let start = reader.at();
            reader.skip()?;
            let value = reader.since(start);
            let member = if is(key, "id") {
                let at = reader.position_of(key);
                self.id_key = at..at + key.len();
                &mut self.id
            } else if is(key, "method") {
                &mut self.method
            } else if is(key, "jsonrpc") {
                &mut self.version
            } else {
                self.is_answer |= is(key, "result") || is(key, "error");
                continue;
            };
            self.is_twice |= member.replace(value).is_some();
        }
        reader.end()
    }

    /// The id as JSON, if an answer can repeat it.
    fn known_id(&self) -> Option<String> {
        let id = self.id.filter(|id| id.len() <= LONGEST_ID)?;
        match serde_json::from_slice(id).ok()? {
            Value::String(_) | Value::Number(_) => Some(String::from_utf8_lossy(id).into_owned()),
            _ => None,
        }
    }

    /// What is done with a message that is no JSON or too much of it.
    fn unreadable(&self) -> Incoming {
        match (self.known_id(), self.method) {
            (Some(id), None) if self.is_answer => {
                // Our request fails with it instead of waiting for ever.
                let error = Refusal::invalid(Some(id), "the answer is too large or not JSON");
                Incoming::Message(Message {
                    text: error.to_json().into_bytes(),
                    kind: Kind::Other,
                    id: None,
                })
            }
            (None, Some(_)) if self.is_whole && self.id.is_none() => Incoming::Ignored,
            (id, _) => Incoming::Refused(vec![Refusal::unreadable(id)]),
        }
    }

    /// What is done with a message whose JSON is read.
    fn sort<'t>(&self, text: &'t str, parts: &Parts) -> Result<Sorted<'t>, Incoming> {
        let Some(method) = self.method else {
            return if self.is_answer {
                Ok(Sorted {
                    kind: Kind::Other,
                    id: None,
                    edits: Vec::new(),
                })
            } else {
                let words = "the message has neither a `method` nor a `result`";
                Err(Incoming::invalid(self.known_id(), words))
            };
        };
        let method = serde_json::from_slice::<String>(method).ok();
        // JSON-RPC 1.0 marks a notification by an id of null, and some clients still do.
        let is_marked = self.id == Some(b"null")
            && method
                .as_ref()
                .is_some_and(|method| method.starts_with("notifications/"));
        let is_notification = self.id.is_none() || is_marked;
        let id = if is_notification {
            None
        } else {
            self.known_id()
        };
        let refused = |refusal| {
            Err(if is_notification {
                Incoming::Ignored
            } else {
                Incoming::Refused(vec![refusal])
            })
        };
        let method = match (method, self.fault(is_notification)) {
            (Some(method), None) => method,
            (None, None) => return refused(Refusal::invalid(id, "`method` must be a string")),
            (_, Some(fault)) => return refused(Refusal::invalid(id, fault)),
        };
        let kind = match method.as_str() {
            _ if is_notification => Kind::Other,
            // From 2026-07-28 on there is no such method, as rmcp says then.
            "initialize" if parts.names_version || !parts.is_modern => Kind::Initialize,
            "tools/call" => Kind::Call,
            _ => Kind::Request,
        };
        let mut edits = match parts.edits(text, kind) {
            Ok(edits) => edits,
            Err(fault) => return refused(Refusal::params(id, fault)),
        };
        if is_marked {
            edits.push((self.id_key.clone(), New::Text("\"_\"".into())));
        }
        Ok(Sorted { kind, id, edits })
    }

    /// Checks the members around the parameters.
    fn fault(&self, is_notification: bool) -> Option<&'static str> {
        if self.is_answer {
            return Some("the message has a `method` and also a `result` or an `error`");
        }
        if self.is_twice {
            return Some("`jsonrpc`, `id` or `method` appears twice in the message");
        }
        if !self.version.is_some_and(|version| is(version, "2.0")) {
            return Some("`jsonrpc` must be \"2.0\"");
        }
        let id = self.id.filter(|_| !is_notification)?;
        if id.len() > LONGEST_ID {
            return Some("the id is longer than 1,024 bytes");
        }
        match serde_json::from_slice::<RequestId>(id) {
            Ok(_) => None,
            Err(_) => Some("the id must be a string or an integer of at most 64 bits"),
        }
    }
}

/// The errors for the requests of a list of messages.
fn list(message: &[u8]) -> Vec<Refusal> {
    let whole = || vec![Refusal::invalid(None, ONE_AT_A_TIME)];
    let (mut refusals, mut is_empty) = (Vec::new(), true);
    let mut reader = Reader::new(message);
    let mut fill = || {
        reader.open(b'[')?;
        while reader.next_element()? {
            is_empty = false;
            reader.peek()?;
            let start = reader.at();
            reader.skip()?;
            let envelope = Envelope::of(reader.since(start));
            let id = envelope.known_id().filter(|_| !envelope.is_answer);
            if id.is_some() && refusals.len() <= LONGEST_LIST {
                refusals.push(Refusal::invalid(id, ONE_AT_A_TIME));
            }
        }
        Ok::<_, JsonError>(())
    };
    if fill().is_err() || is_empty || refusals.len() > LONGEST_LIST {
        return whole();
    }
    refusals
}

/// What comes in the place of what stands there.
type Edit<'a> = (Range<usize>, New<'a>);

/// What comes in the place of something.
#[derive(Debug)]
enum New<'a> {
    /// This JSON.
    Text(Cow<'static, str>),
    /// An object with this key and this string.
    Held(&'static str, Cow<'a, str>),
}

/// The text with these edits, of which none overlaps another. Each part is written once: a copy
/// more of a large message is memory that an allocator may keep.
fn edited(text: &str, mut edits: Vec<Edit<'_>>) -> Vec<u8> {
    edits.sort_by_key(|(range, _)| range.start);
    let added = edits.iter().map(|(_, new)| match new {
        New::Text(text) => text.len(),
        // Room for some escapes.
        New::Held(_, text) => text.len() / 8 * 9 + SMALL,
    });
    let replaced: usize = edits.iter().map(|(range, _)| range.len()).sum();
    let room = text.len().saturating_sub(replaced) + added.sum::<usize>();
    let mut message = Vec::with_capacity(room);
    let mut at = 0;
    for (range, new) in edits {
        let between = text.get(at..range.start).unwrap_or_default();
        message.extend_from_slice(between.as_bytes());
        at = range.end;
        match new {
            New::Text(text) => message.extend_from_slice(text.as_bytes()),
            New::Held(key, text) => {
                message.extend_from_slice(format!("{{\"{key}\":").as_bytes());
                // A string is written to memory without fail.
                let _ = serde_json::to_writer(&mut message, &text);
                message.push(b'}');
            }
        }
    }
    message.extend_from_slice(text.get(at..).unwrap_or_default().as_bytes());
    message
}

/// What stands in the parameters that may need an edit.
#[derive(Debug, Default)]
struct Parts {
    params: Option<Range<usize>>,
    meta: Option<Range<usize>>,
    /// The client's capabilities in the metadata, from version 2026-07-28 on.
    capabilities: Option<Range<usize>>,
    /// Whether the parameters name a protocol version, and whether their metadata does.
    names_version: bool,
    is_modern: bool,
    call: Option<Call>,
}

/// The arguments of a call.
#[derive(Debug)]
struct Call {
    arguments: Range<usize>,
    refused: Option<BoundsError>,
}

/// Reads a message by its bytes, within the bounds.
fn read(text: &str) -> Result<Parts, BoundsError> {
    let mut reader = Reader::new(text.as_bytes());
    let mut left = REST;
    let mut parts = Parts::default();
    if reader.peek()? != b'{' {
        left.take(&mut reader)?;
        reader.end()?;
        return Ok(parts);
    }
    reader.open(b'{')?;
    while let Some(key) = reader.next_key()? {
        left.member()?;
        if !is(key, "params") {
            left.take(&mut reader)?;
            continue;
        }
        if parts.params.is_some() {
            return Err(BoundsError::Excess("one `params`"));
        }
        let is_object = reader.peek()? == b'{';
        let start = reader.at();
        if is_object {
            parts.read(&mut reader, &mut left)?;
        } else {
            left.take(&mut reader)?;
        }
        parts.params = Some(start..reader.at());
    }
    reader.end()?;
    Ok(parts)
}

impl Parts {
    /// Reads parameters.
    fn read(&mut self, reader: &mut Reader<'_>, left: &mut Bounds) -> Result<(), BoundsError> {
        reader.open(b'{')?;
        while let Some(key) = reader.next_key()? {
            left.member()?;
            let first = reader.peek()?;
            let start = reader.at();
            if is(key, "arguments") {
                // The last of several is the one that counts for a reader of JSON; here none does.
                if self.call.is_some() {
                    return Err(BoundsError::Excess("one `arguments`"));
                }
                self.call = Some(arguments(reader)?);
            } else if !is(key, "_meta") {
                self.names_version |= is(key, "protocolVersion");
                left.take(reader)?;
            } else if first != b'{' {
                left.take(reader)?;
                self.meta = Some(start..reader.at());
            } else {
                reader.open(b'{')?;
                while let Some(key) = reader.next_key()? {
                    left.member()?;
                    reader.peek()?;
                    let start = reader.at();
                    left.take(reader)?;
                    if is(key, "io.modelcontextprotocol/clientCapabilities") {
                        self.capabilities = Some(start..reader.at());
                    }
                    self.is_modern |= is(key, "io.modelcontextprotocol/protocolVersion");
                }
            }
        }
        Ok(())
    }

    /// What makes the parameters such that rmcp reads them. An error is what is wrong with them.
    fn edits<'t>(&self, text: &'t str, kind: Kind) -> Result<Vec<Edit<'t>>, Cow<'static, str>> {
        let given = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        let params = self.params.as_ref().map_or("{}", given);
        let is_empty = params == "null" || is_empty_list(params);
        if !is_empty && !params.starts_with('{') {
            return Err("params must be an object".into());
        }
        if kind != Kind::Call
            && let Some(call) = &self.call
            && (call.refused.is_some() || call.arguments.len() > SMALL)
        {
            return Err("only tools/call takes more than 16 kB of arguments".into());
        }
        let empty = || New::Text("{}".into());
        let mut edits = Vec::new();
        if kind == Kind::Initialize {
            let params = if is_empty { "{}" } else { params };
            let read = initialize::params(params)?;
            if let (Some(at), Some(read)) = (&self.params, read) {
                edits.push((at.clone(), New::Text(read.to_string().into())));
            }
            return Ok(edits);
        }
        if let (Some(at), true) = (&self.params, is_empty) {
            edits.push((at.clone(), empty()));
        }
        if let Some(at) = self.meta.as_ref().filter(|at| is_empty_list(given(at))) {
            edits.push((at.clone(), empty()));
        }
        if let Some(at) = &self.capabilities
            && let Some(read) = initialize::readable_capabilities(given(at))
        {
            edits.push((at.clone(), New::Text(read.to_string().into())));
        }
        if let Some(call) = self.call.as_ref().filter(|_| kind == Kind::Call)
            && let Some(new) = call.edit(given(&call.arguments))
        {
            edits.push((call.arguments.clone(), new));
        }
        Ok(edits)
    }
}

impl Call {
    /// What replaces the arguments on their way through rmcp, if anything.
    fn edit<'t>(&self, given: &'t str) -> Option<New<'t>> {
        if let Some(reason) = &self.refused {
            return Some(New::Held(REFUSED, reason.to_string().into()));
        }
        if is_empty_list(given) {
            return Some(New::Text("{}".into()));
        }
        if let Some(text) = decoded(given) {
            return match { ARGUMENTS }.check(&text) {
                Ok(()) => Some(New::Held(TEXT, text.into())),
                Err(reason @ BoundsError::Excess(_)) => {
                    Some(New::Held(REFUSED, reason.to_string().into()))
                }
                // As it stands, rmcp refuses it by its type.
                Err(_) => None,
            };
        }
        if given.len() <= SMALL {
            None
        } else if given.starts_with('{') {
            Some(New::Held(TEXT, given.into()))
        } else {
            // No arguments of any tool; rmcp refuses them by their type.
            Some(New::Text("[0]".into()))
        }
    }
}

/// The JSON of arguments that were written into a string, once or twice.
fn decoded(given: &str) -> Option<String> {
    if !given.starts_with('"') {
        return None;
    }
    let mut text = serde_json::from_str::<String>(given).ok()?;
    if text.trim_start().starts_with('"') {
        text = serde_json::from_str(&text).ok()?;
    }
    text.trim_start().starts_with('{').then_some(text)
}

fn is_empty_list(given: &str) -> bool {
    given
        .strip_prefix('[')
        .is_some_and(|rest| rest.trim_start() == "]")
}

/// Reads arguments to their end, whatever they are.
fn arguments(reader: &mut Reader<'_>) -> Result<Call, BoundsError> {
    reader.peek()?;
    let start = reader.at();
    let mut measured = reader.clone();
    let refused = match { ARGUMENTS }.take(&mut measured) {
        Ok(()) => {
            *reader = measured;
            None
        }
        Err(excess @ BoundsError::Excess(_)) => {
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

/// The arguments that a call came with.
pub(super) fn given(arguments: Option<Map<String, Value>>) -> RawArguments {
    let mut arguments = arguments.unwrap_or_default();
    if arguments.len() == 1 {
        if let Some(Value::String(text)) = arguments.get_mut(TEXT) {
            return RawArguments::Text(std::mem::take(text));
        }
        if let Some(Value::String(reason)) = arguments.get(REFUSED) {
            return RawArguments::Refused(excerpt(reason));
        }
    }
    RawArguments::Object(arguments)
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
mod tests {
    use super::*;

    fn mended(text: &str) -> String {
        let mut text = text.as_bytes().to_vec();
        mend(&mut text);
        String::from_utf8(text).unwrap()
    }

    /// What rmcp reads of the message.
    fn through(message: &str) -> Value {
        match readable(message.as_bytes().to_vec()) {
            Incoming::Message(message) => serde_json::from_slice(&message.text).unwrap(),
            other => panic!("{message}: {other:?}"),
        }
    }

    /// The ids and codes of the errors that answer the message.
    fn refused(message: &[u8]) -> Vec<(Value, i32)> {
        match readable(message.to_vec()) {
            Incoming::Refused(refusals) => refusals
                .iter()
                .map(|refusal| {
                    let told: Value = serde_json::from_str(&refusal.to_json()).unwrap();
                    assert_eq!(told["jsonrpc"], "2.0");
                    (told["id"].clone(), refusal.code)
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

    fn given_by(message: &Value) -> RawArguments {
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
            assert_eq!(refused(line), [(id, code)]);
        }
    }

    #[test]
    fn whatever_is_wrong_with_a_request_its_id_is_told() {
        let long = format!("\"{}\"", "x".repeat(LONGEST_ID));
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
            assert_eq!(refused(message.as_bytes()), [(id, INVALID_REQUEST)]);
        }
        for params in ["[1]", "\"x\"", "5", "true"] {
            let message =
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{params}}}"#);
            assert_eq!(refused(message.as_bytes()), [(json!(1), INVALID_PARAMS)]);
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
            let read = readable(message.as_bytes().to_vec());
            assert!(matches!(read, Incoming::Ignored), "{message}: {read:?}");
        }
        let read = through(r#"{"jsonrpc":"2.0","id":null,"method":"notifications/initialized"}"#);
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
            assert_eq!(through(&message)["params"], read, "{given}");
        }
    }

    #[test]
    fn arguments_that_were_written_into_a_string_are_read() {
        let written = json!({ "a": "\"" }).to_string();
        let twice = Value::String(written.clone()).to_string();
        for arguments in [&written, &twice] {
            let message = call(&Value::String(arguments.clone()).to_string());
            match given_by(&through(&message)) {
                RawArguments::Text(text) => assert_eq!(text, written),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(through(&call("\"x\""))["params"]["arguments"], "x");
    }

    #[test]
    fn each_request_of_a_list_is_refused_by_its_id() {
        let batch = br#"[{"id":1,"method":"ping"},{"method":"notifications/x"},{"id":"b","method":"ping"},{"id":3,"result":{}}]"#;
        let each = [(json!(1), INVALID_REQUEST), (json!("b"), INVALID_REQUEST)];
        assert_eq!(refused(batch), each);
        assert_eq!(refused(b"[]"), [(Value::Null, INVALID_REQUEST)]);
        assert_eq!(refused(br#"[{"method":"notifications/x"}]"#), []);
        let many = vec![r#"{"id":1,"method":"ping"}"#; LONGEST_LIST + 1].join(",");
        let many = format!("[{many}]");
        assert_eq!(refused(many.as_bytes()), [(Value::Null, INVALID_REQUEST)]);
    }

    #[test]
    fn an_initialize_of_the_protocol_that_has_none_is_any_request() {
        let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;
        for (params, kind) in [
            (format!("{{{meta}}}"), Kind::Request),
            (
                format!(r#"{{{meta},"protocolVersion":"2025-06-18"}}"#),
                Kind::Initialize,
            ),
        ] {
            let message =
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{params}}}"#);
            match readable(message.into_bytes()) {
                Incoming::Message(message) => assert_eq!(message.kind, kind, "{params}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_message() {
        let read = through("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
        assert_eq!(read["id"], 1);
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
        match readable(message.clone().into_bytes()) {
            Incoming::Message(read) => assert_eq!(read.text, message.into_bytes()),
            other => panic!("{other:?}"),
        }
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
                RawArguments::Text(text) => assert_eq!(text, arguments),
                other => panic!("{other:?}"),
            }
        }
        let list = call(&format!("[\"{}\"]", "x".repeat(20_000)));
        assert_eq!(through(&list)["params"]["arguments"], json!([0]));
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
                RawArguments::Refused(reason) => assert!(reason.contains(named), "{reason}"),
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
            let refused = refused(message.as_bytes());
            assert!(
                matches!(refused.as_slice(), [(id, _)] if *id == 1),
                "{}: {refused:?}",
                excerpt(&message)
            );
        }
        let batch = format!("[{many},{many}]");
        assert_eq!(refused(batch.as_bytes()), [(Value::Null, INVALID_REQUEST)]);
    }
}
