//! The state of a question, which the client carries until the person has answered: sealed, for
//! one call of one caller, once, and not for long.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use ring::{
    error::Unspecified,
    hmac,
    rand::{SecureRandom, SystemRandom},
};

use super::digest::{CallerId, Digest, hex, unhex};

/// How long a person may take to answer.
const VALID: TimeDelta = TimeDelta::minutes(5);

const NONCE: usize = 16;

/// Seals states and opens them, each once. The key lives as long as the process, and so does the
/// clock: the time is that since the process began.
#[derive(Debug)]
pub struct Seal {
    key: hmac::Key,
    random: SystemRandom,
    /// The states that were opened, until they would be stale.
    used: Mutex<HashMap<[u8; NONCE], i64>>,
}

/// Why a state is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It was changed, or belongs to another run of the server.
    #[error("the state of the confirmation was changed, or belongs to another run of this server")]
    Tampered,
    /// It belongs to another key.
    #[error("the confirmation was given for another key")]
    Owner,
    /// It belongs to another call.
    #[error("the confirmation was given for another tool or other arguments")]
    Call,
    /// It has expired.
    #[error("the confirmation is older than 5 minutes")]
    Stale,
    /// It was used.
    #[error("the confirmation was already used; each is valid for one call")]
    Replayed,
}

impl Seal {
    /// A seal with a random key.
    pub fn new() -> Result<Self, Unspecified> {
        let random = SystemRandom::new();
        Ok(Self {
            key: hmac::Key::generate(hmac::HMAC_SHA256, &random)?,
            random,
            used: Mutex::default(),
        })
    }

    /// A state for this call of this caller.
    pub fn close(
        &self,
        caller: CallerId,
        call: Digest,
        now: TimeDelta,
    ) -> Result<String, Unspecified> {
        let mut nonce = [0; NONCE];
        self.random.fill(&mut nonce)?;
        let end = now.checked_add(&VALID).unwrap_or(TimeDelta::MAX);
        let end = end.num_seconds().to_be_bytes();
        let content = [&end[..], &nonce, &caller.0, &call.0].concat();
        let tag = hmac::sign(&self.key, &content);
        Ok(hex(&[&content, tag.as_ref()].concat()))
    }

    /// Accepts a state of this call and this caller, once.
    pub fn open(
        &self,
        state: &str,
        caller: CallerId,
        call: Digest,
        now: TimeDelta,
    ) -> Result<(), Broken> {
        let state = State::read(state).ok_or(Broken::Tampered)?;
        hmac::verify(&self.key, &state.content, &state.tag).map_err(|_| Broken::Tampered)?;
        if state.caller != caller {
            return Err(Broken::Owner);
        }
        if state.call != call {
            return Err(Broken::Call);
        }
        let now = now.num_seconds();
        if now >= state.end {
            return Err(Broken::Stale);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, end| now < *end);
        match used.insert(state.nonce, state.end) {
            Some(_) => Err(Broken::Replayed),
            None => Ok(()),
        }
    }
}

struct State {
    /// All but the tag.
    content: Vec<u8>,
    /// In seconds.
    end: i64,
    nonce: [u8; NONCE],
    caller: CallerId,
    call: Digest,
    tag: [u8; 32],
}

impl State {
    fn read(text: &str) -> Option<Self> {
        let content = unhex(text)?;
        let (end, rest) = content.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (caller, rest) = rest.split_first_chunk()?;
        let (call, tag) = rest.split_first_chunk()?;
        Some(Self {
            end: i64::from_be_bytes(*end),
            nonce: *nonce,
            caller: Digest(*caller),
            call: Digest(*call),
            tag: tag.try_into().ok()?,
            content: content.get(..content.len() - tag.len())?.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Digest = Digest([1; 32]);
    const CALL: Digest = Digest([2; 32]);

    fn at(seconds: i64) -> TimeDelta {
        TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_state_is_good_once() {
        let seal = Seal::new().unwrap();
        let (one, two) = (
            seal.close(OWNER, CALL, at(0)).unwrap(),
            seal.close(OWNER, CALL, at(0)).unwrap(),
        );
        assert_eq!(seal.open(&one, OWNER, CALL, at(1)), Ok(()));
        assert_eq!(seal.open(&one, OWNER, CALL, at(2)), Err(Broken::Replayed));
        assert_eq!(seal.open(&two, OWNER, CALL, at(2)), Ok(()));
    }

    #[test]
    fn a_state_is_good_for_its_caller_its_call_and_its_time() {
        let seal = Seal::new().unwrap();
        let state = seal.close(OWNER, CALL, at(0)).unwrap();
        assert_eq!(seal.open(&state, CALL, CALL, at(1)), Err(Broken::Owner));
        assert_eq!(seal.open(&state, OWNER, OWNER, at(1)), Err(Broken::Call));
        assert_eq!(seal.open(&state, OWNER, CALL, at(300)), Err(Broken::Stale));
        assert_eq!(
            Seal::new().unwrap().open(&state, OWNER, CALL, at(1)),
            Err(Broken::Tampered)
        );
        assert_eq!(
            seal.open(&state, OWNER, CALL, at(299)),
            Ok(()),
            "a refusal does not use it up"
        );
    }

    #[test]
    fn no_time_panics() {
        let seal = Seal::new().unwrap();
        for now in [TimeDelta::MIN, TimeDelta::zero(), TimeDelta::MAX] {
            for then in [TimeDelta::MIN, TimeDelta::zero(), TimeDelta::MAX] {
                let state = seal.close(OWNER, CALL, now).unwrap();
                let opened = seal.open(&state, OWNER, CALL, then);
                assert_eq!(
                    opened.is_ok(),
                    then <= now && now != TimeDelta::MAX || then < now
                );
            }
        }
    }

    #[test]
    fn every_change_breaks_a_state() {
        let seal = Seal::new().unwrap();
        let state = seal.close(OWNER, CALL, at(0)).unwrap();
        for place in 0..state.len() {
            let mut changed = state.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(
                seal.open(&changed, OWNER, CALL, at(1)),
                Err(Broken::Tampered)
            );
        }
        for wrong in ["", "00", "zz", &state[2..], &format!("{state}00")] {
            assert_eq!(seal.open(wrong, OWNER, CALL, at(1)), Err(Broken::Tampered));
        }
    }
}
