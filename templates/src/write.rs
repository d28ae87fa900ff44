//! The one place that writes.

use crate::{RenderedFile, TemplateError};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Writes a new project to the folder `target`, which must not be there or be empty. No file is
/// ever replaced.
///
/// # Errors
/// [`TemplateError::NotEmpty`], or [`TemplateError::NotWritable`].
pub fn write(files: &[RenderedFile], target: &Path) -> Result<(), TemplateError> {
    let fail = |path: &Path, source| TemplateError::NotWritable { path: path.to_owned(), source };
    match fs::read_dir(target) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(TemplateError::NotEmpty { path: target.to_owned() });
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(target).map_err(|error| fail(target, error))?;
        }
        Err(error) => return Err(fail(target, error)),
    }
    for file in files {
        let path = target.join(&file.path);
        let write = || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut opened = OpenOptions::new().write(true).create_new(true).open(&path)?;
            opened.write_all(file.text.as_bytes())
        };
        write().map_err(|error| fail(&path, error))?;
    }
    Ok(())
}
