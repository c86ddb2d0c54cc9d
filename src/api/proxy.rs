//! The proxy for requests, from the standard environment variables such as `HTTPS_PROXY`.

use std::env;

use reqwest::{NoProxy, Proxy, Url};

/// The variables that name a proxy for `https` URLs; the first one that is not empty is used.
pub(crate) const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The variables that list hosts to connect to without a proxy.
pub(crate) const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

const SCHEMES: [&str; 6] = ["http", "https", "socks5", "socks5h", "socks4", "socks4a"];

/// A proxy that cannot be used. The URL is not repeated, because it may contain a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} cannot be used: {reason}")]
pub struct BadProxy {
    variable: &'static str,
    reason: &'static str,
}

/// The proxy of the environment, if there is one.
pub(super) fn from_environment() -> Result<Option<Proxy>, BadProxy> {
    let variable = |name: &str| Some(env::var_os(name)?.to_string_lossy().into_owned());
    let Some((name, url)) = configured(variable)? else {
        return Ok(None);
    };
    let refused = |_| BadProxy {
        variable: name,
        reason: "it is not a valid URL",
    };
    let proxy = Proxy::https(url).map_err(refused)?;
    let exceptions = first(&EXCEPTIONS, variable).map(|(_, list)| exceptions(&list));
    let exceptions = exceptions.unwrap_or_default();
    // reqwest applies `*` only to names, not to IP addresses.
    if exceptions.split(',').any(|entry| entry == "*") {
        return Ok(None);
    }
    Ok(Some(proxy.no_proxy(NoProxy::from_string(&exceptions))))
}

/// The variable that names the proxy, and the URL. reqwest ignores a proxy that it cannot parse, so
/// this must return only URLs that it can.
pub(crate) fn configured(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<(&'static str, Url)>, BadProxy> {
    let Some((name, text)) = first(&VARIABLES, variable) else {
        return Ok(None);
    };
    let bad = |reason| BadProxy {
        variable: name,
        reason,
    };
    parse(text.trim()).map(|url| Some((name, url))).map_err(bad)
}

/// The first variable that is not empty.
fn first(
    names: &[&'static str],
    variable: impl Fn(&str) -> Option<String>,
) -> Option<(&'static str, String)> {
    names.iter().find_map(|&name| {
        let value = variable(name).filter(|value| !value.trim().is_empty())?;
        Some((name, value))
    })
}

fn parse(text: &str) -> Result<Url, &'static str> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let scheme = scheme.to_ascii_lowercase();
    if !SCHEMES.contains(&scheme.as_str()) {
        return Err("its scheme must be http, https, socks5 or socks5h");
    }
    let url = Url::parse(&format!("{scheme}://{rest}"))
        .map_err(|_| "it is not a valid URL; use the form http://proxy.example.com:3128")?;
    let host = url.host_str().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_address = host.starts_with('[') && host.ends_with(']');
    if host.is_empty() || !(is_address || host.chars().all(is_plain)) {
        return Err("it names no host; use the form http://proxy.example.com:3128");
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(
            "it contains more than a host and a port; special characters of a password must be \
             percent-encoded",
        );
    }
    Ok(url)
}

/// Converts a list of hosts to reqwest's format: comma-separated, in lower case, and without the
/// asterisk of `*.example.com`.
fn exceptions(list: &str) -> String {
    let entries = list
        .split([',', ' ', '\t'])
        .filter(|entry| !entry.is_empty());
    let entries = entries.map(|entry| {
        let below = entry.strip_prefix('*').filter(|rest| rest.starts_with('.'));
        below.unwrap_or(entry).to_ascii_lowercase()
    });
    entries.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<(&'static str, String)>, BadProxy> {
        let found = configured(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })?;
        Ok(found.map(|(name, url)| (name, url.to_string())))
    }

    #[test]
    fn the_first_variable_that_is_not_empty_is_used() {
        for (variables, found) in [
            (&[][..], None),
            (&[("HTTP_PROXY", "http://a:1"), ("NO_PROXY", "b")], None),
            (&[("HTTPS_PROXY", ""), ("ALL_PROXY", " ")], None),
            (
                &[("HTTPS_PROXY", " "), ("https_proxy", "http://a:1")],
                Some(("https_proxy", "http://a:1/")),
            ),
            (
                &[("all_proxy", "http://b:1"), ("HTTPS_PROXY", "http://a:1")],
                Some(("HTTPS_PROXY", "http://a:1/")),
            ),
            (
                &[("ALL_PROXY", "socks5://a")],
                Some(("ALL_PROXY", "socks5://a")),
            ),
        ] {
            let found = found.map(|(name, url)| (name, url.to_owned()));
            assert_eq!(read(variables), Ok(found));
        }
    }

    #[test]
    fn a_proxy_is_used_or_refused() {
        for (given, url) in [
            ("proxy.example.com:3128", "http://proxy.example.com:3128/"),
            (" 10.0.0.1 ", "http://10.0.0.1/"),
            (
                "HTTP://Proxy.Example.com:3128/",
                "http://proxy.example.com:3128/",
            ),
            ("https://u:p%40@proxy_1:443", "https://u:p%40@proxy_1/"),
            ("socks5://u:p@127.0.0.1:80", "socks5://u:p@127.0.0.1:80"),
            ("Socks5h://[::1]:1080", "socks5h://[::1]:1080"),
            ("http://[::1]:1", "http://[::1]:1/"),
        ] {
            let found = read(&[("HTTPS_PROXY", given)]);
            assert_eq!(found, Ok(Some(("HTTPS_PROXY", url.to_owned()))));
        }
        for given in [
            "://",
            "http://",
            "http:///",
            "socks5://",
            "ftp://proxy:21",
            "sock5://proxy:1080",
            "http//proxy:3128",
            "http:/proxy:3128",
            "proxy:port",
            "http://proxy:99999",
            "http://pro xy:3128",
            "http://u:s3cret#x@proxy:3128",
            "http://u:s3cret/x@proxy:3128",
            "http://u:12?s3cret@proxy:3128",
            "http://proxy:3128/s3cret",
            "socks5://pr\u{f6}xy:1080",
            "socks5://pro%20xy:1080",
            "pr{o}xy:1",
            "\u{fffd}",
        ] {
            let error = read(&[("https_proxy", given)]).unwrap_err().to_string();
            assert!(error.starts_with("https_proxy cannot be used: "), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn exceptions_are_accepted_in_every_form() {
        let list = exceptions(" *.Example.com,10.0.0.0/8  LOCALHOST,*,\tapi.vapi.ai ");
        assert_eq!(list, ".example.com,10.0.0.0/8,localhost,*,api.vapi.ai");
    }
}
