//! Checks a message before rmcp parses it, so that every request gets a response, notifications get
//! none, and memory stays bounded.
//!
//! `params` checks the size of the message, `envelope` determines its type, and `edit` changes
//! parts that rmcp would refuse. An unreadable request is refused with an error that contains its
//! id, if it has one.

mod arguments;
mod edit;
mod envelope;
mod incoming;
mod params;
mod protocol_error;
mod surrogates;
#[cfg(test)]
mod tests;

pub(super) use self::arguments::arguments_of;
#[cfg(feature = "http")]
pub(crate) use self::incoming::MessageKind;
pub(crate) use self::{
    incoming::{Incoming, Message},
    protocol_error::ProtocolError,
};

use self::{
    edit::apply,
    envelope::{Classified, Envelope, NO_BATCHES, reject_batch},
    params::read_params,
    surrogates::replace_lone_surrogates,
};
use crate::bounds::BoundsError;

/// Makes a message readable for rmcp, or returns the response to send instead.
pub(crate) fn normalize(mut message: Vec<u8>) -> Incoming {
    if message.starts_with(b"\xEF\xBB\xBF") {
        message.drain(..3);
    }
    replace_lone_surrogates(&mut message);
    let envelope = Envelope::of(&message);
    let Ok(text) = std::str::from_utf8(&message) else {
        return envelope.unreadable();
    };
    let classified = match (message.trim_ascii_start().first(), read_params(text)) {
        (Some(b'{'), Ok(params)) => envelope.classify(text, &params),
        (Some(b'['), Ok(_)) => Err(Incoming::Rejected(reject_batch(&message))),
        (Some(b'['), Err(BoundsError::Excess(_))) => Err(Incoming::invalid(None, NO_BATCHES)),
        (_, Ok(_)) => Err(Incoming::invalid(None, "a message must be a JSON object")),
        (_, Err(_)) => Err(envelope.unreadable()),
    };
    match classified {
        Ok(Classified { kind, id, edits }) => {
            let edited = (!edits.is_empty()).then(|| apply(text, edits));
            Incoming::Message(Message {
                kind,
                id,
                text: edited.unwrap_or(message),
            })
        }
        Err(other) => other,
    }
}
