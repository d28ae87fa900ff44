//! Lists the template files, so that the renderer carries them in itself.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The folders that are templates.
const TEMPLATES: [&str; 3] = ["base", "blank", "wearable"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut list = String::from("&[\n");
    for template in TEMPLATES {
        println!("cargo::rerun-if-changed={template}");
        let mut files = Vec::new();
        walk(&root.join(template), &mut files)?;
        files.sort();
        for file in files {
            let path = file.strip_prefix(root.join(template))?.to_str().ok_or("not UTF-8")?;
            let source = file.to_str().ok_or("not UTF-8")?;
            writeln!(list, "    ({template:?}, {path:?}, include_str!({source:?})),")?;
        }
    }
    list.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("files.rs"), list)?;
    Ok(())
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
