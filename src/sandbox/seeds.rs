//! The initial objects, enough to place a call.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::{clock, routes::Routes, store::Store};

/// Bodies by the path of their collection.
const SEEDS: &str = include_str!("seeds.json");

/// Creates the initial objects.
pub(super) fn add(routes: &Routes, store: &mut Store, now: DateTime<Utc>) {
    let seeds: Map<String, Value> = serde_json::from_str(SEEDS).unwrap_or_default();
    for (path, bodies) in &seeds {
        let Some(collection) = routes.collection(path) else {
            continue;
        };
        for fields in bodies.as_array().into_iter().flatten() {
            let fields = fields.as_object().cloned().unwrap_or_default();
            let yesterday = clock::saturating_add(now, TimeDelta::days(-1));
            store.create(collection, fields, yesterday);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_objects_belong_to_collections() {
        let routes = Routes::new().unwrap();
        let seeds: Map<String, Value> = serde_json::from_str(SEEDS).unwrap();
        assert!(!seeds.is_empty());
        for path in seeds.keys() {
            assert!(routes.collection(path).is_some(), "{path}");
        }
    }
}
