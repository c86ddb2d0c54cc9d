//! Why no client could be generated.

/// Why no client could be generated.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The document is not valid OpenAPI 3.0.
    #[error("the document does not follow OpenAPI 3.0: {0}")]
    OpenApi(#[from] serde_json::Error),
    /// An operation has no name.
    #[error("`{0}` has no operationId; add a fix for the document")]
    Unnamed(String),
    /// A path and its declared parameters do not match.
    #[error("`{at}`: {reason}; add a fix for the document")]
    Path {
        /// The operation or the path.
        at: String,
        /// What is wrong.
        reason: String,
    },
    /// Two operations have the same name in the client.
    #[error(
        "`{one}` and `{other}` are both named `{name}` in the client; add a fix for the document"
    )]
    Methods {
        /// The method and path of one.
        one: String,
        /// Those of another.
        other: String,
        /// The Rust name of both.
        name: String,
    },
    /// Two parameters of an operation have the same name in the client.
    #[error(
        "`{operation}`: {one} and {other} are both named `{name}` in the client; add a fix for the document"
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
