//! Planned calls and placed calls.

use std::{collections::HashSet, fmt};

use chrono::{DateTime, Utc};

use crate::{guard::digest::Digest, text::excerpt, time::format_utc};

/// Maximum number of calls that are stored per token.
pub(super) const MOST: usize = 100_000;

/// The kind of object that a request for calls creates, each with one destination.
pub const CALL: &str = "call";

/// The known details of a placed call, or of the campaign or chat that places the calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedCall {
    /// Vapi's id of it.
    pub id: String,
    /// The destination according to the response.
    pub to: Option<String>,
    /// The last known `status` of the call.
    pub state: String,
    /// For an ended call, the explanation of its end; empty if the reason is not known.
    pub ended: Option<String>,
}

/// The first call, of which another one is a duplicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierCall {
    /// The kind of object that placed it: `call`, `campaign` or `chat`.
    pub kind: &'static str,
    /// The age of the first call in seconds.
    pub ago: i64,
    /// The time when the first call was placed.
    pub at: DateTime<Utc>,
    /// The destination, as given for the second call.
    pub to: Option<String>,
    /// Details of the first call, if known.
    pub known: Option<PlacedCall>,
    /// The number of further destinations of the second call that were also called before.
    pub more: usize,
}

impl fmt::Display for EarlierCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s ago (", self.ago)?;
        match &self.known {
            Some(known) => write!(f, "id {}, ", excerpt(&known.id))?,
            None => f.write_str("its id is not known, ")?,
        }
        write!(f, "at {}", format_utc(self.at))?;
        if let Some(to) = &self.to {
            write!(f, ", to {to}")?;
        }
        match self
            .known
            .as_ref()
            .map(|known| (&known.ended, &known.state))
        {
            Some((Some(reason), _)) if reason.is_empty() => f.write_str("; it has ended")?,
            Some((Some(reason), _)) => write!(f, "; it has ended, {}", excerpt(reason))?,
            Some((None, state)) if !state.is_empty() => {
                write!(f, "; last known to be {}", excerpt(state))?;
            }
            _ => {}
        }
        f.write_str(")")?;
        match self.more {
            0 => Ok(()),
            1 => f.write_str(", and that to 1 more of its destinations"),
            more => write!(f, ", and those to {more} more of its destinations"),
        }
    }
}

impl EarlierCall {
    /// What was done before, as the beginning of a sentence.
    pub(super) fn subject(&self) -> String {
        match self.kind {
            CALL => "the same call (same speaker, destination and time) was placed".to_owned(),
            kind => format!("a {kind} with the same speaker, destination and time was sent"),
        }
    }

    /// What the user may want.
    pub(super) fn both(&self) -> &'static str {
        match self.kind {
            CALL => "a second call anyway",
            _ => "both",
        }
    }
}

/// The calls of one request.
#[derive(Clone, Debug)]
pub struct PlannedCalls {
    /// The kind of object that places the calls.
    pub(super) kind: &'static str,
    pub(super) fingerprints: Vec<Digest>,
    pub(super) different: HashSet<Digest>,
    /// The destination of each call, for messages; empty if it is not known.
    pub(super) to: Vec<String>,
    /// The scheduled time of the calls; now if `None`.
    pub(super) when: Option<DateTime<Utc>>,
}

impl Default for PlannedCalls {
    fn default() -> Self {
        Self::new(Vec::new(), None)
    }
}

impl PlannedCalls {
    /// Calls with these fingerprints, all scheduled for this time.
    pub fn new(fingerprints: Vec<Digest>, when: Option<DateTime<Utc>>) -> Self {
        Self {
            kind: CALL,
            different: fingerprints.iter().copied().collect(),
            fingerprints,
            to: Vec::new(),
            when,
        }
    }

    /// Sets the kind of object that places the calls.
    pub fn of_kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    /// Adds the destination of each call.
    pub fn ringing(self, to: Vec<String>) -> Self {
        Self { to, ..self }
    }

    /// The destination of each call, for messages.
    pub fn to(&self) -> &[String] {
        &self.to
    }

    /// The hashes of speaker and destination, which are equal for duplicates.
    pub fn fingerprints(&self) -> &[Digest] {
        &self.fingerprints
    }

    /// The scheduled time of the calls; now if `None`.
    pub fn when(&self) -> Option<DateTime<Utc>> {
        self.when
    }
}
