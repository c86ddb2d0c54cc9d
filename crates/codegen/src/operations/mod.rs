//! What the document does not say about Vapi's operations (`spec/operations.toml`), and the index
//! in which a model finds them.

mod check;
mod index;
mod row;

pub use row::{Group, Operations, Row};
