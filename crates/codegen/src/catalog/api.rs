//! The tools over many operations.

use databake::{Bake, CrateEnv};
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value, json};

use super::definition::definition;
use crate::{lint, problem::Problem, table::ApiRow};

/// A checked tool over many operations.
#[derive(Clone, Debug)]
pub(super) struct ApiTool {
    row: ApiRow,
    /// The element of `tools/list`.
    pub(super) face: Value,
}

/// Checks the rows.
pub(super) fn check(rows: Vec<(String, usize, ApiRow)>) -> (Vec<ApiTool>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut tools = Vec::new();
    for (file, line, row) in rows {
        let face = face(&row);
        for fault in lint::tool(&face) {
            let problem = Problem::new(&file, fault).at_line(line).in_row(&row.name);
            problems.push(problem.at("public face"));
        }
        tools.push(ApiTool { row, face });
    }
    (tools, problems)
}

fn face(row: &ApiRow) -> Value {
    let properties = row.args.iter().map(|(name, arg)| {
        let mut property = arg.schema.clone();
        if let Some(property) = property.as_object_mut() {
            property.insert("description".to_owned(), json!(arg.description.trim()));
        }
        (name.clone(), property)
    });
    let required = row.args.iter().filter(|(_, arg)| arg.required);
    let required: Vec<_> = required.map(|(name, _)| name.as_str()).collect();
    let properties: Map<_, _> = properties.collect();
    definition(
        &row.name,
        &row.title,
        &row.description,
        row.effect,
        properties,
        &required,
        false,
    )
}

impl ApiTool {
    pub(super) fn tokens(&self) -> TokenStream {
        let crates = CrateEnv::default();
        let ApiRow {
            name,
            aliases,
            profiles,
            ..
        } = &self.row;
        let (kind, effect) = (self.row.kind.bake(&crates), self.row.effect.bake(&crates));
        let face = self.face.to_string();
        let args = self.row.args.keys();
        let sends = self.row.sends.iter().map(|effect| effect.bake(&crates));
        quote! {
            ApiTool {
                name: #name,
                aliases: &[#(#aliases),*],
                profiles: &[#(#profiles),*],
                kind: #kind,
                effect: #effect,
                sends: &[#(#sends),*],
                definition: #face,
                args: &[#(#args),*],
            }
        }
    }
}
