//! `gm new`: a project from a template.

use crate::{
    confirm::ask,
    context::Context,
    error::{CliError, Code},
};
use clap::Args;
use gm_templates::{Template, TemplateError};
use serde_json::json;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Make a project from a template
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Name of the project, of its chain and of its folder
    name: Option<String>,
    /// The template: blank or wearable
    #[arg(short, long, default_value = "blank")]
    template: String,
    /// A value of the template, as chain_id=4242; may be given again
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Folder of the project [default: ./NAME]
    #[arg(long, value_name = "PATH")]
    dir: Option<PathBuf>,
}

/// Makes the project.
pub(crate) fn run(args: &NewArgs, context: &Context) -> Result<(), CliError> {
    // An unknown template is refused before a question is asked.
    Template::find(&args.template)?;
    let mut values = BTreeMap::new();
    for pair in &args.set {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            CliError::new(
                Code::Usage,
                format!("--set {pair}: there is no \"=\""),
                "write --set KEY=VALUE, as --set chain_id=4242",
            )
        })?;
        values.insert(key.to_owned(), value.to_owned());
    }
    if let Some(name) = &args.name {
        values.insert("name".to_owned(), name.clone());
    } else if !values.contains_key("name") {
        let name = ask(&context.output, "Name of the project", "gm new NAME")?;
        values.insert("name".to_owned(), name);
    }
    let name = values["name"].clone();
    let files = gm_templates::render(&args.template, &values)?;
    let dir = args.dir.clone().unwrap_or_else(|| PathBuf::from(&name));
    gm_templates::write(&files, &dir)?;
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let data = json!({ "name": name, "template": args.template, "dir": dir, "files": paths });
    let list: String = paths.iter().map(|path| format!("  {}\n", path.display())).collect();
    let dir = dir.display();
    let human = format!("made {name} in {dir}\n{list}\nnext:\n  cd {dir}\n  gm up\n");
    context.output.result(&data, human);
    Ok(())
}

impl From<TemplateError> for CliError {
    fn from(error: TemplateError) -> Self {
        Self::relayed(error.code(), &error.to_string(), &error.hint())
    }
}
