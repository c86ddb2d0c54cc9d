//! A Vapi API key, which never appears in logs.

use std::fmt;

use reqwest::header::HeaderValue;

/// A Vapi API key, as the value of the `Authorization` header.
#[derive(Clone)]
pub struct Token(HeaderValue);

/// The reason why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The text is empty or white space.
    #[error("it is empty")]
    Empty,
    /// The MCP client passed the name of a variable instead of its value.
    #[error("it is a placeholder that the MCP client did not fill in")]
    Placeholder,
    /// The text contains characters that a header must not contain.
    #[error("it contains characters that no key contains")]
    Characters,
}

impl Token {
    /// Parses a key. Surrounding white space is ignored.
    pub fn new(key: &str) -> Result<Self, TokenError> {
        let key = key.trim();
        if key.is_empty() {
            return Err(TokenError::Empty);
        }
        if key.starts_with("${") {
            return Err(TokenError::Placeholder);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Characters);
        }
        let mut header =
            HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| TokenError::Characters)?;
        header.set_sensitive(true);
        Ok(Self(header))
    }

    /// The key in plain text.
    pub(crate) fn plain_text(&self) -> Option<&str> {
        self.0.to_str().ok()?.strip_prefix("Bearer ")
    }

    /// The key in plain text, if it is long enough to be recognised in texts.
    pub(crate) fn recognisable(&self) -> Option<&str> {
        const MIN_LENGTH: usize = 8;
        self.plain_text().filter(|key| key.len() >= MIN_LENGTH)
    }

    /// The value of the `Authorization` header, marked as sensitive.
    pub(crate) fn authorization(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}
