//! The guard: the checks between the arguments of a tool call and the request.
//!
//! [`rules`] are those that the operator sets. A call that writes or dials goes through
//! [`Guard::check`], which reads the [`dial`] out of its body (numbers and addresses are those of
//! [`destination`]), looks whether it is `complete` and holds it against the rules and the
//! [`ledger`] of earlier calls. Then [`Checked::enter`] asks a person where the rules say so (in
//! the words of `question`, through [`confirm`] and [`seal`]), counts the call before it is sent,
//! and writes it to the [`audit`] log. What comes of it goes to the [`Passage`]. Everything is
//! counted by the owner of the token ([`identity`]).

pub mod audit;
pub mod clock;
mod complete;
pub mod confirm;
pub mod destination;
pub mod dial;
pub mod hours;
pub mod identity;
pub mod ledger;
pub mod numbering;
pub mod patterns;
pub mod phone;
#[cfg(test)]
mod properties;
mod question;
mod reviewed;
pub mod rules;
pub mod seal;
pub mod sip;
mod spelling;

use std::{
    fmt,
    num::NonZeroU64,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

pub use self::complete::Missing;
use self::{
    audit::{Audit, Entry, Logged, Outcome, Placed},
    clock::{Clocks, Now},
    confirm::{Answer, Person, Question},
    dial::Dial,
    identity::{Identity, Mark},
    ledger::{Excess, Known, Ledger, Limits, Ticket, Wanted},
    rules::Rules,
    seal::{Broken, Seal},
};
use crate::{
    api::{ApiError, Token},
    argument_error::ArgumentError,
    catalog::Action,
    model::Effect,
    time::written,
};

/// What time it is by the wall clock.
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
    clocks: Clocks,
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
#[error("no random numbers are available on this machine")]
pub struct NoRandom;

/// Why a call is not sent. Nothing has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its arguments are wrong.
    Arguments(Vec<ArgumentError>),
    /// They are not enough for a call.
    Incomplete(Vec<Missing>),
    /// It is not allowed.
    Forbidden(String),
    /// It was sent before; the reason, and the id of what it created if that is known.
    Duplicate(String, Option<String>),
    /// A person is being asked.
    Asked,
}

impl Guard {
    /// A guard by these rules, with what the audit log tells of the last day.
    pub fn new(rules: Rules) -> Result<Self, NoRandom> {
        Self::with_clocks(rules, clock::system())
    }

    /// The same, at another time; the monotonic clock goes with the wall clock.
    pub fn with_clock(rules: Rules, clock: Clock) -> Result<Self, NoRandom> {
        let start = clock();
        let clocks = move || {
            let wall = clock();
            let up = wall.signed_duration_since(start);
            Now { wall, up }
        };
        Self::with_clocks(rules, Arc::new(clocks))
    }

    /// The same by any two clocks.
    fn with_clocks(rules: Rules, clocks: Clocks) -> Result<Self, NoRandom> {
        let mut ledger = Ledger::default();
        let now = clocks();
        let max_bytes = rules
            .audit_log_max_bytes
            .map_or(audit::MAX_BYTES, NonZeroU64::get);
        let audit = rules.audit_log.as_ref().map(|path| {
            let (audit, placed) = Audit::open(path, max_bytes, now.wall).map_err(|error| {
                tracing::error!(%error, "the audit log cannot be used: writes are refused");
                error.to_string()
            })?;
            for placed in placed {
                let Placed {
                    caller,
                    at,
                    calls,
                    rings,
                } = placed;
                ledger.enter(caller, &Wanted::new(calls, rings), now.of_past(at));
            }
            Ok(audit)
        });
        let seal = Seal::new().map_err(|_| NoRandom)?;
        let ledger = Mutex::new(ledger);
        Ok(Self(Arc::new(Inner {
            rules,
            ledger,
            audit,
            seal,
            clocks,
        })))
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// A sealed state for a question that is answered with another call.
    pub fn seal(&self, question: &Question) -> Option<String> {
        self.0
            .seal
            .close(question.owner, question.call, self.now().up)
            .ok()
    }

    /// Accepts the state that came back with an answer, once.
    pub fn unseal(&self, state: &str, question: &Question) -> Result<(), Broken> {
        self.0
            .seal
            .open(state, question.owner, question.call, self.now().up)
    }

    /// What the guard keeps of the arguments of a call, so that they need not be kept themselves.
    pub fn note(&self, action: &Action, token: &Token, given: &Map<String, Value>) -> Noted {
        if action.reads() {
            return Noted::default();
        }
        let is_asked = action.dial.is_none() && self.asks(action.effect);
        Noted {
            arguments: Identity::of(token).hash_call(action.name, given),
            question: if is_asked {
                question::of_write(action, given)
            } else {
                String::new()
            },
        }
    }

    /// Checks a request against the rules, and normalises its numbers. Reads pass.
    pub fn check(
        &self,
        action: &mut Action,
        token: &Token,
        given: &Noted,
        duplicates: bool,
    ) -> Result<Checked<'_>, Refusal> {
        let rules = &self.0.rules;
        let (name, effect) = (action.name, action.effect);
        let writes = !action.reads();
        if writes && rules.read_only {
            return Err(Refusal::Forbidden(
                "this server only reads (--read-only)".to_owned(),
            ));
        }
        let Some(places) = action.dial else {
            if writes {
                reviewed::review(action, rules, action.request.body())
                    .map_err(Refusal::Forbidden)?;
            }
            let write = writes.then(|| Write::of(token, given));
            self.can_log(writes)?;
            return Ok(Checked {
                guard: self,
                name,
                effect,
                write,
            });
        };
        let now = self.now();
        if let Some(count) = dial::too_many(places, action.request.body()) {
            return Err(Refusal::Forbidden(format!(
                "it has {count} destinations, and one tool call may have at most {}; split it into smaller batches",
                dial::MOST
            )));
        }
        let read = dial::read(action.args, places, action.request.body_mut(), now.wall);
        let dial = read.map_err(Refusal::Arguments)?;
        let body = action.request.body();
        rules.permit(&dial, now.wall).map_err(Refusal::Forbidden)?;
        reviewed::review(action, rules, body).map_err(Refusal::Forbidden)?;
        let missing = complete::missing(&dial, places);
        if !missing.is_empty() {
            return Err(Refusal::Incomplete(missing));
        }
        let mut write = Write::of(token, given);
        let prints = dial.prints(&write.identity, places, body);
        write.calls = Wanted::new(prints, dial.moment()).ringing(dial.whom());
        write.limits = Limits {
            rate: rules.max_calls,
            duplicates,
        };
        if self.asks(effect) {
            write.question = question::of_dial(action, places, &dial, body);
        }
        write.is_web = dial.is_web();
        write.dial = Some(dial);
        let owner = write.identity.mark();
        let checked = self
            .ledger()
            .check(owner, &write.calls, write.limits, self.now());
        checked.map_err(|excess| self.refusal(&excess))?;
        self.can_log(true)?;
        Ok(Checked {
            guard: self,
            name,
            effect,
            write: Some(write),
        })
    }

    /// The refusal of a call that is one too many.
    fn refusal(&self, excess: &Excess) -> Refusal {
        match excess {
            Excess::Duplicate(first) => {
                let id = first.known.as_ref().map(|known| known.id.clone());
                Refusal::Duplicate(excess.to_string(), id)
            }
            Excess::Rate { .. } => {
                let now = written(self.now().wall);
                Refusal::Forbidden(format!("{excess}. It is now {now}"))
            }
            Excess::Repeated | Excess::Full => Refusal::Forbidden(excess.to_string()),
        }
    }

    /// Records the state of a call that was looked up.
    pub fn see(&self, token: &Token, seen: &Known) {
        self.ledger().see(Identity::of(token).mark(), seen);
    }

    /// Whether a person is asked before something with this effect is sent.
    fn asks(&self, effect: Effect) -> bool {
        self.0.rules.confirm.contains(effect)
    }

    /// Whether a write could be logged, where it has to be.
    fn can_log(&self, writes: bool) -> Result<(), Refusal> {
        match &self.0.audit {
            Some(Err(reason)) if writes => Err(not_logged(reason)),
            _ => Ok(()),
        }
    }

    fn now(&self) -> Now {
        (self.0.clocks)()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_logged(reason: &str) -> Refusal {
    Refusal::Forbidden(format!(
        "the audit log cannot be written ({reason}), and without it this server writes nothing"
    ))
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
    calls: Wanted,
    limits: Limits,
    /// What a person is asked; empty where nobody is.
    question: String,
    /// Whether it is a call that rings no phone.
    is_web: bool,
    /// The call, for a write that places one.
    dial: Option<Dial>,
}

impl Write {
    fn of(token: &Token, given: &Noted) -> Self {
        Self {
            arguments: given.arguments,
            identity: Identity::of(token),
            calls: Wanted::default(),
            limits: Limits {
                rate: None,
                duplicates: true,
            },
            question: given.question.clone(),
            is_web: false,
            dial: None,
        }
    }
}

/// A request that the rules allow.
#[derive(Debug)]
pub struct Checked<'a> {
    guard: &'a Guard,
    /// The name that it was called by.
    name: &'static str,
    effect: Effect,
    /// Nothing for a read.
    write: Option<Write>,
}

impl<'a> Checked<'a> {
    /// What there is to say of it beside the answer.
    pub fn remark(&self) -> Option<&'static str> {
        const WEB: &str = "It names no destination and no number to call from, so that it is a web \
                           call: no phone rings.";
        let is_web = self.write.as_ref().is_some_and(|write| write.is_web);
        is_web.then_some(WEB)
    }

    /// Whether it would be refused now by what is known before a person is asked.
    pub fn rehearse(&self, person: &dyn Person) -> Result<(), Refusal> {
        let asks = self.write.is_some() && self.guard.asks(self.effect);
        match person.absence() {
            Some(reason) if asks => Err(nobody_to_ask(&reason)),
            _ => Ok(()),
        }
    }

    /// Asks a person where the rules say so, counts the calls and logs the write: after this it may
    /// be sent. `remark` is what is said of the API beside everything.
    pub async fn enter(
        self,
        person: &dyn Person,
        remark: Option<&str>,
    ) -> Result<Passage<'a>, Refusal> {
        let Self {
            guard,
            name,
            effect,
            write,
        } = self;
        let Some(write) = write else {
            return Ok(Passage {
                guard,
                entered: None,
                dropped: Outcome::Failed,
            });
        };
        if guard.asks(effect) {
            confirmed(&write, person, remark).await?;
            // The answer may have taken minutes.
            let when = write.calls.when();
            if when.is_some_and(|when| dial::is_past(when, guard.now().wall)) {
                return Err(Refusal::Forbidden(
                    "its scheduled time passed while a person was asked".to_owned(),
                ));
            }
            if let Some(dial) = &write.dial {
                let permit = guard.0.rules.permit(dial, guard.now().wall);
                permit.map_err(Refusal::Forbidden)?;
            }
        }
        let owner = write.identity.mark();
        let ticket = guard
            .ledger()
            .reserve(owner, &write.calls, write.limits, guard.now())
            .map_err(|excess| guard.refusal(&excess))?;
        let entered = Entered {
            to: write.calls.to().to_vec(),
            owner,
            ticket,
            line: None,
        };
        let mut passage = Passage {
            guard,
            entered: Some(entered),
            dropped: Outcome::Failed,
        };
        let entry = Entry {
            caller: owner,
            tool: name,
            effect,
            arguments: write.arguments,
            calls: write.calls.prints(),
            rings: write.calls.when(),
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
        Answer::Void(reason) => Err(nobody_to_ask(&reason)),
        Answer::Later => Err(Refusal::Asked),
    }
}

fn nobody_to_ask(reason: &str) -> Refusal {
    Refusal::Forbidden(format!(
        "a person has to confirm it (--confirm), and {reason}"
    ))
}

impl Guard {
    async fn log(&self, entry: &Entry<'_>) -> Result<Option<Logged>, String> {
        match &self.0.audit {
            None => Ok(None),
            Some(Ok(audit)) => {
                let logged = audit.before(entry, self.now().wall).await;
                logged.map(Some).map_err(|error| error.to_string())
            }
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
    /// The outcome if it is dropped.
    dropped: Outcome,
}

#[derive(Debug)]
struct Entered {
    /// Whom each of the calls rings.
    to: Vec<String>,
    owner: Mark,
    ticket: Ticket,
    line: Option<Logged>,
}

impl Passage<'_> {
    /// Vapi said that it is done, and what became of it.
    pub fn done(mut self, placed: &[Known]) {
        if let Some(Entered {
            owner, ticket, to, ..
        }) = self.entered.as_ref().filter(|_| !placed.is_empty())
        {
            self.guard.ledger().learn(*owner, *ticket, to, placed);
        }
        self.end(Outcome::Done);
    }

    /// It failed: what certainly did not happen is not counted.
    pub fn failed(mut self, error: &ApiError) {
        self.end(if error.may_have_taken_effect() {
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
            ..
        }) = self.entered.take()
        else {
            return;
        };
        if outcome == Outcome::Failed {
            self.guard.ledger().release(owner, ticket);
        }
        if let (Some(line), Some(Ok(audit))) = (line, &self.guard.0.audit) {
            audit.after(line, outcome, self.guard.now().wall);
        }
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        self.end(self.dropped);
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
