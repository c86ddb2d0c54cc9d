//! Operations whose names are similar to an unknown one.

use model::facts::{Facts, Operation};

/// Maximum number of bytes that are compared with the names of operations.
const COMPARED: usize = 80;

/// Maximum number of operations that are found.
const SUGGESTED: usize = 3;

/// The addresses of the operations whose names are similar to an unknown one: those with the given
/// method, or else first those that read. `path` is the path in `text`.
pub(super) fn similar(facts: &Facts, text: &str, method: Option<&str>, path: &str) -> Vec<String> {
    let start = |text: &str| -> String {
        let start: String = text.chars().take(COMPARED).collect();
        start.to_lowercase()
    };
    let is_address = text.contains('/');
    let (id, path) = (start(text), start(path.trim_matches('/')));
    let distance = |operation: &Operation| match is_address {
        true => distance(&path, operation.path.trim_matches('/')),
        false => near(&id, &operation.id.to_lowercase()),
    };
    let mut nearest: Vec<_> = facts
        .operations
        .iter()
        .filter_map(|operation| {
            let reads = operation.method == "GET";
            Some((distance(operation)?, !reads, operation))
        })
        .collect();
    let has_method = |operation: &Operation| {
        method.is_some_and(|method| operation.method.eq_ignore_ascii_case(method))
    };
    if nearest.iter().any(|(_, _, it)| has_method(it)) {
        nearest.retain(|(_, _, it)| has_method(it));
    }
    nearest.sort_by_key(|(distance, writes, operation)| (*distance, *writes, operation.address()));
    let nearest = nearest.into_iter().take(SUGGESTED);
    nearest
        .map(|(_, _, operation)| operation.address())
        .collect()
}

/// The name of the parameter that a segment of a template is.
pub(super) fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// The number of letters in which a path differs from a template, in lower case; none if it is not
/// similar. Any segment fits a parameter.
fn distance(path: &str, template: &str) -> Option<usize> {
    let template = template.to_lowercase();
    let pairs = || path.split('/').zip(template.split('/'));
    let of_segments = (path.split('/').count() == template.split('/').count()).then(|| {
        let differing = pairs().filter(|(_, known)| parameter(known).is_none());
        let distances = differing.map(|(given, known)| near(given, known));
        distances.sum::<Option<usize>>()
    });
    of_segments.flatten().or_else(|| near(path, &template))
}

/// The number of different letters, if they are few.
fn near(given: &str, known: &str) -> Option<usize> {
    /// One different letter per this many is a typing error.
    const LETTERS: usize = 4;
    let distance = strsim::osa_distance(given, known);
    (distance <= 1.max(known.len() / LETTERS)).then_some(distance)
}
