//! Turns a request that the rules allow into one that may be sent.

use serde_json::Value;

use super::{
    audit::{Entry, Logged, Outcome},
    confirm::{Answer, Confirmer, Question},
    dial::{self, DialRequest},
    digest::{CallerId, Digest, TokenHasher},
    ledger::{Limits, PlacedCall, PlannedCalls, Reservation},
    question,
    refusal::{Refusal, not_logged},
    rules::Rules,
    state::Guard,
};
use crate::{
    api::{ApiError, Token},
    catalog::{Action, Operation},
    model::Effect,
};

/// The hash and question of a write, stored instead of its arguments.
#[derive(Debug)]
pub struct ArgumentsRecord {
    /// The hash of the tool and all its arguments.
    pub(super) arguments: Digest,
    /// The question to the user, if it is made from the arguments.
    pub(super) question: String,
}

impl Default for ArgumentsRecord {
    fn default() -> Self {
        Self {
            arguments: Digest([0; 32]),
            question: String::new(),
        }
    }
}

impl ArgumentsRecord {
    /// Adds content that the arguments only refer to, so that a confirmation is valid only for this
    /// content.
    pub fn add_content(&mut self, token: &Token, content: &[u8]) {
        self.arguments = TokenHasher::of(token).hash_content(self.arguments, content);
    }
}

/// A write that is about to be sent.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) hasher: TokenHasher,
    /// The hash of the tool and all its arguments.
    pub(super) arguments: Digest,
    /// The calls that it places.
    pub(super) calls: PlannedCalls,
    pub(super) limits: Limits,
    /// The question to the user; empty if none is required.
    pub(super) question: String,
    /// Whether it is a web call.
    pub(super) is_web: bool,
    /// The call, if the write places one.
    pub(super) dial: Option<DialRequest>,
}

impl Write {
    pub(super) fn of(token: &Token, given: &ArgumentsRecord) -> Self {
        Self {
            arguments: given.arguments,
            hasher: TokenHasher::of(token),
            calls: PlannedCalls::default(),
            limits: Limits {
                rate: None,
                duplicates: true,
                spends: false,
                max_spend: None,
            },
            question: given.question.clone(),
            is_web: false,
            dial: None,
        }
    }

    /// Binds the confirmation to this body, which also depends on a stored object.
    pub(super) fn bind(&mut self, body: &Value) {
        let body = self.hasher.hash("body", body).to_string();
        let both = Value::from(vec![self.arguments.to_string(), body]);
        self.arguments = self.hasher.hash("update", &both);
    }

    /// Counts the write if it costs money besides calls.
    pub(super) fn limited(mut self, action: &Action, rules: &Rules) -> Self {
        self.limits.spends = action.spends();
        self.limits.max_spend = rules.max_spend;
        self
    }
}

/// What is sent, as the audit log names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sends {
    /// The name of the tool.
    pub(super) tool: &'static str,
    pub(super) operation: &'static Operation,
    pub(super) effect: Effect,
}

/// Whether the user must confirm a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    Never,
    Always,
    /// Not if the user cannot be asked: the request only stops something.
    IfPossible,
}

/// A request that the rules allow.
#[derive(Debug)]
pub struct Checked<'a> {
    pub(super) guard: &'a Guard,
    pub(super) sends: Sends,
    pub(super) asks: Asks,
    /// `None` for a read.
    pub(super) write: Option<Write>,
}

impl<'a> Checked<'a> {
    /// A remark for the result.
    pub fn remark(&self, person: &dyn Confirmer) -> Option<String> {
        const WEB: &str = "It names neither a destination nor a number to call from, so it is a web \
                           call: no phone rings.";
        if self.write.as_ref().is_some_and(|write| write.is_web) {
            return Some(WEB.to_owned());
        }
        let reason = person.absence()?;
        (self.asks == Asks::IfPossible).then(|| {
            format!("Not confirmed, because it only stops something and {reason} (--confirm).")
        })
    }

    /// Whether the user is asked before the request is sent.
    pub fn asks_user(&self) -> bool {
        self.write.is_some() && self.asks != Asks::Never
    }

    /// Adds a line to the question to the user, if one is asked.
    pub fn add_to_question(&mut self, line: &str) {
        let question = self.write.as_mut().map(|write| &mut write.question);
        if let Some(question) = question.filter(|question| !question.is_empty()) {
            *question = question::with_line(question, line);
        }
    }

    /// Checks whether the request would be refused even before the user is asked.
    pub fn check_confirmation(&self, person: &dyn Confirmer) -> Result<(), Refusal> {
        let must_ask = self.write.is_some() && self.asks == Asks::Always;
        match person.absence() {
            Some(reason) if must_ask => Err(nobody_to_ask(&reason)),
            _ => Ok(()),
        }
    }

    /// Asks the user if the rules require it, counts the calls and logs the write; after that, the
    /// request may be sent. `remark` is added to the question; it says which API is used.
    pub async fn authorize(
        self,
        person: &dyn Confirmer,
        remark: Option<&str>,
    ) -> Result<Permit<'a>, Refusal> {
        let Self {
            guard,
            sends,
            asks,
            write,
        } = self;
        let Some(write) = write else {
            return Ok(Permit {
                guard,
                entered: None,
                dropped: Outcome::Failed,
            });
        };
        let asks_now = match asks {
            Asks::Never => false,
            Asks::Always => true,
            Asks::IfPossible => person.absence().is_none(),
        };
        if asks_now {
            confirmed(&write, person, remark).await?;
            // The confirmation may have taken minutes.
            let when = write.calls.when();
            if when.is_some_and(|when| dial::is_past(when, guard.now().wall)) {
                return Err(Refusal::Forbidden(
                    "its scheduled time passed before the user confirmed it".to_owned(),
                ));
            }
            if let Some(dial) = &write.dial {
                let permit = guard.0.rules.permit(dial, guard.now().wall);
                permit.map_err(Refusal::Forbidden)?;
            }
        }
        let caller = write.hasher.caller();
        let ticket = guard
            .ledger()
            .reserve(caller, &write.calls, write.limits, guard.now())
            .map_err(|excess| guard.refusal(&excess))?;
        let entered = Entered {
            to: write.calls.to().to_vec(),
            caller,
            ticket,
            line: None,
        };
        let mut passage = Permit {
            guard,
            entered: Some(entered),
            dropped: Outcome::Failed,
        };
        let entry = Entry {
            caller,
            tool: sends.tool,
            operation: &sends.operation.key(),
            effect: sends.effect,
            arguments: write.arguments,
            calls: write.calls.fingerprints(),
            rings: write.calls.when(),
            spends: write.limits.spends,
        };
        let line = guard.log(&entry).await;
        let line = line.map_err(|reason| not_logged(&reason))?;
        if let Some(entered) = &mut passage.entered {
            entered.line = line;
        }
        passage.dropped = Outcome::Unknown;
        Ok(passage)
    }
}

async fn confirmed(
    write: &Write,
    person: &dyn Confirmer,
    remark: Option<&str>,
) -> Result<(), Refusal> {
    let lines: Vec<_> = remark
        .into_iter()
        .chain([write.question.as_str()])
        .collect();
    let question = Question {
        text: lines.join("\n"),
        caller: write.hasher.caller(),
        call: write.arguments,
    };
    match person.ask(&question).await {
        Answer::Yes => Ok(()),
        Answer::No => Err(Refusal::Forbidden(
            "the user was asked and did not agree. Do not try again unless they ask for it"
                .to_owned(),
        )),
        Answer::Void(reason) => Err(nobody_to_ask(&reason)),
        Answer::Later => Err(Refusal::Asked),
    }
}

fn nobody_to_ask(reason: &str) -> Refusal {
    Refusal::Forbidden(format!(
        "the user must confirm it (--confirm), but {reason}"
    ))
}

/// A request that may be sent. If this is dropped, the outcome is recorded as unknown.
#[derive(Debug)]
#[must_use = "the result of the request must be reported"]
pub struct Permit<'a> {
    guard: &'a Guard,
    /// `None` for a read.
    entered: Option<Entered>,
    /// The outcome that is recorded when this is dropped.
    dropped: Outcome,
}

#[derive(Debug)]
struct Entered {
    /// The destination of each call.
    to: Vec<String>,
    caller: CallerId,
    ticket: Reservation,
    line: Option<Logged>,
}

impl Permit<'_> {
    /// Records that Vapi confirmed the write, and which calls it placed.
    pub fn succeeded(mut self, placed: &[PlacedCall]) {
        if let Some(Entered {
            caller, ticket, to, ..
        }) = self.entered.as_ref().filter(|_| !placed.is_empty())
        {
            self.guard
                .ledger()
                .set_results(*caller, *ticket, to, placed);
        }
        self.end(Outcome::Done);
    }

    /// Records that the request was not sent after all.
    pub fn unsent(mut self) {
        self.end(Outcome::Failed);
    }

    /// Records a failure. Calls that were certainly not placed are no longer counted.
    pub fn failed(mut self, error: &ApiError) {
        self.end(if error.may_have_taken_effect() {
            Outcome::Unknown
        } else {
            Outcome::Failed
        });
    }

    fn end(&mut self, outcome: Outcome) {
        let Some(Entered {
            caller,
            ticket,
            line,
            ..
        }) = self.entered.take()
        else {
            return;
        };
        if outcome == Outcome::Failed {
            self.guard.ledger().release(caller, ticket);
        }
        if let (Some(line), Some(Ok(audit))) = (line, &self.guard.0.audit) {
            audit.after(line, outcome, self.guard.now().wall);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.end(self.dropped);
    }
}
