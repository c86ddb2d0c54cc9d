//! The catalogue: the rows of the table, checked against the document and written as Rust.

mod answer;
mod argument;
mod check;
mod dial;
pub(crate) mod fit;
mod like;
pub(crate) mod place;
mod reach;
mod rust;
mod tool;
mod wait;

pub use check::check;
pub use tool::Catalog;
