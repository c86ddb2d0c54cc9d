//! The guard: checks an [`Action`](crate::catalog::Action) before it is sent.
//!
//! [`Guard::check`] applies the operator's [`rules`]. Of a call it reads the [`dial`] request out of
//! the body (its numbers and addresses are [`destination`]s), checks that nothing is `missing`,
//! reviews the rest of the body for destinations and looks for the same call in the [`ledger`].
//! [`Checked::authorize`] asks a person if the rules require it (with a `question`, through
//! [`confirm`] and [`seal`]), counts the calls and writes the [`audit`] log. The [`Permit`] that it
//! returns records the outcome. Callers are known by their [`digest`].

pub mod audit;
mod check;
pub mod clock;
pub mod confirm;
pub mod destination;
pub mod dial;
pub mod digest;
pub mod hours;
pub mod ledger;
mod missing;
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

pub use self::{
    missing::Missing,
    permit::{ArgumentsRecord, Checked, Permit},
    refusal::Refusal,
    state::{Clock, Gate, Guard, NoRandom},
};
