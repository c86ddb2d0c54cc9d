//! Information about Vapi's operations that the document lacks (`spec/operations.toml`), and what is
//! made of it: the search index and the descriptions of operations.

mod check;
mod facts;
mod headers;
mod index;
mod row;
mod rust;
mod view;

pub use facts::compressed;
pub use index::FoundLocation;
pub use row::{Dial, Group, Operations, Row};
pub(crate) use rust::{OfTool, OfTools, constant};
pub(crate) use view::{BY_TIME, PAGE_NUMBER, list_rows};
