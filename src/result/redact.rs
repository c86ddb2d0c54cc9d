//! Secrets that no answer may show: one table of names, and how each is hidden. Names are compared
//! by their letters and digits, whatever the case and the separators.

use std::{collections::HashMap, sync::LazyLock};

/// How the value of a name is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The value, whatever it is, unless it is null, true or false.
    Value,
    /// Strings, also in a list; an object or a number is something else.
    Text,
    /// Every scalar below; keys stay.
    Each,
    /// Every scalar below, but in the form of a JSON schema only what could carry a value.
    Headers,
    /// User, password and query of a URL.
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
    // Whatever a person put into headers and logins.
    ("authentication", Each),
    ("authenticationSession", Each),
    // What a carrier sent: caller identity, addresses, instructions with tokens in them.
    ("phoneCallProviderDetails/sip", Value),
    ("phoneCallProviderDetails/twiml", Value),
    // Addresses that need no key: who has them listens, speaks or downloads.
    ("callUrl", Value),
    ("controlUrl", Value),
    ("listenUrl", Value),
    ("logUrl", Value),
    ("monitor", Each),
    ("pcapUrl", Value),
    ("webCallUrl", Value),
    ("websocketCallUrl", Value),
    // Addresses of a person's own servers.
    ("serverUrl", Url),
    ("url", Url),
];

/// What the names of secrets end in, folded.
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
    // These two also as words for what is no secret.
    ("bearer", Text),
    ("token", Text),
];

/// Words before `token` in names that are no secrets: of pages, and of language models.
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

/// Further names of secrets in the query of an address.
const QUERY: &[&str] = &["key", "pass", "pw", "sig", "sign"];

/// What further names of secrets in a query end in: those of signed addresses.
const QUERY_ENDINGS: &[&str] = &["credential", "signature"];

/// Names that start so and end in `url` hide their value.
const PRESIGNED: &[u8] = b"presigned";

/// The replacement for hidden values.
pub const HIDDEN: &str = "[redacted]";

/// The same as JSON.
pub const REDACTED: &[u8] = b"\"[redacted]\"";

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
    "additionalProperties",
];

/// Keywords by which an object is known as a JSON schema.
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
        .map(|(name, rule)| (Folded::of(name).bytes().to_owned(), *rule))
        .collect()
});

/// How the value of the key `name`, found in the value of the key `parent`, is hidden, if it is.
pub fn rule(parent: &str, name: &str) -> Option<Rule> {
    let folded = Folded::of(name);
    let name = folded.bytes();
    if matches!(name, b"sip" | b"twiml") {
        let details = Folded::of(parent).bytes() == b"phonecallproviderdetails";
        return details.then_some(Value);
    }
    if folded.is_whole
        && name.starts_with(PRESIGNED)
        && (name.ends_with(b"url") || name.ends_with(b"urls"))
    {
        return Some(Value);
    }
    named(name).or_else(|| {
        // One of several: `apiKey2`, `passwordValue`.
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

/// The rule of a folded name, or of the one that it is the plural of.
fn named(name: &[u8]) -> Option<Rule> {
    let of = |name: &[u8]| RULES.get(name).copied().or_else(|| ending(name));
    of(name).or_else(|| {
        let singular = name.strip_suffix(b"s")?;
        // `tokens` are counted, and `urls` are shown.
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

/// Whether the value of a parameter of this name is hidden, wherever it stands in a text.
pub fn is_secret(name: &str) -> bool {
    matches!(rule("", name), Some(Value | Text))
}

/// The same for a parameter in the query of an address.
pub fn is_secret_in_query(name: &str) -> bool {
    let folded = Folded::of(name);
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

/// Whether an address at this key is that of a recording or of an artifact, whose query is what
/// makes it usable.
pub fn is_artifact_address(artifact: bool, name: &str) -> bool {
    let folded = Folded::of(name);
    let name = folded.bytes();
    let ends = |ending: &[u8]| name.ends_with(ending);
    ends(b"recordingurl")
        || ends(b"recordingurls")
        || ends(b"recording")
        || artifact && (ends(b"url") || ends(b"urls") || ends(b"uri"))
}

/// Whether what is below this key belongs to a recording or an artifact.
pub fn is_artifact(name: &str) -> bool {
    matches!(name, "artifact" | "artifacts" | "recording" | "recordings")
}

/// Whether this key names what stands beside it, as in `{"name": "Authorization", "value": "…"}`.
pub fn is_name_of_pair(key: &str) -> bool {
    matches!(
        Folded::of(key).bytes(),
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

/// Whether this key holds the value of such a pair.
pub fn is_value_of_pair(key: &str) -> bool {
    matches!(
        Folded::of(key).bytes(),
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

/// A longer name is compared by its end.
const LONGEST: usize = 48;

/// A name as it is compared: its letters in lower case, and its digits.
struct Folded {
    buffer: [u8; LONGEST],
    length: usize,
    /// Whether it is all of the name.
    is_whole: bool,
}

impl Folded {
    fn of(name: &str) -> Self {
        let mut folded = Self {
            buffer: [0; LONGEST],
            length: 0,
            is_whole: true,
        };
        for c in name.chars() {
            if c.is_ascii_alphanumeric() {
                folded.push(c.to_ascii_lowercase());
            } else if !c.is_ascii() {
                // What only looks like an ASCII letter in another case or width.
                let narrow = match c {
                    '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
                    c => c,
                };
                let folds = narrow.to_uppercase().flat_map(char::to_lowercase);
                folds
                    .filter(char::is_ascii_alphanumeric)
                    .for_each(|c| folded.push(c));
            }
        }
        folded
    }

    fn push(&mut self, c: char) {
        let Ok(byte) = u8::try_from(c) else { return };
        if self.length == LONGEST {
            self.buffer.copy_within(LONGEST / 2.., 0);
            self.length = LONGEST - LONGEST / 2;
            self.is_whole = false;
        }
        if let Some(place) = self.buffer.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_separators() {
        for name in [
            "Authorization",
            "Proxy-Authorization",
            "api_key",
            "API-KEY",
            "APIKEY",
            "x-api-key",
            "xi-api-key",
            "X_Goog_Api_Key",
            "access_token",
            "id_token",
            "X-Auth-Token",
            "cookie",
            "Set-Cookie",
            "cookies",
            "client_secret",
            "CLIENT SECRET",
            "OPENAI_API_KEY",
            "apiKeys",
            "api.key",
            "passwd",
            "user_password",
            "password2",
            "passwordValue",
            "bearer",
            "jwt",
            "PRIVATE_KEY",
            "x-vapi-secret",
            "secrets",
            "refresh_tokens",
            "api\u{212a}ey",
            "\u{ff41}\u{ff50}\u{ff49}\u{ff2b}ey",
            "api\u{200b}Key",
            "pa\u{17f}\u{17f}word",
            "a-very-long-name-of-something-that-ends-in-what-is-secret-all-the-same-api-key",
            "Ocp-Apim-Subscription-Key",
            "slackWebhookUrl",
            "call_token",
            "TWILIO_AUTH_TOKEN",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "maxTokens",
            "tokens",
            "promptTokens",
            "completionTokens",
            "tokenCost",
            "tokenCount",
            "tokenUri",
            "nextPageToken",
            "eos_token",
            "credentialId",
            "credentialIds",
            "secretary",
            "secretIsBase64",
            "isServerUrlSecretSet",
            "passwordless",
            "passwordHint",
            "apiKeyId",
            "authorized",
            "sessionId",
            "username",
            "headerName",
            "signatureHeader",
            "key",
            "publicKey",
            "monkey",
            "cookieConsent",
            "authMode",
            "bearerPrefixEnabled",
            "promptCacheKey",
            "urls",
            "header",
            "description",
            "",
            "s",
            "2",
        ] {
            assert_eq!(rule("", name), None, "{name}");
        }
        assert_eq!(rule("", "request_headers"), Some(Headers));
        assert_eq!(rule("", "server_url"), Some(Url));
        assert_eq!(rule("phone_call_provider_details", "SIP"), Some(Value));
        assert_eq!(rule("customer", "sip"), None);
    }
}
