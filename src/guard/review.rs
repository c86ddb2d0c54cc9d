//! Reviews a body while destinations are limited: it may contain no property that could name an
//! unchecked destination, and no transfer to a destination that is not allowed.
//!
//! The document determines the locations at which destinations are possible
//! ([`Operation::places`](crate::catalog::Operation::places)). Undocumented properties at such a
//! location are refused, and everywhere else every text that looks like a destination is also
//! checked. Without a list, only transfers of calls to emergency and premium-rate numbers are
//! refused.

mod walk;

use std::collections::HashSet;

use serde_json::Value;

pub(super) use self::walk::{Found, walk};
use super::{destination::Destination, rules::Rules, sip::Sip, spelling::visible};
use crate::{catalog::Action, model::Effect, number::e164};

/// Whether an allow list or deny list is set.
fn has_list(rules: &Rules) -> bool {
    rules.destinations.is_some() || rules.denied.is_some()
}

/// The flag of the rule that limits destinations.
fn flag(rules: &Rules) -> Option<&'static str> {
    let flags = [
        (rules.destinations.is_some(), "--allow-destinations"),
        (rules.denied.is_some(), "--deny-destinations"),
        (rules.max_batch.is_some(), "--max-batch"),
        (rules.call_hours.is_some(), "--call-hours"),
    ];
    flags.iter().find_map(|(set, flag)| set.then_some(*flag))
}

/// The destination of a text that is an international number or a SIP address.
fn destination(text: &str) -> Option<Destination> {
    let number = e164(text).map(Destination::Number);
    number.or_else(|| Sip::parse(text).map(Destination::Sip))
}

/// The reason why a call may not be transferred to this destination, if there is one.
fn refusal(rules: &Rules, to: Option<&str>, place: &str, flag: &str) -> Option<String> {
    let Some(destination) = to.and_then(destination) else {
        return Some(format!(
            "`{place}` is neither a phone number such as +15550100123 nor a SIP address, so it \
             cannot be checked against {flag}; variables such as {{{{name}}}} cannot be checked \
             either. Give the number itself"
        ));
    };
    let list = rules.destinations.as_ref();
    if list.is_some_and(|allowed| !allowed.allows(&destination)) {
        return Some(format!(
            "{} at `{place}` is not among the destinations that this server may call ({flag}). Tell \
             the user; do not try another way",
            visible(&destination.written())
        ));
    }
    let reason = rules.forbids(&destination)?;
    Some(format!("`{place}`: {reason}"))
}

/// Returns the reason why a body may not be sent under these rules.
pub(super) fn review(action: &Action, rules: &Rules, body: &Value) -> Result<(), String> {
    let Some(flag) = flag(rules) else {
        return match action.effect {
            Effect::Dial => never_called(action, rules, body),
            _ => Ok(()),
        };
    };
    // Without a list, only calls are reviewed.
    if action.effect != Effect::Dial && !has_list(rules) {
        return Ok(());
    }
    // Of a change, only what it adds is judged, not what the object has already.
    let (given, stored) = match &action.update {
        Some(update) => (&update.change, transfers(action, &update.before)),
        None => (body, HashSet::new()),
    };
    let mut unseen = action.operation.stored_unseen.iter();
    if let Some(at) = unseen.find(|at| given.pointer(at).is_some_and(|id| !id.is_null())) {
        return Err(format!(
            "`body{}` refers to a stored destination, which is not visible and cannot be checked \
             against {flag}: give the destination itself",
            at.replace('/', ".")
        ));
    }
    let is_stored =
        |found: Found<'_>| matches!(found, Found::Transfer(Some(to)) if stored.contains(to));
    walk(action, given, &mut |path, found| match is_stored(found) {
        true => Ok(()),
        false => judge(rules, flag, &path.told(), found),
    })?;
    if action.update.is_none() {
        return Ok(());
    }
    // A change can turn a stored text into a destination.
    walk(action, body, &mut |path, found| match found {
        Found::Transfer(Some(_)) if !is_stored(found) => judge(rules, flag, &path.told(), found),
        _ => Ok(()),
    })
}

/// Returns the reason why a part of a body may not be sent.
fn judge(rules: &Rules, flag: &str, place: &str, found: Found<'_>) -> Result<(), String> {
    Err(match found {
        Found::Unknown => format!(
            "this server does not know the property `{place}`, which could name a destination that \
             {flag} does not check. Leave it out; if it is needed, the operator must update this \
             server or remove {flag}"
        ),
        Found::Undeclared => format!(
            "`{place}` is a destination that this server cannot check, so it is not allowed with \
             {flag}. Leave it out"
        ),
        Found::Json => format!(
            "`{place}` is a string that contains JSON, which cannot be checked against {flag}. Give \
             the value itself instead"
        ),
        Found::Transfer(to) if !has_list(rules) => return never(rules, to, place),
        Found::Transfer(to) => match refusal(rules, to, place, flag) {
            Some(reason) => reason,
            None => return Ok(()),
        },
    })
}

/// The transfer destinations in a body.
fn transfers<'a>(action: &Action, body: &'a Value) -> HashSet<&'a str> {
    let mut found = HashSet::new();
    // No part of it is refused, so there is no error.
    let _ = walk(action, body, &mut |_, what| {
        if let Found::Transfer(Some(to)) = what {
            found.insert(to);
        }
        Ok(())
    });
    found
}

/// Refuses transfers of a call to emergency and premium-rate numbers, whatever the rules.
fn never_called(action: &Action, rules: &Rules, body: &Value) -> Result<(), String> {
    walk(action, body, &mut |path, found| match found {
        Found::Transfer(to) => never(rules, to, &path.told()),
        _ => Ok(()),
    })
}

fn never(rules: &Rules, to: Option<&str>, place: &str) -> Result<(), String> {
    let dialed =
        |text: &str| destination(text).unwrap_or_else(|| Destination::Other(text.to_owned()));
    let reason = to.and_then(|to| rules.forbids(&dialed(to)));
    match reason {
        Some(reason) => Err(format!("`{place}`: {reason}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
