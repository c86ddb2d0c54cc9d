//! Writes the fixtures of a new tool: one of a success and one of a failure.

use serde_json::{Map, Value, json};

use super::{argument::Target, draft::Draft, row::SHOWN, sample};
use crate::{
    catalog::location::segments,
    document::{Document, object},
};

const ORIGIN: &str = "constructed after the document, all values invented";

/// What a request consists of.
#[derive(Clone, Debug, Default)]
struct Exchange {
    arguments: Map<String, Value>,
    /// The path parameters.
    ids: Vec<(String, String)>,
    query: Map<String, Value>,
    body: Map<String, Value>,
}

impl Draft<'_> {
    pub(super) fn fixtures(&self, document: &Document) -> [(String, String); 2] {
        let exchange = self.exchange();
        let has_id = self.operation.path.contains('{');
        let (suffix, status, refusal) = match (has_id, self.operation.method) {
            (true, _) => ("unknown", 404, ["Couldn't find it.", "Not Found"]),
            (false, "get") => ("unauthorized", 401, ["Invalid Key.", "Unauthorized"]),
            (false, _) => ("refused", 400, ["name must be shorter", "Bad Request"]),
        };
        let [message, error] = refusal;
        let refusal = json!({ "message": message, "error": error, "statusCode": status });
        let success = self.fixture(&exchange, self.status(), self.response(document), true);
        let failure = self.fixture(&exchange, status, refusal, false);
        [
            (format!("{}.json", self.name), written(&success)),
            (format!("{}_{suffix}.json", self.name), written(&failure)),
        ]
    }

    fn exchange(&self) -> Exchange {
        let mut exchange = Exchange::default();
        let is_merged = self.read_before.is_some();
        let stops = self.facts.and_then(|facts| facts.stops.as_ref());
        for arg in &self.args {
            // One property is enough for a change, unless it is one that is sent without a merge.
            let changes = exchange.body.is_empty()
                && !stops.is_some_and(|stops| stops.contains_key(&format!("/{}", arg.name)));
            let is_given = arg.required
                || (arg.is_in_body() && (!is_merged || changes))
                || arg.query() == Some("limit");
            let default = arg.keys.get("default");
            let value = match default {
                Some(default) if !is_given => default,
                _ if is_given => &arg.sample,
                _ => continue,
            };
            if is_given {
                let given = arg.sample.clone();
                exchange.arguments.insert(arg.name.clone(), given);
            }
            match &arg.target {
                Target::Path(name) => {
                    exchange.ids.push((name.clone(), plain(value)));
                }
                Target::Query(name) => {
                    exchange.query.insert(name.clone(), json!(plain(value)));
                }
                Target::Body(name) => {
                    exchange.body.insert(name.clone(), value.clone());
                }
            }
        }
        exchange
    }

    fn fixture(&self, exchange: &Exchange, status: u16, answer: Value, success: bool) -> Value {
        let method = self.operation.method.to_uppercase();
        let mut request = Map::new();
        let mut set = |key: &str, value: Value| request.insert(key.to_owned(), value);
        match self.read_before.filter(|_| !success) {
            // The failure is that of the read before the change.
            Some(read) => {
                set("method", json!("GET"));
                set("path", json!(with_ids(read.path, exchange)));
            }
            None => {
                set("method", json!(method));
                set("path", json!(with_ids(self.operation.path, exchange)));
                for (key, members) in [("query", &exchange.query), ("body", &exchange.body)] {
                    if !members.is_empty() {
                        set(key, json!(members));
                    }
                }
            }
        }
        let mut fixture = json!({
            "origin": ORIGIN,
            "tool": self.name,
            "arguments": exchange.arguments,
            "request": request,
            "response": { "status": status, "content_type": "application/json", "body": answer },
        });
        if let (Some(_), true, Some(fixture)) = (self.read_before, success, fixture.as_object_mut())
        {
            fixture.insert("stored".to_owned(), self.stored());
        }
        fixture
    }

    /// The answer to the read before a change: an object without the property that is changed.
    fn stored(&self) -> Value {
        let at = self.facts.and_then(|facts| facts.merge_at.as_deref());
        let keys: Vec<_> = segments(at.unwrap_or_default()).collect();
        let object = json!({ "id": sample::ID });
        keys.into_iter()
            .rev()
            .fold(object, |inner, key| json!({ key: inner }))
    }

    /// The first status of a success that the document declares.
    fn status(&self) -> u16 {
        let declared = object(self.operation.object.get("responses"));
        let mut declared = declared.filter_map(|(status, _)| status.parse().ok());
        let success = declared.find(|status| (200..300).contains(status));
        success.unwrap_or(200)
    }

    fn response(&self, document: &Document) -> Value {
        let object = sample::object_with(document, &self.answer.schemas, &SHOWN);
        match (&self.answer.rows, self.answer.list) {
            (Some(rows), _) => json!({ rows.trim_start_matches('/'): [object] }),
            (None, true) => json!([object]),
            (None, false) => object,
        }
    }
}

/// The path with the ids of the request.
fn with_ids(path: &str, exchange: &Exchange) -> String {
    let ids = exchange.ids.iter();
    ids.fold(path.to_owned(), |path, (name, value)| {
        path.replace(&format!("{{{name}}}"), value)
    })
}

fn written(fixture: &Value) -> String {
    format!("{fixture:#}\n")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
