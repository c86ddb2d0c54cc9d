//! Dry runs: show the request that would be sent, with secrets hidden.

use chrono::Utc;
use serde::Serialize;
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use super::{
    context::Context,
    delete::Deletion,
    outcome::{self, Outcome},
    tool_call::ToolCall,
};
use crate::{
    api::RequestPreview,
    model::View,
    result::{self, Difference, ShowOptions},
    time::format_utc,
};

/// A request as it would be sent.
#[derive(Serialize)]
struct Preview<'a> {
    method: &'a str,
    url: &'a str,
    body: Option<&'a RawValue>,
    /// The changes of the stored object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Changed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletes: Option<&'a Deletion>,
}

/// A value of a stored object that changes.
#[derive(Serialize)]
struct Changed {
    /// The JSON pointer of the value.
    at: String,
    /// The stored value, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Value>,
    /// The new value, unless it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Value>,
}

impl From<&Difference> for Changed {
    fn from(difference: &Difference) -> Self {
        let Difference { from, to, .. } = difference.without_secrets();
        Self {
            at: difference.pointer(),
            from,
            to,
        }
    }
}

/// Shows the parameters in the URL, which the caller gave.
const PREVIEW: View = View {
    reveal: &["url"],
    ..View::WHOLE
};

pub(super) async fn preview<P>(
    call: ToolCall,
    deletes: Option<&Deletion>,
    context: &Context<'_, P>,
) -> Result<Outcome, Outcome> {
    let mut remarks = vec![format!(
        "Dry run: nothing was sent. This is the request; it passes this server's guards now, at {}.",
        format_utc(Utc::now())
    )];
    let preview = context
        .api
        .preview(context.token, |client| call.action.send(client));
    let RequestPreview { method, url, body } = preview
        .await
        .map_err(|error| Outcome::error(error.to_string()))?;
    let update = call.action.update.as_ref();
    let form = call.action.request.form();
    let form = form.and_then(|form| to_raw_value(form).ok());
    let json = || serde_json::from_slice(body.as_deref()?).ok();
    let request = Preview {
        method: &method,
        url: &url,
        body: form.as_deref().or_else(json),
        changes: update.map_or_else(Vec::new, |update| {
            update.differences.iter().map(Changed::from).collect()
        }),
        deletes,
    };
    let request =
        serde_json::to_vec(&request).map_err(|error| Outcome::error(error.to_string()))?;
    let limit = context.display.limit.saturating_sub(outcome::REMARKS_LIMIT);
    let show_secrets = context.display.show_secrets;
    let options = ShowOptions {
        view: &PREVIEW,
        ..ShowOptions::everything(limit, show_secrets, Some(context.token))
    };
    let answer =
        result::show(&request, &options).map_err(|error| Outcome::error(error.to_string()))?;
    remarks.extend(deletes.and_then(Deletion::remark));
    remarks.extend(call.remarks);
    Ok(Outcome {
        is_error: false,
        text: answer.text,
        remarks: outcome::fit(remarks),
    })
}
