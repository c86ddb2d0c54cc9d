//! The retry policy: whether and when a failed request is sent again.
//!
//! Vapi cannot tell a repetition from a new request, so writes are sent again only if Vapi
//! cannot have processed them.

use std::time::Duration;

use super::error::ApiError;
use crate::model::Effect;

/// Maximum number of requests of one call.
const TRIES: u32 = 3;

/// Maximum pause after the first request; it doubles after each one.
const FIRST: Duration = Duration::from_millis(500);

/// Maximum `Retry-After` that is honoured; a longer one is reported to the caller.
const LONGEST: Duration = Duration::from_secs(10);

/// A retry is not sent with less time left than this: its timeout would only hide the first error.
pub(super) const ROOM: Duration = Duration::from_secs(5);

/// A request that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed<'a> {
    /// What it does.
    pub effect: Effect,
    /// The number of the attempt, from 1.
    pub tries: u32,
    /// What happened.
    pub error: &'a ApiError,
    /// What is left of the call's time.
    pub left: Duration,
}

impl Failed<'_> {
    /// How long to wait before the next request; nothing when there is none. `random`, from 0 to 1,
    /// is the jitter.
    pub(super) fn pause(&self, random: f64) -> Option<Duration> {
        let asked = self.error.retry_after().unwrap_or_default();
        if self.tries >= TRIES || !self.may_repeat() || asked > LONGEST {
            return None;
        }
        let doubled = 2_u32.saturating_pow(self.tries.saturating_sub(1));
        let longest = FIRST.saturating_mul(doubled);
        let pause = asked.saturating_add(longest.mul_f64(0.5 + random / 2.0));
        (pause.saturating_add(ROOM) <= self.left).then_some(pause)
    }

    fn may_repeat(&self) -> bool {
        match self.error {
            ApiError::Unreachable(_) => true,
            ApiError::Status { status, .. } if status.as_u16() == 429 => true,
            // They took long enough.
            ApiError::TimedOut(_) | ApiError::Busy => false,
            error => self.effect == Effect::Read && error.may_pass(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::StatusCode;

    use super::*;

    const LEFT: Duration = Duration::from_secs(50);
    const EFFECTS: [Effect; 6] = [
        Effect::Read,
        Effect::Write,
        Effect::Update,
        Effect::Delete,
        Effect::Spend,
        Effect::Dial,
    ];

    fn status(status: u16, retry_after: Option<u64>) -> ApiError {
        ApiError::Status {
            status: StatusCode::from_u16(status).unwrap(),
            message: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    fn unreachable() -> ApiError {
        ApiError::Unreachable("refused".to_owned())
    }

    fn failed(effect: Effect, error: &ApiError) -> Failed<'_> {
        Failed {
            effect,
            tries: 1,
            error,
            left: LEFT,
        }
    }

    fn milliseconds(pause: Option<Duration>) -> Option<u128> {
        pause.map(|pause| pause.as_millis())
    }

    #[test]
    fn what_certainly_did_nothing_is_repeated_whatever_it_does() {
        for effect in EFFECTS {
            for error in [unreachable(), status(429, None)] {
                assert!(failed(effect, &error).pause(0.0).is_some(), "{effect:?}");
            }
        }
    }

    #[test]
    fn what_may_have_happened_is_repeated_only_where_it_changes_nothing() {
        let interrupted = ApiError::Interrupted("reset".to_owned());
        let passing = [408, 502, 503, 504].map(|code| status(code, None));
        for error in passing.iter().chain([&interrupted]) {
            for effect in EFFECTS {
                let repeated = failed(effect, error).pause(0.0).is_some();
                assert_eq!(repeated, effect == Effect::Read, "{effect:?} {error}");
            }
        }
    }

    #[test]
    fn what_would_fail_again_is_not_repeated() {
        let others = [
            ApiError::TimedOut(LEFT),
            ApiError::TooLarge { limit: 1 },
            ApiError::Request("no URL".to_owned()),
            ApiError::Busy,
            ApiError::Insecure("UnknownIssuer".to_owned()),
            ApiError::NoAuthorities,
        ];
        let codes = [400, 401, 402, 403, 404, 409, 422, 500, 501];
        for error in codes.map(|code| status(code, None)).iter().chain(&others) {
            for effect in EFFECTS {
                assert_eq!(failed(effect, error).pause(0.0), None, "{error}");
            }
        }
    }

    #[test]
    fn pauses_double_and_differ_and_end() {
        let error = unreachable();
        for (tries, random, pause) in [
            (1, 0.0, Some(250)),
            (1, 1.0, Some(500)),
            (2, 0.0, Some(500)),
            (2, 1.0, Some(1000)),
            (3, 0.0, None),
            (u32::MAX, 0.0, None),
        ] {
            let failed = Failed {
                tries,
                ..failed(Effect::Read, &error)
            };
            assert_eq!(milliseconds(failed.pause(random)), pause);
        }
    }

    #[test]
    fn vapi_is_not_asked_before_it_wants_to_be_nor_waited_for_long() {
        for (asked, pause) in [(0, Some(250)), (10, Some(10_250)), (11, None)] {
            for code in [429, 503] {
                let error = status(code, Some(asked));
                let pauses = failed(Effect::Read, &error).pause(0.0);
                assert_eq!(milliseconds(pauses), pause);
            }
        }
        let endless = status(429, Some(u64::MAX));
        assert_eq!(failed(Effect::Read, &endless).pause(1.0), None);
    }

    proptest! {
        #[test]
        fn every_pause_leaves_time_for_the_next_request(
            tries in 1..5_u32,
            asked in prop::option::of(0..20_u64),
            left in 0..60_000_u64,
            random in 0.0..1.0,
        ) {
            let (error, left) = (status(429, asked), Duration::from_millis(left));
            let failed = Failed { effect: Effect::Dial, tries, error: &error, left };
            if let Some(pause) = failed.pause(random) {
                prop_assert!(pause + ROOM <= left);
                prop_assert!(pause >= Duration::from_secs(asked.unwrap_or_default()));
            }
        }
    }
}
