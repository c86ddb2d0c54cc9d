//! The parameters of a message.
//!
//! PHP encodes an empty object as `[]`, so an empty list is accepted wherever the protocol requires
//! an object and rmcp would refuse the message.

use std::{borrow::Cow, ops::Range};

use super::{
    super::initialize,
    arguments::{MAX_INLINE, RawArguments, is_empty_list, read_arguments},
    edit::{Edit, Replacement},
    incoming::MessageKind,
};
use crate::{
    bounds::{ARGUMENTS, Bounds, BoundsError},
    json::Reader,
};

/// The bounds of a message without the arguments of a tool call.
const ENVELOPE_BOUNDS: Bounds = Bounds {
    objects: 2_000,
    members: 20_000,
    ..ARGUMENTS
};

/// The positions of the parts of `params` that may need an edit, in the text of the message.
#[derive(Debug, Default)]
pub(super) struct Params {
    range: Option<Range<usize>>,
    meta: Option<Range<usize>>,
    /// The client's capabilities in `_meta`, since protocol version 2026-07-28.
    capabilities: Option<Range<usize>>,
    /// Whether `params` has a `protocolVersion`, as `initialize` does.
    pub(super) has_version: bool,
    /// Whether `_meta` has a protocol version, as in every request since protocol version
    /// 2026-07-28.
    pub(super) has_meta_version: bool,
    arguments: Option<RawArguments>,
}

/// Checks the size of a message, and finds its parameters.
pub(super) fn read_params(text: &str) -> Result<Params, BoundsError> {
    let mut reader = Reader::new(text.as_bytes());
    let mut left = ENVELOPE_BOUNDS;
    let mut params = Params::default();
    if reader.peek()? != b'{' {
        left.take(&mut reader)?;
        reader.end()?;
        return Ok(params);
    }
    reader.open(b'{')?;
    while let Some(key) = reader.next_key()? {
        left.member()?;
        if !equals(key, "params") {
            left.take(&mut reader)?;
            continue;
        }
        if params.range.is_some() {
            return Err(BoundsError::Excess("one `params`"));
        }
        let is_object = reader.peek()? == b'{';
        let start = reader.at();
        if is_object {
            params.read_members(&mut reader, &mut left)?;
        } else {
            left.take(&mut reader)?;
        }
        params.range = Some(start..reader.at());
    }
    reader.end()?;
    Ok(params)
}

impl Params {
    fn read_members(
        &mut self,
        reader: &mut Reader<'_>,
        left: &mut Bounds,
    ) -> Result<(), BoundsError> {
        reader.open(b'{')?;
        while let Some(key) = reader.next_key()? {
            left.member()?;
            let first = reader.peek()?;
            let start = reader.at();
            if equals(key, "arguments") {
                // JSON parsers disagree on which of several equal keys counts.
                if self.arguments.is_some() {
                    return Err(BoundsError::Excess("one `arguments`"));
                }
                self.arguments = Some(read_arguments(reader)?);
            } else if !equals(key, "_meta") {
                self.has_version |= equals(key, "protocolVersion");
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
                    if equals(key, "io.modelcontextprotocol/clientCapabilities") {
                        self.capabilities = Some(start..reader.at());
                    }
                    self.has_meta_version |= equals(key, "io.modelcontextprotocol/protocolVersion");
                }
            }
        }
        Ok(())
    }

    /// The edits after which rmcp can deserialize the parameters. The error describes an invalid
    /// parameter.
    pub(super) fn edits<'t>(
        &self,
        text: &'t str,
        kind: MessageKind,
    ) -> Result<Vec<Edit<'t>>, Cow<'static, str>> {
        let text_of = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        let params = self.range.as_ref().map_or("{}", text_of);
        let is_empty = params == "null" || is_empty_list(params);
        if !is_empty && !params.starts_with('{') {
            return Err("params must be an object".into());
        }
        if kind != MessageKind::ToolCall
            && let Some(arguments) = &self.arguments
            && (arguments.refused.is_some() || arguments.range.len() > MAX_INLINE)
        {
            return Err("only tools/call takes more than 16 kB of arguments".into());
        }
        let empty = || Replacement::Json("{}".into());
        let mut edits = Vec::new();
        if kind == MessageKind::Initialize {
            let params = if is_empty { "{}" } else { params };
            let normalized = initialize::normalize_params(params)?;
            if let (Some(at), Some(normalized)) = (&self.range, normalized) {
                edits.push((at.clone(), Replacement::Json(normalized.to_string().into())));
            }
            return Ok(edits);
        }
        if let (Some(at), true) = (&self.range, is_empty) {
            edits.push((at.clone(), empty()));
        }
        if let Some(at) = self.meta.as_ref().filter(|at| is_empty_list(text_of(at))) {
            edits.push((at.clone(), empty()));
        }
        if let Some(at) = &self.capabilities
            && let Some(normalized) = initialize::normalize_capabilities(text_of(at))
        {
            edits.push((at.clone(), Replacement::Json(normalized.to_string().into())));
        }
        if let Some(arguments) = self
            .arguments
            .as_ref()
            .filter(|_| kind == MessageKind::ToolCall)
            && let Some(replacement) = arguments.edit(text_of(&arguments.range))
        {
            edits.push((arguments.range.clone(), replacement));
        }
        Ok(edits)
    }
}

/// Whether a JSON string, given with its quotes, equals the text.
pub(super) fn equals(string: &[u8], text: &str) -> bool {
    /// The length of ten escaped characters and the quotes.
    const MAX_ESCAPED: usize = 6 * 10 + 2;
    if string.contains(&b'\\') {
        return string.len() <= MAX_ESCAPED
            && serde_json::from_slice::<String>(string).is_ok_and(|string| string == text);
    }
    string
        .strip_prefix(b"\"")
        .and_then(|string| string.strip_suffix(b"\""))
        == Some(text.as_bytes())
}
