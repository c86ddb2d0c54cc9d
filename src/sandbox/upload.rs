//! The body of an upload: a form with a file (RFC 7578).

use serde_json::{Map, Value, json};

/// Maximum number of bytes of a body.
const MAX_BYTES: usize = 32 << 20;

/// Maximum number of parts of a body.
const MAX_PARTS: usize = 16;

/// The members of a file that an upload creates, or the problem with the body.
pub(super) fn fields(body: &[u8]) -> Result<Map<String, Value>, String> {
    if body.len() > MAX_BYTES {
        return Err("The file is too large".to_owned());
    }
    let mut fields = Map::new();
    for part in parts(body).ok_or("The body is not multipart/form-data")? {
        let (headers, content) = split(part, b"\r\n\r\n").ok_or("A part has no headers")?;
        let headers = String::from_utf8_lossy(headers);
        let name = parameter(&headers, "name").unwrap_or_default();
        let text = || json!(String::from_utf8_lossy(content));
        match name {
            "file" => {
                let file = parameter(&headers, "filename").unwrap_or("file");
                fields.insert("name".to_owned(), json!(file));
                fields.insert("originalName".to_owned(), json!(file));
                fields.insert("bytes".to_owned(), json!(content.len()));
                fields.insert("mimetype".to_owned(), json!(media_type(&headers)));
            }
            "purpose" => {
                fields.insert("purpose".to_owned(), text());
            }
            "metadata" => {
                let metadata = serde_json::from_slice::<Map<_, _>>(content);
                let metadata = metadata.map_err(|_| "metadata must be a JSON string")?;
                fields.insert("metadata".to_owned(), Value::Object(metadata));
            }
            name => return Err(format!("property {name} should not exist")),
        }
    }
    match fields.contains_key("bytes") {
        true => Ok(fields),
        false => Err("file should not be empty".to_owned()),
    }
}

/// The parts between the boundaries; the first line is a boundary.
fn parts(body: &[u8]) -> Option<Vec<&[u8]>> {
    let (boundary, mut rest) = split(body, b"\r\n")?;
    if !boundary.starts_with(b"--") || boundary.len() > 80 {
        return None;
    }
    let next = [b"\r\n", boundary, b"\r\n"].concat();
    let last = [b"\r\n", boundary, b"--"].concat();
    let mut parts = Vec::new();
    while parts.len() < MAX_PARTS {
        match split(rest, &next) {
            Some((part, after)) => {
                parts.push(part);
                rest = after;
            }
            None => {
                parts.push(split(rest, &last)?.0);
                return Some(parts);
            }
        }
    }
    None
}

/// The bytes before and after the first occurrence of a separator.
fn split<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes
        .windows(separator.len())
        .position(|window| window == separator)?;
    let (before, rest) = bytes.split_at_checked(at)?;
    Some((before, rest.get(separator.len()..)?))
}

/// A parameter of the header `content-disposition`.
fn parameter<'a>(headers: &'a str, name: &str) -> Option<&'a str> {
    let line = header(headers, "content-disposition")?;
    let mut parameters = line.split(';').skip(1);
    parameters.find_map(|parameter| {
        let (known, value) = parameter.trim().split_once('=')?;
        (known == name).then(|| value.trim_matches('"'))
    })
}

fn media_type(headers: &str) -> &str {
    header(headers, "content-type").unwrap_or("application/octet-stream")
}

fn header<'a>(headers: &'a str, name: &str) -> Option<&'a str> {
    headers.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
