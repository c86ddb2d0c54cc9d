//! `vapi-mcp call`: one tool call from the terminal.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use clap::Args;
use serde_json::{Map, Value};

use super::{
    ended::{Ended, block_on},
    layout::{table, width},
};
use crate::{
    api::Limits,
    bounds::{ARGUMENTS, BoundsError},
    call::{Context, Display, arguments::schemas, call, wait::NoProgress},
    catalog::{Tool, Toolset},
    config::Config,
    guard::{
        Gate, Guard,
        confirm::{Answer, Asking, Person, Question},
    },
    server::stdout_is_open,
    terminal::plain,
    text::excerpt,
};

/// The longest answer that a person types, in bytes.
const ANSWER_BOUND: u64 = 1 << 10;

/// Maximum number of parts of a key, between dots.
const SEGMENTS: usize = 64;

/// Maximum number of bytes of a key.
const LONGEST_KEY: usize = 1024;

#[derive(Args)]
pub(super) struct Call {
    /// The tool; `vapi-mcp tools` shows what there is
    tool: String,
    /// Its arguments: `key=value` (`customer.number=+15550100123` sets a property inside), one JSON
    /// object, or `-` for a JSON object on standard input
    #[arg(value_name = "KEY=VALUE | JSON | -")]
    arguments: Vec<String>,
}

impl Call {
    pub(super) fn run(
        self,
        config: Config,
        display: Display,
        toolset: &Toolset,
        guard: Guard,
    ) -> Result<Ended, String> {
        let tool = toolset.tool(&self.tool)?;
        let arguments = read(tool, &self.arguments)?;
        let token = config.token.as_ref().map_err(ToString::to_string)?;
        let api = config.api(Limits::default());
        let api = api.map_err(|error| error.to_string())?;
        // Nobody would see the outcome.
        api.write_only_while(stdout_is_open);
        let context = Context {
            api: &api,
            token,
            display,
            toolset,
            gate: Gate {
                guard: &guard,
                person: &Terminal,
            },
            progress: &NoProgress,
        };
        let mut outcome = block_on(call(tool, arguments, context))?;
        outcome.remarks.extend(api.remark().map(str::to_owned));
        let mut answer = String::new();
        let mut said = outcome.remarks.join("\n");
        if outcome.is_error {
            said = [outcome.text, said].join("\n");
        } else if io::stdout().is_terminal() {
            let list = tool.view.list.then_some(outcome.text.as_str());
            match list.and_then(|list| table(list, width())) {
                // Takes the colours out where they are not wanted.
                Some(table) => print(anstream::stdout(), &table)?,
                None => answer = plain(&indented(&outcome.text)).into_owned(),
            }
        } else {
            answer = outcome.text;
        }
        print(io::stdout(), &answer)?;
        print(io::stderr(), &plain(said.trim_end()))?;
        Ok(if outcome.is_error {
            Ended::ToolFailed
        } else {
            Ended::Well
        })
    }
}

/// The person before this terminal.
struct Terminal;

impl Person for Terminal {
    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        Box::pin(async {
            match self.absence() {
                Some(reason) => Answer::Void(reason),
                None => asked(&question.text),
            }
        })
    }

    fn absence(&self) -> Option<String> {
        let reason = "standard input is not a terminal, so nobody can be asked";
        (!io::stdin().is_terminal()).then(|| reason.to_owned())
    }
}

fn asked(question: &str) -> Answer {
    let asked = print(io::stderr(), &format!("{question}\nType yes to continue:"));
    match asked.and_then(|()| typed()) {
        Ok(answer) if answer.trim().eq_ignore_ascii_case("yes") => Answer::Yes,
        Ok(_) => Answer::No,
        Err(error) => Answer::Void(error),
    }
}

/// A line from the terminal.
pub(super) fn typed() -> Result<String, String> {
    let mut line = String::new();
    let read = io::stdin().lock().take(ANSWER_BOUND).read_line(&mut line);
    read.map(|_| line).map_err(|error| error.to_string())
}

/// Prints a text with a line end; nothing for an empty one. A reader that has gone away (`| head`)
/// is no error.
pub(super) fn print(mut to: impl Write, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    match writeln!(to, "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn read(tool: &Tool, words: &[String]) -> Result<Map<String, Value>, String> {
    match words {
        [word] if word == "-" => {
            let text = regular_file::read_bounded(io::stdin().lock(), ARGUMENTS.bytes as u64);
            object(&text.map_err(|error| format!("standard input: {error}"))?)
        }
        [word] if word.trim_start().starts_with('{') => object(word),
        words => {
            let mut arguments = Map::new();
            for word in words {
                let (key, value) = word.split_once('=').ok_or_else(|| {
                    let word = excerpt(word);
                    format!(
                        "`{word}` is not key=value; a JSON object or `-` must be the only argument"
                    )
                })?;
                set(tool, &mut arguments, key, value)?;
            }
            Ok(arguments)
        }
    }
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    let mut left = ARGUMENTS;
    if let Err(excess @ BoundsError::Excess(_)) = left.check(text) {
        return Err(format!("the arguments are refused: {excess}"));
    }
    serde_json::from_str(text)
        .map_err(|error| format!("the arguments are not a JSON object: {error}"))
}

/// Sets the value at a key, whose dots reach into objects. A value is a text where the tool says
/// so; elsewhere it is JSON, or a text when it is none.
fn set(
    tool: &Tool,
    arguments: &mut Map<String, Value>,
    key: &str,
    value: &str,
) -> Result<(), String> {
    if key.len() > LONGEST_KEY || key.split('.').count() > SEGMENTS {
        return Err(format!(
            "`{}` is longer than 1 kB or has more than {SEGMENTS} parts, the limits of a key",
            excerpt(key)
        ));
    }
    let mut schema = None;
    let mut here = arguments;
    let mut path = key.split('.').peekable();
    while let Some(name) = path.next() {
        schema = match schema {
            None => schemas(tool).and_then(|schemas| schemas.get(name)),
            Some(outer) => Value::get(outer, "properties").and_then(|inner| inner.get(name)),
        };
        if path.peek().is_none() {
            let is_text =
                schema.and_then(|schema| schema.get("type")) == Some(&Value::from("string"));
            let mut left = ARGUMENTS;
            let value = match left.check(value).map(|()| serde_json::from_str(value)) {
                Ok(Ok(json)) if !is_text => json,
                _ => Value::from(value),
            };
            here.insert(name.to_owned(), value);
            break;
        }
        let inner = here
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()));
        here = inner.as_object_mut().ok_or_else(|| {
            let (key, name) = (excerpt(key), excerpt(name));
            format!("`{key}` sets a property of `{name}`, which already has a value")
        })?;
    }
    Ok(())
}

/// JSON with a line for every member, for a person; every value keeps its spelling.
fn indented(json: &str) -> String {
    /// Deeper levels are not indented further, so that the text stays proportional to the JSON.
    const DEEPEST: usize = 64;
    let mut out = String::with_capacity(json.len().saturating_mul(2));
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut escaped = false;
    let mut last = ' ';
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth.min(DEEPEST)));
    };
    for c in json.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            out.push(c);
        } else {
            let closes = matches!(c, '}' | ']');
            if closes {
                depth = depth.saturating_sub(1);
            }
            let empty = closes && matches!(last, '{' | '[');
            if !empty && (closes || matches!(last, '{' | '[' | ',')) {
                line(&mut out, depth);
            }
            in_text = c == '"';
            out.push(c);
            if c == ':' {
                out.push(' ');
            }
            depth = depth.saturating_add(usize::from(matches!(c, '{' | '[')));
        }
        last = if in_text { '"' } else { c };
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::TOOLS;

    fn arguments(words: &[&str]) -> Result<Value, String> {
        // The tool that has arguments of every kind.
        let tool = TOOLS.iter().max_by_key(|tool| tool.args.len()).unwrap();
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        read(tool, &words).map(Value::Object)
    }

    #[test]
    fn a_value_is_a_text_where_the_tool_wants_one_and_json_elsewhere() {
        let words = [
            "customer.number=15550100123",
            "assistantOverrides.variableValues.age=24",
            "new=[1,null]",
            "other=1 2",
            "name=",
        ];
        assert_eq!(
            arguments(&words).unwrap(),
            json!({
                "customer": { "number": "15550100123" },
                "assistantOverrides": { "variableValues": { "age": 24 } },
                "new": [1, null],
                "other": "1 2",
                "name": "",
            })
        );
    }

    #[test]
    fn one_word_may_be_the_whole_object() {
        assert_eq!(arguments(&[" {\"a\": {}}"]).unwrap(), json!({ "a": {} }));
        assert_eq!(arguments(&[]).unwrap(), json!({}));
    }

    #[test]
    fn what_is_no_argument_is_told() {
        for (words, said) in [
            (
                vec!["name"],
                "`name` is not key=value; a JSON object or `-`",
            ),
            (vec!["{\"a\":"], "the arguments are not a JSON object"),
            (
                vec!["{}", "a=1"],
                "`{}` is not key=value; a JSON object or `-`",
            ),
            (
                vec!["a=1", "a.b=2"],
                "`a.b` sets a property of `a`, which already has a value",
            ),
        ] {
            let error = arguments(&words).unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
    }

    #[test]
    fn keys_and_values_are_bounded() {
        let dotted = |parts: usize| format!("{}=1", vec!["a"; parts].join("."));
        let deep = |levels: usize| format!("a={}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(arguments(&[&dotted(64)]).is_ok());
        for parts in [65, 60_000] {
            let error = arguments(&[&dotted(parts)]).unwrap_err();
            assert!(error.contains("64 parts"), "{error}");
            assert!(error.chars().count() < 300, "{error}");
        }
        let error = arguments(&[&format!("{}=1", "a".repeat(1025))]).unwrap_err();
        assert!(error.contains("1 kB"), "{error}");
        // Text that goes deeper than JSON may stays text.
        assert!(arguments(&[&deep(100)]).unwrap()["a"].is_array());
        assert!(arguments(&[&deep(60_000)]).unwrap()["a"].is_string());
        let object = format!("{{\"a\":{}1", "[".repeat(60_000));
        let error = arguments(&[&object]).unwrap_err();
        assert!(error.contains("100 levels"), "{error}");
    }

    #[test]
    fn indenting_changes_nothing_but_white_space() {
        let json = r#"{"a":[1e3,"{\"[,:\\"],"b":{},"c":[],"d":[{"e":null}]}"#;
        let shown = indented(json);
        assert_eq!(
            shown,
            "{\n  \"a\": [\n    1e3,\n    \"{\\\"[,:\\\\\"\n  ],\n  \"b\": {},\n  \"c\": [],\n  \"d\": [\n    {\n      \"e\": null\n    }\n  ]\n}"
        );
    }
}
