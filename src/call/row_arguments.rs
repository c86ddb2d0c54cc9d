//! The rows that a call of a tool over many operations selects.

use serde_json::Value;

use super::{
    arguments::control::{Cursor, MAX_CURSOR},
    paging::{self, Paging, Position},
    tool_call::ToolCall,
};
use crate::argument_error::{ArgumentError, ArgumentErrors};

/// The arguments of a call that select rows.
pub(super) struct RowArguments {
    /// Maximum number of rows.
    pub limit: Option<usize>,
    /// The cursor of the previous result.
    pub cursor: Option<String>,
    /// The maximum number of rows if none is given.
    pub default: usize,
    /// Maximum number of rows that Vapi sends at once.
    pub maximum: usize,
}

/// Requests the selected rows of a list.
pub(super) fn select(call: &mut ToolCall, given: RowArguments) -> Result<(), Vec<ArgumentError>> {
    let view = call.action.view;
    let cursor = given.cursor.filter(|text| !text.trim().is_empty());
    let mut errors = ArgumentErrors::default();
    if !view.list {
        let key = call.action.operation.key();
        for (name, is_given) in [
            ("limit", given.limit.is_some()),
            ("cursor", cursor.is_some()),
        ] {
            if is_given {
                let reason = format!("`{key}` does not answer with a list; leave it out");
                errors.add(|| ArgumentError::new(name, reason));
            }
        }
        return errors.or(());
    }
    let limit = view.page.map(|page| page.limit);
    let limit = limit.or_else(|| view.pages.and_then(|pages| pages.limit));
    let in_params = limit.and_then(|name| call.action.request.number(name));
    if let (Some(one), Some(other)) = (given.limit, in_params)
        && one != other
    {
        let reason = "is also given in `params`, with another value";
        errors.add(|| ArgumentError::new("limit", reason));
    }
    let wanted = given.limit.or(in_params);
    if wanted == Some(0) {
        errors.add(|| ArgumentError::new("limit", "must be at least 1"));
    }
    let cursor = cursor.filter(|text| {
        let fits = text.len() <= MAX_CURSOR;
        let is_known = match view.page {
            Some(_) => Cursor::of_time(text).is_some(),
            None => Position::parse(text).is_some_and(|it| paging::is_possible(it, view.pages)),
        };
        if !(fits && is_known) {
            let reason = "is not a cursor of this list; give the one of the previous result";
            errors.add(|| ArgumentError::new("cursor", reason));
        }
        fits && is_known
    });
    errors.or(())?;
    if let Some(name) = limit {
        let rows = wanted.unwrap_or(given.default);
        call.action.request.set(name, Value::from(rows));
    }
    match (view.page, view.pages) {
        (Some(page), _) => {
            call.control.cursor = cursor.as_deref().and_then(Cursor::of_time);
            call.request_rows(page, given.maximum);
        }
        (None, Some(pages)) => {
            let start = cursor.as_deref().and_then(Position::parse);
            let wanted = wanted.or_else(|| limit.map(|_| given.default));
            let paging = Paging::new(
                &mut call.action.request,
                pages,
                start,
                wanted,
                given.maximum,
            );
            call.paging = Some(paging);
        }
        (None, None) => {}
    }
    Ok(())
}
