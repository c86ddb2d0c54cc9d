//! Names of new tools and of their arguments, after the path of the operation.

use heck::{ToLowerCamelCase, ToSnakeCase};

use crate::{document::Operation, lint::NAME_BYTES};

/// The name of a tool: a verb, and the words of the path.
pub(super) fn tool(operation: Operation<'_>, lists: bool) -> String {
    let mut words = words(operation.path);
    let ends_with_name = operation.path.ends_with('}');
    let has_action = !ends_with_name && operation.path.contains('}');
    let verb = match operation.method {
        "get" if lists && !ends_with_name => {
            if let Some(last) = words.last_mut() {
                *last = plural(last);
            }
            "list".to_owned()
        }
        "get" => "get".to_owned(),
        "post" if has_action && words.len() > 1 => words.pop().unwrap_or_default(),
        "patch" | "put" => "update".to_owned(),
        "delete" => "delete".to_owned(),
        _ => "create".to_owned(),
    };
    // The first words of a long path say the least.
    let mut rest = words.as_slice();
    loop {
        let name = std::iter::once(verb.as_str()).chain(rest.iter().map(String::as_str));
        let name = name.collect::<Vec<_>>().join("_");
        match rest.split_first() {
            Some((_, shorter)) if name.len() > NAME_BYTES && !shorter.is_empty() => rest = shorter,
            _ => return name,
        }
    }
}

/// A tool's name as people read it.
pub(super) fn title(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first
        .into_iter()
        .chain(letters)
        .collect::<String>()
        .replace('_', " ")
}

/// The name of the argument for a path parameter: an `id` is named after what it identifies.
pub(super) fn of_path(path: &str, parameter: &str) -> String {
    let before = path.split(&format!("{{{parameter}}}")).next();
    let object = words(before.unwrap_or_default()).pop().unwrap_or_default();
    match parameter {
        "id" => format!("{}Id", singular(&object)).to_lower_camel_case(),
        other => other.to_owned(),
    }
}

/// The words of a path without parameters and the version of the API.
fn words(path: &str) -> Vec<String> {
    let is_version = |part: &&str| {
        let digits = part.strip_prefix('v').unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts
        .filter(|part| !part.starts_with('{') && !is_version(part))
        .map(ToSnakeCase::to_snake_case)
        .collect()
}

fn plural(word: &str) -> String {
    match word.strip_suffix('y') {
        _ if word.ends_with('s') => word.to_owned(),
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{word}s"),
    }
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}
