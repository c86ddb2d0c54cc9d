//! Errors in arguments: the first are listed, the rest are counted.

use std::fmt;

use crate::bounds::{excerpt, grouped};

/// Maximum number of errors that are listed.
const TOLD: usize = 10;

/// An argument that is refused: where it is and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    path: String,
    reason: String,
    /// A count of further errors, not an argument.
    untold: usize,
}

impl ArgumentError {
    pub(crate) fn new(path: impl AsRef<str>, reason: impl Into<String>) -> Self {
        Self {
            path: excerpt(path.as_ref()),
            reason: reason.into(),
            untold: 0,
        }
    }

    /// The same for an argument inside another.
    pub(crate) fn below(self, outer: &str) -> Self {
        if self.untold > 0 {
            return self;
        }
        Self {
            path: excerpt(&format!("{outer}.{}", self.path)),
            ..self
        }
    }

    fn untold(count: usize) -> Self {
        Self {
            path: String::new(),
            reason: format!("and {} more", grouped(count)),
            untold: count,
        }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.untold > 0 {
            return f.write_str(&self.reason);
        }
        write!(f, "`{}`: {}", self.path, self.reason)
    }
}

/// The first faults, and how many there are.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    first: Vec<ArgumentError>,
    count: usize,
}

impl Faults {
    /// Adds an error, which is formatted only if it is listed.
    pub(crate) fn add(&mut self, fault: impl FnOnce() -> ArgumentError) {
        if self.first.len() < TOLD {
            self.first.push(fault());
        }
        self.count += 1;
    }

    pub(crate) fn extend(&mut self, faults: Vec<ArgumentError>) {
        for fault in faults {
            match fault.untold {
                0 => self.add(|| fault),
                count => self.count += count,
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The errors to list; the last one counts the rest.
    pub(crate) fn told(mut self) -> Vec<ArgumentError> {
        let untold = self.count - self.first.len();
        if untold > 0 {
            self.first.push(ArgumentError::untold(untold));
        }
        self.first
    }

    /// The value, if there is no error.
    pub(crate) fn or<T>(self, made: T) -> Result<T, Vec<ArgumentError>> {
        if self.is_empty() {
            Ok(made)
        } else {
            Err(self.told())
        }
    }
}

impl From<Vec<ArgumentError>> for Faults {
    fn from(faults: Vec<ArgumentError>) -> Self {
        let mut all = Self::default();
        all.extend(faults);
        all
    }
}

/// The path to a value inside an argument, built only for an error.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'a> {
    Top(&'a str),
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top(name) => f.write_str(&excerpt(name)),
            Self::Key(above, key) => write!(f, "{above}.{}", excerpt(key)),
            Self::Index(above, index) => write!(f, "{above}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(number: usize) -> ArgumentError {
        ArgumentError::new(format!("a{number}"), "is wrong")
    }

    #[test]
    fn ten_faults_are_told_and_the_rest_is_counted() {
        let mut faults = Faults::default();
        for number in 0..10 {
            faults.add(|| fault(number));
        }
        for _ in 0..999_990 {
            faults.add(|| unreachable!("it is only counted"));
        }
        let told = faults.told();
        assert_eq!(told.len(), 11);
        assert_eq!(told[9].to_string(), "`a9`: is wrong");
        assert_eq!(told[10].to_string(), "and 999,990 more");
        let mut more = Faults::from(told);
        more.add(|| unreachable!("it is only counted"));
        assert_eq!(more.told()[10].to_string(), "and 999,991 more");
    }

    #[test]
    fn a_path_is_short_however_long_the_keys_are() {
        let long = "k".repeat(1_000_000);
        let top = Path::Top(&long);
        let path = Path::Index(&Path::Key(&top, &long), 3).to_string();
        assert!(path.len() < 420);
        assert!(ArgumentError::new(path, "").to_string().chars().count() < 210);
    }
}
