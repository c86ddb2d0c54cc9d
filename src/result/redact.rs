//! The names of secrets, and how the value of each is hidden. Names are compared regardless of case
//! and separators.

use std::{collections::HashMap, sync::LazyLock};

use super::normalized_name::NormalizedName;

/// How the value of a secret name is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Hides any value except null and booleans.
    Value,
    /// Hides strings, including those in lists.
    Text,
    /// Hides every scalar at any depth; keys are shown.
    Each,
    /// Hides every scalar at any depth; in a JSON schema, only keywords that may carry a value.
    Headers,
    /// Hides user, password and query of a URL.
    Url,
}

use Rule::{Each, Headers, Text, Url, Value};

/// Names of keys, or `parent/name`, each with its rule.
pub const TABLE: &[(&str, Rule)] = &[
    // Keys, tokens and passwords of providers and credentials.
    ("accessKeyId", Value),
    ("auth", Text),
    ("authorizationId", Value),
    ("awsAccessKeyId", Value),
    ("callToken", Value),
    ("credential", Text),
    ("gcpKey", Value),
    ("openAIKey", Value),
    ("privateKeyId", Value),
    ("pwd", Text),
    ("vapiKey", Value),
    // Identifiers of accounts elsewhere.
    ("accountSid", Value),
    ("twilioAccountSid", Value),
    // Headers and logins.
    ("authentication", Each),
    ("authenticationSession", Each),
    // Data of carriers: caller identity, addresses, instructions that contain tokens.
    ("phoneCallProviderDetails/sip", Value),
    ("phoneCallProviderDetails/twiml", Value),
    // URLs that work without a key: anyone who has one can listen, speak or download.
    ("callUrl", Value),
    ("controlUrl", Value),
    ("listenUrl", Value),
    ("logUrl", Value),
    ("monitor", Each),
    ("pcapUrl", Value),
    ("webCallUrl", Value),
    ("websocketCallUrl", Value),
    // URLs of the user's own servers.
    ("serverUrl", Url),
    ("url", Url),
];

/// Endings of names of secrets, folded.
pub const ENDINGS: &[(&str, Rule)] = &[
    ("accesskey", Value),
    ("accesstoken", Value),
    ("apikey", Value),
    ("apisecret", Value),
    ("apitoken", Value),
    ("authkey", Value),
    ("authorization", Value),
    ("authtoken", Value),
    ("bearertoken", Value),
    ("connectionstring", Value),
    ("cookie", Value),
    ("encryptionkey", Value),
    ("headers", Headers),
    ("hmackey", Value),
    ("idtoken", Value),
    ("jwt", Text),
    ("licensekey", Value),
    ("masterkey", Value),
    ("passphrase", Value),
    ("passwd", Value),
    ("password", Value),
    ("privatekey", Value),
    ("refreshtoken", Value),
    ("secret", Value),
    ("secretkey", Value),
    ("serviceaccountkey", Value),
    ("sessionkey", Value),
    ("sessiontoken", Value),
    ("sharedkey", Value),
    ("signingkey", Value),
    ("sshkey", Value),
    ("subscriptionkey", Value),
    ("webhookurl", Value),
    // These two are also names of values that are not secret.
    ("bearer", Text),
    ("token", Text),
];

/// Words before `token` in names that are not secret: tokens of pages and of language models.
const HARMLESS_TOKENS: &[&str] = &[
    "bos",
    "budget",
    "completion",
    "continuation",
    "end",
    "eos",
    "first",
    "input",
    "last",
    "mask",
    "max",
    "min",
    "next",
    "output",
    "pad",
    "page",
    "per",
    "prompt",
    "special",
    "start",
    "stop",
    "total",
    "unk",
];

/// Further names of secrets in the query of a URL.
const QUERY: &[&str] = &["key", "pass", "pw", "sig", "sign"];

/// Further endings of names of secrets in the query of a signed URL.
const QUERY_ENDINGS: &[&str] = &["credential", "signature"];

/// The values of names that start like this and end in `url` are hidden.
const PRESIGNED: &[u8] = b"presigned";

/// The replacement for hidden values.
pub const HIDDEN: &str = "[redacted]";

/// The replacement as a JSON string.
pub const REDACTED: &[u8] = b"\"[redacted]\"";

/// Keywords of a JSON schema that describe the format of a value.
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
    "additionalProperties",
];

/// Keywords by which an object is recognised as a JSON schema.
pub const SCHEMA_MARKS: &[&str] = &[
    "type",
    "$ref",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "enum",
    "const",
    "properties",
    "items",
    "format",
    "description",
    "title",
    "default",
    "examples",
];

/// Keywords of a JSON schema that carry values.
pub const SCHEMA_VALUES: &[&str] = &["default", "const", "enum", "value", "example", "examples"];

/// Keywords of a JSON schema under which every key is the name of a property.
pub const SCHEMA_NAMES: &[&str] = &[
    "properties",
    "patternProperties",
    "dependentSchemas",
    "$defs",
    "definitions",
];

static RULES: LazyLock<HashMap<Vec<u8>, Rule>> = LazyLock::new(|| {
    let names = TABLE.iter().filter(|(name, _)| !name.contains('/'));
    names
        .map(|(name, rule)| (NormalizedName::of(name).bytes().to_owned(), *rule))
        .collect()
});

/// The rule for the value of the key `name` within the value of the key `parent`, if it is secret.
pub fn rule(parent: &str, name: &str) -> Option<Rule> {
    let folded = NormalizedName::of(name);
    let name = folded.bytes();
    if matches!(name, b"sip" | b"twiml") {
        let details = NormalizedName::of(parent).bytes() == b"phonecallproviderdetails";
        return details.then_some(Value);
    }
    if folded.is_whole
        && name.starts_with(PRESIGNED)
        && (name.ends_with(b"url") || name.ends_with(b"urls"))
    {
        return Some(Value);
    }
    named(name).or_else(|| {
        // `apiKey2`, `passwordValue`.
        let digits = name
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let one = name.get(..name.len().saturating_sub(digits))?;
        let one = one.strip_suffix(b"value").unwrap_or(one);
        (one.len() < name.len()).then(|| named(one))?
    })
}

/// The rule of a folded name, which may be in the plural.
fn named(name: &[u8]) -> Option<Rule> {
    let of = |name: &[u8]| RULES.get(name).copied().or_else(|| ending(name));
    of(name).or_else(|| {
        let singular = name.strip_suffix(b"s")?;
        // `tokens` is a count, and `urls` are shown.
        of(singular).filter(|rule| match rule {
            Value => true,
            Text => !singular.ends_with(b"token"),
            _ => false,
        })
    })
}

fn ending(name: &[u8]) -> Option<Rule> {
    let (ending, rule) = ENDINGS
        .iter()
        .find(|(ending, _)| name.ends_with(ending.as_bytes()))?;
    let before = name.get(..name.len().saturating_sub(ending.len()))?;
    let harmless = *ending == "token"
        && HARMLESS_TOKENS
            .iter()
            .any(|word| before.ends_with(word.as_bytes()));
    (!harmless).then_some(*rule)
}

/// Whether the value after this name is hidden in a text.
pub fn is_secret(name: &str) -> bool {
    matches!(rule("", name), Some(Value | Text))
}

/// Whether the value of a query parameter of this name is hidden.
pub fn is_secret_in_query(name: &str) -> bool {
    let folded = NormalizedName::of(name);
    let folded = folded.bytes();
    is_secret(name)
        || QUERY.iter().any(|known| folded == known.as_bytes())
        || QUERY_ENDINGS
            .iter()
            .any(|ending| folded.ends_with(ending.as_bytes()))
}

/// Whether every value below this name is hidden.
pub fn holds_secrets(name: &str) -> bool {
    matches!(rule("", name), Some(Each | Headers))
}

/// Whether this is the key of the URL of a recording or an artifact, which is unusable without its
/// query.
pub fn is_artifact_address(artifact: bool, name: &str) -> bool {
    let folded = NormalizedName::of(name);
    let name = folded.bytes();
    let ends = |ending: &[u8]| name.ends_with(ending);
    ends(b"recordingurl")
        || ends(b"recordingurls")
        || ends(b"recording")
        || artifact && (ends(b"url") || ends(b"urls") || ends(b"uri"))
}

/// Whether the values below this key belong to a recording or an artifact.
pub fn is_artifact(name: &str) -> bool {
    matches!(name, "artifact" | "artifacts" | "recording" | "recordings")
}

/// Whether this is the key of the name in a name/value object such as
/// `{"name": "Authorization", "value": "…"}`.
pub fn is_name_of_pair(key: &str) -> bool {
    matches!(
        NormalizedName::of(key).bytes(),
        b"name"
            | b"key"
            | b"header"
            | b"headername"
            | b"field"
            | b"fieldname"
            | b"parameter"
            | b"parametername"
            | b"param"
            | b"property"
            | b"variable"
            | b"variablename"
    )
}

/// Whether this is the key of the value in a name/value object.
pub fn is_value_of_pair(key: &str) -> bool {
    matches!(
        NormalizedName::of(key).bytes(),
        b"value"
            | b"values"
            | b"val"
            | b"headervalue"
            | b"fieldvalue"
            | b"parametervalue"
            | b"stringvalue"
            | b"plaintext"
    )
}

#[cfg(test)]
mod tests;
