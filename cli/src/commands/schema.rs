//! `gm schema`: the JSON Schema of `gm.yaml`.

use crate::{context::Context, error::CliError};
use clap::Args;

/// Print the JSON Schema of gm.yaml, for an editor
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {}

/// Prints the schema.
pub(crate) fn run(_: &SchemaArgs, context: &Context) -> Result<(), CliError> {
    let text = gm_chain::config::json_schema();
    let schema: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| CliError::internal(format!("the schema is not JSON: {error}")))?;
    context.output.result(&schema, text);
    Ok(())
}
