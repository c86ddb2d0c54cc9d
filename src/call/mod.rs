//! One tool call, from its arguments to its result.
//!
//! [`arguments`] turns the arguments into the request of an [`Action`], the guard decides whether
//! that may be sent, the operation's `send` sends it through the generated client, and
//! [`result`](crate::result) turns the bytes of the answer into text. [`wait`] sends again and again
//! where the tool's row says so.

mod advice;
pub mod arguments;
mod body;
mod context;
pub mod control;
mod decode;
mod face;
mod given;
mod inner;
mod names;
mod outcome;
mod placed;
mod reasons;
mod remarks;
mod scan;
mod value;
pub mod wait;

use std::io;

use bytes::Bytes;
use chrono::Utc;
use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};
use tokio::time::Instant;

pub use self::{
    context::Context,
    face::{face, instructions},
    outcome::{Display, Outcome},
};

use self::{arguments::Given, control::Control, inner::Incomplete, wait::Progress};
use crate::{
    api::{Failure, Prepared, Token},
    bounds::{MOST_ARGUMENTS, excerpt, grouped},
    catalog::{Action, Tool, Toolset, find},
    faults::{ArgumentError, Faults},
    guard::Refusal,
    model::Page,
    result::{self, Look, ResultError, Wanted},
    time::written,
};

/// Calls the tool. Errors that the model can correct are outcomes, not protocol errors.
/// Dropping the future cancels the call.
pub async fn call<P: Progress>(
    tool: &'static Tool,
    given: impl Into<Given>,
    context: Context<'_, P>,
) -> Outcome {
    let mut outcome = match run(tool, given.into(), &context).await {
        Ok(outcome) | Err(outcome) => outcome,
    };
    outcome.remarks = tidy(outcome.remarks, context.token);
    // They repeat texts of Vapi and of the caller; an answer had its own way.
    if outcome.is_error {
        outcome.text = result::hide_own(&outcome.text, context.token);
        return outcome.within(context.display.limit);
    }
    outcome
}

/// The remarks, each a line without the key of the call and without what nobody sees.
fn tidy(mut remarks: Vec<String>, token: &Token) -> Vec<String> {
    for remark in &mut remarks {
        *remark = outcome::line(&result::hide_own(remark, token));
    }
    remarks
}

async fn run<P: Progress>(
    tool: &'static Tool,
    given: Given,
    context: &Context<'_, P>,
) -> Result<Outcome, Outcome> {
    if let Some(reason) = context.toolset.hides(tool) {
        return Err(Outcome::error(format!("Nothing was sent: {reason}.")));
    }
    let mut given = given
        .read(tool)
        .map_err(|errors| refused(tool.name, errors))?;
    let foreign = decode::drop_foreign(tool, &mut given);
    let guard = context.gate.guard;
    let record = guard.record(&Action::of(tool), context.token, &given);
    let mut asked = Asked::of(tool, given).map_err(|errors| refused(tool.name, errors))?;
    asked.remarks.extend(dropped(&foreign));
    let mut deadline = context.api.deadline();
    let used = inner::complete(&mut asked.action, context.api, context.token, deadline)
        .await
        .map_err(|incomplete| not_completed(&asked.action, incomplete, context.toolset))?;
    asked.names.extend(used);
    let again = asked.control.allow_duplicate;
    let checked = guard
        .check(&mut asked.action, context.token, &record, again)
        .map_err(|refusal| not_sent(&asked.action, refusal, context.toolset))?;
    asked.remarks.extend(checked.remark().map(str::to_owned));
    asked.action.request.write_body();
    if asked.control.dry_run {
        checked
            .check_confirmation(context.gate.person)
            .map_err(|refusal| not_sent(&asked.action, refusal, context.toolset))?;
        return dry_run(asked, context).await;
    }
    let asking = Instant::now();
    let permit = checked
        .authorize(context.gate.person, context.api.remark())
        .await
        .map_err(|refusal| not_sent(&asked.action, refusal, context.toolset))?;
    // The time that a person takes is not the call's.
    deadline = deadline
        .checked_add(asking.elapsed())
        .unwrap_or_else(|| context.api.deadline());
    if let Some(page) = tool.view.page.filter(|_| !asked.wanted.is_everything()) {
        return match scanned(page, &asked, context, deadline).await {
            Ok(outcome) => {
                permit.succeeded(&[]);
                Ok(outcome)
            }
            Err(scan::Stop::Failed(failure)) => {
                permit.failed(&failure.error);
                Err(failed(&failure, asked, context.toolset))
            }
            Err(scan::Stop::Unreadable(error)) => {
                permit.succeeded(&[]);
                Err(unreadable(
                    &asked.action,
                    &error,
                    asked.remarks,
                    context.toolset,
                ))
            }
        };
    }
    match send(&mut asked, context, deadline).await {
        Ok(body) => {
            let look = Look::of(&body);
            permit.succeeded(&placed::known(asked.action.view, &look));
            if let Some(seen) = placed::seen(&asked.action, &look) {
                guard.update(context.token, &seen);
            }
            shown(&body, &look, asked, context)
        }
        Err(failure) => {
            permit.failed(&failure.error);
            Err(failed(&failure, asked, context.toolset))
        }
    }
}

/// What the arguments ask for.
struct Asked {
    control: Control,
    action: Action,
    /// The arguments that are short enough to be repeated in a remark.
    short: Map<String, Value>,
    /// The names of what was given.
    names: Vec<String>,
    /// The arguments that have their defaults, and these as JSON.
    defaults: Vec<(&'static str, &'static str)>,
    /// The rows that are asked of a list.
    rows: usize,
    /// The most rows that Vapi sends at once.
    largest: usize,
    /// The most of them that are wanted.
    most: usize,
    /// Which of them are wanted.
    wanted: Wanted,
    /// Remarks on the arguments.
    remarks: Vec<String>,
}

impl Asked {
    fn of(tool: &'static Tool, mut given: Map<String, Value>) -> Result<Self, Vec<ArgumentError>> {
        let short = short(&given);
        let names = names(tool, &given);
        let control = control::take(tool, &mut given)?;
        let mapped = arguments::map(tool, given)?;
        if let Some(fields) = &control.fields {
            result::check_fields(fields)
                .map_err(|error| vec![ArgumentError::new("fields", error.to_string())])?;
        }
        let mut action = Action::of(tool);
        action.request = mapped.request;
        let (mut rows, mut most, mut largest) = (usize::MAX, usize::MAX, usize::MAX);
        if let Some(page) = tool.view.page {
            most = action.request.number(page.limit).unwrap_or(usize::MAX);
            let seen = control.cursor.as_ref().map_or(0, |cursor| cursor.seen);
            largest = arguments::most(tool, page.limit);
            rows = action
                .request
                .widen(page.limit, seen, largest)
                .unwrap_or(usize::MAX);
            if let Some(cursor) = &control.cursor {
                action
                    .request
                    .set(page.until, Value::from(cursor.time.clone()));
            }
        }
        Ok(Self {
            control,
            action,
            short,
            names,
            defaults: mapped.defaults,
            rows,
            largest,
            most,
            wanted: mapped.wanted,
            remarks: ignored(tool, &mapped.ignored),
        })
    }
}

/// The names of what was given, those inside an argument with it before them.
fn names(tool: &Tool, given: &Map<String, Value>) -> Vec<String> {
    let inner = tool.args.iter().filter(|arg| arg.arguments_of.is_some());
    let inner = inner.filter_map(|arg| Some((arg, given.get(arg.name)?.as_object()?)));
    let inner = inner.flat_map(|(arg, members)| {
        let keys = members.keys().take(MOST_ARGUMENTS);
        keys.map(|key| format!("{}.{key}", arg.name))
    });
    let known = tool.args.iter().map(|arg| arg.name);
    let known = known.filter(|name| given.contains_key(*name));
    known.map(str::to_owned).chain(inner).collect()
}

/// The arguments whose JSON is short enough for a remark.
fn short(given: &Map<String, Value>) -> Map<String, Value> {
    /// Maximum number of bytes of one, and of all.
    const ONE: usize = 500;
    const ALL: usize = 2_000;
    let mut left = ALL;
    let mut short = Map::new();
    for (key, value) in given {
        let mut room = Room(ONE.min(left));
        let start = room.0;
        if key.len() <= ONE && serde_json::to_writer(&mut room, value).is_ok() {
            left -= start - room.0;
            short.insert(key.clone(), value.clone());
        }
    }
    short
}

/// Accepts at most this many bytes.
struct Room(usize);

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.0.checked_sub(bytes.len());
        self.0 = left.ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends the request; where the tool waits, again and again.
async fn send<P: Progress>(
    asked: &mut Asked,
    context: &Context<'_, P>,
    deadline: Instant,
) -> Result<Bytes, Failure> {
    let Context { api, token, .. } = context;
    let action = &asked.action;
    let Some(wait) = action.wait else {
        let sent = api.send(token, action.effect, deadline, |client| {
            action.sending(client)
        });
        return sent.await;
    };
    let look = || api.send_once(token, deadline, |client| action.sending(client));
    let time = asked.control.timeout.min(api.limits().call);
    let waited = wait::until(wait, time, look, context.progress).await?;
    asked
        .remarks
        .extend(waited.remark(asked.action.name, &asked.short));
    Ok(waited.body)
}

/// Reads pages until enough rows are found that are wanted.
async fn scanned<P: Progress>(
    page: &'static Page,
    asked: &Asked,
    context: &Context<'_, P>,
    deadline: Instant,
) -> Result<Outcome, scan::Stop> {
    let action = &asked.action;
    let scan = scan::Scan {
        action,
        page,
        largest: asked.largest,
        wanted: &asked.wanted,
        most: asked.most.max(1),
        cursor: asked.control.cursor.as_ref(),
        deadline,
    };
    let showing = result::Showing {
        view: asked.action.view,
        fields: asked.control.fields.as_deref(),
        limit: context.display.limit.saturating_sub(outcome::ROOM),
        open: context.display.open,
        own: Some(context.token),
        seen: None,
    };
    let cuts = |body: &[u8], answer: &result::Answer| {
        remarks::cuts(action, &asked.short, body, &answer.cuts, context.toolset)
    };
    let found = scan::run(&scan, context.api, context.token, &showing, cuts).await?;
    let mut remarks = asked.remarks.clone();
    remarks.extend(found.searched);
    remarks.extend(found.cuts);
    remarks.extend(remarks::of_shown(action.view, &found.answer));
    Ok(Outcome {
        is_error: false,
        text: found.answer.text,
        remarks: outcome::within_room(tidy(remarks, context.token)),
    })
}

fn shown(
    body: &[u8],
    look: &Look<'_>,
    asked: Asked,
    context: &Context<'_, impl Progress>,
) -> Result<Outcome, Outcome> {
    let Context {
        token,
        display,
        toolset,
        ..
    } = context;
    let action = &asked.action;
    let cursor = asked.control.cursor.as_ref();
    let showing = result::Showing {
        view: asked.action.view,
        fields: asked.control.fields.as_deref(),
        limit: display.limit.saturating_sub(outcome::ROOM),
        open: display.open,
        own: Some(token),
        seen: cursor.map(|cursor| (cursor.time.as_str(), cursor.seen)),
    };
    let mut remarks = asked.remarks;
    if let Some(batch) = placed::batch(action.view, body, look, showing.limit, display.open, token)
    {
        remarks.extend(remarks::of_batch(action, &batch, context));
        return Ok(Outcome {
            is_error: false,
            text: batch.text,
            remarks: outcome::within_room(tidy(remarks, token)),
        });
    }
    let part = result::Part {
        wanted: &asked.wanted,
        most: usize::MAX,
        goes_on: false,
    };
    match result::show_part(body, &showing, part) {
        Ok(answer) => {
            remarks.extend(remarks::unwanted(&asked.wanted, &answer));
            remarks.extend(by_default(&asked.defaults));
            remarks.extend(remarks::of(
                action,
                &asked.short,
                body,
                look,
                &answer,
                asked.rows,
                context,
            ));
            Ok(Outcome {
                is_error: false,
                text: answer.text,
                remarks: outcome::within_room(tidy(remarks, token)),
            })
        }
        Err(error) => Err(unreadable(action, &error, remarks, toolset)),
    }
}

fn unreadable(
    action: &Action,
    error: &ResultError,
    mut remarks: Vec<String>,
    toolset: &Toolset,
) -> Outcome {
    if !action.reads() {
        remarks.push(advice::uncertain(action, toolset));
    }
    let text = format!(
        "Vapi answered with success, but not with JSON: {error}\n{}",
        advice::NO_JSON
    );
    Outcome {
        remarks,
        ..Outcome::error(text)
    }
}

/// Why overrides were not completed; nothing was written.
fn not_completed(action: &Action, incomplete: Incomplete, toolset: &Toolset) -> Outcome {
    match incomplete {
        Incomplete::Arguments(errors) => refused(action.name, errors),
        Incomplete::Unread(Failure { error, .. }) => {
            let mut lines = vec![format!(
                "Nothing was sent: the assistant that the overrides change could not be read. {error}"
            )];
            let read = action.overrides.and_then(|over| find(over.show_tool.tool));
            lines.extend(match read {
                Some(read) => advice::on(&Action::of(read), &error, toolset),
                None => advice::on(action, &error, toolset),
            });
            Outcome::error(lines.join("\n"))
        }
    }
}

fn failed(failure: &Failure, asked: Asked, toolset: &Toolset) -> Outcome {
    let Asked {
        action,
        mut remarks,
        names,
        ..
    } = asked;
    let Failure { error, tries } = failure;
    let mut lines = vec![inner::in_own_names(&action, &names, &error.to_string())];
    if *tries > 1 {
        lines.push(format!("Tried {tries} times."));
    }
    lines.extend(advice::on(&action, error, toolset));
    if !action.reads() && error.may_have_happened() {
        remarks.push(advice::uncertain(&action, toolset));
    }
    Outcome {
        remarks,
        ..Outcome::error(lines.join("\n"))
    }
}

/// The request that would have been sent, secrets hidden.
async fn dry_run<P>(asked: Asked, context: &Context<'_, P>) -> Result<Outcome, Outcome> {
    let said = format!(
        "Dry run: nothing was sent. This is the request; it passes this server's guards now, at {}.",
        written(Utc::now())
    );
    let preview = context
        .api
        .preview(context.token, |client| asked.action.sending(client));
    let Prepared { method, url, body } = preview
        .await
        .map_err(|error| Outcome::error(error.to_string()))?;
    let body: Option<&RawValue> = body
        .as_deref()
        .and_then(|body| serde_json::from_slice(body).ok());
    let request = Previewed {
        method: &method,
        url: &url,
        body,
    };
    let request =
        serde_json::to_vec(&request).map_err(|error| Outcome::error(error.to_string()))?;
    let limit = context.display.limit.saturating_sub(outcome::ROOM);
    let showing = result::Showing::whole(limit, context.display.open, Some(context.token));
    let answer =
        result::show(&request, &showing).map_err(|error| Outcome::error(error.to_string()))?;
    let mut remarks = vec![said];
    remarks.extend(asked.remarks);
    Ok(Outcome {
        is_error: false,
        text: answer.text,
        remarks: outcome::within_room(remarks),
    })
}

/// A request as it would be sent.
#[derive(Serialize)]
struct Previewed<'a> {
    method: &'a str,
    url: &'a str,
    body: Option<&'a RawValue>,
}

fn not_sent(action: &Action, refusal: Refusal, toolset: &Toolset) -> Outcome {
    match refusal {
        Refusal::Arguments(errors) => refused(action.name, errors),
        Refusal::Incomplete(missing) => {
            let missing = missing.into_iter();
            let errors = missing.map(|missing| advice::on_missing(missing, toolset));
            refused(action.name, errors.collect())
        }
        Refusal::Duplicate(reason, id) => {
            let shows = id.and_then(|id| remarks::next(action.view, &excerpt(&id), toolset));
            let look = shows.map(|(tool, arguments)| format!(" with {tool} {arguments}"));
            let look = look.unwrap_or_default();
            Outcome::error(format!("Nothing was sent: {reason}{look}."))
        }
        Refusal::Forbidden(reason) => Outcome::error(format!("Nothing was sent: {reason}.")),
        Refusal::Asked => Outcome::error("Nothing was sent yet: a person is being asked."),
    }
}

fn refused(name: &str, errors: Vec<ArgumentError>) -> Outcome {
    let told = Faults::from(errors).told();
    let lines: Vec<_> = told.iter().map(|error| format!("- {error}")).collect();
    Outcome::error(format!(
        "Nothing was sent: {name} cannot be called with these arguments.\n{}",
        lines.join("\n")
    ))
}

/// The remark on arguments that a client added.
fn dropped(foreign: &[&str]) -> Option<String> {
    let names: Vec<_> = foreign.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| {
        format!(
            "Left out, because clients add them and Vapi does not know them: {}.",
            names.join(", ")
        )
    })
}

/// The defaults that were applied.
fn by_default(defaults: &[(&str, &str)]) -> Option<String> {
    let told: Vec<_> = defaults
        .iter()
        .map(|(name, default)| format!("`{name}` {default}"))
        .collect();
    (!told.is_empty()).then(|| format!("By default: {}.", told.join(", ")))
}

/// The arguments that were left out; the first of them by name.
fn ignored(tool: &Tool, ignored: &[String]) -> Vec<String> {
    const TOLD: usize = 10;
    if ignored.is_empty() {
        return Vec::new();
    }
    let quote = |names: &mut dyn Iterator<Item = String>| {
        names
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let own = tool.args.iter().map(|arg| arg.name.to_owned());
    let known = quote(&mut own.chain(control::names(tool)));
    let mut named = quote(&mut ignored.iter().take(TOLD).map(|name| excerpt(name)));
    if ignored.len() > TOLD {
        named = format!("{named} and {} more", grouped(ignored.len() - TOLD));
    }
    // A line of its own, which the names in the other cannot cut.
    vec![
        format!(
            "Ignored, because {} has no such argument: {named}.",
            tool.name
        ),
        format!("It has {known}."),
    ]
}
