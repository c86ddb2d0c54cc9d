//! The properties of a body that the first lines of a question do not show.

use serde_json::{Map, Value};

use super::property::{LINES, Part, Property, Rank};
use crate::{
    catalog::Action,
    guard::dial::DialRequest,
    model::{BodyNode, DestinationKind, DialSpec as Places},
};

/// The properties that no line above shows, the most important first: as many as fit, and their
/// total number.
pub(super) fn properties<'a>(
    action: &Action,
    places: &Places,
    dial: &DialRequest,
    body: &'a Value,
) -> (Vec<Property<'a>>, usize) {
    let strings = |map: &Map<String, Value>| -> Vec<String> {
        let strings = map.iter().filter(|(_, value)| value.is_string());
        strings.map(|(at, _)| at.clone()).collect()
    };
    let mut told = strings(&dial.who);
    told.extend(strings(&dial.from));
    if dial.when.is_some() {
        told.extend(places.when.first().map(|at| (*at).to_owned()));
    }
    let nodes = action.operation.places;
    let mut listing = Listing {
        nodes,
        told: told
            .iter()
            .map(|at| at.split('/').skip(1).collect())
            .collect(),
        called: [places.number, places.sip, places.extension],
        // Holds more than are shown, because sorting reorders them.
        kept: Vec::new(),
        count: 0,
    };
    let mut path = Vec::new();
    listing.object(body, nodes.first(), &mut path);
    let Listing {
        mut kept, count, ..
    } = listing;
    kept.sort_by_key(|entry| (entry.rank, entry.path.len()));
    kept.truncate(LINES);
    (kept, count)
}

/// Collects properties.
pub(super) struct Listing<'t, 'a> {
    nodes: &'static [BodyNode],
    told: Vec<Vec<&'t str>>,
    called: [&'static str; 3],
    kept: Vec<Property<'a>>,
    count: usize,
}

impl<'a> Listing<'_, 'a> {
    /// Deeper objects and lists are shown on one line.
    const DEPTH: usize = 7;
    /// Maximum number of properties that are compared.
    const MOST: usize = 5_000;

    pub(super) fn node(&self, index: u16) -> Option<&'static BodyNode> {
        self.nodes.get(usize::from(index))
    }

    pub(super) fn object(
        &mut self,
        value: &'a Value,
        place: Option<&'static BodyNode>,
        path: &mut Vec<Part<'a>>,
    ) {
        let members = value.as_object().into_iter().flatten();
        let is_called = place.is_some_and(|place| place.holds == DestinationKind::Called);
        for (key, value) in members.filter(|(_, value)| !value.is_null()) {
            let key = key.as_str();
            if is_called && self.called.contains(&key) && value.is_string() {
                continue;
            }
            let below = place.and_then(|place| {
                let at = place.below.binary_search_by(|(name, _)| (*name).cmp(key));
                place.below.get(at.ok()?)
            });
            let known = place.is_none_or(|place| place.plain.binary_search(&key).is_ok());
            let rank = match (below, known) {
                (Some(_), _) => Rank::Known,
                (None, true) if is_called => Rank::Person,
                (None, known) => Rank::of(known),
            };
            path.push(Part::Key(key));
            let below = below.and_then(|(_, node)| self.node(*node));
            self.value(value, below, rank, path);
            path.pop();
        }
    }

    pub(super) fn value(
        &mut self,
        value: &'a Value,
        place: Option<&'static BodyNode>,
        rank: Rank,
        path: &mut Vec<Part<'a>>,
    ) {
        let is_open = path.len() < Self::DEPTH && (place.is_some() || path.len() == 1);
        match value {
            Value::Object(members) if is_open && !members.is_empty() => {
                self.object(value, place, path);
            }
            Value::Array(items) if place.is_some() && is_open && !items.is_empty() => {
                let items_place = place
                    .and_then(|place| place.items)
                    .and_then(|items| self.node(items))
                    .or(place);
                for (index, item) in items.iter().enumerate() {
                    path.push(Part::Index(index));
                    self.value(item, items_place, rank, path);
                    path.pop();
                }
            }
            _ => self.keep(value, rank, path),
        }
    }

    pub(super) fn keep(&mut self, value: &'a Value, rank: Rank, path: &[Part<'a>]) {
        let is_told = self.told.iter().any(|told| {
            let same =
                |(part, told): (&Part<'_>, &&str)| matches!(part, Part::Key(key) if key == told);
            told.len() == path.len() && path.iter().zip(told).all(same)
        });
        if is_told {
            return;
        }
        self.count += 1;
        if self.kept.len() >= Self::MOST {
            // A later property that is more important replaces the last one.
            self.kept
                .sort_by_key(|entry| (entry.rank, entry.path.len()));
            self.kept.truncate(LINES);
        }
        self.kept.push(Property {
            path: path.to_vec(),
            value,
            rank,
        });
    }
}
