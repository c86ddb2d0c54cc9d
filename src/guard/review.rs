//! What a body may hold while destinations are limited: no property that could name a destination
//! without being checked, and no transfer to a destination that is not allowed.
//!
//! Where destinations can stand is known from the document ([`Operation::places`](crate::catalog::Operation::places)). What the document
//! does not know of such a place is refused, and elsewhere everything that reads as a destination
//! is checked as well. Without a rule, only transfers of calls to emergency and premium-rate
//! numbers are refused.

mod walk;

use serde_json::Value;

pub(super) use self::walk::{Found, walk};
use super::{destination::Destination, rules::Rules, sip::Sip, spelling::visible};
use crate::{catalog::Action, model::Effect, number::e164};

/// Whether every destination is held against a list.
fn has_list(rules: &Rules) -> bool {
    rules.destinations.is_some() || rules.denied.is_some()
}

/// The rule that limits destinations, as its flag.
fn flag(rules: &Rules) -> Option<&'static str> {
    let flags = [
        (rules.destinations.is_some(), "--allow-destinations"),
        (rules.denied.is_some(), "--deny-destinations"),
        (rules.max_batch.is_some(), "--max-batch"),
        (rules.call_hours.is_some(), "--call-hours"),
    ];
    flags.iter().find_map(|(set, flag)| set.then_some(*flag))
}

/// What a text dials, where it is an international number or a SIP address.
fn destination(text: &str) -> Option<Destination> {
    let number = e164(text).map(Destination::Number);
    number.or_else(|| Sip::parse(text).map(Destination::Sip))
}

/// Why a call may not be transferred there.
fn refusal(rules: &Rules, to: Option<&str>, place: &str, flag: &str) -> Option<String> {
    let Some(destination) = to.and_then(destination) else {
        return Some(format!(
            "`{place}` is not a telephone number such as +15550100123 or a SIP address, so that it \
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

/// Why a body may not be sent under these rules.
pub(super) fn review(action: &Action, rules: &Rules, body: &Value) -> Result<(), String> {
    let Some(flag) = flag(rules) else {
        return match action.effect {
            Effect::Dial => never_called(action, rules, body),
            _ => Ok(()),
        };
    };
    // Without a list only calls are limited.
    if action.effect != Effect::Dial && !has_list(rules) {
        return Ok(());
    }
    walk(action, body, &mut |path, found| {
        let place = || path.told();
        Err(match found {
            Found::Unknown => format!(
                "this server does not know the property `{}`, and under {flag} it could name a \
                 destination that nothing checks. Leave it out; if it is needed, the operator must \
                 update this server or remove {flag}",
                place()
            ),
            Found::Undeclared => format!(
                "`{}` names a destination that this server does not check, which {flag} forbids. \
                 Leave it out",
                place()
            ),
            Found::Json => format!(
                "`{}` is a string that holds JSON, which cannot be checked under {flag}. Give the \
                 value itself instead",
                place()
            ),
            Found::Transfer(to) if !has_list(rules) => return never(rules, to, &place()),
            Found::Transfer(to) => match refusal(rules, to, &place(), flag) {
                Some(reason) => reason,
                None => return Ok(()),
            },
        })
    })
}

/// What holds for transfers of a call whatever the rules: emergency and premium-rate numbers.
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
