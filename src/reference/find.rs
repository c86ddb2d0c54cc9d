//! Finds an operation by what a model calls it.

use model::facts::{Facts, Operation};

use super::{facts::facts, location::quoted};

/// Maximum number of bytes of what an operation is called.
const LONGEST: usize = 1_000;

/// Maximum number of bytes that are compared with the names of operations.
const COMPARED: usize = 80;

/// Maximum number of operations that an error suggests.
const SUGGESTED: usize = 3;

/// An operation, and the path parameters that it was called with.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// The path parameters that were filled in: name and value, as written.
    pub path: Vec<(&'a str, String)>,
}

/// The operation that is meant: `METHOD /path` with any case of the method, a path whose parameters
/// are filled in, a path with only one method, or an operationId. At most 1,000 bytes.
///
/// The error suggests operations with similar names.
pub fn find_operation(text: &str) -> Result<Found<'static>, String> {
    let facts = facts().map_err(|error| error.to_string())?;
    find(facts, text)
}

fn find<'a>(facts: &'a Facts, text: &str) -> Result<Found<'a>, String> {
    let text = text.trim();
    if text.len() > LONGEST {
        return Err(format!("`operation` has more than {LONGEST} bytes"));
    }
    let (method, path) = match text.split_once(char::is_whitespace) {
        Some((method, path)) => (Some(method), path.trim()),
        None => (None, text),
    };
    if path.contains(['?', '#']) {
        return Err(format!(
            "{} has a query; put query parameters into `params`",
            quoted(text)
        ));
    }
    let by_id = |same: fn(&str, &str) -> bool| {
        let operation = facts.operations.iter().find(|it| same(&it.id, text))?;
        Some(Found {
            operation,
            path: Vec::new(),
        })
    };
    let of_path = with_path(facts, path);
    let of_method = |found: &&Found<'a>| {
        method.is_none_or(|method| found.operation.method.eq_ignore_ascii_case(method))
    };
    let fitting: Vec<_> = of_path.iter().filter(of_method).collect();
    match fitting.as_slice() {
        [only] => Ok((*only).clone()),
        [] if of_path.is_empty() => by_id(|id, text| id == text)
            .or_else(|| by_id(|id, text| id.eq_ignore_ascii_case(text)))
            .ok_or_else(|| unknown(facts, text)),
        _ => {
            let addresses: Vec<_> = of_path.iter().map(|it| it.operation.address()).collect();
            Err(format!(
                "{} is no operation; this path has `{}`",
                quoted(text),
                addresses.join("`, `")
            ))
        }
    }
}

/// The operations of this path. A path that is written out goes before a template.
fn with_path<'a>(facts: &'a Facts, path: &str) -> Vec<Found<'a>> {
    let path = path.trim_matches('/');
    let mut found: Vec<Found<'a>> = Vec::new();
    if path.is_empty() {
        return found;
    }
    for operation in &facts.operations {
        if let Some(values) = filled(&operation.path, path) {
            found.push(Found {
                operation,
                path: values,
            });
        }
    }
    let names = |it: &Found<'_>| it.operation.path.matches('{').count();
    let fewest = found.iter().map(names).min();
    found.retain(|it| Some(names(it)) == fewest);
    found
}

/// The values in a path for the parameters of a template; a placeholder is no value.
fn filled<'a>(template: &'a str, path: &str) -> Option<Vec<(&'a str, String)>> {
    let mut values = Vec::new();
    let mut given = path.split('/');
    for part in template.trim_matches('/').split('/') {
        let here = given.next()?;
        match part.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
            None if part == here => {}
            None => return None,
            Some(_) if here.is_empty() => return None,
            Some(_) if here.starts_with(['{', '<', ':']) => {}
            Some(name) => values.push((name, here.to_owned())),
        }
    }
    given.next().is_none().then_some(values)
}

fn unknown(facts: &Facts, text: &str) -> String {
    let start: String = text.chars().take(COMPARED).collect();
    let start = start.to_lowercase();
    let is_address = start.contains('/');
    let name = |operation: &Operation| match is_address {
        true => operation.address(),
        false => operation.id.clone(),
    };
    let mut nearest: Vec<_> = facts
        .operations
        .iter()
        .map(|operation| {
            let name = name(operation).to_lowercase();
            (strsim::osa_distance(&start, &name), operation.address())
        })
        .collect();
    nearest.sort();
    let names: Vec<_> = nearest
        .into_iter()
        .take(SUGGESTED)
        .map(|(_, name)| name)
        .collect();
    format!(
        "there is no operation {}; the nearest are `{}`",
        quoted(text),
        names.join("`, `")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (String, Vec<(&'static str, String)>) {
        let found = find_operation(text).unwrap();
        (found.operation.address(), found.path)
    }

    #[test]
    fn an_operation_is_found_by_path_filled_in_path_and_id() {
        let squad = "PATCH /squad/{id}".to_owned();
        for text in [
            "PATCH /squad/{id}",
            " patch  /squad/{squadId}/ ",
            "Patch squad/:id",
            "PATCH /squad/<id>",
            "SquadController_update",
            "squadcontroller_UPDATE",
        ] {
            assert_eq!(found(text), (squad.clone(), Vec::new()), "{text}");
        }
        let filled = vec![("id", "8d9f".to_owned())];
        assert_eq!(found("PATCH /squad/8d9f"), (squad, filled));
        let board = "GET /reporting/board/default/metrics-overview";
        assert_eq!(found(board), (board.to_owned(), Vec::new()));
        let (only, _) = found("/analytics");
        assert_eq!(only, "POST /analytics");
    }

    #[test]
    fn every_operation_is_found_by_its_address_and_by_its_id() {
        for operation in &facts().unwrap().operations {
            assert_eq!(found(&operation.address()).0, operation.address());
            if !operation.id.is_empty() {
                assert_eq!(found(&operation.id).0, operation.address());
            }
        }
    }

    #[test]
    fn an_unknown_operation_is_refused_with_what_is_meant() {
        let error = |text: &str| find_operation(text).unwrap_err();
        for (text, named) in [
            ("PUT /squad/{id}", "`PATCH /squad/{id}`"),
            ("/squad/8d9f", "`DELETE /squad/{id}`"),
            ("PATCH /squads/{id}", "`PATCH /squad/{id}`"),
            ("SquadControler_update", "`PATCH /squad/{id}`"),
            ("GET /call?limit=5", "`params`"),
            ("", "the nearest are `"),
            ("GET", "the nearest are `"),
        ] {
            assert!(error(text).contains(named), "{text}: {}", error(text));
        }
        assert!(error(&"x".repeat(1_000_000)).len() < 100);
        assert!(error(&"é/".repeat(300)).len() < 1_000);
    }
}
