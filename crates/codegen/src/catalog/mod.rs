//! The catalogue: the rows of the table, checked against the document and written as Rust.

mod answer;
mod api;
mod argument;
mod check;
mod definition;
pub(crate) mod destinations;
mod dial;
mod inherit;
pub(crate) mod location;
mod nodes;
mod not_dialed;
mod profiles;
pub(crate) mod requirements;
mod rows;
mod rust;
mod tool;
pub(crate) mod validate;
mod wait;

pub use check::check;
pub use tool::Catalog;
