//! The schema of the table as an editor uses it.

use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use codegen::table;
use serde_json::Value;

static SCHEMA: LazyLock<(Schemas, SchemaIndex)> = LazyLock::new(|| {
    let schema = serde_json::from_str(&table::schema()).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("schema.json", schema).unwrap();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    (schemas, index)
});

/// What the schema finds wrong with a file of the table.
pub fn validate(file: &Value) -> Result<(), String> {
    let (schemas, index) = &*SCHEMA;
    schemas
        .validate(file, *index)
        .map_err(|error| error.to_string())
}
