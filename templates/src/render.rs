//! From a template and values to files, in memory.

use crate::{BASE, FILES, MANIFEST, Template, TemplateError};
use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};
use tera::{Context, Tera};

/// The ending of a file that is rendered and not copied.
const RENDERED: &str = ".tera";

/// A file of a new project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Where it goes, relative to the project's folder and never out of it.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// A chain id made from a project's name: the same for the same name, and likely unlike that of
/// another. It is larger than 32 bits hold, as chain ids may be.
pub fn default_chain_id(name: &str) -> u64 {
    // FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    4_700_000_000 + hash % 100_000_000
}

/// Renders the template `name` with `values`, sorted by path.
///
/// # Errors
/// [`TemplateError`] for an unknown template, or a value that is unknown, missing or not valid.
pub fn render(
    name: &str,
    values: &BTreeMap<String, String>,
) -> Result<Vec<RenderedFile>, TemplateError> {
    let template = Template::find(name)?;
    let context = context(&template, values)?;
    let broken = |reason: String| TemplateError::Broken { template: name.to_owned(), reason };
    let mut files = BTreeMap::new();
    for layer in [BASE, name] {
        for (_, path, text) in
            FILES.iter().filter(|(of, path, _)| *of == layer && *path != MANIFEST)
        {
            let (path, text) = match path.strip_suffix(RENDERED) {
                Some(path) => {
                    let text = Tera::one_off(text, &context, false);
                    (path, text.map_err(|error| broken(format!("{path}: {error:?}")))?)
                }
                None => (*path, (*text).to_owned()),
            };
            let path = target(path).ok_or_else(|| broken(format!("{path}: not a safe path")))?;
            files.insert(path, text);
        }
    }
    Ok(files.into_iter().map(|(path, text)| RenderedFile { path, text }).collect())
}

fn context(
    template: &Template,
    given: &BTreeMap<String, String>,
) -> Result<Context, TemplateError> {
    if let Some(name) = given.keys().find(|name| !template.values.contains_key(*name)) {
        return Err(TemplateError::UnknownValue {
            template: template.name.clone(),
            name: name.clone(),
            known: template.values.keys().cloned().collect(),
        });
    }
    let mut context = Context::new();
    context.insert("summary", &template.summary);
    for (name, spec) in &template.values {
        let made = || match name.as_str() {
            "chain_id" => given.get("name").map(|name| default_chain_id(name).to_string()),
            _ => None,
        };
        let value = given.get(name).cloned().or_else(|| spec.default.clone()).or_else(made);
        let Some(value) = value else {
            let (template, name) = (template.name.clone(), name.clone());
            return Err(TemplateError::MissingValue { template, name });
        };
        if !spec.kind.accepts(&value) {
            let (name, expected) = (name.clone(), spec.kind.expected());
            return Err(TemplateError::BadValue { name, value, expected });
        }
        context.insert(name, &value);
    }
    Ok(context)
}

/// Where a template's file goes: a relative path of plain names, `_name` standing for `.name`.
pub(crate) fn target(path: &str) -> Option<PathBuf> {
    let mut target = PathBuf::new();
    for component in Path::new(path).components() {
        let Component::Normal(name) = component else { return None };
        let name = name.to_str()?;
        match name.strip_prefix('_') {
            Some(rest) if !rest.is_empty() => target.push(format!(".{rest}")),
            _ => target.push(name),
        }
    }
    (target.file_name().is_some() && !path.contains(['\0', '\\'])).then_some(target)
}
