//! Generates the client with progenitor: a method for every operation, with JSON bodies.

use std::collections::HashMap;

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
    /// The names of the arguments of each method, in their order. progenitor sorts them.
    arguments: HashMap<String, Vec<String>>,
}

impl Client {
    /// The names of the arguments of the method for this operationId, in their order.
    pub(crate) fn arguments(&self, operation: &str) -> &[String] {
        let found = self.arguments.get(&rust_name(operation));
        found.map_or(&[], Vec::as_slice)
    }
}

/// The names of the arguments of every method in the source of a client.
fn arguments(source: &syn::File) -> HashMap<String, Vec<String>> {
    let blocks = source.items.iter().filter_map(|item| match item {
        syn::Item::Impl(block) => Some(&block.items),
        _ => None,
    });
    let methods = blocks.flatten().filter_map(|item| match item {
        syn::ImplItem::Fn(method) => Some(&method.sig),
        _ => None,
    });
    let name = |argument: &syn::FnArg| match argument {
        syn::FnArg::Typed(syn::PatType { pat, .. }) => match &**pat {
            syn::Pat::Ident(name) => Some(name.ident.to_string()),
            _ => None,
        },
        syn::FnArg::Receiver(_) => None,
    };
    methods
        .map(|method| {
            let names = method.inputs.iter().filter_map(name);
            (method.ident.to_string(), names.collect())
        })
        .collect()
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
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::api::RequestContext));
    let tokens = Generator::new(&settings).generate_tokens(&openapi)?;
    let source = syn::parse2(tokens)?;
    Ok(Client {
        arguments: arguments(&source),
        source: prettyplease::unparse(&source),
        operations,
        applied,
    })
}
