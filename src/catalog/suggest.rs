//! Suggests a tool for an unknown name.

use super::{TOOLS, Tool};

/// Maximum number of characters of a name that are read.
const MAX_LENGTH: usize = 64;

/// Words without a meaning in the name of a tool.
const FILLERS: [&str; 12] = [
    "a",
    "all",
    "an",
    "api",
    "by",
    "for",
    "functions",
    "id",
    "mcp",
    "my",
    "the",
    "vapi",
];

/// Verbs in the names of tools, each with its synonyms.
const VERBS: [(&str, &[&str]); 3] = [
    ("list", &["browse", "find", "query", "search"]),
    (
        "get",
        &[
            "describe", "fetch", "lookup", "read", "retrieve", "show", "view",
        ],
    ),
    ("create", &["add", "make", "new"]),
];

/// The tool that a name probably means: the same verb and the same object in any spelling.
pub fn suggest(name: &str) -> Option<&'static Tool> {
    let words = words(name);
    TOOLS
        .iter()
        .find(|tool| {
            tool.aliases
                .iter()
                .any(|also| is_alias(&words, &self::words(also)))
        })
        .or_else(|| {
            TOOLS
                .iter()
                .find(|tool| is_same(&words, &self::words(tool.name)))
        })
}

/// Whether these are the words of another name of a tool. A single word in the plural may mean a
/// list, so it must be equal.
fn is_alias(given: &[String], also: &[String]) -> bool {
    let pairs = || given.iter().zip(also);
    given.len() == also.len()
        && match given.len() {
            1 => given == also,
            _ => pairs().all(|(given, also)| singular(given) == singular(also)),
        }
}

/// The words of a name in snake case, kebab case or camel case, without fillers.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars().take(MAX_LENGTH + 1) {
        let begins = !c.is_alphanumeric() || (c.is_uppercase() && after_lower);
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        after_lower = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty() && !FILLERS.contains(&word.as_str()));
    words
}

/// Whether the words mean the tool with these words. The verb may be first or last.
fn is_same(given: &[String], tool: &[String]) -> bool {
    let Some((verb, objects)) = tool.split_first() else {
        return false;
    };
    let first = given.split_first();
    let last = given.split_last();
    [first, last].into_iter().flatten().any(|(word, rest)| {
        let same = rest.len() == objects.len()
            && rest
                .iter()
                .zip(objects)
                .all(|(given, object)| is_similar(singular(given), singular(object)));
        same && is_synonym(
            word,
            verb,
            rest.last().is_some_and(|thing| thing.ends_with('s')),
        )
    })
}

/// Whether two verbs are synonyms. "Get" with a plural means "list".
fn is_synonym(given: &str, verb: &str, plural: bool) -> bool {
    let known = VERBS
        .iter()
        .find(|(known, same)| *known == given || same.contains(&given));
    match known {
        Some(("get", _)) if plural => verb == "list",
        Some((known, _)) => verb == *known,
        None => is_similar(given, verb),
    }
}

/// Whether two words are equal except for one typing error per four letters. In a word of three
/// letters, a different letter makes another word.
fn is_similar(given: &str, word: &str) -> bool {
    let distance = match word.len() {
        3 if given.len() != 3 => 1,
        length => length / 4,
    };
    strsim::osa_distance(given, word) <= distance
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(given: &str, tool: &str) -> bool {
        is_same(&words(given), &words(tool))
    }

    #[test]
    fn a_name_suggests_the_tool_that_does_the_same() {
        for given in [
            "list_bakers",
            "listBakers",
            "list-bakers",
            "ListBakers",
            "vapi_list_bakers",
            "list_all_bakers",
            "mcp__vapi__list_bakers",
            "functions.list_bakers",
            "list_baker",
            "lst_bakers",
            "list_bakres",
            "get_bakers",
            "get_all_bakers",
            "search_bakers",
            "findBakers",
            "bakers.list",
            "list bakers",
        ] {
            assert!(same(given, "list_bakers"), "{given}");
        }
        for given in [
            "get_baker",
            "getBaker",
            "show_baker",
            "fetch_baker_by_id",
            "baker_get",
            "get_bakr",
            "gt_baker",
        ] {
            assert!(same(given, "get_baker"), "{given}");
            assert!(!same(given, "list_bakers"), "{given}");
        }
        assert!(same("add_baker", "create_baker") && same("creat_baker", "create_baker"));
        assert!(same("get_oven_door", "get_oven_door") && same("getOvenDoors", "list_oven_doors"));
    }

    #[test]
    fn a_name_that_is_only_spelled_alike_suggests_nothing() {
        for given in [
            "set_baker",
            "delete_baker",
            "update_baker",
            "end_baker",
            "let_baker",
            "get",
            "baker",
            "get_oven",
            "",
            "get_baker_oven",
            "_",
            "recreate_baker",
            "stop_list_bakers",
            "get_bakers",
        ] {
            assert!(!same(given, "get_baker"), "{given}");
        }
        assert!(suggest(&"x".repeat(1_000_000)).is_none());
        assert!(suggest("").is_none());
    }
}
