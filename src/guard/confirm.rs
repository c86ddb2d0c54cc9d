//! Asks a person to confirm, through the client or the terminal.

use std::{future::Future, pin::Pin};

use super::digest::{CallerId, Digest};

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// In words.
    pub text: String,
    /// The caller whom it is asked for.
    pub caller: CallerId,
    /// The hash of the tool and its arguments, which an answer belongs to.
    pub call: Digest,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// The person said no, or went away.
    No,
    /// The question is on its way; the answer comes with another call.
    Later,
    /// The person could not be asked, or the answer does not count.
    Void(String),
}

/// An answer on its way.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Asks a person.
pub trait Person: Send + Sync {
    /// Asks.
    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a>;

    /// Why nobody can be asked; `None` if somebody can.
    fn absence(&self) -> Option<String> {
        None
    }
}

/// Nobody is there.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl Person for Nobody {
    fn ask<'a>(&'a self, _: &'a Question) -> Asking<'a> {
        Box::pin(async { Answer::Void("there is nobody to ask".to_owned()) })
    }

    fn absence(&self) -> Option<String> {
        Some("there is nobody to ask".to_owned())
    }
}
