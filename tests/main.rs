//! What the program does, as one binary: a module for each theme.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail"
)]

mod support;

mod arguments;
mod canaries;
mod cli;
mod confirm;
mod delete;
mod dial;
mod doctor;
mod errors;
mod faults;
#[cfg(feature = "sandbox")]
mod fuzz;
mod guard;
mod hostile;
mod links;
mod lists;
#[cfg(all(unix, not(target_vendor = "apple")))]
mod network;
mod paging;
mod pointers;
mod public_face;
mod record;
mod replay;
mod results;
mod reviewed;
#[cfg(feature = "sandbox")]
mod sandbox;
mod settings;
mod setup;
mod shared;
#[cfg(target_os = "linux")]
mod soak;
mod stdio;
mod updates;
mod upload;
mod upstream;
mod wait;
mod whole;
