//! Names in the generated client.

use heck::ToSnakeCase;
use typify::accept_as_ident;
use unicode_ident::{is_xid_continue, is_xid_start};

/// The Rust identifier that progenitor gives to an operation or a parameter. This copies
/// progenitor's `sanitize`, which is not exported, and its list of keywords.
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
