//! Authentication: each request brings the Vapi key that it is served with.

use ::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::responses::error_response;
use crate::api::Token;
use crate::guard::digest::{CallerId, caller_id};

/// Decides which Vapi key a request is served with.
#[derive(Debug)]
pub(super) struct Authenticator {
    /// This server's own key, for callers that have none.
    pub(super) shared_token: Option<Token>,
    /// The hash of the secret that such callers must send as their bearer token.
    pub(super) caller_secret: Option<CallerId>,
}

impl Authenticator {
    /// The key for a request with these headers.
    pub(super) fn authenticate(&self, headers: &HeaderMap) -> Result<Token, AuthError> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let bearer = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => {
                let value = value.to_str().map_err(|_| AuthError::Malformed)?;
                let (scheme, key) = value.trim().split_once(' ').ok_or(AuthError::Missing)?;
                if !scheme.eq_ignore_ascii_case("bearer") {
                    return Err(AuthError::Missing);
                }
                Some(Token::new(key).map_err(|_| AuthError::Malformed)?)
            }
            _ => return Err(AuthError::Malformed),
        };
        match (bearer, &self.shared_token, self.caller_secret) {
            (Some(token), Some(shared_token), Some(secret)) if caller_id(&token) == secret => {
                Ok(shared_token.clone())
            }
            (Some(token), ..) => Ok(token),
            (None, Some(shared_token), None) => Ok(shared_token.clone()),
            (None, ..) => Err(AuthError::Missing),
        }
    }
}

/// Why a request is not authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthError {
    /// It has no bearer token.
    Missing,
    /// Its token cannot be a Vapi key.
    Malformed,
    /// Vapi rejected its token a short time ago.
    Rejected,
}

impl AuthError {
    /// The label of the metric.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Missing => "no_token",
            Self::Malformed => "unusable_token",
            Self::Rejected => "refused_token",
        }
    }
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        // A Vapi key is not an OAuth token, so no metadata is named that would start an OAuth flow.
        // RFC 6750: a request without credentials gets no error code.
        let (challenge, error, message) = match self {
            Self::Missing => (
                "Bearer realm=\"vapi-mcp\"",
                "unauthorized",
                "send your private Vapi API key: Authorization: Bearer <key>",
            ),
            Self::Malformed => (
                "Bearer realm=\"vapi-mcp\", error=\"invalid_token\", \
                 error_description=\"this is not a Vapi API key\"",
                "invalid_token",
                "this is not a Vapi API key",
            ),
            Self::Rejected => (
                "Bearer realm=\"vapi-mcp\", error=\"invalid_token\", \
                 error_description=\"Vapi refused this key\"",
                "invalid_token",
                "Vapi refused this key",
            ),
        };
        let mut response = error_response(StatusCode::UNAUTHORIZED, error, message);
        let challenge = HeaderValue::from_static(challenge);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in given {
            headers.append(header::AUTHORIZATION, (*value).parse().unwrap());
        }
        headers
    }

    fn token(key: &str) -> Token {
        Token::new(key).unwrap()
    }

    fn authenticated(
        authenticator: &Authenticator,
        given: &[&'static str],
    ) -> Result<String, AuthError> {
        let token = authenticator.authenticate(&headers(given))?;
        Ok(token.authorization().to_str().unwrap().to_owned())
    }

    #[test]
    fn every_request_brings_its_own_key() {
        let authenticator = Authenticator {
            shared_token: None,
            caller_secret: None,
        };
        for given in ["Bearer mine", "bearer  mine ", "BEARER mine"] {
            assert_eq!(
                authenticated(&authenticator, &[given]).unwrap(),
                "Bearer mine"
            );
        }
        for (given, denied) in [
            (&[][..], AuthError::Missing),
            (&["Basic bWU6bWU="], AuthError::Missing),
            (&["Bearer"], AuthError::Missing),
            (&["Bearer  "], AuthError::Missing),
            (&["Bearer two words"], AuthError::Malformed),
            (&["Bearer ${VAPI_TOKEN}"], AuthError::Malformed),
            (&["Bearer one", "Bearer two"], AuthError::Malformed),
        ] {
            assert_eq!(
                authenticated(&authenticator, given).unwrap_err(),
                denied,
                "{given:?}"
            );
        }
    }

    #[test]
    fn the_servers_key_serves_who_has_none_or_who_knows_the_secret() {
        let open = Authenticator {
            shared_token: Some(token("ours")),
            caller_secret: None,
        };
        assert_eq!(authenticated(&open, &[]).unwrap(), "Bearer ours");
        assert_eq!(
            authenticated(&open, &["Bearer mine"]).unwrap(),
            "Bearer mine"
        );

        let closed = Authenticator {
            shared_token: Some(token("ours")),
            caller_secret: Some(caller_id(&token("secret"))),
        };
        assert_eq!(
            authenticated(&closed, &["Bearer secret"]).unwrap(),
            "Bearer ours"
        );
        assert_eq!(
            authenticated(&closed, &["Bearer mine"]).unwrap(),
            "Bearer mine"
        );
        assert_eq!(authenticated(&closed, &[]).unwrap_err(), AuthError::Missing);
    }
}
