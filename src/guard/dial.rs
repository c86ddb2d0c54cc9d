//! A call in a request: the assistant that speaks, the destinations, the number to call from and the scheduled times.

mod read;
mod request;

pub use self::{
    read::{read, too_many},
    request::{DialRequest, MOST, Target, is_past},
};

#[cfg(test)]
mod tests;
