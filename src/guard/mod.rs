//! May it? What stands between a call's arguments and the request.
//!
//! [`rules`] is what the person who runs the server allows. A call that writes or dials goes
//! through [`Guard::check`], which reads the [`dial`] out of its body (numbers and addresses are
//! those of [`destination`]) and holds it against the rules and the [`ledger`] of earlier calls.
//! Then [`Checked::enter`] asks a person where the rules say so (in the words of `question`, through
//! [`confirm`] and [`seal`]), counts the call before it is sent, and writes it to the [`audit`] log.
//! What comes of it goes to the [`Passage`]. Everything is counted by the owner of the token
//! ([`identity`]).

pub mod audit;
pub mod confirm;
pub mod destination;
pub mod dial;
pub mod identity;
pub mod ledger;
mod question;
pub mod rules;
pub mod seal;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use self::{
    audit::{Audit, Entry, Outcome},
    confirm::{Answer, Person, Question},
    dial::Dial,
    identity::{Identity, Mark},
    ledger::{Excess, Ledger, Limits, Ticket},
    rules::Rules,
    seal::{Broken, Seal},
};
use crate::{
    api::{ApiError, Token},
    tools::{Effect, Request, Tool, arguments::ArgumentError},
};

/// What time it is.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The rules and what is counted under them; its clones share the counts.
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    rules: Rules,
    ledger: Mutex<Ledger>,
    /// The log, or why there is none though there should be.
    audit: Option<Result<Audit, String>>,
    seal: Seal,
    clock: Clock,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("rules", &self.0.rules)
            .finish_non_exhaustive()
    }
}

/// The machine has no random numbers.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("this machine gives no random numbers")]
pub struct NoRandom;

/// Why a call is not sent. Nothing has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its arguments are wrong.
    Arguments(Vec<ArgumentError>),
    /// It is not allowed.
    Forbidden(String),
    /// A person is being asked.
    Asked,
}

impl From<Excess> for Refusal {
    fn from(excess: Excess) -> Self {
        Self::Forbidden(excess.to_string())
    }
}

impl Guard {
    /// A guard by these rules, with what the audit log tells of the last day.
    pub fn new(rules: Rules) -> Result<Self, NoRandom> {
        Self::with_clock(rules, Arc::new(|| SystemTime::now().into()))
    }

    /// The same, at another time.
    pub fn with_clock(rules: Rules, clock: Clock) -> Result<Self, NoRandom> {
        let mut ledger = Ledger::default();
        let audit = rules
            .audit_log
            .as_ref()
            .map(|path| match Audit::open(path, clock()) {
                Ok((audit, placed)) => {
                    for placed in placed {
                        ledger.enter(placed.caller, &placed.calls, placed.at);
                    }
                    Ok(audit)
                }
                Err(error) => {
                    tracing::error!(%error, "the audit log cannot be used: writes are refused");
                    Err(error.to_string())
                }
            });
        let seal = Seal::new().map_err(|_| NoRandom)?;
        let ledger = Mutex::new(ledger);
        Ok(Self(Arc::new(Inner {
            rules,
            ledger,
            audit,
            seal,
            clock,
        })))
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// Why a tool is not there; nothing when it is.
    pub fn hides(&self, tool: &Tool) -> Option<&'static str> {
        self.0.rules.hides(tool)
    }

    /// A sealed state for a question that is answered with another call.
    pub fn seal(&self, question: &Question) -> Option<String> {
        self.0
            .seal
            .close(question.owner, question.call, self.now())
            .ok()
    }

    /// Accepts the state that came back with an answer, once.
    pub fn unseal(&self, state: &str, question: &Question) -> Result<(), Broken> {
        self.0
            .seal
            .open(state, question.owner, question.call, self.now())
    }

    /// What the guard keeps of the arguments of a call, so that they need not be kept themselves.
    pub fn note(&self, tool: &Tool, token: &Token, given: &Map<String, Value>) -> Noted {
        if tool.effect == Effect::Read {
            return Noted::default();
        }
        let is_asked = tool.dial.is_none() && self.0.rules.confirm.contains(tool.effect);
        Noted {
            arguments: Identity::of(token).hash_call(tool.name, given),
            question: if is_asked {
                question::of_write(tool, given)
            } else {
                String::new()
            },
        }
    }

    /// Holds a request against the rules, and puts its numbers into their normal form. Reads pass.
    pub fn check<'a>(
        &'a self,
        tool: &'a Tool,
        token: &Token,
        given: &Noted,
        request: &mut Request,
        duplicates: bool,
    ) -> Result<Checked<'a>, Refusal> {
        if let Some(reason) = self.hides(tool) {
            return Err(Refusal::Forbidden(reason.to_owned()));
        }
        let Some(places) = tool.dial else {
            let write = (tool.effect != Effect::Read).then(|| Write::of(token, given));
            return Ok(Checked {
                guard: self,
                tool,
                write,
            });
        };
        let mut write = Write::of(token, given);
        let mut body = Value::Object(request.take_body());
        let read = dial::read(tool, places, &mut body, self.now());
        let dial = read.map_err(Refusal::Arguments)?;
        self.0.rules.permit(&dial).map_err(Refusal::Forbidden)?;
        write.calls = dial.prints(&write.identity, &body);
        write.limits = Limits {
            rate: self.0.rules.max_calls,
            duplicates,
        };
        write.question = question::of_dial(&dial);
        write.when = dial.moment();
        if let Value::Object(body) = body {
            request.set_body(body);
        }
        self.ledger().check(
            write.identity.mark(),
            &write.calls,
            write.limits,
            self.now(),
        )?;
        Ok(Checked {
            guard: self,
            tool,
            write: Some(write),
        })
    }

    fn now(&self) -> DateTime<Utc> {
        (self.0.clock)()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rules {
    fn permit(&self, dial: &Dial) -> Result<(), String> {
        if let Some(most) = self.max_batch
            && dial.count() > most
        {
            return Err(format!(
                "it rings {}, and this server rings at most {most} with one call of a tool (--max-batch)",
                dial.count()
            ));
        }
        match self
            .destinations
            .as_ref()
            .and_then(|allowed| dial.outside(allowed))
        {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }
}

/// What a guard keeps of the arguments of a call; nothing for a read.
#[derive(Debug)]
pub struct Noted {
    /// The hash of the tool and all its arguments.
    arguments: Mark,
    /// What a person is asked, where it is told by the arguments.
    question: String,
}

impl Default for Noted {
    fn default() -> Self {
        Self {
            arguments: Mark([0; 32]),
            question: String::new(),
        }
    }
}

/// A write on its way.
#[derive(Debug)]
struct Write {
    identity: Identity,
    /// The hash of the tool and all its arguments.
    arguments: Mark,
    /// The calls that it places.
    calls: Vec<Mark>,
    limits: Limits,
    question: String,
    /// When it is to ring, where a time is given.
    when: Option<DateTime<Utc>>,
}

impl Write {
    fn of(token: &Token, given: &Noted) -> Self {
        Self {
            arguments: given.arguments,
            identity: Identity::of(token),
            calls: Vec::new(),
            limits: Limits {
                rate: None,
                duplicates: true,
            },
            question: given.question.clone(),
            when: None,
        }
    }
}

/// A request that the rules allow.
#[derive(Debug)]
pub struct Checked<'a> {
    guard: &'a Guard,
    tool: &'a Tool,
    /// Nothing for a read.
    write: Option<Write>,
}

impl<'a> Checked<'a> {
    /// Asks a person where the rules say so, counts the calls and logs the write: after this it may
    /// be sent. `remark` is what is said of the API beside everything.
    pub async fn enter(
        self,
        person: &dyn Person,
        remark: Option<&str>,
    ) -> Result<Passage<'a>, Refusal> {
        let Self { guard, tool, write } = self;
        let Some(write) = write else {
            return Ok(Passage {
                guard,
                entered: None,
            });
        };
        if guard.0.rules.confirm.contains(tool.effect) {
            confirmed(&write, person, remark).await?;
            // The answer may have taken minutes.
            if write
                .when
                .is_some_and(|when| dial::is_past(when, guard.now()))
            {
                return Err(Refusal::Forbidden(
                    "the time that it was meant for has gone by while a person was asked"
                        .to_owned(),
                ));
            }
        }
        let owner = write.identity.mark();
        let ticket = guard
            .ledger()
            .reserve(owner, &write.calls, write.limits, guard.now())?;
        let entered = Entered {
            owner,
            ticket,
            line: None,
        };
        let mut passage = Passage {
            guard,
            entered: Some(entered),
        };
        let entry = Entry {
            caller: owner,
            tool: tool.name,
            effect: tool.effect,
            arguments: write.arguments,
            calls: &write.calls,
        };
        match guard.log(&entry) {
            Ok(line) => {
                if let Some(entered) = &mut passage.entered {
                    entered.line = line;
                }
                Ok(passage)
            }
            Err(reason) => {
                passage.end(Outcome::Failed);
                Err(Refusal::Forbidden(format!(
                    "the audit log cannot be written ({reason}), and without it this server writes nothing"
                )))
            }
        }
    }
}

async fn confirmed(
    write: &Write,
    person: &dyn Person,
    remark: Option<&str>,
) -> Result<(), Refusal> {
    let lines: Vec<_> = remark
        .into_iter()
        .chain([write.question.as_str()])
        .collect();
    let question = Question {
        text: lines.join("\n"),
        owner: write.identity.mark(),
        call: write.arguments,
    };
    match person.ask(&question).await {
        Answer::Yes => Ok(()),
        Answer::No => Err(Refusal::Forbidden(
            "the user was asked and did not agree. Do not try again unless they ask for it"
                .to_owned(),
        )),
        Answer::Void(reason) => Err(Refusal::Forbidden(format!(
            "a person has to confirm it (--confirm), and {reason}"
        ))),
        Answer::Later => Err(Refusal::Asked),
    }
}

impl Guard {
    fn log(&self, entry: &Entry<'_>) -> Result<Option<String>, String> {
        match &self.0.audit {
            None => Ok(None),
            Some(Ok(audit)) => audit
                .before(entry, self.now())
                .map(Some)
                .map_err(|error| error.to_string()),
            Some(Err(reason)) => Err(reason.clone()),
        }
    }
}

/// A request that may be sent. One that is dropped may have been.
#[derive(Debug)]
#[must_use = "what comes of the request has to be told"]
pub struct Passage<'a> {
    guard: &'a Guard,
    /// Nothing for a read.
    entered: Option<Entered>,
}

#[derive(Debug)]
struct Entered {
    owner: Mark,
    ticket: Ticket,
    /// The id in the audit log.
    line: Option<String>,
}

impl Passage<'_> {
    /// Vapi said that it is done.
    pub fn done(mut self) {
        self.end(Outcome::Done);
    }

    /// It failed: what certainly did not happen is not counted.
    pub fn failed(mut self, error: &ApiError) {
        self.end(if error.may_have_happened() {
            Outcome::Unknown
        } else {
            Outcome::Failed
        });
    }

    fn end(&mut self, outcome: Outcome) {
        let Some(Entered {
            owner,
            ticket,
            line,
        }) = self.entered.take()
        else {
            return;
        };
        if outcome == Outcome::Failed {
            self.guard.ledger().release(owner, ticket);
        }
        if let (Some(line), Some(Ok(audit))) = (line, &self.guard.0.audit)
            && let Err(error) = audit.after(line, outcome, self.guard.now())
        {
            tracing::error!(%error, "the audit log could not be written after a request");
        }
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        self.end(Outcome::Unknown);
    }
}

/// A guard and whom it may ask.
#[derive(Clone, Copy)]
pub struct Gate<'a> {
    /// The guard.
    pub guard: &'a Guard,
    /// The person before whom it stands.
    pub person: &'a dyn Person,
}

impl fmt::Debug for Gate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.guard.fmt(f)
    }
}
