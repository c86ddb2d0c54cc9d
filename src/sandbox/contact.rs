//! The contacts of a campaign.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{
    clock,
    store::{Store, members},
};

/// One contact.
#[derive(Debug)]
pub(super) struct Contact {
    id: String,
    customer: Value,
    /// The id of the number that calls, unless it is the campaign's.
    number: Option<Value>,
    pub state: State,
}

/// What became of a contact.
#[derive(Debug)]
pub(super) enum State {
    Pending,
    /// Called: the call's id and the time.
    Called(String, DateTime<Utc>),
    /// The reason why no call was placed.
    Failed(String),
    Skipped,
}

impl Contact {
    pub(super) fn new(id: String, customer: Value, number: Option<Value>) -> Self {
        Self {
            id,
            customer,
            number,
            state: State::Pending,
        }
    }

    /// The same person as a contact of another campaign.
    pub(super) fn again(&self, id: String) -> Self {
        Self::new(id, self.customer.clone(), self.number.clone())
    }

    /// Whether it is called from the campaign's number.
    pub(super) fn has_no_number(&self) -> bool {
        self.number.is_none()
    }

    /// The id of its call.
    pub(super) fn call(&self) -> Option<&str> {
        match &self.state {
            State::Called(call, _) => Some(call),
            _ => None,
        }
    }

    /// The body of its call.
    pub(super) fn body(&self, template: &Map<String, Value>, campaign: &str) -> Map<String, Value> {
        let mut body = template.clone();
        body.extend(
            self.number
                .iter()
                .map(|number| ("phoneNumberId".to_owned(), number.clone())),
        );
        body.insert("customer".to_owned(), self.customer.clone());
        body.insert("campaignId".to_owned(), json!(campaign));
        body
    }

    /// Whether nothing more happens to it.
    pub(super) fn is_over(&self, store: &Store, now: DateTime<Utc>) -> bool {
        !matches!(
            self.status(store, now),
            "contact.pending" | "contact.dispatched"
        )
    }

    pub(super) fn status(&self, store: &Store, now: DateTime<Utc>) -> &'static str {
        match &self.state {
            State::Pending => "contact.pending",
            State::Skipped => "contact.skipped",
            State::Failed(_) => "contact.failed",
            State::Called(call, _) => match store.timeline(call) {
                Some(timeline) if timeline.status(now).0 != "ended" => "contact.dispatched",
                Some(timeline) if !timeline.is_talked() && timeline.reason() != "voicemail" => {
                    "contact.failed"
                }
                _ => "contact.completed",
            },
        }
    }

    pub(super) fn show(&self, store: &Store, now: DateTime<Utc>) -> Value {
        let mut shown = members(json!({
            "id": self.id,
            "number": self.customer.get("number").or_else(|| self.customer.get("sipUri")),
            "status": self.status(store, now),
        }));
        let mut set = |name: &str, value: Value| {
            shown.insert(name.to_owned(), value);
        };
        if let Some(name) = self.customer.get("name") {
            set("name", name.clone());
        }
        match &self.state {
            State::Called(call, at) => {
                set("callId", json!(call));
                set("dispatchedAt", json!(clock::written(*at)));
                if let Some(timeline) = store.timeline(call)
                    && timeline.status(now).0 == "ended"
                {
                    set("endedReason", json!(timeline.reason()));
                }
            }
            State::Failed(message) => set("endedReason", json!(message)),
            State::Pending | State::Skipped => {}
        }
        Value::Object(shown)
    }
}
