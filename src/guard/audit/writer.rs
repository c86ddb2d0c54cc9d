//! The thread that writes the log, so that no call waits for another one's disk.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::file::LogFile;

/// Lines that are written and synced together, in bytes.
const BATCH: u64 = 1 << 20;

/// Pause before lines are tried again that could not be written.
const AGAIN: Duration = Duration::from_secs(1);

/// How long the end of the process may wait for the last lines.
const LAST: Duration = Duration::from_secs(5);

/// A line on its way to the disk.
pub(super) struct Job {
    /// With its line end.
    pub(super) line: Vec<u8>,
    /// Told whether the line was written. A line that nobody waits for is tried again.
    pub(super) done: Option<oneshot::Sender<Result<(), String>>>,
    /// Counts the write until its last line is on the disk.
    pub(super) _place: Arc<OwnedSemaphorePermit>,
}

/// Ends when it is dropped, after the lines that are queued.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<SyncSender<Job>>,
    ended: Mutex<Receiver<()>>,
}

impl Writer {
    /// Starts the thread, with a queue of this length.
    pub(super) fn start(log: LogFile, length: usize) -> io::Result<Self> {
        let (queue, jobs) = sync_channel(length);
        let (running, ended) = mpsc::channel();
        thread::Builder::new()
            .name("audit-log".to_owned())
            .spawn(move || {
                let _running: mpsc::Sender<()> = running;
                write(&log, &jobs);
            })?;
        Ok(Self {
            queue: Some(queue),
            ended: Mutex::new(ended),
        })
    }

    /// Queues a line without waiting.
    pub(super) fn queue(&self, job: Job) -> Result<(), &'static str> {
        let Some(queue) = &self.queue else {
            return Err("its writer has ended");
        };
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => "too many lines are waiting for the disk",
            TrySendError::Disconnected(_) => "its writer has ended",
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(LAST) == Err(RecvTimeoutError::Timeout) {
            tracing::error!("the last lines of the audit log may not be on the disk");
        }
    }
}

/// Writes lines until nobody can queue any more.
fn write(log: &LogFile, jobs: &Receiver<Job>) {
    let batch = BATCH.min(log.max_bytes());
    let mut waiting = VecDeque::new();
    let mut failing = false;
    loop {
        let next = match waiting.is_empty() {
            true => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => jobs.recv_timeout(AGAIN),
        };
        let ended = matches!(next, Err(RecvTimeoutError::Disconnected));
        waiting.extend(next);
        waiting.extend(jobs.try_iter());
        match write_all(log, &mut waiting, batch) {
            Err(error) if ended || !failing => {
                tracing::error!(
                    error,
                    outcomes = waiting.len(),
                    "the audit log cannot be written: writes are refused, and outcomes are kept \
                     until it can be written again"
                );
                failing = true;
            }
            Err(_) => {}
            Ok(()) => failing = false,
        }
        if ended {
            return;
        }
    }
}

/// Writes what is waiting, in batches. Outcomes that could not be written are left.
fn write_all(log: &LogFile, waiting: &mut VecDeque<Job>, batch: u64) -> Result<(), String> {
    let mut left = VecDeque::new();
    let mut ended = Ok(());
    while let Some((jobs, lines)) = next_batch(waiting, batch) {
        let written = log.append(&lines).map_err(|error| error.to_string());
        for mut job in jobs {
            match (job.done.take(), &written) {
                // A caller who no longer waits has queued an outcome that says so.
                (Some(done), written) => drop(done.send(written.clone())),
                (None, Ok(())) => {}
                (None, Err(_)) => left.push_back(job),
            }
        }
        ended = ended.and(written);
    }
    *waiting = left;
    ended
}

/// As many lines as go into a batch of this size, and at least one.
fn next_batch(waiting: &mut VecDeque<Job>, batch: u64) -> Option<(Vec<Job>, Vec<u8>)> {
    let first = waiting.pop_front()?;
    let mut lines = first.line.clone();
    let mut jobs = vec![first];
    while let Some(next) = waiting.front() {
        let length = lines.len().saturating_add(next.line.len());
        if !u64::try_from(length).is_ok_and(|length| length <= batch) {
            break;
        }
        lines.extend_from_slice(&next.line);
        jobs.extend(waiting.pop_front());
    }
    Some((jobs, lines))
}
