//! The thread that writes the log, so that tool calls do not block each other on the disk.

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

/// Maximum size in bytes of the lines that are written and synced together.
const BATCH: u64 = 1 << 20;

/// Pause before another attempt to write lines after a failure.
const AGAIN: Duration = Duration::from_secs(1);

/// Maximum time that the end of the process waits for the last lines.
const LAST: Duration = Duration::from_secs(5);

/// A queued line.
pub(super) struct Job {
    /// The line, including its line end.
    pub(super) line: Vec<u8>,
    /// Receives whether the line was written. Without a receiver, a failed line is written again
    /// later.
    pub(super) done: Option<oneshot::Sender<Result<(), String>>>,
    /// Counts the write until its last line is on the disk.
    pub(super) _place: Arc<OwnedSemaphorePermit>,
}

/// The writer thread. When this is dropped, the thread writes the queued lines and ends.
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

/// Writes lines until all senders are dropped.
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
                    "the audit log cannot be written: writes are refused, and outcomes are queued \
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

/// Writes the waiting lines in batches. Outcomes that could not be written stay in `waiting`.
fn write_all(log: &LogFile, waiting: &mut VecDeque<Job>, batch: u64) -> Result<(), String> {
    let mut left = VecDeque::new();
    let mut ended = Ok(());
    while let Some((jobs, lines)) = next_batch(waiting, batch) {
        let written = log.append(&lines).map_err(|error| error.to_string());
        for mut job in jobs {
            match (job.done.take(), &written) {
                // A caller that no longer waits has queued an outcome that says so.
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

/// Takes at least one line, and as many as fit into a batch of this size.
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
