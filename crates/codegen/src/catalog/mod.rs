//! The catalogue: the rows of the table, checked against the document and written as Rust.

mod answer;
mod argument;
mod check;
mod dial;
mod inherit;
pub(crate) mod place;
mod reach;
mod rust;
mod tool;
pub(crate) mod validate;
mod wait;

pub use check::check;
pub use tool::Catalog;
