//! Why calls, campaigns and evaluations end, in a line each: families of Vapi's `endedReason`, by
//! their beginnings.

/// A prefix, its meaning and, for errors, what to do. The longest matching prefix counts.
const REASONS: &[(&str, &str)] = &[
    ("aborted", "it was stopped before its end"),
    (
        "assistant-ended-call",
        "the assistant hung up, as instructed",
    ),
    (
        "assistant-error",
        "the assistant failed; look at its model, voice and transcriber",
    ),
    (
        "assistant-forwarded-call",
        "the assistant transferred the call",
    ),
    (
        "assistant-join-timed-out",
        "the assistant did not join in time; try again",
    ),
    (
        "assistant-not-found",
        "the assistant does not exist any more; give another assistantId",
    ),
    (
        "assistant-not-valid",
        "the assistant's configuration is not valid; check and correct it",
    ),
    (
        "assistant-request",
        "the server that should name an assistant failed; check its URL and answer",
    ),
    (
        "assistant-said-end-call-phrase",
        "the assistant said one of its end phrases",
    ),
    (
        "assistant-said-message-with-end-call-enabled",
        "the assistant said a message that ends the call",
    ),
    ("call-deleted", "the call was deleted"),
    (
        "call-start-error-neither-assistant-nor-server-set",
        "no speaker was given; give an assistantId, or a server that names an assistant",
    ),
    (
        "call.ending.hook-executed",
        "a hook of the assistant ended the call",
    ),
    (
        "call.forwarding",
        "the transfer failed; check the destination",
    ),
    (
        "call.in-progress.error-assistant-did-not-receive-customer-audio",
        "nothing was heard from the other side; check the line and try again",
    ),
    (
        "call.in-progress.error-sip",
        "the carrier ended the call with an error; check the number and the trunk",
    ),
    (
        "call.in-progress.error-sip-outbound-call-failed-to-connect",
        "the call did not connect; check the number, then try again later",
    ),
    (
        "call.in-progress.error-transfer",
        "the transfer failed; check the destination",
    ),
    (
        "call.in-progress.error-vapi",
        "an error on Vapi's side or of a provider; try again later",
    ),
    (
        "call.in-progress.error",
        "the call failed with an error; its log has more",
    ),
    (
        "call.in-progress.sip-completed-call",
        "the telephone provider reported that the call was over",
    ),
    (
        "call.in-progress.twilio-completed-call",
        "the telephone provider reported that the call was over",
    ),
    (
        "call.ringing.error",
        "the call failed while it rang; check the number and the trunk",
    ),
    (
        "call.ringing.hook-executed",
        "a hook ended the call while it rang",
    ),
    (
        "call.ringing.sip-inbound-caller-hungup",
        "the caller hung up before anybody answered",
    ),
    (
        "call.start.assistant-version-error",
        "the version of the assistant is not valid; check and correct it",
    ),
    (
        "call.start.error-get-transport",
        "there was no line to call from; check the phone number that calls",
    ),
    (
        "call.start.error-subscription-concurrency-limit-reached",
        "too many calls at one time; wait until one ends",
    ),
    (
        "call.start.error-subscription-insufficient-credits",
        "the account has no credits left",
    ),
    (
        "call.start.error-subscription",
        "the account's plan does not allow it",
    ),
    (
        "call.start.error",
        "the call could not start; check assistant, number and account",
    ),
    ("campaign.ended.success", "the campaign finished"),
    (
        "campaign.in-progress.ended-by-user",
        "somebody ended the campaign while it ran",
    ),
    (
        "campaign.scheduled.ended-by-user",
        "somebody ended the campaign before it began",
    ),
    ("cancelled", "somebody cancelled it"),
    ("customer-busy", "the line was busy; try again later"),
    (
        "customer-did-not-answer",
        "nobody answered; try again later",
    ),
    (
        "customer-did-not-give-microphone-permission",
        "the person did not allow the microphone",
    ),
    ("customer-ended-call", "the person hung up"),
    ("database-error", "an error on Vapi's side; try again later"),
    ("error", "it failed"),
    (
        "exceeded-max-duration",
        "the call reached maxDurationSeconds",
    ),
    ("manually-canceled", "somebody cancelled it"),
    ("mockConversation.done", "the mock conversation finished"),
    (
        "phone-call-provider",
        "the telephone provider failed; check the number that calls",
    ),
    (
        "pipeline-error",
        "the model, voice or transcriber failed; check its provider, model and credentials",
    ),
    (
        "pipeline-no-available",
        "no such model was available; try again or choose another",
    ),
    (
        "scheduled-call-deleted",
        "the scheduled call was deleted before its time",
    ),
    (
        "silence-timed-out",
        "nobody spoke for silenceTimeoutSeconds",
    ),
    ("timeout", "it took too long"),
    (
        "twilio-failed-to-connect-call",
        "Twilio could not connect the call; check the number and its account",
    ),
    (
        "twilio-reported-customer-misdialed",
        "the number does not exist; check it",
    ),
    (
        "unknown-error",
        "an error that Vapi does not name; try again later",
    ),
    ("voicemail", "a voicemail answered"),
    (
        "vonage",
        "Vonage could not connect the call; check the number and its account",
    ),
    (
        "worker-shutdown",
        "an error on Vapi's side; try again later",
    ),
];

/// What a reason means; `None` for an unknown one.
pub(super) fn explained(reason: &str) -> Option<&'static str> {
    REASONS
        .iter()
        .filter(|(start, _)| reason.starts_with(start))
        .max_by_key(|(start, _)| start.len())
        .map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_longest_beginning_counts_and_an_unknown_reason_is_left_alone() {
        assert_eq!(explained("customer-ended-call"), Some("the person hung up"));
        let sip = explained("call.in-progress.error-sip-outbound-call-failed-to-connect").unwrap();
        assert!(sip.starts_with("the call did not connect"));
        let other = explained("call.in-progress.error-sip-503").unwrap();
        assert!(other.starts_with("the carrier"));
        assert_eq!(explained("brand-new-reason"), None);
    }

    #[test]
    fn every_reason_of_the_document_is_explained() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/vapi.json");
        let document = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut reasons = BTreeSet::new();
        gather(&document, &mut reasons);
        assert!(reasons.len() >= 603, "{} were found", reasons.len());
        let unexplained: Vec<_> = reasons.iter().filter(|r| explained(r).is_none()).collect();
        assert_eq!(unexplained, Vec::<&&str>::new());
    }

    /// The values of every property `endedReason`.
    fn gather<'a>(value: &'a Value, reasons: &mut BTreeSet<&'a str>) {
        let values = value.pointer("/endedReason/enum").and_then(Value::as_array);
        reasons.extend(values.into_iter().flatten().filter_map(Value::as_str));
        match value {
            Value::Array(items) => items.iter().for_each(|item| gather(item, reasons)),
            Value::Object(map) => map.values().for_each(|value| gather(value, reasons)),
            _ => {}
        }
    }
}
