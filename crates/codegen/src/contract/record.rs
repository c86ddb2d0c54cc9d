//! The document and the rows, and how responses differ from them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::Path,
};

use serde_json::Value;

use super::{
    answer::{answer_forms, answer_schemas},
    compare::Comparer,
    difference::{Difference, Kind},
    edits::{self, Edit},
    marks,
    pointers::RowPointers,
};
use crate::{
    answers::Answers,
    document::Document,
    fixes::{self, bugs::BUGS},
    problem::Problem,
    read_document,
    supplement::Supplement,
    table::{self, LocatedRow},
};

/// Maximum number of comparisons of a value with a schema, for one response.
const STEPS: usize = 4_000_000;

/// Maximum number of distinct differences that are recorded.
const DIFFERENCES: usize = 10_000;

/// Maximum number of names that one schema does not declare; with more, they are probably data.
const NAMES: usize = 30;

/// The document and the rows, and how responses differ from them.
#[derive(Debug)]
pub struct Contract {
    document: Document,
    answers: Answers,
    pub(super) rows: Vec<LocatedRow>,
    /// The properties that rows mark as undocumented: the pointer to the schema, and the name.
    marked: HashSet<(String, String)>,
    pub(super) pointers: Vec<RowPointers>,
    pub(super) found: BTreeMap<(String, Kind), Seen>,
    /// The undeclared names of each schema.
    names: HashMap<String, BTreeSet<String>>,
    /// The methods and paths of the operations of all responses.
    pub(super) operations: BTreeSet<String>,
    /// The number of compared objects.
    pub(super) objects: usize,
    /// Whether parts of a response, or some differences, were left out because there were too many.
    pub(super) is_incomplete: bool,
}

/// Where a difference was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) count: usize,
    /// Methods and paths of operations, each with a pointer into the response.
    pub(super) places: BTreeSet<(String, String)>,
}

impl Contract {
    /// Reads the folder `spec`.
    pub fn read(spec: &Path) -> Result<Self, Vec<Problem>> {
        let mut document = read_document(&spec.join("vapi.json"))?;
        fixes::apply(BUGS, document.value_mut());
        let rows = table::read(&spec.join("tools"))?.rows;
        let supplement = Supplement::read(spec)?;
        Ok(Self {
            pointers: RowPointers::of(&document, &rows, &supplement),
            marked: marks::marked(&document, &rows),
            document,
            answers: supplement.answers,
            rows,
            found: BTreeMap::new(),
            names: HashMap::new(),
            operations: BTreeSet::new(),
            objects: 0,
            is_incomplete: false,
        })
    }

    /// The document with its fixes.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Records the differences between a response and the document, and the pointers of rows that
    /// have a value in it. `address` is the method and path of the operation, such as `GET /call`.
    pub fn compare(&mut self, address: &str, answer: &Value) {
        let (differences, is_exhausted) = self.differ(address, answer);
        self.is_incomplete |= is_exhausted;
        for difference in differences {
            self.record(address, difference);
        }
        let objects = self.answers.objects(answer);
        self.objects = self.objects.saturating_add(objects.len());
        for pointers in &mut self.pointers {
            pointers.look(address, answer, &objects);
        }
        self.operations.insert(address.to_owned());
    }

    fn record(&mut self, address: &str, difference: Difference) {
        let Difference {
            at,
            mut pointer,
            mut kind,
        } = difference;
        if let Kind::Undeclared(name, _) = &mut kind {
            if self.marked.contains(&(at.clone(), name.clone())) {
                return;
            }
            let names = self.names.entry(at.clone()).or_default();
            if names.len() < NAMES {
                names.insert(name.clone());
            } else if !names.contains(name) {
                let (parent, _) = pointer.rsplit_once('/').unwrap_or_default();
                pointer = format!("{parent}/*");
                "*".clone_into(name);
            }
        }
        let key = (at, kind);
        if self.found.len() >= DIFFERENCES && !self.found.contains_key(&key) {
            self.is_incomplete = true;
            return;
        }
        let seen = self.found.entry(key).or_default();
        seen.count = seen.count.saturating_add(1);
        seen.places.insert((address.to_owned(), pointer));
    }

    /// All differences between a response and the document, including those that a row marks.
    pub fn differences(&self, address: &str, answer: &Value) -> Vec<Difference> {
        self.differ(address, answer).0
    }

    fn differ(&self, address: &str, answer: &Value) -> (Vec<Difference>, bool) {
        let mut comparer = Comparer::new(&self.document, STEPS);
        let mut operations = self.document.operations();
        let found = operations
            .find(|operation| operation.address() == address)
            .map(|operation| {
                let schemas = answer_schemas(&self.document, operation);
                let at = schemas.first().map(|(at, _)| at.as_str());
                let forms = answer_forms(&self.document, operation);
                comparer.value(&forms, at.unwrap_or_default(), "", answer)
            })
            .unwrap_or_default();
        (found, comparer.is_exhausted())
    }

    /// The number of distinct differences that were recorded.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// The objects of a response: the rows of a list or page, or the response itself.
    pub fn objects<'v>(&self, answer: &'v Value) -> Vec<&'v Value> {
        self.answers.objects(answer)
    }

    /// The id of an object, a text.
    pub fn id_of<'v>(&self, object: &'v Value) -> Option<&'v str> {
        self.answers.id_of(object)
    }

    /// The properties that each row can mark as undocumented: the index of the row, and pointers.
    pub(super) fn marks(&self) -> BTreeMap<usize, BTreeSet<String>> {
        let undeclared = self
            .found
            .iter()
            .filter(|((_, kind), _)| matches!(kind, Kind::Undeclared(name, _) if name != "*"));
        let places = undeclared.flat_map(|(_, seen)| &seen.places);
        let mut marks: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for (address, pointer) in places {
            for (row, pointer) in marks::of(&self.document, &self.rows, address, pointer) {
                marks.entry(row).or_default().insert(pointer);
            }
        }
        marks
    }

    /// The changes of the document after which it allows what was found, except for what rows can
    /// mark and for unknown values of enums, which are not recorded.
    pub fn edits(&self) -> Vec<Edit> {
        let can_mark = |seen: &Seen| {
            seen.places.iter().any(|(address, pointer)| {
                !marks::of(&self.document, &self.rows, address, pointer).is_empty()
            })
        };
        let found = self.found.iter().filter(|((_, kind), seen)| {
            let is_named = matches!(kind, Kind::Undeclared(name, _) if name != "*");
            !is_named || !can_mark(seen)
        });
        edits::of(
            &self.document,
            found.map(|((at, kind), _)| (at.as_str(), kind)),
        )
    }

    /// Changes the document so that it allows what was found, and forgets what was found.
    pub fn apply(&mut self, edits: Vec<Edit>) {
        let document = self.document.value_mut();
        for Edit { at, value } in edits {
            fixes::set(document, &at, value);
        }
        self.found.clear();
        self.names.clear();
    }
}
