//! Checks one argument: its target, its values and its names.

use model::{Arg, ArgTarget, Search, constant};
use serde_json::{Map, Value, json};

use super::{
    check::{Checker, Part},
    location::{descend, form_file, property_names, segments, step},
    tool::CheckedArg,
    validate::{is_of_type, misfit},
};
use crate::{
    document::{Operation, array, object},
    lint,
    lower::{items, kind, lower, requires},
    table::{ArgRow, OmitEmpty},
};

/// The target of an argument, as the document declares it.
pub(super) struct Target {
    schemas: Vec<Value>,
    required: bool,
}

impl<'a> Checker<'a> {
    pub(super) fn argument(
        &mut self,
        name: &str,
        arg: &ArgRow,
        operation: Operation<'a>,
        body: Option<&[Value]>,
    ) -> Option<CheckedArg> {
        let part = self.part(name);
        let at = self.place(&part, arg)?;
        let Target { schemas, required } = self.target(&part, &at, operation, body)?;
        self.constants(&part, arg, &at, body);
        self.omit_empty(&part, arg, &schemas);
        self.aliases(&part, arg);
        for pointer in arg.append.keys() {
            match body {
                Some(body) => {
                    self.pointer(&part.below("`append`"), body, pointer);
                }
                None => self.fault(part.below("`append`"), "the operation has no body"),
            }
        }
        for (key, pointers) in [
            ("`fill`", arg.fill.keys().collect::<Vec<_>>()),
            ("`moved`", arg.moved.values().collect()),
        ] {
            self.beside(&part.below(key), &at, body, &pointers);
        }
        if arg.unlisted && arg.required {
            self.fault(&part, "a required argument must be listed");
        }
        let schema = self.schema(&part, arg, &schemas);
        self.default(&part, arg, &schema);
        let is_time = |schema: &Value| schema.get("format") == Some(&json!("date-time"));
        let constants = arg.constants.iter();
        let append = arg.append.iter();
        Some(CheckedArg {
            arg: Arg {
                name: constant::text(name),
                at,
                required: arg.required || (required && arg.default.is_none()),
                date_time: schemas.iter().any(is_time),
                default: arg
                    .default
                    .as_ref()
                    .map(|it| constant::text(it.to_string())),
                constants: constant::list(
                    constants.map(|(at, it)| (constant::text(at), constant::text(it.to_string()))),
                ),
                fill: constant::list(
                    arg.fill
                        .iter()
                        .map(|(at, it)| (constant::text(at), constant::text(it.to_string()))),
                ),
                moved: constant::list(
                    arg.moved
                        .iter()
                        .map(|(name, at)| (constant::text(name), constant::text(at))),
                ),
                append: constant::list(
                    append.map(|(at, it)| (constant::text(at), constant::text(it))),
                ),
                omit_empty: texts(arg.omit_empty.pointers()),
                json_string: arg.json_string,
                aliases: texts(&arg.aliases),
                arguments_of: arg.arguments_of.as_ref().map(constant::text),
            },
            property: property(arg, schema),
            listed: !arg.unlisted,
        })
    }

    fn place(&mut self, part: &Part, arg: &ArgRow) -> Option<ArgTarget> {
        let named = |place: &Option<String>| place.as_ref().map(constant::text);
        let places = [
            named(&arg.path).map(ArgTarget::Path),
            named(&arg.query).map(ArgTarget::Query),
            named(&arg.header).map(ArgTarget::Header),
            named(&arg.body).map(ArgTarget::Body),
            named(&arg.filter).map(ArgTarget::Filter),
            arg.search
                .map(|search| ArgTarget::Search(Box::leak(Box::new(search)))),
            arg.file.map(ArgTarget::File),
        ];
        let mut places = places.into_iter().flatten();
        match (places.next(), places.next()) {
            (Some(place), None) => Some(place),
            _ => {
                let problem = self
                    .problem(part, "it must have exactly one target")
                    .remedy("give one of `path`, `query`, `header`, `body`, `file`, `filter` and `search`");
                self.problems.push(problem);
                None
            }
        }
    }

    fn target(
        &mut self,
        part: &Part,
        at: &ArgTarget,
        operation: Operation<'a>,
        body: Option<&[Value]>,
    ) -> Option<Target> {
        match (at, body) {
            (ArgTarget::Path(name), _) => self.parameter(part, operation, "path", name),
            (ArgTarget::Query(name), _) => self.parameter(part, operation, "query", name),
            (ArgTarget::Header(name), _) => self.parameter(part, operation, "header", name),
            (ArgTarget::Filter(pointer), _) => self.filter(part, operation, pointer),
            (ArgTarget::Search(search), _) => self.search(part, operation, search),
            (ArgTarget::File(_), _) if form_file(self.document, operation).is_none() => {
                self.fault(part, format!("`{}` uploads no file", operation.id));
                None
            }
            (ArgTarget::File(_), _) => Some(Target {
                schemas: vec![json!({ "type": "string" })],
                required: false,
            }),
            (ArgTarget::Body(_), None) => {
                self.fault(part, format!("`{}` has no body", operation.id));
                None
            }
            (ArgTarget::Body(pointer), Some(body)) => Some(Target {
                schemas: self.pointer(part, body, pointer)?,
                required: is_required(body, pointer),
            }),
        }
    }

    /// The document's schemas for the value of a filter in a row of the response.
    fn filter(&mut self, part: &Part, operation: Operation<'a>, pointer: &str) -> Option<Target> {
        let (rows, list) = self.rows(operation, self.rows_at());
        if !list {
            self.fault(part, "a filter can only be used with a list");
            return None;
        }
        let open = descend(self.document, &rows, pointer).is_err_and(|missing| missing.open);
        let schemas = if open && self.has_form(part, pointer) {
            Vec::new()
        } else {
            self.pointer(part, &rows, pointer)?
        };
        Some(Target {
            schemas,
            required: false,
        })
    }

    /// Only strings in the rows can be searched.
    fn search(&mut self, part: &Part, operation: Operation<'a>, search: &Search) -> Option<Target> {
        let (rows, list) = self.rows(operation, self.rows_at());
        if !list {
            self.fault(part, "a search can only be used with a list");
            return None;
        }
        let part = part.below("`search`");
        for pointer in search.at {
            self.shown(&part, pointer, &rows);
        }
        for pointer in search.keep {
            self.pointer(&part, &rows, pointer);
        }
        Some(Target {
            schemas: vec![json!({ "type": "string" })],
            required: false,
        })
    }

    pub(super) fn parameter(
        &mut self,
        part: &Part,
        operation: Operation<'a>,
        place: &str,
        name: &str,
    ) -> Option<Target> {
        let mut parameters = self.document.parameters(operation);
        parameters.retain(|parameter| parameter.place == place);
        if let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) {
            let schema = parameter.schema.unwrap_or(&Value::Null);
            return Some(Target {
                schemas: self.document.alternatives(schema),
                required: parameter.required,
            });
        }
        let reason = format!("`{}` has no {place} parameter `{name}`", operation.id);
        let known = parameters.iter().map(|parameter| parameter.name);
        let problem = self.problem(part, reason).near(name, known);
        self.problems.push(problem);
        None
    }

    fn constants(&mut self, part: &Part, arg: &ArgRow, at: &ArgTarget, body: Option<&[Value]>) {
        let constants = part.below("`constants`");
        for pointer in arg.constants.keys() {
            match (at, body) {
                (ArgTarget::Body(own), _) if *own == pointer => {
                    let problem = self
                        .problem(
                            &constants,
                            format!("`{pointer}` is the target of the argument itself"),
                        )
                        .remedy("use `default` for the value of an omitted argument");
                    self.problems.push(problem);
                }
                (ArgTarget::Body(_), Some(body)) => {
                    self.pointer(&constants, body, pointer);
                }
                _ => self.fault(part, "`constants` can only be used with `body`"),
            }
        }
    }

    /// Pointers to values that are set together with an argument of the body.
    fn beside(
        &mut self,
        part: &Part,
        at: &ArgTarget,
        body: Option<&[Value]>,
        pointers: &[&String],
    ) {
        for pointer in pointers {
            match (at, body) {
                (ArgTarget::Body(_), Some(body)) => {
                    self.pointer(part, body, pointer);
                }
                _ => self.fault(part, "it can only be used with `body`"),
            }
        }
    }

    /// Any pointer is accepted below an object whose properties the document does not declare.
    fn omit_empty(&mut self, part: &Part, arg: &ArgRow, target: &[Value]) {
        let OmitEmpty::Below(pointers) = &arg.omit_empty else {
            return;
        };
        let part = part.below("`omit_empty`");
        for pointer in pointers {
            let open = descend(self.document, target, pointer).is_err_and(|missing| missing.open);
            if self.has_form(&part, pointer) && !open {
                self.pointer(&part, target, pointer);
            }
        }
    }

    fn aliases(&mut self, part: &Part, arg: &ArgRow) {
        for alias in arg.aliases.iter().filter(|alias| !lint::is_key(alias)) {
            let reason = format!("the alias `{alias}` must have {}", lint::KEY_FORM);
            self.fault(part, reason);
        }
    }

    fn schema(&mut self, part: &Part, arg: &ArgRow, target: &[Value]) -> Value {
        let Some(stated) = &arg.schema else {
            let lowered = lower(self.document, target);
            if lowered.get("type").is_none() {
                let problem = self
                    .problem(part, "the document gives its target several types or none")
                    .remedy("state `schema`");
                self.problems.push(problem);
            }
            return lowered;
        };
        let part = part.below("`schema`");
        if stated.get("type").is_none() {
            let problem = self
                .problem(&part, "it has no `type`")
                .remedy("give one, such as `type = \"string\"`");
            self.problems.push(problem);
        }
        let mut own = stated.clone();
        if let Some(Value::Object(properties)) = own.get_mut("properties") {
            properties.retain(|name, _| !arg.moved.contains_key(name));
        }
        self.agrees(&part, &own, target, "");
        stated.clone()
    }

    /// A schema in the row may be less specific than the document, but must neither contradict nor
    /// extend it.
    fn agrees(&mut self, part: &Part, stated: &Value, documented: &[Value], at: &str) {
        let there = match at {
            "" => "there".to_owned(),
            at => format!("at {at}"),
        };
        let own = stated.get("type").and_then(Value::as_str);
        if let (Some(own), Some(known)) = (own, kind(documented))
            && own != known
            && (own, known) != ("integer", "number")
        {
            let reason = format!("its type {there} is `{own}`, but `{known}` in the document");
            self.fault(part, reason);
            return;
        }
        for value in array(stated.get("enum")).filter(|value| !is_of_type(value, stated)) {
            let reason = format!("{value} in its `enum` {there} is not of its type");
            self.fault(part, reason);
        }
        let known = property_names(documented);
        for (name, stated) in object(stated.get("properties")) {
            if let Some(documented) = step(self.document, documented, name) {
                self.agrees(part, stated, &documented, &format!("{at}/{name}"));
            } else if !known.is_empty() {
                let reason = format!("the document has no property `{name}` {there}");
                let problem = self.problem(part, reason).near(name, known.iter().copied());
                self.problems.push(problem);
            }
        }
        if let Some(stated) = stated.get("items") {
            let documented = items(self.document, documented);
            self.agrees(part, stated, &documented, &format!("{at}/0"));
        }
    }

    fn default(&mut self, part: &Part, arg: &ArgRow, schema: &Value) {
        let Some(default) = &arg.default else {
            return;
        };
        if let Some(reason) = misfit(default, schema) {
            self.fault(part, format!("the default {default} {reason}"));
        }
        if arg.required {
            let problem = self
                .problem(part, "a required argument has no default")
                .remedy("remove `required` or `default`");
            self.problems.push(problem);
        }
    }
}

/// The property of an argument in the input schema of its tool.
fn property(arg: &ArgRow, schema: Value) -> Value {
    let mut property = match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    if let Some(default) = &arg.default {
        property.insert("default".to_owned(), default.clone());
    }
    property.insert("description".to_owned(), json!(arg.description.trim()));
    Value::Object(property)
}

fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> &'static [&'static str] {
    constant::list(texts.into_iter().map(constant::text))
}

/// Whether every body requires the property at this pointer. A nested property can be omitted with
/// its parent.
fn is_required(body: &[Value], pointer: &str) -> bool {
    let mut segments = segments(pointer);
    match (segments.next(), segments.next()) {
        (Some(name), None) => body.iter().all(|schema| requires(schema, &name)),
        _ => false,
    }
}
