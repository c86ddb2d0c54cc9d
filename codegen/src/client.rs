//! The client: progenitor in builder style over every operation that speaks JSON.

use heck::ToSnakeCase;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use quote::quote;
use typify::accept_as_ident;
use unicode_ident::{is_xid_continue, is_xid_start};

use crate::{
    document::Document,
    fixes::{self, Applied},
};

mod sound;

/// Why no client could be generated.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The normal document is no OpenAPI 3.0 document.
    #[error("the document does not follow OpenAPI 3.0: {0}")]
    OpenApi(#[from] serde_json::Error),
    /// An operation has no name.
    #[error("`{0}` has no operationId; mend the document with a fix")]
    Unnamed(String),
    /// A path and what is declared of it do not go together.
    #[error("`{at}`: {reason}; mend the document with a fix")]
    Path {
        /// The operation or the path.
        at: String,
        /// What is wrong.
        reason: String,
    },
    /// The client could not tell two operations apart.
    #[error("`{one}` and `{other}` are both `{name}` in the client; mend the document with a fix")]
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
        "`{operation}`: {one} and {other} are both `{name}` in the client; mend the document with a fix"
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
    /// What progenitor made is no Rust.
    #[error("the generated client does not parse: {0}")]
    Syntax(#[from] syn::Error),
}

/// A generated client.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its Rust source, formatted.
    pub source: String,
    /// The number of operations in it.
    pub operations: usize,
    /// What was done to the document for it.
    pub applied: Vec<Applied>,
}

/// Generates the client of a document whose bugs are mended.
///
/// The source expects `crate::api::Caller` as its inner type and an implementation of
/// `ClientHooks<Caller>` for `Client`; leaving that out is a compile error.
pub fn generate(document: &Document) -> Result<Client, ClientError> {
    let mut normal = document.clone();
    let applied = fixes::apply(fixes::shape::SHAPE, normal.value_mut());
    let operations = normal.operations().count();
    sound::check(&normal)?;
    let openapi: openapiv3::OpenAPI = serde_json::from_value(normal.value().clone())?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::api::Caller));
    let tokens = Generator::new(&settings).generate_tokens(&openapi)?;
    Ok(Client {
        source: prettyplease::unparse(&syn::parse2(tokens)?),
        operations,
        applied,
    })
}

/// The Rust name that progenitor gives to an operation or a parameter: its `sanitize`, which it
/// does not export, with the same list of keywords.
pub(crate) fn rust_name(name: &str) -> String {
    let name = match name {
        "+1" => "plus1".to_owned(),
        "-1" => "minus1".to_owned(),
        name => name
            .replace('\'', "")
            .replace(|c: char| !is_xid_continue(c), "-")
            .to_snake_case(),
    };
    let name = match name.chars().next() {
        None => "x".to_owned(),
        Some(c) if is_xid_start(c) => name,
        Some(_) => format!("_{name}"),
    };
    if accept_as_ident(&name) {
        name
    } else {
        format!("{name}_")
    }
}
