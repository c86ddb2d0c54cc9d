//! Finds operations and settings by words.

use std::sync::LazyLock;

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use search::Index;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::catalog::{Toolset, operation_of_key};

/// Maximum number of operations and of places in an answer.
const OPERATIONS: usize = 5;
const PLACES: usize = 2;

/// Maximum number of operations that are listed for a place.
const OPERATIONS_OF_PLACE: usize = 2;

/// Maximum number of characters of a query in which a path is looked for.
const COMPARED: usize = 200;

/// Maximum number of bytes of the index, uncompressed.
const INDEX_BYTES: usize = 16 << 20;

/// The index is read when somebody first searches.
static SEARCHABLE: LazyLock<Result<Searchable, String>> = LazyLock::new(|| {
    let compressed = include_bytes!(concat!(env!("OUT_DIR"), "/search.bin"));
    let json = decompress_to_vec_zlib_with_limit(compressed, INDEX_BYTES)
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
});

/// Method and path, effect, what it does, and the tool that serves better.
type OperationRow = (String, String, String, Option<String>);

#[derive(Debug, Deserialize)]
struct Searchable {
    index: Index,
    /// JSON pointers.
    places: Vec<String>,
    operations: Vec<OperationRow>,
    /// Name, and what it is.
    groups: Vec<(String, String)>,
}

/// An operation that was found.
#[derive(Debug, Serialize)]
struct FoundOperation<'a> {
    operation: &'a str,
    effect: &'a str,
    does: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<&'a str>,
}

/// A setting that was found, and operations whose body has it.
#[derive(Debug, Serialize)]
struct FoundLocation<'a> {
    at: &'a str,
    #[serde(rename = "in")]
    operations: Vec<&'a str>,
}

/// The result of a query as JSON: `operations` and `places`, or `groups` if the query is empty or
/// nothing is found. Operations whose path the query names come first. An operation names the exposed
/// tool that sends it, if there is one.
pub fn search(query: &str, toolset: &Toolset) -> Result<String, String> {
    let searchable = SEARCHABLE.as_ref().map_err(Clone::clone)?;
    if query.trim().is_empty() {
        let groups = searchable.groups.iter();
        let groups: Vec<_> = groups
            .map(|(name, does)| json!({ "group": name, "does": does }))
            .collect();
        return Ok(json!({ "groups": groups }).to_string());
    }
    let found = searchable.index.search(query, OPERATIONS, PLACES);
    let mut ids = with_named_path(query, &searchable.operations);
    for id in found.operations.iter().copied().map(usize::from) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.is_empty() && found.places.is_empty() {
        let groups = searchable.groups.iter();
        let groups: Vec<_> = groups.map(|(name, _)| json!({ "group": name })).collect();
        return Ok(json!({ "operations": [], "places": [], "groups": groups }).to_string());
    }
    ids.truncate(OPERATIONS);
    let operations = ids.iter().filter_map(|id| searchable.operations.get(*id));
    let operations: Vec<_> = operations
        .map(|(operation, effect, does, tool)| FoundOperation {
            operation,
            effect,
            does,
            tool: operation_of_key(operation).and_then(|it| toolset.sender_of(it, tool.as_deref())),
        })
        .collect();
    let places = found.places.iter().filter_map(|id| {
        let with = searchable.index.operations_with(*id).iter();
        let with = with.filter_map(|id| searchable.operations.get(usize::from(*id)));
        Some(FoundLocation {
            at: searchable.places.get(usize::from(*id))?,
            operations: with
                .map(|(operation, ..)| operation.as_str())
                .take(OPERATIONS_OF_PLACE)
                .collect(),
        })
    });
    let places: Vec<_> = places.collect();
    Ok(json!({ "operations": operations, "places": places }).to_string())
}

/// The operations with the path that is a word of the query, or a path below it: those with the
/// method in front of it first, and of these the one with the path itself.
fn with_named_path(query: &str, operations: &[OperationRow]) -> Vec<usize> {
    let start: String = query.chars().take(COMPARED).collect();
    let mut words = start
        .split(|c: char| c.is_whitespace() || matches!(c, '`' | '"' | '\'' | ','))
        .filter(|word| !word.is_empty())
        .peekable();
    let mut method = None;
    let path = loop {
        let Some(word) = words.next() else {
            return Vec::new();
        };
        if word.starts_with('/') {
            break word;
        }
        method = Some(word);
    };
    let given: Vec<_> = path.trim_matches('/').split('/').collect();
    let mut found: Vec<(bool, bool, usize)> = Vec::new();
    for (id, (address, ..)) in operations.iter().enumerate() {
        let Some((of_method, of_path)) = address.split_once(" /") else {
            continue;
        };
        let parts: Vec<_> = of_path.split('/').collect();
        let is_same = |(part, given): (&&str, &&str)| {
            part.eq_ignore_ascii_case(given) || part.starts_with('{') && !given.is_empty()
        };
        if parts.len() >= given.len() && parts.iter().zip(&given).all(is_same) {
            let has_method = method.is_some_and(|it| it.eq_ignore_ascii_case(of_method));
            found.push((!has_method, parts.len() != given.len(), id));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(.., id)| id).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn found(query: &str) -> Value {
        let text = search(query, &Toolset::default()).unwrap();
        assert!(text.len() <= 1_300, "{} bytes: {text}", text.len());
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn an_operation_is_found_by_what_people_call_it() {
        for (query, operation) in [
            ("stop the campaign", "PATCH /v2/campaign/{id}"),
            ("buy a phone number", "POST /phone-number"),
            ("delete a squad", "DELETE /squad/{id}"),
            ("listen to the recording", "GET /call/{id}/mono-recording"),
            // Misspelled.
            ("delte a sqaud", "DELETE /squad/{id}"),
            ("lsit campaings", "GET /v2/campaign"),
        ] {
            let found = found(query);
            let operations = found["operations"].as_array().unwrap();
            let mut keys = operations.iter().map(|it| &it["operation"]);
            assert!(keys.any(|key| key == operation), "{query}: {found}");
        }
    }

    #[test]
    fn an_operation_that_is_named_comes_first() {
        for (query, first) in [
            ("PATCH /assistant", "PATCH /assistant/{id}"),
            ("`GET /call`", "GET /call"),
            ("get /squad/{id}", "GET /squad/{id}"),
            ("how do I use DELETE /tool/8d9f?", "DELETE /tool/{id}"),
            ("list calls", "GET /call"),
        ] {
            let found = found(query);
            assert_eq!(
                found["operations"][0]["operation"], first,
                "{query}: {found}"
            );
        }
        let found = found("patch");
        let effects = found["operations"].as_array().unwrap();
        assert!(effects.iter().all(|it| it["effect"] == "update"), "{found}");
    }

    #[test]
    fn what_is_not_found_lists_the_groups() {
        let found = found("xyzzy");
        assert_eq!(found["operations"], serde_json::json!([]));
        assert!(found["groups"].as_array().unwrap().len() > 10);
    }

    #[test]
    fn a_setting_is_found_with_the_operations_that_have_it() {
        let found = found("turn recording off");
        let places = found["places"].as_array().unwrap();
        let recording = "/artifactPlan/recordingEnabled";
        let place = places.iter().find(|place| place["at"] == recording);
        let place = place.unwrap_or_else(|| panic!("{found}"));
        assert!(!place["in"].as_array().unwrap().is_empty());
    }

    #[test]
    fn a_query_without_words_lists_the_groups() {
        let groups = search(" ", &Toolset::default()).unwrap();
        let groups: Value = serde_json::from_str(&groups).unwrap();
        assert!(groups["groups"].as_array().unwrap().len() > 10);
    }

    #[test]
    fn any_query_is_answered_within_its_bound() {
        for query in [
            "call ".repeat(100_000),
            "é".repeat(5_000),
            "\u{0}\n\t".repeat(500),
        ] {
            found(&query);
        }
    }
}
