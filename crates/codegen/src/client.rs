//! The client: progenitor in builder style over every operation that speaks JSON.

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use quote::quote;

use crate::{
    document::Document,
    fixes::{self, Applied},
};

mod error;
mod name;
mod sound;

pub use error::ClientError;
pub(crate) use name::rust_name;

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

/// Generates the client of a corrected document.
///
/// The source expects `crate::api::ClientContext` as its inner type and an implementation of
/// `ClientHooks<ClientContext>` for `Client`; leaving that out is a compile error.
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
        .with_inner_type(quote!(crate::api::ClientContext));
    let tokens = Generator::new(&settings).generate_tokens(&openapi)?;
    Ok(Client {
        source: prettyplease::unparse(&syn::parse2(tokens)?),
        operations,
        applied,
    })
}
