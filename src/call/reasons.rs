//! Why calls, campaigns and evaluations end, in a line each: families of Vapi's `endedReason`, by
//! their beginnings.

/// A prefix, its meaning and, for errors, what to do. The longest matching prefix counts.
const REASONS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/reasons.rs"));

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
}
