//! Finds the operation of a request and what the sandbox does with it.

use model::{
    facts::{Answer, Facts, Operation},
    sandbox::{Behavior, Collection, Sandbox as Table},
};
use serde_json::Value;

use crate::{document::resolved, reference::facts};

/// The reason why the sandbox cannot be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The facts about Vapi's operations cannot be used.
    #[error(transparent)]
    Facts(#[from] crate::reference::Unreadable),
    /// The table of supported operations cannot be used.
    #[error("the operations of the sandbox cannot be read: {0}; build the program again")]
    Table(String),
}

/// All operations of Vapi, and the supported ones.
#[derive(Debug)]
pub(super) struct Routes {
    facts: &'static Facts,
    table: Table,
}

/// An operation of Vapi, as a request addresses it.
#[derive(Debug)]
pub(super) struct Route<'a> {
    pub operation: &'static Operation,
    /// The path parameters: name and value.
    pub params: Vec<(&'static str, &'a str)>,
    /// The collection that the operation is about, if there is one.
    pub collection: Option<&'a Collection>,
    /// `None` if the operation is not supported.
    pub behavior: Option<Behavior>,
}

/// The form of a list in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListForm {
    Array,
    /// An object with `results` and `metadata`.
    Page,
    /// A page if the request has the parameter `page`.
    Either,
}

impl Routes {
    pub(super) fn new() -> Result<Self, DocumentError> {
        Self::read(include_str!(concat!(env!("OUT_DIR"), "/sandbox.json")))
    }

    pub(super) fn read(table: &str) -> Result<Self, DocumentError> {
        Ok(Self {
            facts: facts()?,
            table: serde_json::from_str(table)
                .map_err(|error| DocumentError::Table(error.to_string()))?,
        })
    }

    /// The operation of a path, if Vapi has one.
    pub(super) fn find<'a>(&'a self, method: &str, path: &'a str) -> Option<Route<'a>> {
        let operations = self.facts.operations.iter();
        let (operation, params) = operations
            .filter(|operation| operation.method.eq_ignore_ascii_case(method))
            .filter_map(|operation| Some((operation, matched(&operation.path, path)?)))
            // A literal path takes precedence over a template.
            .min_by_key(|(_, params)| params.len())?;
        let (collection, standard) = self.standard(operation);
        let special = self.table.operations.get(&operation.address()).copied();
        Some(Route {
            operation,
            params,
            collection,
            behavior: special.or(standard),
        })
    }

    /// The collection of an operation, and what the operation does unless it is special.
    fn standard(&self, operation: &Operation) -> (Option<&Collection>, Option<Behavior>) {
        let (above, last) = operation.path.rsplit_once('/').unwrap_or_default();
        let is_of = |path: &str| {
            let collections = self.table.collections.iter();
            collections
                .clone()
                .find(|it| it.paths().any(|known| known == path))
        };
        let method = operation.method.as_str();
        if let Some(collection) = is_of(&operation.path) {
            let behavior = match method {
                "GET" => Some(Behavior::List),
                "POST" => Some(Behavior::Create),
                _ => None,
            };
            return (Some(collection), behavior);
        }
        match is_of(above).filter(|_| last.starts_with('{')) {
            Some(collection) => {
                let behavior = match method {
                    "GET" => Some(Behavior::Show),
                    "PATCH" => Some(Behavior::Update),
                    "DELETE" => Some(Behavior::Delete),
                    _ => None,
                };
                (Some(collection), behavior)
            }
            None => (None, None),
        }
    }

    pub(super) fn collection(&self, path: &str) -> Option<&Collection> {
        let mut collections = self.table.collections.iter();
        collections.find(|collection| collection.path == path)
    }

    /// The collections that contain the objects whose ids are in this property.
    pub(super) fn targets(&self, property: &str) -> Option<&[String]> {
        self.table.references.get(property).map(Vec::as_slice)
    }

    /// The paths of all collections.
    pub(super) fn collections(&self) -> Vec<&str> {
        let collections = self.table.collections.iter();
        collections
            .map(|collection| collection.path.as_str())
            .collect()
    }

    /// The operations that are not supported.
    #[cfg(test)]
    pub(super) fn unsupported(&self) -> Vec<String> {
        let operations = self.facts.operations.iter();
        let is_supported = |operation: &&Operation| {
            self.table.operations.contains_key(&operation.address())
                || self.standard(operation).1.is_some()
        };
        operations
            .filter(|operation| !is_supported(operation))
            .map(Operation::address)
            .collect()
    }
}

impl<'a> Route<'a> {
    pub(super) fn param(&self, name: &str) -> &'a str {
        let mut params = self.params.iter();
        params
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
            .unwrap_or_default()
    }

    /// The value of the last path parameter.
    pub(super) fn id(&self) -> &'a str {
        self.params
            .last()
            .map(|(_, value)| *value)
            .unwrap_or_default()
    }

    /// The members of objects that the path parameters fix, with their values.
    pub(super) fn within(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let within = self.collection.into_iter().flat_map(|it| &it.within);
        within.map(|(param, member)| (member.as_str(), self.param(param)))
    }

    pub(super) fn list_form(&self) -> ListForm {
        let forms: Vec<_> = self
            .answers()
            .iter()
            .map(|schema| is_page(schema))
            .collect();
        match (forms.contains(&true), forms.contains(&false)) {
            (true, true) => ListForm::Either,
            (true, false) => ListForm::Page,
            _ => ListForm::Array,
        }
    }

    /// The alternative schemas of the response.
    pub(super) fn answers(&self) -> Vec<&'static Value> {
        match &self.operation.answer {
            Some(Answer::Json(schema)) => {
                let schema = resolved(schema);
                match schema.get("oneOf").and_then(Value::as_array) {
                    Some(members) => members.iter().map(resolved).collect(),
                    None => vec![schema],
                }
            }
            _ => Vec::new(),
        }
    }
}

fn is_page(schema: &Value) -> bool {
    schema.pointer("/properties/results").is_some()
}

/// The path parameters, if a path matches a template.
fn matched<'a>(template: &'static str, path: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let mut params = Vec::new();
    let mut segments = path.split('/');
    for part in template.split('/') {
        let segment = segments.next()?;
        match part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'))
        {
            Some(name) => params.push((name, segment)),
            None if part == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_vapi_is_supported() {
        assert_eq!(Routes::new().unwrap().unsupported(), Vec::<String>::new());
    }

    #[test]
    fn a_literal_path_takes_precedence_over_a_template() {
        let routes = Routes::new().unwrap();
        for (path, params) in [
            ("/eval/run", 0),
            ("/eval/a", 1),
            ("/eval/simulation/run", 0),
            ("/eval/simulation/run/a/item/b", 2),
            ("/reporting/board/default/metrics-overview", 0),
        ] {
            let route = routes.find("get", path).unwrap();
            assert_eq!(route.params.len(), params, "{path}");
        }
        assert!(routes.find("GET", "/eval/a/b").is_none());
    }

    #[test]
    fn a_table_that_cannot_be_read_is_an_error() {
        let error = Routes::read("{\"operations\":{\"GET /call\":\"whistle\"}}").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("cannot be read: unknown variant `whistle`")
        );
    }
}
