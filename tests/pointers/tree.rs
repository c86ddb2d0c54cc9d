//! A value that is put together from several answers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What is known of a value so far.
#[derive(Debug, Default)]
pub enum Tree {
    #[default]
    Unknown,
    /// What is neither of the others.
    Leaf(Value),
    /// Pieces by the position of their first character.
    Text(BTreeMap<usize, String>),
    List(BTreeMap<usize, Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Adds what a pointer of these steps brought. The places of marks are put into `marks`.
    pub fn merge(&mut self, shown: &Value, steps: &[Step], at: &str, marks: &mut Vec<String>) {
        let (step, below) = match steps.split_first() {
            Some((step, below)) => (Some(step), below),
            None => (None, steps),
        };
        match shown {
            Value::Object(map) => {
                for (key, value) in map {
                    if key == "[cut]" {
                        marks.push(at.to_owned());
                        continue;
                    }
                    let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                    self.member(key).merge(value, below, &at, marks);
                }
                if let Tree::Unknown = self {
                    *self = Tree::Object(Vec::new());
                }
            }
            Value::Array(items) => {
                let Some(first) = step.map_or(Some(0), Step::first) else {
                    // Another row has an object where this one has a list.
                    return;
                };
                if let Tree::Unknown = self {
                    *self = Tree::List(BTreeMap::new());
                }
                for (position, value) in items.iter().enumerate() {
                    let is_mark =
                        |text: &str| text.starts_with("[cut: ") && text.ends_with(" elements]");
                    if position + 1 == items.len() && value.as_str().is_some_and(is_mark) {
                        marks.push(at.to_owned());
                        continue;
                    }
                    let index = first + position;
                    self.element(index)
                        .merge(value, below, &format!("{at}/{index}"), marks);
                }
            }
            Value::String(text) => {
                let mark = text
                    .rfind(" [cut: ")
                    .filter(|_| text.ends_with(" characters]"));
                if mark.is_some() {
                    marks.push(at.to_owned());
                }
                if let Tree::Unknown = self {
                    *self = Tree::Text(BTreeMap::new());
                }
                let Tree::Text(pieces) = self else {
                    panic!("{at} was no text before: {self:?}");
                };
                let piece = text[..mark.unwrap_or(text.len())].to_owned();
                pieces.insert(step.and_then(Step::first).unwrap_or(0), piece);
            }
            other => *self = Tree::Leaf(other.clone()),
        }
    }

    fn member(&mut self, key: &str) -> &mut Tree {
        if let Tree::Unknown = self {
            *self = Tree::Object(Vec::new());
        }
        let Tree::Object(known) = self else {
            panic!("no object before: {self:?}");
        };
        let position = known.iter().position(|(name, _)| name == key);
        let position = position.unwrap_or_else(|| {
            known.push((key.to_owned(), Tree::Unknown));
            known.len() - 1
        });
        &mut known[position].1
    }

    fn element(&mut self, index: usize) -> &mut Tree {
        if let Tree::Unknown = self {
            *self = Tree::List(BTreeMap::new());
        }
        let Tree::List(known) = self else {
            panic!("no list before: {self:?}");
        };
        known.entry(index).or_default()
    }

    /// The tree at a pointer, made where it is missing.
    pub fn place(&mut self, pointer: &str) -> &mut Tree {
        let mut here = self;
        for step in steps(pointer) {
            here = match (here, step) {
                (here @ Tree::List(_), Step::Key(key)) => here.element(key.parse().unwrap()),
                (here, Step::Key(key)) => here.member(&key),
                (_, Step::Slice(..)) => panic!("{pointer} is more than one place"),
            };
        }
        here
    }

    pub fn at(&self, pointer: &str) -> Option<&Tree> {
        let mut here = self;
        for step in steps(pointer) {
            let Step::Key(key) = step else {
                panic!("{pointer} is more than one place");
            };
            here = match here {
                Tree::Object(known) => &known.iter().find(|(name, _)| *name == key)?.1,
                Tree::List(known) => known.get(&key.parse().ok()?)?,
                _ => return None,
            };
        }
        Some(here)
    }

    /// The value, put together.
    pub fn value(&self) -> Value {
        match self {
            Tree::Unknown => json!("nothing is known of this"),
            Tree::Leaf(value) => value.clone(),
            Tree::Text(pieces) => visible(&Value::from(
                pieces.values().map(String::as_str).collect::<String>(),
            )),
            Tree::List(known) => known.values().map(Tree::value).collect(),
            Tree::Object(known) => {
                let members = known.iter().map(|(key, tree)| (key.clone(), tree.value()));
                Value::Object(members.collect())
            }
        }
    }
}

pub enum Step {
    Key(String),
    Slice(usize),
}

impl Step {
    /// The first element or character that is chosen.
    fn first(&self) -> Option<usize> {
        match self {
            Step::Key(key) => key.parse().ok(),
            Step::Slice(from) => Some(*from),
        }
    }
}

pub fn steps(pointer: &str) -> Vec<Step> {
    let segments = pointer.split('/').skip(1);
    segments
        .map(|segment| match segment.split_once(':') {
            Some((from, to)) if to.parse::<usize>().is_ok() && from.parse::<usize>().is_ok() => {
                Step::Slice(from.parse().unwrap())
            }
            _ => Step::Key(segment.replace("~1", "/").replace("~0", "~")),
        })
        .collect()
}

/// The value without the invisible characters that are taken out of what people said.
pub fn visible(value: &Value) -> Value {
    let is_visible = |c: &char| !matches!(u32::from(*c), 0x202A..=0x202E | 0x2066..=0x2069 | 0x200B | 0xFEFF | 0xE_0000..=0xE_007F);
    match value {
        Value::String(text) => text.chars().filter(is_visible).collect::<String>().into(),
        Value::Array(items) => items.iter().map(visible).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), visible(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}
