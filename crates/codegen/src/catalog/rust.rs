//! Writes the catalogue as Rust: one `Tool` (of the server's `src/catalog/mod.rs`) per row.

use databake::{Bake, CrateEnv};
use proc_macro2::TokenStream;
use quote::quote;

use super::{
    api::ApiTool,
    tool::{Catalog, Tool},
};
use crate::{
    client::ClientError,
    operations::{OfTool, OfTools, constant},
};

impl Catalog {
    /// The catalogue as Rust source: `INSTRUCTIONS`, `UNSUPPORTED`, `TOOLS` and `API_TOOLS`.
    pub fn source(&self) -> Result<String, ClientError> {
        let tools = self.tools.iter().map(Tool::tokens);
        let api = self.api.iter().map(ApiTool::tokens);
        let (instructions, unsupported) = (&self.instructions, &self.unsupported);
        let tokens = quote! {
            /// The server's instructions, which clients show a model before it sees a tool.
            pub const INSTRUCTIONS: &str = #instructions;
            /// The error text for a call of a tool that does not exist.
            pub const UNSUPPORTED: &str = #unsupported;
            /// The tools, in the order of the table.
            pub static TOOLS: &[Tool] = &[#(#tools),*];
            /// The tools over many operations, in the order of the table.
            pub static API_TOOLS: &[ApiTool] = &[#(#api),*];
        };
        Ok(prettyplease::unparse(&syn::parse2(tokens)?))
    }

    /// What the first tool of each operation knows about it.
    pub(crate) fn of_tools(&self) -> OfTools<'_> {
        let tools = self.tools.iter().rev();
        tools
            .map(|tool| {
                let known = OfTool {
                    places: &tool.places,
                    body_properties: &tool.body_properties,
                    view: tool.view,
                };
                (tool.row.operation.as_str(), known)
            })
            .collect()
    }
}

impl Tool {
    fn tokens(&self) -> TokenStream {
        let row = &self.row;
        let crates = CrateEnv::default();
        let (name, open) = (&row.name, row.open);
        let (aliases, profiles) = (&row.aliases, &row.profiles);
        let effect = self.effect.bake(&crates);
        let face = self.face.to_string();
        let args = self.args.iter().map(|arg| arg.arg.bake(&crates));
        let view = self.view.bake(&crates);
        let wait = row.wait.as_ref().bake(&crates);
        let dial = row.dial.as_ref().bake(&crates);
        let hints = row.hints.iter().map(|(key, hint)| quote!((#key, #hint)));
        let overrides = row.overrides.as_ref().bake(&crates);
        let operation = constant(&row.operation);
        quote! {
            Tool {
                name: #name,
                aliases: &[#(#aliases),*],
                profiles: &[#(#profiles),*],
                effect: #effect,
                open: #open,
                definition: #face,
                args: &[#(#args),*],
                view: #view,
                wait: #wait,
                dial: #dial,
                hints: &[#(#hints),*],
                overrides: #overrides,
                operation: &#operation,
            }
        }
    }
}
