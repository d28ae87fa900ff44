//! Every bad input: a clear error that names the value and the next step, and nothing damaged.

use crate::support::{Ran, Sandbox, signal};
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    thread,
};

/// Runs `gm up`, which must fail, print `stderr`, and change no file of the project.
#[track_caller]
fn refused(sandbox: &Sandbox, args: &[&str], stderr: &str) -> Ran {
    let before = sandbox.files();
    let ran = sandbox.run(&[&["up"], args].concat());
    assert_eq!(ran.stderr, stderr);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    let kept = |files: Vec<(std::path::PathBuf, Vec<u8>)>| {
        // The lock and the log are not state: one names the last process, the other grows.
        let ours = |path: &std::path::Path| path.ends_with("lock") || path.ends_with("gm.log");
        files.into_iter().filter(|(path, _)| !ours(path)).collect::<Vec<_>>()
    };
    assert_eq!(kept(sandbox.files()), kept(before));
    assert_eq!(sandbox.registered(), 0);
    ran
}

#[test]
fn no_project() {
    refused(
        &Sandbox::empty(),
        &[],
        "error[CONFIG_NOT_FOUND]: gm.yaml: no project file here\n  next: run `gm new` to make a \
         project, or name the folder of one\n",
    );
}

#[test]
fn unknown_key() {
    refused(
        &Sandbox::new("clok: instant\n"),
        &[],
        "error[CONFIG_UNKNOWN_KEY]: gm.yaml:6:1: unknown key \"clok\"\n  next: did you mean \
         \"clock\"? Known keys here: version, name, chain, network, parent, clock, accounts, \
         windows, batcher, ports, modules\n",
    );
}

#[test]
fn wrong_unit() {
    refused(
        &Sandbox::new("windows: { max_clock: 4 }\n"),
        &[],
        "error[CONFIG_WRONG_UNIT]: gm.yaml:6:23: windows.max_clock: \"4\" has no unit\n  next: \
         did you mean \"4s\"? A duration names its unit: s, m, h or d\n",
    );
}

#[test]
fn duplicate_chain_id() {
    refused(
        &Sandbox::new("network: { l2: { chain_id: 202402181627 } }\n"),
        &[],
        "error[CONFIG_DUPLICATE_CHAIN_ID]: gm.yaml:4:13: chain.chain_id: 202402181627 is also the \
         chain id of the Layer 2\n  next: give every tier a chain id of its own\n",
    );
}

#[test]
fn a_module_that_is_not_built() {
    refused(
        &Sandbox::new("modules: { token: {} }\n"),
        &[],
        "error[CONFIG_UNKNOWN_MODULE]: gm.yaml:6:19: modules: no module \"token\" in this build\n  \
         next: this build has no modules yet: remove it and leave `modules: {}`\n",
    );
}

#[test]
fn taken_port() {
    let sandbox = Sandbox::new("");
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    for detach in [&[][..], &["--detach"]] {
        let port_arg = port.to_string();
        let args = [&["--port", &port_arg], detach].concat();
        let name = fs::read_to_string("/proc/self/comm").unwrap();
        refused(
            &sandbox,
            &args,
            &format!(
                "error[PORT_IN_USE]: port {port} (l1) is in use by {} (pid [PID])\n  next: stop \
                 that process, set another port in gm.yaml, or use --port 0 for free ports\n",
                name.trim()
            ),
        );
    }
}

#[test]
fn unwritable_folder() {
    let sandbox = Sandbox::new("");
    // A file where the folder should be stops the superuser too.
    fs::write(sandbox.project().join(".gm"), "").unwrap();
    refused(
        &sandbox,
        &[],
        "error[STATE_NOT_WRITABLE]: [ROOT]/wear/.gm: cannot be written: not a directory\n  next: \
         check the owner and the permissions, or use --ephemeral to keep no state\n",
    );
}

/// A state as a network leaves it.
fn with_state() -> Sandbox {
    let sandbox = Sandbox::new("");
    let up = sandbox.up(&[]);
    up.signal("INT");
    assert_eq!(up.ends(), Some(0));
    sandbox
}

#[test]
fn half_written_state() {
    let sandbox = with_state();
    let file = sandbox.project().join(".gm/state.json");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let ran = sandbox.run(&["up"]);
    assert!(
        ran.stderr.starts_with(
            "error[STATE_INCOMPLETE]: [ROOT]/wear/.gm: the state is half-written: state.json is \
             damaged: "
        ),
        "{ran:?}"
    );
    fs::remove_file(&file).unwrap();
    refused(
        &sandbox,
        &[],
        "error[STATE_INCOMPLETE]: [ROOT]/wear/.gm: the state is half-written: there are chains \
         but no state.json\n  next: restore the folder from a copy, or remove it with `gm down \
         --purge` and start anew\n",
    );
    fs::write(&file, whole).unwrap();
    let up = sandbox.up(&[]);
    up.signal("TERM");
    assert_eq!(up.ends(), Some(0));
}

#[test]
fn state_of_another_version() {
    let sandbox = with_state();
    let file = sandbox.project().join(".gm/state.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"version\": 1", "\"version\": 9")).unwrap();
    refused(
        &sandbox,
        &[],
        "error[STATE_VERSION]: [ROOT]/wear/.gm: the state has version 9, this build reads version \
         1\n  next: use the gm that wrote it, or remove it with `gm down --purge` and start anew\n",
    );
}

#[test]
fn state_of_another_chain() {
    let sandbox = with_state();
    let file = sandbox.project().join("gm.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("202402181627", "7")).unwrap();
    let ran = sandbox.run(&["up", "--json"]);
    let error = ran.json()["error"].clone();
    assert_eq!(error["code"], "STATE_MISMATCH");
    fs::write(&file, text).unwrap();
    let up = sandbox.up(&[]);
    up.signal("INT");
    assert_eq!(up.ends(), Some(0));
}

#[test]
fn a_second_up() {
    let sandbox = Sandbox::new("");
    let up = sandbox.up(&[]);
    for args in [&["up"][..], &["up", "--detach"]] {
        let ran = sandbox.run(args);
        assert_eq!(
            ran.stderr,
            "error[ALREADY_RUNNING]: [ROOT]/wear/.gm is already running (pid [PID])\n  next: use \
             `gm status` to see it or `gm down` to stop it; --ephemeral --port 0 runs another copy \
             beside it\n"
        );
        assert_eq!(ran.code, Some(1));
    }
    let status = sandbox.run(&["status", "--json"]).data();
    assert_eq!(status["networks"][0]["pid"], up.child.id());
    signal(up.child.id(), "INT");
    assert_eq!(up.ends(), Some(0));
}

#[test]
fn known_keys_off_loopback() {
    refused(
        &Sandbox::new("parent: { rpc: \"https://rpc.example.org/key\", chain_id: 10 }\n"),
        &[],
        "error[DEV_KEYS_REFUSED]: the well-known development keys are refused for the parent at \
         rpc.example.org\n  next: set accounts.mnemonic to a phrase of your own, or use a parent \
         on loopback\n",
    );
}

#[test]
fn unreachable_parent() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    refused(
        &Sandbox::new(&format!("parent: {{ rpc: \"http://127.0.0.1:{port}/k\", chain_id: 10 }}\n")),
        &["--ephemeral"],
        &format!(
            "error[PARENT_UNREACHABLE]: the parent at http://127.0.0.1:{port} does not answer: \
             Connection refused (os error 111)\n  next: check parent.rpc in gm.yaml and the \
             network\n"
        ),
    );
}

#[test]
fn parent_of_another_chain() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        let body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0xad9\"}";
        let length = body.len();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
        write!(stream, "{head}content-length: {length}\r\n\r\n{body}").unwrap();
    });
    refused(
        &Sandbox::new(&format!("parent: {{ rpc: \"http://127.0.0.1:{port}/k\", chain_id: 10 }}\n")),
        &["--ephemeral"],
        &format!(
            "error[PARENT_WRONG_CHAIN]: the parent at http://127.0.0.1:{port} is chain 2777, \
             gm.yaml says 10\n  next: correct parent.rpc or parent.chain_id in gm.yaml\n"
        ),
    );
}
