//! The operations as Rust: one constant of the server's `src/catalog/mod.rs` for each that its
//! client can send.

use std::collections::HashMap;

use databake::{Bake, CrateEnv};
use model::{
    BodyNode, DialSpec, View,
    constant::{list, text},
};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::{
    row::{Destination, Dial, Operations},
    view::view,
};
use crate::{
    catalog::{destinations::Destinations, location::form_file},
    client::{Client, ClientError, rust_name},
    document::{Document, Operation, Parameter},
    lower,
};

/// What the first tool of an operation knows about it.
pub(crate) struct OfTool<'a> {
    /// The places of destinations in the body.
    pub(crate) places: &'a [BodyNode],
    /// The properties of the body that are passed on.
    pub(crate) body_properties: &'a [String],
    /// What is shown of the response.
    pub(crate) view: View,
}

/// What tools know about operations, by operationId.
pub(crate) type OfTools<'a> = HashMap<&'a str, OfTool<'a>>;

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

/// The value of an argument of the generated client: the body, or the parameter of this name.
fn argument(document: &Document, parameters: &[Parameter<'_>], rust: &str) -> TokenStream {
    let parameter = parameters.iter().find(|it| rust_name(it.name) == rust);
    let Some(Parameter {
        name,
        schema,
        required,
        ..
    }) = parameter
    else {
        return quote!(request.body());
    };
    let forms = schema.map(|schema| document.alternatives(schema));
    match (lower::kind(&forms.unwrap_or_default()), required) {
        (Some("array"), true) => quote!(&request.argument::<Vec<String>>(#name)?),
        (Some("array"), false) => quote!(request.argument::<Option<Vec<String>>>(#name)?.as_ref()),
        _ => quote!(request.argument(#name)?),
    }
}

fn optional(text: Option<&String>) -> TokenStream {
    text.map_or_else(|| quote!(None), |text| quote!(Some(#text)))
}

/// The name of the constant of an operation.
pub(crate) fn constant(id: &str) -> Ident {
    format_ident!("{}", rust_name(id).to_uppercase())
}

impl Operations {
    /// The operations as Rust: a constant for each, `OPERATIONS` with all of them, and `REFERRERS`
    /// with the lists whose objects refer to others.
    pub(crate) fn source(
        &self,
        document: &Document,
        tools: &OfTools<'_>,
        client: &Client,
    ) -> Result<String, ClientError> {
        let all: Vec<_> = document.operations().collect();
        let constants = all
            .iter()
            .map(|operation| self.tokens(document, *operation, tools, client));
        let names = all.iter().map(|operation| constant(operation.id));
        let referrers = self.referrers.iter().filter_map(|key| {
            let operation = all.iter().find(|operation| operation.address() == *key)?;
            Some(constant(operation.id))
        });
        let tokens = quote! {
            #(#constants)*
            /// The operations, in the order of the document.
            pub static OPERATIONS: &[&Operation] = &[#(&#names),*];
            /// The lists whose objects refer to other objects by their ids.
            pub static REFERRERS: &[&Operation] = &[#(&#referrers),*];
        };
        Ok(prettyplease::unparse(&syn::parse2(tokens)?))
    }

    /// The operation that shows the object which another one changes or deletes.
    pub(crate) fn shown_by<'a>(
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

    /// The destinations in the body of an operation.
    pub(super) fn destinations(
        &self,
        document: &Document,
        operation: Operation<'_>,
    ) -> Destinations {
        let row = self.row(operation);
        let called = row.and_then(|row| row.dial.as_ref());
        let called = called.map_or(&[][..], |dial| &dial.to);
        let own = row.map_or(&[][..], |row| &row.own);
        Destinations::of(document, operation, called, own).unwrap_or_default()
    }

    fn dial(&self, row: &Dial) -> DialSpec {
        let texts = |given: &[String]| list(given.iter().map(text));
        let Destination {
            number,
            extension,
            sip,
            exempt,
            ..
        } = &self.destination;
        DialSpec {
            to: texts(&row.to),
            number: text(number),
            extension: text(extension),
            sip: text(sip),
            e164_check: text(exempt),
            by_id: texts(&row.unseen),
            many_by_id: texts(&row.unseen_many),
            instead: row.instead.as_ref().map(text),
            most: row.most,
            speaker: texts(&row.who),
            from: texts(&row.from),
            transport: texts(&row.transport),
            when: texts(&row.when),
            content: texts(&row.content),
            given: texts(&row.given),
        }
    }

    fn tokens(
        &self,
        document: &Document,
        operation: Operation<'_>,
        tools: &OfTools<'_>,
        client: &Client,
    ) -> TokenStream {
        let crates = CrateEnv::default();
        let name = constant(operation.id);
        let (id, verb, path) = (operation.id, operation.method, operation.path);
        let row = self.row(operation);
        let does = row.map_or("", |row| row.does.as_str());
        let tool = optional(row.and_then(|row| row.tool.as_ref()));
        let loses = optional(row.and_then(|row| row.loses.as_ref()));
        let dial = row.and_then(|row| row.dial.as_ref());
        let dial = dial.map(|dial| self.dial(dial)).as_ref().bake(&crates);
        let stored_unseen = row.iter().flat_map(|row| &row.stored_unseen);
        let stops = match row.and_then(|row| row.stops.as_ref()) {
            Some(stops) => {
                let stops = stops
                    .iter()
                    .map(|(at, values)| quote!((#at, &[#(#values),*])));
                quote!(Some(&[#(#stops),*]))
            }
            None => quote!(None),
        };
        let merge_at = row.and_then(|row| row.merge_at.as_deref()).unwrap_or("");
        let refused = row.iter().flat_map(|row| &row.refuse);
        let refused = refused.map(|(at, reason)| quote!((#at, #reason)));
        let filled = row.iter().flat_map(|row| &row.fill);
        let filled = filled.map(|(at, value)| {
            let json = value.to_string();
            quote!((#at, #json))
        });
        let shown_by = self.shown_by(document, operation).map(|it| constant(it.id));
        let shown_by = match shown_by {
            Some(name) => quote!(Some(&#name)),
            None => quote!(None),
        };
        let effect = self.effect(operation).bake(&crates);
        let is_known = row.is_some();
        let redirects = row.is_some_and(|row| row.answer.as_deref() == Some("redirect"));
        let view = match redirects {
            true => View::LINK,
            false => {
                let named = tools.get(operation.id).map(|it| &it.view);
                view(document, operation, named)
            }
        };
        let view = view.bake(&crates);
        let all = document.parameters(operation);
        let declared = all.iter().filter(|it| matches!(it.place, "path" | "query"));
        let declared = declared.map(|parameter| {
            let (name, required) = (parameter.name, parameter.required);
            let in_path = parameter.place == "path";
            let kind = kind(document, parameter.schema);
            quote!(Parameter { name: #name, required: #required, in_path: #in_path, kind: #kind })
        });
        let method = format_ident!("{}", rust_name(operation.id));
        let has_body = document.body(operation).is_some();
        let is_upload = document.is_upload(operation);
        let is_documented = has_body && !is_upload;
        let takes_body = is_documented || row.is_some_and(|row| row.body.is_some());
        let file = optional(form_file(document, operation).as_ref());
        let arguments = client.arguments(operation.id).iter();
        let arguments = arguments.map(|name| argument(document, &all, name));
        let tool_of_it = tools.get(operation.id);
        let passed_on = tool_of_it.map_or(&[][..], |it| it.body_properties);
        let places = match tool_of_it.map_or(&[][..], |it| it.places) {
            [] => self.destinations(document, operation).nodes,
            places => places.to_vec(),
        };
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
                view: #view,
                has_body: #takes_body,
                is_documented: #is_documented,
                is_upload: #is_upload,
                file: #file,
                loses: #loses,
                dial: #dial,
                stored_unseen: &[#(#stored_unseen),*],
                stops: #stops,
                refused: &[#(#refused),*],
                filled: &[#(#filled),*],
                shown_by: #shown_by,
                merge_at: #merge_at,
                body_properties: &[#(#passed_on),*],
                places: &[#(#places),*],
                send: |client, request| Box::pin(async move {
                    client.#method(#(#arguments),*).await
                }),
            };
        }
    }
}
