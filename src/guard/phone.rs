//! The digits that are dialled for a text, without separators and other additions.

use crate::number::without_scheme;

/// The digits that a phone dials for a number in any spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// Whether the digits start with a country code, because a plus or an international prefix
    /// precedes them.
    pub international: bool,
    /// The digits, without an international prefix or service codes. Never empty.
    pub digits: String,
}

impl Phone {
    /// Reads a number in any format: with `tel:`, separators, parameters, pauses, service codes
    /// such as `*67`, or keypad letters after the first digit. `None` if no digits are dialled.
    pub fn read(text: &str) -> Option<Self> {
        let dense = dense(text);
        let dialled = without_service_codes(&dense).trim_end_matches(['*', '#']);
        let (plus, dialled) = match dialled.strip_prefix('+') {
            Some(dialled) => (true, dialled),
            None => (false, dialled),
        };
        if !dialled.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let digits: String = dialled.chars().map(key_of).collect::<Option<_>>()?;
        let rest = without_international_prefix(&digits).map(str::to_owned);
        Some(Self {
            international: plus || rest.is_some(),
            digits: rest.unwrap_or(digits),
        })
    }

    /// The digits by which two spellings of a number are compared. They omit the country code of
    /// North America, because numbers of ten digits are dialled without it there.
    pub fn key(&self) -> &str {
        match self.digits.strip_prefix('1') {
            Some(national) if national.len() == 10 && !national.starts_with('0') => national,
            _ => &self.digits,
        }
    }
}

/// The dialled characters of a text, without separators, parameters and commas (pauses).
fn dense(text: &str) -> String {
    let text = without_scheme(text.trim());
    let text = text.split([';', ',']).next().unwrap_or_default();
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '*' | '#'))
        .collect()
}

/// The possible readings of the digits before the first letter (which can be a pause): with and
/// without a possible service code or international prefix. Each has a flag that says whether it
/// starts with a country code.
pub(super) fn bare_digits(text: &str) -> Vec<(bool, String)> {
    let dense = dense(text);
    let end = dense.find(|c: char| c.is_ascii_alphabetic());
    let lead = end.and_then(|end| dense.get(..end)).unwrap_or(&dense);
    let mut found = Vec::new();
    for text in [lead, without_service_codes(lead)] {
        let international = text.trim_start_matches(['*', '#']).starts_with('+');
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        for prefix in ["00", "011"] {
            if let Some(rest) = digits.strip_prefix(prefix) {
                found.push((true, rest.to_owned()));
            }
        }
        found.push((international, digits));
    }
    found
}

/// Drops leading codes such as `*67`, `*31#` and `#31#`, which do not change the destination.
fn without_service_codes(text: &str) -> &str {
    let mut text = text;
    while text.starts_with(['*', '#']) {
        let code = text.trim_start_matches(['*', '#']);
        let digits = code.bytes().take_while(u8::is_ascii_digit).count();
        let closed = code
            .get(digits..)
            .is_some_and(|rest| rest.starts_with(['*', '#']));
        let length = if closed && digits <= 3 { digits } else { 2 };
        match code.get(length..) {
            Some(rest) if digits >= length => text = rest,
            _ => return code,
        }
    }
    text
}

/// Drops an international prefix: `00`, or `011` in North America. The rest must be long enough for
/// a number with its country code.
fn without_international_prefix(digits: &str) -> Option<&str> {
    [("00", 7), ("011", 10)]
        .iter()
        .find_map(|(prefix, shortest)| {
            let rest = digits.strip_prefix(prefix)?;
            (rest.len() >= *shortest && !rest.starts_with('0')).then_some(rest)
        })
}

/// The phone key of a digit or letter.
fn key_of(c: char) -> Option<char> {
    Some(match c.to_ascii_uppercase() {
        digit @ '0'..='9' => digit,
        'A'..='C' => '2',
        'D'..='F' => '3',
        'G'..='I' => '4',
        'J'..='L' => '5',
        'M'..='O' => '6',
        'P'..='S' => '7',
        'T'..='V' => '8',
        'W'..='Z' => '9',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_of_a_number_are_found_in_every_spelling() {
        for (text, international, digits) in [
            ("+15550100123", true, "15550100123"),
            ("tel:+1-555-010-0123;ext=5", true, "15550100123"),
            ("TEL:+1(555)010.0123;phone-context=x", true, "15550100123"),
            ("0015550100123", true, "15550100123"),
            ("01115550100123", true, "15550100123"),
            ("555 010 0123,,12", false, "5550100123"),
            ("*67 555 010 0123", false, "5550100123"),
            ("#31#+4930901820", true, "4930901820"),
            ("*31#*82911", false, "911"),
            ("1800FLOWERS", false, "18003569377"),
            ("911#", false, "911"),
            ("9/1_1", false, "911"),
            ("000", false, "000"),
            ("00112", false, "00112"),
        ] {
            let phone = Phone::read(text).unwrap();
            assert_eq!(
                (phone.international, phone.digits.as_str()),
                (international, digits),
                "{text}"
            );
        }
        for text in [
            "", "+", "*", "*6", "*67", "bob", "tel:", "++1", "1+1", "x911",
        ] {
            assert!(
                Phone::read(text).is_none_or(|phone| phone.digits.len() == 1),
                "{text}"
            );
        }
    }
}
