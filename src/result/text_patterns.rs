//! Bytes and words by which secrets in texts are recognised.

/// Whether a byte may be part of a name.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(byte, b'_' | b'-' | b'.' | b'%' | b'$' | b'+' | b'~')
}

/// Whether a value or an address ends before this byte.
pub(super) fn is_end(byte: u8) -> bool {
    byte <= b' ' || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\')
}

/// Whether a byte may be part of credentials in an `Authorization` header.
pub(super) fn is_credential(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b':')
}

/// Whether a word ends in the scheme of an address, with which any number of slashes may follow.
pub(super) fn is_url_scheme(word: &str) -> bool {
    const SCHEMES: [&str; 18] = [
        "amqp",
        "amqps",
        "ftp",
        "ftps",
        "git",
        "http",
        "https",
        "mongodb",
        "mysql",
        "postgres",
        "postgresql",
        "redis",
        "rediss",
        "rtmp",
        "sftp",
        "ssh",
        "ws",
        "wss",
    ];
    let start = word
        .rfind(|c: char| !c.is_ascii_alphanumeric())
        .map_or(0, |at| at + 1);
    let word = word.get(start..).unwrap_or(word);
    SCHEMES
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Whether a word is the scheme of an `Authorization` header.
pub(super) fn is_auth_scheme(word: &str) -> bool {
    ["basic", "bearer"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Whether the value of a header of this name extends to the end of the line.
pub(super) fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("authorization") || name.ends_with("cookie")
}

/// Whether a word has the format of a known kind of key.
pub(super) fn is_known_key(word: &str) -> bool {
    const PREFIXES: [&str; 20] = [
        "sk-",
        "sk_live_",
        "sk_test_",
        "rk_live_",
        "rk_test_",
        "whsec_",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "xoxa-",
        "xapp-",
        "hf_",
        "gsk_",
        "xai-",
        "AIza",
    ];
    const MIN_LENGTH: usize = 8;
    if word.len() < MIN_LENGTH {
        return false;
    }
    let rest = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix));
    let is_key = rest.is_some_and(|rest| {
        rest.len() >= MIN_LENGTH && rest.bytes().any(|byte| byte.is_ascii_digit())
    });
    // Every JSON web token starts with the encoding of `{"`.
    let is_jwt = word.starts_with("eyJ") && word.len() >= 20 && word.matches('.').count() >= 2;
    is_key || is_jwt
}

/// Whether a value after a colon is probably a key and not a word of a sentence.
pub(super) fn is_probably_key(value: &str) -> bool {
    const MIN_LENGTH: usize = 4;
    let value = value.trim_end_matches(['.', ',', '!', '?', ':']);
    let is_mixed = value.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && value.bytes().any(|byte| byte.is_ascii_lowercase());
    value.len() >= MIN_LENGTH
        && (is_mixed
            || value.len() >= 24
            || value
                .bytes()
                .any(|byte| !byte.is_ascii_alphabetic() && byte < 0x80))
}
