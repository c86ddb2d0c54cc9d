//! Finds an operation by what a model calls it.

use std::fmt;

use model::facts::{Facts, Operation};
use reqwest::Url;
use serde_json::Value;

use super::{
    facts::{Unreadable, facts},
    location::quoted,
    similar::{parameter, similar},
};

/// Maximum number of bytes of what an operation is called.
const LONGEST: usize = 1_000;

/// A URL to which a query can be added; no request is sent to it.
const NOWHERE: &str = "https://api.invalid/";

/// An operation, and the parameters that it was called with.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// The path parameters that were filled in: name and value, as written.
    pub path: Vec<(&'a str, String)>,
    /// The query: name and value; several values of one name are a list.
    pub query: Vec<(String, Value)>,
}

/// No operation is found.
#[derive(Debug)]
pub enum FindError {
    /// The facts cannot be read.
    Unreadable(Unreadable),
    /// The path has several operations, or the text is not a name; the reason.
    Refused(String),
    /// The name is not known, and not similar to one.
    Unknown(String),
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::Refused(reason) => f.write_str(reason),
            Self::Unknown(given) => write!(f, "there is no operation {}", quoted(given)),
        }
    }
}

/// The operation that is meant: `METHOD /path` in any case, a path or URL whose parameters are filled
/// in, a path with only one method, or an operationId. At most 1,000 bytes.
///
/// The error suggests operations with similar names.
pub fn find_operation(text: &str) -> Result<Found<'static>, FindError> {
    find_operations(text).and_then(|found| the_only(text, found))
}

/// The operations that may be meant: several only if a path without a method has several.
pub fn find_operations(text: &str) -> Result<Vec<Found<'static>>, FindError> {
    find(facts().map_err(FindError::Unreadable)?, text)
}

/// The operation, if there is only one.
pub fn the_only<'a>(text: &str, found: Vec<Found<'a>>) -> Result<Found<'a>, FindError> {
    match found.as_slice() {
        [only] => Ok(only.clone()),
        _ => Err(several(text, &found)),
    }
}

fn several(text: &str, of_path: &[Found<'_>]) -> FindError {
    let addresses: Vec<_> = of_path.iter().map(|it| it.operation.address()).collect();
    FindError::Refused(format!(
        "{} is no operation; this path has `{}`",
        quoted(text),
        addresses.join("`, `")
    ))
}

fn find<'a>(facts: &'a Facts, text: &str) -> Result<Vec<Found<'a>>, FindError> {
    if text.len() > LONGEST {
        let reason = format!("`operation` has more than {LONGEST} bytes");
        return Err(FindError::Refused(reason));
    }
    let text = text.trim_matches(|c: char| c.is_whitespace() || "`'\"".contains(c));
    let (method, path) = match text.split_once(char::is_whitespace) {
        Some((method, path)) => (Some(method.trim_end_matches(':')), path.trim()),
        None => (None, text),
    };
    let path = without_host(path);
    if path.contains('#') {
        let reason = format!("{} has a fragment, which no request has", quoted(text));
        return Err(FindError::Refused(reason));
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let of_path = with_path(facts, path);
    if of_path.is_empty() {
        let by_id = |same: fn(&str, &str) -> bool| {
            let operation = facts.operations.iter().find(|it| same(&it.id, text))?;
            Some(vec![Found {
                operation,
                path: Vec::new(),
                query: Vec::new(),
            }])
        };
        return by_id(|id, text| id == text)
            .or_else(|| by_id(|id, text| id.eq_ignore_ascii_case(text)))
            .ok_or_else(|| unknown(facts, text, method, path));
    }
    let of_method = |found: &&Found<'a>| {
        method.is_none_or(|method| found.operation.method.eq_ignore_ascii_case(method))
    };
    let query = parsed_query(query);
    let fitting: Vec<_> = of_path.iter().filter(of_method).collect();
    match fitting.as_slice() {
        [] => Err(several(text, &of_path)),
        fitting => Ok(fitting
            .iter()
            .map(|found| Found {
                query: query.clone(),
                ..(**found).clone()
            })
            .collect()),
    }
}

/// The path of a URL of Vapi's API; another text as it is.
fn without_host(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| lower.starts_with(scheme));
    let rest = text.get(scheme.map_or(0, str::len)..).unwrap_or(text);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.to_ascii_lowercase();
    match host == "vapi.ai" || host.ends_with(".vapi.ai") {
        true => path,
        false => text,
    }
}

/// The parameters of a query. A placeholder is no value.
fn parsed_query(query: &str) -> Vec<(String, Value)> {
    let Ok(mut url) = Url::parse(NOWHERE) else {
        return Vec::new();
    };
    url.set_query(Some(query));
    let mut parameters: Vec<(String, Value)> = Vec::new();
    for (name, value) in url.query_pairs() {
        if name.is_empty() || is_placeholder(&value) {
            continue;
        }
        let value = Value::from(value.as_ref());
        match parameters.iter_mut().find(|(known, _)| *known == name) {
            None => parameters.push((name.into_owned(), value)),
            Some((_, Value::Array(values))) => values.push(value),
            Some((_, first)) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    parameters
}

/// The operations of this path. A path that is written out goes before a template, and one in the
/// same case before others.
fn with_path<'a>(facts: &'a Facts, path: &str) -> Vec<Found<'a>> {
    let path = path.trim_matches('/');
    if path.is_empty() {
        return Vec::new();
    }
    let with = |same: fn(&str, &str) -> bool| {
        let mut found: Vec<Found<'a>> = Vec::new();
        for operation in &facts.operations {
            if let Some(values) = filled(&operation.path, path, same) {
                found.push(Found {
                    operation,
                    path: values,
                    query: Vec::new(),
                });
            }
        }
        let names = |it: &Found<'_>| it.operation.path.matches('{').count();
        let fewest = found.iter().map(names).min();
        found.retain(|it| Some(names(it)) == fewest);
        found
    };
    let found = with(|one, other| one == other);
    match found.is_empty() {
        true => with(str::eq_ignore_ascii_case),
        false => found,
    }
}

/// The values in a path for the parameters of a template; a placeholder is no value.
fn filled<'a>(
    template: &'a str,
    path: &str,
    same: fn(&str, &str) -> bool,
) -> Option<Vec<(&'a str, String)>> {
    let mut values = Vec::new();
    let mut given = path.split('/');
    for part in template.trim_matches('/').split('/') {
        let here = given.next()?;
        match parameter(part) {
            None if same(part, here) => {}
            None => return None,
            Some(_) if here.is_empty() => return None,
            Some(_) if is_placeholder(here) => {}
            Some(name) => values.push((name, here.to_owned())),
        }
    }
    given.next().is_none().then_some(values)
}

/// Whether a value stands for one that is not given, such as `{id}`.
fn is_placeholder(value: &str) -> bool {
    value.starts_with(['{', '<', ':'])
}

fn unknown(facts: &Facts, text: &str, method: Option<&str>, path: &str) -> FindError {
    let names = similar(facts, text, method, path);
    match names.is_empty() {
        true => FindError::Unknown(text.to_owned()),
        false => FindError::Refused(format!(
            "there is no operation {}; the nearest are `{}`",
            quoted(text),
            names.join("`, `")
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
            "`PATCH /squad/{id}`",
            "PATCH: /squad/{id}",
            "PATCH https://api.vapi.ai/squad/{id}",
            "patch HTTPS://API.EU.VAPI.AI/Squad/:id?",
            "PATCH /SQUAD/{ID}",
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
    fn a_query_is_taken_apart() {
        let found = find_operation("GET /call?limit=5&id={id}&tag=a%20b&tag=c").unwrap();
        let query = [("limit", json!("5")), ("tag", json!(["a b", "c"]))];
        assert_eq!(
            found.query,
            query.map(|(name, value)| (name.to_owned(), value))
        );
        assert_eq!(found.operation.address(), "GET /call");
    }

    #[test]
    fn a_path_without_a_method_may_mean_several_operations() {
        let found = find_operations("api.vapi.ai/squad/s-1").unwrap();
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|it| it.path == [("id", "s-1".to_owned())]));
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
        let error = |text: &str| find_operation(text).unwrap_err().to_string();
        for (text, named) in [
            ("PUT /squad/{id}", "`PATCH /squad/{id}`"),
            ("/squad/8d9f", "`DELETE /squad/{id}`"),
            ("PATCH /squads/{id}", "`PATCH /squad/{id}`"),
            ("SquadControler_update", "`PATCH /squad/{id}`"),
            ("GET /assistants", "nearest are `GET /assistant`"),
            (
                "/assistants",
                "nearest are `GET /assistant`, `POST /assistant`",
            ),
            ("DELETE /calls/8d9f", "nearest are `DELETE /call/{id}`"),
            ("PATCH /squad/8d9f#top", "has a fragment"),
            ("POST https://example.com/squad", "there is no operation"),
        ] {
            assert!(error(text).contains(named), "{text}: {}", error(text));
        }
        for text in ["", "GET", "123", "listAssistants", "GET /nothing/like/it"] {
            let error = find_operation(text).unwrap_err();
            assert!(matches!(error, FindError::Unknown(_)), "{text}: {error}");
        }
        assert!(error(&"x".repeat(1_000_000)).len() < 100);
        assert!(error(&"é/".repeat(300)).len() < 1_000);
    }
}
