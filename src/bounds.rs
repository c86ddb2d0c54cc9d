//! Size limits of arguments, checked on bytes before anything is parsed.

use crate::json::{JsonError, Reader};

/// Limits of JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Maximum number of bytes of text.
    pub bytes: usize,
    /// Maximum nesting depth of objects and arrays.
    pub levels: usize,
    pub objects: usize,
    /// Maximum number of object members and array elements.
    pub members: usize,
}

/// The bounds of the arguments of one call.
pub(crate) const ARGUMENTS: Bounds = Bounds {
    bytes: 4 << 20,
    levels: 100,
    objects: 30_000,
    members: 120_000,
};

/// Maximum number of arguments of one call.
pub(crate) const MAX_ARGUMENTS: usize = 1_000;

/// The reason why JSON is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BoundsError {
    /// The JSON exceeds a limit.
    #[error(
        "more than {0} were given; the limits are 4 MB, 100 levels, 30,000 objects and 120,000 \
         members of objects and lists"
    )]
    Excess(&'static str),
    /// The text is not JSON.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// A number exceeds the range of `f64`.
    #[error("a number is too large")]
    Number,
}

impl Bounds {
    /// Checks a whole text against the remaining limits and subtracts it from them.
    pub(crate) fn check(&mut self, text: &str) -> Result<(), BoundsError> {
        let mut reader = Reader::new(text.as_bytes());
        self.take(&mut reader)?;
        Ok(reader.end()?)
    }

    /// Checks the next value, without recursion.
    pub(crate) fn take(&mut self, reader: &mut Reader<'_>) -> Result<(), BoundsError> {
        reader.peek()?;
        let start = reader.at();
        // For each enclosing container, whether it is an object.
        let mut containers: Vec<bool> = Vec::new();
        loop {
            match reader.peek()? {
                bracket @ (b'{' | b'[') => {
                    if containers.len() >= self.levels {
                        return Err(BoundsError::Excess("100 levels"));
                    }
                    if bracket == b'{' {
                        spend(&mut self.objects, "30,000 objects")?;
                    }
                    reader.open(bracket)?;
                    containers.push(bracket == b'{');
                }
                b'"' => {
                    reader.value()?;
                }
                _ => check_number(reader.value()?)?,
            }
            loop {
                let more = match containers.last() {
                    None => return spend_bytes(&mut self.bytes, reader.at() - start),
                    Some(true) => reader.next_key()?.is_some(),
                    Some(false) => reader.next_element()?,
                };
                if more {
                    self.member()?;
                    break;
                }
                containers.pop();
            }
        }
    }

    /// Subtracts one member.
    pub(crate) fn member(&mut self) -> Result<(), BoundsError> {
        spend(&mut self.members, "120,000 members")
    }
}

fn spend(left: &mut usize, limit: &'static str) -> Result<(), BoundsError> {
    *left = left.checked_sub(1).ok_or(BoundsError::Excess(limit))?;
    Ok(())
}

fn spend_bytes(left: &mut usize, bytes: usize) -> Result<(), BoundsError> {
    *left = left.checked_sub(bytes).ok_or(BoundsError::Excess("4 MB"))?;
    Ok(())
}

/// Refuses a number that `serde_json` cannot read.
fn check_number(scalar: &[u8]) -> Result<(), BoundsError> {
    // A number without an exponent needs 309 digits to exceed the maximum.
    let may_exceed = scalar.len() > 300 || scalar.iter().any(|byte| matches!(byte, b'e' | b'E'));
    if !may_exceed
        || !scalar
            .first()
            .is_some_and(|byte| matches!(byte, b'-' | b'0'..=b'9'))
    {
        return Ok(());
    }
    let number = std::str::from_utf8(scalar)
        .ok()
        .and_then(|text| text.parse::<f64>().ok());
    number
        .filter(|number| number.is_finite())
        .map(|_| ())
        .ok_or(BoundsError::Number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn check(text: &str) -> Result<(), BoundsError> {
        let mut left = ARGUMENTS;
        left.check(text)
    }

    #[test]
    fn each_bound_holds_exactly_and_is_named() {
        let list = |of: &str, count: usize| format!("[{}]", vec![of; count].join(","));
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (good, bad, named) in [
            (deep(100), deep(101), "100 levels"),
            (list("{}", 30_000), list("{}", 30_001), "30,000 objects"),
            (list("0", 120_000), list("0", 120_001), "120,000 members"),
            (
                format!("\"{}\"", "x".repeat((4 << 20) - 2)),
                format!("\"{}\"", "x".repeat((4 << 20) - 1)),
                "4 MB",
            ),
        ] {
            assert_eq!(check(&good), Ok(()), "{named}");
            let error = check(&bad).unwrap_err();
            assert_eq!(error, BoundsError::Excess(named));
            assert!(error.to_string().contains(named));
        }
    }

    #[test]
    fn text_of_any_depth_is_refused_without_recursion() {
        let deep = "{\"\":".repeat(1_000_000);
        assert_eq!(check(&deep), Err(BoundsError::Excess("100 levels")));
    }

    #[test]
    fn what_is_spent_on_one_text_is_not_left_for_the_next() {
        let mut left = Bounds {
            members: 5,
            ..ARGUMENTS
        };
        left.check("[1,2,3]").unwrap();
        assert_eq!(
            left.check("[1,2,3]"),
            Err(BoundsError::Excess("120,000 members"))
        );
    }

    proptest! {
        #[test]
        fn a_small_text_fits_exactly_when_it_can_be_read(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"\"", "\"a\":", "1", "1e400", "-1E+999", "0.5e-400",
                "true", " ",
            ]), 0..10),
        ) {
            let text = pieces.concat();
            prop_assert_eq!(check(&text).is_ok(), serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }
    }
}
