//! The report: the differences, and what a maintainer can paste.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
};

use heck::{ToKebabCase, ToSnakeCase};

use super::{
    edits::Edit,
    record::{Contract, Seen},
};
use crate::catalog::location::segments;

/// Maximum number of places of a difference that are listed.
const PLACES: usize = 4;

impl Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}, {}: {} from the document.",
            counted(self.operations.len(), "operation"),
            counted(self.objects, "object"),
            counted(self.found.len(), "difference")
        )?;
        if self.is_incomplete {
            writeln!(f, "Some parts were left out because there were too many.")?;
        }
        self.differences_section(f)?;
        self.marks_section(f)?;
        self.fixes_section(f)?;
        self.pointers_section(f)
    }
}

impl Contract {
    fn differences_section(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.found.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n## Differences\n")?;
        for ((at, kind), seen) in &self.found {
            writeln!(
                f,
                "- `{}`: {} {kind}, {}",
                owner(at),
                places(seen),
                counted(seen.count, "time")
            )?;
        }
        Ok(())
    }

    fn marks_section(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marks = self.marks();
        if !marks.is_empty() {
            writeln!(f, "\n## Marks of rows: properties that rows may name")?;
        }
        for (index, pointers) in marks {
            let Some(located) = self.rows.get(index) else {
                continue;
            };
            let known = &located.row.undocumented;
            let all = known.iter().chain(&pointers);
            let all: Vec<_> = all.map(|pointer| format!("\"{pointer}\"")).collect();
            writeln!(
                f,
                "\n{}:{}, tool `{}`:\n\nundocumented = [{}]",
                located.file,
                located.line,
                located.row.name,
                all.join(", ")
            )?;
        }
        Ok(())
    }

    fn fixes_section(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fixes: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
        for edit in self.edits() {
            fixes.entry(owner(&edit.at)).or_default().push(edit);
        }
        if fixes.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "\n## Fixes for crates/codegen/src/fixes/bugs.rs\n\n\
             Replace \"VALUE\" by the value that the API sends."
        )?;
        for (owner, edits) in fixes {
            let name = format!("{owner} as sent");
            let (kebab, snake) = (name.to_kebab_case(), name.to_snake_case());
            let edits = edits.iter().map(|Edit { at, value }| {
                format!("super::set(\n        document,\n        {at:?},\n        json!({value}),\n    )")
            });
            let edits: Vec<_> = edits.collect();
            writeln!(
                f,
                "\n    Fix {{\n        name: \"{kebab}\",\n        reason: \"the live API sends \
                 what `{owner}` does not declare\",\n        apply: {snake},\n    }},\n\n\
                 fn {snake}(document: &mut Value) -> usize {{\n    {}\n}}",
                edits.join(" + ")
            )?;
        }
        Ok(())
    }

    fn pointers_section(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let absent = self.pointers.iter().map(|row| (row, row.absent()));
        let absent: Vec<_> = absent.filter(|(_, absent)| !absent.is_empty()).collect();
        if !absent.is_empty() {
            writeln!(f, "\n## Pointers of rows without a value\n")?;
        }
        for (row, absent) in absent {
            let pointers: Vec<_> = absent.iter().map(|it| format!("`{it}`")).collect();
            writeln!(
                f,
                "- {}: {} ({})",
                row.row,
                pointers.join(", "),
                counted(row.objects, "object")
            )?;
        }
        Ok(())
    }
}

/// A number and its noun.
fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The first places of a difference, and the number of the others.
fn places(seen: &Seen) -> String {
    let places = seen.places.iter().take(PLACES);
    let mut shown: Vec<_> = places
        .map(|(address, pointer)| match pointer.as_str() {
            "" => format!("the response to `{address}`"),
            pointer => format!("`{address}` `{pointer}`"),
        })
        .collect();
    let others = seen.places.len().saturating_sub(shown.len());
    if others > 0 {
        shown.push(format!("{others} other places"));
    }
    shown.join(", ")
}

/// The named schema that contains a location of the document, or the operation.
fn owner(at: &str) -> String {
    let segments: Vec<_> = segments(at).take(3).collect();
    match segments.as_slice() {
        [components, _, name] if components == "components" => name.clone(),
        [_, path, method] => format!("{} {path}", method.to_uppercase()),
        _ => at.to_owned(),
    }
}
