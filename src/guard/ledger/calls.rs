//! Calls that are planned, and calls that were placed.

use std::{collections::HashSet, fmt};

use chrono::{DateTime, Utc};

use crate::{guard::digest::Digest, text::excerpt, time::format_utc};

/// Maximum number of calls that are kept of one token.
pub(super) const MOST: usize = 100_000;

/// What is known of a call that was placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedCall {
    /// Its id.
    pub id: String,
    /// Whom it rings, as the answer says.
    pub to: Option<String>,
    /// Its last known state.
    pub state: String,
    /// Once it is over, why, in words; empty when that is not known.
    pub ended: Option<String>,
}

/// The call that makes another one a duplicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierCall {
    /// How many seconds ago it was placed.
    pub ago: i64,
    /// When that was.
    pub at: DateTime<Utc>,
    /// Whom it rings, as it was given for the second call.
    pub to: Option<String>,
    /// What is known of it.
    pub known: Option<PlacedCall>,
    /// How many more destinations of the second call were called already.
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

/// The calls of one request.
#[derive(Clone, Debug, Default)]
pub struct PlannedCalls {
    pub(super) fingerprints: Vec<Digest>,
    pub(super) different: HashSet<Digest>,
    /// Whom each of them rings, for a reader; empty when that is not known.
    pub(super) to: Vec<String>,
    /// When they are to ring; now when `None`.
    pub(super) when: Option<DateTime<Utc>>,
}

impl PlannedCalls {
    /// Calls with these fingerprints, all of which are to ring at this time.
    pub fn new(fingerprints: Vec<Digest>, when: Option<DateTime<Utc>>) -> Self {
        Self {
            different: fingerprints.iter().copied().collect(),
            fingerprints,
            to: Vec::new(),
            when,
        }
    }

    /// The same, with whom each of them rings.
    pub fn ringing(self, to: Vec<String>) -> Self {
        Self { to, ..self }
    }

    /// Whom each of them rings, for a reader.
    pub fn to(&self) -> &[String] {
        &self.to
    }

    /// What is the same of calls that are the same.
    pub fn fingerprints(&self) -> &[Digest] {
        &self.fingerprints
    }

    /// When they are to ring; now when `None`.
    pub fn when(&self) -> Option<DateTime<Utc>> {
        self.when
    }
}
