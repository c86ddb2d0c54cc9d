//! Edits of files that are not simple.

mod shown;
mod toml;

use std::{fs, path::Path};

use crate::home::{Home, backup, known, local, remote, sandbox};
use installer::{
    Change, EditError, InstallState,
    clients::Os,
    entry::{EntryOptions, Flag, KeySource, Server},
    install_state,
};

#[test]
fn the_file_as_it_was_is_kept_and_goes_when_it_is_back() {
    let home = Home::new(Os::Linux);
    let before = "{\"theme\": \"dark\"}";
    let file = home.write("gemini", before);
    home.install("gemini", &local());
    assert_eq!(fs::read_to_string(backup(&file)).unwrap(), before);
    // A later change of our entry does not replace it.
    home.install("gemini", &sandbox());
    home.install("gemini", &local());
    assert_eq!(fs::read_to_string(backup(&file)).unwrap(), before);
    home.remove("gemini");
    assert_eq!(home.read("gemini"), before);
    assert!(!backup(&file).exists());
}

#[test]
fn a_file_that_this_server_made_goes_with_it() {
    let home = Home::new(Os::Linux);
    for client in ["cursor", "codex"] {
        home.install(client, &local());
        assert!(home.file(client).exists());
        home.remove(client);
        assert!(!home.file(client).exists());
        assert!(!backup(&home.file(client)).exists());
    }
    // An empty one was somebody else's.
    let file = home.write("cursor", "");
    home.install("cursor", &local());
    home.remove("cursor");
    assert_eq!(fs::read(file).unwrap(), b"");
}

#[test]
fn what_was_changed_since_stays_changed() {
    let home = Home::new(Os::Linux);
    home.write("cursor", "{\n  // mine\n  \"a\": 1\n}\n");
    home.install("cursor", &local());
    let other = "\"mcpServers\": {\n    // another\n    \"other\": {\"command\": \"x\"},";
    let text = home.read("cursor").replace("\"mcpServers\": {", other);
    home.write("cursor", &text);
    home.remove("cursor");
    let expected = "{\n  // mine\n  \"a\": 1,\n  \"mcpServers\": {\n    // another\n    \
                    \"other\": {\"command\": \"x\"}\n  }\n}\n";
    assert_eq!(home.read("cursor"), expected);
}

#[test]
fn an_empty_list_of_servers_stays_if_it_was_there() {
    let home = Home::new(Os::Linux);
    for (before, after) in [
        (
            "{\n  \"mcpServers\": {}\n}\n",
            "{\n  \"mcpServers\": {},\n  \"b\": 2\n}\n",
        ),
        ("{\n  \"a\": 1\n}\n", "{\n  \"a\": 1,\n  \"b\": 2\n}\n"),
    ] {
        let file = home.write("cursor", before);
        home.install("cursor", &local());
        let text = home.read("cursor");
        home.write("cursor", &text.replace("\n}\n", ",\n  \"b\": 2\n}\n"));
        home.remove("cursor");
        assert_eq!(home.read("cursor"), after);
        fs::remove_file(backup(&file)).unwrap();
    }
}

#[test]
fn what_cannot_be_understood_is_left_alone() {
    let home = Home::new(Os::Linux);
    for (client, text) in [
        ("cursor", "{\"mcpServers\": {"),
        ("cursor", "[]"),
        ("cursor", "{\"mcpServers\": []}"),
        ("cursor", "{\"mcpServers\": {}, \"mcpServers\": {}}"),
        ("vscode", "{\"inputs\": {}}"),
        ("codex", "mcp_servers = 1"),
        ("codex", "a = "),
    ] {
        home.write(client, text);
        let change = home.change(client, &local());
        let error = change.expect_err(text).to_string();
        assert!(!error.is_empty());
        assert_eq!(home.read(client), text);
        assert!(!backup(&home.file(client)).exists());
    }
}

#[test]
fn a_file_that_somebody_else_wrote_in_the_meantime_is_not_written() {
    let home = Home::new(Os::Linux);
    home.write("cursor", "{}");
    let change = home.change("cursor", &local()).unwrap();
    home.write("cursor", "{\"a\": 1}");
    assert!(matches!(
        change.apply(),
        Err(EditError::ModifiedConcurrently)
    ));
    assert_eq!(home.read("cursor"), "{\"a\": 1}");
}

#[test]
fn the_first_copy_stays_whatever_comes_after_it() {
    let home = Home::new(Os::Linux);
    let first = "{\"a\": 1}";
    let file = home.write("cursor", first);
    home.install("cursor", &local());
    // Taken out by hand, changed, and put in again.
    let second = "{\"b\": 2}";
    home.write("cursor", second);
    home.install("cursor", &local());
    home.install("cursor", &sandbox());
    assert_eq!(fs::read_to_string(backup(&file)).unwrap(), first);
    home.remove("cursor");
    assert_eq!(home.read("cursor"), second);
    assert_eq!(fs::read_to_string(backup(&file)).unwrap(), first);
    // A copy that a broken-off run left behind serves the next one.
    home.write("cursor", first);
    home.install("cursor", &local());
    home.remove("cursor");
    assert_eq!(home.read("cursor"), first);
    let left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn copies_have_an_end() {
    let home = Home::new(Os::Linux);
    let file = home.write("cursor", "{}");
    fs::write(backup(&file), "1").unwrap();
    for number in 2..=20 {
        let name = format!("mcp.json.before-vapi-mcp.{number}");
        fs::write(file.with_file_name(name), "1").unwrap();
    }
    let change = home.change("cursor", &local());
    let error = change.unwrap().apply().unwrap_err().to_string();
    assert!(
        error.contains("delete those that you do not need"),
        "{error}"
    );
    assert_eq!(home.read("cursor"), "{}");
}

#[test]
fn vapis_own_server_under_the_same_name_is_not_ours_to_remove() {
    let home = Home::new(Os::Linux);
    let theirs = r#"{"mcpServers": {"vapi": {"command": "npx", "args": ["-y", "@vapi-ai/mcp-server"], "env": {"VAPI_TOKEN": "s3cret"}}}}"#;
    home.write("cursor", theirs);
    assert!(matches!(
        install_state(known("cursor"), &home.folders()),
        InstallState::NotConfigured
    ));
    assert!(
        Change::remove(known("cursor"), &home.folders())
            .unwrap()
            .is_empty()
    );
    home.install("cursor", &local());
    assert!(!home.read("cursor").contains("npx"));
    home.remove("cursor");
    assert_eq!(home.read("cursor"), theirs);
}

#[test]
fn windows_paths_are_written_as_they_are() {
    let home = Home::new(Os::Windows);
    let command = r"C:\Users\Ann Lee\vapi-mcp.exe";
    let server = Server::Local {
        command: command.to_owned(),
    };
    for client in ["cursor", "codex"] {
        let change = home.change(client, &server).unwrap();
        assert!(change.diff().contains("vapi-mcp.exe"), "{}", change.diff());
        change.apply().unwrap();
        let InstallState::Configured { server: found, .. } =
            install_state(known(client), &home.folders())
        else {
            panic!("not there");
        };
        assert_eq!(found, server);
    }
}

#[test]
fn a_remote_entry_is_read_as_one() {
    let home = Home::new(Os::Linux);
    for client in ["claude-desktop", "windsurf", "codex", "gemini"] {
        home.install(client, &remote());
        let InstallState::Configured { server, .. } = install_state(known(client), &home.folders())
        else {
            panic!("not there");
        };
        assert_eq!(server, remote());
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_file_and_a_copy_are_for_their_owner_only_and_a_mode_stays() {
        let home = Home::new(Os::Linux);
        home.install("codex", &local());
        assert_eq!(mode(&home.file("codex")), 0o600);
        let file = home.write("cursor", "{}");
        for given in [0o644, 0o660, 0o600, 0o400] {
            fs::set_permissions(&file, fs::Permissions::from_mode(given)).unwrap();
            home.install("cursor", &local());
            assert_eq!((mode(&file), mode(&backup(&file))), (given, 0o600));
            let folder = file.parent().unwrap();
            let left: Vec<_> = fs::read_dir(folder).unwrap().collect();
            assert_eq!(left.len(), 2, "{left:?}");
            home.remove("cursor");
            assert_eq!(mode(&file), given);
        }
    }

    #[test]
    fn a_key_in_a_file_that_others_can_read_is_told() {
        let home = Home::new(Os::Linux);
        let file = home.write("cursor", "{}");
        let key = EntryOptions {
            key: Some("s3cret"),
            ..EntryOptions::default()
        };
        for (mode, told) in [(0o644, true), (0o640, true), (0o600, false)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let put = |given| {
                let change = Change::install(known("cursor"), &home.folders(), &local(), given);
                change.unwrap().warning.unwrap_or_default()
            };
            assert_eq!(put(key).contains("chmod 600"), told, "{mode:o}");
            assert_eq!(put(EntryOptions::default()), "");
        }
    }

    #[test]
    fn a_file_with_a_second_name_is_left_alone() {
        let home = Home::new(Os::Linux);
        let file = home.write("cursor", "{}");
        let second = home.folder.path().join("second");
        fs::hard_link(&file, &second).unwrap();
        let change = home.change("cursor", &local());
        let error = change.unwrap().apply().unwrap_err().to_string();
        assert!(error.contains("2 names (hard links)"), "{error}");
        assert_eq!(home.read("cursor"), "{}");
        assert!(!backup(&file).exists());
        fs::remove_file(&second).unwrap();
        home.install("cursor", &local());
        fs::hard_link(&file, &second).unwrap();
        let change = Change::remove(known("cursor"), &home.folders()).unwrap();
        assert!(change.apply().is_err());
        assert!(home.read("cursor").contains("/opt/vapi-mcp"));
    }

    #[test]
    fn a_link_that_came_later_keeps_its_file() {
        let home = Home::new(Os::Linux);
        home.install("cursor", &local());
        let (file, real) = (
            home.file("cursor"),
            home.folder.path().join("dotfiles.json"),
        );
        fs::rename(&file, &real).unwrap();
        symlink(&real, &file).unwrap();
        home.remove("cursor");
        assert!(file.is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap().trim(), "{}");
    }

    #[test]
    fn a_copy_is_never_written_over_what_has_its_name_or_through_a_link() {
        let before = "{\"a\": 1}";
        let precious = "precious";
        for taken in [
            "file",
            "link",
            "dangling link",
            "folder",
            "link to the same text",
        ] {
            let home = Home::new(Os::Linux);
            let file = home.write("cursor", before);
            let elsewhere = home.folder.path().join("elsewhere");
            match taken {
                "file" => fs::write(backup(&file), precious).unwrap(),
                "folder" => fs::create_dir(backup(&file)).unwrap(),
                "dangling link" => symlink(&elsewhere, backup(&file)).unwrap(),
                _ => {
                    let text = if taken == "link" { precious } else { before };
                    fs::write(&elsewhere, text).unwrap();
                    symlink(&elsewhere, backup(&file)).unwrap();
                }
            }
            home.install("cursor", &local());
            let second = file.with_file_name("mcp.json.before-vapi-mcp.2");
            assert_eq!(fs::read_to_string(&second).unwrap(), before, "{taken}");
            home.install("cursor", &sandbox());
            home.remove("cursor");
            assert_eq!(home.read("cursor"), before, "{taken}");
            assert!(!second.exists(), "{taken}");
            match taken {
                "file" => assert_eq!(fs::read_to_string(backup(&file)).unwrap(), precious),
                "folder" => assert!(backup(&file).is_dir()),
                "dangling link" => {
                    assert!(backup(&file).is_symlink() && !elsewhere.exists());
                }
                "link" => assert_eq!(fs::read_to_string(&elsewhere).unwrap(), precious),
                _ => {
                    assert!(backup(&file).is_symlink());
                    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), before);
                }
            }
        }
    }

    #[test]
    fn a_link_stays_a_link() {
        let home = Home::new(Os::Linux);
        let real = home.folder.path().join("dotfiles.json");
        fs::write(&real, "{}").unwrap();
        let file = home.file("cursor");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        symlink("../dotfiles.json", &file).unwrap();
        home.install("cursor", &local());
        assert!(file.is_symlink());
        assert!(fs::read_to_string(&real).unwrap().contains("/opt/vapi-mcp"));
        home.remove("cursor");
        assert!(file.is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "{}");
        // Nothing is made at the end of a link that leads nowhere.
        fs::remove_file(&real).unwrap();
        assert!(home.change("cursor", &local()).is_err());
    }
}

#[test]
fn a_byte_order_mark_is_not_kept() {
    for (client, text) in [
        ("cursor", "{ \"mcpServers\": {} }"),
        ("vscode", "{}"),
        ("codex", "model = \"a\"\n"),
    ] {
        let home = Home::new(Os::Linux);
        let marked = format!("\u{feff}{text}");
        home.write(client, &marked);
        let put = || home.change(client, &local());
        assert!(put().unwrap().diff().starts_with("-(byte-order mark"));
        home.install(client, &local());
        let written = home.read(client);
        assert!(!written.contains('\u{feff}'), "{client}");
        assert!(put().unwrap().is_empty());
        // Also from a file that has the entry already.
        home.write(client, &format!("\u{feff}{written}"));
        assert!(!put().unwrap().is_empty());
        home.install(client, &local());
        assert_eq!(home.read(client), written);
        home.remove(client);
        assert_eq!(home.read(client), marked);
    }
}

#[test]
fn vs_code_asks_once_whatever_its_question_is_called() {
    let home = Home::new(Os::Linux);
    let before = r#"{
  "inputs": [{ "type": "promptString", "id": "vapi", "description": "Vapi API key", "password": true }],
  "servers": { "vapi": { "type": "stdio", "command": "/old/vapi-mcp", "env": { "VAPI_TOKEN": "${input:vapi}" } } }
}"#;
    fs::create_dir_all(home.file("vscode").parent().unwrap()).unwrap();
    fs::write(home.file("vscode"), before).unwrap();
    home.install("vscode", &local());
    assert_eq!(home.read("vscode"), before.replace("/old/", "/opt/"));
}
