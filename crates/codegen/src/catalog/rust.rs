//! The catalogue as Rust, in terms of `src/catalog` of the server.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::tool::{At, Catalog, CheckedArg, Holds, Node, Tool};
use crate::{
    client::{ClientError, rust_name},
    table::{
        Added, Created, Derived, Dial, Far, Late, OmitEmpty, Over, Page, Place, Rest, Search,
        Until, View, Wait,
    },
};

impl Catalog {
    /// The catalogue as Rust: `INSTRUCTIONS`, `UNSUPPORTED` and `TOOLS`.
    pub fn source(&self) -> Result<String, ClientError> {
        let tools = self.tools.iter().map(Tool::tokens);
        let (instructions, unsupported) = (&self.instructions, &self.unsupported);
        let tokens = quote! {
            /// What a model is told before it sees a tool.
            pub const INSTRUCTIONS: &str = #instructions;
            /// What a model is told that calls a tool which does not exist.
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
            list,
            body_properties,
            places,
            verb,
            path,
            ..
        } = self;
        let places = places.iter().map(Node::tokens);
        let (name, open) = (&row.name, row.open);
        let effect = format_ident!("{}", format!("{:?}", self.effect));
        let effect = quote!(Effect::#effect);
        let face = self.face.to_string();
        let args = self.args.iter().map(CheckedArg::tokens);
        let keep = match &row.result.keep {
            None => quote!(None),
            Some(places) => {
                let places = places.iter().map(|place| &place.at);
                quote!(Some(&[#(#places),*]))
            }
        };
        let add = row.result.add.iter().map(|Added { name, at, keep }| {
            let keep = optional_list(keep.as_deref());
            quote!(Added { name: #name, at: #at, keep: #keep })
        });
        let derive = row.result.derive.iter().map(
            |Derived { name, from, to }| quote!(Derived { name: #name, from: #from, to: #to }),
        );
        let rows = optional(row.result.rows.as_ref().map(|pointer| quote!(#pointer)));
        let method = format_ident!("{}", self.method);
        let View {
            said,
            show,
            last,
            page,
            rest,
            follow,
            placed,
            explain,
            ..
        } = &row.result;
        let filled = self.args.iter().filter_map(|arg| match &arg.at {
            At::Path(parameter) | At::Query(parameter) => Some(parameter),
            At::Body(_) | At::Filter(_) | At::Search(_) => None,
        });
        let show = show.iter().filter_map(Place::key);
        let bound = page.iter().map(|page| &page.until);
        let mut setters: Vec<_> = filled
            .chain(bound)
            .map(|parameter| {
                let setter = format_ident!("{}", rust_name(parameter));
                quote!(, #setter = #parameter)
            })
            .collect();
        let last = last.iter().map(|Place { at, .. }| at);
        let page = optional(page.as_ref().map(
            |Page { at, until, limit }| quote!(&Page { at: #at, until: #until, limit: #limit }),
        ));
        let call = |rest: &Option<Rest>| {
            optional(
                rest.as_ref()
                    .map(|Rest { tool, arg }| quote!(&Rest { tool: #tool, arg: #arg })),
            )
        };
        let (rest, follow) = (call(rest), call(follow));
        let placed = optional(placed.as_ref().map(created));
        let explain = optional(explain.as_ref().map(|pointer| quote!(#pointer)));
        let wait = optional(row.wait.as_ref().map(Wait::tokens));
        let dial = optional(row.dial.as_ref().map(dial));
        let hints = row.hints.iter().map(|(key, hint)| quote!((#key, #hint)));
        let over = optional(row.over.as_ref().map(over));
        let also = &row.also;
        if self.has_body {
            setters.push(quote!(; body));
        }
        quote! {
            Tool {
                name: #name,
                also: &[#(#also),*],
                effect: #effect,
                open: #open,
                definition: #face,
                args: &[#(#args),*],
                view: View {
                    list: #list,
                    rows: #rows,
                    keep: #keep,
                    add: &[#(#add),*],
                    derive: &[#(#derive),*],
                    said: &[#(#said),*],
                    show: &[#(#show),*],
                    last: &[#(#last),*],
                    page: #page,
                    rest: #rest,
                    follow: #follow,
                    placed: #placed,
                    explain: #explain,
                },
                wait: #wait,
                dial: #dial,
                hints: &[#(#hints),*],
                over: #over,
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
}

impl Node {
    fn tokens(&self) -> TokenStream {
        let Self {
            holds,
            below,
            plain,
            items,
            others,
        } = self;
        let holds = match holds {
            Holds::Nothing => quote!(Holds::Nothing),
            Holds::Called => quote!(Holds::Called),
            Holds::Undeclared => quote!(Holds::Undeclared),
            Holds::Transfer => quote!(Holds::Transfer),
        };
        let index = |at: &usize| Literal::usize_unsuffixed(*at);
        let below = below.iter().map(|(name, at)| {
            let at = index(at);
            quote!((#name, #at))
        });
        let node = |at: &Option<usize>| {
            let at = at.as_ref().map(index);
            optional(at.map(|at| quote!(#at)))
        };
        let (items, others) = (node(items), node(others));
        quote! {
            BodyNode {
                holds: #holds,
                below: &[#(#below),*],
                plain: &[#(#plain),*],
                items: #items,
                others: #others,
            }
        }
    }
}

impl Wait {
    fn tokens(&self) -> TokenStream {
        let Self {
            until: Until { at, is },
            late,
            far,
        } = self;
        let late = optional(late.as_ref().map(
            |Late {
                 at,
                 needs,
                 since,
                 seconds,
             }| quote!(Late { at: #at, needs: #needs, since: #since, seconds: #seconds }),
        ));
        let far = optional(
            far.as_ref()
                .map(|Far { is, at }| quote!(Far { is: &[#(#is),*], at: #at })),
        );
        quote!(&Wait { at: #at, is: &[#(#is),*], late: #late, far: #far })
    }
}

fn over(over: &Over) -> TokenStream {
    let Over {
        like,
        read: Rest { tool, arg },
        places,
        id,
        whole,
        several,
        instead,
    } = over;
    quote! {
        &Over {
            like: #like,
            read: Rest { tool: #tool, arg: #arg },
            places: &[#(#places),*],
            id: #id,
            whole: #whole,
            several: &[#(#several),*],
            instead: #instead,
        }
    }
}

fn created(created: &Created) -> TokenStream {
    let Created {
        id,
        state,
        over,
        soon,
        later,
        rings,
        to,
        results,
        errors,
        error,
    } = created;
    quote! {
        &Placed {
            id: #id,
            state: #state,
            over: &[#(#over),*],
            soon: &[#(#soon),*],
            later: &[#(#later),*],
            rings: #rings,
            to: &[#(#to),*],
            results: #results,
            errors: #errors,
            error: #error,
        }
    }
}

fn dial(dial: &Dial) -> TokenStream {
    let Dial {
        to,
        number,
        extension,
        sip,
        exempt,
        unseen,
        who,
        from,
        transport,
        when,
    } = dial;
    quote! {
        &Dial {
            to: &[#(#to),*],
            number: #number,
            extension: #extension,
            sip: #sip,
            exempt: #exempt,
            unseen: &[#(#unseen),*],
            who: &[#(#who),*],
            from: &[#(#from),*],
            transport: &[#(#transport),*],
            when: &[#(#when),*],
        }
    }
}

fn optional(tokens: Option<TokenStream>) -> TokenStream {
    match tokens {
        Some(tokens) => quote!(Some(#tokens)),
        None => quote!(None),
    }
}

impl CheckedArg {
    fn tokens(&self) -> TokenStream {
        let Self {
            name,
            arg,
            required,
            date_time,
            ..
        } = self;
        let at = match &self.at {
            At::Path(name) => quote!(At::Path(#name)),
            At::Query(name) => quote!(At::Query(#name)),
            At::Body(pointer) => quote!(At::Body(#pointer)),
            At::Filter(pointer) => quote!(At::Filter(#pointer)),
            At::Search(Search { at, keep }) => {
                let at = at.iter().map(|place| &place.at);
                quote!(At::Search(&Search { at: &[#(#at),*], keep: &[#(#keep),*] }))
            }
        };
        let default = match arg.default.as_ref().map(Value::to_string) {
            Some(default) => quote!(Some(#default)),
            None => quote!(None),
        };
        let beside = arg.beside.iter().map(|(pointer, value)| {
            let value = value.to_string();
            quote!((#pointer, #value))
        });
        let append = arg
            .append
            .iter()
            .map(|(pointer, text)| quote!((#pointer, #text)));
        let omit_empty = match &arg.omit_empty {
            OmitEmpty::Whole(true) => vec![""],
            OmitEmpty::Whole(false) => Vec::new(),
            OmitEmpty::Below(pointers) => pointers.iter().map(String::as_str).collect(),
        };
        let (json_string, aliases) = (arg.json_string, &arg.alias);
        let like = optional(arg.like.as_ref().map(|tool| quote!(#tool)));
        quote! {
            Arg {
                name: #name,
                at: #at,
                required: #required,
                date_time: #date_time,
                default: #default,
                beside: &[#(#beside),*],
                append: &[#(#append),*],
                omit_empty: &[#(#omit_empty),*],
                json_string: #json_string,
                aliases: &[#(#aliases),*],
                like: #like,
            }
        }
    }
}

fn optional_list(list: Option<&[String]>) -> TokenStream {
    match list {
        None => quote!(None),
        Some(list) => quote!(Some(&[#(#list),*])),
    }
}
