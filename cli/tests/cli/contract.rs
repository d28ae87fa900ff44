//! What every command keeps: the envelope, the exit codes, the prompts, the precedence.

use crate::support::Sandbox;
use serde_json::json;
use std::fs;

#[test]
fn a_usage_error_is_on_stderr_with_code_2() {
    let sandbox = Sandbox::empty();
    let ran = sandbox.run(&["upp"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.starts_with("error: unrecognized subcommand 'upp'"), "{ran:?}");
    let ran = sandbox.run(&["upp", "--json"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        ran.stdout,
        "{\"schema_version\":1,\"ok\":false,\"error\":{\"code\":\"USAGE\",\"message\":\
         \"unrecognized subcommand 'upp'\",\"hint\":\"see `gm --help`\"}}\n"
    );
    assert_eq!(ran.stderr, "");
}

#[test]
fn help_and_version_are_results() {
    let sandbox = Sandbox::empty();
    let ran = sandbox.run(&["--version"]);
    assert_eq!(ran.stdout, concat!("gm ", env!("CARGO_PKG_VERSION"), "\n"));
    let ran = sandbox.run(&["up", "--help"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.stdout.contains("--detach"));
}

#[test]
fn every_command_has_a_json_form() {
    let sandbox = Sandbox::new("");
    for args in [
        &["schema"][..],
        &["completions", "bash"],
        &["man"],
        &["doctor"],
        &["status"],
        &["down"],
        &["down", "--all"],
        &["up", "--plan"],
        &["new", "other"],
    ] {
        let ran = sandbox.run(&[args, &["--json"]].concat());
        assert!(ran.data().is_object(), "{args:?}");
        assert_eq!(ran.stdout.lines().count(), 1, "{args:?}");
    }
    let ran = sandbox.run(&["logs", "--json"]);
    assert_eq!(ran.json()["error"]["code"], "NO_LOG");
    assert_eq!(ran.code, Some(1));
}

#[test]
fn a_question_without_a_terminal_names_its_flag() {
    let sandbox = Sandbox::empty();
    let ran = sandbox.run(&["new"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), ""));
    assert_eq!(
        ran.stderr,
        "error[PROMPT_REQUIRED]: Name of the project: there is no terminal to ask on\n  \
         next: answer it on the command line: gm new NAME\n"
    );
}

#[test]
fn a_new_project_is_planned_as_it_is_written() {
    let sandbox = Sandbox::empty();
    let ran = sandbox.run(&["new", "ring", "--template", "wearable", "--set", "chain_id=4242"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(
        ran.stdout,
        "made ring in ring\n  .github/workflows/ci.yml\n  .gitignore\n  README.md\n  \
         contracts/src/StepRewards.sol\n  contracts/test/StepRewards.t.sol\n  foundry.toml\n  \
         gm.yaml\n\nnext:\n  cd ring\n  gm up\n"
    );
    let ran = sandbox.run(&["up", "ring", "--plan"]);
    let expected = "\
network   ring
engine    embedded: all chains in one process
state     [ROOT]/wear/ring/.gm
clock     interval
accounts  10 with 10000 ether on each chain (well-known development keys)
windows   proof 2s, game 2s, clock 4s

tier  chain                        chain id  block    port
l1    l1                                900     2s    8545
l2    gm-network                       2777     1s    9545
l3    ring                             4242     1s   10545
";
    assert_eq!(ran.stdout, expected);
    assert!(!sandbox.project().join("ring/.gm").exists());
    let again = sandbox.run(&["new", "ring"]);
    assert_eq!(again.code, Some(1));
    assert_eq!(
        again.stderr,
        "error[TARGET_NOT_EMPTY]: ring is there already and not empty\n  next: choose another \
         name, or another folder with --dir\n"
    );
}

#[test]
fn bad_values_of_a_template_are_refused() {
    let sandbox = Sandbox::empty();
    for (args, code) in [
        (&["new", "../up"][..], "TEMPLATE_VALUE"),
        (&["new", "ring", "--set", "colour=red"], "TEMPLATE_VALUE"),
        (&["new", "ring", "--set", "chain_id=-1"], "TEMPLATE_VALUE"),
        (&["new", "ring", "--template", "car"], "TEMPLATE_UNKNOWN"),
        (&["new", "ring", "--set", "chain_id"], "USAGE"),
    ] {
        let ran = sandbox.run(&[args, &["--json"]].concat());
        assert_eq!(ran.json()["error"]["code"], code, "{args:?}");
    }
    assert!(sandbox.files().is_empty());
}

/// The source that `gm doctor` gives for a setting.
fn source(sandbox: &Sandbox, name: &str, env: &[(&str, &str)]) -> (String, String) {
    let mut command = sandbox.gm(&["doctor", "--json"]);
    let output = command.envs(env.iter().copied()).output().unwrap();
    let data = sandbox.ran(output).data();
    let settings = data["settings"].as_array().unwrap();
    let setting = settings.iter().find(|setting| setting["name"] == name).unwrap();
    let text = |key: &str| setting[key].as_str().unwrap().to_owned();
    (text("value"), text("source"))
}

#[test]
fn settings_come_in_the_documented_order() {
    let sandbox = Sandbox::new("");
    let pair = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    assert_eq!(source(&sandbox, "clock", &[]), pair("interval", "default"));
    let user = sandbox.home().join(".config/gm");
    fs::create_dir_all(&user).unwrap();
    fs::write(user.join("config.yaml"), "clock: instant\n").unwrap();
    assert_eq!(source(&sandbox, "clock", &[]), pair("instant", "user file"));
    let file = sandbox.project().join("gm.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}clock: interval\n")).unwrap();
    assert_eq!(source(&sandbox, "clock", &[]), pair("interval", "project file"));
    let env = [("GM_CLOCK", "instant")];
    assert_eq!(source(&sandbox, "clock", &env), pair("instant", "environment GM_CLOCK"));
    let plan = |args: &[&str]| {
        let output = sandbox.gm(&[&["up", "--plan", "--json"], args].concat());
        let mut output = output;
        sandbox.ran(output.envs(env).output().unwrap()).data()["clock"].clone()
    };
    assert_eq!(plan(&[]), "instant");
    assert_eq!(plan(&["--clock", "interval"]), "interval");
}

#[test]
fn a_bad_setting_names_its_place() {
    let sandbox = Sandbox::new("");
    let output = sandbox.gm(&["up", "--plan"]).env("GM_TTL", "5").output().unwrap();
    let ran = sandbox.ran(output);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.starts_with("error[USAGE]: GM_TTL: \"5\" has no unit\n"), "{ran:?}");
    let user = sandbox.home().join(".config/gm");
    fs::create_dir_all(&user).unwrap();
    fs::write(user.join("config.yaml"), "color: always\nclok: instant\n").unwrap();
    let ran = sandbox.run(&["status"]);
    assert_eq!(
        ran.stderr,
        "error[CONFIG_UNKNOWN_KEY]: [ROOT]/home/.config/gm/config.yaml:2:1: unknown key \"clok\"\n  \
         next: did you mean \"clock\"? Known keys here: color, log, clock, ttl\n"
    );
}

#[test]
fn keys_are_printed_nowhere_but_for_the_known_accounts() {
    let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    let sandbox = Sandbox::new(&format!("accounts: {{ mnemonic: \"{phrase}\" }}\n"));
    for args in [&["up", "--plan"][..], &["up", "--plan", "--json"], &["doctor"]] {
        let ran = sandbox.run(args);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(!format!("{ran:?}").contains("sausage"), "{args:?}");
    }
    let ran = sandbox.run(&["up", "--plan", "--json"]);
    assert_eq!(
        ran.data()["accounts"],
        json!({
            "count": 10, "balance": "10000 ether", "well_known": false
        })
    );
}
