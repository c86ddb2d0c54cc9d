//! The locations in a body: which values each of them accepts, and which keys its objects have.

use std::{
    collections::{BTreeSet, HashMap},
    rc::Rc,
};

use serde_json::{Map, Number, Value};

use super::super::coerce::as_integer;
use crate::reference::{Discriminator, Form, Kind, MAX_FORMS, Schemas, discriminator};

/// The locations that were visited, each opened once.
pub(super) struct Places<'a> {
    schemas: Schemas<'a>,
    /// By the addresses of their schemas.
    opened: HashMap<Vec<usize>, Rc<Place<'a>>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(schemas: Schemas<'a>) -> Self {
        Self {
            schemas,
            opened: HashMap::new(),
        }
    }

    /// The location of values that have one of these schemas.
    pub(super) fn of(&mut self, alternatives: &[&'a Value]) -> Rc<Place<'a>> {
        let addresses = alternatives
            .iter()
            .map(|schema| std::ptr::from_ref(*schema).addr())
            .collect();
        let schemas = self.schemas;
        let opened = self.opened.entry(addresses);
        let place = opened.or_insert_with(|| Rc::new(Place::new(schemas, alternatives)));
        Rc::clone(place)
    }
}

/// One location.
pub(super) struct Place<'a> {
    pub types: Types,
    /// The schemas of the elements of lists.
    pub items: Vec<&'a Value>,
    /// The property by which the forms of objects are told apart.
    discriminator: Option<Discriminator<'a>>,
    /// The keys of each form of objects.
    forms: Vec<Rc<View<'a>>>,
    /// The keys of all forms.
    pub all: Rc<View<'a>>,
}

/// The JSON types that a location accepts.
#[derive(Default)]
pub(super) struct Types {
    pub object: bool,
    pub list: bool,
    pub text: bool,
    pub number: bool,
    pub integer: bool,
    pub boolean: bool,
    /// Whether a type is not known.
    pub any: bool,
    /// Whether an object has no declared keys. The document declares such objects for values of
    /// other types, too.
    pub unspecified: bool,
}

impl Types {
    /// The names of the types.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let names = [
            (self.text, "string"),
            (self.number, "number"),
            (self.integer && !self.number, "integer"),
            (self.boolean, "boolean"),
            (self.list, "array"),
            (self.object, "object"),
        ];
        let names = names.into_iter().filter(|(is_accepted, _)| *is_accepted);
        names.map(|(_, name)| name).collect()
    }

    fn add(&mut self, form: &Form<'_>) {
        let known = match (form.kind(), form.type_name()) {
            (Kind::Object, _) => &mut self.object,
            (Kind::List, _) => &mut self.list,
            (Kind::Scalar, Some("string")) => &mut self.text,
            (Kind::Scalar, Some("number")) => &mut self.number,
            (Kind::Scalar, Some("integer")) => &mut self.integer,
            (Kind::Scalar, Some("boolean")) => &mut self.boolean,
            (Kind::Scalar, _) => &mut self.any,
        };
        *known = true;
        self.unspecified |=
            form.kind() == Kind::Object && form.properties.is_empty() && form.additional.is_none();
    }
}

impl<'a> Place<'a> {
    fn new(schemas: Schemas<'a>, alternatives: &[&'a Value]) -> Self {
        let forms = schemas.open_all(alternatives.iter().copied());
        let mut types = Types {
            // Of more forms, some are missing here.
            any: forms.is_empty() || forms.len() >= MAX_FORMS,
            ..Types::default()
        };
        forms.iter().for_each(|form| types.add(form));
        let items = distinct(forms.iter().filter_map(|form| form.items));
        let objects: Vec<_> = forms
            .into_iter()
            .filter(|form| form.kind() == Kind::Object)
            .collect();
        let mut all = View::of(&objects);
        all.is_free |= types.any;
        Self {
            types,
            items,
            discriminator: discriminator(schemas, &objects),
            forms: objects
                .chunks(1)
                .map(|form| Rc::new(View::of(form)))
                .collect(),
            all: Rc::new(all),
        }
    }

    /// Whether the types are not known for certain.
    pub(super) fn accepts_anything(&self) -> bool {
        self.types.any || self.types.unspecified
    }

    pub(super) fn accepts(&self, value: &Value) -> bool {
        let types = &self.types;
        let accepts_number =
            |number: &Number| types.number || (types.integer && as_integer(number).is_some());
        self.accepts_anything()
            || match value {
                Value::Null => true,
                Value::Bool(_) => types.boolean,
                Value::Number(number) => accepts_number(number),
                Value::String(_) => types.text,
                Value::Array(_) => types.list,
                Value::Object(_) => types.object,
            }
    }

    /// The keys of an object with these members: those of the forms that its discriminator selects,
    /// or else those of all forms.
    pub(super) fn view(&self, members: &Map<String, Value>) -> Rc<View<'a>> {
        let positions = self.discriminator.as_ref().and_then(|union| {
            let given = members.get(union.key)?.as_str()?;
            let found = union.members.iter().find(|(value, _)| *value == given);
            found.map(|(_, positions)| positions.as_slice())
        });
        let only = match positions {
            Some([only]) => self.forms.get(*only),
            _ => None,
        };
        Rc::clone(only.unwrap_or(&self.all))
    }

    /// The values of the discriminator with which objects have this key.
    pub(super) fn forms_with(&self, key: &str) -> Vec<&'a str> {
        let has = |position: &usize| {
            let form = self.forms.get(*position);
            form.is_some_and(|form| form.properties.contains_key(key))
        };
        let members = self.discriminator.iter().flat_map(|union| &union.members);
        let having = members.filter(|(_, positions)| positions.iter().any(has));
        having.map(|(value, _)| *value).collect()
    }
}

/// The keys of an object.
pub(super) struct View<'a> {
    /// The schemas of each property.
    pub properties: HashMap<&'a str, Vec<&'a Value>>,
    /// The schemas of all other properties.
    additional: Vec<&'a Value>,
    /// Whether other keys are possible.
    pub is_free: bool,
}

impl<'a> View<'a> {
    fn of(forms: &[Form<'a>]) -> Self {
        let mut all: HashMap<&str, Vec<&Value>> = HashMap::new();
        for (key, schema) in forms.iter().flat_map(|form| &form.properties) {
            all.entry(key).or_default().push(schema);
        }
        let properties = all
            .into_iter()
            .map(|(key, schemas)| (key, distinct(schemas.into_iter())));
        let is_open = |form: &Form<'_>| match form.additional {
            Some(additional) => *additional != Value::Bool(false),
            None => form.properties.is_empty(),
        };
        let additional = forms.iter().filter_map(|form| form.additional);
        Self {
            properties: properties.collect(),
            additional: distinct(additional.filter(|schema| schema.is_object())),
            is_free: forms.iter().any(is_open),
        }
    }

    /// The schemas of the value with this key.
    pub(super) fn schemas(&self, key: &str) -> Option<&[&'a Value]> {
        let additional = Some(&self.additional).filter(|schemas| !schemas.is_empty());
        let schemas = self.properties.get(key).or(additional);
        schemas.map(Vec::as_slice)
    }
}

/// The schemas without repetitions of the same one.
fn distinct<'a>(schemas: impl Iterator<Item = &'a Value>) -> Vec<&'a Value> {
    let mut seen = BTreeSet::new();
    schemas
        .filter(|schema| seen.insert(std::ptr::from_ref(*schema).addr()))
        .collect()
}
