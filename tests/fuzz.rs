//! Every input that once broke a promise, and a few that come close, against what the fuzz targets check.
use std::{fs, path::Path};

#[path = "../fuzz/checks.rs"]
mod checks;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/regressions")
        .join(target);
    let mut replayed = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        println!("{}", path.display());
        check(&fs::read(path).unwrap());
        replayed += 1;
    }
    assert!(replayed > 0, "{target} has no inputs");
}

#[test]
fn arguments_that_once_went_wrong_are_answered() {
    replay("arguments", checks::arguments);
}

#[test]
fn pointers_that_once_went_wrong_are_followed_or_refused() {
    replay("fields", checks::fields);
}

#[test]
fn destinations_that_once_went_wrong_are_read_or_refused() {
    replay("destinations", checks::destinations);
}

#[test]
fn answers_that_once_went_wrong_are_shown_within_the_limit() {
    replay("results", checks::results);
}
