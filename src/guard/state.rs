//! The guard: the rules, the counted calls and the audit log.

use std::{
    fmt,
    num::NonZeroU64,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};

use super::{
    audit::{self, Audit, Entry, Logged, Placed},
    clock::{self, Clocks, Now},
    confirm::{Confirmer, Question},
    digest::TokenHasher,
    ledger::{CALL, Ledger, LedgerError, PlacedCall, PlannedCalls},
    refusal::{Refusal, not_logged},
    rules::Rules,
    seal::{Broken, Seal},
};
use crate::{
    api::Token,
    catalog::{Action, Operation, operation_of_key},
    model::Effect,
    time::format_utc,
};

/// Returns the current time of the wall clock.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The rules and the counted calls; clones share the counts.
#[derive(Clone)]
pub struct Guard(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) rules: Rules,
    pub(super) ledger: Mutex<Ledger>,
    /// The audit log, or the reason why it cannot be used.
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
pub struct RandomSourceError;

impl Guard {
    /// Creates a guard with these rules and the calls of the last day from the audit log.
    pub fn new(rules: Rules) -> Result<Self, RandomSourceError> {
        Self::with_clocks(rules, clock::system())
    }

    /// Creates a guard with another wall clock; its monotonic clock follows the wall clock.
    pub fn with_clock(rules: Rules, clock: Clock) -> Result<Self, RandomSourceError> {
        let start = clock();
        let clocks = move || {
            let wall = clock();
            let up = wall.signed_duration_since(start);
            Now { wall, up }
        };
        Self::with_clocks(rules, Arc::new(clocks))
    }

    /// Creates a guard with any two clocks.
    fn with_clocks(rules: Rules, clocks: Clocks) -> Result<Self, RandomSourceError> {
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
                    operation,
                    calls,
                    rings,
                    spends,
                } = placed;
                let then = now.of_past(at);
                let of_key = operation.as_deref().and_then(operation_of_key);
                let kind = of_key.map_or(CALL, Operation::resource);
                let calls = PlannedCalls::new(calls, rings).of_kind(kind);
                let ticket = ledger.record(caller, &calls, then);
                if spends {
                    ledger.spend(caller, ticket, then);
                }
            }
            Ok(audit)
        });
        let seal = Seal::new().map_err(|_| RandomSourceError)?;
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

    /// A sealed state for a question whose answer arrives with another tool call.
    pub fn seal(&self, question: &Question) -> Option<String> {
        self.0
            .seal
            .close(question.caller, question.call, self.now().up)
            .ok()
    }

    /// Accepts the state that was returned with an answer, once.
    pub fn unseal(&self, state: &str, question: &Question) -> Result<(), Broken> {
        self.0
            .seal
            .open(state, question.caller, question.call, self.now().up)
    }

    /// Converts an error of the ledger to a refusal.
    pub(super) fn refusal(&self, excess: &LedgerError) -> Refusal {
        match excess {
            LedgerError::Duplicate(first) => {
                let id = first.known.as_ref().map(|known| known.id.clone());
                Refusal::Duplicate(excess.to_string(), id.map(|id| (first.kind, id)))
            }
            LedgerError::Rate(_) | LedgerError::Spend(_) => {
                let now = format_utc(self.now().wall);
                Refusal::Forbidden(format!("{excess}. It is now {now}"))
            }
            LedgerError::Repeated | LedgerError::Full => Refusal::Forbidden(excess.to_string()),
        }
    }

    /// Records the state of a call that was read from Vapi.
    pub fn update(&self, token: &Token, seen: &PlacedCall) {
        self.ledger().update(TokenHasher::of(token).caller(), seen);
    }

    /// Whether the user must confirm this action. A request that costs money and also calls people
    /// is confirmed for either reason.
    pub(super) fn asks(&self, action: &Action) -> bool {
        let confirm = &self.0.rules.confirm;
        confirm.contains(action.effect) || action.spends() && confirm.contains(Effect::Spend)
    }

    /// Checks that a write can be logged, if an audit log is configured.
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

/// A guard, and the user that it can ask.
#[derive(Clone, Copy)]
pub struct Gate<'a> {
    /// The guard.
    pub guard: &'a Guard,
    /// Asks the user.
    pub person: &'a dyn Confirmer,
}

impl fmt::Debug for Gate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.guard.fmt(f)
    }
}
