//! Writes the catalogue as Rust: one `Tool` (of the server's `src/catalog/mod.rs`) per row.

use databake::{Bake, CrateEnv};
use model::At;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::tool::{Catalog, Tool};
use crate::client::{ClientError, rust_name};

impl Catalog {
    /// The catalogue as Rust source: `INSTRUCTIONS`, `UNSUPPORTED` and `TOOLS`.
    pub fn source(&self) -> Result<String, ClientError> {
        let tools = self.tools.iter().map(Tool::tokens);
        let (instructions, unsupported) = (&self.instructions, &self.unsupported);
        let tokens = quote! {
            /// The server's instructions, which clients show a model before it sees a tool.
            pub const INSTRUCTIONS: &str = #instructions;
            /// The error text for a call of a tool that does not exist.
            pub const UNSUPPORTED: &str = #unsupported;
            /// The tools, in the order of the table.
            pub static TOOLS: &[Tool] = &[#(#tools),*];
        };
        Ok(prettyplease::unparse(&syn::parse2(tokens)?))
    }
}

impl Tool {
    fn tokens(&self) -> TokenStream {
        let Self {
            row,
            body_properties,
            verb,
            path,
            ..
        } = self;
        let crates = CrateEnv::default();
        let (name, aliases, open) = (&row.name, &row.aliases, row.open);
        let effect = self.effect.bake(&crates);
        let face = self.face.to_string();
        let args = self.args.iter().map(|arg| arg.arg.bake(&crates));
        let view = self.view.bake(&crates);
        let wait = row.wait.as_ref().bake(&crates);
        let dial = row.dial.as_ref().bake(&crates);
        let places = self.places.iter().map(|node| node.bake(&crates));
        let hints = row.hints.iter().map(|(key, hint)| quote!((#key, #hint)));
        let overrides = row.overrides.as_ref().bake(&crates);
        let method = format_ident!("{}", self.method);
        let setters = self.setters();
        quote! {
            Tool {
                name: #name,
                aliases: &[#(#aliases),*],
                effect: #effect,
                open: #open,
                definition: #face,
                args: &[#(#args),*],
                view: #view,
                wait: #wait,
                dial: #dial,
                hints: &[#(#hints),*],
                overrides: #overrides,
                operation: &Operation {
                    method: #verb,
                    path: #path,
                    body_properties: &[#(#body_properties),*],
                    places: &[#(#places),*],
                    send: |client, request| bind!(client.#method(), request #(#setters)*),
                },
            }
        }
    }

    /// The setters for `bind!`: the parameters, and the body if there is one.
    fn setters(&self) -> Vec<TokenStream> {
        let filled = self.args.iter().filter_map(|arg| match arg.arg.at {
            At::Path(parameter) | At::Query(parameter) => Some(parameter),
            At::Body(_) | At::Filter(_) | At::Search(_) => None,
        });
        let bound = self.view.page.iter().map(|page| page.until);
        let parameters = filled.chain(bound).map(|parameter| {
            let setter = format_ident!("{}", rust_name(parameter));
            quote!(, #setter = #parameter)
        });
        let body = self.has_body.then(|| quote!(; body));
        parameters.chain(body).collect()
    }
}
