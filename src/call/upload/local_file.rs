//! Reads a local file below a folder. Neither `..` nor a link leads out of the folder.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

/// Reads a regular file of at most `bound` bytes below the folder. The path is relative to the
/// folder, or absolute. The error is the reason why it is refused.
pub(super) fn read(folder: &Path, path: &str, bound: usize) -> Result<Vec<u8>, String> {
    let outside = || format!("is not below the folder of --files, {}", folder.display());
    let root = fs::canonicalize(folder)
        .map_err(|error| format!("the folder of --files cannot be opened: {error}"))?;
    let path = Path::new(path.trim());
    if path.components().any(|part| part == Component::ParentDir) {
        return Err("must not contain `..`".to_owned());
    }
    let relative = below(path, folder, &root).ok_or_else(outside)?;
    // Resolves all links.
    let file = fs::canonicalize(root.join(relative)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            format!(
                "there is no such file in the folder of --files, {}",
                folder.display()
            )
        }
        _ => format!("cannot be opened: {error}"),
    })?;
    if !file.starts_with(&root) {
        return Err(outside());
    }
    let bound = u64::try_from(bound).unwrap_or(u64::MAX);
    regular_file::read_bytes(&file, bound).map_err(|error| format!("cannot be read: {error}"))
}

/// The path relative to the folder; `None` if it is absolute and not below the folder.
fn below(path: &Path, folder: &Path, root: &Path) -> Option<PathBuf> {
    if !path.has_root() && path.is_relative() {
        return Some(path.to_owned());
    }
    let mut folders = [folder, root].into_iter();
    folders.find_map(|folder| path.strip_prefix(folder).ok().map(Path::to_owned))
}
