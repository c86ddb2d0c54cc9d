//! Passes the arguments of a tool call through rmcp.
//!
//! rmcp builds several trees of a message while it determines the type of the message. Long
//! arguments are therefore passed through rmcp as text. Arguments beyond their bounds are replaced
//! by the reason why they are refused, which becomes the result of the call.

use std::ops::Range;

use serde_json::{Map, Value};

use super::edit::Replacement;
use crate::{
    bounds::{ARGUMENTS, BoundsError},
    call::arguments::ReceivedArguments,
    json::Reader,
    text::excerpt,
};

/// The key under which arguments are passed through rmcp as text.
const AS_TEXT: &str = "vapi-mcp/arguments";

/// The key under which the reason for refused arguments is passed through rmcp.
const REFUSED: &str = "vapi-mcp/refused";

/// The length in bytes above which arguments are passed through rmcp as text.
pub(super) const MAX_INLINE: usize = 16 << 10;

/// The arguments of a tool call in the text of its message.
#[derive(Debug)]
pub(super) struct RawArguments {
    pub(super) range: Range<usize>,
    pub(super) refused: Option<BoundsError>,
}

impl RawArguments {
    /// The replacement of these arguments for rmcp, if one is needed.
    pub(super) fn edit<'t>(&self, text: &'t str) -> Option<Replacement<'t>> {
        if let Some(reason) = &self.refused {
            return Some(Replacement::Wrapped(REFUSED, reason.to_string().into()));
        }
        if is_empty_list(text) {
            return Some(Replacement::Json("{}".into()));
        }
        if let Some(decoded) = decoded(text) {
            return match { ARGUMENTS }.check(&decoded) {
                Ok(()) => Some(Replacement::Wrapped(AS_TEXT, decoded.into())),
                Err(reason @ BoundsError::Excess(_)) => {
                    Some(Replacement::Wrapped(REFUSED, reason.to_string().into()))
                }
                // rmcp refuses it because of its type.
                Err(_) => None,
            };
        }
        if text.len() <= MAX_INLINE {
            None
        } else if text.starts_with('{') {
            Some(Replacement::Wrapped(AS_TEXT, text.into()))
        } else {
            // Not an object; rmcp refuses it because of its type.
            Some(Replacement::Json("[0]".into()))
        }
    }
}

/// The JSON of arguments that were encoded as a string, once or twice.
fn decoded(text: &str) -> Option<String> {
    if !text.starts_with('"') {
        return None;
    }
    let mut decoded = serde_json::from_str::<String>(text).ok()?;
    if decoded.trim_start().starts_with('"') {
        decoded = serde_json::from_str(&decoded).ok()?;
    }
    decoded.trim_start().starts_with('{').then_some(decoded)
}

pub(super) fn is_empty_list(text: &str) -> bool {
    text.strip_prefix('[')
        .is_some_and(|rest| rest.trim_start() == "]")
}

/// Reads the arguments at the current position, and checks their bounds.
pub(super) fn read_arguments(reader: &mut Reader<'_>) -> Result<RawArguments, BoundsError> {
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
    Ok(RawArguments {
        range: start..reader.at(),
        refused,
    })
}

/// Restores the arguments of a tool call that were passed through rmcp.
pub(crate) fn arguments_of(arguments: Option<Map<String, Value>>) -> ReceivedArguments {
    let mut arguments = arguments.unwrap_or_default();
    if arguments.len() == 1 {
        if let Some(Value::String(text)) = arguments.get_mut(AS_TEXT) {
            return ReceivedArguments::Text(std::mem::take(text));
        }
        if let Some(Value::String(reason)) = arguments.get(REFUSED) {
            return ReceivedArguments::Refused(excerpt(reason));
        }
    }
    ReceivedArguments::Object(arguments)
}
