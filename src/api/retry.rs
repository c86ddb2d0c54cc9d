//! The retry policy: whether and when a failed request is sent again.
//!
//! Vapi has no idempotency keys, so writes are sent again only if Vapi cannot have processed them.

use std::time::Duration;

use super::error::ApiError;
use crate::model::Effect;

/// Maximum number of attempts.
const MAX_TRIES: u32 = 3;

/// Maximum pause after the first attempt; it doubles after each one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Maximum `Retry-After` that is honoured; a longer one is reported to the caller.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(10);

/// Minimum remaining time for a retry; with less, it would only time out and hide the first error.
pub(super) const MIN_TIME_LEFT: Duration = Duration::from_secs(5);

/// An attempt that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailedAttempt<'a> {
    /// The effect of the request.
    pub effect: Effect,
    /// The number of the attempt, from 1.
    pub tries: u32,
    /// The error of the attempt.
    pub error: &'a ApiError,
    /// The remaining time of the tool call.
    pub left: Duration,
}

impl FailedAttempt<'_> {
    /// The pause before the next attempt; `None` if there is no further attempt. `random`, from 0
    /// to 1, is the jitter.
    pub(super) fn pause(&self, random: f64) -> Option<Duration> {
        let retry_after = self.error.retry_after().unwrap_or_default();
        if self.tries >= MAX_TRIES || !self.may_retry() || retry_after > MAX_RETRY_AFTER {
            return None;
        }
        let doubled = 2_u32.saturating_pow(self.tries.saturating_sub(1));
        let longest = FIRST_PAUSE.saturating_mul(doubled);
        let pause = retry_after.saturating_add(longest.mul_f64(0.5 + random / 2.0));
        (pause.saturating_add(MIN_TIME_LEFT) <= self.left).then_some(pause)
    }

    fn may_retry(&self) -> bool {
        match self.error {
            ApiError::Unreachable(_) => true,
            ApiError::Status { status, .. } if status.as_u16() == 429 => true,
            // The caller has already waited long enough.
            ApiError::TimedOut(_) | ApiError::Busy => false,
            error => self.effect == Effect::Read && error.is_transient(),
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

    fn failed(effect: Effect, error: &ApiError) -> FailedAttempt<'_> {
        FailedAttempt {
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
    fn a_request_that_was_not_processed_is_retried_whatever_its_effect() {
        for effect in EFFECTS {
            for error in [unreachable(), status(429, None)] {
                assert!(failed(effect, &error).pause(0.0).is_some(), "{effect:?}");
            }
        }
    }

    #[test]
    fn a_request_that_may_have_been_processed_is_retried_only_if_it_reads() {
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
    fn an_error_that_would_recur_is_not_retried() {
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
    fn pauses_double_vary_and_end() {
        let error = unreachable();
        for (tries, random, pause) in [
            (1, 0.0, Some(250)),
            (1, 1.0, Some(500)),
            (2, 0.0, Some(500)),
            (2, 1.0, Some(1000)),
            (3, 0.0, None),
            (u32::MAX, 0.0, None),
        ] {
            let failed = FailedAttempt {
                tries,
                ..failed(Effect::Read, &error)
            };
            assert_eq!(milliseconds(failed.pause(random)), pause);
        }
    }

    #[test]
    fn retry_after_is_honoured_up_to_its_limit() {
        for (retry_after, pause) in [(0, Some(250)), (10, Some(10_250)), (11, None)] {
            for code in [429, 503] {
                let error = status(code, Some(retry_after));
                let pauses = failed(Effect::Read, &error).pause(0.0);
                assert_eq!(milliseconds(pauses), pause);
            }
        }
        let endless = status(429, Some(u64::MAX));
        assert_eq!(failed(Effect::Read, &endless).pause(1.0), None);
    }

    proptest! {
        #[test]
        fn every_pause_leaves_time_for_the_next_attempt(
            tries in 1..5_u32,
            retry_after in prop::option::of(0..20_u64),
            left in 0..60_000_u64,
            random in 0.0..1.0,
        ) {
            let (error, left) = (status(429, retry_after), Duration::from_millis(left));
            let failed = FailedAttempt { effect: Effect::Dial, tries, error: &error, left };
            if let Some(pause) = failed.pause(random) {
                prop_assert!(pause + MIN_TIME_LEFT <= left);
                prop_assert!(pause >= Duration::from_secs(retry_after.unwrap_or_default()));
            }
        }
    }
}
