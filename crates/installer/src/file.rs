//! Atomic replacement of configurations, and their backups.

use std::{
    fs::{self, File, Metadata},
    io::{self, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::error::EditError;

/// The largest configuration that is read, in bytes. Claude Code keeps its history in the same
/// file.
const MAX_CONFIG: u64 = 16 << 20;

/// Maximum number of backups of one file.
const MAX_BACKUPS: usize = 20;

/// The text of a file, or `None` if there is none.
pub(super) fn read(path: &Path) -> io::Result<Option<String>> {
    match regular_file::read_text(path, MAX_CONFIG) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The paths for backups: `NAME.before-vapi-mcp`, and `NAME.before-vapi-mcp.2` and so on if a name
/// is taken.
fn backup_paths(path: &Path) -> impl DoubleEndedIterator<Item = PathBuf> {
    (1..=MAX_BACKUPS).map(move |number| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".before-vapi-mcp");
        if number > 1 {
            name.push(format!(".{number}"));
        }
        path.with_file_name(name)
    })
}

/// The backup at this path. A link is not one, because it may lead anywhere.
fn read_backup(path: PathBuf) -> Option<(PathBuf, String)> {
    let text = (!path.is_symlink()).then(|| read(&path).ok())??;
    text.map(|text| (path, text))
}

/// The backups of the file, the latest first.
pub(super) fn backups(path: &Path) -> Vec<(PathBuf, String)> {
    backup_paths(path).rev().filter_map(read_backup).collect()
}

/// Creates a backup of the file that only its owner can read, unless one with the same text exists.
/// Never overwrites a file: the backup is written completely before it gets its name.
pub(super) fn create_backup(path: &Path, text: &str) -> io::Result<()> {
    if backup_paths(path)
        .filter_map(read_backup)
        .any(|(_, found)| found == text)
    {
        return Ok(());
    }
    let mut new = NamedTempFile::new_in(folder(path)?)?;
    new.write_all(text.as_bytes())?;
    copy_owner(&path.metadata()?, new.as_file())?;
    new.as_file().sync_all()?;
    for backup in backup_paths(path) {
        match new.persist_noclobber(&backup) {
            Ok(_) => return Ok(()),
            Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => new = taken.file,
            Err(failed) => return Err(failed.error),
        }
        // Another process may have created it.
        if read_backup(backup).is_some_and(|(_, found)| found == text) {
            return Ok(());
        }
    }
    Err(io::Error::other(format!(
        "all {MAX_BACKUPS} names for a copy, such as NAME.before-vapi-mcp, are taken; delete those that \
         you do not need"
    )))
}

/// Deletes a backup, if it still has this text.
pub(super) fn delete_backup(path: &Path, text: &str) -> io::Result<()> {
    match read_backup(path.to_owned()) {
        Some((_, found)) if found == text => fs::remove_file(path),
        _ => Ok(()),
    }
}

/// Replaces the text of the file, which must still be `before` (`None`: there is no file). For a
/// link, its target is replaced. Owner, group and mode are kept; a new file can be read only by its
/// owner, as it may contain keys. If anything fails, the file is unchanged.
pub(super) fn replace(path: &Path, before: Option<&str>, after: &str) -> Result<(), EditError> {
    let target = if path.is_symlink() {
        path.canonicalize()?
    } else {
        path.to_owned()
    };
    let folder = folder(&target)?;
    if before.is_none() {
        fs::create_dir_all(folder)?;
    }
    // In the same folder, so that it can be renamed.
    let mut new = NamedTempFile::new_in(folder)?;
    new.write_all(after.as_bytes())?;
    if before.is_some() {
        let old = target.metadata()?;
        copy_owner(&old, new.as_file())?;
        copy_mode(&old, new.as_file())?;
    }
    new.as_file().sync_all()?;
    verify_unchanged(path, before)?;
    let persisted = match before {
        Some(_) => new.persist(&target),
        None => new.persist_noclobber(&target),
    };
    match persisted {
        Ok(_) => Ok(()),
        Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(EditError::ModifiedConcurrently)
        }
        Err(failed) => Err(failed.error.into()),
    }
}

/// Deletes the file, which must still be `before`.
pub(super) fn remove(path: &Path, before: Option<&str>) -> Result<(), EditError> {
    verify_unchanged(path, before)?;
    Ok(fs::remove_file(path)?)
}

/// Checks that the text of the file is still `before`, and that the file has no other hard links.
pub(super) fn verify_unchanged(path: &Path, before: Option<&str>) -> Result<(), EditError> {
    if read(path)?.as_deref() != before {
        return Err(EditError::ModifiedConcurrently);
    }
    if before.is_some() {
        reject_hard_links(&path.metadata()?)?;
    }
    Ok(())
}

fn folder(path: &Path) -> io::Result<&Path> {
    path.parent()
        .ok_or_else(|| io::Error::other("it has no parent folder"))
}

/// Other hard links would keep the old text.
#[cfg(unix)]
fn reject_hard_links(old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    match old.nlink() {
        0 | 1 => Ok(()),
        count => Err(io::Error::other(format!(
            "the file has {count} names (hard links), which a change would separate; edit it by hand"
        ))),
    }
}

/// Whether users other than the owner can read the file.
#[cfg(unix)]
pub(super) fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o044 != 0)
}

#[cfg(unix)]
fn copy_owner(old: &Metadata, new: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let current = new.metadata()?;
    let owner = (current.uid() != old.uid()).then_some(old.uid());
    let group = (current.gid() != old.gid()).then_some(old.gid());
    if owner.is_none() && group.is_none() {
        return Ok(());
    }
    fchown(new, owner, group).map_err(|error| {
        let text = format!("its owner and group cannot be kept: {error}; run this as its owner");
        io::Error::new(error.kind(), text)
    })
}

#[cfg(unix)]
fn copy_mode(old: &Metadata, new: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = old.permissions().mode() & 0o7777;
    new.set_permissions(fs::Permissions::from_mode(mode))
}

// On other systems, a new file has the permissions of its folder.
#[cfg(not(unix))]
pub(super) fn is_readable_by_others(_: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn reject_hard_links(_: &Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn copy_owner(_: &Metadata, _: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn copy_mode(_: &Metadata, _: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_text_that_is_not_the_expected_one_is_neither_replaced_nor_deleted() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("file");
        let raced = |result| matches!(result, Err(EditError::ModifiedConcurrently));
        assert!(replace(&file, Some("a"), "b").is_err() && !file.exists());
        fs::write(&file, "theirs").unwrap();
        for before in [None, Some("a"), Some("")] {
            assert!(raced(replace(&file, before, "ours")));
            assert!(raced(remove(&file, before)));
        }
        delete_backup(&file, "ours").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
        replace(&file, Some("theirs"), "ours").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "ours");
        remove(&file, Some("ours")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
