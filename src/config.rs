//! The address of the API and the key: from the environment, `.env` and the region.

use std::{borrow::Cow, fmt, io, path::Path};

use clap::ValueEnum;
pub use installer::entry::{BASE_URL_VARIABLE, TOKEN_VARIABLE};
use reqwest::Url;

use crate::api::{Api, BadProxy, Limits, Token, TokenError, proxy};

/// The variable that names the certificates to trust instead of the system's, where the system has
/// no verifier of its own.
const CERTIFICATES_VARIABLE: &str = "SSL_CERT_FILE";

/// The largest `.env`, in bytes.
const DOTENV_BOUND: u64 = 64 << 10;

/// The largest file of certificates, in bytes; systems ship about 250 kB.
const CERTIFICATES_BOUND: u64 = 16 << 20;

/// A region of Vapi. A key belongs to one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Region {
    /// The United States, `api.vapi.ai`.
    Us,
    /// The European Union, `api.eu.vapi.ai`.
    Eu,
}

impl Region {
    /// Its address.
    pub(crate) fn base_url(self) -> &'static str {
        match self {
            Self::Us => "https://api.vapi.ai",
            Self::Eu => "https://api.eu.vapi.ai",
        }
    }
}

/// The configuration of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of the API, without a slash at its end.
    pub base_url: String,
    /// The key, or why there is none; the server starts without one.
    pub token: Result<Token, NoToken>,
    /// Whether the sandbox stands in for the API.
    pub sandbox: bool,
}

/// Why there is no key. The text says what to do, for whoever reads the result of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoToken {
    /// The variable is not set.
    Unset,
    /// The variable is not set and `.env` could not be read, for this reason.
    Dotenv(String),
    /// Its value is no key.
    Bad(TokenError),
}

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => write!(f, "{TOKEN_VARIABLE} is not set.")?,
            Self::Dotenv(reason) => write!(
                f,
                "{TOKEN_VARIABLE} is not set, and the file .env cannot be used: {reason}."
            )?,
            Self::Bad(error) => write!(f, "{TOKEN_VARIABLE} cannot be used: {error}.")?,
        }
        write!(
            f,
            " Put your private Vapi API key (dashboard, API Keys) into the variable \
             {TOKEN_VARIABLE}, in the `env` of this server in the MCP client's configuration or in \
             your shell, and start again."
        )
    }
}

/// Why the server does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Two settings contradict each other.
    #[error(
        "{BASE_URL_VARIABLE} and --region (or VAPI_MCP_REGION) both set the address of the API; keep one of them"
    )]
    TwoAddresses,
    /// Not an address that a key may be sent to.
    #[error("{BASE_URL_VARIABLE} cannot be used: {0}")]
    BaseUrl(&'static str),
    /// A variable whose value is invalid.
    #[error("{0} cannot be used: {1}")]
    Variable(&'static str, String),
    /// Not a proxy that can be used.
    #[error(transparent)]
    Proxy(#[from] BadProxy),
    /// The sandbox cannot stand in for the API.
    #[cfg(feature = "sandbox")]
    #[error(transparent)]
    Sandbox(#[from] crate::sandbox::DocumentError),
}

impl Config {
    /// Reads the configuration. `variable` looks a variable of the environment up; `dotenv` is the
    /// file whose `VAPI_TOKEN`, and nothing else, stands in for an unset one: editors start
    /// servers inside repositories that nobody has read, and such a file must not send the key
    /// elsewhere.
    pub fn read(
        region: Option<Region>,
        variable: impl Fn(&str) -> Option<String>,
        dotenv: &Path,
    ) -> Result<Self, ConfigError> {
        // Clients pass fields that were left empty as empty variables.
        let given = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let base_url = match (given(BASE_URL_VARIABLE), region) {
            (Some(_), Some(_)) => return Err(ConfigError::TwoAddresses),
            (Some(given), None) => base_url(&given)?,
            (None, region) => region.unwrap_or(Region::Us).base_url().to_owned(),
        };
        if base_url.starts_with("https://") {
            proxy::configured(&variable)?;
        }
        check_certificates(given(CERTIFICATES_VARIABLE).as_deref())?;
        let key = match variable(TOKEN_VARIABLE) {
            Some(key) => Ok(key),
            None => token_in(dotenv),
        };
        let token = key.and_then(|key| Token::new(&key).map_err(NoToken::Bad));
        Ok(Self {
            base_url,
            token,
            sandbox: false,
        })
    }

    /// The sandbox, whatever else is configured. It gets no key.
    #[cfg(feature = "sandbox")]
    pub fn sandbox() -> Self {
        Self {
            base_url: crate::sandbox::ADDRESS.to_owned(),
            token: Token::new("sandbox").map_err(NoToken::Bad),
            sandbox: true,
        }
    }

    /// The API that this leads to.
    pub fn api(&self, limits: Limits) -> Result<Api, ConfigError> {
        #[cfg(feature = "sandbox")]
        if self.sandbox {
            return Ok(Api::sandbox(limits)?);
        }
        Ok(Api::new(self.base_url.clone(), limits))
    }
}

fn base_url(given: &str) -> Result<String, ConfigError> {
    // The value is not repeated: it may hold a password.
    let refuse = ConfigError::BaseUrl;
    let url = Url::parse(given.trim())
        .map_err(|_| refuse("it is not a valid URL; use the form https://api.vapi.ai"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it contains a login; the key goes into VAPI_TOKEN"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse(
            "it contains a query or fragment; use the form https://api.vapi.ai",
        ));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => {
            return Err(refuse(
                "the key is sent only over https, except to this machine",
            ));
        }
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether the address is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// The library that reads the certificates waits for a FIFO and reads a device without a bound.
fn check_certificates(file: Option<&str>) -> Result<(), ConfigError> {
    let Some(file) = file.filter(|_| cfg!(all(unix, not(target_vendor = "apple")))) else {
        return Ok(());
    };
    match regular_file::check(Path::new(file), CERTIFICATES_BOUND) {
        // The library reports a missing file with the call that needs it.
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ConfigError::Variable(
            CERTIFICATES_VARIABLE,
            error.to_string(),
        )),
        _ => Ok(()),
    }
}

/// The last `VAPI_TOKEN` of the file. Variables in its value are not expanded: the file is not
/// trusted to choose what of the environment is sent away.
fn token_in(file: &Path) -> Result<String, NoToken> {
    let bytes = match regular_file::read_bytes(file, DOTENV_BOUND) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !file.is_symlink() => {
            return Err(NoToken::Unset);
        }
        Err(error) => return Err(NoToken::Dotenv(error.to_string())),
    };
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let mut key = Err(NoToken::Unset);
    for line in bytes.split(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let found = token_of(&text);
        // What comments and other programs' values hold is not read. A file in UTF-16 has zeros.
        let is_read = match found {
            Some(value) => value.contains(char::REPLACEMENT_CHARACTER),
            None => !text.contains('=') && !text.trim_start().starts_with('#'),
        };
        if line.contains(&0) || (is_read && matches!(text, Cow::Owned(_))) {
            return Err(NoToken::Dotenv(regular_file::not_text().to_string()));
        }
        if let Some(found) = found {
            key = Ok(found.to_owned());
        }
    }
    key
}

/// The value of a line `VAPI_TOKEN=…`, with `export` before it, quotes around it or a comment
/// behind it or without.
fn token_of(line: &str) -> Option<&str> {
    let line = line.trim();
    let exported = line.strip_prefix("export");
    let exported = exported.filter(|rest| rest.starts_with(char::is_whitespace));
    let value = exported
        .unwrap_or(line)
        .trim_start()
        .strip_prefix(TOKEN_VARIABLE)?
        .trim_start()
        .strip_prefix('=')?
        .trim();
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next();
        }
    }
    // Without white space before it, `#` is a part of the value.
    let comment = value.match_indices('#').find(|(at, _)| {
        value
            .get(..*at)
            .is_some_and(|before| before.trim_end() != before || before.is_empty())
    });
    let end = comment.map_or(value.len(), |(at, _)| at);
    value.get(..end).map(str::trim_end)
}

#[cfg(test)]
mod tests {
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
            Ok::<_, NoToken>(token.authorization().to_str().unwrap().to_owned())
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
        let refused = Err(NoToken::Dotenv("it is not UTF-8 text".to_owned()));
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
        let said = |file: &Path| {
            let config = Config::read(None, |_| None, file).unwrap();
            config.token.unwrap_err().to_string()
        };
        // As some call a Python environment.
        let text = said(folder.path());
        assert!(text.contains("is not set, and the file .env cannot be used: it is a directory"));
        #[cfg(unix)]
        {
            let link = folder.path().join("endless");
            std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
            assert!(said(&link).contains("it is a device, not a regular file"));
            let link = folder.path().join("dangling");
            std::os::unix::fs::symlink("nowhere", &link).unwrap();
            assert!(said(&link).contains("it is a link to a file that does not exist"));
        }
        let file = folder.path().join("file");
        fs::write(&file, format!("VAPI_TOKEN=a\n{}", "#".repeat(70_000))).unwrap();
        assert!(said(&file).contains("it is larger than 65536 bytes"));
        fs::write(&file, b"VAPI_TOKEN=a\n\xff").unwrap();
        assert!(said(&file).contains("it is not UTF-8 text"));
        fs::write(&file, "OTHER=a").unwrap();
        assert!(said(&file).starts_with("VAPI_TOKEN is not set. "));
    }

    #[cfg(all(unix, not(target_vendor = "apple")))]
    #[test]
    fn certificates_are_read_from_a_regular_file_only() {
        for (file, said) in [("/dev/zero", "a device"), ("/", "a directory")] {
            let error = read(None, &[(CERTIFICATES_VARIABLE, file)]).unwrap_err();
            let expected =
                format!("SSL_CERT_FILE cannot be used: it is {said}, not a regular file");
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
        assert_eq!(both.unwrap_err(), ConfigError::TwoAddresses);
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
            (None, NoToken::Unset),
            (Some(""), NoToken::Bad(TokenError::Empty)),
            (Some("${VAPI_TOKEN}"), NoToken::Bad(TokenError::Placeholder)),
            (Some("two words"), NoToken::Bad(TokenError::Characters)),
            (Some("schlüssel"), NoToken::Bad(TokenError::Characters)),
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
}
