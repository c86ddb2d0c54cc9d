//! Callers and their limits.
//!
//! A caller is known by the hash of its token. Its request rate, its requests in progress and
//! the time until which Vapi's refusal of its token is remembered are kept, but never the
//! token.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::{
    api::Token,
    guard::digest::{CallerId, TokenHasher},
};

/// How long a token that Vapi refused is refused here without asking again.
const REFUSAL: Duration = Duration::from_secs(30);

/// Messages of one caller that are read at once; the others wait.
const READ_AT_ONCE: usize = 32;

/// Callers that are idle are forgotten once this many are known.
const REMEMBERED: usize = 4096;

/// Who calls: a hash of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Principal(CallerId);

impl Principal {
    /// The owner of the token.
    pub(super) fn of(token: &Token) -> Self {
        Self(TokenHasher::of(token).caller())
    }
}

/// Requests a second of one caller at most, whatever the operator allows: more cannot be counted.
const FASTEST: NonZeroU32 = NonZeroU32::MIN.saturating_add(999_999);

/// What each caller may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// Requests a second; twice as many may come at once.
    pub(super) rate: NonZeroU32,
    /// Tool calls that are in progress at the same time.
    pub(super) calls: usize,
    /// Streams that are open at the same time.
    pub(super) streams: usize,
}

/// Every caller that is known.
#[derive(Debug)]
pub(super) struct Callers {
    allowance: Allowance,
    known: Mutex<HashMap<Principal, Arc<Caller>>>,
}

impl Callers {
    pub(super) fn new(allowance: Allowance) -> Self {
        Self {
            allowance,
            known: Mutex::default(),
        }
    }

    /// The caller of this name; from now on it is known.
    pub(super) fn get(&self, principal: Principal) -> Arc<Caller> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED && !known.contains_key(&principal) {
            forget(&mut known);
        }
        let caller = known
            .entry(principal)
            .or_insert_with(|| Arc::new(Caller::new(principal, self.allowance)));
        Arc::clone(caller)
    }
}

/// Forgets who has nothing in progress until there is room: first who could ask at full speed
/// anyway and is not refused, then whoever's key may be made up, then everybody.
fn forget(known: &mut HashMap<Principal, Arc<Caller>>) {
    let steps: [fn(&Caller) -> bool; 3] = [
        |caller| caller.is_known() || !caller.is_rested(),
        Caller::is_known,
        |_| false,
    ];
    for stays in steps {
        known.retain(|_, caller| is_busy(caller) || stays(caller));
        if known.len() < REMEMBERED {
            return;
        }
    }
}

/// Whether a request of the caller is being answered, or a call or stream of it goes on.
fn is_busy(caller: &Arc<Caller>) -> bool {
    let held = [&caller.calls, &caller.streams];
    Arc::strong_count(caller) > 1 || held.into_iter().any(|held| Arc::strong_count(held) > 1)
}

/// One caller.
#[derive(Debug)]
pub(super) struct Caller {
    principal: Principal,
    rate: DefaultDirectRateLimiter,
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    reading: Semaphore,
    /// Messages that wait to be read.
    waiting: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    seen: Instant,
    refused: Option<Instant>,
    is_known: bool,
}

impl Caller {
    fn new(principal: Principal, allowance: Allowance) -> Self {
        let rate = allowance.rate.min(FASTEST);
        let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(1));
        let places = |most: usize| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self {
            principal,
            rate: RateLimiter::direct(Quota::per_second(rate).allow_burst(burst)),
            calls: places(allowance.calls),
            streams: places(allowance.streams),
            reading: Semaphore::new(READ_AT_ONCE),
            waiting: AtomicUsize::new(0),
            state: Mutex::new(State {
                seen: Instant::now(),
                refused: None,
                is_known: false,
            }),
        }
    }

    pub(super) fn principal(&self) -> Principal {
        self.principal
    }

    /// Counts a request; an error is how long to wait before the next.
    pub(super) fn ask(&self) -> Result<(), Duration> {
        self.state().seen = Instant::now();
        self.rate
            .check()
            .map_err(|early| early.wait_time_from(DefaultClock::default().now()))
    }

    /// The right to one more call, if there is one.
    pub(super) fn call(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.calls).try_acquire_owned().ok()
    }

    /// The right to keep one more stream open, if there is one.
    pub(super) fn stream(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.streams).try_acquire_owned().ok()
    }

    /// Waits until one more message may be read.
    pub(super) async fn read(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(turn) = self.reading.try_acquire() {
            return Some(turn);
        }
        let _waits = Waits::begin(&self.waiting);
        // The semaphore is never closed.
        self.reading.acquire().await.ok()
    }

    /// Whether a message waits to be read.
    pub(super) fn has_waiting(&self) -> bool {
        self.waiting.load(Relaxed) > 0
    }

    /// Vapi does not know the token.
    pub(super) fn refuse(&self) {
        let mut state = self.state();
        state.refused = Some(Instant::now());
        state.is_known = false;
    }

    /// Vapi knows the token.
    pub(super) fn accept(&self) {
        self.state().is_known = true;
    }

    /// Whether Vapi has accepted the token, which is then not made up.
    pub(super) fn is_known(&self) -> bool {
        self.state().is_known
    }

    /// Whether Vapi refused the token a short time ago.
    pub(super) fn is_refused(&self) -> bool {
        let refused = self.state().refused;
        refused.is_some_and(|at| at.elapsed() < REFUSAL)
    }

    fn is_rested(&self) -> bool {
        !self.is_refused() && self.state().seen.elapsed() > REFUSAL
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a waiting message.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Relaxed);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callers() -> Callers {
        Callers::new(Allowance {
            rate: NonZeroU32::new(5).unwrap(),
            calls: 2,
            streams: 1,
        })
    }

    fn principal(token: &str) -> Principal {
        Principal::of(&Token::new(token).unwrap())
    }

    #[test]
    fn each_caller_has_an_allowance_of_its_own() {
        let callers = callers();
        let (a, b) = (callers.get(principal("a")), callers.get(principal("b")));
        let first: Vec<_> = (0..11).map(|_| a.ask()).collect();
        assert!(first.iter().take(10).all(Result::is_ok));
        let wait = first[10].unwrap_err();
        assert!(wait <= Duration::from_millis(200), "{wait:?}");
        assert!(b.ask().is_ok());

        let held = (a.call().unwrap(), a.call().unwrap());
        assert!(a.call().is_none());
        assert!(b.call().is_some());
        drop(held);
        assert!(a.call().is_some());
    }

    #[test]
    fn a_refusal_is_the_callers_alone() {
        let callers = callers();
        callers.get(principal("a")).refuse();
        assert!(callers.get(principal("a")).is_refused());
        assert!(!callers.get(principal("b")).is_refused());
    }

    #[test]
    fn tokens_without_end_do_not_fill_the_memory() {
        let callers = callers();
        let busy = callers.get(principal("busy"));
        busy.refuse();
        for number in 0..3 * REMEMBERED {
            callers.get(principal(&number.to_string()));
        }
        assert!(callers.known.lock().unwrap().len() <= REMEMBERED);
        assert!(callers.get(principal("busy")).is_refused());
    }

    #[test]
    fn who_has_something_under_way_is_not_forgotten() {
        let callers = callers();
        let _stream = callers.get(principal("stream")).stream().unwrap();
        let _calls: Vec<_> =
            std::iter::from_fn(|| callers.get(principal("calls")).call()).collect();
        for number in 0..3 * REMEMBERED {
            callers.get(principal(&number.to_string()));
        }
        assert!(callers.get(principal("stream")).stream().is_none());
        assert!(callers.get(principal("calls")).call().is_none());
    }

    #[test]
    fn keys_that_vapi_accepted_are_remembered_longest() {
        let callers = callers();
        callers.get(principal("known")).accept();
        for number in 0..3 * REMEMBERED {
            callers.get(principal(&number.to_string()));
        }
        assert!(callers.get(principal("known")).is_known());
        callers.get(principal("known")).refuse();
        assert!(!callers.get(principal("known")).is_known());
    }

    #[test]
    fn no_allowance_is_too_large() {
        let callers = Callers::new(Allowance {
            rate: NonZeroU32::MAX,
            calls: usize::MAX,
            streams: usize::MAX,
        });
        let caller = callers.get(principal("a"));
        assert!((0..1000).all(|_| caller.ask().is_ok()));
        assert!(caller.call().is_some() && caller.stream().is_some());
    }
}
