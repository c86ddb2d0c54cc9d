//! Generates the client with progenitor, in builder style, for every operation with JSON bodies.

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use quote::quote;

use crate::{
    document::Document,
    fixes::{self, Applied},
};

mod error;
mod name;
pub(crate) mod preconditions;

pub use error::ClientError;
pub(crate) use name::rust_name;

/// A generated client.
#[derive(Clone, Debug)]
pub struct Client {
    /// The formatted Rust source.
    pub source: String,
    /// The number of operations in the client.
    pub operations: usize,
    /// The fixes that were applied to the document for the client.
    pub applied: Vec<Applied>,
}

/// Generates the client of a fixed document.
///
/// The source expects `crate::api::RequestContext` as its inner type and an implementation of
/// `ClientHooks<RequestContext>` for `Client`; leaving that out is a compile error.
pub fn generate(document: &Document) -> Result<Client, ClientError> {
    let mut normal = document.clone();
    let applied = fixes::apply(fixes::shape::SHAPE, normal.value_mut());
    let operations = normal.operations().count();
    if let Some(fault) = preconditions::faults(&normal).into_iter().next() {
        return Err(fault.error);
    }
    let openapi: openapiv3::OpenAPI = serde_json::from_value(normal.value().clone())?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::api::RequestContext));
    let tokens = Generator::new(&settings).generate_tokens(&openapi)?;
    Ok(Client {
        source: prettyplease::unparse(&syn::parse2(tokens)?),
        operations,
        applied,
    })
}
