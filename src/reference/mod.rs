//! The whole API for a model: searches it, finds an operation by its name, and describes it and the
//! places of its body and answer within a limited number of bytes.
//!
//! Index and facts come from the build and are read when they are first needed.

mod alternatives;
mod collapse;
mod describe;
mod facts;
mod find;
mod location;
mod node;
pub mod search;
mod similar;
mod summary;
#[cfg(test)]
mod tests;
mod text;
mod union;

pub(crate) use alternatives::{Form, Kind, MAX_FORMS, Schemas};
pub use describe::describe;
pub use facts::{Unreadable, facts};
pub use find::{FindError, Found, find_operation, find_operations, the_only};
pub(crate) use union::{Discriminator, discriminator};
