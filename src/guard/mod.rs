//! The guard: checks an [`Action`](crate::catalog::Action) before it is sent.
//!
//! [`Guard::check`] applies the operator's [`rules`]. For a call, it reads the [`dial`] request
//! from the body (its numbers and addresses are [`destination`]s), checks that nothing is
//! `missing`, reviews the rest of the body for destinations and looks for a duplicate in the
//! [`ledger`]. [`Checked::authorize`] asks the user if the rules require it (with a `question`,
//! through [`confirm`] and [`seal`]), counts the calls and writes the [`audit`] log. It returns a
//! [`Permit`], which records the outcome. Callers are identified by a [`digest`] of their token.

pub mod audit;
mod check;
pub mod clock;
pub mod confirm;
pub mod destination;
pub mod dial;
pub mod digest;
pub mod hours;
pub mod ledger;
mod missing_argument;
pub mod numbering;
pub mod patterns;
mod permit;
pub mod phone;
#[cfg(test)]
mod properties;
mod question;
mod refusal;
mod review;
pub mod rules;
pub mod seal;
pub mod sip;
mod spelling;
mod state;

/// The body, with a value at a pointer and an object at each place above it.
#[cfg(test)]
fn with_value(
    mut body: serde_json::Value,
    at: &str,
    value: serde_json::Value,
) -> serde_json::Value {
    let mut here = &mut body;
    for key in at.split('/').skip(1) {
        here = &mut here[key];
    }
    *here = value;
    body
}

pub use self::{
    missing_argument::MissingArgument,
    permit::{ArgumentsRecord, Checked, Permit},
    refusal::Refusal,
    state::{Clock, Gate, Guard, RandomSourceError},
};
