//! The file of this program: finds the path for an entry, and recognises entries that start this
//! program.

use std::{
    env::{self, consts::EXE_SUFFIX},
    ffi::{OsStr, OsString},
    path::{Component, Path, PathBuf},
};

const NAME: &str = "vapi-mcp";

/// Words of targets and archives that, besides version numbers, may follow the program's name in a
/// file name. Any other word, as in `vapi-mcp-server`, means that it is another program.
const SUFFIX_WORDS: [&str; 42] = [
    "aarch64",
    "alpha",
    "amd64",
    "apple",
    "arm",
    "arm64",
    "armv7",
    "armv7l",
    "beta",
    "copy",
    "darwin",
    "debug",
    "freebsd",
    "gnu",
    "gnueabihf",
    "gnullvm",
    "i586",
    "i686",
    "latest",
    "linux",
    "mac",
    "macos",
    "msvc",
    "musl",
    "musleabihf",
    "new",
    "nightly",
    "old",
    "pc",
    "powerpc64le",
    "release",
    "riscv64",
    "riscv64gc",
    "s390x",
    "static",
    "universal",
    "universal2",
    "unknown",
    "win",
    "windows",
    "wrapped",
    "x64",
];

/// The path for an entry: the first on `PATH` that leads to this program, otherwise the path with
/// which it was started, otherwise its file. Links are not resolved, because they stay valid when
/// versioned folders change.
pub fn path() -> Result<String, String> {
    let file = current_program()?;
    let called = env::args_os().next();
    let found = preferred_path(&file, called.as_deref(), env::var_os("PATH").as_deref());
    found
        .into_os_string()
        .into_string()
        .map_err(|_| "the path of this program is not Unicode, which no client can read".to_owned())
}

/// Whether this command starts this program, under any file name.
pub(super) fn is_this_program(command: &str) -> bool {
    let name = command.rsplit(['/', '\\']).next().unwrap_or_default();
    has_program_name(name) || current_program().is_ok_and(|file| resolves_to(command, &file))
}

fn current_program() -> Result<PathBuf, String> {
    let file = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    existing(file)
}

fn existing(file: PathBuf) -> Result<PathBuf, String> {
    if file.exists() {
        return Ok(file);
    }
    // The format in which Linux reports the path of a file that was replaced while the program ran.
    let replaced = file
        .to_str()
        .and_then(|path| path.strip_suffix(" (deleted)"));
    replaced
        .map(PathBuf::from)
        .filter(|path| path.is_file())
        .ok_or_else(|| {
            "the file of this program was moved or deleted while it was running".to_owned()
        })
}

/// `called` is the first word of the command line, and `search` the value of `PATH`.
fn preferred_path(file: &Path, called: Option<&OsStr>, search: Option<&OsStr>) -> PathBuf {
    let called = called.map(Path::new);
    let mut names: Vec<OsString> = vec![format!("{NAME}{EXE_SUFFIX}").into()];
    for name in [called, Some(file)].into_iter().flatten() {
        names.extend(name.file_name().map(with_suffix));
    }
    let searched = names
        .iter()
        .flat_map(|name| folders(search).map(move |folder| folder.join(name)));
    let as_called = called
        .filter(|called| called.components().count() > 1)
        .filter(|called| !called.components().any(|part| part == Component::ParentDir))
        .and_then(|called| std::path::absolute(called).ok());
    searched
        .chain(as_called)
        .find(|path| path.to_str().is_some() && same_file(path, file))
        .unwrap_or_else(|| file.to_owned())
}

/// The absolute folders of a `PATH`. Relative ones depend on the working directory of the client.
fn folders(search: Option<&OsStr>) -> impl Iterator<Item = PathBuf> {
    let folders: Vec<_> = search.map(env::split_paths).into_iter().flatten().collect();
    folders.into_iter().filter(|folder| folder.is_absolute())
}

fn with_suffix(name: &OsStr) -> OsString {
    let mut name = name.to_owned();
    if !name.to_string_lossy().ends_with(EXE_SUFFIX) {
        name.push(EXE_SUFFIX);
    }
    name
}

fn resolves_to(command: &str, file: &Path) -> bool {
    let path = Path::new(command);
    if path.is_absolute() {
        return same_file(path, file);
    }
    // The client looks up a bare name, probably in the same `PATH`.
    path.components().count() == 1
        && folders(env::var_os("PATH").as_deref())
            .map(|folder| folder.join(with_suffix(path.as_os_str())))
            .find(|path| path.is_file())
            .is_some_and(|found| same_file(&found, file))
}

fn same_file(one: &Path, other: &Path) -> bool {
    let real = one.canonicalize().ok();
    real.is_some() && real == other.canonicalize().ok()
}

/// Whether a file has the name of this program, possibly with suffixes of releases and downloads:
/// `vapi-mcp.exe`, `vapi-mcp-x86_64-unknown-linux-gnu`, `vapi-mcp_1.2.3_darwin_arm64`.
fn has_program_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.trim_start_matches('.');
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let Some(rest) = name.strip_prefix(NAME) else {
        return false;
    };
    let mut words = rest.split(['-', '_', '.', '@', '+', ' ', '(', ')']);
    // Without a separator, it is the name of another program.
    words.next() == Some("") && words.all(|word| word.is_empty() || is_suffix_word(word))
}

fn is_suffix_word(word: &str) -> bool {
    let number = word.strip_prefix('v').unwrap_or(word);
    let number = number.strip_prefix("rc").unwrap_or(number);
    let is_version = number.bytes().all(|byte| byte.is_ascii_digit());
    is_version || word == "x86" || SUFFIX_WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_known_by_the_names_of_its_releases() {
        for name in [
            "vapi-mcp",
            "vapi-mcp.exe",
            "VAPI-MCP.EXE",
            "vapi-mcp-x86_64-unknown-linux-gnu",
            "vapi-mcp-x86_64-pc-windows-msvc.exe",
            "vapi-mcp-aarch64-apple-darwin",
            "vapi-mcp-1.2.3",
            "vapi-mcp-v1.2.3-rc.1",
            "vapi-mcp-1.0.0-rc1",
            "vapi-mcp_1.2.3_linux_amd64",
            "vapi-mcp@2",
            "vapi-mcp (1).exe",
            "vapi-mcp.old",
            ".vapi-mcp-wrapped",
        ] {
            assert!(has_program_name(name), "{name}");
        }
        for name in [
            "",
            "vapi",
            "node",
            "vapi_mcp",
            "vapi-mcp-server",
            "vapi-mcp-proxy-1.2.3",
            "vapi-mcp2",
            "vapi-mcpx",
            "vapi-mcp.js",
            "my-vapi-mcp",
        ] {
            assert!(!has_program_name(name), "{name}");
        }
    }

    #[cfg(unix)]
    mod unix {
        use std::{fs, os::unix::fs::symlink};

        use tempfile::TempDir;

        use super::*;

        struct Machine(TempDir);

        impl Machine {
            /// A program in a versioned folder.
            fn new() -> (Self, PathBuf) {
                let machine = Self(TempDir::new().unwrap());
                let file = machine.at("Cellar/1.2.3/vapi-mcp");
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(&file, "").unwrap();
                (machine, file)
            }

            fn at(&self, path: &str) -> PathBuf {
                self.0.path().join(path)
            }

            fn link(&self, path: &str, to: &Path) -> PathBuf {
                let link = self.at(path);
                fs::create_dir_all(link.parent().unwrap()).unwrap();
                symlink(to, &link).unwrap();
                link
            }

            fn search(&self, folders: &[&str]) -> OsString {
                env::join_paths(folders.iter().map(|folder| self.at(folder))).unwrap()
            }
        }

        #[test]
        fn the_first_on_the_path_that_leads_here_is_named() {
            let (machine, file) = Machine::new();
            let link = machine.link("bin/vapi-mcp", &file);
            machine.link("later/vapi-mcp", &file);
            // Another version, a wrapper, a dangling link, and a folder with the program's name.
            fs::create_dir_all(machine.at("other")).unwrap();
            fs::write(machine.at("other/vapi-mcp"), "#!/bin/sh").unwrap();
            machine.link("dangling/vapi-mcp", &machine.at("nowhere"));
            fs::create_dir_all(machine.at("folder/vapi-mcp")).unwrap();
            let search = machine.search(&["none", "other", "dangling", "folder", "bin", "later"]);
            for called in [None, Some("vapi-mcp"), Some("./vapi-mcp"), file.to_str()] {
                let found = preferred_path(&file, called.map(OsStr::new), Some(&search));
                assert_eq!(found, link);
            }
        }

        #[test]
        fn a_link_of_another_name_is_found_by_the_name_it_was_called_by() {
            let (machine, file) = Machine::new();
            let link = machine.link("bin/calls", &file);
            let search = machine.search(&["bin"]);
            let found = |called: &str| preferred_path(&file, Some(called.as_ref()), Some(&search));
            assert_eq!(found("calls"), link);
            assert_eq!(found("vapi-mcp"), file);
        }

        #[test]
        fn a_relative_folder_on_the_path_is_no_place_for_a_client() {
            let (_machine, file) = Machine::new();
            let here = env::current_dir().unwrap();
            let up: PathBuf = here.components().skip(1).map(|_| "..").collect();
            let folder = up.join(file.parent().unwrap().strip_prefix("/").unwrap());
            assert!(folder.join("vapi-mcp").exists());
            let search = env::join_paths([folder, PathBuf::new()]).unwrap();
            assert_eq!(preferred_path(&file, None, Some(&search)), file);
        }

        #[test]
        fn a_program_that_was_replaced_while_it_runs_is_found_in_its_place() {
            let (machine, file) = Machine::new();
            let replaced = |file: &Path| format!("{} (deleted)", file.display()).into();
            assert_eq!(existing(file.clone()), Ok(file.clone()));
            assert_eq!(existing(replaced(&file)), Ok(file));
            let gone = existing(replaced(&machine.at("gone"))).unwrap_err();
            assert_eq!(
                gone,
                "the file of this program was moved or deleted while it was running"
            );
        }

        #[test]
        fn a_link_that_it_was_called_by_is_named_when_the_path_has_none() {
            let (machine, file) = Machine::new();
            let link = machine.link("opt/vapi-mcp", &file);
            let other = machine.at("other");
            fs::write(&other, "").unwrap();
            for search in [None, Some(machine.search(&["none"]))] {
                let found = |called: &Path| {
                    preferred_path(&file, Some(called.as_os_str()), search.as_deref())
                };
                assert_eq!(found(&link), link);
                // The first word of a command line may be anything.
                assert_eq!(found(&other), file);
                assert_eq!(found(Path::new("")), file);
            }
        }

        #[test]
        fn a_command_that_leads_here_is_this_program_whatever_its_name() {
            let machine = TempDir::new().unwrap();
            let link = machine.path().join("calls");
            symlink(env::current_exe().unwrap(), &link).unwrap();
            assert!(is_this_program(link.to_str().unwrap()));
            assert!(!is_this_program("/bin/sh"));
            assert!(!is_this_program("calls"));
            assert!(!is_this_program(""));
        }
    }
}
