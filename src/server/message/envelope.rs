//! The members of a message that determine its type.

use std::ops::Range;

use rmcp::model::RequestId;
use serde_json::Value;

use super::{
    edit::{Edit, Replacement},
    incoming::{Incoming, Message, MessageKind},
    params::{Params, equals},
    protocol_error::ProtocolError,
};
use crate::json::{JsonError, Reader};

/// The maximum length of an id, in bytes; responses repeat the id.
pub(super) const MAX_ID: usize = 1024;

/// Maximum number of requests in a batch that are refused individually.
pub(super) const MAX_BATCH: usize = 100;

/// Only one version of the protocol had batches.
pub(super) const NO_BATCHES: &str = "send one message at a time";

/// A message for rmcp, and the edits that it needs.
pub(super) struct Classified<'a> {
    pub(super) kind: MessageKind,
    pub(super) id: Option<String>,
    pub(super) edits: Vec<Edit<'a>>,
}

/// The top-level members of a message, as far as they can be read.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    version: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
    /// The range of the key `id`.
    id_key: Range<usize>,
    method: Option<&'a [u8]>,
    is_answer: bool,
    /// Whether one of these members occurs more than once.
    has_duplicates: bool,
    /// Whether the message is complete JSON.
    is_complete: bool,
}

impl<'a> Envelope<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        let mut envelope = Self::default();
        envelope.is_complete = envelope.fill(message).is_ok();
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
            let member = if equals(key, "id") {
                let at = reader.position_of(key);
                self.id_key = at..at + key.len();
                &mut self.id
            } else if equals(key, "method") {
                &mut self.method
            } else if equals(key, "jsonrpc") {
                &mut self.version
            } else {
                self.is_answer |= equals(key, "result") || equals(key, "error");
                continue;
            };
            self.has_duplicates |= member.replace(value).is_some();
        }
        reader.end()
    }

    /// The id as JSON, if a response can repeat it.
    fn known_id(&self) -> Option<String> {
        let id = self.id.filter(|id| id.len() <= MAX_ID)?;
        match serde_json::from_slice(id).ok()? {
            Value::String(_) | Value::Number(_) => Some(String::from_utf8_lossy(id).into_owned()),
            _ => None,
        }
    }

    /// The decision about a message that is not valid JSON or exceeds a limit.
    pub(super) fn unreadable(&self) -> Incoming {
        match (self.known_id(), self.method) {
            (Some(id), None) if self.is_answer => {
                // Fails the request of this server that would otherwise wait for ever.
                let error =
                    ProtocolError::invalid(Some(id), "the response is too large or not JSON");
                Incoming::Message(Message {
                    text: error.to_json().into_bytes(),
                    kind: MessageKind::Other,
                    id: None,
                })
            }
            (None, Some(_)) if self.is_complete && self.id.is_none() => Incoming::Ignored,
            (id, _) => Incoming::Rejected(vec![ProtocolError::parse_error(id)]),
        }
    }

    /// The decision about a message that is valid JSON.
    pub(super) fn classify<'t>(
        &self,
        text: &'t str,
        params: &Params,
    ) -> Result<Classified<'t>, Incoming> {
        let Some(method) = self.method else {
            return if self.is_answer {
                Ok(Classified {
                    kind: MessageKind::Other,
                    id: None,
                    edits: Vec::new(),
                })
            } else {
                let message = "the message has neither a `method` nor a `result`";
                Err(Incoming::invalid(self.known_id(), message))
            };
        };
        let method = serde_json::from_slice::<String>(method).ok();
        // In JSON-RPC 1.0, a notification has the id null, which some clients still send.
        let has_null_id = self.id == Some(b"null")
            && method
                .as_ref()
                .is_some_and(|method| method.starts_with("notifications/"));
        let is_notification = self.id.is_none() || has_null_id;
        let id = if is_notification {
            None
        } else {
            self.known_id()
        };
        let refused = |error| {
            Err(if is_notification {
                Incoming::Ignored
            } else {
                Incoming::Rejected(vec![error])
            })
        };
        let method = match (method, self.fault(is_notification)) {
            (Some(method), None) => method,
            (None, None) => {
                return refused(ProtocolError::invalid(id, "`method` must be a string"));
            }
            (_, Some(fault)) => return refused(ProtocolError::invalid(id, fault)),
        };
        let kind = match method.as_str() {
            _ if is_notification => MessageKind::Other,
            // Protocol version 2026-07-28 has no `initialize`; rmcp returns the corresponding
            // error.
            "initialize" if params.has_version || !params.has_meta_version => {
                MessageKind::Initialize
            }
            "tools/call" => MessageKind::ToolCall,
            _ => MessageKind::Request,
        };
        let mut edits = match params.edits(text, kind) {
            Ok(edits) => edits,
            Err(fault) => return refused(ProtocolError::invalid_params(id, fault)),
        };
        if has_null_id {
            edits.push((self.id_key.clone(), Replacement::Json("\"_\"".into())));
        }
        Ok(Classified { kind, id, edits })
    }

    /// The error in the members other than `params`, if any.
    fn fault(&self, is_notification: bool) -> Option<&'static str> {
        if self.is_answer {
            return Some("the message has a `method` and also a `result` or an `error`");
        }
        if self.has_duplicates {
            return Some("`jsonrpc`, `id` or `method` appears twice in the message");
        }
        if !self.version.is_some_and(|version| equals(version, "2.0")) {
            return Some("`jsonrpc` must be \"2.0\"");
        }
        let id = self.id.filter(|_| !is_notification)?;
        if id.len() > MAX_ID {
            return Some("the id is longer than 1,024 bytes");
        }
        match serde_json::from_slice::<RequestId>(id) {
            Ok(_) => None,
            Err(_) => Some("the id must be a string or an integer of at most 64 bits"),
        }
    }
}

/// The errors for the requests of a batch.
pub(super) fn reject_batch(message: &[u8]) -> Vec<ProtocolError> {
    let whole = || vec![ProtocolError::invalid(None, NO_BATCHES)];
    let (mut errors, mut is_empty) = (Vec::new(), true);
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
            if id.is_some() && errors.len() <= MAX_BATCH {
                errors.push(ProtocolError::invalid(id, NO_BATCHES));
            }
        }
        Ok::<_, JsonError>(())
    };
    if fill().is_err() || is_empty || errors.len() > MAX_BATCH {
        return whole();
    }
    errors
}
