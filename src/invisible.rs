//! Invisible characters, which models can read, and which can reverse a text or hide another text
//! in it.

use std::borrow::Cow;

/// The purpose of an invisible character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// No purpose: a text reads the same without the character.
    Nothing,
    /// Joins or separates letters in some scripts, and joins emoji.
    Joiner,
    /// Selects the form of a Mongolian letter.
    Mongolian,
    /// Selects between text and emoji.
    Emoji,
}

/// The characters with Unicode's property `Default_Ignorable_Code_Point`, and interlinear
/// annotation marks, in order.
const RANGES: &[(char, char, Purpose)] = &[
    ('\u{ad}', '\u{ad}', Purpose::Nothing),
    ('\u{34f}', '\u{34f}', Purpose::Nothing),
    ('\u{61c}', '\u{61c}', Purpose::Nothing),
    ('\u{115f}', '\u{1160}', Purpose::Nothing),
    ('\u{17b4}', '\u{17b5}', Purpose::Nothing),
    ('\u{180b}', '\u{180f}', Purpose::Mongolian),
    // Zero width space.
    ('\u{200b}', '\u{200b}', Purpose::Nothing),
    ('\u{200c}', '\u{200d}', Purpose::Joiner),
    // Direction marks, and characters that change the direction of a text.
    ('\u{200e}', '\u{200f}', Purpose::Nothing),
    ('\u{202a}', '\u{202e}', Purpose::Nothing),
    ('\u{2060}', '\u{206f}', Purpose::Nothing),
    ('\u{3164}', '\u{3164}', Purpose::Nothing),
    // Variation selectors: sixteen of them spell a hexadecimal digit each.
    ('\u{fe00}', '\u{fe0d}', Purpose::Nothing),
    ('\u{fe0e}', '\u{fe0f}', Purpose::Emoji),
    ('\u{feff}', '\u{feff}', Purpose::Nothing),
    ('\u{ffa0}', '\u{ffa0}', Purpose::Nothing),
    ('\u{fff0}', '\u{fffb}', Purpose::Nothing),
    ('\u{1bca0}', '\u{1bca3}', Purpose::Nothing),
    ('\u{1d173}', '\u{1d17a}', Purpose::Nothing),
    // Tags, which spell ASCII, and variation selectors, which spell bytes.
    ('\u{e0000}', '\u{e0fff}', Purpose::Nothing),
];

/// Whether a character is invisible.
pub(crate) fn is_invisible(c: char) -> bool {
    purpose(c).is_some()
}

/// Whether a character is invisible and no text needs it.
pub(crate) fn is_deceptive(c: char) -> bool {
    purpose(c) == Some(Purpose::Nothing)
}

/// Whether a character is kept in a text from outside. `before` is the last one that was kept,
/// `after` the next one. An invisible character is kept only if the text would read differently
/// without it, and never next to another one, so that such characters cannot encode a text.
pub(crate) fn is_kept(before: Option<char>, c: char, after: Option<char>) -> bool {
    let between = |is: fn(char) -> bool| before.is_some_and(is) && after.is_some_and(is);
    match purpose(c) {
        // DEL and C1 controls: no text needs them, and terminals execute them.
        None => !matches!(c, '\u{7f}'..='\u{9f}'),
        Some(Purpose::Nothing) => false,
        Some(Purpose::Joiner) => {
            between(is_joined) || c == '\u{200d}' && is_emoji_sequence(before, after)
        }
        Some(Purpose::Mongolian) => before.is_some_and(is_mongolian),
        Some(Purpose::Emoji) => {
            before.is_some_and(is_emoji)
                || after == Some('\u{20e3}') && matches!(before, Some('0'..='9' | '#' | '*'))
        }
    }
}

/// Whether a character may be removed from a text.
pub(crate) fn may_be_removed(c: char) -> bool {
    !is_kept(None, c, None)
}

/// The text without invisible characters, except those that it needs.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(may_be_removed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if is_kept(before, c, characters.peek().copied()) {
            out.push(c);
            before = Some(c);
        }
    }
    Cow::Owned(out)
}

fn is_emoji_sequence(before: Option<char>, after: Option<char>) -> bool {
    let ends = |c| is_emoji(c) || c == '\u{fe0f}';
    before.is_some_and(ends) && after.is_some_and(is_emoji)
}

/// Whether a character is an emoji or a similar symbol.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{24c2}'
        | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}'
        | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// Whether a character belongs to a script whose letters are joined, such as Arabic or Devanagari.
fn is_joined(c: char) -> bool {
    purpose(c).is_none()
        && matches!(c,
            '\u{620}'..='\u{6ff}' | '\u{700}'..='\u{8ff}' | '\u{900}'..='\u{df4}'
            | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17dd}' | '\u{1820}'..='\u{18aa}'
            | '\u{a840}'..='\u{a877}' | '\u{a8e0}'..='\u{a8ff}'
            | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

fn is_mongolian(c: char) -> bool {
    matches!(c, '\u{1820}'..='\u{18aa}')
}

fn purpose(c: char) -> Option<Purpose> {
    let at = RANGES.partition_point(|(_, to, _)| *to < c);
    let (_, _, used) = RANGES.get(at).filter(|(from, ..)| *from <= c)?;
    Some(*used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_in_order_and_apart() {
        for pair in RANGES.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:?}");
        }
        for (from, to, usage) in RANGES {
            assert!((*from..=*to).all(is_invisible));
            assert!((*from..=*to).all(|c| purpose(c) == Some(*usage) && may_be_removed(c)));
        }
        let all = (char::MIN..=char::MAX).filter(|&c| is_invisible(c)).count();
        assert_eq!(all, 4_174 + 3);
    }

    #[test]
    fn an_invisible_character_is_kept_only_where_a_text_would_read_differently_without_it() {
        for whole in [
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
            "\u{1f469}\u{1f3fd}\u{200d}\u{1f680}",
            "\u{2764}\u{fe0f}\u{200d}\u{1f525}",
            "1\u{fe0f}\u{20e3} \u{2764}\u{fe0f} \u{a9}\u{fe0f}",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{915}\u{94d}\u{200d}\u{937} \u{915}\u{94d}\u{200c}\u{937}",
            "\u{1820}\u{180b}\u{1821}",
            "a \u{e9} \u{301} \u{2014} \u{6f22} \u{a0} \n\t",
        ] {
            assert_eq!(visible(whole), whole, "{}", whole.escape_unicode());
        }
        for (text, left) in [
            ("ig\u{200c}no\u{200d}re", "ignore"),
            (
                "a\u{200b}\u{200e}\u{200f}\u{61c}\u{202e}\u{2066}\u{2069}\u{feff}b",
                "ab",
            ),
            (
                "a\u{ad}\u{34f}\u{3164}\u{2060}\u{e0041}\u{e007f}\u{fff9}b",
                "ab",
            ),
            ("a\u{fe00}b\u{fe0f}c\u{e0100}\u{e01ef}", "abc"),
            (
                "\u{1f600}\u{fe0f}\u{fe0e}\u{fe0f}\u{e0120}",
                "\u{1f600}\u{fe0f}",
            ),
            ("\u{1f600}\u{200d}\u{200d}x", "\u{1f600}x"),
            (
                "\u{645}\u{200c}\u{200d}\u{200c}\u{645}",
                "\u{645}\u{200c}\u{645}",
            ),
            ("x\u{7f}\u{80}\u{9b}y", "xy"),
        ] {
            assert_eq!(visible(text), left, "{}", text.escape_unicode());
        }
    }
}
