//! A call in a request: its speaker, destinations, number to call from and time.

mod read;
mod request;

pub use self::{
    read::{read, too_many},
    request::{DialRequest, MOST, Target, is_past},
};

#[cfg(test)]
mod tests;
