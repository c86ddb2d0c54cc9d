//! Builds the index at build time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    index::{Index, Postings},
    words::stems,
};

/// BM25's `k1`: how quickly further occurrences of a word stop adding to the score.
const K1: f32 = 1.2;
/// BM25's `b`: how strongly the length of a field is normalised.
const B: f32 = 0.3;
/// The weights of words in a location's own name, in its description, and in the names of its
/// parents.
const OWN: f32 = 1.3;
const WORDS: f32 = 0.8;
const ABOVE: f32 = 0.25;
/// The factor for the score of a location without a description.
const UNDESCRIBED: f32 = 0.6;
/// Only fields with at least this weight count for the rarity of a word.
const WEIGHTY: f32 = 0.8;

/// A weighted text that describes an operation.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name of the field, the same for all operations.
    pub name: &'static str,
    /// The weight of a word in this field.
    pub weight: f32,
    /// Whether repeated occurrences of a word count only once.
    pub once: bool,
    /// The text.
    pub text: String,
}

/// An operation that can be found.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The number that search results contain.
    pub id: u16,
    /// The texts that describe the operation.
    pub fields: Vec<Field>,
}

/// A location in bodies that can be found.
#[derive(Clone, Debug)]
pub struct Location {
    /// The names of the path, with the location's own name last.
    pub path: Vec<String>,
    /// The description of the location; empty if there is none.
    pub words: String,
    /// The operations whose bodies have the location.
    pub operations: Vec<u16>,
}

/// Collects operations and locations for an index.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    /// The operations.
    pub operations: Vec<Operation>,
    /// The locations. Search results refer to them by their index.
    pub places: Vec<Location>,
    /// Groups of synonyms.
    pub synonyms: Vec<Vec<String>>,
    /// Words that occur in most queries, whatever their subject.
    pub common: Vec<String>,
}

impl Builder {
    /// Computes the index.
    pub fn build(&self) -> Index {
        let mut synonyms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for group in &self.synonyms {
            let group: BTreeSet<String> = group.iter().flat_map(|word| stems(word)).collect();
            for word in &group {
                let others = group.iter().filter(|other| *other != word).cloned();
                synonyms.entry(word.clone()).or_default().extend(others);
            }
        }
        let common: BTreeSet<String> = self.common.iter().flat_map(|word| stems(word)).collect();
        Index {
            operations: self.operations(),
            places: self.place_words(),
            above: self.place_parents(),
            lifts: self
                .places
                .iter()
                .map(|place| place.operations.clone())
                .collect(),
            synonyms: synonyms
                .into_iter()
                .map(|(word, others)| (word, others.into_iter().collect()))
                .collect(),
            common: common.into_iter().collect(),
        }
    }

    fn operations(&self) -> Postings {
        let counted: Vec<Vec<(&Field, HashMap<String, f32>)>> = self
            .operations
            .iter()
            .map(|operation| {
                let fields = operation.fields.iter();
                fields.map(|field| (field, counts(field))).collect()
            })
            .collect();
        let mut lengths: HashMap<&str, f32> = HashMap::new();
        let mut rare: HashMap<&str, f32> = HashMap::new();
        let mut any: HashMap<&str, f32> = HashMap::new();
        for fields in &counted {
            let mut here: BTreeMap<&str, bool> = BTreeMap::new();
            for (field, words) in fields {
                *lengths.entry(field.name).or_default() += words.values().sum::<f32>();
                for word in words.keys() {
                    *here.entry(word).or_default() |= field.weight >= WEIGHTY;
                }
            }
            for (word, weighty) in here {
                *any.entry(word).or_default() += 1.0;
                if weighty {
                    *rare.entry(word).or_default() += 1.0;
                }
            }
        }
        let count = self.operations.len() as f32;
        let mut postings = BTreeMap::new();
        for (operation, fields) in self.operations.iter().zip(&counted) {
            let mut scores: BTreeMap<&str, f32> = BTreeMap::new();
            for (field, words) in fields {
                let average = lengths.get(field.name).copied().unwrap_or_default() / count;
                let length: f32 = words.values().sum();
                let normal = 1.0 - B + B * length / average.max(f32::MIN_POSITIVE);
                for (word, times) in words {
                    *scores.entry(word).or_default() += field.weight * times / normal;
                }
            }
            for (word, score) in scores {
                let with = rare
                    .get(word)
                    .or_else(|| any.get(word))
                    .copied()
                    .unwrap_or(1.0);
                let score = rarity(count, with) * score / (K1 + score);
                add(&mut postings, word, operation.id, score);
            }
        }
        Postings::of(postings)
    }

    /// The rarity of each word among the locations with a description.
    fn rarities(&self) -> HashMap<String, f32> {
        let mut with: HashMap<String, f32> = HashMap::new();
        let described = self.places.iter().filter(|place| !place.words.is_empty());
        let mut count = 0.0;
        for place in described {
            count += 1.0;
            for word in place
                .own()
                .into_iter()
                .chain(stems(&place.words))
                .collect::<BTreeSet<_>>()
            {
                *with.entry(word).or_default() += 1.0;
            }
        }
        let of = |(word, with): (String, f32)| (word, rarity(count, with));
        with.into_iter().map(of).collect()
    }

    fn place_words(&self) -> Postings {
        let rarities = self.rarities();
        let unknown = rarity(self.places.len() as f32, 1.0);
        let mut postings = BTreeMap::new();
        for (id, place) in (0..).zip(&self.places) {
            let own = place.own();
            let words: BTreeSet<_> = stems(&place.words).into_iter().collect();
            let all = own.union(&words).count().max(1) as f32;
            let described = if place.words.is_empty() {
                UNDESCRIBED
            } else {
                1.0
            };
            for word in own.union(&words) {
                let rare = rarities.get(word).copied().unwrap_or(unknown);
                let counts = if own.contains(word) { OWN } else { WORDS };
                add(
                    &mut postings,
                    word,
                    id,
                    described * rare * counts / all.powf(0.25),
                );
            }
        }
        Postings::of(postings)
    }

    fn place_parents(&self) -> Postings {
        let rarities = self.rarities();
        let mut postings = BTreeMap::new();
        for (id, place) in (0..).zip(&self.places) {
            let own: BTreeSet<_> = place.own().into_iter().chain(stems(&place.words)).collect();
            let parents = place.path.iter().rev().skip(1).flat_map(|name| stems(name));
            for word in parents.collect::<BTreeSet<_>>().difference(&own) {
                let rare = rarities.get(word).copied().unwrap_or(1.0);
                add(
                    &mut postings,
                    word,
                    id,
                    rare * ABOVE / (own.len().max(1) as f32).powf(0.25),
                );
            }
        }
        Postings::of(postings)
    }
}

impl Location {
    fn own(&self) -> BTreeSet<String> {
        self.path
            .last()
            .map(|name| stems(name))
            .unwrap_or_default()
            .into_iter()
            .collect()
    }
}

fn counts(field: &Field) -> HashMap<String, f32> {
    let mut counts: HashMap<String, f32> = HashMap::new();
    for word in stems(&field.text) {
        let count = counts.entry(word).or_default();
        *count = if field.once { 1.0 } else { *count + 1.0 };
    }
    counts
}

/// The inverse document frequency of BM25.
fn rarity(count: f32, with: f32) -> f32 {
    (1.0 + (count - with + 0.5) / (with + 0.5)).ln()
}

fn add(postings: &mut BTreeMap<String, Vec<(u16, u16)>>, word: &str, id: u16, score: f32) {
    /// Scores are stored in thousandths.
    const SCALE: f32 = 1_000.0;
    let score = (score * SCALE).round().clamp(0.0, f32::from(u16::MAX)) as u16;
    if score > 0 {
        postings
            .entry(word.to_owned())
            .or_default()
            .push((id, score));
    }
}
