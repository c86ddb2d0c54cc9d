//! JSON-RPC error responses.

use std::borrow::Cow;

use serde_json::json;

pub(super) const PARSE_ERROR: i32 = -32700;
pub(super) const INVALID_REQUEST: i32 = -32600;
pub(super) const INVALID_PARAMS: i32 = -32602;

/// A JSON-RPC error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProtocolError {
    /// The id of the request as JSON, if it could be read.
    pub(crate) id: Option<String>,
    pub(super) code: i32,
    message: Cow<'static, str>,
}

impl ProtocolError {
    /// -32600: the message is not a valid request.
    pub(crate) fn invalid(id: Option<String>, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            id,
            code: INVALID_REQUEST,
            message: message.into(),
        }
    }

    /// -32700: the message is not valid JSON, or exceeds a limit.
    pub(super) fn parse_error(id: Option<String>) -> Self {
        Self {
            id,
            code: PARSE_ERROR,
            message:
                "the message is not valid JSON or exceeds a limit: not UTF-8, nested too deeply, a \
                    number that is too large, or too much data besides the arguments of a tool call"
                    .into(),
        }
    }

    /// -32602: the parameters are invalid.
    pub(super) fn invalid_params(
        id: Option<String>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            code: INVALID_PARAMS,
            ..Self::invalid(id, message)
        }
    }

    /// Whether not even the id of the message could be read.
    pub(crate) fn is_unparsable(&self) -> bool {
        self.code == PARSE_ERROR && self.id.is_none()
    }

    /// The response as JSON.
    pub(crate) fn to_json(&self) -> String {
        let id = self.id.as_deref().unwrap_or("null");
        let error = json!({ "code": self.code, "message": self.message });
        format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{error}}}")
    }
}
