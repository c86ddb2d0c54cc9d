use super::*;
use crate::number::e164;

fn destination(text: &str) -> Destination {
    e164(text).map_or_else(
        || match Sip::parse(text) {
            Some(sip) => Destination::Sip(sip),
            None => Destination::Other(text.to_owned()),
        },
        Destination::Number,
    )
}

#[test]
fn only_what_a_pattern_covers_is_allowed() {
    let allowed: Allowed = "+1, +44 20,sip:*@example.com,sip:desk@*.example.org,sip:a*9@10.0.*"
        .parse()
        .unwrap();
    for right in [
        "+15550100123",
        "+442079460958",
        "sip:bob@example.com",
        "SIP:b%6Fb@example.com.",
        "sips:bob@EXAMPLE.com:5061",
        "sip:bob@example.com;transport=tcp",
        "sip:+15550100123@example.com;user=phone",
        "sip:%2321%23@example.com",
        "sip:desk@a.b.example.org",
        "sip:a9@10.0.0.1",
    ] {
        assert!(allowed.allows(&destination(right)), "{right}");
    }
    for wrong in [
        "+442179460958",
        "+4930901820",
        "15550100123",
        "sip:example.com",
        "sip:bob@example.org",
        "sip:bob@example.com.evil.test",
        "sip:bob@evil.test;x=@example.com",
        "sip:bob@evil.test?x=sip:a%40example.com",
        "sip:bob@example.com;maddr=192.0.2.1",
        "sip:bob@example.com;transport=tcp;maddr=192.0.2.1",
        "sip:bob@example.com;transport=%74cp",
        "sip:bob@example.com?Route=x",
        "sip:bob:pass@example.com",
        "sip:bob%40evil.test@example.com",
        "sip:bob%2540evil.test@example.com",
        "sip:bob;x=y@example.com",
        "sip:bob?x=y@example.com",
        "sip:evil.test/bob@example.com",
        "sip:Desk@a.example.org",
        "sip:desk@example.org",
        "sip:a9@10.0.evil.test",
        "sip:9@10.0.0.1",
    ] {
        assert!(!allowed.allows(&destination(wrong)), "{wrong}");
    }
    let secure: Allowed = "sips:*@example.com".parse().unwrap();
    assert!(!secure.allows(&destination("sip:bob@example.com")));
}

#[test]
fn what_an_entry_covers_is_denied_however_it_is_written() {
    let denied: Denied = "+1900,+4420,sip:Desk*@example.com,sip:*@*.example.org"
        .parse()
        .unwrap();
    for listed in [
        "+19005550100",
        "+442079460958",
        "19005550100",
        "9005550100",
        "tel:+44-20-7946-0958",
        "004420 7946 0958",
        "sip:desk@example.com",
        "sips:DESK1@EXAMPLE.com.:5070;maddr=192.0.2.1",
        "sip:%64esk:x@example.com",
        "sip:bob@a.example.org",
        "sip:+19005550100@gw.example.net",
        "sip:442079460958@gw.example.net",
        "sip:%2B1-900-555-0100@gw.example.net",
    ] {
        assert_eq!(
            denied.denies(&destination(listed)),
            Some(Denial::Listed),
            "{listed}"
        );
    }
    for unclear in [
        "07946 095812345",
        "bob",
        "sip:bob@example.com;maddr=192.0.2.1",
        "sip:bob@example.com?Route=x",
    ] {
        assert_eq!(
            denied.denies(&destination(unclear)),
            Some(Denial::Unclear),
            "{unclear}"
        );
    }
    for right in [
        "+18005550100",
        "+4930901820",
        "sip:bob@example.com",
        "sip:example.org",
    ] {
        assert_eq!(denied.denies(&destination(right)), None, "{right}");
    }
}

#[test]
fn premium_rate_numbers_need_an_entry_with_their_whole_prefix() {
    let sip = "sip:+19005550100@gw.example.com";
    for (list, number, allowed) in [
        ("+1", "+19005550100", false),
        ("+190", "+19005550100", false),
        ("+1900", "+19005550100", true),
        ("+19005550100", "+19005550100", true),
        ("+19005550101", "+19005550100", false),
        ("sip:*@gw.example.com", sip, false),
        ("sip:+1*@gw.example.com", sip, false),
        ("sip:+1900*@gw.example.com", sip, true),
        ("sip:+1900*@gw.example.org", sip, false),
        ("sip:*@gw.example.com,+1900", sip, true),
        ("sip:*@gw.example.com,+1", sip, false),
        (
            "sip:900*@gw.example.com",
            "sip:9005550100@gw.example.com",
            true,
        ),
    ] {
        let list: Allowed = list.parse().unwrap();
        let number = destination(number);
        assert_eq!(
            list.allows_premium(&number, "1900"),
            allowed,
            "{list:?} {number:?}"
        );
    }
}

#[test]
fn stars_match_any_text() {
    for (pattern, right, wrong) in [
        ("a", "a", "ab"),
        ("*", "", ""),
        ("a*", "a", "ba"),
        ("*a", "a", "ab"),
        ("a*a", "aa", "a"),
        ("a*b*c", "aXbbc", "acb"),
        ("a**c", "ac", "a"),
        ("*ab*ab*", "abab", "aba"),
    ] {
        let glob = Glob::new(pattern);
        assert!(glob.matches(right), "{pattern}");
        assert!(wrong.is_empty() || !glob.matches(wrong), "{pattern}");
    }
}

#[test]
fn a_pattern_that_says_nothing_is_refused() {
    for wrong in [
        "",
        "+",
        "+1,",
        "+0",
        "1",
        "*",
        "+1x",
        "sip:",
        "sip:a@b;transport=tcp",
        "sip:a:b@c",
        "sip:a#b%40@c",
        "sip:a@*..b",
        "sip:a@b_*",
        "sip:@*",
        "sip:a@*:0",
        "+1234567890123456",
    ] {
        let error = Allowed::from_str(wrong).unwrap_err();
        assert!(error.contains("is not a destination; give"), "{error}");
    }
}
