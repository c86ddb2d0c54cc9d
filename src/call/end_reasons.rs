//! Explanations of Vapi's `endedReason` values, one line each.

/// Prefixes of reasons, each with its meaning and, for errors, what to do.
const REASONS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/reasons.rs"));

/// The meaning of a reason, by the longest prefix that matches; `None` if none does.
pub(super) fn meaning(reason: &str) -> Option<&'static str> {
    REASONS
        .iter()
        .filter(|(start, _)| reason.starts_with(start))
        .max_by_key(|(start, _)| start.len())
        .map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_matching_prefix_counts_and_an_unknown_reason_has_no_meaning() {
        assert_eq!(meaning("customer-ended-call"), Some("the person hung up"));
        let sip = meaning("call.in-progress.error-sip-outbound-call-failed-to-connect").unwrap();
        assert!(sip.starts_with("the call did not connect"));
        let other = meaning("call.in-progress.error-sip-503").unwrap();
        assert!(other.starts_with("the carrier"));
        assert_eq!(meaning("brand-new-reason"), None);
    }
}
