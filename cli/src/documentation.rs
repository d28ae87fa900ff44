//! The documentation is held to the program: every `gm` command in it is one, every link in it leads
//! somewhere.

use crate::args::Cli;
use clap::Parser;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every page: the files of the root, the book, the examples.
fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut paths = Vec::new();
    for name in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "BENCHMARKS.md"] {
        paths.push(root.join(name));
    }
    walk(&root.join("docs/src"), &mut paths);
    walk(&root.join("examples"), &mut paths);
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
}

/// The lines of a page's shell examples.
fn shell_lines(page: &str) -> Vec<&str> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside {
            lines.push(line);
        }
    }
    lines
}

#[test]
fn every_command_of_the_documentation_is_one() {
    let mut seen = 0;
    for (path, page) in pages() {
        for line in shell_lines(&page) {
            let command = line.split(" #").next().unwrap().split(['>', '|']).next().unwrap();
            let command = command.trim().replace("cargo run --release --", "gm");
            if !command.starts_with("gm ") {
                continue;
            }
            seen += 1;
            let parsed = Cli::try_parse_from(command.split_whitespace());
            assert!(parsed.is_ok(), "{}: {line}", path.display());
        }
    }
    assert!(seen >= 14, "only {seen} commands were found");
}

#[test]
fn every_link_of_the_documentation_leads_somewhere() {
    for (path, page) in pages() {
        for link in page.split("](").skip(1) {
            let link = link.split([')', '#']).next().unwrap();
            if link.is_empty() || link.contains("://") {
                continue;
            }
            let target = path.parent().unwrap().join(link);
            assert!(target.exists(), "{}: {link}", path.display());
        }
    }
}
