//! Compares responses of the live API with the document and with the rows of `spec/`.
//!
//! [`Contract::compare`] (`record`) compares a response with the schema that the document declares
//! for it (`compare`, with the alternatives of `form`), and records which pointers of the rows have
//! a value in it (`pointers`). The report (`report`) contains what a maintainer can paste: marks of
//! the rows (`marks`), and fixes of the document (`edits`). It contains no value of a response.

mod answer;
mod compare;
mod difference;
mod edits;
mod form;
mod marks;
mod pointers;
mod record;
mod report;

pub use difference::{Difference, Kind};
pub use edits::Edit;
pub use record::Contract;
