//! Limits the memory of the bodies that are being read: per caller, per address and in total. When
//! a limit is reached, the slowest body is evicted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{client_address::ClientAddress, counts::Counts};
use crate::guard::digest::CallerId;

/// The number of bytes at the start of each body that are not counted; the limit on connections
/// also limits these.
pub(super) const UNCOUNTED: usize = 16 << 10;

/// A body is slow if its rate is below this after `RATE_GRACE`.
const MIN_BYTES_PER_SECOND: u128 = 64 << 10;

/// The time before which no body is considered slow.
const RATE_GRACE: Duration = Duration::from_secs(1);

/// Interval at which a body that waits for memory tries again.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// Limits in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct MemoryLimits {
    pub(super) per_caller: usize,
    pub(super) per_address: usize,
    pub(super) total: usize,
}

/// A caller can use 32 concurrent reads of 4 MiB each.
pub(super) const BODY_MEMORY: MemoryLimits = MemoryLimits {
    per_caller: 128 << 20,
    per_address: 192 << 20,
    total: 256 << 20,
};

#[derive(Debug)]
pub(super) struct BodyMemory {
    limits: MemoryLimits,
    usage: Mutex<Usage>,
}

#[derive(Debug, Default)]
struct Usage {
    next: u64,
    by_caller: Counts<CallerId>,
    by_address: Counts<ClientAddress>,
    messages: HashMap<u64, Message>,
}

#[derive(Debug)]
struct Message {
    caller: CallerId,
    address: ClientAddress,
    bytes: usize,
    since: Instant,
    evicted: CancellationToken,
}

/// The memory of one body while it is read.
#[derive(Debug)]
pub(super) struct Reservation {
    memory: Arc<BodyMemory>,
    caller: CallerId,
    address: ClientAddress,
    since: Instant,
    bytes: usize,
    number: Option<u64>,
    evicted: CancellationToken,
}

/// The body arrived slowly, and others needed its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message arrived slowly while other messages waited")]
pub(super) struct TooSlow;

impl BodyMemory {
    pub(super) fn new(limits: MemoryLimits) -> Self {
        Self {
            limits,
            usage: Mutex::default(),
        }
    }

    pub(super) fn reserve(
        self: &Arc<Self>,
        caller: CallerId,
        address: ClientAddress,
    ) -> Reservation {
        Reservation {
            memory: Arc::clone(self),
            caller,
            address,
            since: Instant::now(),
            bytes: 0,
            number: None,
            evicted: CancellationToken::new(),
        }
    }

    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reservation {
    /// Counts received bytes. Waits while a limit is reached and no body is slow.
    pub(super) async fn add(&mut self, bytes: usize) -> Result<(), TooSlow> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= UNCOUNTED {
            return Ok(());
        }
        while !self.try_count()? {
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
        Ok(())
    }

    /// Resolves when the body is evicted.
    pub(super) async fn evicted(&self) {
        self.evicted.cancelled().await;
    }

    /// Counts all received bytes, unless a limit is reached and no body is slow.
    fn try_count(&mut self) -> Result<bool, TooSlow> {
        let mut usage = self.memory.usage();
        loop {
            if self.evicted.is_cancelled() {
                return Err(TooSlow);
            }
            let number = *self.number.get_or_insert_with(|| {
                usage.register(self.caller, self.address, self.since, self.evicted.clone())
            });
            let counted = usage
                .messages
                .get(&number)
                .map_or(0, |message| message.bytes);
            let more = self.bytes.saturating_sub(counted);
            let Some(exhausted) =
                usage.exhausted_by(self.memory.limits, self.caller, self.address, more)
            else {
                usage.grow(number, more);
                return Ok(true);
            };
            let Some(slowest) = usage.slowest(exhausted) else {
                return Ok(false);
            };
            if let Some(message) = usage.remove(slowest) {
                message.evicted.cancel();
            }
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.memory.usage().remove(number);
        }
    }
}

/// A limit that is reached.
#[derive(Clone, Copy)]
enum Exhausted {
    Caller(CallerId),
    Address(ClientAddress),
    Total,
}

impl Usage {
    fn register(
        &mut self,
        caller: CallerId,
        address: ClientAddress,
        since: Instant,
        evicted: CancellationToken,
    ) -> u64 {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let message = Message {
            caller,
            address,
            bytes: 0,
            since,
            evicted,
        };
        self.messages.insert(number, message);
        number
    }

    fn exhausted_by(
        &self,
        limits: MemoryLimits,
        caller: CallerId,
        address: ClientAddress,
        more: usize,
    ) -> Option<Exhausted> {
        let exceeds = |count: usize, limit| count.saturating_add(more) > limit;
        if exceeds(self.by_caller.of(&caller), limits.per_caller) {
            Some(Exhausted::Caller(caller))
        } else if exceeds(self.by_address.of(&address), limits.per_address) {
            Some(Exhausted::Address(address))
        } else if exceeds(self.by_address.total(), limits.total) {
            Some(Exhausted::Total)
        } else {
            None
        }
    }

    /// The slowest body that counts towards this limit.
    fn slowest(&self, exhausted: Exhausted) -> Option<u64> {
        let now = Instant::now();
        let takes = |message: &Message| match exhausted {
            Exhausted::Caller(caller) => message.caller == caller,
            Exhausted::Address(address) => message.address == address,
            Exhausted::Total => true,
        };
        let candidates = self.messages.iter().filter(|(_, message)| takes(message));
        let rated = candidates.filter_map(|(&number, message)| {
            let took = now.saturating_duration_since(message.since);
            let rate = (message.bytes as u128).saturating_mul(1000) / took.as_millis().max(1);
            (took >= RATE_GRACE && rate < MIN_BYTES_PER_SECOND).then_some((rate, number))
        });
        rated.min().map(|(_, number)| number)
    }

    fn grow(&mut self, number: u64, more: usize) {
        let Some(message) = self.messages.get_mut(&number) else {
            return;
        };
        message.bytes = message.bytes.saturating_add(more);
        self.by_caller.add(message.caller, more);
        self.by_address.add(message.address, more);
    }

    fn remove(&mut self, number: u64) -> Option<Message> {
        let message = self.messages.remove(&number)?;
        self.by_caller.subtract(&message.caller, message.bytes);
        self.by_address.subtract(&message.address, message.bytes);
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Token;
    use crate::guard::digest::caller_id;

    const PART: usize = 2 * UNCOUNTED;

    /// Limits for tests: two parts per caller, three per address and four in total.
    fn memory() -> Arc<BodyMemory> {
        Arc::new(BodyMemory::new(MemoryLimits {
            per_caller: 2 * PART,
            per_address: 3 * PART,
            total: 4 * PART,
        }))
    }

    fn caller(name: &str) -> CallerId {
        caller_id(&Token::new(name).unwrap())
    }

    fn address(last: u8) -> ClientAddress {
        ClientAddress::of([192, 0, 2, last].into())
    }

    async fn begun(memory: &Arc<BodyMemory>, name: &str, from: u8) -> Reservation {
        let mut reservation = memory.reserve(caller(name), address(from));
        reservation.add(PART).await.unwrap();
        reservation
    }

    #[tokio::test(start_paused = true)]
    async fn small_messages_need_no_room() {
        let memory = memory();
        let mut reservations = Vec::new();
        for _ in 0..100 {
            let mut reservation = memory.reserve(caller("one"), address(1));
            reservation.add(UNCOUNTED).await.unwrap();
            reservations.push(reservation);
        }
        assert!(memory.usage().messages.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn the_slowest_makes_room_for_others() {
        let memory = memory();
        let mut held = Vec::new();
        for (name, from) in [("a", 1), ("b", 1), ("c", 2), ("d", 2)] {
            held.push(begun(&memory, name, from).await);
            tokio::time::sleep(RATE_GRACE).await;
        }
        let start = Instant::now();
        let _victim = begun(&memory, "victim", 3).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        held[0].evicted().await;
        assert_eq!(held[0].add(1).await, Err(TooSlow));
        assert!(
            held.iter()
                .skip(1)
                .all(|reservation| !reservation.evicted.is_cancelled())
        );
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_loses_a_place_while_all_send_fast() {
        let memory = memory();
        let held = [begun(&memory, "a", 1).await, begun(&memory, "a", 1).await];
        let next = begun(&memory, "a", 1);
        let soon = tokio::time::timeout(RATE_GRACE / 2, next).await;
        assert!(soon.is_err(), "the key has no more room");
        assert!(
            held.iter()
                .all(|reservation| !reservation.evicted.is_cancelled())
        );
        let [first, _second] = held;
        drop(first);
        begun(&memory, "a", 1).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_or_an_address_makes_room_for_itself_only() {
        let memory = memory();
        let other = begun(&memory, "other", 2).await;
        tokio::time::sleep(2 * RATE_GRACE).await;
        let own = [begun(&memory, "a", 1).await, begun(&memory, "a", 1).await];
        tokio::time::sleep(RATE_GRACE).await;
        let third = begun(&memory, "a", 1).await;
        assert_eq!(own.iter().filter(|p| p.evicted.is_cancelled()).count(), 1);
        let fourth = begun(&memory, "b", 1).await;
        tokio::time::sleep(RATE_GRACE).await;
        let _fifth = begun(&memory, "c", 1).await;
        assert!(!other.evicted.is_cancelled());
        drop((own, third, fourth));
    }

    #[tokio::test(start_paused = true)]
    async fn room_is_given_back() {
        let memory = memory();
        for _ in 0..3 {
            begun(&memory, "a", 1).await;
        }
        let usage = memory.usage();
        assert!(usage.messages.is_empty() && usage.by_caller.is_empty());
        assert!(usage.by_address.is_empty());
    }
}
