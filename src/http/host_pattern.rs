//! Patterns of host names and origins, as `--allowed-hosts` and `--allowed-origins` list them.

use ::http::uri::Authority;

/// A host name in lower case, and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) name: String,
    port: Option<u16>,
}

/// The origin of a web page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    pub(super) host: Host,
}

/// `name` or `name:port`. The name can be `*` or begin with `*.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostPattern {
    name: NamePattern,
    port: Option<u16>,
}

/// A scheme and a host pattern other than `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OriginPattern {
    scheme: String,
    host: HostPattern,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum NamePattern {
    /// `*`.
    Any,
    /// `*.example.com`, without the asterisk.
    Subdomains(String),
    Exact(String),
}

impl Host {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let authority: Authority = text.trim().parse().ok()?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return None;
        }
        let port = authority.port().map(|port| port.as_u16());
        // What follows the name must be a port.
        if port.is_none() && authority.host().len() != authority.as_str().len() {
            return None;
        }
        let name = authority.host().to_ascii_lowercase();
        Some(Self { name, port })
    }
}

impl Origin {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, host) = text.trim().split_once("://")?;
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            host: Host::parse(host)?,
        })
    }
}

impl HostPattern {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let Host { name, port } = Host::parse(text)?;
        let name = match name.strip_prefix('*') {
            None => NamePattern::Exact(name),
            Some("") => NamePattern::Any,
            Some(suffix) if suffix.len() > 1 && suffix.starts_with('.') => {
                NamePattern::Subdomains(suffix.to_owned())
            }
            Some(_) => return None,
        };
        let rest = match &name {
            NamePattern::Any => "",
            NamePattern::Subdomains(name) | NamePattern::Exact(name) => name,
        };
        (!rest.contains('*')).then_some(Self { name, port })
    }

    /// A pattern without a port matches every port.
    pub(super) fn matches(&self, host: &Host) -> bool {
        self.matches_name(&host.name) && (self.port.is_none() || self.port == host.port)
    }

    fn matches_name(&self, name: &str) -> bool {
        match &self.name {
            NamePattern::Any => true,
            NamePattern::Subdomains(suffix) => {
                name.len() > suffix.len() && name.ends_with(suffix.as_str())
            }
            NamePattern::Exact(exact) => exact == name,
        }
    }
}

impl OriginPattern {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, host) = text.trim().split_once("://")?;
        let host = HostPattern::parse(host).filter(|host| host.name != NamePattern::Any)?;
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            host,
        })
    }

    /// Without a port, both mean the default port of the scheme.
    pub(super) fn matches(&self, origin: &Origin) -> bool {
        let default = default_port(&self.scheme);
        self.scheme == origin.scheme
            && self.host.matches_name(&origin.host.name)
            && self.host.port.or(default) == origin.host.port.or(default)
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}
