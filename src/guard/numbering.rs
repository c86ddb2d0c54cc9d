//! Recognises emergency numbers and premium-rate numbers by the tables in `spec/numbering`.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    destination::Destination,
    phone::{Phone, bare_digits},
    sip::Sip,
};

/// Entries of a table by country code.
type Table = HashMap<&'static str, Vec<&'static str>>;

static EMERGENCY: LazyLock<Table> =
    LazyLock::new(|| table(include_str!("../../spec/numbering/emergency.txt")));

static PREMIUM: LazyLock<Table> =
    LazyLock::new(|| table(include_str!("../../spec/numbering/premium.txt")));

/// The lines of a table, each split into a key and the rest.
pub(super) fn lines(
    text: &'static str,
) -> impl Iterator<Item = (&'static str, std::str::SplitWhitespace<'static>)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words))
    })
}

fn table(text: &'static str) -> Table {
    let mut table = Table::new();
    for (key, words) in lines(text) {
        table.entry(key).or_default().extend(words);
    }
    table
}

/// The country codes with which the digits can start, each with the national digits and the row of
/// the table.
fn countries<'a>(
    table: &'a Table,
    digits: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str, &'a [&'static str])> {
    (1..=3).filter_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        Some((code, national, table.get(code)?.as_slice()))
    })
}

/// Whether this is the emergency number of a country, with or without its country code.
pub fn is_emergency(to: &Destination) -> bool {
    let (text, needs_plus) = match to {
        Destination::Number(text) | Destination::Other(text) => (text.clone(), false),
        // Four digits without a plus are more likely an extension than a country code and 911.
        Destination::Sip(sip) => match sip.telephone_user() {
            Some(user) => (user, true),
            None => return false,
        },
    };
    bare_digits(&text).iter().any(|(international, digits)| {
        is_emergency_code(digits)
            || (*international || !needs_plus)
                && countries(&EMERGENCY, digits)
                    .any(|(_, national, codes)| codes.iter().any(|code| fits(code, national)))
    })
}

/// Whether the user is one of 100 to 109, the first extensions of many telephone systems.
pub fn is_common_extension(sip: &Sip) -> bool {
    let user = sip.user().unwrap_or_default();
    user.len() == 3 && user.starts_with(b"10") && user.iter().all(u8::is_ascii_digit)
}

/// Whether these digits are an emergency number of any country.
fn is_emergency_code(digits: &str) -> bool {
    digits.len() <= 6 && EMERGENCY.values().flatten().any(|code| fits(code, digits))
}

fn fits(code: &str, digits: &str) -> bool {
    code.len() == digits.len()
        && code
            .bytes()
            .zip(digits.bytes())
            .all(|(code, digit)| code == b'x' || code == digit)
}

/// The premium-rate prefix of a number, with the country code; `None` for other numbers.
pub fn premium_prefix(to: &Destination) -> Option<String> {
    let phone = to.phone()?;
    readings(&phone).iter().find_map(|digits| {
        countries(&PREMIUM, digits).find_map(|(code, national, row)| {
            let prefix = match row {
                [] => Some(""),
                row => row.iter().find_map(|entry| covering(entry, national)),
            };
            prefix.map(|prefix| format!("{code}{prefix}"))
        })
    })
}

/// The prefix of an entry that covers a national number.
fn covering(entry: &'static str, national: &str) -> Option<&'static str> {
    let (prefix, length) = match entry.split_once('/') {
        Some((prefix, length)) => (prefix, Some(length)),
        None => (entry, None),
    };
    let covered = national.starts_with(prefix)
        && length.is_none_or(|length| length.parse() == Ok(national.len()));
    covered.then_some(prefix)
}

/// The possible international numbers of the digits. Digits without a plus are read as they are and
/// with the country code of North America; fewer than seven are an extension.
pub(super) fn readings(phone: &Phone) -> Vec<String> {
    let digits = phone.digits.clone();
    match (phone.international, digits.len()) {
        (true, _) => vec![digits],
        (false, ..7) => Vec::new(),
        (false, 10) => vec![format!("1{digits}"), digits],
        (false, _) => vec![digits],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::e164;

    fn destination(text: &str) -> Destination {
        match (e164(text), Sip::parse(text)) {
            (Some(number), _) => Destination::Number(number),
            (None, Some(sip)) => Destination::Sip(sip),
            (None, None) => Destination::Other(text.to_owned()),
        }
    }

    #[test]
    fn an_emergency_number_is_known_in_every_spelling() {
        for number in [
            "112",
            "911",
            "999",
            "000",
            "110",
            "119",
            "113",
            "118",
            "100",
            "101",
            "102",
            "103",
            "108",
            "122",
            "190",
            "192",
            "9-1-1",
            "9 1 1",
            "(911)",
            "9.1.1",
            "911#",
            "*911",
            "#112",
            "*67911",
            "*67 911",
            "#31#112",
            "*31#112",
            "tel:911",
            "TEL:112",
            "tel:9-1-1",
            "911;phone-context=+1",
            "tel:911;phone-context=+1",
            "911,,1",
            "112w1",
            "112p",
            "+911",
            "+112",
            "00112",
            "+1911",
            "+1 911",
            "1911",
            "+44999",
            "+44 (999)",
            "+44112",
            "+49112",
            "0049112",
            "01149112",
            "+86-120",
            "+353999",
            "+61000",
            "+55190",
            "+26410111",
            "1300",
            "10111",
            "sip:911@example.com",
            "sip:9.1.1@example.com",
            "sip:9%31%31@example.com",
            "sip:911:x@example.com",
            "sips:112@10.0.0.1:5070",
            "sip:+1911@example.com",
            "sip:+1-911;ext=1@example.com;user=phone",
            "sip:%2B1911@example.com",
            "sip:+44999@example.com",
            "sip:0049112@example.com",
            "sip:*67911@example.com",
            "sip:911%23@example.com",
            "sip:911;phone-context=x@example.com",
        ] {
            assert!(is_emergency(&destination(number)), "{number}");
        }
    }

    #[test]
    fn a_number_that_only_starts_like_one_is_none() {
        for number in [
            "+15550100123",
            "+19115550123",
            "+15559110123",
            "+911125550123",
            "+911234567890",
            "+9112345678",
            "+919112345678",
            "+1125550123",
            "+442079460999",
            "+44999555010",
            "+49112555010",
            "+4911055501",
            "+99955501234",
            "+61000555010",
            "5550911",
            "9115550123",
            "1125550100",
            "sip:9115550123@example.com",
            "sip:1911@example.com",
            "sip:7101@example.com",
            "sip:bob911@example.com",
            "sip:911bob@example.com",
            "sip:desk@911.example.com",
            "sip:example.com",
            "bob",
        ] {
            assert!(!is_emergency(&destination(number)), "{number}");
        }
    }

    #[test]
    fn a_premium_rate_number_is_known_by_its_prefix() {
        for (number, prefix) in [
            ("+19005550100", "1900"),
            ("+449012345678", "449"),
            ("+448712345678", "4487"),
            ("+499001234567", "49900"),
            ("+33891234567", "3389"),
            ("+39892123456", "3989"),
            ("+34806123456", "34806"),
            ("+319061234567", "3190"),
            ("+43900123456", "4390"),
            ("+43930123456", "4393"),
            ("+41900123456", "4190"),
            ("+61190012345", "6119"),
            ("+81990123456", "81990"),
            ("+979123456789", "979"),
            ("+12469765555", "1246976"),
            ("+601600123456", "601600"),
            ("tel:+1-900-555-0100", "1900"),
            ("0019005550100", "1900"),
            ("19005550100", "1900"),
            ("9005550100", "1900"),
            ("+1900FLOWERS", "1900"),
            ("sip:+19005550100@example.com", "1900"),
            ("sip:9005550100@example.com", "1900"),
            ("sip:%2B1-900-555-0100;x=y@example.com;user=phone", "1900"),
        ] {
            let found = premium_prefix(&destination(number));
            assert_eq!(found.as_deref(), Some(prefix), "{number}");
        }
        for number in [
            "+15550100123",
            "+18005550100",
            "+442079460958",
            "+448001111111",
            "+447700900123",
            "+493012345678",
            "+498001234567",
            "+33123456789",
            "+33800123456",
            "+34900123456",
            "+60160123456",
            "+905321234567",
            "+61412345678",
            "+881612345678",
            "sip:9088@example.com",
            "sip:bob@example.com",
        ] {
            assert_eq!(premium_prefix(&destination(number)), None, "{number}");
        }
    }

    #[test]
    fn the_tables_are_well_formed() {
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        assert!(EMERGENCY.len() > 150 && PREMIUM.len() > 100);
        for (code, row) in EMERGENCY.iter().chain(PREMIUM.iter()) {
            assert!(is_digits(code) && code.len() <= 3, "{code}");
            for entry in row {
                let (digits, length) = entry.split_once('/').unwrap_or((entry, "1"));
                assert!(is_digits(&digits.replace('x', "0")), "{code} {entry}");
                assert!(length.parse::<usize>().is_ok(), "{code} {entry}");
            }
        }
    }
}
