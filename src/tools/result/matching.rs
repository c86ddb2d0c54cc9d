//! Which rows of a list are wanted, where the API cannot choose them itself.

use super::{
    json::{JsonError, Reader},
    members::Members,
    secrets::Rule,
    words,
};

/// What the rows that are shown must have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// Pointers into a row, and what stands there.
    pub filters: Vec<(&'static str, String)>,
}

impl Wanted {
    /// Whether every row is wanted.
    pub fn is_everything(&self) -> bool {
        self.filters.is_empty()
    }

    /// Whether a row passes the filters; what is no object passes none.
    pub(super) fn admits(&self, row: Option<&Members<'_>>) -> Result<bool, JsonError> {
        for (pointer, wanted) in &self.filters {
            let Some(row) = row else { return Ok(false) };
            let mut found = values(row, pointer)?.into_iter();
            if !found.any(|(value, _)| is(value, wanted)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a value is the wanted one, whatever its case. A `*` at the end stands for any rest.
fn is(value: &[u8], wanted: &str) -> bool {
    let text = match value.first() {
        Some(b'"') => words::said(value).0.to_lowercase(),
        Some(b'{' | b'[') | None => return false,
        Some(_) => String::from_utf8_lossy(value).to_lowercase(),
    };
    let wanted = wanted.trim().to_lowercase();
    match wanted.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => text == wanted,
    }
}

/// The values at a pointer whose segment `*` is every element of a list, each with the rule of a key
/// on the way that hides it.
pub(super) fn values<'a>(
    row: &Members<'a>,
    pointer: &str,
) -> Result<Vec<(&'a [u8], Option<Rule>)>, JsonError> {
    let mut parts = pointer.split("/*");
    let first = parts.next().unwrap_or_default();
    let mut found: Vec<_> = row.below(first)?.into_iter().collect();
    for part in parts {
        let mut next = Vec::new();
        for (list, hide) in found {
            let mut reader = Reader::new(list);
            if reader.peek()? != b'[' {
                continue;
            }
            reader.open(b'[')?;
            while reader.next_element()? {
                let element = reader.value()?;
                if part.is_empty() {
                    next.push((element, hide));
                } else if let Some(members) = Members::of(&mut Reader::new(element))?
                    && let Some((value, below)) = members.below(part)?
                {
                    next.push((value, hide.or(below)));
                }
            }
        }
        found = next;
    }
    Ok(found)
}
