//! The key in a `.env` file.

use std::{borrow::Cow, io, path::Path};

use installer::entry::TOKEN_VARIABLE;

/// The largest `.env`, in bytes.
const MAX_DOTENV: u64 = 64 << 10;

/// The last `VAPI_TOKEN` of the file, if it has one. Variables in its value are not expanded,
/// because an untrusted file must not decide which part of the environment is sent.
pub(super) fn token_in(file: &Path) -> io::Result<Option<String>> {
    let bytes = match regular_file::read_bytes(file, MAX_DOTENV) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !file.is_symlink() => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let mut key = None;
    for line in bytes.split(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let found = token_of(&text);
        // Comments and other variables may contain any bytes. A file in UTF-16 has zeros.
        let is_read = match found {
            Some(value) => value.contains(char::REPLACEMENT_CHARACTER),
            None => !text.contains('=') && !text.trim_start().starts_with('#'),
        };
        if line.contains(&0) || (is_read && matches!(text, Cow::Owned(_))) {
            return Err(regular_file::not_utf8());
        }
        if let Some(found) = found {
            key = Some(found.to_owned());
        }
    }
    Ok(key)
}

/// The value of a line `VAPI_TOKEN=…`, optionally with `export`, quotes and a comment.
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
