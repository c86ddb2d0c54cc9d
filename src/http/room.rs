//! Memory for the messages that are being read. Every byte that has come counts for its key, its
//! address and in total; whoever sends slowly makes room for others when there is none left.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{address::Address, caller::Principal};

/// Bytes of one message that count for nothing; the number of connections bounds these.
pub(super) const SMALL: usize = 16 << 10;

/// A message is slow when, after `BEGIN`, fewer bytes a second than this have come.
const SLOW: u128 = 64 << 10;

/// A message is not judged before.
const BEGIN: Duration = Duration::from_secs(1);

/// How often a message that nobody makes room for looks again.
const AGAIN: Duration = Duration::from_millis(50);

/// Bytes of messages that are being read at the same time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    pub(super) key: usize,
    pub(super) address: usize,
    pub(super) all: usize,
}

/// A key has room for the 32 messages of 4 MiB that are read at once.
pub(super) const MOST: Most = Most {
    key: 128 << 20,
    address: 192 << 20,
    all: 256 << 20,
};

/// What is being read.
#[derive(Debug)]
pub(super) struct Room {
    most: Most,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    all: usize,
    by_key: HashMap<Principal, usize>,
    by_address: HashMap<Address, usize>,
    messages: HashMap<u64, Message>,
}

#[derive(Debug)]
struct Message {
    key: Principal,
    address: Address,
    bytes: usize,
    since: Instant,
    lost: CancellationToken,
}

/// The place of one message while it is read.
#[derive(Debug)]
pub(super) struct Place {
    room: Arc<Room>,
    key: Principal,
    address: Address,
    since: Instant,
    bytes: usize,
    number: Option<u64>,
    lost: CancellationToken,
}

/// Others needed the room of this message, which came slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message arrived slowly while others waited")]
pub(super) struct TooSlow;

impl Room {
    pub(super) fn new(most: Most) -> Self {
        Self {
            most,
            taken: Mutex::default(),
        }
    }

    pub(super) fn place(self: &Arc<Self>, key: Principal, address: Address) -> Place {
        Place {
            room: Arc::clone(self),
            key,
            address,
            since: Instant::now(),
            bytes: 0,
            number: None,
            lost: CancellationToken::new(),
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Counts these bytes; waits while there is no room for them and nobody is slow.
    pub(super) async fn add(&mut self, bytes: usize) -> Result<(), TooSlow> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= SMALL {
            return Ok(());
        }
        while !self.fits()? {
            tokio::time::sleep(AGAIN).await;
        }
        Ok(())
    }

    /// Resolves when others have taken the place.
    pub(super) async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Counts all bytes that have come, if there is room for them or somebody else is slow.
    fn fits(&mut self) -> Result<bool, TooSlow> {
        let mut taken = self.room.taken();
        loop {
            if self.lost.is_cancelled() {
                return Err(TooSlow);
            }
            let number = *self.number.get_or_insert_with(|| {
                taken.begin(self.key, self.address, self.since, self.lost.clone())
            });
            let counted = taken
                .messages
                .get(&number)
                .map_or(0, |message| message.bytes);
            let more = self.bytes.saturating_sub(counted);
            let Some(short) = taken.short(self.room.most, self.key, self.address, more) else {
                taken.grow(number, more);
                return Ok(true);
            };
            let Some(slowest) = taken.slowest(short) else {
                return Ok(false);
            };
            if let Some(message) = taken.remove(slowest) {
                message.lost.cancel();
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.room.taken().remove(number);
        }
    }
}

/// The limit that is reached.
#[derive(Clone, Copy)]
enum Short {
    Key(Principal),
    Address(Address),
    All,
}

impl Taken {
    fn begin(
        &mut self,
        key: Principal,
        address: Address,
        since: Instant,
        lost: CancellationToken,
    ) -> u64 {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let message = Message {
            key,
            address,
            bytes: 0,
            since,
            lost,
        };
        self.messages.insert(number, message);
        number
    }

    fn short(&self, most: Most, key: Principal, address: Address, more: usize) -> Option<Short> {
        let of = |taken: Option<&usize>| taken.copied().unwrap_or_default().saturating_add(more);
        if of(self.by_key.get(&key)) > most.key {
            Some(Short::Key(key))
        } else if of(self.by_address.get(&address)) > most.address {
            Some(Short::Address(address))
        } else if of(Some(&self.all)) > most.all {
            Some(Short::All)
        } else {
            None
        }
    }

    /// The message that came slowest among those that take the room that is short.
    fn slowest(&self, short: Short) -> Option<u64> {
        let now = Instant::now();
        let takes = |message: &Message| match short {
            Short::Key(key) => message.key == key,
            Short::Address(address) => message.address == address,
            Short::All => true,
        };
        let candidates = self.messages.iter().filter(|(_, message)| takes(message));
        let rated = candidates.filter_map(|(&number, message)| {
            let took = now.saturating_duration_since(message.since);
            let rate = (message.bytes as u128).saturating_mul(1000) / took.as_millis().max(1);
            (took >= BEGIN && rate < SLOW).then_some((rate, number))
        });
        rated.min().map(|(_, number)| number)
    }

    fn grow(&mut self, number: u64, more: usize) {
        let Some(message) = self.messages.get_mut(&number) else {
            return;
        };
        message.bytes = message.bytes.saturating_add(more);
        self.all = self.all.saturating_add(more);
        add(&mut self.by_key, message.key, more);
        add(&mut self.by_address, message.address, more);
    }

    fn remove(&mut self, number: u64) -> Option<Message> {
        let message = self.messages.remove(&number)?;
        self.all = self.all.saturating_sub(message.bytes);
        subtract(&mut self.by_key, message.key, message.bytes);
        subtract(&mut self.by_address, message.address, message.bytes);
        Some(message)
    }
}

fn add<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: K, more: usize) {
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(more);
}

fn subtract<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: K, less: usize) {
    if let Some(count) = counts.get_mut(&key) {
        *count = count.saturating_sub(less);
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Token;

    const PART: usize = 2 * SMALL;

    /// Room for two parts of a key, three of an address and four in total.
    fn room() -> Arc<Room> {
        Arc::new(Room::new(Most {
            key: 2 * PART,
            address: 3 * PART,
            all: 4 * PART,
        }))
    }

    fn key(name: &str) -> Principal {
        Principal::of(&Token::new(name).unwrap())
    }

    fn address(last: u8) -> Address {
        Address::of([192, 0, 2, last].into())
    }

    async fn begun(room: &Arc<Room>, name: &str, from: u8) -> Place {
        let mut place = room.place(key(name), address(from));
        place.add(PART).await.unwrap();
        place
    }

    #[tokio::test(start_paused = true)]
    async fn small_messages_need_no_room() {
        let room = room();
        let mut places = Vec::new();
        for _ in 0..100 {
            let mut place = room.place(key("one"), address(1));
            place.add(SMALL).await.unwrap();
            places.push(place);
        }
        assert!(room.taken().messages.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn the_slowest_makes_room_for_others() {
        let room = room();
        let mut held = Vec::new();
        for (name, from) in [("a", 1), ("b", 1), ("c", 2), ("d", 2)] {
            held.push(begun(&room, name, from).await);
            tokio::time::sleep(BEGIN).await;
        }
        let start = Instant::now();
        let _victim = begun(&room, "victim", 3).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        held[0].lost().await;
        assert_eq!(held[0].add(1).await, Err(TooSlow));
        assert!(held.iter().skip(1).all(|place| !place.lost.is_cancelled()));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_loses_a_place_while_all_send_fast() {
        let room = room();
        let held = [begun(&room, "a", 1).await, begun(&room, "a", 1).await];
        let next = begun(&room, "a", 1);
        let soon = tokio::time::timeout(BEGIN / 2, next).await;
        assert!(soon.is_err(), "the key has no more room");
        assert!(held.iter().all(|place| !place.lost.is_cancelled()));
        let [first, _second] = held;
        drop(first);
        begun(&room, "a", 1).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_or_an_address_makes_room_for_itself_only() {
        let room = room();
        let other = begun(&room, "other", 2).await;
        tokio::time::sleep(2 * BEGIN).await;
        let own = [begun(&room, "a", 1).await, begun(&room, "a", 1).await];
        tokio::time::sleep(BEGIN).await;
        let third = begun(&room, "a", 1).await;
        assert_eq!(own.iter().filter(|p| p.lost.is_cancelled()).count(), 1);
        let fourth = begun(&room, "b", 1).await;
        tokio::time::sleep(BEGIN).await;
        let _fifth = begun(&room, "c", 1).await;
        assert!(!other.lost.is_cancelled());
        drop((own, third, fourth));
    }

    #[tokio::test(start_paused = true)]
    async fn room_is_given_back() {
        let room = room();
        for _ in 0..3 {
            begun(&room, "a", 1).await;
        }
        let taken = room.taken();
        assert_eq!(taken.all, 0);
        assert!(taken.messages.is_empty() && taken.by_key.is_empty());
        assert!(taken.by_address.is_empty());
    }
}
