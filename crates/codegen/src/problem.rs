//! An error in a row: the location, the reason and the remedy.

use std::fmt::{self, Display};

use serde::Serialize;

/// An error in the tool table or the document, for a maintainer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    file: String,
    line: Option<usize>,
    row: Option<String>,
    place: Option<String>,
    reason: String,
    remedy: Option<String>,
}

impl Problem {
    /// A problem of a whole file.
    pub fn new(file: impl Display, reason: impl Into<String>) -> Self {
        Self {
            file: file.to_string(),
            line: None,
            row: None,
            place: None,
            reason: reason.into(),
            remedy: None,
        }
    }

    /// Sets the line.
    #[must_use]
    pub fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// Sets the tool.
    #[must_use]
    pub fn in_row(mut self, row: &str) -> Self {
        self.row = Some(row.to_owned());
        self
    }

    /// Sets the part of the row, such as an argument.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The tool with the problem; `None` for a problem of a whole file.
    pub fn row(&self) -> Option<&str> {
        self.row.as_deref()
    }

    /// Whether this is the same error in the same part of the row, regardless of the remedy.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (&self.row, &self.place, &self.reason) == (&other.row, &other.place, &other.reason)
    }

    /// The part of the row.
    pub(crate) fn part(&self) -> &str {
        self.place.as_deref().unwrap_or_default()
    }

    /// The reason, without the remedy.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// The file and the line, if it is known.
    pub fn location(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }

    /// The message without file and row.
    pub fn message(&self) -> String {
        let place = self.place.iter().map(|place| format!("{place}: "));
        let remedy = self.remedy.iter().map(|remedy| format!("; {remedy}"));
        let reason = std::iter::once(self.reason.clone());
        place.chain(reason).chain(remedy).collect()
    }

    /// Sets the remedy.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Suggests the names that are most similar to `given`.
    #[must_use]
    pub fn near<'a>(self, given: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let near = near(given, known);
        if near.is_empty() {
            return self;
        }
        let names: Vec<_> = near.iter().map(|name| format!("`{name}`")).collect();
        self.remedy(format!("did you mean {}?", names.join(" or ")))
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        f.write_str(": ")?;
        if let Some(row) = &self.row {
            // The row of an operation is named by its method and path.
            let kind = if row.contains(" /") {
                "operation"
            } else {
                "tool"
            };
            write!(f, "{kind} `{row}`")?;
            if let Some(place) = &self.place {
                write!(f, ", {place}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.reason)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// The problems that are not among the known ones.
pub(crate) fn without(mut problems: Vec<Problem>, known: &[Problem]) -> Vec<Problem> {
    problems.retain(|problem| !known.iter().any(|known| known.is_like(problem)));
    problems
}

/// The problems that are also among the others.
pub(crate) fn both<'a>(
    problems: impl Iterator<Item = &'a Problem>,
    others: impl Iterator<Item = &'a Problem>,
) -> Vec<Problem> {
    let others: Vec<_> = others.collect();
    let common = problems.filter(|it| others.iter().any(|other| other.is_like(it)));
    common.cloned().collect()
}

/// Up to three known names that are similar to `given`, the most similar first.
pub(crate) fn near<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const SIMILAR: f64 = 0.8;
    let given = given.to_lowercase();
    let mut scored: Vec<_> = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&given, &name.to_lowercase()), name))
        .filter(|(score, _)| *score >= SIMILAR)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by_key(|(_, name)| *name);
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}
