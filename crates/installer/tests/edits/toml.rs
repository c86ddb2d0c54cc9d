//! TOML files.

use super::*;

#[test]
fn toml_in_every_form_keeps_its_other_servers() {
    let entry = "[mcp_servers.vapi]\ncommand = \"/opt/vapi-mcp\"\nenv_vars = [\"VAPI_TOKEN\"]\n";
    for (before, after) in [
        (
            "[mcp_servers.o]\ncommand = 'x' # c\n# end",
            format!(
                "[mcp_servers.o]\ncommand = 'x' # c\n# end\n\n{}",
                entry.trim_end()
            ),
        ),
        (
            "mcp_servers.o.command = 'x'\n",
            format!("mcp_servers.o.command = 'x'\n\n{entry}"),
        ),
        (
            "mcp_servers = { o = { command = 'x' } } # c\n",
            "mcp_servers = { o = { command = 'x' } , vapi = { command = \"/opt/vapi-mcp\", \
             env_vars = [\"VAPI_TOKEN\"] } } # c\n"
                .to_owned(),
        ),
    ] {
        let home = Home::new(Os::Linux);
        let file = home.write("codex", before);
        home.install("codex", &local());
        assert_eq!(home.read("codex"), after);
        fs::remove_file(backup(&file)).unwrap();
        home.remove("codex");
        assert_eq!(home.read("codex"), before);
    }
}

#[test]
fn toml_tables_of_the_entry_go_with_it_and_comments_around_it_stay() {
    let home = Home::new(Os::Linux);
    let text = "# first\n[mcp_servers.vapi]\ncommand = '/x/vapi-mcp' # c\nl = [\n  1,\n]\n\n[other]\na = 1\n\n\
                [mcp_servers.vapi.env]\nVAPI_TOKEN = 's3cret'\n\n# last\n[z]\n";
    home.write("codex", text);
    let InstallState::Configured { key, .. } = install_state(known("codex"), &home.folders())
    else {
        panic!("not there");
    };
    assert_eq!(key, KeySource::PlainText);
    let change = Change::remove(known("codex"), &home.folders()).unwrap();
    assert!(!change.diff().contains("s3cret"));
    change.apply().unwrap();
    assert_eq!(
        home.read("codex"),
        "# first\n\n[other]\na = 1\n\n# last\n[z]\n"
    );
}

#[test]
fn toml_is_changed_where_it_stands() {
    let home = Home::new(Os::Linux);
    let text = "[mcp_servers.vapi] # ours\r\ncommand = '/old/vapi-mcp' # c\r\nenv_vars = [\"VAPI_TOKEN\"]\r\n\
                startup_timeout_sec = 20\r\n\r\n[z]\r\n# end";
    home.write("codex", text);
    home.install("codex", &local());
    let after = text.replace("'/old/vapi-mcp'", "\"/opt/vapi-mcp\"");
    assert_eq!(home.read("codex"), after);
    // Line ends of both kinds cannot be kept by the library.
    home.write("codex", &text.replace("20\r\n", "20\n"));
    let error = home.change("codex", &local()).unwrap_err();
    assert!(matches!(error, EditError::NotIsolated), "{error}");
}

#[test]
fn a_toml_file_beyond_its_bound_is_left_alone() {
    let home = Home::new(Os::Linux);
    for (length, fits) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        let text = format!("#{}\n", "-".repeat(length - 2));
        home.write("codex", &text);
        let change = home.change("codex", &local());
        let error = change.err().map(|error| error.to_string());
        let told = (!fits).then(|| "it is larger than 1048576 bytes".to_owned());
        assert_eq!(error, told);
    }
}
