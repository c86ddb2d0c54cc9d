//! Words of texts and identifiers, and their stems.

/// Stop words.
const STOP: &[&str] = &[
    "a", "about", "after", "again", "also", "am", "an", "and", "any", "anymore", "are", "as", "at",
    "back", "be", "been", "before", "being", "between", "both", "but", "by", "can", "could", "did",
    "do", "does", "doing", "done", "during", "each", "every", "few", "for", "from", "get", "gets",
    "give", "gives", "got", "had", "has", "have", "having", "he", "her", "here", "his", "how", "i",
    "if", "in", "into", "is", "it", "its", "just", "let", "lets", "like", "longer", "made", "make",
    "makes", "may", "me", "might", "more", "most", "must", "my", "need", "needs", "no", "nor",
    "not", "now", "of", "off", "on", "one", "ones", "only", "onto", "or", "other", "our", "out",
    "over", "own", "per", "please", "right", "same", "shall", "she", "should", "show", "so",
    "some", "still", "such", "tell", "than", "that", "the", "their", "them", "then", "there",
    "these", "they", "this", "those", "to", "too", "under", "until", "up", "us", "use", "used",
    "using", "very", "via", "want", "wants", "was", "we", "were", "what", "when", "where", "which",
    "while", "who", "whom", "whose", "why", "will", "with", "within", "without", "would", "yet",
    "you", "your",
];

/// The stems of the words of a text or an identifier, without stop words.
pub(crate) fn stems(text: &str) -> Vec<String> {
    let pairs = words_and_stems(text).into_iter();
    pairs.map(|(_, stem)| stem).collect()
}

/// The same, each with the word itself.
pub(crate) fn words_and_stems(text: &str) -> Vec<(String, String)> {
    let words = words(text).into_iter();
    let telling = words.filter(|word| STOP.binary_search(&word.as_str()).is_err());
    telling.map(|word| (word.clone(), stem(&word))).collect()
}

/// The words in lower case: runs of letters or of digits; `camelCase` and `HTTPServer` are two
/// words each, and a possessive loses its ending.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    let mut before = None;
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        if matches!(c, '\'' | '\u{2019}')
            && next.is_some_and(|next| next.eq_ignore_ascii_case(&'s'))
        {
            let after = chars.clone().nth(1);
            if !after.is_some_and(char::is_alphanumeric) {
                chars.next();
                before = None;
                words.extend(taken(&mut word));
                continue;
            }
        }
        if !c.is_alphanumeric() {
            words.extend(taken(&mut word));
            before = None;
            continue;
        }
        let parts = before.is_some_and(|before: char| {
            let rises = c.is_uppercase() && !before.is_uppercase();
            let falls =
                c.is_uppercase() && before.is_uppercase() && next.is_some_and(char::is_lowercase);
            rises || falls || before.is_numeric() != c.is_numeric()
        });
        if parts {
            words.extend(taken(&mut word));
        }
        word.extend(c.to_lowercase());
        before = Some(c);
    }
    words.extend(taken(&mut word));
    words
}

fn taken(word: &mut String) -> Option<String> {
    (!word.is_empty()).then(|| std::mem::take(word))
}

/// A word without its inflection. A stem is never shown; it must only be equal for related words.
fn stem(word: &str) -> String {
    let mut stem = word.to_owned();
    if !word.is_ascii() {
        return stem;
    }
    if let Some(base) = base_of(&stem, 5, &["ies"], 0) {
        stem = format!("{base}y");
    } else if let Some(base) = base_of(&stem, 5, &["sses", "xes", "ches", "shes"], 2) {
        stem = base;
    } else if stem.len() > 3
        && !["ss", "us", "is"].iter().any(|end| stem.ends_with(end))
        && let Some(base) = stem.strip_suffix('s')
    {
        stem = base.to_owned();
    }
    for end in ["ing", "ed", "er"] {
        let kept = ["eed", "ber", "ter", "ver"]
            .iter()
            .any(|end| stem.ends_with(end));
        if stem.len() > end.len() + 3
            && !kept
            && let Some(base) = stem.strip_suffix(end)
        {
            stem = undoubled(base);
            break;
        }
    }
    for end in ["ation", "ion", "ment", "ity", "ate"] {
        if stem.len() > end.len() + 4
            && let Some(base) = stem.strip_suffix(end)
        {
            stem = base.to_owned();
            break;
        }
    }
    if stem.len() > 4
        && let Some(base) = stem.strip_suffix('e')
    {
        stem = base.to_owned();
    }
    if stem.len() > 3
        && let Some(base) = stem.strip_suffix('i')
    {
        stem = format!("{base}y");
    }
    stem
}

/// The word without one of these endings, of which the first `kept` bytes are kept, if the word is
/// long enough.
fn base_of(word: &str, shortest: usize, ends: &[&str], kept: usize) -> Option<String> {
    let end = ends
        .iter()
        .find(|end| word.len() >= shortest && word.ends_with(**end))?;
    let length = word.len().checked_sub(end.len() - kept)?;
    word.get(..length).map(str::to_owned)
}

/// A stem such as `stopp` (from `stopping`) without the doubled letter.
fn undoubled(word: &str) -> String {
    let mut ends = word.chars().rev();
    match (ends.next(), ends.next()) {
        (Some(last), Some(before))
            if last == before && word.len() > 3 && !matches!(last, 'l' | 's') =>
        {
            word.get(..word.len() - 1).unwrap_or(word).to_owned()
        }
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stop_words_are_in_order() {
        assert!(STOP.is_sorted(), "{STOP:?}");
    }

    #[test]
    fn identifiers_and_texts_have_the_same_words() {
        let split = |text: &str| words(text).join(" ");
        assert_eq!(split("recordingEnabled"), "recording enabled");
        assert_eq!(split("HTTPServer v2"), "http server v 2");
        assert_eq!(split("the assistant's voice"), "the assistant voice");
        assert_eq!(split("it's late, isn't it"), "it late isn t it");
        assert_eq!(split("/voice/chunkPlan"), "voice chunk plan");
        assert_eq!(split(""), "");
    }

    #[test]
    fn words_of_one_family_have_one_stem() {
        for family in [
            &["recording", "recordings", "recorded", "record"][..],
            &["stop", "stops", "stopped", "stopping"],
            &["campaign", "campaigns"],
            &["simulate", "simulation", "simulations"],
            &["delete", "deleted", "deletes", "deleting", "deletion"],
            &["batch", "batches"],
        ] {
            let stems: Vec<_> = family.iter().map(|word| stem(word)).collect();
            assert!(
                stems.iter().all(|it| *it == stems[0]),
                "{family:?}: {stems:?}"
            );
        }
        for (one, other) in [("number", "numb"), ("status", "statu"), ("access", "acces")] {
            assert_ne!(stem(one), stem(other));
        }
    }
}
