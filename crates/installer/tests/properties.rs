//! Whatever a file looks like, nothing but the entry changes.

use std::fs;

use installer::clients::Os;
use jsonc_parser::{ParseOptions, cst::CstRootNode};
use proptest::prelude::*;

use crate::home::{Home, backup, known, local, remote};

const JSON: [&str; 7] = [
    "claude-desktop",
    "claude-code",
    "cursor",
    "windsurf",
    "vscode",
    "gemini",
    "zed",
];

/// White space and comments.
fn gap() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        3 => Just(" ".to_owned()),
        3 => Just("\n  ".to_owned()),
        1 => Just("\n\n\t".to_owned()),
        1 => "[a-z\"{},]{0,6}".prop_map(|text| format!(" // mark {text}\n")),
        1 => "[a-z\"{},]{0,6}".prop_map(|text| format!("/* mark {text} */")),
    ]
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?[1-9][0-9]{0,3}(\\.[0-9]{1,2})?",
        "\"[a-z ü/{}:,#]{0,8}\"",
    ]
}

/// JSON as people write it: gaps everywhere, a trailing comma now and then.
fn json() -> impl Strategy<Value = String> {
    scalar().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            (
                prop::collection::vec((gap(), inner.clone(), gap()), 0..4),
                any::<bool>(),
                gap()
            )
                .prop_map(|(items, comma, end)| {
                    let items: Vec<_> =
                        items.iter().map(|(a, v, b)| format!("{a}{v}{b}")).collect();
                    bracketed('[', ']', &items, comma, &end)
                }),
            members(inner),
        ]
    })
}

fn members(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let member = (gap(), gap(), gap(), inner, gap());
    (prop::collection::vec(member, 0..4), any::<bool>(), gap()).prop_map(|(members, comma, end)| {
        let members = members.iter().enumerate();
        let members: Vec<_> = members
            .map(|(at, (a, b, c, v, d))| format!("{a}\"k{at}\"{b}:{c}{v}{d}"))
            .collect();
        bracketed('{', '}', &members, comma, &end)
    })
}

fn bracketed(open: char, close: char, items: &[String], comma: bool, end: &str) -> String {
    let comma = if comma && !items.is_empty() { "," } else { "" };
    format!("{open}{}{comma}{end}{close}", items.join(","))
}

/// A whole file: with servers or without, line ends of either kind, a byte order mark.
fn file(servers: &'static str) -> impl Strategy<Value = String> {
    let inner = prop_oneof![members(json()), Just("{}".to_owned())];
    let own = prop::option::of((gap(), inner, gap(), any::<bool>()));
    (
        gap(),
        members(json()),
        own,
        gap(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(move |(start, top, own, end, crlf, bom)| {
            let top = match own {
                Some((before, inner, after, first)) => with_servers(
                    &top,
                    &format!("{before}\"{servers}\": {inner}{after}"),
                    first,
                ),
                None => top,
            };
            let mut text = format!("{start}{top}{end}");
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            if bom { format!("\u{feff}{text}") } else { text }
        })
}

/// The object with one more member, first or last.
fn with_servers(top: &str, member: &str, first: bool) -> String {
    let inner = &top[1..];
    if inner.contains(':') && !first {
        return format!("{{\"first\": 0,{member},{inner}");
    }
    let comma = if inner.contains("\"k0\"") { "," } else { "" };
    format!("{{{member}{comma}{inner}")
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z=\\[\\]\"]{0,6}".prop_map(|text| format!("# mark {text}")),
        "[a-z]{1,6}".prop_map(|text| format!("{{key}} = '{text}' # mark")),
        "[a-z]{1,6}".prop_map(|text| format!("  {{key}} = [\n    \"{text}\", # mark\n  ]")),
        "[a-z]{1,6}".prop_map(|text| format!("{{key}} = \"\"\"\n{text}\n\"\"\"")),
        Just("{key} = { a = 1, \"b c\" = [1, 2.5] }".to_owned()),
        Just("{key}.inner = 1979-05-27T07:32:00Z".to_owned()),
        Just("[t.{key}]".to_owned()),
        Just("[[list.{key}]] # mark".to_owned()),
        Just("[mcp_servers.{key}]".to_owned()),
        Just("[mcp_servers.{key}.env]".to_owned()),
    ]
}

fn toml() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(line(), 0..12);
    (lines, any::<bool>(), any::<bool>()).prop_map(|(lines, crlf, end)| {
        let lines = lines.into_iter().enumerate();
        let lines: Vec<_> = lines
            .map(|(at, line)| line.replace("{key}", &format!("k{at}")))
            .collect();
        let mut text = lines.join("\n");
        if end && !text.is_empty() {
            text.push('\n');
        }
        if crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    })
}

/// What is told apart in a file by its comments.
fn marks(text: &str) -> usize {
    text.matches("mark").count()
}

fn there_and_back(client: &str, before: &str) -> Result<(), TestCaseError> {
    let home = Home::new(Os::Linux);
    let path = home.write(client, before);
    home.install(client, &local());
    let once = home.read(client);
    prop_assert!(once.contains("/opt/vapi-mcp"));
    prop_assert_eq!(marks(&once), marks(before));
    let again = home.change(client, &local()).unwrap();
    prop_assert!(again.is_empty(), "{}", again.diff());
    home.remove(client);
    prop_assert_eq!(home.read(client), before);
    prop_assert!(!backup(&path).exists());
    Ok(())
}

/// The same without the help of what was kept.
fn by_itself(client: &str, before: &str) -> Result<String, TestCaseError> {
    let home = Home::new(Os::Linux);
    let path = home.write(client, before);
    home.install(client, &local());
    home.install(client, &remote());
    // So that it is not what this server would write.
    fs::write(backup(&path), format!("{before} ")).unwrap();
    home.remove(client);
    let after = home.read(client);
    prop_assert_eq!(marks(&after), marks(before));
    Ok(after)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn json_is_the_same_after_setup_and_remove(text in file("mcpServers"), at in 0..JSON.len()) {
        there_and_back(JSON[at], &text.replace("mcpServers", known(JSON[at]).servers))?;
    }

    #[test]
    fn json_says_the_same_after_a_remove_on_its_own(text in file("mcpServers")) {
        let after = by_itself("cursor", &text)?;
        let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        // A client refuses a file with a byte-order mark.
        prop_assert_eq!(bare(&after), bare(text.trim_start_matches('\u{feff}')));
    }

    #[test]
    fn json_as_programs_write_it_is_the_same_after_a_remove_on_its_own(text in file("mcpServers")) {
        let bare = text.trim_start_matches('\u{feff}');
        let tree = CstRootNode::parse(bare, &ParseOptions::default()).unwrap();
        let text = serde_json::to_string_pretty(&tree.to_serde_value()).unwrap();
        prop_assert_eq!(by_itself("cursor", &text)?, text);
    }

    #[test]
    fn toml_is_the_same_after_setup_and_remove(text in toml()) {
        there_and_back("codex", &text)?;
        prop_assert_eq!(by_itself("codex", &text)?, text);
    }
}
