//! Campaigns, which call their contacts one after the other.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    calls, clock,
    contact::{Contact, State},
    list::{list, paged},
    request::Request,
    routes::ListForm,
    store::{Progress, Store, members},
};

/// The collection of campaigns.
const CAMPAIGNS: &str = "/campaign";

/// The time between two calls of a campaign, in milliseconds.
const GAP: i64 = 1_000;

/// The default length of a list of contacts.
const CONTACTS: f64 = 50.0;

/// The members of a campaign that its calls have too.
const OF_CALLS: [&str; 5] = [
    "assistantId",
    "assistantOverrides",
    "squadId",
    "squadOverrides",
    "phoneNumberId",
];

/// The contacts of all campaigns, by the campaign's id.
#[derive(Debug, Default)]
pub(super) struct Campaigns {
    contacts: HashMap<String, Contacts>,
    /// The campaigns that are not over.
    running: Vec<String>,
}

#[derive(Debug)]
struct Contacts {
    all: Vec<Contact>,
    /// The number of contacts that were called.
    called: usize,
    /// When the next contact is called.
    next: DateTime<Utc>,
    /// When the last contact can be called.
    latest: Option<DateTime<Utc>>,
}

impl Campaigns {
    /// Creates a campaign.
    pub(super) fn start(&mut self, store: &mut Store, request: &Request<'_>) -> Answer {
        let mut fields = request.fields.clone();
        let source = fields.shift_remove("duplicateFromCampaignId");
        let source = source.as_ref().and_then(Value::as_str).unwrap_or_default();
        let mut all = contacts(&fields, store);
        if let Some(known) = self.contacts.get(source) {
            all.extend(
                known
                    .all
                    .iter()
                    .map(|contact| contact.again(store.new_id())),
            );
            let former = store.fields(CAMPAIGNS, source).cloned().unwrap_or_default();
            for (name, value) in former {
                if OF_CALLS.contains(&name.as_str()) {
                    fields.entry(name).or_insert(value);
                }
            }
        }
        if let Err(problem) = complete(&fields, &all) {
            return Answer::refusal(400, problem);
        }
        fields.insert("status".to_owned(), json!("scheduled"));
        let contacts = Contacts::new(all, request);
        fields.extend(contacts.counters(store, request.now));
        let shown = store.keep(CAMPAIGNS, fields, Progress::None, request.now);
        let id = shown.get("id").and_then(Value::as_str).unwrap_or_default();
        self.contacts.insert(id.to_owned(), contacts);
        self.running.push(id.to_owned());
        Answer::new(201, shown)
    }

    /// Changes a campaign. A status stops it.
    pub(super) fn update(&mut self, store: &mut Store, request: &Request<'_>) -> Answer {
        let id = request.route.id();
        let mut fields = request.fields.clone();
        let Some(before) = store.fields(CAMPAIGNS, id) else {
            return request.unknown(id);
        };
        let status = before.get("status").and_then(Value::as_str);
        let is_running = matches!(status, Some("scheduled" | "in-progress"));
        let reason = format!("campaign.{}.ended-by-user", status.unwrap_or_default());
        if let Some(contacts) = self.contacts.get_mut(id) {
            if fields.contains_key("dialPlan") {
                contacts.all.truncate(contacts.called);
                contacts.all.extend(self::contacts(&fields, store));
            }
            if request.sets_times() {
                contacts.schedule(request);
            }
            if fields.contains_key("status") && is_running {
                fields.insert("endedReason".to_owned(), json!(reason));
                contacts.skip();
            } else {
                fields.shift_remove("status");
            }
        }
        match store.update(CAMPAIGNS, id, fields, request.now) {
            Some(shown) => Answer::new(200, shown),
            None => request.unknown(id),
        }
    }

    /// Deletes a campaign.
    pub(super) fn delete(&mut self, store: &mut Store, request: &Request<'_>) -> Answer {
        let id = request.route.id();
        self.contacts.remove(id);
        match store.remove(CAMPAIGNS, id, request.now) {
            Some(shown) => Answer::new(200, shown),
            None => request.unknown(id),
        }
    }

    /// Calls the contacts whose time has come, and updates the campaigns.
    pub(super) fn advance(&mut self, store: &mut Store, now: DateTime<Utc>) {
        let contacts = &mut self.contacts;
        self.running.retain(|id| match contacts.get_mut(id) {
            Some(contacts) => contacts.advance(store, id, now),
            None => false,
        });
    }

    /// A page of campaigns without their contacts.
    pub(super) fn list_summaries(&self, store: &Store, request: &Request<'_>) -> Answer {
        let summaries = store.objects(CAMPAIGNS, request.now);
        let summaries = summaries.map(|shown| self.summary(store, request, shown));
        Answer::new(200, list(summaries, &request.query, ListForm::Page))
    }

    /// A campaign without its contacts.
    pub(super) fn show_summary(&self, store: &Store, request: &Request<'_>) -> Answer {
        let id = request.route.id();
        match store.get(CAMPAIGNS, id, request.now) {
            Some(shown) => Answer::new(200, self.summary(store, request, shown)),
            None => request.unknown(id),
        }
    }

    fn summary(
        &self,
        store: &Store,
        request: &Request<'_>,
        mut shown: Map<String, Value>,
    ) -> Map<String, Value> {
        let left_out = |name: &str| {
            name.starts_with("calls") || matches!(name, "customers" | "dialPlan" | "workflowId")
        };
        shown.retain(|name, _| !left_out(name));
        let id = shown.get("id").and_then(Value::as_str);
        let contacts = id.and_then(|id| self.contacts.get(id));
        if let Some(contacts) = contacts
            && request.query.get("includeCounters") == Some(&json!(true))
        {
            shown.extend(contacts.summary(store, request.now));
        }
        shown
    }

    /// A page of the contacts of a campaign.
    pub(super) fn list_contacts(&self, store: &Store, request: &Request<'_>) -> Answer {
        let id = request.route.param("id");
        let Some(contacts) = self.contacts.get(id) else {
            return request.unknown(id);
        };
        let mut query = request.query.clone();
        query.entry("limit").or_insert(json!(CONTACTS));
        let wanted = query.get("status").and_then(Value::as_array);
        let state = |contact: &&Contact| contact.status(store, request.now);
        let found = contacts
            .all
            .iter()
            .filter(|contact| wanted.is_none_or(|wanted| wanted.contains(&json!(state(contact)))));
        let mut found: Vec<_> = found.collect();
        if query.get("sortBy") == Some(&json!("status")) {
            found.sort_by_key(state);
        }
        let shown = found.iter().map(|contact| contact.show(store, request.now));
        Answer::new(200, paged(shown.collect(), &query, ListForm::Page))
    }
}

/// The contacts in a body.
fn contacts(fields: &Map<String, Value>, store: &mut Store) -> Vec<Contact> {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let mut all: Vec<_> = list(fields.get("customers"))
        .into_iter()
        .map(|customer| Contact::new(store.new_id(), customer, None))
        .collect();
    for entry in list(fields.get("dialPlan")) {
        for customer in list(entry.get("customers")) {
            let number = entry.get("phoneNumberId").cloned();
            all.push(Contact::new(store.new_id(), customer, number));
        }
    }
    all
}

/// Checks that somebody calls somebody.
fn complete(fields: &Map<String, Value>, contacts: &[Contact]) -> Result<(), &'static str> {
    let has = |name: &str| fields.contains_key(name);
    if contacts.is_empty() {
        return Err("Couldn't Get Customers. Need Either `customers` Or `dialPlan`.");
    }
    if !has("phoneNumberId") && contacts.iter().any(Contact::has_no_number) {
        return Err("Couldn't Get Phone Number. Need Either `phoneNumberId` Or `dialPlan`.");
    }
    if !["assistantId", "squadId", "workflowId"]
        .into_iter()
        .any(has)
    {
        return Err(
            "Couldn't Get Assistant. Need Either `assistantId`, `squadId`, Or `workflowId`.",
        );
    }
    Ok(())
}

impl Contacts {
    fn new(all: Vec<Contact>, request: &Request<'_>) -> Self {
        let mut contacts = Self {
            all,
            called: 0,
            next: request.now,
            latest: None,
        };
        contacts.schedule(request);
        contacts
    }

    /// Sets the times of the plan.
    fn schedule(&mut self, request: &Request<'_>) {
        let [start, stop] = request.times();
        self.next = start.map_or(request.now, |time| time.max(request.now));
        self.latest = stop;
    }

    /// Calls nobody from now on.
    fn skip(&mut self) {
        for contact in self.all.iter_mut().skip(self.called) {
            contact.state = State::Skipped;
        }
        self.called = self.all.len();
    }

    /// Calls the contacts whose time has come; returns whether the campaign is not over.
    fn advance(&mut self, store: &mut Store, id: &str, now: DateTime<Utc>) -> bool {
        let Some(campaign) = store.fields(CAMPAIGNS, id) else {
            return false;
        };
        let mut template = campaign.clone();
        template.retain(|name, _| OF_CALLS.contains(&name.as_str()));
        let status = campaign.get("status").cloned().unwrap_or_default();
        while self.next <= now && self.called < self.all.len() {
            if self.latest.is_some_and(|latest| self.next > latest) {
                self.skip();
                break;
            }
            if let Some(contact) = self.all.get_mut(self.called) {
                let body = contact.body(&template, id);
                contact.state = match calls::dial(store, body, self.next) {
                    Ok(call) => State::Called(call, self.next),
                    Err(message) => State::Failed(message),
                };
            }
            self.called += 1;
            self.next = clock::saturating_add(self.next, TimeDelta::milliseconds(GAP));
        }
        let mut changes = self.counters(store, now);
        let is_over = self.all.iter().all(|contact| contact.is_over(store, now));
        let by_itself = status == "scheduled" || status == "in-progress";
        if by_itself && is_over {
            changes.insert("status".to_owned(), json!("ended"));
            changes.insert("endedReason".to_owned(), json!("campaign.ended.success"));
        } else if status == "scheduled" && self.called > 0 {
            changes.insert("status".to_owned(), json!("in-progress"));
        }
        if store
            .fields(CAMPAIGNS, id)
            .is_some_and(|known| differs(known, &changes))
        {
            store.update(CAMPAIGNS, id, changes, now);
        }
        !is_over
    }

    /// The counters of calls, and the calls by their ids.
    fn counters(&self, store: &Store, now: DateTime<Utc>) -> Map<String, Value> {
        let (mut scheduled, mut queued, mut talking, mut ended, mut voicemail) = (0, 0, 0, 0, 0);
        let mut calls = Map::new();
        for contact in &self.all {
            let State::Called(id, _) = &contact.state else {
                continue;
            };
            let Some(timeline) = store.timeline(id) else {
                continue;
            };
            let (status, _) = timeline.status(now);
            match status {
                "scheduled" => scheduled += 1,
                "queued" => queued += 1,
                "ended" if timeline.reason() == "voicemail" => voicemail += 1,
                "ended" => ended += 1,
                _ => talking += 1,
            }
            calls.insert(id.clone(), json!({ "status": status }));
        }
        members(json!({
            "calls": calls,
            "callsCounterScheduled": scheduled,
            "callsCounterQueued": queued,
            "callsCounterInProgress": talking,
            "callsCounterEnded": ended,
            "callsCounterEndedVoicemail": voicemail,
        }))
    }

    /// The counters of contacts, and the metrics of calls.
    fn summary(&self, store: &Store, now: DateTime<Utc>) -> Map<String, Value> {
        let count = |status: &str| {
            let all = self.all.iter();
            all.filter(|contact| contact.status(store, now) == status)
                .count()
        };
        let dialed = self.all.iter().filter_map(Contact::call);
        let connected = dialed.clone().filter_map(|call| store.timeline(call));
        let connected = connected.filter(|timeline| timeline.is_talked()).count();
        members(json!({
            "contactCounters": {
                "pending": count("contact.pending"),
                "dispatched": count("contact.dispatched"),
                "completed": count("contact.completed"),
                "failed": count("contact.failed"),
                "skipped": count("contact.skipped"),
                "predialFailed": count("contact.predial-failed"),
            },
            "callMetrics": { "dialed": dialed.count(), "connected": connected },
        }))
    }
}

fn differs(known: &Map<String, Value>, changes: &Map<String, Value>) -> bool {
    changes
        .iter()
        .any(|(name, value)| known.get(name) != Some(value))
}
