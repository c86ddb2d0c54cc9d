//! A call in a request: who speaks, who is called, from which number and when.

mod read;
mod request;

pub use self::{
    read::{read, too_many},
    request::{DialRequest, MOST, Target, is_past},
};

#[cfg(test)]
mod tests;
