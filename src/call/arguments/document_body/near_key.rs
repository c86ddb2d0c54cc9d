//! Keys that are almost equal to known ones.

use super::super::near_names::{MAX_LENGTH, MIN_LENGTH, folded, is_within};

/// Endings that are often left out or added.
const ENDINGS: [&str; 8] = ["seconds", "secs", "sec", "ms", "plan", "ids", "id", "es"];

/// Shorter keys may differ by one letter only.
const LONG: usize = 10;

/// Maximum number of known keys that an error names.
const MAX_NAMED: usize = 3;

/// How much a key differs from a known one; smaller is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    /// By case, `_` and `-`.
    Spelling,
    /// By one letter.
    Letter,
    /// By two letters.
    Letters,
    /// By one of the endings.
    Ending,
}

/// Known keys that an unknown one resembles.
#[derive(Debug, Default)]
pub(super) struct NearKeys<'a> {
    pub names: Vec<&'a str>,
    /// Whether they differ by an ending, so that another word may be meant.
    pub by_ending: bool,
}

/// The known keys that are nearest to an unknown one; none if it is another word.
pub(super) fn near_keys<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> NearKeys<'a> {
    if key.len() > MAX_LENGTH {
        return NearKeys::default();
    }
    let given = folded(key);
    let near = known.filter_map(|name| Some((distance(&given, &folded(name))?, name)));
    let mut near: Vec<_> = near.collect();
    near.sort_unstable();
    let least = near.first().map(|(distance, _)| *distance);
    near.retain(|(distance, _)| Some(*distance) == least);
    let names = near.into_iter().map(|(_, name)| name);
    NearKeys {
        names: names.take(MAX_NAMED).collect(),
        by_ending: least == Some(Distance::Ending),
    }
}

/// The distance of two folded keys.
fn distance(given: &str, known: &str) -> Option<Distance> {
    if given == known {
        return Some(Distance::Spelling);
    }
    let shortest = given.len().min(known.len());
    if is_within(1, known, given) && (shortest >= MIN_LENGTH || is_slip(given, known)) {
        return Some(Distance::Letter);
    }
    if shortest >= LONG && is_within(2, known, given) {
        return Some(Distance::Letters);
    }
    let (long, short) = match given.len() > known.len() {
        true => (given, known),
        false => (known, given),
    };
    let ending = long.strip_prefix(short)?;
    (shortest >= MIN_LENGTH && ENDINGS.contains(&ending)).then_some(Distance::Ending)
}

/// Whether two short keys differ by an additional, missing or swapped letter: another letter makes
/// another word.
fn is_slip(given: &str, known: &str) -> bool {
    let letters = |text: &str| {
        let mut letters: Vec<_> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    given.len() > 1 && (given.len() != known.len() || letters(given) == letters(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 12] = [
        "recordingEnabled",
        "maxDurationSeconds",
        "toolIds",
        "tools",
        "url",
        "on",
        "to",
        "id",
        "artifactPlan",
        "confidenceMin",
        "confidenceMax",
        "assistantId",
    ];

    #[test]
    fn a_slip_is_near_the_key_that_is_meant() {
        for (given, meant) in [
            ("recordingEnabld", &["recordingEnabled"][..]),
            ("recording_enabled", &["recordingEnabled"]),
            ("RecordingEnabled", &["recordingEnabled"]),
            ("recording-enabled", &["recordingEnabled"]),
            ("recrodingEnabeld", &["recordingEnabled"]),
            ("maxDuration", &["maxDurationSeconds"]),
            ("max_duration_secs", &[]),
            ("tool", &["tools"]),
            ("toolId", &["toolIds"]),
            ("toolsIds", &["toolIds"]),
            ("artifact", &["artifactPlan"]),
            ("assistant", &["assistantId"]),
            ("assistantIds", &["assistantId"]),
            ("confidenceMox", &["confidenceMax"]),
            ("confidenceM", &["confidenceMax", "confidenceMin"]),
            ("URL", &["url"]),
            ("ulr", &["url"]),
            ("urls", &["url"]),
            ("ids", &["id"]),
        ] {
            assert_eq!(near_keys(given, KNOWN.into_iter()).names, meant, "{given}");
        }
    }

    #[test]
    fn another_word_is_near_none() {
        for given in [
            "",
            "o",
            "uri",
            "it",
            "recording",
            "toolMocks",
            "duration",
            "assistantName",
            "日本",
        ] {
            let near = near_keys(given, KNOWN.into_iter());
            assert!(near.names.is_empty(), "{given}");
        }
        let near = near_keys(&"x".repeat(1_000_000), KNOWN.into_iter());
        assert!(near.names.is_empty());
    }
}
