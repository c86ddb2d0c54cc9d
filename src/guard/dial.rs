//! A call in a request: the assistant that speaks, the destinations, the number to call from and the scheduled times.

mod read;
mod request;

pub use self::{
    read::{most, read, too_many},
    request::{DialRequest, Target, is_past},
};

#[cfg(test)]
mod tests;
