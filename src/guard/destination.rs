//! Destinations of calls: phone numbers and SIP addresses.

use super::{
    phone::Phone,
    sip::{LONGEST, Sip},
};
use crate::number::is_decoration;

/// The destination of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// An E.164 number, for example `+15550100123`.
    Number(String),
    /// A SIP address.
    Sip(Sip),
    /// A number in another format, if the caller turned the E.164 check off.
    Other(String),
}

impl Destination {
    /// A canonical text, equal for every spelling of a destination.
    pub fn text(&self) -> String {
        match self {
            Self::Sip(sip) => sip.text(),
            Self::Number(text) | Self::Other(text) => match (Sip::parse(text), self.phone()) {
                (Some(sip), _) => sip.text(),
                (None, Some(phone)) => phone.key().to_owned(),
                (None, None) => text.trim().to_ascii_lowercase(),
            },
        }
    }

    /// The complete destination, as it is shown to the user.
    pub fn written(&self) -> String {
        match self {
            Self::Number(text) | Self::Other(text) => text.clone(),
            Self::Sip(sip) => sip.written(),
        }
    }

    /// The phone number that is dialled.
    pub fn phone(&self) -> Option<Phone> {
        match self {
            Self::Number(text) | Self::Other(text) => Phone::read(text),
            Self::Sip(sip) => sip.phone(),
        }
    }
}

/// Whether a text can be sent as an unchecked number: at most 255 bytes of ASCII, not counting
/// spaces and hyphens of any kind, with at least one digit or letter.
pub fn is_unchecked_number(text: &str) -> bool {
    text.len() <= LONGEST
        && text
            .chars()
            .all(|c| c.is_ascii_graphic() || is_decoration(c))
        && text.contains(|c: char| c.is_ascii_alphanumeric())
}

/// Whether a text can be sent as an extension: at most 20 characters; digits, `*`, `#`, pauses
/// (`w`, `p`, comma) and separators.
pub fn is_extension(text: &str) -> bool {
    const LONGEST: usize = 20;
    let allowed = |c: char| c.is_ascii_digit() || "*#,;wWpP -.()".contains(c);
    text.len() <= LONGEST && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::e164;

    #[test]
    fn a_number_is_normalised_or_refused() {
        for (given, sent) in [
            ("+15550100123", Some("+15550100123")),
            (" +1 (555) 010-0123 ", Some("+15550100123")),
            ("+44.20.7946.0958", Some("+442079460958")),
            ("+1\u{a0}555\u{2011}010\u{2013}0123", Some("+15550100123")),
            ("+[49] 30 901820", Some("+4930901820")),
            ("tel:+1-555-010-0123", Some("+15550100123")),
            (" TEL: +1 555 010 0123", Some("+15550100123")),
            (
                "\u{202a}+1 555\u{200b}\u{2060}0100123\u{202c}",
                Some("+15550100123"),
            ),
            ("\u{feff}+1\u{202f}555\u{ad}0100123", Some("+15550100123")),
            ("+44 (\u{200b}0) 20 7946 0958", None),
            ("tel:+15550100123;ext=5", None),
            ("tel:tel:+15550100123", None),
            ("tel:5550100", None),
            ("+1234567", Some("+1234567")),
            ("+123456789012345", Some("+123456789012345")),
            ("+123456", None),
            ("+1234567890123456", None),
            ("15550100123", None),
            ("0015550100123", None),
            ("+05550100123", None),
            ("+1555010012x", None),
            ("++15550100123", None),
            ("+1/555/0100123", None),
            ("+49 (0)30 901820", None),
            ("+44 [ 0 ] 20 7946 0958", None),
            ("+١٥٥٥٠١٠٠١٢٣", None),
            ("", None),
        ] {
            assert_eq!(e164(given).as_deref(), sent, "{given}");
        }
        assert_eq!(e164(&format!("+1555010{}0123", " ".repeat(300))), None);
    }

    fn number(text: &str) -> Destination {
        match e164(text) {
            Some(number) => Destination::Number(number),
            None => Destination::Other(text.to_owned()),
        }
    }

    fn sip(text: &str) -> Destination {
        Destination::Sip(Sip::parse(text).unwrap())
    }

    #[test]
    fn every_spelling_of_a_destination_has_the_same_text() {
        for spelling in [
            "+1 (555) 010-0123",
            "15550100123",
            "5550100123",
            "1-555-010-0123",
            "(555) 010 0123",
            "tel:+15550100123",
            "TEL:+1-555-010-0123",
            "tel:5550100123;phone-context=+1",
            "tel:+15550100123;ext=5",
            "+15550100123;ext=5",
            "0015550100123",
            "00 1 555 010 0123",
            "01115550100123",
            "+1/555/010/0123",
            "+1 555 010 0123#",
            "*67 555 010 0123",
        ] {
            assert_eq!(
                number(spelling).text(),
                number("+15550100123").text(),
                "{spelling}"
            );
        }
        for spelling in ["4930901820", "004930901820", "tel:49-30-901820"] {
            assert_eq!(
                number(spelling).text(),
                number("+4930901820").text(),
                "{spelling}"
            );
        }
        for spelling in [
            "SIP:bob@example.com",
            "sips:bob@EXAMPLE.com",
            "sip:%62ob@example.com",
            "sip:b%6Fb@example.com",
            "sip:bob:pass@example.com",
            "sip:bob:@example.com.",
            "sip:bob@example.com:5060",
            "sips:bob@example.com:5061;transport=tls",
            "sip:bob@example.com;x=1?Subject=y",
        ] {
            assert_eq!(
                sip(spelling).text(),
                sip("sip:bob@example.com").text(),
                "{spelling}"
            );
        }
        for spelling in [
            "sip:15550100123@gw.example.com",
            "sip:+1-555-010-0123@gw.example.com;user=phone",
            "sip:+1(555)010.0123;ext=5@gw.example.com",
            "sip:%2B15550100123@gw.example.com",
            "sip:0015550100123@gw.example.com",
        ] {
            assert_eq!(
                sip(spelling).text(),
                sip("sip:+15550100123@gw.example.com").text(),
                "{spelling}"
            );
        }
    }

    #[test]
    fn different_destinations_have_different_texts() {
        let all = [
            number("+15550100123"),
            number("+15550100124"),
            number("+25550100123"),
            number("+442079460958"),
            number("+12079460958"),
            number("+441555010012"),
            number("555010012"),
            number("101"),
            number("00101"),
            number("bob"),
            number("alice"),
            sip("sip:+15550100123@gw.example.com"),
            sip("sip:+15550100123@gw.example.org"),
            sip("sip:+15550100123@gw.example.com:5070"),
            sip("sip:bob@example.com"),
            sip("sip:Bob@example.com"),
            sip("sip:bo@example.com"),
            sip("sip:b%25ob@example.com"),
            sip("sip:b%2525ob@example.com"),
            sip("sip:example.com"),
            sip("sip:bob@[2001:db8::1]"),
            sip("sip:bob@192.0.2.1"),
        ];
        let texts: std::collections::HashSet<_> = all.iter().map(Destination::text).collect();
        assert_eq!(texts.len(), all.len());
    }
}
