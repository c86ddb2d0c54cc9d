//! The index at run time.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::words::words_and_stems;

/// Maximum number of bytes of a query that are read.
pub const LONGEST_QUERY: usize = 1_000;
/// Maximum number of different words of a query.
const WORDS: usize = 40;
/// The weights of a synonym, of a word that occurs in most queries, and of a word with another
/// spelling.
const SYNONYM: f32 = 0.25;
const COMMON: f32 = 0.65;
const MISSPELLED: f32 = 0.8;
/// The share of the score of an operation's best location that is added to the operation's score.
const LIFT: f32 = 0.25;
/// Minimum score of a location in the results.
const SHOWN: f32 = 1.8;

/// The contributions of each word to the scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Contributions to the scores of operations.
    pub(crate) operations: Postings,
    /// Contributions to the scores of locations, from their own names and descriptions.
    pub(crate) places: Postings,
    /// Contributions to the scores of locations, from the names of their parents.
    pub(crate) above: Postings,
    /// For each location, the operations that have it.
    pub(crate) lifts: Vec<Vec<u16>>,
    /// The synonyms of each stem, sorted by stem.
    pub(crate) synonyms: Vec<(String, Vec<String>)>,
    /// The stems that occur in most queries, sorted.
    pub(crate) common: Vec<String>,
}

/// For each stem, sorted: the numbers of the items that contain it, and the scores in thousandths.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Postings(Vec<(String, Vec<(u16, u16)>)>);

impl Postings {
    pub(crate) fn of(postings: BTreeMap<String, Vec<(u16, u16)>>) -> Self {
        Self(postings.into_iter().collect())
    }

    fn get(&self, word: &str) -> impl Iterator<Item = (u16, f32)> {
        let found = self
            .0
            .binary_search_by(|(known, _)| known.as_str().cmp(word));
        let found = found.ok().and_then(|at| self.0.get(at));
        let scores = found.into_iter().flat_map(|(_, scores)| scores);
        scores.map(|&(id, score)| (id, f32::from(score) / 1_000.0))
    }

    fn has(&self, word: &str) -> bool {
        self.0
            .binary_search_by(|(known, _)| known.as_str().cmp(word))
            .is_ok()
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(word, _)| word.as_str())
    }
}

/// Search results, best first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The numbers of operations.
    pub operations: Vec<u16>,
    /// The indices of locations.
    pub places: Vec<u16>,
}

impl Index {
    /// The operations that have the location with this number.
    pub fn operations_with(&self, place: u16) -> &[u16] {
        self.lifts
            .get(usize::from(place))
            .map_or(&[], Vec::as_slice)
    }

    /// Finds at most this many operations and locations.
    pub fn search(&self, query: &str, operations: usize, places: usize) -> Found {
        let words = self.weighted(query);
        let mut scores: HashMap<u16, f32> = HashMap::new();
        for (word, weight) in &words {
            for (id, score) in self.operations.get(word) {
                *scores.entry(id).or_default() += weight * score;
            }
        }
        let mut found: HashMap<u16, f32> = HashMap::new();
        for (word, weight) in &words {
            for (id, score) in self.places.get(word) {
                *found.entry(id).or_default() += weight * score;
            }
        }
        for (word, weight) in &words {
            for (id, score) in self.above.get(word) {
                found.entry(id).and_modify(|sum| *sum += weight * score);
            }
        }
        let mut lifts: HashMap<u16, f32> = HashMap::new();
        for (place, score) in &found {
            for operation in self.lifts.get(usize::from(*place)).into_iter().flatten() {
                let lift = lifts.entry(*operation).or_default();
                *lift = lift.max(*score);
            }
        }
        for (operation, lift) in lifts {
            *scores.entry(operation).or_default() += LIFT * lift;
        }
        found.retain(|_, score| *score >= SHOWN);
        Found {
            operations: best(scores, operations),
            places: best(found, places),
        }
    }

    /// The stems of a query with their weights.
    fn weighted(&self, query: &str) -> Vec<(String, f32)> {
        let mut end = query.len().min(LONGEST_QUERY);
        while !query.is_char_boundary(end) {
            end -= 1;
        }
        let mut given: Vec<(String, String)> = Vec::new();
        for (word, stem) in words_and_stems(query.get(..end).unwrap_or_default()) {
            if given.len() < WORDS && !given.iter().any(|(_, known)| *known == stem) {
                given.push((word, stem));
            }
        }
        let is_common = |word: &String| self.common.binary_search(word).is_ok();
        let all_common = given.iter().all(|(_, stem)| is_common(stem));
        let mut words: Vec<(String, f32)> = Vec::new();
        for (word, stem) in &given {
            let weight = if is_common(stem) && !all_common {
                COMMON
            } else {
                1.0
            };
            if self.knows(stem) {
                words.push((stem.clone(), weight));
            } else {
                let near = self.near(&[stem, word]).into_iter();
                words.extend(near.map(|near| (near, weight * MISSPELLED)));
            }
        }
        for (word, weight) in words.clone() {
            let synonyms = self
                .synonyms
                .binary_search_by(|(known, _)| known.cmp(&word));
            let synonyms = synonyms.ok().and_then(|at| self.synonyms.get(at));
            for synonym in synonyms.into_iter().flat_map(|(_, others)| others) {
                if !words.iter().any(|(known, _)| known == synonym) {
                    words.push((synonym.clone(), weight * SYNONYM));
                }
            }
        }
        words
    }

    fn knows(&self, word: &str) -> bool {
        self.operations.has(word)
            || self.places.has(word)
            || self.above.has(word)
            || self
                .synonyms
                .binary_search_by(|(known, _)| known.as_str().cmp(word))
                .is_ok()
    }

    /// The known stems whose spelling is most similar to one of these forms of a word.
    fn near(&self, forms: &[&str]) -> Vec<String> {
        /// Shorter words have too many similar words.
        const SHORTEST: usize = 4;
        /// From this length on, two errors are tolerated.
        const LONG: usize = 7;
        /// Longer words are not compared.
        const LONGEST: usize = 30;
        let mut near: Vec<(usize, &str)> = Vec::new();
        for form in forms {
            let length = form.chars().count();
            if !(SHORTEST..=LONGEST).contains(&length) {
                continue;
            }
            let most = if length < LONG { 1 } else { 2 };
            let synonyms = self.synonyms.iter().map(|(word, _)| word.as_str());
            let known = self.operations.words().chain(self.places.words());
            let known = known.chain(synonyms).filter(|known| {
                known.len() + 1 >= SHORTEST && known.len().abs_diff(form.len()) <= most
            });
            let distances = known.map(|known| (strsim::osa_distance(known, form), known));
            near.extend(distances.filter(|(distance, _)| *distance <= most));
        }
        near.sort_unstable();
        near.dedup();
        let least = near.first().map(|(distance, _)| *distance);
        let nearest = near
            .into_iter()
            .filter(|(distance, _)| Some(*distance) == least);
        nearest.take(3).map(|(_, known)| known.to_owned()).collect()
    }
}

/// The best results, in a deterministic order.
fn best(scores: HashMap<u16, f32>, most: usize) -> Vec<u16> {
    let mut all: Vec<(u16, f32)> = scores
        .into_iter()
        .filter(|(_, score)| *score > 0.0)
        .collect();
    all.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
    all.truncate(most);
    all.into_iter().map(|(id, _)| id).collect()
}
