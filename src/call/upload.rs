//! The file of an upload: its content, from the arguments or from a local file, and its media type.

mod local_file;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;

use super::arguments::{FileArguments, FileSource};
use crate::{
    api::UploadedFile, argument_error::ArgumentError, guard::rules::LocalFiles, model::FilePart,
    text::grouped,
};

/// Maximum number of bytes of a file. Sending it must take less than the timeout of one attempt.
const MAX_BYTES: usize = 20_000_000;

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A file to upload.
pub(super) struct Uploaded {
    pub file: UploadedFile,
    /// Whether the content is not in the arguments.
    pub is_local: bool,
}

/// The file that the arguments give.
pub(super) async fn file(
    given: FileArguments,
    files: &LocalFiles,
) -> Result<Uploaded, ArgumentError> {
    let FileSource {
        name,
        part,
        argument,
        text,
    } = given.source()?;
    let media_type = media_type(&name, &text, part);
    let content = match part {
        FilePart::Path => local_content(text, files).await,
        FilePart::Base64 => decoded(&text),
        FilePart::Text | FilePart::Name => Ok(text.into_bytes()),
    };
    let wrong = |reason: String| ArgumentError::new(argument, reason);
    let content = content.map_err(wrong)?;
    if content.is_empty() {
        return Err(wrong("is empty".to_owned()));
    }
    if content.len() > MAX_BYTES {
        return Err(wrong(too_large()));
    }
    let content = Bytes::from(content);
    Ok(Uploaded {
        file: UploadedFile {
            name,
            media_type,
            content,
        },
        is_local: part == FilePart::Path,
    })
}

fn too_large() -> String {
    format!("is larger than {} bytes", grouped(MAX_BYTES))
}

/// The media type for the extension of the name, or of the local file.
fn media_type(name: &str, text: &str, part: FilePart) -> String {
    let by_path = |path: &str| mime_guess::from_path(path).first();
    let known = by_path(name).or_else(|| match part {
        FilePart::Path => by_path(text),
        _ => None,
    });
    match (known, part) {
        (Some(known), _) => known.essence_str().to_owned(),
        (None, FilePart::Text) => "text/plain".to_owned(),
        (None, _) => "application/octet-stream".to_owned(),
    }
}

async fn local_content(path: String, files: &LocalFiles) -> Result<Vec<u8>, String> {
    let folder = match files {
        LocalFiles::Below(folder) => folder.clone(),
        LocalFiles::None => {
            return Err(
                "this server reads no local files, because it was started without --files DIR; \
                 give the content itself, or ask the user to add --files with the folder of the \
                 file"
                    .to_owned(),
            );
        }
        LocalFiles::Remote => {
            return Err(
                "this server is not on the user's machine and reads no files; give the content \
                 itself"
                    .to_owned(),
            );
        }
    };
    let read = move || local_file::read(&folder, &path, MAX_BYTES);
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|_| Err("could not be read".to_owned()))
}

/// The bytes of a text in base64 of either alphabet, also with line breaks or as a data URL.
fn decoded(text: &str) -> Result<Vec<u8>, String> {
    let text = match text.trim_start().strip_prefix("data:") {
        Some(url) => url.split_once(";base64,").map_or(url, |(_, data)| data),
        None => text,
    };
    // Four characters encode three bytes.
    if text.len() / 4 > MAX_BYTES / 3 {
        return Err(too_large());
    }
    let written = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let written: Vec<_> = written
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => byte,
        })
        .collect();
    BASE64
        .decode(written)
        .map_err(|error| format!("is not base64: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_however_it_is_written() {
        let bytes = b"\xfb\xff\xfe menu".to_vec();
        for text in [
            "+//+IG1lbnU=",
            "+//+IG1lbnU",
            "-__-IG1lbnU=",
            "+//+\r\nIG1l\nbnU=\n",
            "data:text/plain;base64,+//+IG1lbnU=",
            " data:text/plain;charset=utf-8;base64,+//+IG1lbnU=",
        ] {
            assert_eq!(decoded(text), Ok(bytes.clone()), "{text}");
        }
        for text in ["menu!", "+//+IG1lbnU==", "data:text/plain,menu", "a"] {
            let error = decoded(text).unwrap_err();
            assert!(error.starts_with("is not base64: "), "{text}: {error}");
        }
        let large = "A".repeat(MAX_BYTES / 3 * 4 + 8);
        assert_eq!(decoded(&large), Err(too_large()));
    }

    #[test]
    fn the_media_type_follows_the_extension() {
        for (name, path, part, expected) in [
            ("menu.pdf", "", FilePart::Base64, "application/pdf"),
            ("menu.PDF", "", FilePart::Base64, "application/pdf"),
            ("menu.csv", "", FilePart::Text, "text/csv"),
            ("menu.md", "", FilePart::Text, "text/markdown"),
            ("menu.json", "", FilePart::Text, "application/json"),
            ("menu.txt", "a.pdf", FilePart::Path, "text/plain"),
            ("menu", "a/b.pdf", FilePart::Path, "application/pdf"),
            ("menu", "a.pdf", FilePart::Text, "text/plain"),
            ("menu", "b", FilePart::Path, "application/octet-stream"),
            ("menu.new", "", FilePart::Base64, "application/octet-stream"),
        ] {
            assert_eq!(media_type(name, path, part), expected, "{name} {path}");
        }
    }
}
