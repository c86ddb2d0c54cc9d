//! The address of the API and the key, from the environment, `.env` and `--region`.

mod dotenv;
#[cfg(test)]
mod tests;

use std::{fmt, io, path::Path};

use clap::ValueEnum;
pub use installer::entry::{BASE_URL_VARIABLE, TOKEN_VARIABLE};
use reqwest::Url;

use self::dotenv::token_in;
use crate::api::{Api, BadProxy, Limits, Token, TokenError, proxy};

/// The variable that names a file of CA certificates to trust instead of the system's. It has no
/// effect on systems that verify certificates themselves.
const CERTIFICATES_VARIABLE: &str = "SSL_CERT_FILE";

/// The maximum size of a certificate file, in bytes. Those of operating systems have about 250 kB.
const MAX_CERTIFICATES: u64 = 16 << 20;

/// A region of Vapi. A key is valid in one region only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Region {
    /// The United States, `api.vapi.ai`.
    Us,
    /// The European Union, `api.eu.vapi.ai`.
    Eu,
}

impl Region {
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
    /// The base URL of the API, without a trailing slash.
    pub base_url: String,
    /// The key, or the reason why there is none. The server also starts without a key.
    pub token: Result<Token, MissingToken>,
    /// Whether the sandbox replaces the API.
    pub sandbox: bool,
}

/// The reason why there is no key. The message says what to do and becomes the result of tool
/// calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissingToken {
    /// The variable is not set.
    Unset,
    /// The variable is not set and `.env` could not be read, for this reason.
    Dotenv(String),
    /// The value cannot be a key.
    Invalid(TokenError),
}

impl fmt::Display for MissingToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => write!(f, "{TOKEN_VARIABLE} is not set.")?,
            Self::Dotenv(reason) => write!(
                f,
                "{TOKEN_VARIABLE} is not set, and the file .env cannot be used: {reason}."
            )?,
            Self::Invalid(error) => write!(f, "{TOKEN_VARIABLE} cannot be used: {error}.")?,
        }
        write!(
            f,
            " Put your private Vapi API key (dashboard, API Keys) into the variable \
             {TOKEN_VARIABLE}, in the `env` of this server in the MCP client's configuration or in \
             your shell, and start again."
        )
    }
}

/// An invalid configuration, with which the server does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Two settings contradict each other.
    #[error(
        "{BASE_URL_VARIABLE} and --region (or VAPI_MCP_REGION) both set the base URL of the API; remove one of them"
    )]
    ConflictingAddresses,
    /// The key may not be sent to this address.
    #[error("{BASE_URL_VARIABLE} cannot be used: {0}")]
    BaseUrl(&'static str),
    /// A variable whose value is invalid.
    #[error("{0} cannot be used: {1}")]
    Variable(&'static str, String),
    /// The proxy cannot be used.
    #[error(transparent)]
    Proxy(#[from] BadProxy),
    /// The sandbox cannot be started.
    #[cfg(feature = "sandbox")]
    #[error(transparent)]
    Sandbox(#[from] crate::sandbox::DocumentError),
}

impl Config {
    /// Reads the configuration. `variable` looks up an environment variable. `dotenv` is a file
    /// from which only `VAPI_TOKEN` is read, if the variable is not set: editors start servers in
    /// unreviewed repositories, whose `.env` must not redirect the key.
    pub fn read(
        region: Option<Region>,
        variable: impl Fn(&str) -> Option<String>,
        dotenv: &Path,
    ) -> Result<Self, ConfigError> {
        // Clients pass fields that were left empty as empty variables.
        let non_empty = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let base_url = match (non_empty(BASE_URL_VARIABLE), region) {
            (Some(_), Some(_)) => return Err(ConfigError::ConflictingAddresses),
            (Some(url), None) => base_url(&url)?,
            (None, region) => region.unwrap_or(Region::Us).base_url().to_owned(),
        };
        if base_url.starts_with("https://") {
            proxy::configured(&variable)?;
        }
        check_certificates(non_empty(CERTIFICATES_VARIABLE).as_deref())?;
        let key = match variable(TOKEN_VARIABLE) {
            Some(key) => Ok(key),
            None => match token_in(dotenv) {
                Ok(Some(key)) => Ok(key),
                Ok(None) => Err(MissingToken::Unset),
                Err(error) => Err(MissingToken::Dotenv(error.to_string())),
            },
        };
        let token = key.and_then(|key| Token::new(&key).map_err(MissingToken::Invalid));
        Ok(Self {
            base_url,
            token,
            sandbox: false,
        })
    }

    /// The configuration of the sandbox, which needs no key.
    #[cfg(feature = "sandbox")]
    pub fn sandbox() -> Self {
        Self {
            base_url: crate::sandbox::ADDRESS.to_owned(),
            token: Token::new("sandbox").map_err(MissingToken::Invalid),
            sandbox: true,
        }
    }

    /// The API with this configuration.
    pub fn api(&self, limits: Limits) -> Result<Api, ConfigError> {
        #[cfg(feature = "sandbox")]
        if self.sandbox {
            return Ok(Api::sandbox(limits)?);
        }
        Ok(Api::new(self.base_url.clone(), limits))
    }
}

fn base_url(value: &str) -> Result<String, ConfigError> {
    // The error does not repeat the value, which may contain a password.
    let refuse = ConfigError::BaseUrl;
    let url = Url::parse(value.trim())
        .map_err(|_| refuse("it is not a valid URL such as https://api.vapi.ai"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it contains a login; set the key in VAPI_TOKEN"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse(
            "it contains a query or fragment; use a URL such as https://api.vapi.ai",
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

/// Whether the host of a URL is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Checks that the file is a regular file, because the library that reads it would block on a FIFO
/// and never finish reading a device.
fn check_certificates(file: Option<&str>) -> Result<(), ConfigError> {
    let Some(file) = file.filter(|_| cfg!(all(unix, not(target_vendor = "apple")))) else {
        return Ok(());
    };
    match regular_file::check(Path::new(file), MAX_CERTIFICATES) {
        // The library reports a missing file itself.
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ConfigError::Variable(
            CERTIFICATES_VARIABLE,
            error.to_string(),
        )),
        _ => Ok(()),
    }
}
