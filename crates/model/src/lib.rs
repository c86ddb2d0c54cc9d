//! The types of the tool table: how a row describes the request that a tool sends and the result
//! that it shows.
//!
//! The generator reads them from `spec/tools/*.toml` and writes them as constants; the server is
//! compiled with these constants and parses nothing. Only the generator needs the feature `table`.
//!
//! A field named `at` is a JSON pointer. If a pointer may pass through lists, the segment `*`
//! matches every element.

mod api_tool_kind;
#[cfg(feature = "table")]
pub mod constant;
mod effect;
#[cfg(feature = "facts")]
pub mod facts;
mod request;
mod result;
#[cfg(feature = "facts")]
pub mod sandbox;

pub use api_tool_kind::ApiToolKind;
pub use effect::Effect;
pub use request::{
    Arg, ArgTarget, BodyNode, DestinationKind, DialSpec, FilePart, Overrides, Search,
};
pub use result::{
    Added, CreatedSpec, Delayed, Derived, Page, Pages, Scheduled, State, ToolRef, View, Wait,
};

/// A text of the table. (serde would borrow a field with the type `&str` from its input.)
pub type Text = &'static str;
/// A list of the table.
pub type List<T> = &'static [T];

/// Declares the structs of which rows consist.
macro_rules! row_types {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)*
        }
    )*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(
            feature = "table",
            derive(serde::Deserialize, schemars::JsonSchema, databake::Bake),
            serde(deny_unknown_fields),
            databake(path = model)
        )]
        $(#[$meta])*
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[cfg_attr(
                    feature = "table",
                    serde(deserialize_with = "crate::constant::read")
                )]
                pub $field: $type,
            )*
        }

        #[cfg(feature = "table")]
        crate::constant::deserialized!($name);
    )*};
}
use row_types;
