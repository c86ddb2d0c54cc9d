//! What is printed of a file, and to whom.

use super::*;

#[test]
fn what_is_printed_for_a_programmer_has_no_key_in_it() {
    let home = Home::new(Os::Linux);
    let url = "https://ann:s3cret@b.example/s3cret?key=s3cret";
    let entry = serde_json::json!({ "url": url, "headers": { "Authorization": "Bearer s3cret" } });
    let file = serde_json::json!({ "other": "s3cret", "mcpServers": { "vapi": entry } });
    home.write("cursor", &file.to_string());
    let flags = [Flag {
        name: "--allow-destinations".to_owned(),
        arguments: vec!["--allow-destinations".to_owned(), "s3cret".to_owned()],
    }];
    let given = EntryOptions {
        key: Some("s3cret"),
        flags: &flags,
        base_url: None,
    };
    let put = Change::install(known("cursor"), &home.folders(), &local(), given).unwrap();
    let take = Change::remove(known("cursor"), &home.folders()).unwrap();
    let state = install_state(known("cursor"), &home.folders());
    for shown in [
        format!("{put:?}"),
        format!("{take:?}"),
        format!("{state:?}"),
        format!("{flags:?}"),
    ] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
    // An error names no part of the file either.
    for (client, text) in [
        ("cursor", "{\"s3cret\": s3cret}"),
        ("cursor", "{\"s3cret\": \"s3cret"),
        ("codex", "s3cret = s3cret"),
        ("codex", "s3cret = 's3cret"),
        ("codex", "s3cret = 1\ns3cret = 2"),
    ] {
        home.write(client, text);
        let error = home.change(client, &local()).unwrap_err();
        let shown = format!("{error}{error:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[test]
fn the_diff_shows_no_text_of_other_servers() {
    let home = Home::new(Os::Linux);
    home.write(
        "cursor",
        "{\n  \"mcpServers\": {\n    \"o\": {\"env\": {\"KEY\": \"s3cret\"}, \"args\": [\"s3cret\"]}\n  },\n  \
         \"b\": \"s3cret\", \"c\": [\n    \"s3cret\"]\n}\n",
    );
    home.write("codex", "a = 's3cret'\nb = [\"s3cret\", 's3cret']");
    for client in ["cursor", "codex"] {
        let change = home.change(client, &local()).unwrap();
        let diff = change.diff();
        assert!(!diff.contains("s3cret"), "{diff}");
        assert!(
            diff.contains("…") && diff.contains("/opt/vapi-mcp"),
            "{diff}"
        );
    }
}

#[test]
fn a_key_that_a_person_wrote_into_the_arguments_is_not_shown() {
    let home = Home::new(Os::Linux);
    let args = [
        "--header",
        "Authorization: Bearer s3cret",
        "--key=s3cret",
        "s3cret",
        "https://u:s3cret@b.example",
    ];
    let old = serde_json::json!({ "mcpServers": { "vapi": {
        "command": "/opt/vapi-mcp", "args": args, "url": "https://b.example/?key=s3cret",
    } } });
    fs::create_dir_all(home.file("cursor").parent().unwrap()).unwrap();
    let old = serde_json::to_string_pretty(&old).unwrap();
    fs::write(home.file("cursor"), old).unwrap();
    for server in [local(), remote()] {
        let change = home.change("cursor", &server);
        let diff = change.unwrap().diff();
        assert!(
            diff.contains("\"url\"") && !diff.contains("s3cret"),
            "{diff}"
        );
    }
}

#[test]
fn a_key_in_a_comment_or_in_a_text_over_several_lines_is_not_shown() {
    let json = "\u{feff}{\"mcpServers\": {\"vapi\": {\"command\": \"/old/vapi-mcp\" /* it's\r\n s3cret */}} // \"s3cret\"\r\n}";
    let toml = r##"[mcp_servers.vapi] # it's s3cret
command = '/old/vapi-mcp' # s3cret
args = ["--key", """
s3cret
""", '''s3cret
's3cret's''', "#"]
"##;
    for (client, text) in [("cursor", json), ("codex", toml)] {
        let home = Home::new(Os::Linux);
        home.write(client, text);
        let flags = [Flag {
            name: "--region".to_owned(),
            arguments: vec!["--region".to_owned(), "eu".to_owned()],
        }];
        let given = EntryOptions {
            flags: &flags,
            ..EntryOptions::default()
        };
        let put = Change::install(known(client), &home.folders(), &local(), given).unwrap();
        let take = Change::remove(known(client), &home.folders()).unwrap();
        assert!(put.diff().contains("/opt/vapi-mcp"), "{}", put.diff());
        assert!(take.diff().contains("/old/vapi-mcp"), "{}", take.diff());
        for diff in [put.diff(), take.diff()] {
            assert!(!diff.contains("s3cret"), "{diff}");
        }
    }
}
