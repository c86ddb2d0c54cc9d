//! The generator of vapi-mcp: a vendored OpenAPI document and a tool table go in, the source of a
//! client and of a tool catalogue comes out.
//!
//! In the order in which data flows: [`vendor`] keeps the facts of Vapi's published document,
//! [`document`] reads them.

pub mod document;
pub mod vendor;
