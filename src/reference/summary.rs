//! What an operation does, and its parameters.

use std::collections::BTreeMap;

use model::{
    Effect,
    facts::{Answer, Operation, Parameter},
};

use super::{
    alternatives::Schemas,
    text::{Shape, joined, scalar},
};

/// What an operation answers whose answer is a redirect.
pub(super) const LINK: &str = "a link to the file";

/// The suffixes of parameters that compare a time, of which lists have four for each time.
const COMPARISONS: [&str; 4] = ["Gt", "Ge", "Lt", "Le"];

/// Maximum number of bytes of the type of a parameter.
const TYPE: usize = 300;

/// The first lines of a description. `sent_with` says which tools send the operation.
pub(super) fn head(operation: &Operation, sent_with: Option<&str>) -> String {
    let mut text = operation.address();
    if !operation.does.is_empty() {
        text.push_str(&format!(": {}", operation.does));
    }
    text.push_str(&format!("\neffect: {}", operation.effect.name()));
    text.push_str(match operation.effect {
        Effect::Dial => ", reaches people and costs money",
        Effect::Spend => ", costs money",
        _ => "",
    });
    if let Some(loses) = &operation.loses {
        text.push_str(&format!("; loses: {}", loses.trim_end_matches('.')));
    }
    if let Some(tools) = sent_with {
        text.push_str(&format!("\nsent with: {tools}"));
    }
    for place in ["path", "query"] {
        let shown = parameters(operation, place);
        if !shown.is_empty() {
            text.push_str(&format!("\n{place}: {}", shown.join("; ")));
        }
    }
    if matches!(operation.answer, Some(Answer::Redirect)) {
        text.push_str(&format!("\nanswer: {LINK}"));
    }
    text
}

fn parameters(operation: &Operation, place: &str) -> Vec<String> {
    let mut shown = Vec::new();
    let mut times: Vec<(&str, String)> = Vec::new();
    for parameter in &operation.parameters {
        if parameter.place != place {
            continue;
        }
        let comparison = COMPARISONS
            .iter()
            .find_map(|suffix| Some((parameter.name.strip_suffix(suffix)?, suffix)));
        match comparison.filter(|_| parameter.schema.get("format").is_some()) {
            None => shown.push(described_parameter(parameter)),
            Some((time, suffix)) => match times.iter_mut().find(|(known, _)| *known == time) {
                None => times.push((time, format!("{time}{suffix}"))),
                Some((_, names)) => names.push_str(&format!("|{suffix}")),
            },
        }
    }
    shown.extend(
        times
            .into_iter()
            .map(|(_, names)| format!("{names}: date-time")),
    );
    shown
}

fn described_parameter(parameter: &Parameter) -> String {
    let mut text = parameter.name.clone();
    if parameter.required && parameter.place != "path" {
        text.push('*');
    }
    let no_schemas = BTreeMap::new();
    let schemas = Schemas(&no_schemas);
    let forms = schemas.open(&parameter.schema);
    let shape = Shape::new(schemas, forms);
    let types: Vec<_> = shape.forms.iter().map(|form| scalar(form, TYPE)).collect();
    let types = joined(types.iter().map(String::as_str), " | ", TYPE);
    if types != "string" && !types.starts_with("string uuid") {
        let (open, close) = ("[".repeat(shape.lists), "]".repeat(shape.lists));
        text.push_str(&format!(": {open}{types}{close}"));
    }
    if let Some(note) = &parameter.note {
        text.push_str(&format!(" ({note})"));
    }
    text
}
