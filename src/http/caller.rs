//! Callers and their limits.
//!
//! A caller is identified by the hash of its token. The token itself is not kept.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::guard::digest::CallerId;
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// How long a token that Vapi rejected is refused without another request to Vapi.
const REJECTION_TTL: Duration = Duration::from_secs(30);

/// Maximum number of bodies of one caller that are read concurrently; others wait.
const MAX_CONCURRENT_READS: usize = 32;

/// Idle callers are evicted once this many are known.
const MAX_CALLERS: usize = 4096;

/// The largest rate limit, in requests per second: the rate limiter cannot count more.
const MAX_RATE: NonZeroU32 = NonZeroU32::MIN.saturating_add(999_999);

/// The limits of each caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallerLimits {
    /// Requests per second, with bursts of twice as many.
    pub(super) rate: NonZeroU32,
    /// Concurrent tool calls.
    pub(super) calls: usize,
    /// Concurrent open streams.
    pub(super) streams: usize,
}

/// The callers that are known.
#[derive(Debug)]
pub(super) struct CallerRegistry {
    limits: CallerLimits,
    entries: Mutex<HashMap<CallerId, Arc<Caller>>>,
}

impl CallerRegistry {
    pub(super) fn new(limits: CallerLimits) -> Self {
        Self {
            limits,
            entries: Mutex::default(),
        }
    }

    /// The caller with this id, which is added if it is unknown.
    pub(super) fn get(&self, id: CallerId) -> Arc<Caller> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_CALLERS && !entries.contains_key(&id) {
            evict(&mut entries);
        }
        let caller = entries
            .entry(id)
            .or_insert_with(|| Arc::new(Caller::new(id, self.limits)));
        Arc::clone(caller)
    }
}

/// Evicts callers with nothing in progress until there is room for another: first those whose state
/// has expired, then those whose key Vapi has not accepted, then all.
fn evict(entries: &mut HashMap<CallerId, Arc<Caller>>) {
    let steps: [fn(&Caller) -> bool; 3] = [
        |caller| caller.is_verified() || !caller.is_idle(),
        Caller::is_verified,
        |_| false,
    ];
    for keeps in steps {
        entries.retain(|_, caller| is_busy(caller) || keeps(caller));
        if entries.len() < MAX_CALLERS {
            return;
        }
    }
}

/// Whether a request, call or stream of the caller is in progress.
fn is_busy(caller: &Arc<Caller>) -> bool {
    let semaphores = [&caller.calls, &caller.streams];
    Arc::strong_count(caller) > 1
        || semaphores
            .into_iter()
            .any(|semaphore| Arc::strong_count(semaphore) > 1)
}

#[derive(Debug)]
pub(super) struct Caller {
    id: CallerId,
    rate: DefaultDirectRateLimiter,
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    reading: Semaphore,
    /// Bodies that wait to be read.
    queued_reads: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    last_request: Instant,
    rejected_at: Option<Instant>,
    is_verified: bool,
}

impl Caller {
    fn new(id: CallerId, limits: CallerLimits) -> Self {
        let rate = limits.rate.min(MAX_RATE);
        let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(1));
        let semaphore =
            |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self {
            id,
            rate: RateLimiter::direct(Quota::per_second(rate).allow_burst(burst)),
            calls: semaphore(limits.calls),
            streams: semaphore(limits.streams),
            reading: Semaphore::new(MAX_CONCURRENT_READS),
            queued_reads: AtomicUsize::new(0),
            state: Mutex::new(State {
                last_request: Instant::now(),
                rejected_at: None,
                is_verified: false,
            }),
        }
    }

    pub(super) fn id(&self) -> CallerId {
        self.id
    }

    /// Counts a request against the rate limit. The error is the time until the next one is
    /// allowed.
    pub(super) fn try_request(&self) -> Result<(), Duration> {
        self.state().last_request = Instant::now();
        self.rate
            .check()
            .map_err(|early| early.wait_time_from(DefaultClock::default().now()))
    }

    /// A permit for another tool call, unless the limit is reached.
    pub(super) fn try_start_call(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.calls).try_acquire_owned().ok()
    }

    /// A permit for another stream, unless the limit is reached.
    pub(super) fn try_open_stream(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.streams).try_acquire_owned().ok()
    }

    /// Waits until another body may be read.
    pub(super) async fn acquire_read(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(permit) = self.reading.try_acquire() {
            return Some(permit);
        }
        let _queued = QueuedRead::begin(&self.queued_reads);
        // The semaphore is never closed.
        self.reading.acquire().await.ok()
    }

    /// Whether a body waits to be read.
    pub(super) fn has_queued_reads(&self) -> bool {
        self.queued_reads.load(Relaxed) > 0
    }

    /// Vapi has rejected the token.
    pub(super) fn mark_rejected(&self) {
        let mut state = self.state();
        state.rejected_at = Some(Instant::now());
        state.is_verified = false;
    }

    /// Vapi has accepted the token.
    pub(super) fn mark_verified(&self) {
        self.state().is_verified = true;
    }

    /// Whether Vapi has accepted the token.
    pub(super) fn is_verified(&self) -> bool {
        self.state().is_verified
    }

    /// Whether Vapi rejected the token a short time ago.
    pub(super) fn is_rejected(&self) -> bool {
        let rejected_at = self.state().rejected_at;
        rejected_at.is_some_and(|at| at.elapsed() < REJECTION_TTL)
    }

    fn is_idle(&self) -> bool {
        !self.is_rejected() && self.state().last_request.elapsed() > REJECTION_TTL
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a waiting body until it is dropped.
struct QueuedRead<'a>(&'a AtomicUsize);

impl<'a> QueuedRead<'a> {
    fn begin(queued_reads: &'a AtomicUsize) -> Self {
        queued_reads.fetch_add(1, Relaxed);
        Self(queued_reads)
    }
}

impl Drop for QueuedRead<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Token;
    use crate::guard::digest::caller_id;

    fn callers() -> CallerRegistry {
        CallerRegistry::new(CallerLimits {
            rate: NonZeroU32::new(5).unwrap(),
            calls: 2,
            streams: 1,
        })
    }

    fn id(token: &str) -> CallerId {
        caller_id(&Token::new(token).unwrap())
    }

    #[test]
    fn each_caller_has_an_allowance_of_its_own() {
        let callers = callers();
        let (a, b) = (callers.get(id("a")), callers.get(id("b")));
        let first: Vec<_> = (0..11).map(|_| a.try_request()).collect();
        assert!(first.iter().take(10).all(Result::is_ok));
        let wait = first[10].unwrap_err();
        assert!(wait <= Duration::from_millis(200), "{wait:?}");
        assert!(b.try_request().is_ok());

        let held = (a.try_start_call().unwrap(), a.try_start_call().unwrap());
        assert!(a.try_start_call().is_none());
        assert!(b.try_start_call().is_some());
        drop(held);
        assert!(a.try_start_call().is_some());
    }

    #[test]
    fn a_refusal_is_the_callers_alone() {
        let callers = callers();
        callers.get(id("a")).mark_rejected();
        assert!(callers.get(id("a")).is_rejected());
        assert!(!callers.get(id("b")).is_rejected());
    }

    #[test]
    fn tokens_without_end_do_not_fill_the_memory() {
        let callers = callers();
        let busy = callers.get(id("busy"));
        busy.mark_rejected();
        for number in 0..3 * MAX_CALLERS {
            callers.get(id(&number.to_string()));
        }
        assert!(callers.entries.lock().unwrap().len() <= MAX_CALLERS);
        assert!(callers.get(id("busy")).is_rejected());
    }

    #[test]
    fn who_has_something_under_way_is_not_forgotten() {
        let callers = callers();
        let _stream = callers.get(id("stream")).try_open_stream().unwrap();
        let _calls: Vec<_> =
            std::iter::from_fn(|| callers.get(id("calls")).try_start_call()).collect();
        for number in 0..3 * MAX_CALLERS {
            callers.get(id(&number.to_string()));
        }
        assert!(callers.get(id("stream")).try_open_stream().is_none());
        assert!(callers.get(id("calls")).try_start_call().is_none());
    }

    #[test]
    fn keys_that_vapi_accepted_are_remembered_longest() {
        let callers = callers();
        callers.get(id("known")).mark_verified();
        for number in 0..3 * MAX_CALLERS {
            callers.get(id(&number.to_string()));
        }
        assert!(callers.get(id("known")).is_verified());
        callers.get(id("known")).mark_rejected();
        assert!(!callers.get(id("known")).is_verified());
    }

    #[test]
    fn no_allowance_is_too_large() {
        let callers = CallerRegistry::new(CallerLimits {
            rate: NonZeroU32::MAX,
            calls: usize::MAX,
            streams: usize::MAX,
        });
        let caller = callers.get(id("a"));
        assert!((0..1000).all(|_| caller.try_request().is_ok()));
        assert!(caller.try_start_call().is_some() && caller.try_open_stream().is_some());
    }
}
