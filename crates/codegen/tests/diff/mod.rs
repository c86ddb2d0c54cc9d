//! The difference of two documents: every change is told, with what it means for our tools.

mod acknowledged;
mod api;
mod edits;
mod next_month;
pub mod order;
mod vendored;
