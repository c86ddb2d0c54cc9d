//! Ranked search for the operations of an API and for locations in their bodies.
//!
//! At build time, [`Builder`] creates an [`Index`] with the contribution of each word to the score
//! of each operation and location (BM25F). [`Index::search`] adds these contributions, tolerates
//! typing errors, and raises the scores of operations that have a matching location.

mod build;
mod index;
mod words;

pub use build::{Builder, Field, Location, Operation};
pub use index::{Found, Index, LONGEST_QUERY};
