//! Every revision of Vapi's document that is at hand can be vendored.
//!
//! The revisions are not part of the project: the tests read them from the folder that
//! `VAPI_MCP_SHARED` names, and pass without it.

mod support;

use std::fs;

use codegen::{check::check, table, vendor};
use serde_json::Value;
use support::{
    prose::{prose, without_prose},
    revisions, root,
};

#[test]
fn every_revision_loses_all_prose_and_no_fact() {
    for (file, bytes) in revisions() {
        let vendored = vendor::vendor(&bytes, "revision", "2027-01-31")
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let published: Value = serde_json::from_slice(&bytes).unwrap();
        let kept: Value = serde_json::from_str(&vendored.document).unwrap();
        assert!(prose(&published).len() > 100, "{}", file.display());
        assert_eq!(prose(&kept), Vec::<String>::new(), "{}", file.display());
        assert!(kept == without_prose(&published), "{}", file.display());
    }
}

#[test]
fn the_vendored_document_is_what_its_revision_vendors_to() {
    let text = fs::read_to_string(root().join("spec/vapi.json")).unwrap();
    let stated = &support::GENERATED.source;
    for (file, bytes) in revisions() {
        let vendored = vendor::vendor(&bytes, &stated.name, &stated.date).unwrap();
        if vendored.source.sha256 == stated.sha256 {
            assert_eq!(&vendored.source, stated);
            assert!(vendored.document == text, "{}", file.display());
        }
    }
}

/// The places of our rows that a revision did not have yet, as `tool: place`.
fn missing(revision: &str) -> Option<&'static [&'static str]> {
    Some(match revision {
        "2024-10-10" => &[
            "list_calls: argument `phoneNumberId`",
            "list_calls: `result.add`, `scheduledAt`",
            "create_call: argument `customers`",
            "create_call: argument `scheduledAt`",
            "create_call: argument `latestAt`",
            "create_call: `dial`, `to`: `/customers/0`",
            "create_call: `dial`, `who`: `/workflowId`",
            "create_call: `dial`, `who`: `/workflow`",
            "create_call: `dial`, `transport`: `/transport/provider`",
            "create_call: `dial`, `when`: `/schedulePlan/earliestAt`",
            "create_call: `dial`, `when`: `/schedulePlan/latestAt`",
            "create_call: `result.add`, `scheduledAt`",
            "get_call: `result.keep`: `/endedMessage`",
            "get_call: `result.add`, `scheduledAt`",
            "list_phone_numbers: `result.keep`: `/status`",
            "list_phone_numbers: `result.keep`: `/workflowId`",
            "list_tools: `result.keep`: `/name`",
            "list_tools: `result.keep`: `/description`",
            "list_tools: `result.keep`: `/server/headers`",
        ],
        "2025-01-14" => &[
            "list_calls: `result.add`, `scheduledAt`",
            "create_call: argument `customers`",
            "create_call: argument `scheduledAt`",
            "create_call: argument `latestAt`",
            "create_call: `dial`, `to`: `/customers/0`",
            "create_call: `dial`, `who`: `/workflowId`",
            "create_call: `dial`, `who`: `/workflow`",
            "create_call: `dial`, `transport`: `/transport/provider`",
            "create_call: `dial`, `when`: `/schedulePlan/earliestAt`",
            "create_call: `dial`, `when`: `/schedulePlan/latestAt`",
            "create_call: `result.add`, `scheduledAt`",
            "get_call: `result.keep`: `/endedMessage`",
            "get_call: `result.add`, `scheduledAt`",
            "list_phone_numbers: `result.keep`: `/status`",
            "list_phone_numbers: `result.keep`: `/workflowId`",
            "list_tools: `result.keep`: `/description`",
        ],
        // `Assistant` was another object in this one.
        "2025-05-05" => &[
            "list_assistants: `result.keep`: `/id`",
            "list_assistants: `result.keep`: `/createdAt`",
            "list_assistants: `result.keep`: `/updatedAt`",
            "list_assistants: `result.keep`: `/voice/provider`",
            "list_assistants: `result.keep`: `/voice/voiceId`",
            "list_assistants: `result.keep`: `/voice/model`",
            "list_assistants: `result.keep`: `/transcriber/provider`",
            "list_assistants: `result.keep`: `/transcriber/model`",
            "list_assistants: `result.add`, `llm`",
            "list_assistants: `result.add`, `toolIds`",
            "list_assistants: `result.page`: `/createdAt`",
            "create_assistant: `result.add`, `llm`",
            "create_assistant: `result.add`, `toolIds`",
            "get_assistant: `result.add`, `llm`",
            "get_assistant: `result.add`, `toolIds`",
            "create_call: `dial`, `who`: `/workflowId`",
            "create_call: `dial`, `who`: `/workflow`",
            "create_call: `dial`, `transport`: `/transport/provider`",
            "get_call: `result.keep`: `/endedMessage`",
            "list_phone_numbers: `result.keep`: `/workflowId`",
            "list_tools: `result.keep`: `/description`",
        ],
        "2025-10-17" => &[
            "create_call: `dial`, `transport`: `/transport/provider`",
            "get_call: `result.keep`: `/endedMessage`",
        ],
        // A transport had no properties yet.
        "2026-02-12" | "2026-04-22" => &["create_call: `dial`, `transport`: `/transport/provider`"],
        "2026-07-30" | "2026-08-18" => &[],
        _ => return None,
    })
}

#[test]
fn a_check_of_a_revision_names_what_it_did_not_have_yet_and_nothing_else() {
    let table = table::read(&root().join("spec/tools")).unwrap();
    let mut seen = 0;
    for (file, bytes) in revisions() {
        let revision = file.file_stem().unwrap().to_string_lossy();
        let Some(missing) = missing(&revision) else {
            continue;
        };
        let vendored = vendor::vendor(&bytes, "revision", "2027-01-31").unwrap();
        let check = check(&vendored, &table).unwrap();
        assert_eq!(check.failed, None, "{revision}");
        let told: Vec<_> = check
            .rows
            .iter()
            .flat_map(|(tool, problems)| {
                problems
                    .iter()
                    .map(move |it| format!("{tool}: {}", it.words()))
            })
            .collect();
        assert_eq!(told.len(), missing.len(), "{revision}: {told:#?}");
        for (told, missing) in told.iter().zip(missing) {
            assert!(told.starts_with(missing), "{revision}: {told}");
            assert!(told.contains(" has no "), "{revision}: {told}");
        }
        seen += 1;
    }
    assert!(
        seen == 8 || std::env::var_os("VAPI_MCP_SHARED").is_none(),
        "{seen}"
    );
}
