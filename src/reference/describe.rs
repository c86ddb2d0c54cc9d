//! Describes an operation, or places of its body and answer.

use model::facts::{Answer, Body, Facts, Operation};
use serde_json::Value;

use super::{
    alternatives::{Form, Schemas},
    collapse::{Budget, Notes, Tree},
    facts::facts,
    location::Location,
    summary::{LINK, head},
    text::{Detail, Shape},
    union::discriminator,
};

/// Maximum number of pointers of one description.
const MOST_POINTERS: usize = 8;

/// Maximum number of bytes of a pointer.
const LONGEST_POINTER: usize = 300;

/// Maximum number of bytes of a description with one pointer or none.
const ONE: usize = 4_500;

/// Maximum number of bytes of a description.
const ALL: usize = 14_000;

/// Number of bytes up to which objects are opened in a description with one pointer or none.
const OPENED: usize = 3_000;

/// The same for all pointers of a description together.
const ALL_OPENED: usize = 4_600;

/// Text for a model: what the operation does, its parameters, and the properties of its body, or
/// with `answer` those of its answer. Pointers in `at` open places of them: segments as in a JSON
/// pointer, `*` for the elements of a list, and `:VALUE` after a segment for a member of a union,
/// as in `/model:openai/tools/*:function`. `sent_with` says which tools send the operation. At most 14,000 bytes; 4,500 with one pointer or none.
///
/// Errors name what cannot be found and what is there instead.
pub fn describe(
    operation: &Operation,
    at: &[&str],
    answer: bool,
    sent_with: Option<&str>,
) -> Result<String, String> {
    if at.len() > MOST_POINTERS {
        return Err(format!("`at` takes at most {MOST_POINTERS} pointers"));
    }
    if at.iter().any(|pointer| pointer.len() > LONGEST_POINTER) {
        return Err(format!(
            "a pointer in `at` has more than {LONGEST_POINTER} bytes"
        ));
    }
    let facts = facts().map_err(|error| error.to_string())?;
    described(facts, operation, at, answer, sent_with)
}

fn described(
    facts: &Facts,
    operation: &Operation,
    at: &[&str],
    answer: bool,
    sent_with: Option<&str>,
) -> Result<String, String> {
    let side = Side::new(facts, operation, answer);
    let address = operation.address();
    let whole = Budget {
        opened: OPENED,
        most: ONE,
    };
    match at {
        [] if answer => side.section(address, "", whole),
        [] => side.section(head(operation, sent_with), "", whole),
        [only] => side.section(address, only, whole),
        several => side.sections(address, several),
    }
}

/// The body or the answer of an operation.
struct Side<'a> {
    name: &'static str,
    schemas: Schemas<'a>,
    schema: Option<&'a Value>,
    /// What there is instead of a schema.
    instead: String,
    notes: Notes<'a>,
}

impl<'a> Side<'a> {
    fn new(facts: &'a Facts, operation: &'a Operation, answer: bool) -> Self {
        let mut side = Self {
            name: if answer { "answer" } else { "body" },
            schemas: Schemas(&facts.schemas),
            schema: None,
            instead: String::new(),
            notes: Notes::new(),
        };
        if answer {
            match &operation.answer {
                Some(Answer::Json(schema)) => side.schema = Some(schema),
                Some(Answer::Redirect) => {
                    side.instead = LINK.to_owned();
                }
                None => side.instead = "the document declares none".to_owned(),
            }
            return side;
        }
        match &operation.body {
            Some(Body::Json(schema) | Body::Upload(schema)) => side.schema = Some(schema),
            Some(Body::Undocumented(takes)) => {
                side.instead = format!("not in Vapi's document. {takes}");
            }
            None => side.instead = "none".to_owned(),
        }
        if matches!(operation.body, Some(Body::Upload(_))) {
            side.name = "form with a file";
        }
        let notes = operation.notes.iter();
        side.notes = notes
            .map(|(at, note)| (at.as_str(), note.clone()))
            .collect();
        for (at, reason) in &operation.refuse {
            side.notes.insert(at, format!("refused: {reason}"));
        }
        side
    }

    /// The head, then the places that the pointers lead to. They share a number of bytes: what the
    /// small ones do not need is left to the others.
    fn sections(&self, head: String, pointers: &[&str]) -> Result<String, String> {
        let most = ONE.min((ALL - head.len()) / pointers.len() - 1);
        let section = |pointer, opened| {
            let section = self.section(String::new(), pointer, Budget { opened, most });
            section.map_err(|error| clipped(&error, most).to_owned())
        };
        let mut sections: Vec<_> = pointers
            .iter()
            .map(|pointer| (*pointer, section(*pointer, OPENED)))
            .collect();
        let mut by_size: Vec<_> = sections.iter_mut().collect();
        by_size.sort_by_key(|(_, section)| section.as_ref().map_or(0, String::len));
        let bytes = |text: &Result<String, String>| text.as_ref().map_or(0, String::len);
        let (mut left, mut count) = (ALL_OPENED, by_size.len());
        for (pointer, text) in &mut by_size {
            let share = left / count.max(1);
            if bytes(text) > share {
                *text = section(*pointer, share);
            }
            left = left.saturating_sub(bytes(text));
            count -= 1;
        }
        for (pointer, text) in by_size {
            let before = bytes(text);
            *text = section(*pointer, OPENED.min(before + left));
            left = left.saturating_sub(bytes(text).saturating_sub(before));
        }
        let mut text = head;
        let is_known = sections.iter().any(|(_, section)| section.is_ok());
        for (_, section) in sections {
            text.push('\n');
            text.push_str(&section.unwrap_or_else(|error| error));
        }
        if is_known { Ok(text) } else { Err(text) }
    }

    /// The head, then the place that the pointer leads to.
    fn section(&self, head: String, pointer: &str, budget: Budget) -> Result<String, String> {
        let mut text = head;
        if !text.is_empty() {
            text.push('\n');
        }
        let Some(schema) = self.schema else {
            text.push_str(&format!("{}: {}", self.name, self.instead));
            return match pointer {
                "" => Ok(text),
                _ => Err(text),
            };
        };
        let top = Location::top(self.schemas.open(schema));
        let place = top
            .follow(self.schemas, pointer)
            .map_err(|error| format!("{}: {error}", self.name))?;
        self.write(&mut text, place, budget);
        Ok(text)
    }

    fn write(&self, text: &mut String, place: Location<'a>, budget: Budget) {
        let Location {
            forms,
            plain,
            chosen,
        } = place;
        let shape = Shape::new(self.schemas, forms);
        let name = if chosen.is_empty() {
            self.name
        } else {
            &*chosen
        };
        text.push_str(&format!(
            "{name}: {}",
            shape.text(self.schemas, Detail::Asked)
        ));
        if let Some(note) = self.notes.get(&*plain) {
            text.push_str(&format!("  // {note}"));
        }
        let objects: Vec<Form<'a>> = shape.objects();
        let is_union = discriminator(self.schemas, &objects).is_some();
        let below = shape.below(&plain);
        let mut tree = Tree::new(self.schemas, &self.notes, &objects, &below, is_union);
        if objects.len() > 1 {
            let below = shape.below(&chosen);
            let word = if is_union { "VALUE" } else { "NAME" };
            text.push_str(&format!("\nchoose with at \"{below}:{word}\""));
            if !tree.is_empty() {
                text.push_str(if is_union {
                    "; all have:"
                } else {
                    "; together they have:"
                });
            }
        }
        tree.fit(text.len(), budget);
        tree.write(text, budget.most);
        let length = clipped(text, budget.most).len();
        text.truncate(length);
    }
}

/// The beginning of a text that has at most so many bytes.
fn clipped(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}
