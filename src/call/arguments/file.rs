//! The arguments that give the file of an upload.

use std::fmt;

use crate::{argument_error::ArgumentError, model::FilePart};

/// Maximum number of bytes of a file name, as on most file systems.
const MAX_NAME: usize = 255;

/// The given parts of a file, each with the name of its argument and its text.
#[derive(Clone, Default, PartialEq)]
pub struct FileArguments {
    given: Vec<(FilePart, &'static str, String)>,
    /// The names of the arguments for the content.
    sources: Vec<&'static str>,
}

/// Omits the texts, which are private input.
impl fmt::Debug for FileArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.given.iter().map(|(_, name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

/// A file to upload.
pub(crate) struct FileSource {
    pub name: String,
    /// The kind of content: not [`FilePart::Name`].
    pub part: FilePart,
    /// The name of the argument for the content.
    pub argument: &'static str,
    pub text: String,
}

impl FileArguments {
    /// Declares an argument of the tool.
    pub(super) fn declare(&mut self, part: FilePart, argument: &'static str) {
        if part != FilePart::Name {
            self.sources.push(argument);
        }
    }

    /// Adds an argument that is given.
    pub(super) fn add(&mut self, part: FilePart, argument: &'static str, text: String) {
        self.given.push((part, argument, text));
    }

    /// The file, if it has a valid name and exactly one kind of content.
    pub(crate) fn source(self) -> Result<FileSource, ArgumentError> {
        let (names, contents): (Vec<_>, Vec<_>) = self
            .given
            .into_iter()
            .partition(|(part, ..)| *part == FilePart::Name);
        let (_, argument, name) = names
            .into_iter()
            .next()
            .ok_or_else(|| ArgumentError::new("name", "is required"))?;
        let name = name.trim();
        if let Some(reason) = bad_name(name) {
            return Err(ArgumentError::new(argument, reason));
        }
        let given: Vec<_> = contents.iter().map(|(_, argument, _)| *argument).collect();
        let given = given.join(" and ");
        let one_of = self.sources.join(", ");
        match <[_; 1]>::try_from(contents) {
            Ok([(part, argument, text)]) => Ok(FileSource {
                name: name.to_owned(),
                part,
                argument,
                text,
            }),
            Err(none) if none.is_empty() => {
                let reason = format!("there is no content; give one of {one_of}");
                Err(ArgumentError::new(argument, reason))
            }
            Err(_) => {
                let reason = format!("has two contents, {given}; give only one of {one_of}");
                Err(ArgumentError::new(argument, reason))
            }
        }
    }
}

/// The reason why a text is not the name of a file.
fn bad_name(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("is empty".to_owned());
    }
    if name.len() > MAX_NAME {
        return Some(format!("is longer than {MAX_NAME} bytes"));
    }
    let is_wrong = |c: char| c.is_control() || matches!(c, '/' | '\\');
    let reason = "must be the name of a file, without `/`, `\\` and control characters";
    name.contains(is_wrong).then(|| reason.to_owned())
}
