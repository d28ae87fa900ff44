//! Networks that come and go: every way to end leaves the same clean state.

use crate::support::{Sandbox, is_open, signal, wait_until};
use serde_json::Value;
use std::{fs, os::unix::fs::PermissionsExt, process::Stdio};

#[test]
fn the_ready_envelope_names_every_endpoint() {
    let sandbox = Sandbox::new("");
    let up = sandbox.up(&[]);
    assert_eq!(up.data["network"], "wear");
    let chains = up.data["chains"].as_array().unwrap();
    let tiers: Vec<_> = chains
        .iter()
        .map(|c| (c["role"].as_str().unwrap(), c["chain_id"].as_u64().unwrap()))
        .collect();
    assert_eq!(tiers, [("l1", 900), ("l2", 2777), ("l3", 202_402_181_627)]);
    for chain in chains {
        assert!(chain["http"].as_str().unwrap().starts_with("http://127.0.0.1:"));
        assert!(chain["ws"].as_str().unwrap().starts_with("ws://127.0.0.1:"));
    }
    assert_eq!(up.data["accounts"].as_array().unwrap().len(), 10);
    assert!(up.data["accounts"][0]["private_key"].is_string());
    assert!(up.data["contracts"]["l3"].as_object().unwrap().len() > 3);
    let written = fs::read(sandbox.project().join(".gm/network.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), up.data);
    let env = fs::read_to_string(sandbox.project().join(".gm/.env")).unwrap();
    assert!(env.contains("GM_L3_CHAIN_ID=202402181627\n"));
    for name in ["", "network.json", ".env", "lock", "logs/gm.log"] {
        let path = sandbox.project().join(".gm").join(name);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
    // Ready means past genesis, on every tier.
    let status = sandbox.run(&["status", "--json"]).data();
    for chain in status["networks"][0]["chains"].as_array().unwrap() {
        assert!(chain["latest"]["number"].as_u64().unwrap() >= 1, "{chain}");
    }
}

#[test]
fn every_signal_and_down_end_in_the_same_clean_state() {
    let sandbox = Sandbox::new("");
    for end in ["INT", "TERM", "HUP", "down"] {
        let up = sandbox.up(&[]);
        let port = up.port();
        assert!(is_open(port) && sandbox.registered() == 1, "{end}");
        if end == "down" {
            let child = up.child.id();
            let waiter = std::thread::spawn(move || up.ends());
            let ran = sandbox.run(&["down"]);
            assert_eq!(ran.stdout, "stopped wear (pid [PID])\n", "{child}");
            assert_eq!(waiter.join().unwrap(), Some(0));
        } else {
            up.signal(end);
            assert_eq!(up.ends(), Some(0), "{end}");
        }
        assert!(!is_open(port) && sandbox.registered() == 0, "{end}");
        assert!(!sandbox.project().join(".gm/network.json").exists(), "{end}");
    }
}

#[test]
fn a_signal_during_the_start_leaves_nothing_running() {
    let sandbox = Sandbox::new("");
    for delay in [0, 5, 10, 20, 40, 80, 160] {
        let mut command = sandbox.gm(&["up"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(delay));
        signal(child.id(), "INT");
        let status = child.wait().unwrap();
        // Before its handler is there, a signal ends the process by itself: no exit code then.
        assert!(matches!(status.code(), None | Some(0 | 1)), "{delay} ms: {status}");
        assert_eq!(sandbox.run(&["status", "--json"]).data()["networks"], serde_json::json!([]));
    }
    let up = sandbox.up(&[]);
    up.signal("INT");
    assert_eq!(up.ends(), Some(0));
}

#[test]
fn an_ephemeral_network_leaves_no_file() {
    let sandbox = Sandbox::new("");
    let before = sandbox.files();
    for detach in [false, true] {
        if detach {
            let data = sandbox.run(&["up", "--detach", "--ephemeral", "--json"]).data();
            assert_eq!(data["network"], "wear");
            assert_eq!(sandbox.registered(), 2);
            assert_eq!(sandbox.run(&["logs", "-n", "1", "--json"]).code, Some(0));
            assert_eq!(sandbox.run(&["down"]).stdout, "stopped wear (pid [PID])\n");
        } else {
            let up = sandbox.up(&["--ephemeral"]);
            assert_eq!(sandbox.files(), before);
            up.signal("INT");
            assert_eq!(up.ends(), Some(0));
        }
        assert_eq!(sandbox.files(), before);
        assert_eq!(sandbox.registered(), 0);
    }
}

#[test]
fn copies_run_side_by_side() {
    let sandbox = Sandbox::new("");
    let ups: Vec<_> = (0..3).map(|_| sandbox.up(&["--ephemeral", "--port", "0"])).collect();
    let status = sandbox.run(&["status", "--json"]).data();
    assert_eq!(status["networks"].as_array().unwrap().len(), 3);
    let waiters: Vec<_> = ups.into_iter().map(|up| std::thread::spawn(move || up.ends())).collect();
    let ran = sandbox.run(&["down", "--json"]).data();
    assert_eq!(ran["stopped"].as_array().unwrap().len(), 3);
    assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap() == Some(0)));
}

#[test]
fn a_time_to_live_ends_it() {
    let sandbox = Sandbox::new("");
    let up = sandbox.up(&["--ttl", "2s"]);
    assert_eq!(up.ends(), Some(0));
    assert_eq!(sandbox.registered(), 0);
}

#[test]
fn a_detached_network_outlives_its_caller_and_keeps_its_state() {
    let sandbox = Sandbox::new("");
    let first = sandbox.run(&["up", "--detach"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(first.stdout.starts_with("wear is ready\n"));
    let height = || {
        let status = sandbox.run(&["status", "--json"]).data();
        status["networks"][0]["chains"][2]["latest"]["number"].as_u64().unwrap()
    };
    wait_until("block 3", || height() >= 3);
    assert!(sandbox.project().join(".gm/logs/gm.log").exists());
    assert_eq!(sandbox.run(&["down"]).code, Some(0));
    assert_eq!(sandbox.run(&["up", "--detach"]).code, Some(0));
    assert!(height() >= 3);
    let purge = sandbox.run(&["down", "--purge"]);
    assert_eq!(purge.code, Some(3), "{purge:?}");
    let purge = sandbox.run(&["down", "--purge", "--yes"]);
    assert_eq!(purge.stdout, "stopped wear (pid [PID])\nremoved [ROOT]/wear/.gm\n");
    assert_eq!(sandbox.files().len(), 1);
}

#[test]
fn what_a_killed_network_left_is_reaped() {
    let sandbox = Sandbox::new("");
    let up = sandbox.up(&[]);
    signal(up.child.id(), "KILL");
    assert_eq!(up.ends(), None);
    assert_eq!(sandbox.registered(), 1);
    // A file that is not ours, and an entry whose process id now belongs to another process.
    let running = sandbox.home().join(".local/state/gm/running");
    fs::write(running.join("notes.json"), "{\"mine\":true}").unwrap();
    let mut other = std::process::Command::new("sleep").arg("100").spawn().unwrap();
    let forged = format!(
        "{{\"process\":{{\"pid\":{pid},\"start\":1,\"boot\":\"x\"}},\"network\":\"old\",\
         \"project_dir\":\"/none\",\"state_dir\":null,\"log\":null,\"manifest\":null}}",
        pid = other.id()
    );
    fs::write(running.join(format!("{}-1.json", other.id())), forged).unwrap();
    let ran = sandbox.run(&["down", "--all"]);
    assert_eq!(ran.stdout, "nothing was running\n");
    assert_eq!(sandbox.registered(), 1);
    assert!(running.join("notes.json").exists());
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
    let up = sandbox.up(&[]);
    up.signal("INT");
    assert_eq!(up.ends(), Some(0));
}

#[test]
fn the_end_of_the_caller_ends_a_foreground_network() {
    let sandbox = Sandbox::new("");
    let gm = sandbox.gm(&[]);
    let program = gm.get_program().to_str().unwrap().to_owned();
    let mut shell = std::process::Command::new("sh");
    shell.current_dir(sandbox.project()).env("HOME", sandbox.home()).env_remove("XDG_RUNTIME_DIR");
    // The shell stays the parent, as there is a command after it.
    let mut shell =
        shell.args(["-c", &format!("{program} up >/dev/null 2>&1; true")]).spawn().unwrap();
    wait_until("it runs", || sandbox.registered() == 1);
    wait_until("it is ready", || sandbox.project().join(".gm/network.json").exists());
    shell.kill().unwrap();
    shell.wait().unwrap();
    wait_until("it has stopped", || sandbox.registered() == 0);
}
