//! Visits the parts of a body that may lead to further destinations, besides those that are called.

use std::{iter::Enumerate, slice, str::Chars};

use serde_json::{Value, map};

use crate::{
    catalog::{Action, TOOLS},
    guard::spelling::visible,
    model::{BodyNode, DestinationKind, DialSpec},
};

/// A part of a body that may lead to a further destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::guard) enum Found<'a> {
    /// An undocumented property at a location where destinations are possible.
    Unknown,
    /// A destination that the row does not declare.
    Undeclared,
    /// A string that contains JSON, where an object or list is expected.
    Json,
    /// A transfer destination; `None` if it is not a string.
    Transfer(Option<&'a str>),
}

/// The location of a finding.
#[derive(Clone, Copy, Debug)]
pub(in crate::guard) struct Path<'p, 'a>(&'p [Frame<'a>]);

impl Path<'_, '_> {
    /// The path as an argument, such as `assistant.hooks[0].do`; a long path is shortened to its
    /// last parts.
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

/// Visits the body without recursion and stops at the first error of `seen`.
pub(in crate::guard) fn walk<'a>(
    action: &Action,
    body: &'a Value,
    seen: &mut dyn FnMut(Path<'_, 'a>, Found<'a>) -> Result<(), String>,
) -> Result<(), String> {
    let Some(keys) = Keys::of_table() else {
        return Ok(());
    };
    let root = action.operation.places.first();
    // A documented body without locations of destinations has none.
    if root.is_none() && action.operation.is_documented {
        return Ok(());
    }
    let walk = Walk {
        places: action.operation.places,
        dials: action.dial.is_some(),
        keys,
    };
    let mut frames: Vec<Frame<'a>> = Vec::new();
    frames.extend(walk.enter(body, root, false));
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
    /// Whether the tool places calls.
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

    /// Whether a name contains one of the keys, ignoring case and separators.
    pub(super) fn are_in(self, name: &str) -> bool {
        /// Longer names are not property names.
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

/// An object or list that is being searched.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    children: Children<'a>,
    segment: Segment<'a>,
    /// The node of the document, if destinations are possible at this location or below it.
    place: Option<&'static BodyNode>,
    /// Whether the key refers to destinations.
    named: bool,
}

#[derive(Debug)]
pub(super) enum Children<'a> {
    Object(map::Iter<'a>),
    List(Enumerate<slice::Iter<'a, Value>>),
}

impl<'a> Frame<'a> {
    /// Whether the key is documented.
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

    /// The node of an element, if an object was given instead of a list.
    pub(super) fn single(self, place: Option<&'static BodyNode>) -> Option<&'static BodyNode> {
        let mut place = place?;
        // The number of nodes bounds the depth of nested lists.
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

    /// The node of a child, and the findings from its key or value.
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
            // If a list was given for another type, each element is treated as a value of that
            // type.
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
                DestinationKind::Transfer => true,
                DestinationKind::Undeclared => !self.dials,
                DestinationKind::Called | DestinationKind::Nothing => false,
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

    /// The finding from a value by itself.
    pub(super) fn value<'a>(
        self,
        place: Option<&'static BodyNode>,
        value: &'a Value,
        named: bool,
    ) -> Option<Found<'a>> {
        match (value, place) {
            (Value::Object(_), Some(_)) => {
                let place = self.single(place)?;
                let refused = place.holds == DestinationKind::Undeclared && self.dials;
                refused.then_some(Found::Undeclared)
            }
            (Value::String(text), Some(place)) => {
                if text.trim_start().starts_with(['{', '[', '"']) {
                    return Some(Found::Json);
                }
                let called = place.holds == DestinationKind::Called;
                (!called && is_like_destination(text)).then_some(Found::Transfer(Some(text)))
            }
            (Value::String(text), None) => {
                (named && is_like_destination(text)).then_some(Found::Transfer(Some(text)))
            }
            _ => None,
        }
    }
}

/// Whether a text looks like a phone number with its country code or a SIP address.
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
