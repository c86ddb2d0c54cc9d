//! The command and what stands where a client's file is expected, on Unix.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use tempfile::TempDir;
use tokio::process::Command;

use crate::support::{KEY, process, wait};

const CONFIG: &str = ".cursor/mcp.json";
const BEFORE: &str = "{\"a\": 1}";

fn home() -> (TempDir, PathBuf) {
    let home = TempDir::new().unwrap();
    let file = home.path().join(CONFIG);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    (home, file)
}

fn environment(home: &Path) -> [(&str, &str); 2] {
    [("HOME", home.to_str().unwrap()), ("VAPI_TOKEN", KEY)]
}

async fn ended(command: &mut Command) -> Output {
    wait::output(command.stdin(Stdio::null())).await
}

async fn run(home: &Path, words: &[&str]) -> Output {
    let mut command = process::command(home, &environment(home));
    ended(command.arg("setup").args(words)).await
}

/// The program under another path.
async fn run_as(program: &Path, home: &Path, search: &str, words: &[&str]) -> String {
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(environment(home))
        .env("PATH", search)
        .current_dir(home);
    let output = ended(command.arg("setup").args(words)).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}{errors}");
    text
}

fn said(output: &Output) -> String {
    let mut bytes = output.stdout.clone();
    bytes.extend(&output.stderr);
    String::from_utf8(bytes).unwrap()
}

fn make_fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_is_no_regular_file_is_named_and_neither_waited_for_nor_changed() {
    for (kind, told) in [
        ("fifo", "it is a FIFO (named pipe), not a regular file"),
        (
            "fifo behind a link",
            "it is a FIFO (named pipe), not a regular file",
        ),
        ("device", "it is a device, not a regular file"),
        ("folder", "it is a directory, not a regular file"),
        ("socket", "it is a socket, not a regular file"),
        (
            "dangling link",
            "it is a link to a file that does not exist",
        ),
        ("endless", "it is larger than 16777216 bytes"),
        ("binary", "it is not UTF-8 text"),
    ] {
        let (home, file) = home();
        let home = home.path();
        let _socket = match kind {
            "socket" => Some(std::os::unix::net::UnixListener::bind(&file).unwrap()),
            _ => None,
        };
        match kind {
            "fifo" => make_fifo(&file),
            "fifo behind a link" => {
                make_fifo(&home.join("pipe"));
                symlink(home.join("pipe"), &file).unwrap();
            }
            "device" => symlink("/dev/zero", &file).unwrap(),
            "folder" => fs::create_dir(&file).unwrap(),
            "dangling link" => symlink("nowhere", &file).unwrap(),
            // A terabyte that takes no room on the disk.
            "endless" => fs::File::create(&file).unwrap().set_len(1 << 40).unwrap(),
            "binary" => fs::write(&file, b"{\"a\": \"\xff\"}").unwrap(),
            _ => {}
        }
        let before = names(file.parent().unwrap());
        let kept = file.symlink_metadata().unwrap().ino();
        for words in [
            &["status"][..],
            &["cursor", "--yes"],
            &["--yes"],
            &["remove", "--yes"],
        ] {
            let output = run(home, words).await;
            let text = said(&output);
            let line = format!("{}: {told}", file.display());
            assert!(text.contains(&line), "{kind} {words:?}: {text}");
            assert_eq!(output.status.success(), words == ["status"], "{text}");
        }
        assert_eq!(names(file.parent().unwrap()), before);
        assert_eq!(file.symlink_metadata().unwrap().ino(), kept);
    }
}

#[tokio::test]
async fn a_pipe_at_the_place_of_the_copy_is_passed_by() {
    let (home, file) = home();
    let home = home.path();
    fs::write(&file, BEFORE).unwrap();
    make_fifo(&backup(&file));
    let output = run(home, &["cursor", "--yes"]).await;
    assert!(output.status.success(), "{}", said(&output));
    let second = file.with_file_name("mcp.json.before-vapi-mcp.2");
    assert_eq!(fs::read_to_string(&second).unwrap(), BEFORE);
    let output = run(home, &["remove", "--yes"]).await;
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::read_to_string(&file).unwrap(), BEFORE);
    assert_eq!(names(file.parent().unwrap()).len(), 2);
}

#[tokio::test]
async fn owner_group_and_mode_of_a_file_stay() {
    let (home, file) = home();
    fs::write(&file, BEFORE).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    // Only the superuser can give a file away.
    let given = chown(&file, Some(12_345), Some(23_456)).is_ok();
    let about = |path: &Path| {
        let about = path.metadata().unwrap();
        (about.uid(), about.gid(), about.mode() & 0o7777)
    };
    let before = about(&file);
    assert_eq!(given, before.0 == 12_345);
    for words in [
        &["cursor", "--yes"][..],
        &["cursor", "--read-only", "--yes"],
        &["remove", "--yes"],
    ] {
        let output = run(home.path(), words).await;
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(about(&file), before, "{words:?}");
        if words != ["remove", "--yes"] {
            let (owner, group, _) = before;
            assert_eq!(about(&backup(&file)), (owner, group, 0o600));
        }
    }
}

#[tokio::test]
async fn a_write_that_fails_leaves_the_file_as_it_was() {
    let (home, file) = home();
    let long = format!("{{\"a\": \"{}\"}}", "x".repeat(1 << 20));
    fs::write(&file, &long).unwrap();
    // Files of this process end after half a megabyte, as on a full disk.
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 1024; exec \"$0\" setup cursor --yes")
        .arg(env!("CARGO_BIN_EXE_vapi-mcp"))
        .env_clear()
        .envs(environment(home.path()))
        .current_dir(home.path());
    let output = ended(&mut command).await;
    assert!(!output.status.success());
    assert!(
        said(&output).contains("File too large"),
        "{}",
        said(&output)
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), long);
    assert_eq!(names(file.parent().unwrap()), ["mcp.json"]);
}

#[tokio::test]
async fn runs_at_the_same_time_keep_the_first_copy_and_break_nothing() {
    let (home, file) = home();
    fs::write(&file, BEFORE).unwrap();
    let runs = (1..=8).map(|calls| {
        let mut command = process::command(home.path(), &environment(home.path()));
        command.args(["setup", "cursor", "--yes", "--max-calls"]);
        command.arg(format!("{calls}/hour"));
        async move { ended(&mut command).await }
    });
    let outputs = futures_util::future::join_all(runs).await;
    assert!(outputs.iter().any(|output| output.status.success()));
    for output in outputs.iter().filter(|output| !output.status.success()) {
        let text = said(output);
        assert!(
            text.contains("another program changed it in the meantime"),
            "{text}"
        );
    }
    assert_eq!(fs::read_to_string(backup(&file)).unwrap(), BEFORE);
    assert_eq!(names(file.parent().unwrap()).len(), 2);
    let output = run(home.path(), &["remove", "--yes"]).await;
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::read_to_string(&file).unwrap(), BEFORE);
    assert_eq!(names(file.parent().unwrap()), ["mcp.json"]);
}

/// The program at this path, in a file of its own.
fn installed(at: &Path) {
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    let program = env!("CARGO_BIN_EXE_vapi-mcp");
    if fs::hard_link(program, at).is_err() {
        fs::copy(program, at).unwrap();
    }
}

#[tokio::test]
async fn a_program_under_another_name_knows_its_own_entry() {
    for name in [
        "vapi-mcp-x86_64-unknown-linux-gnu",
        "vapi-mcp-1.2.3",
        "vapi-mcp.exe",
        "calls",
        "server (1)",
    ] {
        let (home, file) = home();
        let home = home.path();
        fs::write(&file, BEFORE).unwrap();
        let program = home.join("Downloads").join(name);
        installed(&program);
        run_as(&program, home, "", &["cursor", "--yes"]).await;
        let status = run_as(&program, home, "", &["status"]).await;
        let line = format!("local, {}", program.display());
        assert!(status.contains(&line), "{status}");
        let again = run_as(&program, home, "", &["cursor", "--yes"]).await;
        assert!(again.contains("nothing to change"), "{again}");
        run_as(&program, home, "", &["cursor", "--read-only", "--yes"]).await;
        assert_eq!(fs::read_to_string(backup(&file)).unwrap(), BEFORE);
        assert_eq!(names(file.parent().unwrap()).len(), 2, "{name}");
        run_as(&program, home, "", &["remove", "--yes"]).await;
        assert_eq!(fs::read_to_string(&file).unwrap(), BEFORE);
        assert_eq!(names(file.parent().unwrap()), ["mcp.json"]);
    }
}

#[tokio::test]
async fn an_entry_names_the_link_on_the_path_and_outlives_the_version_behind_it() {
    let (home, file) = home();
    let home = home.path();
    let version = |number: &str| home.join("Cellar").join(number).join("bin/vapi-mcp");
    let link = home.join("bin/vapi-mcp");
    let search = format!(
        "relative:{}:{}",
        home.join("none").display(),
        link.parent().unwrap().display()
    );
    fs::create_dir(home.join("bin")).unwrap();
    installed(&version("1.0.0"));
    symlink(version("1.0.0"), &link).unwrap();
    for program in [&link, &version("1.0.0")] {
        run_as(program, home, &search, &["cursor", "--yes"]).await;
        let text = fs::read_to_string(&file).unwrap();
        let command = format!("\"command\": \"{}\"", link.display());
        assert!(text.contains(&command), "{text}");
    }
    // An update: another file behind the same link.
    installed(&version("1.1.0"));
    fs::remove_file(&link).unwrap();
    symlink(version("1.1.0"), &link).unwrap();
    fs::remove_dir_all(home.join("Cellar/1.0.0")).unwrap();
    let status = run_as(&link, home, &search, &["status"]).await;
    assert!(
        status.contains(&format!("local, {}", link.display())),
        "{status}"
    );
    let again = run_as(&version("1.1.0"), home, &search, &["cursor", "--yes"]).await;
    assert!(again.contains("nothing to change"), "{again}");
    run_as(&version("1.1.0"), home, &search, &["remove", "--yes"]).await;
    assert!(!file.exists());
}

#[tokio::test]
async fn a_link_that_leads_to_another_program_is_not_named() {
    let (home, file) = home();
    let home = home.path();
    let other = home.join("bin/vapi-mcp");
    fs::create_dir(home.join("bin")).unwrap();
    fs::write(&other, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    let program = home.join("own/vapi-mcp");
    installed(&program);
    let search = other.parent().unwrap().to_str().unwrap().to_owned();
    run_as(&program, home, &search, &["cursor", "--yes"]).await;
    let text = fs::read_to_string(&file).unwrap();
    let command = format!("\"command\": \"{}\"", program.display());
    assert!(text.contains(&command), "{text}");
}

fn backup(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap().to_str().unwrap();
    file.with_file_name(format!("{name}.before-vapi-mcp"))
}
