//! Generated code is data around text: no text of the document or of the table becomes code.

use std::collections::BTreeMap;

use crate::support::{api, document, source};
use codegen::{Generated, diff::diff, generate_from, supplement::Supplement, table};
use serde_json::{Value, json};
use syn::{Expr, Item, Lit};

/// Text that would end a literal, a comment or a placeholder if it were pasted into code.
const HOSTILE: &str = " a \"quoted\" \\ back\\slash {brace} {{}} #\"raw\"# */ /* // \n\r\t\u{0}\u{1b}\u{2028}é🦀 \
    \"; std::process::exit(1); let _ = \"${x} %s $crate #tokens 'x' \\u{41} ";

/// The same as a key of TOML or a string of it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

fn pointer(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A second key, for what may not stand at the first.
fn other() -> String {
    format!("{HOSTILE}?")
}

fn generated() -> Generated {
    let text =
        json!({ "type": "string", "description": HOSTILE, "enum": [HOSTILE], "pattern": HOSTILE });
    let it = json!({
        "type": "object", "description": HOSTILE,
        "properties": { HOSTILE: text, other(): text, "plain": { "type": "object" } },
    });
    let content = json!({ "application/json": { "schema": it, "example": HOSTILE } });
    let document = document(&api(
        json!({ "/it": { "post": {
            "operationId": "createIt", "summary": HOSTILE, "description": HOSTILE,
            "tags": [HOSTILE],
            "parameters": [{
                "name": "type", "in": "query", "description": HOSTILE, "schema": { "type": "string" },
            }],
            "requestBody": { "description": HOSTILE, "content": content },
            "responses": { "200": { "description": HOSTILE, "content": content } },
        } } }),
        json!({ HOSTILE: it }),
    ));
    let (text, at) = (quoted(HOSTILE), quoted(&pointer(HOSTILE)));
    let constant = quoted(&pointer(&other()));
    let table = format!(
        r#"
        instructions = {text}
        [[tool]]
        name = "create_it"
        title = {text}
        description = {text}
        operation = "createIt"
        effect = "write"
        open = true
        [tool.args]
        it = {{ body = {at}, description = {text}, default = {text}, constants = {{ {constant} = {text} }}, aliases = ["its"] }}
        plain = {{ body = "/plain", description = {text}, schema = {{ type = "object" }}, default = {{ {text} = {text} }}, omit_empty = [{at}] }}
        type = {{ query = "type", description = {text} }}
        [tool.result]
        keep = [{at}]
        add = [{{ name = {text}, at = {at} }}]
        "#
    );
    let table = table::parse("tools.toml", &table).unwrap();
    generate_from(document, source(), table, &Supplement::default()).unwrap()
}

/// The text of every string literal of an expression, by the field it stands in.
fn literals(expr: &Expr, field: &str, found: &mut BTreeMap<String, Vec<String>>) {
    match expr {
        Expr::Lit(lit) => {
            if let Lit::Str(text) = &lit.lit {
                found
                    .entry(field.to_owned())
                    .or_default()
                    .push(text.value());
            }
        }
        Expr::Reference(reference) => literals(&reference.expr, field, found),
        Expr::Array(array) => array.elems.iter().for_each(|e| literals(e, field, found)),
        Expr::Tuple(tuple) => tuple.elems.iter().for_each(|e| literals(e, field, found)),
        Expr::Call(call) => call.args.iter().for_each(|e| literals(e, field, found)),
        Expr::Struct(fields) => {
            for value in &fields.fields {
                let syn::Member::Named(name) = &value.member else {
                    continue;
                };
                literals(&value.expr, &name.to_string(), found);
            }
        }
        _ => {}
    }
}

/// The items of the generated catalogue, and the string literals in them.
fn catalogue(generated: &Generated) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let mut found = BTreeMap::new();
    let mut items = Vec::new();
    let sources = [&generated.operations_source, &generated.catalog_source];
    let parsed = sources.map(|source| syn::parse_file(source).unwrap().items);
    for item in parsed.into_iter().flatten() {
        let (name, expr) = match item {
            Item::Const(item) => (item.ident, item.expr),
            Item::Static(item) => (item.ident, item.expr),
            _ => panic!("the catalogue holds something else than constants"),
        };
        literals(&expr, &name.to_string(), &mut found);
        items.push(name.to_string());
    }
    (items, found)
}

#[test]
fn the_catalogue_holds_its_items_and_nothing_that_a_text_asked_for() {
    let (items, _) = catalogue(&generated());
    assert_eq!(
        items[items.len() - 4..],
        ["INSTRUCTIONS", "UNSUPPORTED", "TOOLS", "API_TOOLS"]
    );
}

#[test]
fn hostile_text_survives_exactly_inside_its_literals() {
    let (_, literals) = catalogue(&generated());
    let at = pointer(HOSTILE);
    let json = Value::from(HOSTILE).to_string();
    let object = json!({ HOSTILE: HOSTILE }).to_string();
    assert_eq!(literals["INSTRUCTIONS"], [HOSTILE]);
    assert_eq!(literals["body_properties"], [HOSTILE, &other(), "plain"]);
    assert_eq!(literals["default"], [json.clone(), object]);
    assert_eq!(literals["constants"], [pointer(&other()), json]);
    assert_eq!(literals["aliases"], ["its"]);
    assert_eq!(literals["omit_empty"], [at.as_str()]);
    assert_eq!(literals["keep"], [at.as_str()]);
    assert_eq!(literals["at"], [at.as_str(), "/plain", "type", at.as_str()]);
    assert_eq!(
        literals["name"],
        ["type", "create_it", "it", "plain", "type", HOSTILE]
    );
}

#[test]
fn the_face_reads_back_from_its_literal_with_every_text_as_it_was() {
    let generated = generated();
    let (_, literals) = catalogue(&generated);
    let faces = generated.catalog.faces();
    let read: Vec<Value> = literals["definition"]
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    assert_eq!(read, faces);
    let face = &faces[0];
    let told = HOSTILE.trim();
    assert_eq!(face["title"], HOSTILE);
    assert_eq!(face["description"], told);
    let properties = &face["inputSchema"]["properties"];
    assert_eq!(properties["it"]["description"], told);
    assert_eq!(properties["it"]["default"], HOSTILE);
    assert_eq!(properties["it"]["enum"], json!([HOSTILE]));
    assert_eq!(properties["plain"]["default"], json!({ HOSTILE: HOSTILE }));
}

#[test]
fn a_client_of_a_document_with_hostile_prose_is_rust() {
    let file = syn::parse_file(&generated().client.source).unwrap();
    assert!(!file.items.is_empty());
}

/// A document in which a path, a parameter and an operation have hostile names.
fn hostile_names() -> Value {
    let path = format!("/it{}/{{id}}", HOSTILE.replace(['{', '}'], ""));
    let parameter = |place: &str, name: &str| {
        json!({ "name": name, "in": place, "required": true,
            "schema": { "type": "string", "enum": [HOSTILE], "default": HOSTILE } })
    };
    api(
        json!({ path: { "get": {
            "operationId": HOSTILE, "responses": {},
            "parameters": [parameter("path", "id"), parameter("query", HOSTILE)],
        } } }),
        json!({}),
    )
}

/// The same operation under a plain name at a plain path makes the same items.
#[test]
fn hostile_paths_and_names_add_nothing_to_the_client() {
    let shape = |value: &Value| {
        let empty = table::parse("tools.toml", "tool = []").unwrap();
        let client = generate_from(document(value), source(), empty, &Supplement::default())
            .unwrap()
            .client;
        let items = syn::parse_file(&client.source).unwrap().items;
        let mut found = Vec::new();
        methods(&items, &mut found);
        (items.len(), found.len())
    };
    let plain = json!({ "/it/{id}": { "get": {
        "operationId": "getIt", "responses": {},
        "parameters": [
            { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
            { "name": "it", "in": "query", "required": true, "schema": { "type": "string" } },
        ],
    } } });
    assert_eq!(shape(&hostile_names()), shape(&api(plain, json!({}))));
}

/// What is pasted into a page of a reviewer may end neither its line nor its code.
#[test]
fn a_report_shows_hostile_text_on_the_line_it_belongs_to() {
    let mut new = hostile_names();
    let backticks = format!("`{HOSTILE}\n# `title` @everyone");
    new["components"]["schemas"][&backticks] =
        json!({ "type": "object", "properties": { &backticks: { "enum": [&backticks] } } });
    new["paths"]["/more"] = json!({ "get": { "operationId": &backticks, "responses": {} } });
    let table = table::parse("tools.toml", "tool = []").unwrap();
    let old = document(&api(json!({}), json!({})));
    let report =
        diff(&old, &document(&new), &table, &Supplement::default()).report(&backticks, "new");
    let heads = [
        "# Vapi's API: `",
        "## Harmless",
        "### Operations",
        "### Everything else",
    ];
    for line in report.lines().filter(|line| !line.is_empty()) {
        let known = heads.iter().any(|head| line.starts_with(head))
            || line.starts_with("- **harmless**: ")
            || line
                == "3 changes: 0 **breaking for us**, 0 **worth a look**, 3 **harmless**; 0 rows broken.";
        assert!(known, "{line}");
        assert_eq!(line.matches('`').count() % 2, 0, "{line}");
        assert!(!line.contains(|c: char| c.is_control()), "{line}");
    }
    assert_eq!(report.matches("@everyone").count(), 3, "{report}");
}

/// The names of the methods of all `impl` blocks of the client, at the top level and in its modules.
fn methods(items: &[Item], found: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Impl(block) => found.extend(block.items.iter().filter_map(|item| match item {
                syn::ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
                _ => None,
            })),
            Item::Mod(module) => {
                let items = module.content.as_ref().map(|(_, items)| items.as_slice());
                methods(items.unwrap_or_default(), found);
            }
            _ => {}
        }
    }
}

/// The catalogue calls the client's methods; it has to name them, and to order their arguments, as
/// the client does.
#[test]
fn odd_names_of_operations_and_parameters_are_the_same_in_client_and_catalogue() {
    for (id, name) in [
        ("CallController_findAll", "createdAtGe"),
        ("get it's \"all\"", "type"),
        ("match", "self"),
        ("2fa", "page-size"),
        ("v2.list/all", "filter[name]"),
        ("OpenAIChat", "$top"),
        ("été", "größe"),
        ("gen", "+1"),
        ("-1", "'"),
        ("_", "a\u{b2}\u{2080}"),
        ("\u{300}mark", "\u{b7}dot"),
        ("async", "crate"),
    ] {
        let document = document(&api(
            json!({ "/it": { "get": {
                "operationId": id, "responses": {},
                "parameters": [{ "name": name, "in": "query", "schema": { "type": "string" } }],
            } } }),
            json!({}),
        ));
        let table = format!(
            "[[tool]]\nname = \"it\"\ntitle = \"It\"\ndescription = \"It.\"\noperation = {}\neffect = \"read\"\n\
             [tool.args]\nit = {{ query = {}, description = \"It.\" }}",
            quoted(id),
            quoted(name)
        );
        let table = table::parse("tools.toml", &table).unwrap();
        let generated = generate_from(document, source(), table, &Supplement::default()).unwrap();
        let mut known = Vec::new();
        methods(
            &syn::parse_file(&generated.client.source).unwrap().items,
            &mut known,
        );
        let (method, argument) = called(&generated.operations_source);
        assert!(
            known.contains(&method),
            "{id}: {method} is none of {known:?}"
        );
        assert_eq!(argument, format!("request.argument({name:?})?"));
    }
}

/// progenitor's method would have two arguments of one name, which is no Rust.
#[test]
fn parameters_with_one_name_in_the_client_are_refused_as_is_one_called_like_the_body() {
    let query = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
    let refused = |parameters: Value| {
        let document = document(&api(
            json!({ "/it": { "post": {
                "operationId": "createIt", "responses": {}, "parameters": parameters,
                "requestBody": { "content": { "application/json": { "schema": {} } } },
            } } }),
            json!({}),
        ));
        let row = "[[tool]]\nname = \"it\"\ntitle = \"It\"\ndescription = \"It.\"\noperation = \"createIt\"";
        let table = table::parse("tools.toml", row).unwrap();
        let errors = generate_from(document.clone(), source(), table, &Supplement::default());
        // Without a row that uses it, the operation is left out.
        let none = table::parse("tools.toml", "tool = []").unwrap();
        let generated = generate_from(document, source(), none, &Supplement::default()).unwrap();
        assert_eq!(generated.client.operations, 0);
        let left_out: Vec<_> = generated.warnings().collect();
        let errors: Vec<_> = errors
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        let reasons = errors
            .iter()
            .map(|error| error.rsplit_once("`operation`: ").unwrap().1);
        let said = reasons
            .clone()
            .map(|it| format!("POST /it is left out: {it}"));
        assert_eq!(left_out, said.collect::<Vec<_>>());
        reasons.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        refused(json!([query("body")])),
        [
            "`createIt`: the body and the query parameter `body` are both named `body` in the client; add a fix for the document"
        ]
    );
    assert_eq!(
        refused(json!([query("page-size"), query("pageSize")])),
        [
            "`createIt`: the query parameter `page-size` and the query parameter `pageSize` are both named `page_size` in the client; add a fix for the document"
        ]
    );
}

/// The method and the argument of `client.method(argument).await`.
fn called(source: &str) -> (String, String) {
    let (_, call) = source.split_once("client.").unwrap();
    let (call, _) = call.split_once(".await").unwrap();
    let (method, argument) = call.trim_end().split_once('(').unwrap();
    let argument = argument.strip_suffix(')').unwrap();
    (method.to_owned(), argument.to_owned())
}
