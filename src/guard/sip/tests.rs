use super::*;

#[test]
fn a_sip_address_follows_the_grammar() {
    for right in [
        "sip:bob@example.com",
        "SIPS:bob@Example.com:5061;transport=tls",
        "sip:example.com",
        "sip:+15550100123@[2001:db8::1]:5060",
        "sip:bob:pass@10.0.0.1?subject=x",
        "sip:bob:@example.com",
        "sip:alice;day=tuesday@example.com",
        "sip:+1-555-010-0123;ext=5@example.com;user=phone",
        "sip:%23%2a21@example.com",
        "sip:bob@example.com.",
        "sip:bob@a-b.c",
        "sip:bob@[::ffff:192.0.2.1]",
        "sip:bob@example.com;lr;x=[a]:/b&c$?a=&b=c",
        " sip:bob@example.com ",
    ] {
        assert!(Sip::parse(right).is_some(), "{right}");
    }
    for wrong in [
        "bob@example.com",
        "tel:+15550100123",
        "sip:",
        "sip:@example.com",
        "sip::x@example.com",
        "sip:bob@",
        "sip:bob@.",
        "sip:bob@ex ample.com",
        "sip:bob@example.com@example.org",
        "sip:bob@example.com:port",
        "sip:bob@example.com:",
        "sip:bob@example.com:0",
        "sip:bob@example.com:65536",
        "sip:bob@example.com:+5060",
        "sip:bob@[example]",
        "sip:bob@[::1",
        "sip:bob@::1",
        "sip:bob@example..com",
        "sip:bob@-example.com",
        "sip:bob@example-.com",
        "sip:bob@exa_mple.com",
        "sip:bob@*.example.com",
        "sip:bob@192.0.2.256",
        "sip:bob@192.0.2.1.",
        "sip:bob@127.1",
        "sip:bob@0x7f000001",
        "<sip:bob@example.com>",
        "sip:a#@ok.example.com",
        "sip:a\\@ok.example.com",
        "sip:a b@ok.example.com",
        "sip:a\"@ok.example.com",
        "sip:a[b]@ok.example.com",
        "sip:a^@ok.example.com",
        "sip:a%@ok.example.com",
        "sip:a%4@ok.example.com",
        "sip:a%zz@ok.example.com",
        "sip:a%+4@ok.example.com",
        "sip:a%00@ok.example.com",
        "sip:a%0d%0aVia:x@ok.example.com",
        "sip:bob:a;b@ok.example.com",
        "sip:bob:a:b@ok.example.com",
        "sip:bob@ok.example.com/x",
        "sip:bob@ok.example.com#x",
        "sip:bob@ok.example.com;",
        "sip:bob@ok.example.com;=x",
        "sip:bob@ok.example.com;x=",
        "sip:bob@ok.example.com;x=1;X=2",
        "sip:bob@ok.example.com;x=a=b",
        "sip:bob@ok.example.com?",
        "sip:bob@ok.example.com?x",
        "sip:bob@ok.example.com?x=1&",
        "sip:bob@ok.example.com?x=%0d%0a",
        "sip://bob@example.com",
        "sip:b\u{f6}b@example.com",
        "sip:bob@ex\u{e4}mple.com",
    ] {
        assert_eq!(Sip::parse(wrong), None, "{wrong}");
    }
    let long = format!("sip:{}@example.com", "a".repeat(LONGEST));
    assert_eq!(Sip::parse(&long), None);
}

#[test]
fn a_person_sees_all_of_an_address_but_the_password() {
    for (given, written) in [
        (
            "SIP:Bob%20X@Example.COM:5070;maddr=192.0.2.1?a=b",
            "sip:Bob%20X@example.com:5070;maddr=192.0.2.1?a=b",
        ),
        ("sips:bob:pass@host", "sips:bob:[redacted]@host"),
        ("sip:example.com.", "sip:example.com"),
    ] {
        assert_eq!(Sip::parse(given).unwrap().written(), written);
    }
}
