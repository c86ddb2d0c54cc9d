//! The audit log: a line of JSON before every write, one after it.
//!
//! ```json
//! {"at":"2027-01-31T12:00:00Z","id":"9f…","caller":"5c…","tool":"…","effect":"dial","arguments":"e1…","calls":["07…"]}
//! {"at":"2027-01-31T12:00:01Z","id":"9f…","outcome":"done"}
//! ```
//!
//! What could tell of a person is there as HMAC-SHA-256 under the token alone. The calls of the
//! last day are read back, so that a restart does not forget them, and so are those that have yet to
//! ring: `rings` is the time that calls are scheduled for.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, SecondsFormat, Utc};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use super::{
    identity::{Mark, hex},
    ledger::{KEPT, SAME},
};
use crate::tools::Effect;

/// A line.
#[derive(Debug, Deserialize, Serialize)]
struct Line {
    at: DateTimeText,
    /// What the two lines of one write have in common.
    id: String,
    #[serde(flatten)]
    said: Said,
}

/// RFC 3339, in UTC.
#[derive(Debug, Deserialize, Serialize)]
#[serde(transparent)]
struct DateTimeText(String);

impl DateTimeText {
    fn of(at: DateTime<Utc>) -> Self {
        Self(at.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    fn read(&self) -> Option<DateTime<Utc>> {
        Some(DateTime::parse_from_rfc3339(&self.0).ok()?.to_utc())
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Said {
    /// Before it is sent.
    Before {
        caller: String,
        tool: String,
        effect: String,
        arguments: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rings: Option<DateTimeText>,
    },
    /// After it.
    After { outcome: Outcome },
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Vapi said that it is done.
    Done,
    /// It was certainly not done.
    Failed,
    /// There is no answer that says.
    Unknown,
}

/// A write, before it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Who.
    pub caller: Mark,
    /// With which tool.
    pub tool: &'a str,
    /// To which effect.
    pub effect: Effect,
    /// The arguments' hash.
    pub arguments: Mark,
    /// The hashes of the calls that it places.
    pub calls: &'a [Mark],
    /// When they are to ring; at once when `None`.
    pub rings: Option<DateTime<Utc>>,
}

/// Calls that were placed before this process began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// By whom.
    pub caller: Mark,
    /// When.
    pub at: DateTime<Utc>,
    /// Which.
    pub calls: Vec<Mark>,
    /// When they were to ring; at once when `None`.
    pub rings: Option<DateTime<Utc>>,
}

/// The log.
#[derive(Debug)]
pub struct Audit {
    file: Mutex<Open>,
    random: SystemRandom,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Whether the file may end inside a line.
    torn: bool,
}

impl Audit {
    /// Opens the log, made if it is missing, for its owner alone, and reads the calls of the day
    /// before `now`.
    pub fn open(path: &Path, now: DateTime<Utc>) -> io::Result<(Self, Vec<Placed>)> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let about = file.metadata()?;
        if about.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let mut placed = Vec::new();
        let mut torn = false;
        if about.is_file() {
            #[cfg(unix)]
            file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
            (placed, torn) = read_back(&file, now)?;
        }
        let file = Mutex::new(Open { file, torn });
        let random = SystemRandom::new();
        Ok((Self { file, random }, placed))
    }

    /// Writes the line before a write, down to the disk, and returns the write's id.
    pub fn before(&self, write: &Entry<'_>, now: DateTime<Utc>) -> io::Result<String> {
        let mut id = [0; 16];
        let random = self.random.fill(&mut id);
        random.map_err(|_| io::Error::other("there are no random numbers"))?;
        let id = hex(&id);
        let effect = match write.effect {
            Effect::Read => "read",
            Effect::Write => "write",
            Effect::Delete => "delete",
            Effect::Dial => "dial",
        };
        let said = Said::Before {
            caller: write.caller.to_string(),
            tool: write.tool.to_owned(),
            effect: effect.to_owned(),
            arguments: write.arguments.to_string(),
            calls: write.calls.iter().map(ToString::to_string).collect(),
            rings: write.rings.map(DateTimeText::of),
        };
        self.append(&Line {
            at: DateTimeText::of(now),
            id: id.clone(),
            said,
        })?;
        Ok(id)
    }

    /// Writes the line after a write.
    pub fn after(&self, id: String, outcome: Outcome, now: DateTime<Utc>) -> io::Result<()> {
        let said = Said::After { outcome };
        self.append(&Line {
            at: DateTimeText::of(now),
            id,
            said,
        })
    }

    fn append(&self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        let mut open = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if open.torn {
            text.insert(0, '\n');
        }
        open.torn = true;
        // In one piece, so that other processes may write to the same file.
        open.file.write_all(text.as_bytes())?;
        open.file.sync_data()?;
        open.torn = false;
        Ok(())
    }
}

/// The calls of the day before `now` that were not certainly refused, and whether the last line
/// has no end. A line that cannot be read was torn before anything was sent.
fn read_back(file: &File, now: DateTime<Utc>) -> io::Result<(Vec<Placed>, bool)> {
    let mut reader = BufReader::new(file);
    let mut found: HashMap<String, Placed> = HashMap::new();
    let mut bytes = Vec::new();
    let mut torn = false;
    loop {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        torn = !bytes.ends_with(b"\n");
        let Ok(Line { at, id, said }) = serde_json::from_slice(&bytes) else {
            continue;
        };
        match said {
            Said::Before {
                caller,
                calls,
                rings,
                ..
            } => {
                let rings = rings.and_then(|rings| rings.read());
                let to_come = rings.is_some_and(|rings| now.signed_duration_since(rings) < SAME);
                let calls: Vec<_> = calls.iter().filter_map(|call| Mark::parse(call)).collect();
                if let (Some(at), Some(caller)) = (at.read(), Mark::parse(&caller))
                    && (to_come || now.signed_duration_since(at) < KEPT)
                    && !calls.is_empty()
                {
                    found.insert(
                        id,
                        Placed {
                            caller,
                            at,
                            calls,
                            rings,
                        },
                    );
                }
            }
            Said::After {
                outcome: Outcome::Failed,
            } => {
                found.remove(&id);
            }
            Said::After { .. } => {}
        }
    }
    let mut placed: Vec<_> = found.into_values().collect();
    placed.sort_by_key(|placed| placed.at);
    Ok((placed, torn))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    const CALLS: [Mark; 2] = [Mark([3; 32]), Mark([4; 32])];

    fn dial(calls: &[Mark]) -> Entry<'_> {
        Entry {
            caller: Mark([1; 32]),
            tool: "ring",
            effect: Effect::Dial,
            arguments: Mark([2; 32]),
            calls,
            rings: None,
        }
    }

    fn placed(seconds: i64) -> Placed {
        Placed {
            caller: Mark([1; 32]),
            at: at(seconds),
            calls: CALLS.to_vec(),
            rings: None,
        }
    }

    #[test]
    fn calls_are_read_back_but_for_those_that_failed_and_those_of_yesterday() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("audit");
        let (log, none) = Audit::open(&path, at(0)).unwrap();
        assert_eq!(none, []);
        log.before(&dial(&CALLS), at(-1)).unwrap();
        log.before(&dial(&CALLS), at(10)).unwrap();
        for (seconds, outcome) in [
            (20, Outcome::Done),
            (30, Outcome::Failed),
            (40, Outcome::Unknown),
        ] {
            let id = log.before(&dial(&CALLS), at(seconds)).unwrap();
            log.after(id, outcome, at(seconds + 1)).unwrap();
        }
        log.before(
            &Entry {
                effect: Effect::Write,
                ..dial(&[])
            },
            at(50),
        )
        .unwrap();
        let (_, read) = Audit::open(&path, at(86_400 - 1)).unwrap();
        assert_eq!(read, [placed(10), placed(20), placed(40)]);
    }

    #[test]
    fn a_torn_line_is_left_alone_and_the_next_one_is_whole() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("audit");
        let (log, _) = Audit::open(&path, at(0)).unwrap();
        log.before(&dial(&CALLS), at(0)).unwrap();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, [&whole[..], &whole[..length]].concat()).unwrap();
            let (log, read) = Audit::open(&path, at(1)).unwrap();
            assert_eq!(read, [placed(0)]);
            log.before(&dial(&CALLS), at(1)).unwrap();
            let (_, read) = Audit::open(&path, at(2)).unwrap();
            assert_eq!(read.last(), Some(&placed(1)), "{length}");
        }
        fs::write(&path, [b"\xff\xfe{\n\n[]\n".as_slice(), &whole].concat()).unwrap();
        assert_eq!(Audit::open(&path, at(1)).unwrap().1, [placed(0)]);
    }

    #[test]
    fn a_line_has_a_time_of_rfc_3339_and_hashes() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("audit");
        let (log, _) = Audit::open(&path, at(0)).unwrap();
        let id = log.before(&dial(&CALLS[..1]), at(0)).unwrap();
        log.after(id.clone(), Outcome::Done, at(1)).unwrap();
        let mark = |byte: &str| byte.repeat(32);
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            format!(
                "{{\"at\":\"2027-01-15T08:00:00.000Z\",\"id\":\"{id}\",\"caller\":\"{}\",\"tool\":\"ring\",\"effect\":\"dial\",\"arguments\":\"{}\",\"calls\":[\"{}\"]}}\n\
                 {{\"at\":\"2027-01-15T08:00:01.000Z\",\"id\":\"{id}\",\"outcome\":\"done\"}}\n",
                mark("01"),
                mark("02"),
                mark("03"),
            )
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_log_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("audit");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        Audit::open(&path, at(0)).unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        Audit::open(&path, at(0)).unwrap();
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn what_cannot_be_written_is_an_error() {
        let folder = TempDir::new().unwrap();
        assert!(Audit::open(folder.path(), at(0)).is_err());
        assert!(Audit::open(&folder.path().join("missing/audit"), at(0)).is_err());
        #[cfg(target_os = "linux")]
        {
            let (full, _) = Audit::open(Path::new("/dev/full"), at(0)).unwrap();
            assert!(full.before(&dial(&CALLS), at(0)).is_err());
        }
    }
}
