//! Reads every list of the API, and one object of each kind.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use codegen::{contract::Contract, document::Document};
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};
use vapi_mcp::{
    api::{Api, ApiError, Token},
    catalog::{OPERATIONS, Operation, Request},
    model::Effect,
};

/// Maximum number of requests, without retries.
const MAX_REQUESTS: usize = 120;

/// Maximum time of all requests.
const MAX_TIME: Duration = Duration::from_secs(600);

/// Maximum number of rows of a list.
const ROWS: u64 = 100;

/// Values of required parameters that are not ids and for which the document has no enum: address
/// of the operation, parameter, value.
const VALUES: [(&str, &str, &str); 1] = [("GET /file", "purpose", "assistant")];

/// The way to the API.
pub struct Reader<'a> {
    pub api: &'a Api,
    pub token: &'a Token,
    /// The pause between two requests.
    pub pause: Duration,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// The addresses of the operations that were sent, in this order.
    pub sent: Vec<String>,
    /// The operations that had no usable response, each with the reason.
    pub failed: Vec<String>,
    /// The operations for which there was no object, or that were not reached.
    pub unread: Vec<String>,
    /// Why no further operation was sent.
    pub stopped: Option<String>,
}

type Parameters = Vec<(&'static str, Value)>;

impl Reader<'_> {
    /// Reads the lists, then the first object of each, and compares every response.
    pub async fn read(&self, contract: &mut Contract) -> Reading {
        let end = Instant::now() + MAX_TIME;
        let mut reading = Reading::default();
        let reads: Vec<_> = OPERATIONS
            .iter()
            .copied()
            .filter(|it| is_read(it))
            .collect();
        let mut queue: VecDeque<(&'static Operation, Parameters)> = VecDeque::new();
        for operation in &reads {
            if let (parameters, None) = bound(contract.document(), operation, &[]) {
                queue.push_back((operation, parameters));
            }
        }
        let mut reached = BTreeSet::new();
        while let Some((operation, parameters)) = queue.pop_front() {
            let address = operation.key();
            if !reached.insert(address.clone()) {
                continue;
            }
            if reading.sent.len() >= MAX_REQUESTS || Instant::now() >= end {
                reading.stopped = Some("the limit of requests or of time was reached".to_owned());
                reached.remove(&address);
                break;
            }
            sleep(self.pause).await;
            reading.sent.push(address.clone());
            let answer = match self.send(operation, parameters.clone()).await {
                Ok(answer) => answer,
                Err(error) => {
                    let reason = reason(&error);
                    let is_final = matches!(&error, ApiError::Status { status, .. }
                        if matches!(status.as_u16(), 401 | 429));
                    reading.failed.push(format!("`{address}`: {reason}"));
                    if is_final {
                        reading.stopped = Some(reason);
                        break;
                    }
                    continue;
                }
            };
            contract.compare(&address, &answer);
            let first = contract.objects(&answer).into_iter().next();
            let Some(id) = first.and_then(|object| contract.id_of(object)) else {
                continue;
            };
            let prefix = format!("{}/{{", operation.path);
            for below in reads.iter().filter(|it| it.path.starts_with(&prefix)) {
                let (mut all, missing) = bound(contract.document(), below, &parameters);
                let first = below.path[prefix.len()..].split('}').next();
                if let Some(name) = missing.filter(|name| first == Some(name)) {
                    all.push((name, Value::from(id)));
                    if bound(contract.document(), below, &all).1.is_none() {
                        queue.push_back((below, all));
                    }
                }
            }
        }
        let unread = reads.iter().map(|it| it.key());
        reading.unread = unread.filter(|key| !reached.contains(key)).collect();
        reading
    }

    async fn send(
        &self,
        operation: &'static Operation,
        parameters: Parameters,
    ) -> Result<Value, ApiError> {
        assert_eq!((operation.method, operation.effect), ("get", Effect::Read));
        let request = Request::new(parameters, Map::new());
        let deadline = self.api.deadline();
        let sent = self.api.send(self.token, Effect::Read, deadline, |client| {
            operation.send_request(client, &request)
        });
        let bytes = sent.await.map_err(|failure| failure.error)?;
        serde_json::from_slice(&bytes)
            .map_err(|_| ApiError::Request("the response is not JSON".to_owned()))
    }
}

/// Whether an operation only reads, and answers with JSON.
fn is_read(operation: &Operation) -> bool {
    operation.method == "get"
        && operation.effect == Effect::Read
        && operation.is_known
        && !operation.redirects
}

/// The parameters of a request with these ids, and the first parameter that needs another id.
fn bound(
    document: &Document,
    operation: &'static Operation,
    ids: &[(&'static str, Value)],
) -> (Parameters, Option<&'static str>) {
    let (mut parameters, mut missing) = (Parameters::new(), None);
    for parameter in operation.parameters {
        let name = parameter.name;
        let known = ids.iter().find(|(known, _)| *known == name);
        let value = match known {
            Some((_, id)) => Some(id.clone()),
            None if name == "limit" => Some(Value::from(ROWS)),
            None if !parameter.required => continue,
            None => value(document, operation, name),
        };
        match value {
            Some(value) => parameters.push((name, value)),
            None => missing = missing.or(Some(name)),
        }
    }
    (parameters, missing)
}

/// A value of a required parameter that is not an id.
fn value(document: &Document, operation: &Operation, name: &str) -> Option<Value> {
    let key = operation.key();
    let mut known = VALUES.iter();
    if let Some((.., value)) = known.find(|it| (it.0, it.1) == (key.as_str(), name)) {
        return Some(Value::from(*value));
    }
    let declared = document.operation(operation.id)?;
    let parameters = document.parameters(declared);
    let parameter = parameters.iter().find(|it| it.name == name)?;
    parameter.schema?.get("enum")?.get(0).cloned()
}

/// The reason of an error, without Vapi's words, which may name objects of the account.
fn reason(error: &ApiError) -> String {
    match error {
        ApiError::Status {
            status,
            retry_after,
            ..
        } => {
            let wait = retry_after.map(|wait| format!("; retry after {} s", wait.as_secs()));
            format!("status {}{}", status.as_u16(), wait.unwrap_or_default())
        }
        error => error.to_string(),
    }
}
