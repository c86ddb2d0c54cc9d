//! Visits the parts of a body that may lead to a destination besides those that are called.

use std::{iter::Enumerate, slice, str::Chars};

use serde_json::{Value, map};

use crate::{
    catalog::{Action, TOOLS},
    guard::spelling::visible,
    model::{BodyNode, DialSpec, Holds},
};

/// A part of a body that may lead to a destination besides those that are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::guard) enum Found<'a> {
    /// A property that the document does not know, where destinations can stand.
    Unknown,
    /// A destination that no key of the row names.
    Undeclared,
    /// A string that holds JSON, where an object or list is expected.
    Json,
    /// A destination for transfers; `None` when it is no string.
    Transfer(Option<&'a str>),
}

/// Where something was found.
#[derive(Clone, Copy, Debug)]
pub(in crate::guard) struct Path<'p, 'a>(&'p [Frame<'a>]);

impl Path<'_, '_> {
    /// The place as an argument, such as `assistant.hooks[0].do`; the last parts of a long one.
    pub(super) fn told(self) -> String {
        const PARTS: usize = 16;
        const LONGEST: usize = 60;
        let skipped = self.0.len().saturating_sub(PARTS);
        let mut told = String::new();
        for frame in self.0.iter().skip(skipped) {
            match frame.segment {
                Segment::Index(index) => told.push_str(&format!("[{index}]")),
                Segment::Key(key) => {
                    if !told.is_empty() {
                        told.push('.');
                    }
                    told.extend(key.chars().take(LONGEST).filter(|c| is_plain(*c)));
                    if key.chars().nth(LONGEST).is_some() {
                        told.push('…');
                    }
                }
            }
        }
        match skipped {
            0 => told,
            _ => format!("…{told}"),
        }
    }
}

pub(super) fn is_plain(c: char) -> bool {
    c != '`' && !visible(c.encode_utf8(&mut [0; 4])).is_empty()
}

/// Visits the body without recursion; the first error of `seen` ends it.
pub(in crate::guard) fn walk<'a>(
    action: &Action,
    body: &'a Value,
    seen: &mut dyn FnMut(Path<'_, 'a>, Found<'a>) -> Result<(), String>,
) -> Result<(), String> {
    let (Some(root), Some(keys)) = (action.operation.places.first(), Keys::of_table()) else {
        return Ok(());
    };
    let walk = Walk {
        places: action.operation.places,
        dials: action.dial.is_some(),
        keys,
    };
    let mut frames: Vec<Frame<'a>> = Vec::new();
    frames.extend(walk.enter(body, Some(root), false));
    while let Some(frame) = frames.last_mut() {
        let Some((segment, value)) = frame.next() else {
            frames.pop();
            continue;
        };
        if value.is_null() {
            continue;
        }
        let (place, found) = walk.child(frame, segment, value);
        let named = match segment {
            Segment::Key(key) => keys.are_in(key) && !frame.knows(key),
            Segment::Index(_) => frame.named,
        };
        let inner = walk.value(place, value, named);
        for found in found.into_iter().chain(inner) {
            seen(Path(&frames), found)?;
        }
        frames.extend(walk.enter(value, place, named));
    }
    Ok(())
}

#[derive(Clone, Copy)]
pub(super) struct Walk {
    places: &'static [BodyNode],
    /// Whether the tool calls anybody.
    dials: bool,
    keys: Keys,
}

/// The keys of a destination's number and SIP address.
#[derive(Clone, Copy)]
pub(super) struct Keys {
    exact: [&'static str; 2],
}

impl Keys {
    pub(super) fn of_table() -> Option<Self> {
        let dial: &DialSpec = TOOLS.iter().find_map(|tool| tool.dial)?;
        Some(Self {
            exact: [dial.number, dial.sip],
        })
    }

    /// Whether one of them is part of a name, whatever its case and separators.
    pub(super) fn are_in(self, name: &str) -> bool {
        /// Longer names are no names of properties.
        const LONGEST: usize = 200;
        if name.len() > LONGEST {
            return false;
        }
        let name = folded(name);
        self.exact.iter().any(|key| name.contains(&folded(key)))
    }
}

pub(super) fn folded(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Segment<'a> {
    Key(&'a str),
    Index(usize),
}

/// An object or list that is being looked through.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    children: Children<'a>,
    segment: Segment<'a>,
    /// Its place, where destinations can stand there or below.
    place: Option<&'static BodyNode>,
    /// Whether its key names destinations.
    named: bool,
}

#[derive(Debug)]
pub(super) enum Children<'a> {
    Object(map::Iter<'a>),
    List(Enumerate<slice::Iter<'a, Value>>),
}

impl<'a> Frame<'a> {
    /// Whether the document knows what the key stands for.
    pub(super) fn knows(&self, key: &str) -> bool {
        let plain = self.place.map_or(&[][..], |place| place.plain);
        plain.binary_search(&key).is_ok()
    }

    pub(super) fn next(&mut self) -> Option<(Segment<'a>, &'a Value)> {
        let (segment, value) = match &mut self.children {
            Children::Object(members) => {
                let (key, value) = members.next()?;
                (Segment::Key(key.as_str()), value)
            }
            Children::List(items) => {
                let (index, value) = items.next()?;
                (Segment::Index(index), value)
            }
        };
        self.segment = segment;
        Some((segment, value))
    }
}

impl Walk {
    pub(super) fn node(self, index: u16) -> Option<&'static BodyNode> {
        self.places.get(usize::from(index))
    }

    /// An object or list; nothing for a scalar.
    pub(super) fn enter<'a>(
        self,
        value: &'a Value,
        place: Option<&'static BodyNode>,
        named: bool,
    ) -> Option<Frame<'a>> {
        let (children, place) = match value {
            Value::Object(members) => (Children::Object(members.iter()), self.single(place)),
            Value::Array(items) => (Children::List(items.iter().enumerate()), place),
            _ => return None,
        };
        Some(Frame {
            children,
            segment: Segment::Index(0),
            place,
            named,
        })
    }

    /// The place of an object where the document expects a list of such.
    pub(super) fn single(self, place: Option<&'static BodyNode>) -> Option<&'static BodyNode> {
        let mut place = place?;
        // A list of lists ends within the nodes there are.
        for _ in self.places {
            match place.items {
                Some(items) if place.below.is_empty() && place.plain.is_empty() => {
                    place = self.node(items)?;
                }
                _ => break,
            }
        }
        Some(place)
    }

    /// The place of a child, and what its key or its value tells at once.
    pub(super) fn child<'a>(
        self,
        parent: &Frame<'a>,
        segment: Segment<'a>,
        value: &'a Value,
    ) -> (Option<&'static BodyNode>, Option<Found<'a>>) {
        let Some(place) = parent.place else {
            return (None, None);
        };
        let key = match segment {
            // Where the document expects no list, each element is held to be what it expects.
            Segment::Index(_) => {
                let items = place.items.and_then(|items| self.node(items));
                return (items.or(Some(place)), None);
            }
            Segment::Key(key) => key,
        };
        if let Ok(at) = place.below.binary_search_by(|(name, _)| (*name).cmp(key)) {
            let below = place.below.get(at).and_then(|(_, node)| self.node(*node));
            return (below, None);
        }
        if parent.knows(key) {
            let is_checked = match place.holds {
                Holds::Transfer => true,
                Holds::Undeclared => !self.dials,
                Holds::Called | Holds::Nothing => false,
            };
            let found = (is_checked && self.keys.exact.contains(&key))
                .then(|| Found::Transfer(value.as_str()));
            return (None, found);
        }
        match place.others.and_then(|others| self.node(others)) {
            Some(others) => (Some(others), None),
            None => (None, self.dials.then_some(Found::Unknown)),
        }
    }

    /// What a value tells of itself.
    pub(super) fn value<'a>(
        self,
        place: Option<&'static BodyNode>,
        value: &'a Value,
        named: bool,
    ) -> Option<Found<'a>> {
        match (value, place) {
            (Value::Object(_), Some(_)) => {
                let place = self.single(place)?;
                let refused = place.holds == Holds::Undeclared && self.dials;
                refused.then_some(Found::Undeclared)
            }
            (Value::String(text), Some(place)) => {
                if text.trim_start().starts_with(['{', '[', '"']) {
                    return Some(Found::Json);
                }
                let called = place.holds == Holds::Called;
                (!called && is_like_destination(text)).then_some(Found::Transfer(Some(text)))
            }
            (Value::String(text), None) => {
                (named && is_like_destination(text)).then_some(Found::Transfer(Some(text)))
            }
            _ => None,
        }
    }
}

/// Whether a text reads as a telephone number with its country code, or as a SIP address.
pub(super) fn is_like_destination(text: &str) -> bool {
    const DIGITS: usize = 7;
    const LONGEST: usize = 2_000;
    let text = text.trim();
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    if scheme.is_some_and(|scheme| {
        let schemes = ["sip", "sips", "tel"];
        schemes
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    }) {
        return true;
    }
    let is_international = text.starts_with('+') || text.starts_with("00");
    let digits = |chars: Chars<'_>| chars.filter(char::is_ascii_digit).count();
    is_international
        && text.len() <= LONGEST
        && !text.contains(char::is_alphabetic)
        && digits(text.chars()) >= DIGITS
}
