//! The difference of two documents: every change is told, with what it means for our tools.

mod api;
mod edits;
pub mod order;
mod vendored;
