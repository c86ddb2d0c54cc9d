//! Checks of the Host and Origin headers.
//!
//! A web page can let its own host name resolve to this machine and then send requests to servers
//! that listen here (DNS rebinding). The browser still sends the name of the page in `Host` and
//! `Origin`.

use std::net::{IpAddr, SocketAddr};

use ::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::{
    host_pattern::{Host, HostPattern, Origin, OriginPattern},
    responses::error_response,
};

/// The allowed hosts and origins.
#[derive(Debug)]
pub(super) struct OriginCheck {
    hosts: Vec<HostPattern>,
    origins: Vec<OriginPattern>,
    /// Whether every IP address is allowed as a host. DNS rebinding needs a name.
    allows_ip_addresses: bool,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Forbidden {
    #[error("the Host header is missing or names another server; see --allowed-hosts")]
    Host,
    #[error("the Origin header names an origin that is not allowed; see --allowed-origins")]
    Origin,
}

impl IntoResponse for Forbidden {
    fn into_response(self) -> Response {
        error_response(StatusCode::FORBIDDEN, "forbidden", &self.to_string())
    }
}

impl OriginCheck {
    /// The check for a server that listens on this address. Its own address and the loopback names
    /// are allowed besides `hosts`, and the origins of this machine besides `origins`. An error is
    /// the first entry that is malformed.
    pub(super) fn new(
        listen: SocketAddr,
        hosts: &[String],
        origins: &[String],
    ) -> Result<Self, String> {
        let mut patterns: Vec<_> = ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .filter_map(|name| HostPattern::parse(name))
            .collect();
        if !listen.ip().is_unspecified() {
            patterns.extend(HostPattern::parse(&host_of(listen.ip())));
        }
        for host in hosts {
            patterns.push(HostPattern::parse(host).ok_or(host.as_str())?);
        }
        let origins: Result<_, &str> = origins
            .iter()
            .map(|origin| OriginPattern::parse(origin).ok_or(origin.as_str()))
            .collect();
        Ok(Self {
            hosts: patterns,
            origins: origins?,
            allows_ip_addresses: false,
        })
    }

    /// Also allows every IP address as a host, which metrics collectors use.
    pub(super) fn allowing_ip_addresses(self) -> Self {
        Self {
            allows_ip_addresses: true,
            ..self
        }
    }

    /// Checks both headers.
    pub(super) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Forbidden> {
        if !self.allows_host(uri, headers) {
            return Err(Forbidden::Host);
        }
        self.check_origin(headers)
    }

    /// Checks only the origin. Kubernetes and load balancers probe by address, or without a host.
    pub(super) fn check_origin(&self, headers: &HeaderMap) -> Result<(), Forbidden> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        if origins.all(|origin| self.allows_origin(origin)) {
            Ok(())
        } else {
            Err(Forbidden::Origin)
        }
    }

    /// Whether web pages of this origin may send requests.
    pub(super) fn allows_origin(&self, origin: &HeaderValue) -> bool {
        let Some(origin) = origin.to_str().ok().and_then(Origin::parse) else {
            return false;
        };
        is_loopback(&origin.host.name)
            || self.origins.iter().any(|pattern| pattern.matches(&origin))
    }

    fn allows_host(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next(), uri.authority()) {
            (Some(host), None, None) => host.to_str().ok().and_then(Host::parse),
            // A request in absolute form names the host in its first line too; both must be equal.
            (Some(host), None, Some(authority)) if host == authority.as_str() => {
                Host::parse(authority.as_str())
            }
            _ => None,
        };
        host.is_some_and(|host| {
            (self.allows_ip_addresses && is_ip_address(&host.name))
                || self.hosts.iter().any(|pattern| pattern.matches(&host))
        })
    }
}

fn is_ip_address(name: &str) -> bool {
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name);
    bare.parse::<IpAddr>().is_ok()
}

fn host_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

fn is_loopback(name: &str) -> bool {
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(check: &OriginCheck, host: &str, origin: Option<&str>) -> Result<(), Forbidden> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        check.check(&Uri::from_static("/mcp"), &headers)
    }

    fn origin_check() -> OriginCheck {
        let hosts = [
            "mcp.example.com".to_owned(),
            "other.example.com:8443".to_owned(),
        ];
        let origins = [
            "https://app.example.com".to_owned(),
            "http://dev.example.com:3000".to_owned(),
        ];
        OriginCheck::new("10.1.2.3:8787".parse().unwrap(), &hosts, &origins).unwrap()
    }

    #[test]
    fn it_answers_to_its_own_names_alone() {
        for host in [
            "localhost:8787",
            "127.0.0.1",
            "[::1]:8787",
            "10.1.2.3:8787",
            "MCP.example.com",
            "mcp.example.com:443",
            "other.example.com:8443",
        ] {
            assert_eq!(check(&origin_check(), host, None), Ok(()), "{host}");
        }
        for host in [
            "evil.example.com",
            "mcp.example.com.evil.example",
            "localhost.evil.example",
            "other.example.com",
            "user@localhost",
            "10.1.2.4",
            "127.0.0.1:8787:1",
            "",
        ] {
            assert_eq!(
                check(&origin_check(), host, None),
                Err(Forbidden::Host),
                "{host}"
            );
        }
    }

    #[test]
    fn no_host_and_two_hosts_are_refused() {
        let uri = Uri::from_static("/mcp");
        let mut headers = HeaderMap::new();
        assert_eq!(origin_check().check(&uri, &headers), Err(Forbidden::Host));
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        assert_eq!(origin_check().check(&uri, &headers), Ok(()));
        headers.append(header::HOST, HeaderValue::from_static("evil.example"));
        assert_eq!(origin_check().check(&uri, &headers), Err(Forbidden::Host));
    }

    #[test]
    fn the_first_line_may_not_name_another_server() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("localhost"));
        for (uri, answer) in [
            ("http://localhost/mcp", Ok(())),
            ("http://evil.example/mcp", Err(Forbidden::Host)),
        ] {
            assert_eq!(
                origin_check().check(&Uri::from_static(uri), &headers),
                answer
            );
        }
    }

    #[test]
    fn pages_of_this_machine_and_those_that_are_named_may_ask() {
        for origin in [
            "http://localhost:6274",
            "http://127.0.0.1:1",
            "http://[::1]:6274",
            "https://app.example.com",
            "https://app.example.com:443",
            "http://dev.example.com:3000",
        ] {
            assert_eq!(
                check(&origin_check(), "localhost", Some(origin)),
                Ok(()),
                "{origin}"
            );
        }
        for origin in [
            "null",
            "https://evil.example",
            "http://app.example.com",
            "https://app.example.com:8443",
            "http://dev.example.com",
            "https://app.example.com.evil.example",
            "https://localhost.evil.example",
            "http://user@localhost",
        ] {
            let answer = check(&origin_check(), "localhost", Some(origin));
            assert_eq!(answer, Err(Forbidden::Origin), "{origin}");
        }
    }

    #[test]
    fn an_asterisk_stands_for_names_below_or_for_all() {
        let listen = "10.1.2.3:8787".parse().unwrap();
        let with_host = |host: &str| {
            let origins = ["https://*.example.com".to_owned()];
            OriginCheck::new(listen, &[host.to_owned()], &origins).unwrap()
        };
        for host in ["a.example.com", "A.B.example.com:443", "localhost"] {
            assert_eq!(
                check(&with_host("*.Example.com"), host, None),
                Ok(()),
                "{host}"
            );
        }
        for host in [
            "example.com",
            ".example.com",
            "aexample.com",
            "a.example.com.evil.example",
        ] {
            let answer = check(&with_host("*.example.com"), host, None);
            assert_eq!(answer, Err(Forbidden::Host), "{host}");
        }
        assert_eq!(
            check(&with_host("*.example.com:8443"), "a.example.com:8443", None),
            Ok(())
        );
        let other = check(&with_host("*.example.com:8443"), "a.example.com", None);
        assert_eq!(other, Err(Forbidden::Host));
        for host in ["evil.example", "10.9.9.9:80"] {
            assert_eq!(check(&with_host("*"), host, None), Ok(()), "{host}");
        }
        for (origin, answer) in [
            ("https://a.example.com", Ok(())),
            ("http://a.example.com", Err(Forbidden::Origin)),
            ("https://example.com", Err(Forbidden::Origin)),
            ("https://a.example.com:8443", Err(Forbidden::Origin)),
        ] {
            assert_eq!(
                check(&with_host("*"), "localhost", Some(origin)),
                answer,
                "{origin}"
            );
        }
    }

    #[test]
    fn addresses_are_known_where_that_is_the_rule() {
        let lenient = origin_check().allowing_ip_addresses();
        for host in ["10.9.9.9:9464", "192.0.2.1", "[2001:db8::1]:9464"] {
            assert_eq!(check(&lenient, host, None), Ok(()), "{host}");
        }
        for host in ["evil.example", "10.9.9.9.evil.example"] {
            assert_eq!(check(&lenient, host, None), Err(Forbidden::Host), "{host}");
        }
    }

    #[test]
    fn an_entry_that_is_no_name_or_origin_is_told() {
        let listen = "127.0.0.1:1".parse().unwrap();
        let entry = |text: &str| vec![text.to_owned()];
        for bad in [
            "https://mcp.example.com",
            "a b",
            "",
            "*example.com",
            "*.",
            "mcp.*",
            "*.*",
            "*.a.*.com",
        ] {
            assert_eq!(OriginCheck::new(listen, &entry(bad), &[]).unwrap_err(), bad);
        }
        for bad in [
            "app.example.com",
            "https://",
            "*",
            "https://*",
            "https://a.*",
        ] {
            assert_eq!(OriginCheck::new(listen, &[], &entry(bad)).unwrap_err(), bad);
        }
    }
}
