//! Writes a skeleton to the files of the project.

use std::{fs, path::Path};

use super::sources::Sources;
use crate::{
    fixes::{self, bugs::BUGS},
    lint::UNWRITTEN,
    problem::Problem,
    read_document, spec,
    supplement::Supplement,
    table,
};

/// Appends the row of a new tool to `tools/extra.toml` in the folder `spec`, writes its fixtures to
/// the folder `tests/fixtures` beside it, and returns what was done and what is left to do. No
/// existing fixture is replaced.
pub fn add(folder: &Path, operation: &str, name: Option<&str>) -> Result<String, Vec<Problem>> {
    let mut document = read_document(&folder.join("vapi.json"))?;
    fixes::apply(BUGS, document.value_mut());
    let sources = Sources {
        document: &document,
        table: &table::read(&folder.join("tools"))?,
        supplement: &Supplement::read(folder)?,
    };
    let one = |problem| vec![problem];
    let skeleton = sources
        .skeleton(operation, name)
        .map_err(|problem| one(*problem))?;
    let fixtures = folder.with_file_name("tests").join("fixtures");
    let files = skeleton
        .fixtures
        .map(|(name, text)| (fixtures.join(name), text));
    if let Some((taken, _)) = files.iter().find(|(file, _)| file.exists()) {
        let problem = Problem::new(taken.display(), "the file exists already");
        return Err(one(problem.remedy("give another name with `--name`")));
    }
    let rows = folder.join("tools/extra.toml");
    let before = spec::read(&rows)?;
    let row = (rows, format!("{before}{}", skeleton.row));
    let mut done = String::new();
    for (file, text) in files.iter().chain([&row]) {
        let problem = |error| {
            one(Problem::new(
                file.display(),
                format!("cannot be written: {error}"),
            ))
        };
        fs::write(file, text).map_err(problem)?;
        done.push_str(&format!("wrote {}\n", file.display()));
    }
    Ok(format!(
        "{done}\nReplace every text of the row `{}` that begins with `{UNWRITTEN}`, and run `cargo spec check` \
         until no row is broken; then run `cargo spec goldens` and `cargo test --workspace`.",
        skeleton.name
    ))
}
