//! A request, validated against the document.

use chrono::{DateTime, Utc};
use model::facts::Body;
use reqwest::Url;
use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    check, clock, customers,
    options::Options,
    references::{Reference, references},
    routes::{Route, Routes},
    store::Store,
    upload,
};

/// A valid request.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub routes: &'a Routes,
    pub route: Route<'a>,
    pub query: Map<String, Value>,
    /// The members of the body.
    pub fields: Map<String, Value>,
    pub url: &'a Url,
    pub now: DateTime<Utc>,
}

impl<'a> Request<'a> {
    /// Validates a request; the error is the response.
    pub(super) fn new(
        routes: &'a Routes,
        route: Route<'a>,
        (url, body): (&'a Url, &[u8]),
        options: Options,
        now: DateTime<Utc>,
    ) -> Result<Self, Answer> {
        let problems = check::path(&route.operation.parameters, &route.params);
        if !problems.is_empty() {
            return Err(Answer::refusal(400, problems));
        }
        let query = check::query(&route.operation.parameters, url)
            .map_err(|problems| Answer::refusal(400, problems))?;
        let fields = fields(routes, &route, body, options)?;
        Ok(Self {
            routes,
            route,
            query,
            fields,
            url,
            now,
        })
    }

    /// The call times in the body: when the calls start, and when they stop.
    pub(super) fn times(&self) -> [Option<DateTime<Utc>>; 2] {
        let when = &self.route.operation.when;
        [0, 1].map(|index| {
            let (key, below) = split(when.get(index)?)?;
            clock::read(self.fields.get(key)?.pointer(below)?.as_str()?)
        })
    }

    /// Whether the body has the property that contains the call times.
    pub(super) fn sets_times(&self) -> bool {
        let mut places = self.route.operation.when.iter().filter_map(|at| split(at));
        places.any(|(key, _)| self.fields.contains_key(key))
    }

    /// The path of the collection.
    pub(super) fn collection(&self) -> &'a str {
        let collection = self.route.collection;
        collection.map_or("", |collection| collection.path.as_str())
    }

    /// The response if an object that the body refers to does not exist.
    pub(super) fn check_references(&self, store: &Store, body: &Value) -> Result<(), Answer> {
        let Some(Body::Json(schema)) = &self.route.operation.body else {
            return Ok(());
        };
        let exists = |reference: &Reference<'_>| {
            let mut targets = reference.targets.iter();
            targets.any(|target| store.fields(target, reference.id).is_some())
        };
        match references(self.routes, schema, body)
            .iter()
            .find(|it| !exists(it))
        {
            Some(reference) => Err(self.does_not_exist(reference)),
            None => Ok(()),
        }
    }

    fn does_not_exist(&self, reference: &Reference<'_>) -> Answer {
        let target = reference.targets.first().map_or("", String::as_str);
        let collection = self.routes.collection(target);
        let name = collection.map_or("Object", |collection| collection.name.as_str());
        let (key, id) = (reference.key, reference.id);
        Answer::refusal(
            400,
            format!("Couldn't Get {name}. `{key}` {id} Does Not Exist."),
        )
    }

    /// The response for an object that does not exist.
    pub(super) fn unknown(&self, id: &str) -> Answer {
        unknown(self.collection(), id)
    }
}

/// The first key of a pointer, and the pointer below it.
fn split(pointer: &str) -> Option<(&str, &str)> {
    let path = pointer.strip_prefix('/')?;
    let end = path.find('/').unwrap_or(path.len());
    path.split_at_checked(end)
}

/// The response for an object that does not exist.
pub(super) fn unknown(collection: &str, id: &str) -> Answer {
    let name = match collection.trim_start_matches('/') {
        "" => "object",
        name => name,
    };
    Answer::refusal(404, format!("The sandbox has no {name} {id}"))
}

/// The members of the body, validated against the document.
fn fields(
    routes: &Routes,
    route: &Route<'_>,
    body: &[u8],
    options: Options,
) -> Result<Map<String, Value>, Answer> {
    let schema = match &route.operation.body {
        // The facts leave out a body that this program never sends.
        None if !body.is_empty() && route.operation.method == "DELETE" => None,
        None => return Ok(Map::new()),
        Some(_) if body.is_empty() && route.operation.method == "DELETE" => return Ok(Map::new()),
        Some(Body::Json(schema)) => Some(schema),
        Some(Body::Undocumented(_)) => None,
        Some(Body::Upload(schema)) => {
            let fields = upload::fields(body).map_err(|problem| Answer::refusal(400, problem))?;
            let form = json!({ "file": "", "purpose": fields.get("purpose") });
            let problems = check::problems(schema, &form);
            return match problems.is_empty() {
                true => Ok(fields),
                false => Err(Answer::refusal(400, problems)),
            };
        }
    };
    let body: Map<_, _> = serde_json::from_slice(body)
        .map_err(|error| Answer::refusal(400, format!("The body is not a JSON object: {error}")))?;
    let Some(schema) = schema else {
        return Ok(body);
    };
    let body = Value::Object(body);
    let mut problems = check::problems(schema, &body);
    problems.retain(|problem| !options.tolerate(problem));
    let references = references(routes, schema, &body);
    problems.extend(references.iter().filter_map(Reference::problem));
    problems.dedup();
    problems.extend(customers::problems(&body));
    match body {
        Value::Object(fields) if problems.is_empty() => Ok(fields),
        _ => Err(Answer::refusal(400, problems)),
    }
}
