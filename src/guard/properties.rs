//! Property tests with arbitrary texts as destinations.

use proptest::prelude::*;

use super::{
    destination::{Destination, is_extension, is_unchecked_number},
    numbering::{is_emergency, premium_prefix},
    patterns::{Allowed, Denied, Glob},
    phone::Phone,
    sip::Sip,
};
use crate::number::e164;

/// Texts made of valid and invalid pieces of SIP addresses.
fn sip_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("sip:".to_owned()),
        Just("sips:".to_owned()),
        Just("@".to_owned()),
        Just("ok.example.com".to_owned()),
        Just("[2001:db8::1]".to_owned()),
        Just("192.0.2.1".to_owned()),
        Just(":5060".to_owned()),
        Just(";transport=tcp".to_owned()),
        Just(";maddr=192.0.2.1".to_owned()),
        Just("?a=b".to_owned()),
        Just("%41".to_owned()),
        Just("%40".to_owned()),
        Just("+1".to_owned()),
        Just("00".to_owned()),
        Just("011".to_owned()),
        "[ -~]{0,3}",
        "[0-9]{1,8}",
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Mostly addresses that the grammar accepts, at one host.
fn sip_at(host: &'static str) -> impl Strategy<Value = String> {
    let part = "([a-z0-9+*#%@;:?/.-]|%[0-9a-fA-F]{2}|%40|%00){0,6}";
    (part, part, part)
        .prop_map(move |(user, before, after)| format!("sip:{user}@{before}{host}{after}"))
}

/// A reference matcher that tries every position for `*`.
fn matches_slowly(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|at| matches_slowly(rest, &text[at..])),
        Some((first, rest)) => text
            .split_first()
            .is_some_and(|(found, text)| found == first && matches_slowly(rest, text)),
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in prop_oneof![sip_like(), "\\PC{0,300}", "[+0-9*#wx,;%-]{0,40}"]) {
        let _ = (e164(&text), is_extension(&text), is_unchecked_number(&text), Phone::read(&text));
        let _ = (text.parse::<Allowed>(), text.parse::<Denied>());
        let denied: Denied = "+1900,sip:a*@*.example.com".parse().unwrap();
        let sip = Sip::parse(&text).map(Destination::Sip);
        for to in sip.into_iter().chain([Destination::Other(text)]) {
            let _ = (to.text(), to.written(), is_emergency(&to), premium_prefix(&to), denied.denies(&to));
        }
    }

    #[test]
    fn the_text_of_an_address_is_an_address_with_the_same_text(text in prop_oneof![sip_like(), sip_at("ok.example.com")]) {
        if let Some(sip) = Sip::parse(&text) {
            let once = Destination::Sip(sip).text();
            let twice = Sip::parse(&once).map(|sip| Destination::Sip(sip).text());
            prop_assert_eq!(Some(once), twice);
        }
    }

    #[test]
    fn the_text_of_a_number_has_the_same_text(text in "(tel:)?[+]?[0-9 a-z*#.;-]{1,20}") {
        let once = Destination::Other(text).text();
        prop_assert_eq!(&Destination::Other(once.clone()).text(), &once);
    }

    #[test]
    fn a_normal_number_stays_as_it_is(text in "[+][0-9 ().-]{1,20}") {
        if let Some(number) = e164(&text) {
            prop_assert_eq!(e164(&number), Some(number));
        }
    }

    #[test]
    fn nothing_but_plain_addresses_of_the_host_is_allowed(text in prop_oneof![sip_like(), sip_at("ok.example.com")]) {
        let allowed: Allowed = "sip:*@ok.example.com".parse().unwrap();
        if let Some(sip) = Sip::parse(&text)
            && allowed.allows(&Destination::Sip(sip))
        {
            let (user, place) = text.split_once('@').unwrap();
            let user = user.trim_start().split_once(':').unwrap().1;
            prop_assert!(user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+_~*-!'()%".contains(&byte)), "{}", text);
            let place = place.trim_end().to_ascii_lowercase();
            let behind = place.strip_prefix("ok.example.com").unwrap();
            let behind = behind.strip_prefix('.').unwrap_or(behind);
            prop_assert!(behind.is_empty() || behind.starts_with([':', ';']), "{}", text);
            prop_assert!(!behind.contains("maddr") && !behind.contains('?'), "{}", text);
        }
    }

    #[test]
    fn stars_match_as_if_every_place_were_tried(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
        prop_assert_eq!(Glob::new(&pattern).matches(&text), matches_slowly(pattern.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn separators_hide_no_emergency_number(
        code in prop::sample::select(vec!["112", "911", "999", "000", "110", "119", "+1911", "+44999", "+49112"]),
        separators in prop::collection::vec(prop::sample::select(vec!["", " ", "-", ".", "(", ")", "/", "\u{2011}"]), 8),
    ) {
        let mut number = String::new();
        for (digit, separator) in code.chars().zip(&separators) {
            number.push(digit);
            number.push_str(separator);
        }
        prop_assert!(is_emergency(&Destination::Other(number.clone())), "{}", number);
        let user: String = number.chars().filter(|c| c.is_ascii_graphic()).collect();
        let sip = Sip::parse(&format!("sip:{user}@example.com")).unwrap();
        prop_assert!(is_emergency(&Destination::Sip(sip)), "{}", number);
    }
}

#[test]
fn many_stars_take_no_time() {
    let pattern = format!("sip:{}b@example.com", "*a".repeat(115));
    let allowed: Allowed = pattern.parse().unwrap();
    let sip = Sip::parse(&format!("sip:{}@example.com", "a".repeat(230))).unwrap();
    assert!(!allowed.allows(&Destination::Sip(sip)));
}
