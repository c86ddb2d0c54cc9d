//! Formats texts and numbers for messages.

/// Maximum number of characters of an input that a message repeats.
const MAX_EXCERPT: usize = 200;

/// An input, shortened so that a message can repeat it.
pub(crate) fn excerpt(input: &str) -> String {
    match input.char_indices().nth(MAX_EXCERPT) {
        None => input.to_owned(),
        Some((end, _)) => format!("{}…", input.get(..end).unwrap_or_default()),
    }
}

/// A number with separators: `1,000,000`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and a noun whose plural ends in `s`: `1 row`, `2,000 rows`.
pub(crate) fn counted(count: usize, singular: &str) -> String {
    format!("{} {}", grouped(count), noun(count, singular))
}

/// The noun in the singular or plural.
pub(crate) fn noun(count: usize, singular: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{singular}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_ends_after_200_characters() {
        assert_eq!(excerpt(&"é".repeat(200)), "é".repeat(200));
        assert_eq!(excerpt(&"é".repeat(201)), format!("{}…", "é".repeat(200)));
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (999_990, "999,990"),
            (1_000_000, "1,000,000"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn only_one_is_singular() {
        for (count, text) in [
            (0, "0 rows"),
            (1, "1 row"),
            (2, "2 rows"),
            (1_000, "1,000 rows"),
        ] {
            assert_eq!(counted(count, "row"), text);
        }
    }
}
