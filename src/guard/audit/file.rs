//! The file of the audit log: appends lines, rotates by size, and reads the end back.
//!
//! The file is opened again for every write, so that it is created again after it was renamed or
//! deleted (for example by logrotate). It is locked during each write, so that several processes
//! may share it.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Take, Write},
    path::{self, Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime},
};

/// Maximum time to wait for the lock of another process; writing a batch takes milliseconds.
const LOCKED: Duration = Duration::from_secs(2);

/// Interval between two attempts to take the lock.
const PAUSE: Duration = Duration::from_millis(2);

/// Maximum number of attempts to open the file while other processes replace it.
const REPLACED: usize = 16;

/// If a rotated log younger than this is overwritten, calls that still count are lost.
const NEEDED: Duration = Duration::from_secs(24 * 60 * 60);

/// A log at this path, of at most this many bytes.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    max_bytes: u64,
}

impl LogFile {
    /// Creates the file if it is missing, and makes it readable by its owner only.
    pub(super) fn open(path: &Path, max_bytes: u64) -> io::Result<Self> {
        let log = Self {
            path: path::absolute(path)?,
            max_bytes,
        };
        let file = log.append_handle()?;
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        drop(file);
        Ok(log)
    }

    /// The largest text that [`append`](Self::append) should be given.
    pub(super) fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Appends whole lines and waits until they are on the disk. After an error none of them is in
    /// the file, as far as that can be undone.
    pub(super) fn append(&self, lines: &[u8]) -> io::Result<()> {
        let wanted = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let (mut file, locked) = self.current(wanted)?;
        let length = file.metadata()?.len();
        let written = write(&mut file, length, lines);
        if written.is_err() && locked {
            // If this fails, a line end separates the remains from the next line.
            let _ = file.set_len(length);
        }
        if length == 0 {
            self.sync_folder();
        }
        written
    }

    /// The file at the path, rotated if `wanted` bytes would not fit, and whether this process
    /// holds its lock.
    fn current(&self, wanted: u64) -> io::Result<(File, bool)> {
        for _ in 0..REPLACED {
            let file = self.append_handle()?;
            let locked = lock(&file)?;
            if !self.is_at_path(&file)? {
                continue;
            }
            let length = file.metadata()?.len();
            if length == 0 || length.saturating_add(wanted) <= self.max_bytes {
                return Ok((file, locked));
            }
            self.rotate()
                .map_err(|error| io::Error::new(error.kind(), format!("rotating it: {error}")))?;
        }
        Err(io::Error::other("other programs keep replacing it"))
    }

    fn append_handle(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        regular_file::open(&mut options, &self.path)
    }

    /// Whether the path still refers to the opened file.
    fn is_at_path(&self, file: &File) -> io::Result<bool> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let here = file.metadata()?;
            match fs::metadata(&self.path) {
                Ok(there) => Ok((here.dev(), here.ino()) == (there.dev(), there.ino())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        }
        #[cfg(not(unix))]
        {
            let _ = file;
            Ok(true)
        }
    }

    /// Renames the file to FILE.1, which replaces an earlier FILE.1. If the path is a symbolic
    /// link, its target is renamed and the link stays.
    fn rotate(&self) -> io::Result<()> {
        let path = fs::canonicalize(&self.path)?;
        let rotated = rotated(&path);
        let age = |about: fs::Metadata| {
            SystemTime::now()
                .duration_since(about.modified().ok()?)
                .ok()
        };
        if fs::metadata(&rotated).is_ok_and(|about| age(about).is_none_or(|age| age < NEEDED)) {
            tracing::warn!(
                "the audit log was rotated twice within 24 hours: earlier lines are lost, and a \
                 restart does not count their calls; raise --audit-log-max-bytes"
            );
        }
        fs::rename(path, rotated)
    }

    /// Without this sync, a new file could be lost in a power failure. Not every file system
    /// supports it.
    fn sync_folder(&self) {
        #[cfg(unix)]
        if let Ok(path) = fs::canonicalize(&self.path)
            && let Some(folder) = path.parent()
            && let Ok(folder) = File::open(folder)
        {
            let _ = folder.sync_all();
        }
    }

    /// The last `bound` bytes of the rotated log and the current log, in this order.
    pub(super) fn tails(&self, bound: u64) -> io::Result<Vec<Take<File>>> {
        let mut readable = OpenOptions::new();
        readable.read(true);
        let log = tail(regular_file::open(&mut readable, &self.path)?, bound)?;
        let left = bound.saturating_sub(log.limit());
        let rotated = rotated(&fs::canonicalize(&self.path)?);
        match regular_file::open(&mut readable, &rotated) {
            Ok(older) => Ok(vec![tail(older, left)?, log]),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(vec![log]),
            Err(error) => {
                let text = format!("its earlier part, {}: {error}", rotated.display());
                Err(io::Error::new(error.kind(), text))
            }
        }
    }
}

/// Appends lines and syncs. First adds a line end if another process left an incomplete line.
fn write(file: &mut File, length: u64, lines: &[u8]) -> io::Result<()> {
    if let Some(last) = length.checked_sub(1) {
        let mut end = [0];
        file.seek(SeekFrom::Start(last))?;
        file.read_exact(&mut end)?;
        if end != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    file.write_all(lines)?;
    file.sync_data()
}

/// Locks the file until it is closed. Returns false if the file system does not support locks.
fn lock(file: &File) -> io::Result<bool> {
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if start.elapsed() < LOCKED => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(
                    io::ErrorKind::ResourceBusy,
                    "another process has locked it",
                ));
            }
            Err(TryLockError::Error(_)) => return Ok(false),
        }
    }
}

fn rotated(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".1");
    name.into()
}

fn tail(mut file: File, bound: u64) -> io::Result<Take<File>> {
    let length = file.metadata()?.len();
    let wanted = length.min(bound);
    file.seek(SeekFrom::Start(length.saturating_sub(wanted)))?;
    Ok(file.take(wanted))
}
