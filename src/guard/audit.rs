//! The audit log: one line of JSON before every write, and one after it.
//!
//! ```json
//! {"at":"2027-01-31T12:00:00Z","id":"9f…","caller":"5c…","tool":"…","operation":"POST /call","effect":"dial","arguments":"e1…","calls":["07…"]}
//! {"at":"2027-01-31T12:00:01Z","id":"9f…","outcome":"done"}
//! ```
//!
//! Personal data appears only as an HMAC-SHA-256 keyed with the token. At the start, the calls of
//! the last day and the scheduled calls that are still due are read back, so that a restart does
//! not reset the counts. `rings` is the time for which calls are scheduled.
//!
//! One thread (`writer`) writes the lines, several per sync, to a file that is rotated by size
//! (`file`).

mod file;
mod writer;

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};

use self::{
    file::LogFile,
    writer::{Job, Writer},
};
use super::{
    digest::{Digest, hex},
    ledger::{KEPT, SAME},
};
use crate::model::Effect;

/// The default size in bytes at which the log is rotated.
pub const MAX_BYTES: u64 = 100_000_000;

/// Maximum number of bytes that are read back at the start, from the end of the log.
const READ_BACK: u64 = 64 << 20;

/// Maximum number of pending writes, across all keys. An invalid key is recognised only when Vapi
/// responds.
const UNANSWERED: usize = 1024;

/// Maximum time that a write waits until its line is on the disk.
const PATIENCE: Duration = Duration::from_secs(10);

/// A line to be written.
#[derive(Debug, Serialize)]
struct Line<'a> {
    /// The time in UTC, in RFC 3339 format.
    at: String,
    /// An id that both lines of a write have.
    id: &'a str,
    #[serde(flatten)]
    said: Said,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Said {
    /// The line before the write is sent.
    Before {
        caller: String,
        tool: String,
        operation: String,
        effect: &'static str,
        arguments: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        calls: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rings: Option<String>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        spends: bool,
    },
    /// The line after the write was sent.
    After { outcome: Outcome },
}

impl Line<'_> {
    fn text(&self) -> Result<Vec<u8>, AuditError> {
        let mut text = serde_json::to_vec(self).map_err(io::Error::from)?;
        text.push(b'\n');
        Ok(text)
    }
}

/// A line that was read back, of either kind.
#[derive(Debug, Deserialize)]
struct ReadLine {
    at: String,
    id: String,
    caller: Option<String>,
    operation: Option<String>,
    #[serde(default)]
    calls: Vec<String>,
    rings: Option<String>,
    #[serde(default)]
    spends: bool,
    outcome: Option<Outcome>,
}

/// The outcome of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Vapi confirmed it.
    Done,
    /// Vapi did not process it.
    Failed,
    /// The outcome is unknown.
    Unknown,
}

/// A write, before it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The hash of the caller's token.
    pub caller: Digest,
    /// The name of the tool.
    pub tool: &'a str,
    /// The method and path of the operation, with the names of parameters in braces.
    pub operation: &'a str,
    /// The effect of the tool.
    pub effect: Effect,
    /// The hash of the tool and its arguments.
    pub arguments: Digest,
    /// The hashes of the calls that it places.
    pub calls: &'a [Digest],
    /// The scheduled time of the calls; immediately if `None`.
    pub rings: Option<DateTime<Utc>>,
    /// Whether it costs money besides calls.
    pub spends: bool,
}

/// A write that counts and was sent before this process began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The hash of the caller's token.
    pub caller: Digest,
    /// The time when they were placed.
    pub at: DateTime<Utc>,
    /// The operation that placed them; `None` in lines of earlier versions.
    pub operation: Option<String>,
    /// The hashes of the calls.
    pub calls: Vec<Digest>,
    /// The scheduled time of the calls; immediately if `None`.
    pub rings: Option<DateTime<Utc>>,
    /// Whether it costs money besides calls.
    pub spends: bool,
}

/// Why a line was not written.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The writer thread reports that the file could not be written.
    #[error("{0}")]
    Refused(String),
    /// The disk did not respond in time.
    #[error("it could not be written within {} s", PATIENCE.as_secs())]
    Slow,
    /// Too many writes are pending.
    #[error("{UNANSWERED} writes are already waiting for a response; try again later")]
    Unanswered,
}

/// The audit log, which is written by a thread of its own.
#[derive(Debug)]
pub struct Audit {
    writer: Writer,
    places: Arc<Semaphore>,
    random: SystemRandom,
}

/// A write whose first line is on the disk.
#[derive(Debug)]
#[must_use = "the outcome of the write must be logged"]
pub struct Logged {
    id: String,
    place: Arc<OwnedSemaphorePermit>,
}

impl Audit {
    /// Opens the log, or creates it with access for its owner only, and reads the calls of the 24
    /// hours before `now`. The log is rotated before it exceeds `max_bytes`, unless a single line
    /// is longer than that.
    pub fn open(
        path: &Path,
        max_bytes: u64,
        now: DateTime<Utc>,
    ) -> io::Result<(Self, Vec<Placed>)> {
        let log = LogFile::open(path, max_bytes)?;
        let mut calls = Calls::before(now);
        for tail in log.tails(READ_BACK)? {
            calls.read(tail)?;
        }
        // Each write has at most two lines in the queue.
        let writer = Writer::start(log, UNANSWERED * 2)?;
        let audit = Self {
            writer,
            places: Arc::new(Semaphore::new(UNANSWERED)),
            random: SystemRandom::new(),
        };
        Ok((audit, calls.placed()))
    }

    /// Writes the line that precedes a write and syncs it to the disk. If the future is dropped,
    /// the outcome `failed` is logged.
    pub async fn before(
        &self,
        write: &Entry<'_>,
        now: DateTime<Utc>,
    ) -> Result<Logged, AuditError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = Arc::new(place.map_err(|_| AuditError::Unanswered)?);
        let id = self.id()?;
        let said = Said::Before {
            caller: write.caller.to_string(),
            tool: write.tool.to_owned(),
            operation: write.operation.to_owned(),
            effect: write.effect.name(),
            arguments: write.arguments.to_string(),
            calls: write.calls.iter().map(ToString::to_string).collect(),
            rings: write.rings.map(written),
            spends: write.spends,
        };
        let line = Line {
            at: written(now),
            id: &id,
            said,
        };
        let (done, answer) = oneshot::channel();
        self.queue(line.text()?, Some(done), &place)?;
        let mut unsent = Unsent {
            audit: self,
            now,
            logged: Some(Logged { id, place }),
        };
        match timeout(PATIENCE, answer).await {
            Ok(Ok(Ok(()))) => unsent.logged.take().ok_or(AuditError::Slow),
            Ok(Ok(Err(reason))) => {
                unsent.logged = None;
                Err(AuditError::Refused(reason))
            }
            Ok(Err(_)) => Err(AuditError::Refused("its writer has ended".to_owned())),
            Err(_) => Err(AuditError::Slow),
        }
    }

    /// Queues the line with the outcome of a write, without waiting for the disk.
    pub fn after(&self, write: Logged, outcome: Outcome, now: DateTime<Utc>) {
        let line = Line {
            at: written(now),
            id: &write.id,
            said: Said::After { outcome },
        };
        let queued = line
            .text()
            .and_then(|text| self.queue(text, None, &write.place));
        if let Err(error) = queued {
            tracing::error!(%error, "the audit log could not be written after a request");
        }
    }

    fn queue(
        &self,
        line: Vec<u8>,
        done: Option<oneshot::Sender<Result<(), String>>>,
        place: &Arc<OwnedSemaphorePermit>,
    ) -> Result<(), AuditError> {
        let job = Job {
            line,
            done,
            _place: Arc::clone(place),
        };
        let queued = self.writer.queue(job);
        queued.map_err(|reason| AuditError::Refused(reason.to_owned()))
    }

    fn id(&self) -> Result<String, AuditError> {
        let mut id = [0; 16];
        let random = self.random.fill(&mut id);
        random.map_err(|_| io::Error::other("no random numbers are available"))?;
        Ok(hex(&id))
    }
}

/// A write whose first line is queued.
struct Unsent<'a> {
    audit: &'a Audit,
    now: DateTime<Utc>,
    logged: Option<Logged>,
}

impl Drop for Unsent<'_> {
    fn drop(&mut self) {
        if let Some(logged) = self.logged.take() {
            self.audit.after(logged, Outcome::Failed, self.now);
        }
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn read(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

/// The calls of one day, and the scheduled calls that are still due, except those that Vapi
/// certainly did not place.
struct Calls {
    now: DateTime<Utc>,
    found: HashMap<String, Placed>,
}

impl Calls {
    fn before(now: DateTime<Utc>) -> Self {
        Self {
            now,
            found: HashMap::new(),
        }
    }

    /// Reads lines. A line that cannot be parsed was written incompletely, so its write was not
    /// sent.
    fn read(&mut self, lines: impl Read) -> io::Result<()> {
        let mut reader = BufReader::new(lines);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            if reader.read_until(b'\n', &mut bytes)? == 0 {
                return Ok(());
            }
            if let Ok(line) = serde_json::from_slice(&bytes) {
                self.take(line);
            }
        }
    }

    fn take(&mut self, line: ReadLine) {
        if line.outcome == Some(Outcome::Failed) {
            self.found.remove(&line.id);
        }
        let calls: Vec<_> = line
            .calls
            .iter()
            .filter_map(|call| Digest::parse(call))
            .collect();
        let caller = line.caller.as_deref().and_then(Digest::parse);
        let rings = line.rings.as_deref().and_then(read);
        let to_come = rings.is_some_and(|rings| self.now.signed_duration_since(rings) < SAME);
        if let (Some(at), Some(caller)) = (read(&line.at), caller)
            && (to_come || self.now.signed_duration_since(at) < KEPT)
            && (line.spends || !calls.is_empty())
        {
            let placed = Placed {
                caller,
                at,
                operation: line.operation,
                calls,
                rings,
                spends: line.spends,
            };
            self.found.insert(line.id, placed);
        }
    }

    /// The calls in the order in which they were placed.
    fn placed(self) -> Vec<Placed> {
        let mut placed: Vec<_> = self.found.into_values().collect();
        placed.sort_by_key(|placed| placed.at);
        placed
    }
}

#[cfg(test)]
mod tests;
