use std::{fs, iter, path::PathBuf, thread};

use futures_util::FutureExt;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;

/// Nothing here takes this long unless it hangs.
const HANG: Duration = Duration::from_secs(60);

const CALLS: [Digest; 2] = [Digest([3; 32]), Digest([4; 32])];

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn dial(calls: &[Digest]) -> Entry<'_> {
    Entry {
        caller: Digest([1; 32]),
        tool: "ring",
        operation: "POST /call",
        effect: Effect::Dial,
        arguments: Digest([2; 32]),
        calls,
        rings: None,
        spends: false,
    }
}

fn placed(seconds: i64) -> Placed {
    Placed {
        caller: Digest([1; 32]),
        at: at(seconds),
        operation: Some("POST /call".to_owned()),
        calls: CALLS.to_vec(),
        rings: None,
        spends: false,
    }
}

/// A folder and the path of a log in it.
fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    (folder, path)
}

fn open(path: &Path, seconds: i64) -> (Audit, Vec<Placed>) {
    Audit::open(path, MAX_BYTES, at(seconds)).unwrap()
}

/// Writes the first line of a call; the second says how it ended, unless it is unknown.
async fn write(log: &Audit, seconds: i64) -> Logged {
    log.before(&dial(&CALLS), at(seconds)).await.unwrap()
}

fn seconds_of(placed: &[Placed]) -> Vec<i64> {
    let seconds = placed.iter().map(|placed| placed.at - at(0));
    seconds.map(|since| since.num_seconds()).collect()
}

/// Waits for it, within reason.
async fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let waited = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(HANG, waited).await.is_ok(), "never: {what}");
}

#[tokio::test]
async fn calls_are_read_back_but_for_those_that_failed_and_those_of_yesterday() {
    let (_folder, path) = folder();
    let (log, none) = open(&path, 0);
    assert_eq!(none, []);
    let _unfinished = (write(&log, -1).await, write(&log, 10).await);
    for (seconds, outcome) in [
        (20, Outcome::Done),
        (30, Outcome::Failed),
        (40, Outcome::Unknown),
    ] {
        log.after(write(&log, seconds).await, outcome, at(seconds + 1));
    }
    let other = Entry {
        effect: Effect::Write,
        ..dial(&[])
    };
    let _other = log.before(&other, at(50)).await.unwrap();
    drop(log);
    let (_, read) = open(&path, 86_400 - 1);
    assert_eq!(read, [placed(10), placed(20), placed(40)]);
}

#[tokio::test]
async fn a_torn_line_is_left_alone_and_the_next_one_is_whole() {
    let (_folder, path) = folder();
    let (log, _) = open(&path, 0);
    let _first = write(&log, 0).await;
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        // Torn before the log is opened, and while it is open.
        for before in [true, false] {
            let torn = [&whole[..], &whole[..length]].concat();
            fs::write(&path, if before { &torn } else { &whole }).unwrap();
            let (log, read) = open(&path, 1);
            assert_eq!(read, [placed(0)]);
            fs::write(&path, torn).unwrap();
            let _next = write(&log, 1).await;
            let (_, read) = open(&path, 2);
            assert_eq!(read, [placed(0), placed(1)], "{length}");
        }
    }
    fs::write(&path, [b"\xff\xfe{\n\n[]\n".as_slice(), &whole].concat()).unwrap();
    assert_eq!(open(&path, 1).1, [placed(0)]);
}

#[tokio::test]
async fn a_line_has_a_time_of_rfc_3339_and_hashes() {
    let (_folder, path) = folder();
    let (log, _) = open(&path, 0);
    let written = log.before(&dial(&CALLS[..1]), at(0)).await.unwrap();
    let id = written.id.clone();
    log.after(written, Outcome::Done, at(1));
    drop(log);
    let mark = |byte: &str| byte.repeat(32);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        format!(
            "{{\"at\":\"2027-01-15T08:00:00.000Z\",\"id\":\"{id}\",\"caller\":\"{}\",\"tool\":\"ring\",\"operation\":\"POST /call\",\"effect\":\"dial\",\"arguments\":\"{}\",\"calls\":[\"{}\"]}}\n\
             {{\"at\":\"2027-01-15T08:00:01.000Z\",\"id\":\"{id}\",\"outcome\":\"done\"}}\n",
            mark("01"),
            mark("02"),
            mark("03"),
        )
    );
}

#[tokio::test]
async fn a_line_without_an_operation_is_read_back_too() {
    let (_folder, path) = folder();
    let (log, _) = open(&path, 0);
    let _first = write(&log, 0).await;
    drop(log);
    let text = fs::read_to_string(&path).unwrap();
    let old = text.replace("\"operation\":\"POST /call\",", "");
    assert_ne!(old, text);
    fs::write(&path, old).unwrap();
    let of_old = Placed {
        operation: None,
        ..placed(0)
    };
    assert_eq!(open(&path, 1).1, [of_old]);
}

#[tokio::test]
async fn a_write_that_is_given_up_while_its_line_is_written_has_failed() {
    let (_folder, path) = folder();
    let (log, _) = open(&path, 0);
    let held = fs::File::open(&path).unwrap();
    held.lock().unwrap();
    let begun = log.before(&dial(&CALLS), at(0)).now_or_never();
    assert!(
        begun.is_none(),
        "the disk keeps it waiting, and not the thread"
    );
    drop(held);
    drop(log);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.ends_with("\"outcome\":\"failed\"}\n"), "{text}");
    assert_eq!(open(&path, 1).1, []);
}

#[cfg(unix)]
#[tokio::test]
async fn the_log_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = folder();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    open(&path, 0);
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    let (log, _) = open(&path, 0);
    assert_eq!(mode(), 0o600);
    fs::remove_file(&path).unwrap();
    let _next = write(&log, 1).await;
    assert_eq!(mode(), 0o600, "of one that was made again");
}

#[tokio::test]
async fn a_log_that_was_renamed_or_deleted_is_made_again() {
    let (folder, path) = folder();
    let (log, _) = open(&path, 0);
    let _first = write(&log, 1).await;
    fs::rename(&path, folder.path().join("audit-2027")).unwrap();
    let _second = write(&log, 2).await;
    assert_eq!(open(&path, 3).1, [placed(2)]);
    fs::remove_file(&path).unwrap();
    let _third = write(&log, 3).await;
    assert_eq!(open(&path, 4).1, [placed(3)]);
    let moved = fs::read_to_string(folder.path().join("audit-2027")).unwrap();
    assert_eq!(moved.lines().count(), 1);
}

#[tokio::test]
async fn a_large_log_is_rotated_and_both_parts_are_read_back() {
    let (folder, path) = folder();
    let rotated = folder.path().join("audit.1");
    let (log, _) = open(&path, 0);
    let _first = write(&log, 0).await;
    drop(log);
    let line = fs::metadata(&path).unwrap().len();
    let (log, _) = Audit::open(&path, 3 * line, at(0)).unwrap();
    for seconds in 1..5 {
        let _ = write(&log, seconds).await;
    }
    assert_eq!(fs::metadata(&rotated).unwrap().len(), 3 * line);
    assert_eq!(fs::metadata(&path).unwrap().len(), 2 * line);
    let (_, read) = open(&path, 5);
    assert_eq!(seconds_of(&read), [0, 1, 2, 3, 4]);
    for seconds in 5..100 {
        let _ = write(&log, seconds).await;
        for part in [&path, &rotated] {
            assert!(fs::metadata(part).unwrap().len() <= 3 * line);
        }
    }
    let parts = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(parts, 2, "no third part");
    let (_, read) = open(&path, 100);
    assert_eq!(seconds_of(&read).last(), Some(&99));
    assert!(read.len() >= 4, "{read:?}");
}

#[tokio::test]
async fn a_line_that_is_larger_than_the_log_may_be_stands_alone() {
    let (folder, path) = folder();
    let (log, _) = Audit::open(&path, 1, at(0)).unwrap();
    for seconds in 0..3 {
        let _ = write(&log, seconds).await;
    }
    let (_, read) = open(&path, 3);
    assert_eq!(seconds_of(&read), [1, 2]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[tokio::test]
async fn processes_that_share_a_log_lose_no_line_when_it_is_rotated() {
    const EACH: i64 = 60;
    let (_folder, path) = folder();
    let (log, _) = open(&path, 0);
    let _first = write(&log, 0).await;
    drop(log);
    let line = fs::metadata(&path).unwrap().len();
    // All lines fit into the two parts, so that each is there once.
    let max_bytes = line * 2 * u64::try_from(EACH).unwrap() * 2 / 3;
    let mut writing = JoinSet::new();
    for process in 0..2 {
        let (log, _) = Audit::open(&path, max_bytes, at(0)).unwrap();
        writing.spawn(async move {
            for count in 1..=EACH {
                let _ = write(&log, 2 * count + process).await;
            }
        });
    }
    timeout(HANG, writing.join_all()).await.unwrap();
    let (_, read) = open(&path, 0);
    let expected = iter::once(0).chain(2..=2 * EACH + 1);
    assert_eq!(seconds_of(&read), expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn no_more_of_an_old_log_is_read_than_its_end() {
    let (_folder, path) = folder();
    let (log, _) = open(&path, 0);
    let _first = write(&log, 0).await;
    drop(log);
    let line = fs::read(&path).unwrap();
    let tail = LogFile::open(&path, 1).unwrap().tails(40).unwrap();
    assert_eq!(tail.iter().map(io::Take::limit).collect::<Vec<_>>(), [40]);
    fs::rename(&path, path.with_extension("1")).unwrap();
    fs::write(&path, &line).unwrap();
    let length = u64::try_from(line.len()).unwrap();
    let log = LogFile::open(&path, 1).unwrap();
    let limits = |bound| {
        let tails = log.tails(bound).unwrap();
        tails.iter().map(io::Take::limit).collect::<Vec<_>>()
    };
    assert_eq!(limits(length + 7), [7, length]);
    assert_eq!(limits(length), [0, length]);
    assert_eq!(limits(u64::MAX), [length, length]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_the_log_stays_when_it_is_rotated() {
    let (folder, path) = folder();
    let real = folder.path().join("disk");
    fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(real.join("log"), &path).unwrap();
    fs::write(real.join("log"), "").unwrap();
    let (log, _) = Audit::open(&path, 1, at(0)).unwrap();
    for seconds in 0..2 {
        let _ = write(&log, seconds).await;
    }
    assert!(path.is_symlink());
    assert!(real.join("log.1").is_file());
    let (_, read) = open(&path, 2);
    assert_eq!(seconds_of(&read), [0, 1]);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_and_not_waited_for() {
    let (folder, path) = folder();
    let fifo = folder.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    std::os::unix::fs::symlink(&fifo, folder.path().join("link")).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.path().join("device")).unwrap();
    let paths = ["fifo", "link", "device", ".", "missing/audit"];
    let paths = paths.map(|name| folder.path().join(name));
    let (told, refused) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for path in paths {
            told.send(Audit::open(&path, MAX_BYTES, at(0)).err())
                .unwrap();
        }
    });
    for kind in ["FIFO", "FIFO", "device", "directory", "No such file"] {
        let error = refused.recv_timeout(HANG).unwrap().unwrap();
        assert!(error.to_string().contains(kind), "{error}");
    }
    // The earlier part of a log is held to the same.
    open(&path, 0);
    fs::rename(&fifo, folder.path().join("audit.1")).unwrap();
    let error = Audit::open(&path, MAX_BYTES, at(0)).unwrap_err();
    assert!(error.to_string().contains("FIFO"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_log_that_becomes_something_else_refuses_writes_until_it_is_one_again() {
    let (folder, path) = folder();
    let (log, _) = open(&path, 0);
    let first = write(&log, 0).await;
    let id = first.id.clone();
    fs::remove_file(&path).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(fifo.unwrap().success());
    let refused = timeout(HANG, log.before(&dial(&CALLS), at(1))).await;
    let error = refused.unwrap().unwrap_err();
    assert!(error.to_string().contains("FIFO"), "{error}");
    // The outcome of an earlier write is kept until there is a log again.
    log.after(first, Outcome::Done, at(2));
    let refused = timeout(HANG, log.before(&dial(&CALLS), at(3))).await;
    assert!(refused.unwrap().is_err());
    fs::remove_file(&path).unwrap();
    until("the outcome is written", || {
        fs::read_to_string(&path)
            .is_ok_and(|text| text.ends_with(&format!("\"id\":\"{id}\",\"outcome\":\"done\"}}\n")))
    })
    .await;
    let _next = write(&log, 4).await;
    drop(folder);
}

#[tokio::test]
async fn a_write_does_not_wait_longer_than_it_must_for_the_lock_of_others() {
    let (_folder, path) = folder();
    let (log, _) = open(&path, 0);
    let held = fs::File::open(&path).unwrap();
    held.lock().unwrap();
    let refused = timeout(HANG, log.before(&dial(&CALLS), at(0))).await;
    let error = refused.unwrap().unwrap_err();
    assert!(error.to_string().contains("lock"), "{error}");
    drop(held);
    let _next = write(&log, 1).await;
    assert_eq!(open(&path, 2).1, [placed(1)]);
}

#[tokio::test]
async fn made_up_keys_take_a_bounded_number_of_places() {
    const MORE: usize = 500;
    let (_folder, path) = folder();
    let (log, _) = open(&path, 0);
    let log = Arc::new(log);
    let mut writes = JoinSet::new();
    for key in 0..UNANSWERED + MORE {
        let log = Arc::clone(&log);
        writes.spawn(async move {
            let mut caller = [0; 32];
            caller[..8].copy_from_slice(&key.to_be_bytes());
            let entry = Entry {
                caller: Digest(caller),
                ..dial(&CALLS)
            };
            log.before(&entry, at(0)).await
        });
    }
    let written = timeout(HANG, writes.join_all()).await.unwrap();
    let (sent, refused): (Vec<_>, Vec<_>) = written.into_iter().partition(Result::is_ok);
    let sent: Vec<_> = sent.into_iter().map(Result::unwrap).collect();
    assert_eq!((sent.len(), refused.len()), (UNANSWERED, MORE));
    for error in refused {
        assert!(matches!(error, Err(AuditError::Unanswered)), "{error:?}");
    }
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), UNANSWERED);
    // Nobody has had an answer yet.
    let error = log.before(&dial(&CALLS), at(1)).await.unwrap_err();
    assert!(matches!(error, AuditError::Unanswered), "{error}");
    for logged in sent {
        log.after(logged, Outcome::Failed, at(2));
    }
    until("there is a place again", || {
        log.places.available_permits() > 0
    })
    .await;
    let _next = write(&log, 3).await;
    drop(log);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 2 * UNANSWERED + 1);
}

#[tokio::test]
async fn the_end_of_the_log_waits_for_its_last_lines() {
    let (_folder, path) = folder();
    let (log, _) = open(&path, 0);
    for seconds in 0..50 {
        log.after(write(&log, seconds).await, Outcome::Done, at(seconds));
    }
    drop(log);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches("\"outcome\":\"done\"").count(), 50);
}
