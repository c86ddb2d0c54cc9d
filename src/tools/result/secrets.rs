//! What no answer may show: one table of names, and how each is hidden.

use std::{collections::HashMap, sync::LazyLock};

/// How the value of a name is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The value, whatever it is, unless it is null.
    Value,
    /// The value when it is a string; as an object or number it is something else.
    Text,
    /// Every scalar below; keys stay.
    Each,
    /// Every scalar below, but in the form of a JSON schema only what could carry a value.
    Headers,
    /// User, password and query of a URL.
    Url,
}

use Rule::{Each, Headers, Text, Url, Value};

/// Names of keys, or `parent/name`, each with its rule. Names are compared with regard to case.
pub const TABLE: &[(&str, Rule)] = &[
    // Keys, tokens and passwords of providers and credentials.
    ("AccessKeyId", Value),
    ("SecretAccessKey", Value),
    ("SessionToken", Value),
    ("accessKeyId", Value),
    ("accessToken", Value),
    ("apiKey", Value),
    ("apiSecret", Value),
    ("authPassword", Value),
    ("authToken", Value),
    ("authorizationId", Value),
    ("awsAccessKeyId", Value),
    ("awsSecretAccessKey", Value),
    ("callToken", Value),
    ("clientSecret", Value),
    ("connectionString", Value),
    ("gcpKey", Value),
    ("hmacAccessKey", Value),
    ("hmacSecret", Value),
    ("jwtSecret", Value),
    ("ocpApimSubscriptionKey", Value),
    ("openAIKey", Value),
    ("password", Value),
    ("privateKey", Value),
    ("privateKeyId", Value),
    ("refreshToken", Value),
    ("secret", Value),
    ("secretAccessKey", Value),
    ("secretKey", Value),
    ("serverUrlSecret", Value),
    ("sessionToken", Value),
    ("token", Text),
    ("twilioApiKey", Value),
    ("twilioApiSecret", Value),
    ("twilioAuthToken", Value),
    ("vonageApiKey", Value),
    ("vonageApiSecret", Value),
    ("vonageApplicationPrivateKey", Value),
    // Identifiers of accounts elsewhere.
    ("accountSid", Value),
    ("twilioAccountSid", Value),
    // Whatever a person put into headers and logins.
    ("authentication", Each),
    ("authenticationSession", Each),
    ("headers", Headers),
    ("responseHeaders", Headers),
    ("sipHeaders", Headers),
    // What a carrier sent: caller identity, addresses, instructions with tokens in them.
    ("phoneCallProviderDetails/sip", Value),
    ("phoneCallProviderDetails/twiml", Value),
    // Addresses that need no key: who has them listens, speaks or downloads.
    ("callUrl", Value),
    ("logUrl", Value),
    ("monitor", Each),
    ("pcapUrl", Value),
    ("webCallUrl", Value),
    ("webhookUrl", Value),
    ("websocketCallUrl", Value),
    // Addresses of a person's own servers.
    ("serverUrl", Url),
    ("url", Url),
];

/// Names that start so and end in `Url` hide their value.
const PRESIGNED: &str = "presigned";

/// The text that stands for what is hidden, as JSON.
pub const REDACTED: &[u8] = b"\"[redacted]\"";

static RULES: LazyLock<HashMap<&str, Rule>> = LazyLock::new(|| TABLE.iter().copied().collect());

/// How the value of the key `name`, found in the value of the key `parent`, is hidden, if it is.
pub fn rule(parent: &str, name: &str) -> Option<Rule> {
    if name.starts_with(PRESIGNED) && name.ends_with("Url") {
        return Some(Value);
    }
    if let Some(rule) = RULES.get(name) {
        return Some(*rule);
    }
    if parent == "phoneCallProviderDetails" {
        return RULES.get(format!("{parent}/{name}").as_str()).copied();
    }
    None
}

/// Keywords of a JSON schema whose values tell its form and carry no value of their own.
pub const SCHEMA_FORM: &[&str] = &[
    "type",
    "format",
    "description",
    "title",
    "required",
    "nullable",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "pattern",
];

/// The URL with its user, password and query hidden.
pub fn hide_url(url: &str) -> String {
    let (before, query) = match url.find(['?', '#']) {
        Some(at) => (url.get(..at).unwrap_or_default(), "?[redacted]"),
        None => (url, ""),
    };
    let authority = before.find("//").map_or(0, |at| at + 2);
    let rest = before.get(authority..).unwrap_or_default();
    let host_end = rest.find('/').unwrap_or(rest.len());
    let login_end = rest.get(..host_end).and_then(|host| host.rfind('@'));
    match login_end {
        Some(at) => format!(
            "{}[redacted]{}{query}",
            before.get(..authority).unwrap_or_default(),
            rest.get(at..).unwrap_or_default()
        ),
        None => format!("{before}{query}"),
    }
}
