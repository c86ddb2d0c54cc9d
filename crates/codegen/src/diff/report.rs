//! The report as Markdown: breaking changes first, and within each class, changes for single tools
//! before the rest. It contains every change; changes of one kind at one location share a line.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display},
};

use serde_json::{Map, Value};

use super::{ChangeKind, Class, ClassifiedChange, Diff, Location, Named, Root, RowKind, RowRef};
use crate::problem::Problem;

/// The maximum length of a value that is shown in full, in characters.
const SHOWN: usize = 60;

/// Maximum number of tools that are named; further ones are only counted.
const NAMED: usize = 3;

impl Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Breaking => "**breaking for us**",
            Self::Look => "**worth a look**",
            Self::Harmless => "**harmless**",
        })
    }
}

impl Diff {
    /// The report on the changes from the revision `old` to `new`.
    pub fn report(&self, old: &str, new: &str) -> String {
        self.head(old, new) + &self.body()
    }

    /// The report's title and counts, and the broken rows.
    pub fn head(&self, old: &str, new: &str) -> String {
        let title = format!("# Vapi's API: {} to {}\n\n", code(old), code(new));
        title + &self.summary()
    }

    /// Every change, the most serious class first, so that a shortened report loses the least
    /// important changes.
    pub fn body(&self) -> String {
        let mut body = String::new();
        for (class, title) in [
            (Class::Breaking, "Breaking for us"),
            (Class::Look, "Worth a look"),
            (Class::Harmless, "Harmless"),
        ] {
            let mut sections = self.sections(class);
            sections.retain(|(_, lines)| !lines.is_empty());
            if !sections.is_empty() {
                body.push_str(&format!("\n## {title}\n"));
            }
            for (title, lines) in sections {
                body.push_str(&format!("\n### {title}\n\n{}\n", lines.join("\n")));
            }
        }
        body
    }

    /// The sections with the changes of one class, those closest to the tools first.
    fn sections(&self, class: Class) -> Vec<(String, Vec<String>)> {
        let mut operations = self.operations(class);
        if class == Class::Look {
            let left_out = self.left_out.iter();
            operations.extend(left_out.map(|it| format!("- {class}: {}", plain(&it.to_string()))));
        }
        let mut sections = vec![("Operations".to_owned(), operations)];
        sections.extend(self.rows().into_iter().map(|(kind, row)| {
            let title = match kind {
                RowKind::Tool => format!("Tool {}", code(row)),
                RowKind::Operation => format!("Operation {}", code(row)),
            };
            (title, self.row((kind, row), class))
        }));
        let rest = |in_reach: bool| {
            let changes = self.shown().filter(move |it| {
                it.class == class
                    && !is_operation(it)
                    && !it.named.iter().any(|named| named.class == class)
                    && it.reached.is_empty() != in_reach
            });
            by_root(class, changes)
        };
        sections.extend([
            (
                "Used by tools, but not named by a row".to_owned(),
                rest(true),
            ),
            ("Everything else".to_owned(), rest(false)),
        ]);
        sections
    }

    /// The changes that have not been acknowledged.
    fn shown(&self) -> impl Iterator<Item = &ClassifiedChange> {
        self.changes.iter().filter(|it| !it.acknowledged)
    }

    /// The rows that are broken: tools, then operations.
    fn broken(&self) -> BTreeSet<(RowKind, &str)> {
        let rows = self.problems.iter().filter_map(Problem::row);
        rows.map(|row| (kind(row), row)).collect()
    }

    /// The problems that are not of a row, such as an operation that has none.
    fn outside(&self) -> Vec<&Problem> {
        let problems = self.problems.iter();
        problems.filter(|it| it.row().is_none()).collect()
    }

    fn summary(&self) -> String {
        if self.changes.is_empty() && self.problems.is_empty() {
            return "Nothing changed.\n".to_owned();
        }
        let classes = [Class::Breaking, Class::Look, Class::Harmless];
        let mut counts = classes
            .map(|class| format!("{} {class}", self.count(class)))
            .to_vec();
        let acknowledged = self.changes.iter().filter(|it| it.acknowledged).count();
        if acknowledged > 0 {
            counts.push(format!("{acknowledged} acknowledged"));
        }
        let broken = self.broken();
        let broken: Vec<_> = broken.iter().map(|(_, row)| code(row)).collect();
        let outside = self.outside();
        let count = broken.len() + outside.len();
        let rows = match count {
            1 => "row",
            _ => "rows",
        };
        let mut summary = format!(
            "{} changes: {}; {} {rows} broken.\n",
            self.changes.len(),
            counts.join(", "),
            count
        );
        if !broken.is_empty() {
            summary.push_str(&format!("\nBroken rows: {}.\n", broken.join(", ")));
        }
        if !outside.is_empty() {
            summary.push_str("\nBroken outside the tool table:\n\n");
            for it in outside {
                summary.push_str(&format!("- {}: {}\n", Class::Breaking, problem(it)));
            }
        }
        if !self.earlier.is_empty() {
            summary.push_str("\nBroken before and still broken:\n\n");
            for earlier in &self.earlier {
                summary.push_str(&format!("- {}\n", plain(&earlier.to_string())));
            }
        }
        summary
    }

    /// Operations that were added, removed or moved.
    fn operations(&self, class: Class) -> Vec<String> {
        let changes = self.shown().filter(|judged| judged.class == class);
        let described = changes.filter_map(|judged| {
            let Root::Operation(name) = &judged.change.location.root else {
                return None;
            };
            let (head, item) = match &judged.change.what {
                _ if !is_operation(judged) => return None,
                ChangeKind::Added(_) => ("added", code(name)),
                ChangeKind::Removed(_) => ("removed", code(name)),
                ChangeKind::Moved(old, new) => (
                    "moved",
                    format!("{} from {} to {}", code(name), code(old), code(new)),
                ),
                ChangeKind::Changed(..) => ("changed", code(name)),
            };
            Some(((head.to_owned(), uses_at(judged, None)), item))
        });
        lines(class, described)
    }

    /// The rows with problems or changes.
    fn rows(&self) -> BTreeSet<(RowKind, &str)> {
        let broken = self.broken().into_iter();
        let changes = self.shown().filter(|judged| !is_operation(judged));
        let named = changes.flat_map(|it| it.named.iter().map(|it| (it.row.kind, &*it.row.row)));
        broken.chain(named).collect()
    }

    /// The changes of one class for a row, and then the problems that they cause.
    fn row(&self, row: (RowKind, &str), class: Class) -> Vec<String> {
        let changes = self.shown().filter(|judged| !is_operation(judged));
        let described = changes.filter_map(|judged| {
            let mut named = judged.named.iter();
            let named = named.find(|it| (it.row.kind, it.row.row.as_str()) == row)?;
            if named.class != class || judged.class != class {
                return None;
            }
            let (head, item) = describe(judged, |location| code(&location.to_string()));
            Some(((head, uses_at(judged, Some(named))), item))
        });
        let mut all = lines(class, described);
        let (_, name) = row;
        let mut problems: Vec<_> = self.problems.iter().collect();
        problems.retain(|it| class == Class::Breaking && it.row() == Some(name));
        all.extend(
            problems
                .iter()
                .map(|it| format!("- {class}: {}", problem(it))),
        );
        all
    }
}

/// The kind of row with this name: operations are named by their method and path.
fn kind(row: &str) -> RowKind {
    match row.contains(" /") {
        true => RowKind::Operation,
        false => RowKind::Tool,
    }
}

/// The parts of rows that a change concerns, with their lines; for harmless changes, none.
fn uses_at(judged: &ClassifiedChange, named: Option<&Named>) -> String {
    if judged.class == Class::Harmless {
        return String::new();
    }
    let of = |named: &Named| {
        let RowRef {
            file, line, row, ..
        } = &named.row;
        let mut parts: Vec<_> = named
            .parts
            .iter()
            .map(|(part, line)| format!("{file}:{line} {part}"))
            .collect();
        if parts.is_empty() {
            parts.push(format!("{file}:{line} {}", code(row)));
        }
        parts
    };
    let parts: Vec<_> = match named {
        Some(named) => of(named),
        None => judged.named.iter().flat_map(of).collect(),
    };
    let more = match parts.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let parts: Vec<_> = parts.iter().take(NAMED).map(|part| plain(part)).collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!(" ({}{more})", parts.join(", ")),
    }
}

fn problem(problem: &Problem) -> String {
    plain(&format!("{} ({})", problem.message(), problem.location()))
}

/// Whether the change affects an operation as a whole.
fn is_operation(judged: &ClassifiedChange) -> bool {
    let location = &judged.change.location;
    matches!(location.root, Root::Operation(_)) && location.steps.is_empty()
}

/// One line per heading and the uses that it concerns, with all its items.
fn lines(class: Class, changes: impl Iterator<Item = ((String, String), String)>) -> Vec<String> {
    let mut grouped: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (head, item) in changes {
        grouped.entry(head).or_default().push(item);
    }
    grouped
        .into_iter()
        .map(|((head, uses), items)| format!("- {class}: {}{uses}", counted(&head, &items)))
        .collect()
}

fn counted(head: &str, items: &[String]) -> String {
    match items {
        [only] => format!("{head}: {only}"),
        items => format!("{head} ({}): {}", items.len(), items.join(", ")),
    }
}

/// One line per root, and one for all components of a kind that were added or removed.
fn by_root<'a>(class: Class, changes: impl Iterator<Item = &'a ClassifiedChange>) -> Vec<String> {
    type Heads = BTreeMap<String, Vec<String>>;
    let mut roots: BTreeMap<String, Heads> = BTreeMap::new();
    for judged in changes {
        let location = &judged.change.location;
        let whole = location.steps.is_empty();
        let root = match &location.root {
            Root::Component(kind, _) if whole => kind.clone(),
            root => format!("{}{}", code(&root.to_string()), reached(&judged.reached)),
        };
        let (head, item) = describe(judged, |location| match below_root(location) {
            path if path.is_empty() => String::new(),
            path => code(&path),
        });
        let heads = roots.entry(root).or_default();
        heads.entry(head.trim().to_owned()).or_default().push(item);
    }
    let line = |(root, heads): (String, Heads)| {
        let heads: Vec<_> = heads
            .iter()
            .map(|(head, items)| match head.as_str() {
                "" => items.join(", "),
                head => counted(head, items),
            })
            .collect();
        format!("- {class}: {root}: {}", heads.join("; "))
    };
    roots.into_iter().map(line).collect()
}

fn below_root(location: &Location) -> String {
    let root = location.root.to_string();
    let text = location.to_string();
    text.strip_prefix(&root).unwrap_or(&text).to_owned()
}

fn reached(tools: &[String]) -> String {
    let named: Vec<_> = tools.iter().take(NAMED).map(|tool| plain(tool)).collect();
    match tools.len() {
        0 => String::new(),
        count if count > NAMED => format!(" (for {} and {} more)", named.join(", "), count - NAMED),
        _ => format!(" (for {})", named.join(", ")),
    }
}

/// The heading and the item of a change; changes with the same heading share a line.
fn describe(judged: &ClassifiedChange, at: impl Fn(&Location) -> String) -> (String, String) {
    let change = &judged.change;
    let (owner, keyword, concerned) = change.location.split();
    let owner = at(&owner);
    let (verb, value) = match &change.what {
        ChangeKind::Added(value) => ("added", shown(value)),
        ChangeKind::Removed(value) => ("removed", shown(value)),
        ChangeKind::Changed(old, new) => ("changed", format!("{} to {}", shown(old), shown(new))),
        ChangeKind::Moved(old, new) => ("moved", format!("{} to {}", code(old), code(new))),
    };
    match (keyword, concerned) {
        (Some("properties"), Some(name)) => {
            let name = code(&format!(".{name}"));
            let item = match &change.what {
                ChangeKind::Changed(..) => format!("{name} {value}"),
                _ => name,
            };
            (format!("{owner} properties {verb}"), item)
        }
        (Some("required"), Some(name)) => {
            let head = match &change.what {
                ChangeKind::Added(_) => "now required",
                _ => "no longer required",
            };
            (format!("{owner} {head}"), code(name))
        }
        (Some("enum"), Some(value)) => (format!("{owner} values {verb}"), code(value)),
        (Some(keyword), Some(name)) => {
            let item = match &change.what {
                ChangeKind::Changed(..) => format!("{} {value}", code(name)),
                _ => code(name),
            };
            (format!("{owner} {} {verb}", code(keyword)), item)
        }
        (Some(keyword), None) => (owner, format!("{} {verb} {value}", code(keyword))),
        (None, Some(name)) => (owner, format!("{} {verb} {value}", code(name))),
        (None, None) => (verb.to_owned(), code(&change.location.root.to_string())),
    }
}

/// A value in short form.
fn shown(value: &Value) -> String {
    let keys = |map: &Map<String, Value>| {
        let keys: Vec<_> = map.keys().map(String::as_str).collect();
        format!("{{{}}}", keys.join(", "))
    };
    let text = match value {
        Value::Object(map) if value.to_string().len() > SHOWN => keys(map),
        Value::Array(list) if value.to_string().len() > SHOWN => format!("[{} items]", list.len()),
        value => value.to_string(),
    };
    code(&text)
}

/// Text of the document as inline code, escaped so that it cannot end the code.
fn code(text: &str) -> String {
    format!("`{}`", plain(text).replace('`', "'"))
}

/// Text on one line.
fn plain(text: &str) -> String {
    let one_line = |c: char| {
        if c.is_control() || c == '\u{2028}' || c == '\u{2029}' {
            ' '
        } else {
            c
        }
    };
    text.chars().map(one_line).collect()
}
