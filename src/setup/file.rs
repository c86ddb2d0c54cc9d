//! Files that are replaced as a whole or not at all.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::regular_file;

/// The largest configuration that is read, in bytes. Claude Code keeps its history in the same file.
const BOUND: u64 = 16 << 20;

/// The text of a file; `None` if there is none.
pub(super) fn read(path: &Path) -> io::Result<Option<String>> {
    match regular_file::read_text(path, BOUND) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where the file is kept as it was before this server was put into it.
pub(super) fn backup(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".before-vapi-mcp");
    path.with_file_name(name)
}

/// Writes the file, readable by its owner alone: it may hold keys. What a link points at is
/// written, and the link stays.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let target = if path.is_symlink() {
        path.canonicalize()?
    } else {
        path.to_owned()
    };
    let folder = target
        .parent()
        .ok_or_else(|| io::Error::other("it is in no folder"))?;
    fs::create_dir_all(folder)?;
    // Made with mode 0600, in the same folder, so that a rename puts it in place.
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(())
}
