//! Errors in arguments: lists the first ones and counts the rest.

use std::fmt;

use crate::text::{excerpt, grouped};

/// Maximum number of errors that are listed.
const MAX_LISTED: usize = 10;

/// An argument that is refused, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    path: String,
    reason: String,
    /// If positive, this is the number of further errors, which are not listed.
    omitted: usize,
}

impl ArgumentError {
    pub(crate) fn new(path: impl AsRef<str>, reason: impl Into<String>) -> Self {
        Self {
            path: excerpt(path.as_ref()),
            reason: reason.into(),
            omitted: 0,
        }
    }

    fn omitted(count: usize) -> Self {
        Self {
            path: String::new(),
            reason: format!("and {} more", grouped(count)),
            omitted: count,
        }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.omitted > 0 {
            return f.write_str(&self.reason);
        }
        write!(f, "`{}`: {}", self.path, self.reason)
    }
}

/// The first errors, and their number.
#[derive(Debug, Default)]
pub(crate) struct ArgumentErrors {
    listed: Vec<ArgumentError>,
    count: usize,
}

impl ArgumentErrors {
    /// Adds an error, which is formatted only if it is listed.
    pub(crate) fn add(&mut self, error: impl FnOnce() -> ArgumentError) {
        if self.listed.len() < MAX_LISTED {
            self.listed.push(error());
        }
        self.count += 1;
    }

    pub(crate) fn extend(&mut self, errors: Vec<ArgumentError>) {
        for error in errors {
            match error.omitted {
                0 => self.add(|| error),
                count => self.count += count,
            }
        }
    }

    /// Adds errors of arguments inside another one.
    pub(crate) fn extend_below(&mut self, outer: &str, errors: Vec<ArgumentError>) {
        let below = |error: ArgumentError| match error.omitted {
            0 => ArgumentError::new(format!("{outer}.{}", error.path), error.reason),
            _ => error,
        };
        self.extend(errors.into_iter().map(below).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The listed errors; the last one counts the rest.
    pub(crate) fn into_list(mut self) -> Vec<ArgumentError> {
        let omitted = self.count - self.listed.len();
        if omitted > 0 {
            self.listed.push(ArgumentError::omitted(omitted));
        }
        self.listed
    }

    /// The value, if there is no error.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Vec<ArgumentError>> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self.into_list())
        }
    }
}

impl From<Vec<ArgumentError>> for ArgumentErrors {
    fn from(errors: Vec<ArgumentError>) -> Self {
        let mut all = Self::default();
        all.extend(errors);
        all
    }
}

/// The path to a value inside an argument. It is formatted only for an error.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ArgumentPath<'a> {
    Top(&'a str),
    Key(&'a ArgumentPath<'a>, &'a str),
    Index(&'a ArgumentPath<'a>, usize),
}

impl<'a> ArgumentPath<'a> {
    /// The path to a member of the value.
    pub(crate) fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    /// An error of the value.
    pub(crate) fn error(self, reason: impl Into<String>) -> ArgumentError {
        ArgumentError::new(self.to_string(), reason)
    }
}

impl fmt::Display for ArgumentPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top(name) => f.write_str(&excerpt(name)),
            Self::Key(parent, key) => write!(f, "{parent}.{}", excerpt(key)),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(number: usize) -> ArgumentError {
        ArgumentError::new(format!("a{number}"), "is wrong")
    }

    #[test]
    fn ten_errors_are_listed_and_the_rest_is_counted() {
        let mut errors = ArgumentErrors::default();
        for number in 0..10 {
            errors.add(|| error(number));
        }
        for _ in 0..999_990 {
            errors.add(|| unreachable!("it is only counted"));
        }
        let listed = errors.into_list();
        assert_eq!(listed.len(), 11);
        assert_eq!(listed[9].to_string(), "`a9`: is wrong");
        assert_eq!(listed[10].to_string(), "and 999,990 more");
        let mut more = ArgumentErrors::from(listed);
        more.add(|| unreachable!("it is only counted"));
        assert_eq!(more.into_list()[10].to_string(), "and 999,991 more");
    }

    #[test]
    fn a_path_is_short_however_long_the_keys_are() {
        let long = "k".repeat(1_000_000);
        let top = ArgumentPath::Top(&long);
        let path = ArgumentPath::Index(&ArgumentPath::Key(&top, &long), 3).to_string();
        assert!(path.len() < 420);
        assert!(ArgumentError::new(path, "").to_string().chars().count() < 210);
    }
}
