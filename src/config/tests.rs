use std::fs;

use super::*;

fn read(region: Option<Region>, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::read(region, variable, Path::new("no such file"))
}

#[test]
fn the_address_follows_the_region() {
    for (region, address) in [
        (None, "https://api.vapi.ai"),
        (Some(Region::Us), "https://api.vapi.ai"),
        (Some(Region::Eu), "https://api.eu.vapi.ai"),
    ] {
        assert_eq!(read(region, &[]).unwrap().base_url, address);
    }
}

#[test]
fn another_address_must_be_one_that_a_key_may_be_sent_to() {
    for (given, address) in [
        (
            "https://api.staging.vapi.ai/",
            "https://api.staging.vapi.ai",
        ),
        (
            "https://proxy.example.com/vapi/",
            "https://proxy.example.com/vapi",
        ),
        (" http://localhost:3000 ", "http://localhost:3000"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://[::1]:1", "http://[::1]:1"),
    ] {
        assert_eq!(
            read(None, &[(BASE_URL_VARIABLE, given)]).unwrap().base_url,
            address
        );
    }
    for given in [
        "http://api.vapi.ai",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "ftp://localhost",
        "api.vapi.ai",
        "https://me:s3cret?x@proxy.example.com",
        "https://me:s3cret@api.vapi.ai",
        "https://api.vapi.ai/?key=s3cret",
        "https://api.vapi.ai/#s3cret",
    ] {
        let error = read(None, &[(BASE_URL_VARIABLE, given)])
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(BASE_URL_VARIABLE), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    let config = read(None, &[(BASE_URL_VARIABLE, " ")]).unwrap();
    assert_eq!(config.base_url, "https://api.vapi.ai");
    let config = read(Some(Region::Eu), &[(BASE_URL_VARIABLE, "")]).unwrap();
    assert_eq!(config.base_url, "https://api.eu.vapi.ai");
}

#[test]
fn a_dotenv_file_gives_the_key_and_nothing_else() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join(".env");
    let from = |text: &str| {
        fs::write(&file, text).unwrap();
        Config::read(None, |_| None, &file).unwrap()
    };
    let other = "VAPI_API_BASE_URL=https://example.com\nVAPI_MCP_REGION=eu\nVAPI_TOKEN=a\n";
    let config = from(other);
    assert_eq!(config.base_url, "https://api.vapi.ai");
    for (text, key) in [
        (other, Some("a")),
        ("\u{feff}VAPI_TOKEN=a", Some("a")),
        ("export VAPI_TOKEN = 'a b' # c\r\n", None),
        ("VAPI_TOKEN=\"a#b\" # c", Some("a#b")),
        ("VAPI_TOKEN=a # c", Some("a")),
        ("VAPI_TOKEN=a\t# c", Some("a")),
        ("VAPI_TOKEN=a#b\t#\u{a0}c # d", Some("a#b")),
        ("VAPI_TOKEN='a'\t# c", Some("a")),
        ("\texport\tVAPI_TOKEN\t=\ta\t# c\r\n", Some("a")),
        ("VAPI_TOKEN=\t# only a comment", None),
        ("exportVAPI_TOKEN=a", None),
        ("VAPI_TOKEN=a\nVAPI_TOKEN=b", Some("b")),
        ("VAPI_TOKENS=a\n#VAPI_TOKEN=b", None),
        ("VAPI_TOKEN=${HOME}", None),
        ("VAPI_TOKEN=x$HOME", Some("x$HOME")),
    ] {
        let token = from(text).token.ok();
        let sent = token.map(|token| token.authorization().to_str().unwrap().to_owned());
        assert_eq!(sent, key.map(|key| format!("Bearer {key}")), "{text}");
    }
}

#[test]
fn comments_and_values_of_others_may_hold_any_bytes() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join(".env");
    let read = |text: &[u8]| {
        fs::write(&file, text).unwrap();
        let token = Config::read(None, |_| None, &file).unwrap().token?;
        Ok::<_, MissingToken>(token.authorization().to_str().unwrap().to_owned())
    };
    for text in [
        &b"# Schl\xfcssel\nVAPI_TOKEN=a"[..],
        b"VAPI_TOKEN=a # Schl\xfcssel",
        b"VAPI_TOKEN=a\t#\xff\xfe\x80\n\t# \xc3\x28",
        b"NAME=M\xfcller\r\nVAPI_TOKEN='a'\t# \xe9\r\n",
        b"\xef\xbb\xbfVAPI_TOKEN=a\n#\xff",
    ] {
        assert_eq!(read(text), Ok("Bearer a".to_owned()), "{text:?}");
    }
    let refused = Err(MissingToken::Dotenv("it is not UTF-8 text".to_owned()));
    assert_eq!(read(b"VAPI_TOKEN=a\xff # c"), refused);
    let utf16: Vec<u8> = "VAPI_TOKEN=a\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for text in [utf16.clone(), [b"\xff\xfe".to_vec(), utf16].concat()] {
        assert_eq!(read(&text), refused);
    }
}

#[test]
fn a_dotenv_that_cannot_be_read_gives_no_key_but_a_reason() {
    let folder = tempfile::TempDir::new().unwrap();
    let message = |file: &Path| {
        let config = Config::read(None, |_| None, file).unwrap();
        config.token.unwrap_err().to_string()
    };
    // As some call a Python environment.
    let text = message(folder.path());
    assert!(text.contains("is not set, and the file .env cannot be used: it is a directory"));
    #[cfg(unix)]
    {
        let link = folder.path().join("endless");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        assert!(message(&link).contains("it is a device, not a regular file"));
        let link = folder.path().join("dangling");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert!(message(&link).contains("it is a link to a file that does not exist"));
    }
    let file = folder.path().join("file");
    fs::write(&file, format!("VAPI_TOKEN=a\n{}", "#".repeat(70_000))).unwrap();
    assert!(message(&file).contains("it is larger than 65536 bytes"));
    fs::write(&file, b"VAPI_TOKEN=a\n\xff").unwrap();
    assert!(message(&file).contains("it is not UTF-8 text"));
    fs::write(&file, "OTHER=a").unwrap();
    assert!(message(&file).starts_with("VAPI_TOKEN is not set. "));
}

#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn certificates_are_read_from_a_regular_file_only() {
    for (file, message) in [("/dev/zero", "a device"), ("/", "a directory")] {
        let error = read(None, &[(CERTIFICATES_VARIABLE, file)]).unwrap_err();
        let expected = format!("SSL_CERT_FILE cannot be used: it is {message}, not a regular file");
        assert_eq!(error.to_string(), expected);
    }
    assert!(read(None, &[(CERTIFICATES_VARIABLE, "/no such file")]).is_ok());
}

#[test]
fn a_proxy_is_refused_where_it_would_be_used() {
    let bad = ("HTTPS_PROXY", "ftp://proxy:21");
    let error = read(None, &[bad]).unwrap_err().to_string();
    assert!(error.starts_with("HTTPS_PROXY cannot be used: "), "{error}");
    assert!(read(None, &[("HTTPS_PROXY", "socks5h://proxy:1080")]).is_ok());
    let local = (BASE_URL_VARIABLE, "http://127.0.0.1:1");
    assert!(read(None, &[bad, local]).is_ok());
}

#[test]
fn two_addresses_are_one_too_many() {
    let both = read(
        Some(Region::Eu),
        &[(BASE_URL_VARIABLE, "https://api.vapi.ai")],
    );
    assert_eq!(both.unwrap_err(), ConfigError::ConflictingAddresses);
}

#[test]
fn what_is_no_key_is_told_by_its_kind() {
    assert!(
        read(None, &[(TOKEN_VARIABLE, " key\n")])
            .unwrap()
            .token
            .is_ok()
    );
    for (key, reason) in [
        (None, MissingToken::Unset),
        (Some(""), MissingToken::Invalid(TokenError::Empty)),
        (
            Some("${VAPI_TOKEN}"),
            MissingToken::Invalid(TokenError::Placeholder),
        ),
        (
            Some("two words"),
            MissingToken::Invalid(TokenError::Characters),
        ),
        (
            Some("schlüssel"),
            MissingToken::Invalid(TokenError::Characters),
        ),
    ] {
        let variables: Vec<_> = key.map(|key| (TOKEN_VARIABLE, key)).into_iter().collect();
        assert_eq!(read(None, &variables).unwrap().token.unwrap_err(), reason);
    }
}

#[test]
fn a_configuration_can_be_printed_without_its_key() {
    let config = read(None, &[(TOKEN_VARIABLE, "s3cret")]).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
}
