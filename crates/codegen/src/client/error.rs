//! Why no client could be generated.

/// Why no client could be generated.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The normal document is no OpenAPI 3.0 document.
    #[error("the document does not follow OpenAPI 3.0: {0}")]
    OpenApi(#[from] serde_json::Error),
    /// An operation has no name.
    #[error("`{0}` has no operationId; correct the document with a fix")]
    Unnamed(String),
    /// A path and its declared parameters do not match.
    #[error("`{at}`: {reason}; correct the document with a fix")]
    Path {
        /// The operation or the path.
        at: String,
        /// What is wrong.
        reason: String,
    },
    /// The client could not tell two operations apart.
    #[error(
        "`{one}` and `{other}` are both `{name}` in the client; correct the document with a fix"
    )]
    Methods {
        /// The method and path of one.
        one: String,
        /// Those of another.
        other: String,
        /// The Rust name of both.
        name: String,
    },
    /// An operation has two parameters that the client could not tell apart.
    #[error(
        "`{operation}`: {one} and {other} are both `{name}` in the client; correct the document with a fix"
    )]
    Setters {
        /// The operationId.
        operation: String,
        /// A parameter, or the body.
        one: String,
        /// Another.
        other: String,
        /// The Rust name of both.
        name: String,
    },
    /// progenitor refused it.
    #[error("no client can be generated: {0}")]
    Progenitor(#[from] progenitor::Error),
    /// The output of progenitor is not valid Rust.
    #[error("the generated client does not parse: {0}")]
    Syntax(#[from] syn::Error),
}
