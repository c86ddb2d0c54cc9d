//! Reads regular files up to a limit. FIFOs, sockets and devices are refused without blocking and
//! without reading from them.
//!
//! Errors do not contain the path, which callers add.

use std::{
    fs::{self, File, FileType, OpenOptions},
    io::{self, Read},
    path::Path,
};

/// Opens a regular file without blocking. Its type is checked on the open handle, so replacing the
/// file in between has no effect.
pub fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    // Opening a device can have effects: a tape rewinds, a watchdog starts.
    if let Ok(metadata) = fs::metadata(path) {
        require_regular(metadata.file_type())?;
    }
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound && path.is_symlink() {
            io::Error::new(error.kind(), "it is a link to a file that does not exist")
        } else {
            error
        }
    })?;
    require_regular(file.metadata()?.file_type())?;
    Ok(file)
}

/// Opens a regular file of at most `bound` bytes. It must still be read with a bound, because it
/// may grow or report no size.
fn open_bounded(path: &Path, bound: u64) -> io::Result<File> {
    let file = open(OpenOptions::new().read(true), path)?;
    match file.metadata()?.len() > bound {
        true => Err(too_large(bound)),
        false => Ok(file),
    }
}

/// Checks that a file is regular and has at most `bound` bytes.
pub fn check(path: &Path, bound: u64) -> io::Result<()> {
    open_bounded(path, bound).map(drop)
}

/// Reads the text of a regular file of at most `bound` bytes.
pub fn read_text(path: &Path, bound: u64) -> io::Result<String> {
    read_bounded(open_bounded(path, bound)?, bound)
}

/// Reads a regular file of at most `bound` bytes.
pub fn read_bytes(path: &Path, bound: u64) -> io::Result<Vec<u8>> {
    bytes_bounded(open_bounded(path, bound)?, bound)
}

/// Reads a text of at most `bound` bytes. Never holds more than one byte beyond that in memory.
pub fn read_bounded(from: impl Read, bound: u64) -> io::Result<String> {
    String::from_utf8(bytes_bounded(from, bound)?).map_err(|_| not_utf8())
}

/// The error for bytes that are not UTF-8.
pub fn not_utf8() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text")
}

fn bytes_bounded(from: impl Read, bound: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(bound.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > bound) {
        return Err(too_large(bound));
    }
    Ok(bytes)
}

/// The error for more than `bound` bytes.
pub fn too_large(bound: u64) -> io::Error {
    let text = format!("it is larger than {bound} bytes");
    io::Error::new(io::ErrorKind::FileTooLarge, text)
}

fn require_regular(file_type: FileType) -> io::Result<()> {
    if file_type.is_file() {
        return Ok(());
    }
    let kind = match file_type.is_dir() {
        true => io::ErrorKind::IsADirectory,
        false => io::ErrorKind::InvalidInput,
    };
    let text = format!("it is {}, not a regular file", describe(file_type));
    Err(io::Error::new(kind, text))
}

fn describe(file_type: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if file_type.is_fifo() {
            return "a FIFO (named pipe)";
        }
        if file_type.is_socket() {
            return "a socket";
        }
        if file_type.is_char_device() || file_type.is_block_device() {
            return "a device";
        }
    }
    if file_type.is_dir() {
        "a directory"
    } else {
        "something else"
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_bound_and_not_beyond() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("file");
        for (text, read) in [("", true), ("12345678", true), ("123456789", false)] {
            fs::write(&file, text).unwrap();
            match read_text(&file, 8) {
                Ok(found) => assert!(read && found == text, "{found}"),
                Err(error) => {
                    assert!(!read, "{error}");
                    assert_eq!(error.to_string(), "it is larger than 8 bytes");
                }
            }
        }
        fs::write(&file, b"\xff").unwrap();
        let error = read_text(&file, 8).unwrap_err().to_string();
        assert_eq!(error, "it is not UTF-8 text");
        let error = read_text(&folder.path().join("none"), 8).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_stream_without_end_is_left_at_the_bound() {
        let error = read_bounded(io::repeat(b'a'), 1000).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 1000 bytes");
        assert_eq!(read_bounded(&b"abc"[..], 3).unwrap(), "abc");
    }

    #[cfg(unix)]
    mod unix {
        use std::{
            os::unix::{fs::symlink, net::UnixListener},
            process::Command,
            sync::mpsc,
            thread,
            time::Duration,
        };

        use super::*;

        /// Opens it for reading and for appending, and fails if either waits.
        fn refusals(path: &Path) -> [String; 2] {
            let (send, receive) = mpsc::channel();
            let path = path.to_owned();
            thread::spawn(move || {
                let read = read_text(&path, 8).unwrap_err();
                let mut appending = OpenOptions::new();
                appending.append(true).create(true);
                let write = open(&mut appending, &path).unwrap_err();
                send.send([read, write].map(|error| error.to_string()))
            });
            receive.recv_timeout(Duration::from_secs(20)).unwrap()
        }

        #[test]
        fn what_is_no_regular_file_is_named_and_not_waited_for() {
            let folder = TempDir::new().unwrap();
            let at = |name: &str| folder.path().join(name);
            let made = Command::new("mkfifo").arg(at("fifo")).status().unwrap();
            assert!(made.success());
            let _socket = UnixListener::bind(at("socket")).unwrap();
            symlink("/dev/zero", at("device")).unwrap();
            symlink("fifo", at("link")).unwrap();
            for (name, kind) in [
                (".", "a directory"),
                ("fifo", "a FIFO (named pipe)"),
                ("link", "a FIFO (named pipe)"),
                ("socket", "a socket"),
                ("device", "a device"),
            ] {
                for said in refusals(&at(name)) {
                    assert_eq!(said, format!("it is {kind}, not a regular file"));
                }
            }
        }

        #[test]
        fn a_link_that_leads_nowhere_is_told_from_a_file_that_is_not_there() {
            let folder = TempDir::new().unwrap();
            let link = folder.path().join("link");
            symlink("nowhere", &link).unwrap();
            let error = read_text(&link, 8).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
            let said = error.to_string();
            assert_eq!(said, "it is a link to a file that does not exist");
        }

        #[test]
        fn a_file_of_the_kernel_that_names_no_size_is_bounded_too() {
            let endless = Path::new("/proc/self/pagemap");
            if endless.exists() {
                assert!(read_text(endless, 1000).is_err());
            }
            let memory = Path::new("/proc/self/mem");
            if memory.exists() {
                assert!(read_text(memory, 1000).is_err());
            }
        }
    }
}
