//! Responses that redirect to a file: the signed URL of the `Location` header, which is shown to the
//! caller and never requested.

use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use reqwest::{
    StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, LOCATION},
};
use serde::Serialize;

use crate::{clock::saturating_add, time::parse_instant};

/// Maximum length of a URL in bytes; signed URLs have up to 2 kB.
const MAX_URL: usize = 8 << 10;

/// Maximum length of a media type in bytes.
const MAX_MEDIA_TYPE: usize = 60;

/// The response as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_seconds: Option<i64>,
}

/// The URL of a temporary redirect, as JSON with the rest of its lifetime; `None` if the response
/// has no absolute URL.
pub(super) fn link(status: StatusCode, headers: &HeaderMap, now: DateTime<Utc>) -> Option<Bytes> {
    if !matches!(status.as_u16(), 302 | 303 | 307) {
        return None;
    }
    let text = headers.get(LOCATION)?.to_str().ok()?;
    let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_URL)?;
    let is_web = matches!(url.scheme(), "https" | "http") && url.has_host();
    let link = Link {
        url: text,
        expires_in_seconds: expires_in(&url, now),
    };
    let json = serde_json::to_vec(&link).ok()?;
    is_web.then(|| json.into())
}

/// The seconds for which the URL still works, if its query says so.
fn expires_in(url: &Url, now: DateTime<Utc>) -> Option<i64> {
    let value = |name: &str| {
        let mut pairs = url.query_pairs();
        pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    };
    let left = |end: DateTime<Utc>| end.signed_duration_since(now).num_seconds();
    // AWS and Google: the time of the signature, and the seconds after it.
    let by_date = |prefix: &str| {
        let seconds: i64 = value(&format!("{prefix}-Expires"))?.parse().ok()?;
        let signed = value(&format!("{prefix}-Date"))?;
        let signed = NaiveDateTime::parse_from_str(&signed, "%Y%m%dT%H%M%SZ").ok()?;
        let end = saturating_add(signed.and_utc(), TimeDelta::try_seconds(seconds)?);
        // The clock of this machine may be slow.
        Some(left(end).min(seconds))
    };
    let by_timestamp = || DateTime::from_timestamp(value("Expires")?.parse().ok()?, 0).map(left);
    let by_azure = || value("sig").and(parse_instant(&value("se")?)).map(left);
    let seconds = by_date("X-Amz").or_else(|| by_date("X-Goog"));
    let seconds = seconds.or_else(by_timestamp).or_else(by_azure);
    seconds.filter(|seconds| *seconds > 0)
}

/// Whether a response is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|media_type| media_type.ends_with("json"))
}

/// The media type of a response, without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let media_type = text.split(';').next()?.trim().to_ascii_lowercase();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/+-.".contains(&byte);
    (media_type.len() <= MAX_MEDIA_TYPE && media_type.bytes().all(is_plain)).then_some(media_type)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: &str = "2026-03-01T12:00:00Z";

    fn link_to(location: &str) -> Option<Value> {
        let headers = HeaderMap::from_iter([(LOCATION, location.parse().unwrap())]);
        let link = link(StatusCode::FOUND, &headers, NOW.parse().unwrap())?;
        Some(serde_json::from_slice(&link).unwrap())
    }

    #[test]
    fn the_rest_of_a_link_s_lifetime_is_read_from_the_link() {
        for (query, seconds) in [
            (
                "X-Amz-Date=20260301T115900Z&X-Amz-Expires=900&X-Amz-Signature=ab",
                Some(840),
            ),
            (
                "X-Goog-Date=20260301T120000Z&X-Goog-Expires=60&X-Goog-Signature=ab",
                Some(60),
            ),
            // A clock that is slow makes no link live longer than it was signed for.
            ("X-Amz-Date=20260301T130000Z&X-Amz-Expires=900", Some(900)),
            ("Expires=1772366460&Signature=ab&Key-Pair-Id=K", Some(60)),
            ("se=2026-03-01T12%3A05%3A00Z&sig=ab", Some(300)),
            ("se=2026-03-01T12%3A05%3A00Z", None),
            // Expired, malformed or beyond all dates.
            ("X-Amz-Date=20260301T100000Z&X-Amz-Expires=900", None),
            ("X-Amz-Date=yesterday&X-Amz-Expires=900", None),
            ("X-Amz-Expires=900", None),
            (
                "X-Amz-Date=20260301T115900Z&X-Amz-Expires=99999999999999999999",
                None,
            ),
            ("Expires=9223372036854775807", None),
            ("", None),
        ] {
            let url = format!("https://files.example.com/a.wav?{query}");
            let shown = link_to(&url).unwrap();
            assert_eq!(shown["url"], url);
            assert_eq!(shown["expiresInSeconds"].as_i64(), seconds, "{query}");
        }
        let endless =
            "https://files.example.com/?X-Amz-Date=20260301T115900Z&X-Amz-Expires=9223372036854775";
        assert!(link_to(endless).unwrap()["expiresInSeconds"].is_i64());
    }

    #[test]
    fn only_an_absolute_url_of_the_web_is_a_link() {
        let long = format!("https://files.example.com/{}", "a".repeat(MAX_URL));
        for location in [
            "/login",
            "file:///etc/passwd",
            "javascript:1",
            "a b",
            "https://",
            &long,
        ] {
            assert_eq!(link_to(location), None, "{location}");
        }
        let now = NOW.parse().unwrap();
        assert_eq!(link(StatusCode::FOUND, &HeaderMap::new(), now), None);
        let url = "https://files.example.com/a.wav";
        assert_eq!(link_to(url), Some(json!({ "url": url })));
        let headers = HeaderMap::from_iter([(LOCATION, url.parse().unwrap())]);
        // A permanent redirect is another address of the API.
        for status in [
            StatusCode::OK,
            StatusCode::MOVED_PERMANENTLY,
            StatusCode::PERMANENT_REDIRECT,
        ] {
            assert_eq!(link(status, &headers, now), None);
        }
    }

    #[test]
    fn a_media_type_is_shown_only_if_it_is_plain() {
        let of = |text: &'static str| {
            media_type(&HeaderMap::from_iter([(
                CONTENT_TYPE,
                text.parse().unwrap(),
            )]))
        };
        assert_eq!(of("Audio/WAV; codec=1").as_deref(), Some("audio/wav"));
        assert_eq!(of("audio/wav<script>"), None);
        assert_eq!(media_type(&HeaderMap::new()), None);
    }
}
