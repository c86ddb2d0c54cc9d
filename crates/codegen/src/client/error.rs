//! Errors of the generation of the client.

/// Errors of the generation of the client.
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
        /// The operation's method and path, or only its path.
        at: String,
        /// The reason.
        reason: String,
    },
    /// Two operations have the same name in the client.
    #[error(
        "`{one}` and `{other}` are both named `{name}` in the client; add a fix for the document"
    )]
    Methods {
        /// The method and path of the first operation.
        one: String,
        /// The method and path of the second operation.
        other: String,
        /// The Rust identifier that both would get.
        name: String,
    },
    /// Two parameters of an operation have the same name in the client.
    #[error(
        "`{operation}`: {one} and {other} are both named `{name}` in the client; add a fix for the document"
    )]
    Arguments {
        /// The operationId.
        operation: String,
        /// The first parameter, or the body.
        one: String,
        /// The second parameter, or the body.
        other: String,
        /// The Rust identifier that both would get.
        name: String,
    },
    /// progenitor refused the document.
    #[error("no client can be generated: {0}")]
    Progenitor(#[from] progenitor::Error),
    /// progenitor's output is not valid Rust.
    #[error("the generated client does not parse: {0}")]
    Syntax(#[from] syn::Error),
}
