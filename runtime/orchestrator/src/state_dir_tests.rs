use super::*;
use tempfile::TempDir;

fn record(name: &str) -> ChainRecord {
    ChainRecord {
        name: name.to_owned(),
        role: Role::L3,
        chain_id: 202_402_181_627,
        genesis_hash: B256::repeat_byte(1),
    }
}

/// A whole state folder of one chain, not held by anyone.
fn whole() -> (TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join(".gm");
    let mut state = StateDir::open(&root).unwrap();
    state.chain_dir(Role::L3).unwrap();
    state.complete(1_700_000_000, vec![record("wear")]).unwrap();
    (temp, root)
}

/// Every file under `root` with its bytes.
fn contents(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(root).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else if entry.file_name() != LOCK {
            all.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    all.sort();
    all
}

/// Opens the folder, which must fail and leave it as it was.
#[track_caller]
fn refused(root: &Path) -> StateError {
    let before = contents(root);
    let error = StateDir::open(root).unwrap_err();
    assert_eq!(contents(root), before);
    error
}

#[test]
fn a_new_folder_is_private_and_a_whole_one_opens_again() {
    let (_temp, root) = whole();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join(STATE)), 0o600);
    let state = StateDir::open(&root).unwrap();
    assert_eq!(state.record().unwrap().genesis_time, 1_700_000_000);
    state.check(&[record("wear")]).unwrap();
    let secret = state.secret("jwt").unwrap();
    assert_eq!(state.secret("jwt").unwrap(), secret);
    assert_eq!(mode(&root.join("jwt.secret")), 0o600);
}

#[test]
fn a_folder_open_to_others_is_closed() {
    let (_temp, root) = whole();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
    let _state = StateDir::open(&root).unwrap();
    assert_eq!(fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_second_holder_is_refused_with_the_first_ones_pid() {
    let (_temp, root) = whole();
    assert_eq!(running(&root), None);
    let held = StateDir::open(&root).unwrap();
    let error = refused(&root);
    assert_eq!(error.code(), "ALREADY_RUNNING");
    assert!(error.to_string().ends_with(&format!("(pid {})", std::process::id())), "{error}");
    assert_eq!(running(&root), Some(ProcessId::current()));
    assert!(matches!(purge(&root), Err(StateError::Running { .. })));
    drop(held);
    assert_eq!(running(&root), None);
}

#[test]
fn a_half_written_state_is_refused() {
    let (_temp, root) = whole();
    let good = fs::read(root.join(STATE)).unwrap();
    for cut in [0, 1, good.len() / 2, good.len() - 2] {
        fs::write(root.join(STATE), &good[..cut]).unwrap();
        assert_eq!(refused(&root).code(), "STATE_INCOMPLETE");
    }
    fs::remove_file(root.join(STATE)).unwrap();
    assert_eq!(refused(&root).code(), "STATE_INCOMPLETE");
    fs::write(root.join(STATE), &good).unwrap();
    fs::remove_dir(root.join(CHAINS).join("l3")).unwrap();
    let error = refused(&root);
    assert!(error.to_string().ends_with("the folder chains/l3 is gone"), "{error}");
}

#[test]
fn a_state_of_another_version_is_refused() {
    let (_temp, root) = whole();
    fs::write(root.join(STATE), "{\"version\":2,\"form\":\"other\"}").unwrap();
    let error = refused(&root);
    assert_eq!(error.code(), "STATE_VERSION");
    assert!(error.to_string().ends_with("the state has version 2, this build reads version 1"));
}

#[test]
fn a_state_of_another_chain_is_refused() {
    let (_temp, root) = whole();
    let state = StateDir::open(&root).unwrap();
    let other = ChainRecord { chain_id: 7, ..record("wear") };
    let error = state.check(&[other]).unwrap_err();
    assert_eq!(error.code(), "STATE_MISMATCH");
    assert!(error.to_string().ends_with("l3 has chain id 202402181627, in gm.yaml 7"), "{error}");
    assert!(state.check(&[record("other")]).is_err());
    assert!(state.check(&[]).is_err());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let temp = tempfile::tempdir().unwrap();
    // A file in the way stops the superuser too.
    fs::write(temp.path().join("file"), "").unwrap();
    let error = StateDir::open(&temp.path().join("file").join(".gm")).unwrap_err();
    assert_eq!(error.code(), "STATE_NOT_WRITABLE");
    let error = StateDir::open(&temp.path().join("file")).unwrap_err();
    assert_eq!(error.code(), "STATE_NOT_WRITABLE");
}

#[test]
fn purging_removes_only_a_state_folder() {
    let (temp, root) = whole();
    fs::write(temp.path().join("mine"), "").unwrap();
    assert!(!purge(temp.path()).unwrap());
    assert!(purge(&root).unwrap());
    assert!(!root.exists() && temp.path().join("mine").exists());
    assert!(!purge(&root).unwrap());
}

#[test]
fn a_start_that_was_not_completed_leaves_no_chain() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join(".gm");
    let state = StateDir::open(&root).unwrap();
    fs::write(state.chain_dir(Role::L1).unwrap().join("store"), "x").unwrap();
    drop(state);
    assert!(StateDir::open(&root).unwrap().record().is_none());
}
