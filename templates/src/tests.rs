use crate::{Template, TemplateError, default_chain_id, render, render::target, write};
use std::{collections::BTreeMap, fs, path::Path};

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn every_template_renders_a_project() {
    assert_eq!(Template::names(), ["blank", "wearable"]);
    for name in Template::names() {
        let files = render(&name, &values(&[("name", "wear")])).unwrap();
        for expected in ["gm.yaml", "README.md", ".gitignore", ".github/workflows/ci.yml"] {
            assert!(
                files.iter().any(|file| file.path == Path::new(expected)),
                "{name}: {expected}"
            );
        }
        assert!(files.iter().all(|file| !file.text.contains("{{")), "{name}");
        let config = &files.iter().find(|file| file.path == Path::new("gm.yaml")).unwrap().text;
        let project = gm_chain::config::Project::parse(config.as_bytes(), "gm.yaml").unwrap();
        assert_eq!(project.name, "wear");
        assert_eq!(project.chain.chain_id, default_chain_id("wear"));
    }
}

/// The example is the rendered template. After a change, run this with `GM_UPDATE=1`.
#[test]
fn the_wearable_example_is_the_rendered_template() {
    let files = render("wearable", &values(&[("name", "wearable")])).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/wearable");
    if std::env::var_os("GM_UPDATE").is_some() {
        let _ = fs::remove_dir_all(&example);
        write(&files, &example).unwrap();
    }
    for file in &files {
        let committed = fs::read_to_string(example.join(&file.path)).unwrap_or_default();
        assert_eq!(committed, file.text, "{}", file.path.display());
    }
}

#[test]
fn bad_values_are_refused() {
    let bad = |pairs: &[(&str, &str)]| render("wearable", &values(pairs)).unwrap_err();
    assert!(matches!(bad(&[]), TemplateError::MissingValue { .. }));
    assert!(matches!(bad(&[("name", "a"), ("zzz", "1")]), TemplateError::UnknownValue { .. }));
    for name in ["", "../up", "a\nb: c", "A", "a b", "-a", "a-"] {
        assert!(matches!(bad(&[("name", name)]), TemplateError::BadValue { .. }), "{name:?}");
    }
    for number in ["", "0", "01", "-1", "1; drop", "9007199254740992"] {
        let error = bad(&[("name", "a"), ("daily_cap", number)]);
        assert!(matches!(error, TemplateError::BadValue { .. }), "{number:?}");
    }
    assert!(matches!(render("car", &values(&[])), Err(TemplateError::Unknown { .. })));
}

#[test]
fn no_path_leaves_the_project() {
    for path in ["../x", "a/../../x", "/x", "", "a/..", "a\0b", "..\\x"] {
        assert_eq!(target(path), None, "{path:?}");
    }
    assert_eq!(target("_github/x").as_deref(), Some(Path::new(".github/x")));
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let temp = tempfile::tempdir().unwrap();
    let files = render("blank", &values(&[("name", "wear")])).unwrap();
    fs::write(temp.path().join("mine"), "precious").unwrap();
    assert!(matches!(write(&files, temp.path()), Err(TemplateError::NotEmpty { .. })));
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
    let inside = temp.path().join("new/project");
    write(&files, &inside).unwrap();
    assert!(inside.join(".github/workflows/ci.yml").is_file());
    assert!(matches!(
        write(&files, &temp.path().join("mine")),
        Err(TemplateError::NotWritable { .. })
    ));
}
