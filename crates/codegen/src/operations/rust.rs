//! The operations as Rust: one constant of the server's `src/catalog/mod.rs` for each that its
//! client can send.

use std::collections::HashMap;

use databake::{Bake, CrateEnv};
use model::BodyNode;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::row::Operations;
use crate::{
    client::{ClientError, rust_name},
    document::{Document, Operation},
    lower,
};

/// What tools know about the body of an operation, by its operationId: the places of destinations,
/// and the properties that are passed on.
pub(crate) type Bodies<'a> = HashMap<&'a str, (&'a [BodyNode], &'a [String])>;

/// The JSON type of a parameter.
fn kind(document: &Document, schema: Option<&Value>) -> TokenStream {
    let forms = schema
        .map(|schema| document.alternatives(schema))
        .unwrap_or_default();
    match lower::kind(&forms) {
        Some("integer") => quote!(ParameterKind::Integer),
        Some("number") => quote!(ParameterKind::Number),
        Some("boolean") => quote!(ParameterKind::Boolean),
        Some("array") => quote!(ParameterKind::List),
        _ => quote!(ParameterKind::Text),
    }
}

/// The name of the constant of an operation.
pub(crate) fn constant(id: &str) -> Ident {
    format_ident!("{}", rust_name(id).to_uppercase())
}

impl Operations {
    /// The operations as Rust: a constant for each, and `OPERATIONS` with all of them.
    pub(crate) fn source(
        &self,
        document: &Document,
        bodies: &Bodies<'_>,
    ) -> Result<String, ClientError> {
        let all: Vec<_> = document
            .operations()
            .filter(|it| !document.is_upload(*it))
            .collect();
        let constants = all
            .iter()
            .map(|operation| self.tokens(document, *operation, bodies));
        let names = all.iter().map(|operation| constant(operation.id));
        let tokens = quote! {
            #(#constants)*
            /// The operations, in the order of the document.
            pub static OPERATIONS: &[&Operation] = &[#(&#names),*];
        };
        Ok(prettyplease::unparse(&syn::parse2(tokens)?))
    }

    /// The operation that shows the object which another one changes or deletes.
    fn shown_by<'a>(
        &self,
        document: &'a Document,
        operation: Operation<'_>,
    ) -> Option<Operation<'a>> {
        if !matches!(operation.method, "patch" | "put" | "delete") {
            return None;
        }
        let named = self.row(operation).and_then(|row| row.merge_from.as_ref());
        let mut all = document.operations();
        match named {
            Some(named) => all.find(|it| it.address() == *named),
            None => all.find(|it| it.method == "get" && it.path == operation.path),
        }
    }

    fn tokens(
        &self,
        document: &Document,
        operation: Operation<'_>,
        bodies: &Bodies<'_>,
    ) -> TokenStream {
        let crates = CrateEnv::default();
        let name = constant(operation.id);
        let (id, verb, path) = (operation.id, operation.method, operation.path);
        let row = self.row(operation);
        let does = row.map_or("", |row| row.does.as_str());
        let tool = row.and_then(|row| row.tool.as_deref());
        let tool = tool.map_or_else(|| quote!(None), |tool| quote!(Some(#tool)));
        let stops = match row.and_then(|row| row.stops.as_ref()) {
            Some(Value::Array(stops)) => {
                let stops = stops.iter().filter_map(Value::as_str);
                quote!(Some(&[#(#stops),*]))
            }
            Some(_) => quote!(Some(&[])),
            None => quote!(None),
        };
        let shown_by = self.shown_by(document, operation).map(|it| constant(it.id));
        let shown_by = match shown_by {
            Some(name) => quote!(Some(&#name)),
            None => quote!(None),
        };
        let effect = self.effect(operation).bake(&crates);
        let is_known = row.is_some();
        let redirects = row.is_some_and(|row| row.answer.as_deref() == Some("redirect"));
        let parameters = document.parameters(operation);
        let parameters: Vec<_> = parameters
            .iter()
            .filter(|it| matches!(it.place, "path" | "query"))
            .collect();
        let declared = parameters.iter().map(|parameter| {
            let (name, required) = (parameter.name, parameter.required);
            let in_path = parameter.place == "path";
            let kind = kind(document, parameter.schema);
            quote!(Parameter { name: #name, required: #required, in_path: #in_path, kind: #kind })
        });
        let method = format_ident!("{}", rust_name(operation.id));
        let has_body = document.body(operation).is_some();
        let setters = parameters.iter().map(|parameter| {
            let (setter, name) = (
                format_ident!("{}", rust_name(parameter.name)),
                parameter.name,
            );
            quote!(, #setter = #name)
        });
        let body = has_body.then(|| quote!(; body));
        let (places, passed_on) = bodies.get(operation.id).copied().unwrap_or_default();
        let places = places.iter().map(|node| node.bake(&crates));
        quote! {
            pub static #name: Operation = Operation {
                id: #id,
                method: #verb,
                path: #path,
                does: #does,
                tool: #tool,
                effect: #effect,
                is_known: #is_known,
                parameters: &[#(#declared),*],
                redirects: #redirects,
                has_body: #has_body,
                stops: #stops,
                shown_by: #shown_by,
                body_properties: &[#(#passed_on),*],
                places: &[#(#places),*],
                send: |client, request| bind!(client.#method(), request #(#setters)* #body),
            };
        }
    }
}
