//! Project templates and the pure renderer: a template and values in, files out.
//!
//! A template is a folder: `template.yaml` says what it is and which values it takes, every other
//! file goes into the project, over a file of the same path in `base`. A file that ends in `.tera`
//! is rendered, any other is copied; a leading `_` of a name stands for a dot.

mod error;
mod manifest;
mod render;
#[cfg(test)]
mod tests;
mod write;

pub use error::TemplateError;
pub use manifest::{Kind, Template, ValueSpec};
pub use render::{RenderedFile, default_chain_id, render};
pub use write::write;

/// Every template file: template, path in it, text.
const FILES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The template that every other builds on.
const BASE: &str = "base";

/// The file that describes a template.
const MANIFEST: &str = "template.yaml";
