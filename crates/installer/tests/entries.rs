//! Where each client's file is and what is put there.

use installer::{
    Change,
    build_entry::build_entry,
    clients::{CLIENTS, Folders, Os},
    entry::{EntryOptions, Flag, Server},
};

use crate::home::{Home, known, local, remote, sandbox};

fn given(key: Option<&str>) -> EntryOptions<'_> {
    EntryOptions {
        key,
        ..EntryOptions::default()
    }
}

fn flag(arguments: &[&str]) -> Flag {
    Flag {
        name: arguments[0].to_owned(),
        arguments: arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect(),
    }
}

#[test]
fn every_client_has_its_file_on_every_system() {
    let home = |os| {
        let variable = |name: &str| match (name, os) {
            ("HOME", Os::Linux | Os::MacOs) | ("USERPROFILE", Os::Windows) => Some("/home/ann"),
            _ => None,
        };
        Folders::new(os, |name| variable(name).map(str::to_owned)).unwrap()
    };
    let mut table = String::new();
    for client in &CLIENTS {
        for os in [Os::Linux, Os::MacOs, Os::Windows] {
            let file = client.file(&home(os));
            table.push_str(&format!("{} {os:?} {}\n", client.id, file.display()));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn variables_that_clients_follow_are_followed() {
    let home = Home::new(Os::Linux);
    let folders = home.with(&[
        ("XDG_CONFIG_HOME", "xdg"),
        ("CLAUDE_CONFIG_DIR", "claude"),
        ("CODEX_HOME", "codex"),
    ]);
    for (client, path) in [
        ("vscode", "xdg/Code/User/mcp.json"),
        ("zed", "xdg/zed/settings.json"),
        ("claude-code", "claude/.claude.json"),
        ("codex", "codex/config.toml"),
        ("cursor", ".cursor/mcp.json"),
    ] {
        let file = known(client).file(&folders);
        assert_eq!(file, home.folder.path().join(path));
    }
    let relative = |name: &str| match name {
        "HOME" => Some("/home/ann".to_owned()),
        "XDG_CONFIG_HOME" => Some("here".to_owned()),
        _ => None,
    };
    let folders = Folders::new(Os::Linux, relative).unwrap();
    let file = known("zed").file(&folders);
    assert_eq!(file.to_str(), Some("/home/ann/.config/zed/settings.json"));
    let windows = Home::new(Os::Windows);
    let file = known("claude-desktop").file(&windows.with(&[("APPDATA", "roaming")]));
    let below = "roaming/Claude/claude_desktop_config.json";
    assert_eq!(file, windows.folder.path().join(below));
    assert!(Folders::new(Os::Linux, |_| None).is_none());
}

#[test]
fn a_client_is_installed_when_its_folder_is_there() {
    let home = Home::new(Os::Linux);
    for client in &CLIENTS {
        assert!(!client.is_installed(&home.folders()), "{}", client.id);
    }
    for folder in [".claude", ".codex", ".config/Code/User"] {
        std::fs::create_dir_all(home.folder.path().join(folder)).unwrap();
    }
    let installed = CLIENTS
        .iter()
        .filter(|client| client.is_installed(&home.folders()));
    let installed: Vec<_> = installed.map(|client| client.id).collect();
    assert_eq!(installed, ["claude-code", "vscode", "codex"]);
}

#[test]
fn each_entry_is_in_its_clients_words() {
    let home = Home::new(Os::Linux);
    let mut all = String::new();
    for client in &CLIENTS {
        let file = client.file(&home.folders());
        for (name, server, key) in [
            ("local", local(), None),
            ("local, key written", local(), Some("s3cret")),
            ("sandbox", sandbox(), None),
            ("remote", remote(), None),
            ("remote, key written", remote(), Some("s3cret")),
        ] {
            let change = Change::install(client, &home.folders(), &server, given(key)).unwrap();
            assert!(!change.diff().contains("s3cret"), "{}", change.diff());
            let lacks = change.warning.clone().unwrap_or_default();
            change.apply().unwrap();
            let text = std::fs::read_to_string(&file).unwrap();
            all.push_str(&format!("== {}, {name} {lacks}\n{text}", client.id));
            std::fs::remove_file(&file).unwrap();
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_a_person_added_to_the_entry_stays() {
    let cursor = known("cursor");
    let old = serde_json::json!({
        "command": "/old/vapi-mcp",
        "args": ["--read-only", "--region", "us", "--max-calls=9/day"],
        "env": { "VAPI_TOKEN": "s3cret", "VAPI_MCP_LOG": "info" },
        "disabled": true,
    });
    let old = old.as_object();
    let server = Server::Local {
        command: "/opt/vapi-mcp".to_owned(),
    };
    let flags = [flag(&["--region", "eu"]), flag(&["--max-calls", "5/hour"])];
    let given = EntryOptions {
        flags: &flags,
        ..given(None)
    };
    let mut expected = old.unwrap().clone();
    expected["command"] = "/opt/vapi-mcp".into();
    expected["args"] =
        serde_json::json!(["--read-only", "--region", "eu", "--max-calls", "5/hour"]);
    assert_eq!(build_entry(cursor, &server, given, old), expected);
    // To the sandbox and back.
    let there = build_entry(cursor, &sandbox(), given, old);
    assert_eq!(there["args"][5], "--sandbox");
    let back = build_entry(cursor, &server, given, Some(&there));
    assert_eq!(back, expected);
    // A remote server takes neither command nor variables.
    let remote = build_entry(cursor, &remote(), EntryOptions::default(), old);
    let keys: Vec<_> = remote.keys().collect();
    assert_eq!(keys, ["url", "headers"]);
}

#[test]
fn going_to_the_sandbox_takes_the_reference_to_the_key_away() {
    for client in &CLIENTS {
        for written in [None, Some("s3cret")] {
            let first = build_entry(client, &local(), given(written), None);
            let there = build_entry(client, &sandbox(), given(None), Some(&first));
            let kept = serde_json::Value::Object(there.clone()).to_string();
            assert_eq!(kept.contains("s3cret"), written.is_some(), "{kept}");
            assert!(!kept.contains('$'), "{kept}");
            let back = build_entry(client, &local(), given(None), Some(&there));
            assert_eq!(back, first, "{}", client.id);
        }
    }
}
