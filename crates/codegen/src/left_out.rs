//! Leaves out of a document what no client can be generated for, unless a row uses it: one unusable
//! operation does not stop the rest.

use std::fmt::{self, Display};

use serde_json::{Map, Value};

use crate::{
    client::{
        self,
        preconditions::{self, Fault, unsupported},
    },
    document::{Document, METHODS, Operation, array, object},
    fixes::bugs::is_own_header,
    operations::Operations,
    problem::Problem,
    table::Table,
};

/// A part of a document that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The path, or the method and path, and the parameter if only that was left out.
    pub at: String,
    /// The reason.
    pub reason: String,
}

impl Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is left out: {}", self.at, self.reason)
    }
}

/// The rows that use operations.
#[derive(Clone, Copy)]
pub(crate) struct Users<'a> {
    pub(crate) table: &'a Table,
    pub(crate) operations: &'a Operations,
}

impl Users<'_> {
    /// A problem for each row that uses an operation.
    fn problems(&self, operation: Operation<'_>, reason: &str) -> Vec<Problem> {
        let rows = self.table.rows.iter();
        let rows = rows.filter(|it| it.row.operation == operation.id);
        let tools = rows.map(|located| {
            let problem = Problem::new(&located.file, reason).at_line(located.line);
            problem.in_row(&located.row.name).at("`operation`")
        });
        let own = self.operations.problem(operation, "`operation`", reason);
        tools.chain(own).collect()
    }

    fn has_tool(&self, operation: Operation<'_>) -> bool {
        let mut rows = self.table.rows.iter();
        rows.any(|it| it.row.operation == operation.id)
    }

    fn describe(&self, operation: Operation<'_>) -> bool {
        self.operations.row(operation).is_some()
    }

    /// Whether a row names a parameter of an operation.
    fn name(&self, operation: Operation<'_>, place: &str, name: &str) -> bool {
        let rows = self.table.rows.iter().map(|it| &it.row);
        let mut rows = rows.filter(|row| row.operation == operation.id);
        let is = |named: &Option<String>| named.as_deref() == Some(name);
        let of_tool = rows.any(|row| {
            let page = row.result.page.iter();
            let paged = page.flat_map(|page| [page.until, page.limit]);
            let mut args = row.args.values().map(|arg| arg.get_ref());
            place == "query" && paged.into_iter().any(|it| it == name)
                || args.any(|arg| match place {
                    "query" => is(&arg.query),
                    "header" => is(&arg.header),
                    _ => is(&arg.path),
                })
        });
        of_tool
            || self
                .operations
                .row(operation)
                .is_some_and(|row| row.params.contains_key(name) || row.headers.contains_key(name))
    }
}

/// The unusable parts of a document.
#[derive(Debug, Default)]
pub(crate) struct Unusable {
    /// The parts that no row uses.
    pub(crate) left_out: Vec<LeftOut>,
    /// The problems of the rows that use other parts.
    pub(crate) problems: Vec<Problem>,
    /// The methods and paths of the operations that these rows use.
    pub(crate) used: Vec<String>,
}

/// Removes the unusable parts that no row uses.
pub(crate) fn separate(document: &mut Document, users: Users<'_>) -> Unusable {
    let mut left_out = Vec::new();
    for path in preconditions::referring_paths(document) {
        paths(document).shift_remove(&path);
        left_out.push(LeftOut {
            at: path,
            reason: "it refers to another path".to_owned(),
        });
    }
    left_out.extend(unused_parameters(document, users));
    // What is left out may have been the only rival of an operation that has other faults.
    loop {
        let known = document.clone();
        let faults = preconditions::faults(&known);
        let (gone, faulty): (Vec<_>, Vec<_>) = faults
            .into_iter()
            .partition(|fault| !is_kept(&known, users, fault));
        if gone.is_empty() {
            let problems = faulty.iter().flat_map(|fault| {
                let operation = operation_at(&known, &fault.address);
                let reason = fault.error.to_string();
                operation.map_or_else(Vec::new, |it| users.problems(it, &reason))
            });
            return Unusable {
                left_out,
                problems: problems.collect(),
                used: faulty.iter().map(|fault| fault.address.clone()).collect(),
            };
        }
        left_out.extend(gone.into_iter().map(|fault| {
            take_out(document, &fault.address);
            LeftOut {
                at: fault.address,
                reason: fault.error.to_string(),
            }
        }));
    }
}

/// Whether a row uses the operation with this fault. Of operations with one name, those that
/// `operations.toml` describes are used, otherwise all if a tool sends them, otherwise the first is
/// kept.
fn is_kept(document: &Document, users: Users<'_>, fault: &Fault) -> bool {
    let at = |address: &String| operation_at(document, address);
    let is_described = |address: &String| at(address).is_some_and(|it| users.describe(it));
    let is_sent = |address: &String| at(address).is_some_and(|it| users.has_tool(it));
    match fault.rivals.as_slice() {
        [first, _, ..] if !fault.rivals.iter().any(is_described) => {
            is_sent(&fault.address) || fault.address == *first
        }
        [_, _, ..] => is_described(&fault.address),
        _ => is_described(&fault.address) || is_sent(&fault.address),
    }
}

/// Finds the operations that progenitor refuses for reasons that only it knows, and removes those that
/// no row uses. Finds nothing if the fault is not in single operations.
pub(crate) fn refused_by_client(document: &mut Document, users: Users<'_>) -> Unusable {
    let known = document.clone();
    let mut bare = known.clone();
    paths(&mut bare).clear();
    let mut unusable = Unusable::default();
    if client::generate(&bare).is_err() {
        return unusable;
    }
    for operation in known.operations() {
        let mut single = bare.clone();
        let shared = known.value().pointer("/paths");
        let shared = shared.and_then(|paths| paths.get(operation.path)?.get("parameters"));
        let mut item = Map::new();
        item.extend(shared.map(|it| ("parameters".to_owned(), it.clone())));
        item.insert(operation.method.to_owned(), operation.object.clone());
        paths(&mut single).insert(operation.path.to_owned(), Value::Object(item));
        let Err(error) = client::generate(&single) else {
            continue;
        };
        let found = users.problems(operation, &error.to_string());
        if found.is_empty() {
            unusable.left_out.push(LeftOut {
                at: operation.address(),
                reason: error.to_string(),
            });
            take_out(document, &operation.address());
        } else {
            unusable.used.push(operation.address());
        }
        unusable.problems.extend(found);
    }
    unusable
}

/// Removes optional parameters that no row names and that the client cannot send or does not need:
/// headers, cookies and unknown styles. Returns those in a query, which callers could miss.
fn unused_parameters(document: &mut Document, users: Users<'_>) -> Vec<LeftOut> {
    let known = document.clone();
    let mut left_out = Vec::new();
    for (path, item) in object(known.value().get("paths")) {
        let operations: Vec<_> = known.operations().filter(|it| it.path == path).collect();
        let holders = operations.iter().map(|it| (Some(it.method), it.object));
        for (method, holder) in holders.chain([(None, item)]) {
            let concerned: Vec<_> = operations
                .iter()
                .filter(|it| method.is_none_or(|method| it.method == method))
                .collect();
            let is_unused = |parameter: &Value| {
                let parameter = known.resolved(parameter);
                let text = |key| parameter.get(key).and_then(Value::as_str);
                let (Some(place), Some(name)) = (text("in"), text("name")) else {
                    return false;
                };
                let is_needed = parameter.get("required") == Some(&Value::Bool(true))
                    || concerned.iter().any(|it| users.name(**it, place, name));
                let is_extra = matches!(place, "header" | "cookie")
                    || place == "query" && unsupported(parameter).is_some();
                is_own_header(parameter) || is_extra && !is_needed
            };
            let parameters = array(holder.get("parameters"));
            let unused: Vec<_> = parameters.filter(|it| is_unused(it)).collect();
            if unused.is_empty() {
                continue;
            }
            let at = method.map_or_else(
                || path.to_owned(),
                |method| format!("{} {path}", method.to_uppercase()),
            );
            left_out.extend(unused.iter().filter_map(|parameter| {
                let parameter = known.resolved(parameter);
                let name = parameter.get("name").and_then(Value::as_str);
                let is_query = parameter.get("in").and_then(Value::as_str) == Some("query");
                Some(LeftOut {
                    at: format!("{at}, parameter `{}`", name.filter(|_| is_query)?),
                    reason: unsupported(parameter)?,
                })
            }));
            let item = paths(document).get_mut(path);
            let holder = match method {
                Some(method) => item.and_then(|item| item.get_mut(method)),
                None => item,
            };
            let list = holder.and_then(|holder| holder.get_mut("parameters"));
            if let Some(list) = list.and_then(Value::as_array_mut) {
                list.retain(|parameter| !is_unused(parameter));
            }
        }
    }
    left_out
}

/// The operation with this method and path.
pub(crate) fn operation_at<'a>(document: &'a Document, address: &str) -> Option<Operation<'a>> {
    let mut operations = document.operations();
    operations.find(|operation| operation.address() == address)
}

pub(crate) fn take_out(document: &mut Document, address: &str) {
    if let Some((method, path)) = address.split_once(' ')
        && let Some(item) = paths(document).get_mut(path).and_then(Value::as_object_mut)
    {
        item.shift_remove(&method.to_lowercase());
        if !METHODS.iter().any(|method| item.contains_key(*method)) {
            paths(document).shift_remove(path);
        }
    }
}

/// The paths of a document, which every parsed document has.
fn paths(document: &mut Document) -> &mut Map<String, Value> {
    let paths = document.value_mut().get_mut("paths");
    match paths.and_then(Value::as_object_mut) {
        Some(paths) => paths,
        None => Box::leak(Box::default()),
    }
}
