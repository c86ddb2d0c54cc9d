//! Finds operations and settings by words.

use std::sync::LazyLock;

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use search::Index;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{catalog::Toolset, model::Effect};

/// Maximum number of operations and of places in an answer.
const OPERATIONS: usize = 5;
const PLACES: usize = 2;

/// Maximum number of operations that are listed for a place.
const OPERATIONS_OF_PLACE: usize = 2;

/// Maximum number of bytes of the index, uncompressed.
const INDEX_BYTES: usize = 16 << 20;

/// The index is read when somebody first searches.
static SEARCHABLE: LazyLock<Result<Searchable, String>> = LazyLock::new(|| {
    let compressed = include_bytes!(concat!(env!("OUT_DIR"), "/search.bin"));
    let json = decompress_to_vec_zlib_with_limit(compressed, INDEX_BYTES)
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
});

#[derive(Debug, Deserialize)]
struct Searchable {
    index: Index,
    /// JSON pointers.
    places: Vec<String>,
    /// Method and path, effect, what it does, and the tool that serves better.
    operations: Vec<(String, String, String, Option<String>)>,
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

/// The result of a query as JSON: `operations` and `places`, or `groups` if the query is empty. An
/// operation names the exposed tool that sends it, if there is one.
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
    let operations = found.operations.iter();
    let operations = operations.filter_map(|id| searchable.operations.get(usize::from(*id)));
    let operations: Vec<_> = operations
        .map(|(operation, effect, does, tool)| FoundOperation {
            operation,
            effect,
            does,
            tool: tool
                .as_deref()
                .filter(|tool| toolset.find(tool).is_some())
                .or_else(|| Some(toolset.sender(Effect::named(effect)?)?.name)),
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
