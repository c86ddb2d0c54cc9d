//! The guard: the rules, and what is counted under them.

use std::{
    fmt,
    num::NonZeroU64,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};

use super::{
    audit::{self, Audit, Entry, Logged, Placed},
    clock::{self, Clocks, Now},
    confirm::{Person, Question},
    digest::TokenHasher,
    ledger::{Ledger, LedgerError, PlacedCall, PlannedCalls},
    refusal::{Refusal, not_logged},
    rules::Rules,
    seal::{Broken, Seal},
};
use crate::{api::Token, model::Effect, time::format_utc};

/// What time it is by the wall clock.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The rules and what is counted under them; its clones share the counts.
#[derive(Clone)]
pub struct Guard(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) rules: Rules,
    pub(super) ledger: Mutex<Ledger>,
    /// The log, or why there is none though there should be.
    pub(super) audit: Option<Result<Audit, String>>,
    pub(super) seal: Seal,
    pub(super) clocks: Clocks,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("rules", &self.0.rules)
            .finish_non_exhaustive()
    }
}

/// The machine has no random numbers.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no random numbers are available on this machine")]
pub struct NoRandom;

impl Guard {
    /// A guard by these rules, with what the audit log tells of the last day.
    pub fn new(rules: Rules) -> Result<Self, NoRandom> {
        Self::with_clocks(rules, clock::system())
    }

    /// The same, at another time; the monotonic clock goes with the wall clock.
    pub fn with_clock(rules: Rules, clock: Clock) -> Result<Self, NoRandom> {
        let start = clock();
        let clocks = move || {
            let wall = clock();
            let up = wall.signed_duration_since(start);
            Now { wall, up }
        };
        Self::with_clocks(rules, Arc::new(clocks))
    }

    /// The same by any two clocks.
    fn with_clocks(rules: Rules, clocks: Clocks) -> Result<Self, NoRandom> {
        let mut ledger = Ledger::default();
        let now = clocks();
        let max_bytes = rules
            .audit_log_max_bytes
            .map_or(audit::MAX_BYTES, NonZeroU64::get);
        let audit = rules.audit_log.as_ref().map(|path| {
            let (audit, placed) = Audit::open(path, max_bytes, now.wall).map_err(|error| {
                tracing::error!(%error, "the audit log cannot be used: writes are refused");
                error.to_string()
            })?;
            for placed in placed {
                let Placed {
                    caller,
                    at,
                    calls,
                    rings,
                } = placed;
                ledger.record(caller, &PlannedCalls::new(calls, rings), now.of_past(at));
            }
            Ok(audit)
        });
        let seal = Seal::new().map_err(|_| NoRandom)?;
        let ledger = Mutex::new(ledger);
        Ok(Self(Arc::new(Inner {
            rules,
            ledger,
            audit,
            seal,
            clocks,
        })))
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// A sealed state for a question that is answered with another call.
    pub fn seal(&self, question: &Question) -> Option<String> {
        self.0
            .seal
            .close(question.caller, question.call, self.now().up)
            .ok()
    }

    /// Accepts the state that came back with an answer, once.
    pub fn unseal(&self, state: &str, question: &Question) -> Result<(), Broken> {
        self.0
            .seal
            .open(state, question.caller, question.call, self.now().up)
    }

    /// The refusal of a call that is one too many.
    pub(super) fn refusal(&self, excess: &LedgerError) -> Refusal {
        match excess {
            LedgerError::Duplicate(first) => {
                let id = first.known.as_ref().map(|known| known.id.clone());
                Refusal::Duplicate(excess.to_string(), id)
            }
            LedgerError::Rate { .. } => {
                let now = format_utc(self.now().wall);
                Refusal::Forbidden(format!("{excess}. It is now {now}"))
            }
            LedgerError::Repeated | LedgerError::Full => Refusal::Forbidden(excess.to_string()),
        }
    }

    /// Records the state of a call that was looked up.
    pub fn update(&self, token: &Token, seen: &PlacedCall) {
        self.ledger().update(TokenHasher::of(token).caller(), seen);
    }

    /// Whether a person is asked before something with this effect is sent.
    pub(super) fn asks(&self, effect: Effect) -> bool {
        self.0.rules.confirm.contains(effect)
    }

    /// Whether a write could be logged, where it has to be.
    pub(super) fn can_log(&self, writes: bool) -> Result<(), Refusal> {
        match &self.0.audit {
            Some(Err(reason)) if writes => Err(not_logged(reason)),
            _ => Ok(()),
        }
    }

    pub(super) fn now(&self) -> Now {
        (self.0.clocks)()
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn log(&self, entry: &Entry<'_>) -> Result<Option<Logged>, String> {
        match &self.0.audit {
            None => Ok(None),
            Some(Ok(audit)) => {
                let logged = audit.before(entry, self.now().wall).await;
                logged.map(Some).map_err(|error| error.to_string())
            }
            Some(Err(reason)) => Err(reason.clone()),
        }
    }
}

/// A guard and whom it may ask.
#[derive(Clone, Copy)]
pub struct Gate<'a> {
    /// The guard.
    pub guard: &'a Guard,
    /// The person before whom it stands.
    pub person: &'a dyn Person,
}

impl fmt::Debug for Gate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.guard.fmt(f)
    }
}
