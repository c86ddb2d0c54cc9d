//! The outcome of checking a message.

use super::protocol_error::ProtocolError;

/// The decision about a message from the client.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// Pass it to rmcp.
    Message(Message),
    /// Answer with these errors: one for each request of a batch, otherwise one.
    Rejected(Vec<ProtocolError>),
    /// Drop it: it is an invalid notification, which must not be answered.
    Ignored,
}

/// A message that rmcp can deserialize.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) text: Vec<u8>,
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "used by HTTP only"))]
    pub(crate) kind: MessageKind,
    /// The id of a request as JSON.
    pub(crate) id: Option<String>,
}

/// The kind of a message, as used for limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageKind {
    /// `initialize`.
    Initialize,
    /// `tools/call`, the only request that calls Vapi.
    ToolCall,
    /// Any other request.
    Request,
    /// A notification, or the response to a request of this server.
    Other,
}

impl Incoming {
    pub(super) fn invalid(id: Option<String>, message: &'static str) -> Self {
        Self::Rejected(vec![ProtocolError::invalid(id, message)])
    }
}
