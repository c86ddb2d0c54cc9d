//! Ranked search over the operations of an API, and over the places of their bodies.
//!
//! [`Builder`] makes an [`Index`] when the program is built: what each word contributes to the score
//! of each operation and place (BM25F) is computed there. [`Index::search`] adds these
//! contributions, tolerates typing errors, and lets a place raise the operations that have it.

mod build;
mod index;
mod words;

pub use build::{Builder, Field, Operation, Place};
pub use index::{Found, Index, LONGEST_QUERY};
