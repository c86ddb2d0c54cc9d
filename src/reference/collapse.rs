//! Properties as lines: what does not fit into the budget is folded.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
};

use super::{
    alternatives::{Form, Schemas},
    node::Node,
    text::{Shape, joined},
    union::{label, members},
};
use crate::json::escaped;

/// Maximum depth of properties that are shown without being asked for.
const DEPTH: usize = 8;

/// Maximum number of members of a union that are shown without being asked for.
const MEMBERS: usize = 8;

/// Added to the rank of what has the schema of something that is opened already: more than any rank.
const REPEATED: usize = 100;

/// Maximum number of bytes of the names of properties that have no line of their own.
const NAMES: usize = 600;

/// The beginning of their line.
const NAMED: &str = "\n  also: ";

/// The number of bytes that follow names that do not fit, at most.
const ELLIPSIS: usize = 16;

/// The notes on places, by pointer.
pub(super) type Notes<'a> = HashMap<&'a str, String>;

/// How many bytes the lines may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Objects are opened while all lines are within this.
    pub opened: usize,
    /// No more than this, whatever there is.
    pub most: usize,
}

/// The properties of some forms, and what is opened below them.
pub(super) struct Tree<'a> {
    schemas: Schemas<'a>,
    notes: &'a Notes<'a>,
    nodes: Vec<Node<'a>>,
    top: usize,
}

impl<'a> Tree<'a> {
    /// The properties of `forms` at the pointer `at`; with `common`, only those that all have.
    pub(super) fn new(
        schemas: Schemas<'a>,
        notes: &'a Notes<'a>,
        forms: &[Form<'a>],
        at: &str,
        common: bool,
    ) -> Self {
        let mut tree = Self {
            schemas,
            notes,
            nodes: Vec::new(),
            top: 0,
        };
        tree.nodes = tree.properties(forms, at, &[], 1, common);
        tree.top = tree.nodes.len();
        tree
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn properties(
        &self,
        forms: &[Form<'a>],
        at: &str,
        within: &[&'a str],
        depth: usize,
        common: bool,
    ) -> Vec<Node<'a>> {
        let mut names: Vec<&str> = Vec::new();
        let known = |names: &[&str], name: &str| names.contains(&name);
        for (name, _) in forms.iter().flat_map(|form| &form.properties) {
            if !known(&names, name) {
                names.push(name);
            }
        }
        let mut within = within.to_vec();
        within.extend(forms.iter().filter_map(|form| form.name));
        let nodes = names.into_iter().filter_map(|name| {
            let having: Vec<_> = forms
                .iter()
                .filter(|it| it.property(name).is_some())
                .collect();
            if common && having.len() < forms.len() {
                return None;
            }
            let open = self
                .schemas
                .open_all(having.iter().filter_map(|it| it.property(name)));
            let shape = Shape::new(self.schemas, open);
            let pointer = format!("{at}/{}", escaped(name));
            let mut note = self.notes.get(&*pointer).cloned().unwrap_or_default();
            let required = forms.iter().all(|form| form.required.contains(&name));
            let important = required || !note.is_empty();
            if having.len() < forms.len() {
                let labels = joined(having.iter().map(|it| label(it)), ", ", 80);
                let mark = if note.is_empty() { "" } else { "; " };
                note.push_str(&format!("{mark}only in {labels}"));
            }
            if !note.is_empty() {
                note = format!("  // {note}");
            }
            Some(Node {
                name,
                is_member: false,
                implied: None,
                important,
                required,
                depth,
                at: shape.below(&pointer),
                shape,
                note,
                within: within.clone(),
                children: Vec::new(),
                opened: false,
            })
        });
        let mut nodes: Vec<_> = nodes.collect();
        nodes.sort_by_key(|node| !node.required);
        nodes
    }

    /// The lines that are shown below an expanded line: properties, or the members of a small union.
    fn children(&self, node: &Node<'a>) -> Vec<Node<'a>> {
        let objects = node.shape.objects();
        let is_within = |form: &Form<'a>| form.name.is_some_and(|it| node.within.contains(&it));
        let (depth, within) = (node.depth + 1, &node.within);
        match objects.as_slice() {
            _ if node.depth >= DEPTH => Vec::new(),
            [] => Vec::new(),
            [form] if is_within(form) => Vec::new(),
            [_] => {
                let mut nodes = self.properties(&objects, &node.at, within, depth, false);
                nodes.retain(|it| node.implied != Some(it.name));
                nodes
            }
            several if several.len() > MEMBERS => Vec::new(),
            several => {
                let (implied, names) = members(self.schemas, several).unwrap_or_default();
                let nodes = names.into_iter().zip(several).map(|(name, form)| Node {
                    name,
                    is_member: true,
                    implied,
                    important: node.important,
                    required: false,
                    depth,
                    shape: Shape {
                        lists: 0,
                        forms: vec![form.clone()],
                    },
                    at: node.at.clone(),
                    note: String::new(),
                    within: within.clone(),
                    children: Vec::new(),
                    opened: false,
                });
                nodes.collect()
            }
        }
    }

    /// Removes notes at the top that do not fit, then opens what fits: the least deep and the
    /// smallest first. `used` is the number of bytes before the lines.
    pub(super) fn fit(&mut self, used: usize, budget: Budget) {
        let mut used = used;
        for node in &self.nodes {
            used += node.line(self.schemas).len() + 1;
        }
        for node in &mut self.nodes {
            match used + node.note.len() <= budget.most {
                true => used += node.note.len(),
                false => node.note.clear(),
            }
        }
        let mut queue = BinaryHeap::new();
        let mut known: HashSet<&str> = HashSet::new();
        let mut waiting: HashMap<usize, (usize, Vec<Node<'a>>)> = HashMap::new();
        let mut next: Vec<usize> = (0..self.nodes.len()).collect();
        loop {
            for position in next.drain(..) {
                let Some(node) = self.nodes.get(position) else {
                    continue;
                };
                let children = self.children(node);
                if children.is_empty() {
                    continue;
                }
                let bytes: usize = children.iter().map(|it| it.bytes(self.schemas)).sum();
                if used + bytes <= budget.opened {
                    let order = if node.is_member { 0 } else { bytes };
                    queue.push(Reverse((node.rank(), order, position)));
                    waiting.insert(position, (bytes, children));
                }
            }
            let Some(Reverse((rank, order, position))) = queue.pop() else {
                break;
            };
            let schema = self.nodes.get(position).and_then(Node::schema);
            if schema.is_some_and(|name| rank < REPEATED && !known.insert(name)) {
                queue.push(Reverse((rank + REPEATED, order, position)));
                continue;
            }
            let Some((bytes, children)) = waiting.remove(&position) else {
                continue;
            };
            if used + bytes > budget.opened {
                continue;
            }
            used += bytes;
            next.extend(self.nodes.len()..self.nodes.len() + children.len());
            self.nodes.extend(children);
            if let Some(node) = self.nodes.get_mut(position) {
                node.opened = true;
                node.children.clone_from(&next);
            }
        }
    }

    /// Adds the lines to a text of at most `most` bytes; properties without a line are named.
    pub(super) fn write(&self, text: &mut String, most: usize) {
        let all: usize = self.nodes.iter().map(|it| it.bytes(self.schemas)).sum();
        let reserve = match text.len() + all <= most {
            true => 0,
            false => NAMES + NAMED.len() + ELLIPSIS,
        };
        let mut waiting: Vec<usize> = (0..self.top).rev().collect();
        while let Some(position) = waiting.pop() {
            let Some(node) = self.nodes.get(position) else {
                continue;
            };
            if text.len() + node.bytes(self.schemas) + reserve > most {
                let rest = std::iter::once(position).chain(waiting.into_iter().rev());
                let rest: Vec<_> = rest
                    .filter_map(|it| Some(self.nodes.get(it)?.name))
                    .collect();
                text.push_str(NAMED);
                text.push_str(&joined(rest.into_iter(), ", ", NAMES));
                return;
            }
            text.push('\n');
            text.push_str(&node.line(self.schemas));
            text.push_str(&node.note);
            waiting.extend(node.children.iter().rev());
        }
    }
}
