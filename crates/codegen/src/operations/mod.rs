//! Information about Vapi's operations that the document lacks (`spec/operations.toml`), and the
//! search index with which models find operations.

mod check;
mod index;
mod row;

pub use row::{Group, Operations, Row};
