//! The client: progenitor in builder style over every operation that speaks JSON.

use heck::ToSnakeCase;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use quote::quote;

use crate::{
    document::Document,
    fixes::{self, Applied},
};

/// Why no client could be generated.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The normal document is no OpenAPI 3.0 document.
    #[error("the document does not follow OpenAPI 3.0: {0}")]
    OpenApi(#[from] serde_json::Error),
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

/// The Rust name that progenitor gives to an operation or a parameter.
pub(crate) fn rust_name(name: &str) -> String {
    let name = name
        .replace('\'', "")
        .replace(|c: char| !c.is_alphanumeric() && c != '_', "-")
        .to_snake_case();
    let name = match name.chars().next() {
        Some(c) if c.is_alphabetic() || c == '_' => name,
        _ => format!("_{name}"),
    };
    if syn::parse_str::<syn::Ident>(&name).is_ok() {
        name
    } else {
        format!("{name}_")
    }
}
