//! Lone surrogates in JSON escapes.
//!
//! Text that was cut inside an emoji ends with half a character, which JavaScript writes as
//! `\ud83d`. It is not Unicode, so the JSON parser would reject the whole message.

/// Replaces every escaped lone surrogate in JSON text with `\ufffd`, which has the same length.
pub(super) fn replace_lone_surrogates(text: &mut [u8]) {
    let mut at = 0;
    while let Some(escape) = text
        .get(at..)
        .and_then(|rest| rest.iter().position(|&byte| byte == b'\\'))
    {
        at += escape;
        at += match (unit(text, at), unit(text, at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                if let Some(digits) = text.get_mut(at + 2..at + 6) {
                    digits.copy_from_slice(b"fffd");
                }
                6
            }
            _ => 2,
        };
    }
}

/// The UTF-16 code unit of the `\uXXXX` escape at `at`, if there is one.
fn unit(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str) -> String {
        let mut text = text.as_bytes().to_vec();
        replace_lone_surrogates(&mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn only_lone_surrogates_are_replaced() {
        for (text, same) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""a\uDE00b""#, r#""a\ufffdb""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\n""#, r#""\ufffd\n""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
            (r#""\u00e9 \u+123 \ud8""#, r#""\u00e9 \u+123 \ud8""#),
            ("\\", "\\"),
        ] {
            assert_eq!(replaced(text), same);
        }
    }
}
