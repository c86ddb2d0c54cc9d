//! Asks the user of a client through elicitation: with a request during the tool call or, since
//! protocol version 2026-07-28, with a result that asks the client to repeat the call with the
//! answer.

use std::{collections::BTreeMap, sync::OnceLock, time::Duration};

use rmcp::{
    RoleServer,
    model::{
        CallToolRequestParams, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction,
        ElicitationSchema, InputRequest, InputRequiredResult,
    },
    service::{RequestContext, ServiceError},
};
use serde_json::Value;

use super::request_metadata::is_stateless;
use crate::guard::{
    Guard,
    confirm::{Answer, ConfirmFuture, Confirmer, Question},
};

/// How long the user may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(300);

/// The name of the question in a result.
const INPUT_NAME: &str = "confirm";

/// Asks the user of the client that made a tool call.
pub(super) struct ElicitingClient<'a> {
    guard: &'a Guard,
    context: &'a RequestContext<RoleServer>,
    /// The sealed state of an earlier question, which the client returns.
    state: Option<String>,
    answer: Option<Value>,
    /// The result that contains the question.
    question: OnceLock<InputRequiredResult>,
}

impl<'a> ElicitingClient<'a> {
    pub(super) fn new(
        guard: &'a Guard,
        context: &'a RequestContext<RoleServer>,
        request: CallToolRequestParams,
    ) -> Self {
        let answers = request.input_responses;
        Self {
            guard,
            context,
            state: request.request_state,
            answer: answers.and_then(|mut answers| answers.remove(INPUT_NAME)),
            question: OnceLock::new(),
        }
    }

    /// The result that contains the question, if the call needs an answer first.
    pub(super) fn question(self) -> Option<InputRequiredResult> {
        self.question.into_inner()
    }

    /// Whether the client supports forms. A client that declares no mode does.
    fn can_ask(&self) -> bool {
        self.context
            .client_capabilities()
            .and_then(|capabilities| capabilities.elicitation)
            .is_some_and(|ways| ways.form.is_some() || ways.url.is_none())
    }

    async fn ask_in_call(&self, question: &Question) -> Answer {
        let result = self
            .context
            .peer
            .create_elicitation_with_timeout(form(question), Some(ANSWER_TIMEOUT));
        match result.await {
            Ok(result) => answer_of(&result),
            Err(ServiceError::Timeout { .. }) => {
                Answer::Void("the user did not answer within 5 minutes".to_owned())
            }
            Err(_) => Answer::Void("the client could not show the question".to_owned()),
        }
    }

    /// Returns the answer that arrived with this call. If there is none, stores the question for
    /// the result.
    fn ask_in_result(&self, question: &Question) -> Answer {
        if let (Some(state), Some(answer)) = (&self.state, &self.answer) {
            if let Err(broken) = self.guard.unseal(state, question) {
                return Answer::Void(format!(
                    "{broken}; repeat the call without it to ask the user again"
                ));
            }
            return match serde_json::from_value(answer.clone()) {
                Ok(result) => answer_of(&result),
                Err(_) => Answer::Void("the client's answer is malformed".to_owned()),
            };
        }
        let Some(state) = self.guard.seal(question) else {
            return Answer::Void("no random numbers are available on this machine".to_owned());
        };
        let request = InputRequest::Elicitation(ElicitRequest::new(form(question)));
        let requests = BTreeMap::from([(INPUT_NAME.to_owned(), request)]);
        let _ = self
            .question
            .set(InputRequiredResult::new(Some(requests), Some(state)));
        Answer::Later
    }
}

impl Confirmer for ElicitingClient<'_> {
    fn ask<'a>(&'a self, question: &'a Question) -> ConfirmFuture<'a> {
        Box::pin(async move {
            if let Some(reason) = self.absence() {
                Answer::Void(reason)
            } else if is_stateless(self.context) {
                self.ask_in_result(question)
            } else {
                self.ask_in_call(question).await
            }
        })
    }

    fn absence(&self) -> Option<String> {
        let reason = "this client cannot ask the user (it does not support elicitation)";
        (!self.can_ask()).then(|| reason.to_owned())
    }
}

/// A form without fields. Accepting it means yes.
fn form(question: &Question) -> ElicitRequestParams {
    ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: question.text.clone(),
        requested_schema: ElicitationSchema::new(BTreeMap::new()),
    }
}

fn answer_of(result: &ElicitResult) -> Answer {
    match result.action {
        ElicitationAction::Accept => Answer::Yes,
        _ => Answer::No,
    }
}
