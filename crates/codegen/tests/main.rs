//! What the generator does, as one binary: a module for each theme.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail"
)]

mod support;

mod answers;
mod catalogue;
mod command;
mod contract;
mod demo;
mod diff;
mod fixes;
mod folder;
mod goldens;
mod guide;
mod hostile;
mod lint;
mod lower;
mod lowered;
mod operations;
mod reasons;
mod robust;
mod sandbox;
mod schema;
mod shared;
mod skeleton;
mod vendor;
mod vendored;
mod wrong_rows;
