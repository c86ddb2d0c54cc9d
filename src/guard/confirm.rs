//! Asks the user for a confirmation, through the client or the terminal.

use std::{future::Future, pin::Pin};

use super::digest::{CallerId, Digest};

/// A question to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The text that is shown.
    pub text: String,
    /// The caller that made the tool call.
    pub caller: CallerId,
    /// The hash of the tool and its arguments; a confirmation is valid only for these.
    pub call: Digest,
}

/// The user's answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The user agreed.
    Yes,
    /// The user declined or did not answer.
    No,
    /// The question is returned to the client; the answer arrives with another tool call.
    Later,
    /// The user could not be asked, or the answer is not valid; the reason.
    Void(String),
}

/// The future of an answer.
pub type ConfirmFuture<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// A way to ask the user.
pub trait Confirmer: Send + Sync {
    /// Asks the question and waits for the answer.
    fn ask<'a>(&'a self, question: &'a Question) -> ConfirmFuture<'a>;

    /// The reason why the user cannot be asked; `None` if it is possible.
    fn absence(&self) -> Option<String> {
        None
    }
}

/// There is no user to ask.
#[derive(Clone, Copy, Debug)]
pub struct NoConfirmer;

impl Confirmer for NoConfirmer {
    fn ask<'a>(&'a self, _: &'a Question) -> ConfirmFuture<'a> {
        Box::pin(async { Answer::Void("the user cannot be asked".to_owned()) })
    }

    fn absence(&self) -> Option<String> {
        Some("the user cannot be asked".to_owned())
    }
}
