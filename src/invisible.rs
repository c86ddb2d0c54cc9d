//! Characters that nobody sees, though a model reads them: they can turn a text around or hide
//! another in it.

/// What an invisible character is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// No writing is poorer without it.
    Nothing,
    /// It shapes what stands beside it in some language or emoji.
    Shape,
}

/// Unicode's property `Default_Ignorable_Code_Point`, whole, in order.
const RANGES: &[(char, char, Use)] = &[
    ('\u{ad}', '\u{ad}', Use::Shape),
    ('\u{34f}', '\u{34f}', Use::Shape),
    ('\u{61c}', '\u{61c}', Use::Shape),
    ('\u{115f}', '\u{1160}', Use::Shape),
    ('\u{17b4}', '\u{17b5}', Use::Shape),
    ('\u{180b}', '\u{180f}', Use::Shape),
    // Zero width space.
    ('\u{200b}', '\u{200b}', Use::Nothing),
    // Joiners, as in Persian and in emoji, and marks of direction.
    ('\u{200c}', '\u{200f}', Use::Shape),
    // What turns the direction of a text.
    ('\u{202a}', '\u{202e}', Use::Nothing),
    ('\u{2060}', '\u{206f}', Use::Nothing),
    ('\u{3164}', '\u{3164}', Use::Shape),
    // Variation selectors, as behind a red heart.
    ('\u{fe00}', '\u{fe0f}', Use::Shape),
    ('\u{feff}', '\u{feff}', Use::Nothing),
    ('\u{ffa0}', '\u{ffa0}', Use::Shape),
    ('\u{fff0}', '\u{fff8}', Use::Nothing),
    ('\u{1bca0}', '\u{1bca3}', Use::Shape),
    ('\u{1d173}', '\u{1d17a}', Use::Shape),
    // Tags, which spell ASCII.
    ('\u{e0000}', '\u{e00ff}', Use::Nothing),
    // Variation selectors, as in Japanese names.
    ('\u{e0100}', '\u{e01ef}', Use::Shape),
    ('\u{e01f0}', '\u{e0fff}', Use::Nothing),
];

/// Whether nobody sees this character: for texts that a person decides by.
pub(crate) fn is_invisible(c: char) -> bool {
    used(c).is_some()
}

/// Whether nobody sees this character and no writing needs it: for texts that are to stay what they
/// are in every language.
pub(crate) fn is_deceptive(c: char) -> bool {
    used(c) == Some(Use::Nothing)
}

fn used(c: char) -> Option<Use> {
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
            assert!((*from..=*to).all(|c| is_deceptive(c) == (*usage == Use::Nothing)));
        }
        let all = (char::MIN..=char::MAX).filter(|&c| is_invisible(c)).count();
        assert_eq!(all, 4_174);
    }

    #[test]
    fn what_writing_needs_is_invisible_but_deceives_nobody() {
        for c in [
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{fe0f}',
            '\u{e0100}',
            '\u{ad}',
        ] {
            assert!(
                is_invisible(c) && !is_deceptive(c),
                "{}",
                c.escape_unicode()
            );
        }
        for c in [
            '\u{200b}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0001}',
            '\u{e007f}',
        ] {
            assert!(is_deceptive(c), "{}", c.escape_unicode());
        }
        for c in [
            'a', ' ', 'é', '\u{301}', '\u{2014}', '漢', '😀', '\u{a0}', '\n',
        ] {
            assert!(!is_invisible(c), "{}", c.escape_unicode());
        }
    }
}
