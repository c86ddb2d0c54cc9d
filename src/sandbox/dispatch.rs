//! Does what a request asks for.

use chrono::{DateTime, Utc};
use model::sandbox::Behavior;
use serde_json::{Map, Value, json};

use super::{
    analytics,
    answer::Answer,
    artifacts, calls,
    campaigns::Campaigns,
    chats, evals, files, insights,
    list::list,
    request::{Request, unknown},
    resources,
    simulations::{self, Simulations},
    store::Store,
};

/// Everything that a sandbox remembers.
#[derive(Debug)]
pub(super) struct State {
    pub store: Store,
    campaigns: Campaigns,
    simulations: Simulations,
}

impl State {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            campaigns: Campaigns::default(),
            simulations: Simulations::default(),
        }
    }

    /// Does what has become due.
    pub(super) fn advance(&mut self, now: DateTime<Utc>) {
        self.campaigns.advance(&mut self.store, now);
        self.simulations.advance(&mut self.store, now);
    }

    /// Handles a request.
    pub(super) fn answer(&mut self, behavior: Behavior, request: Request<'_>) -> Answer {
        let store = &mut self.store;
        let body = Value::Object(request.fields.clone());
        let checked =
            check_parent(store, &request).and_then(|()| request.check_references(store, &body));
        if let Err(refusal) = checked {
            return refusal;
        }
        let request = &request;
        let now = request.now;
        match behavior {
            Behavior::List => list_objects(store, request),
            Behavior::Show => show(store, request),
            Behavior::Create => create(store, request),
            Behavior::Update => update(store, request),
            Behavior::Delete => delete(store, request),
            Behavior::Analyze => Answer::new(200, analytics::answer(store, &request.fields, now)),
            Behavior::PlaceCalls => calls::place(store, request),
            Behavior::DeleteCalls => calls::delete(store, request),
            Behavior::Artifact => artifacts::redirect(store, request),
            Behavior::StartCampaign => self.campaigns.start(store, request),
            Behavior::UpdateCampaign => self.campaigns.update(store, request),
            Behavior::DeleteCampaign => self.campaigns.delete(store, request),
            Behavior::ListCampaignSummaries => self.campaigns.list_summaries(store, request),
            Behavior::ShowCampaignSummary => self.campaigns.show_summary(store, request),
            Behavior::ListContacts => self.campaigns.list_contacts(store, request),
            Behavior::Chat => chats::chat(store, request),
            Behavior::Respond => chats::respond(store, request),
            Behavior::OpenSession => chats::open_session(store, request),
            Behavior::UpdateSession => chats::update_session(store, request),
            Behavior::Upload => files::upload(store, request),
            Behavior::CreateKnowledgeBase => files::create_base(store, request),
            Behavior::ShowKnowledgeBase => files::show_base(store, request),
            Behavior::DeleteKnowledgeBase => files::delete_base(store, request),
            Behavior::AttachFile => files::attach(store, request),
            Behavior::DetachFile => files::detach(store, request),
            Behavior::RetryFile => files::retry(store, request),
            Behavior::ExtractOutputs => insights::extract(store, request),
            Behavior::RunEval => evals::run(store, request),
            Behavior::RunSimulations => self.simulations.run(store, request),
            Behavior::ListRuns => simulations::list_runs(store, request),
            Behavior::CancelRun => self.simulations.cancel(store, request),
            Behavior::CancelItem => self.simulations.cancel_one(store, request),
            Behavior::GenerateSuggestions => simulations::suggest(store, request),
            Behavior::GenerateScenarios => simulations::draft_scenarios(),
            Behavior::Concurrency => self.simulations.concurrency(store, now),
            Behavior::PreviewInsight => insights::preview(store, request),
            Behavior::RunInsight => insights::run(store, request),
            Behavior::DefaultBoard => insights::default_board(store, request),
            Behavior::CreateResource => resources::create(store, request),
            Behavior::UpdateResource => resources::update(store, request),
        }
    }
}

/// The response if the path leads through an object that does not exist.
fn check_parent(store: &Store, request: &Request<'_>) -> Result<(), Answer> {
    let path = request.route.operation.path.as_str();
    let parent = path.split_once("/{id}/").map(|(parent, _)| parent);
    let Some(parent) = parent.and_then(|path| request.routes.collection(path)) else {
        return Ok(());
    };
    let id = request.route.param("id");
    match store.fields(&parent.path, id) {
        Some(_) => Ok(()),
        None => Err(unknown(&parent.path, id)),
    }
}

/// Whether an object is below the path of a request.
fn is_below(request: &Request<'_>, object: &Map<String, Value>) -> bool {
    let mut within = request.route.within();
    within.all(|(member, value)| object.get(member).is_some_and(|known| known == value))
}

fn list_objects(store: &Store, request: &Request<'_>) -> Answer {
    let objects = store.objects(request.collection(), request.now);
    let objects = objects.filter(|object| is_below(request, object));
    Answer::new(
        200,
        list(objects, &request.query, request.route.list_form()),
    )
}

fn show(store: &Store, request: &Request<'_>) -> Answer {
    let id = request.route.id();
    match store.get(request.collection(), id, request.now) {
        Some(object) if is_below(request, &object) => Answer::new(200, object),
        _ => request.unknown(id),
    }
}

fn create(store: &mut Store, request: &Request<'_>) -> Answer {
    let Some(collection) = request.route.collection else {
        return request.unknown("");
    };
    let mut fields = request.fields.clone();
    for (member, value) in request.route.within() {
        fields.insert(member.to_owned(), json!(value));
    }
    Answer::new(201, store.create(collection, fields, request.now))
}

fn update(store: &mut Store, request: &Request<'_>) -> Answer {
    let (collection, id) = (request.collection(), request.route.id());
    match store.fields(collection, id) {
        Some(object) if is_below(request, object) => {
            let fields = request.fields.clone();
            let updated = store.update(collection, id, fields, request.now);
            updated.map_or_else(|| request.unknown(id), |shown| Answer::new(200, shown))
        }
        _ => request.unknown(id),
    }
}

fn delete(store: &mut Store, request: &Request<'_>) -> Answer {
    let (collection, id) = (request.collection(), request.route.id());
    match store.fields(collection, id) {
        Some(object) if is_below(request, object) => {
            let removed = store.remove(collection, id, request.now);
            removed.map_or_else(|| request.unknown(id), |shown| Answer::new(200, shown))
        }
        _ => request.unknown(id),
    }
}
