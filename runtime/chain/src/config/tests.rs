use super::{ConfigErrorKind as Kind, *};
use alloy_primitives::U256;
use proptest::prelude::*;

const SMALLEST: &str = "version: 1\nname: wear\nchain:\n  chain_id: 202402181627\n";

const WHOLE: &str = r#"
version: 1
name: wear
chain:
  chain_id: 202402181627
  block_time: "1s"
  gas_limit: 30_000_000
  eip1559: { denominator: 50, elasticity: 10 }
network:
  l1: { name: dev-ethereum, chain_id: 901, block_time: "4s" }
  l2: { name: gm, chain_id: 2778, block_time: "2s" }
parent: local
clock: instant
accounts:
  mnemonic: "legal winner thank year wave sausage worth useful legal winner thank yellow"
  count: 3
  balance: "1.5 ether"
windows: { proof_maturity: "1m", dispute_game_finality: "1h", max_clock: "7d" }
batcher: { max_channel_duration: 20 }
ports: { l1: 0, l2: 0, l3: 7777 }
modules: {}
"#;

fn parse(text: &str) -> Result<Project, ConfigError> {
    Project::parse(text.as_bytes(), "gm.yaml")
}

/// The error for the smallest project followed by `more`.
fn refused(more: &str) -> ConfigError {
    parse(&format!("{SMALLEST}{more}")).unwrap_err()
}

#[track_caller]
fn assert_refused(more: &str, kind: Kind, display: &str, hint: &str) {
    let error = refused(more);
    assert_eq!(error.to_string(), display);
    assert_eq!(error.kind, kind);
    assert!(error.hint.contains(hint), "hint: {}", error.hint);
}

#[test]
fn the_smallest_project_gets_the_documented_defaults() {
    let project = parse(SMALLEST).unwrap();
    assert_eq!(project.name, "wear");
    assert_eq!(project.chain.chain_id, 202_402_181_627);
    assert_eq!(project.chain.block_time, Duration::from_secs(1));
    assert_eq!(project.chain.gas_limit, 60_000_000);
    assert_eq!(project.chain.eip1559, Eip1559Config { denominator: 250, elasticity: 6 });
    assert_eq!(project.network.l1.chain_id, 900);
    assert_eq!(project.network.l1.block_time, Duration::from_secs(2));
    assert_eq!(project.network.l2.name, "gm-network");
    assert_eq!(project.network.l2.chain_id, 2777);
    assert_eq!(project.parent, ParentConfig::Local);
    assert_eq!(project.clock, Clock::Interval);
    assert!(project.accounts.is_well_known());
    assert_eq!(project.accounts.count, 10);
    assert_eq!(project.accounts.balance.to_string(), "10000 ether");
    assert_eq!(project.ports, PortsConfig { l1: 8545, l2: 9545, l3: 10545 });
}

#[test]
fn every_key_is_read() {
    let project = parse(WHOLE).unwrap();
    assert_eq!(project.chain.gas_limit, 30_000_000);
    assert_eq!(project.chain.eip1559, Eip1559Config { denominator: 50, elasticity: 10 });
    assert_eq!(project.network.l1.name, "dev-ethereum");
    assert_eq!(project.network.l2.block_time, Duration::from_secs(2));
    assert_eq!(project.clock, Clock::Instant);
    assert!(!project.accounts.is_well_known());
    assert_eq!(project.accounts.balance.wei(), U256::from(1_500_000_000_000_000_000_u64));
    assert_eq!(project.windows.max_clock, Duration::from_secs(7 * 86_400));
    assert_eq!(project.batcher.max_channel_duration, 20);
    assert_eq!(project.ports, PortsConfig { l1: 0, l2: 0, l3: 7777 });
    assert!(project.sets("clock") && project.sets("network.l1.block_time"));
    assert!(!parse(SMALLEST).unwrap().sets("clock"));
}

#[test]
fn a_users_defaults_are_read_with_the_same_care() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("config.yaml");
    assert_eq!(UserConfig::load(&path).unwrap(), UserConfig::default());
    std::fs::write(&path, "color: never\nclock: instant\nttl: 30m\nlog: debug\n").unwrap();
    let user = UserConfig::load(&path).unwrap();
    assert_eq!(user.color, Some(Color::Never));
    assert_eq!(user.clock, Some(Clock::Instant));
    assert_eq!(user.ttl, Some(Duration::from_secs(1800)));
    std::fs::write(&path, "colour: never\n").unwrap();
    let error = UserConfig::load(&path).unwrap_err();
    assert_eq!(error.kind, Kind::UnknownKey);
    assert!(error.hint.contains("did you mean \"color\"?"));
}

#[test]
fn a_remote_parent_is_an_address_and_a_chain_id() {
    let project =
        parse(&format!("{SMALLEST}parent:\n  rpc: \"https://rpc.example.org\"\n  chain_id: 10\n"))
            .unwrap();
    let rpc = "https://rpc.example.org".to_owned();
    assert_eq!(project.parent, ParentConfig::Remote { rpc, chain_id: 10 });
}

#[test]
fn an_unknown_key_is_named_with_the_one_it_resembles() {
    assert_refused(
        "  blok_time: 1s\n",
        Kind::UnknownKey,
        "gm.yaml:5:3: unknown key \"blok_time\"",
        "did you mean \"block_time\"?",
    );
    assert_refused(
        "zzz: 1\n",
        Kind::UnknownKey,
        "gm.yaml:5:1: unknown key \"zzz\"",
        "known keys here: version, name",
    );
    assert_refused(
        "parent: { rpc: \"http://x\", chain_ip: 6 }\n",
        Kind::UnknownKey,
        "gm.yaml:5:28: unknown key \"chain_ip\"",
        "did you mean \"chain_id\"?",
    );
}

#[test]
fn a_quantity_needs_a_unit_of_its_dimension() {
    assert_refused(
        "  block_time: 1\n",
        Kind::WrongUnit,
        "gm.yaml:5:15: chain.block_time: \"1\" has no unit",
        "did you mean \"1s\"?",
    );
    assert_refused(
        "  block_time: 500ms\n",
        Kind::WrongUnit,
        "gm.yaml:5:15: chain.block_time: \"500ms\" is not a whole number of seconds",
        "\"2s\"",
    );
    assert_refused(
        "windows: { max_clock: 3 gwei }\n",
        Kind::WrongUnit,
        "gm.yaml:5:23: windows.max_clock: \"3 gwei\" has the unit \"gwei\", which is not one of \
         time",
        "\"7d\"",
    );
    assert_refused(
        "accounts:\n  balance: 7 days\n",
        Kind::WrongUnit,
        "gm.yaml:6:12: accounts.balance: \"7 days\" has the unit \"days\", which is not one of \
         value",
        "\"5 gwei\"",
    );
    assert_refused(
        "accounts:\n  balance: 0.5 wei\n",
        Kind::WrongUnit,
        "gm.yaml:6:12: accounts.balance: \"0.5 wei\" is finer than one wei",
        "at most 0 decimal places",
    );
}

#[test]
fn a_value_out_of_bounds_is_refused_with_the_bounds() {
    assert_refused(
        "  gas_limit: 21000\n",
        Kind::OutOfBounds,
        "gm.yaml:5:14: chain.gas_limit: 21000 is out of bounds",
        "from 30000000 to 200000000",
    );
    assert_refused(
        "ports: { l3: 65536 }\n",
        Kind::OutOfBounds,
        "gm.yaml:5:14: ports.l3: 65536 is out of bounds",
        "from 0 to 65535",
    );
    assert_refused(
        "batcher: { max_channel_duration: 99999999999999999999 }\n",
        Kind::OutOfBounds,
        "gm.yaml:5:34: batcher.max_channel_duration: \"99999999999999999999\" does not fit 64 bits",
        "18446744073709551615",
    );
}

#[test]
fn two_tiers_with_one_chain_id_are_refused() {
    assert_refused(
        "network:\n  l2:\n    chain_id: 202402181627\n",
        Kind::DuplicateChainId,
        "gm.yaml:4:13: chain.chain_id: 202402181627 is also the chain id of the Layer 2",
        "a chain id of its own",
    );
    assert_refused(
        "network:\n  l2:\n    chain_id: 900\n",
        Kind::DuplicateChainId,
        "gm.yaml:7:15: network.l2.chain_id: 900 is also the chain id of the Layer 1",
        "a chain id of its own",
    );
    assert_refused(
        "parent: { rpc: \"http://x\", chain_id: 202402181627 }\n",
        Kind::DuplicateChainId,
        "gm.yaml:4:13: chain.chain_id: 202402181627 is also the chain id of the parent",
        "a chain id of its own",
    );
}

#[test]
fn a_child_slower_than_its_parent_is_refused() {
    assert_refused(
        "  block_time: 2s\n",
        Kind::OutOfBounds,
        "gm.yaml:5:15: chain.block_time: 2s is longer than the 1s of its parent, the Layer 2",
        "use at most 1s",
    );
    assert_refused(
        "network:\n  l1: { block_time: 1s }\n  l2: { block_time: 2s }\n",
        Kind::OutOfBounds,
        "gm.yaml:7:21: network.l2.block_time: 2s is longer than the 1s of its parent, the Layer 1",
        "use at most 1s",
    );
}

#[test]
fn a_bad_name_is_refused() {
    let error = parse("version: 1\nname: My Chain\nchain: { chain_id: 1 }\n").unwrap_err();
    assert_eq!(error.kind, Kind::InvalidValue);
    assert_eq!(error.to_string(), "gm.yaml:2:7: name: \"My Chain\" is not a valid name");
    for bad in ["../up", "1up", "a/b", "up-", "ünit", "\"\"", "a2345678901234567890123456789012x"]
    {
        let text = format!("version: 1\nname: {bad}\nchain: {{ chain_id: 1 }}\n");
        assert_eq!(parse(&text).unwrap_err().line, 2, "{bad}");
    }
}

#[test]
fn what_is_not_built_is_refused_by_name() {
    assert_refused(
        "modules:\n  token: { supply: 1 }\n",
        Kind::UnknownModule,
        "gm.yaml:6:10: modules: no module \"token\" in this build",
        "no modules yet",
    );
    let error = parse("version: 2\nname: wear\nchain: { chain_id: 1 }\n").unwrap_err();
    assert_eq!(error.kind, Kind::UnsupportedVersion);
    assert_eq!((error.line, error.column), (1, 10));
}

#[test]
fn shapes_that_are_not_a_project_are_refused() {
    let missing = parse("version: 1\n").unwrap_err();
    assert_eq!(missing.kind, Kind::MissingKey);
    assert_refused(
        "name: twice\n",
        Kind::DuplicateKey,
        "gm.yaml:5:1: \"name\" stands twice in one mapping",
        "keep one",
    );
    assert_refused(
        "parent: remote\n",
        Kind::InvalidValue,
        "gm.yaml:5:9: parent: \"remote\" is not a parent",
        "rpc and chain_id",
    );
    assert_refused(
        "clock: fast\n",
        Kind::InvalidValue,
        "gm.yaml:5:8: clock: \"fast\" is not a clock",
        "instant",
    );
    assert_refused(
        "ports: { l1: 7000, l3: 7000 }\n",
        Kind::InvalidValue,
        "gm.yaml:5:24: ports.l3: 7000 is also the port of another tier",
        "0 for any free one",
    );
    assert_refused(
        "ports: 8545\n",
        Kind::InvalidValue,
        "gm.yaml:5:8: expected a mapping (`key: value` lines)",
        "reference",
    );
    assert_eq!(parse("").unwrap_err().kind, Kind::Syntax);
    let bytes = Project::parse(b"version: 1\nname: \xff\n", "gm.yaml").unwrap_err();
    assert_eq!(bytes.to_string(), "gm.yaml:2:7: not UTF-8 text");
}

#[test]
fn an_error_repeats_no_key() {
    let phrase = "accounts:\n  mnemonic: secret words that are too few\n";
    let error = refused(phrase);
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    let error = refused("parent: { rpc: \"wss://host/secret\", chain_id: 6 }\n");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    let project = parse(WHOLE).unwrap();
    assert!(!format!("{project:?}").contains("sausage"));
}

#[test]
fn hostile_nesting_and_aliases_are_refused() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "a: &a [x]\n".to_owned() + &"b: [*a, *a, *a, *a]\n".repeat(1000),
        "x".repeat(2 << 20),
    ] {
        assert!(parse(&text).is_err());
    }
}

#[test]
fn quantities_print_as_they_are_read() {
    for text in ["1s", "90s", "5m", "36h", "7d"] {
        assert_eq!(Duration::parse(text).unwrap().to_string(), text);
    }
    for (text, printed) in
        [("7 wei", "7 wei"), ("1.5 ether", "1500000000 gwei"), ("10ether", "10 ether")]
    {
        assert_eq!(Amount::parse(text).unwrap().to_string(), printed);
    }
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/reference/gm-yaml.schema.json");
    let generated = json_schema();
    if std::env::var_os("GM_UPDATE").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == generated, "the schema is out of date: run the tests with GM_UPDATE=1");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Err(error) = Project::parse(&bytes, "gm.yaml") {
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
    }

    #[test]
    fn every_damaged_project_names_a_line_of_the_file(
        at in 0..WHOLE.len(),
        cut in 0..20_usize,
        put in "[ -~\n]{0,6}",
    ) {
        let mut text = WHOLE.to_owned();
        text.replace_range(at..(at + cut).min(WHOLE.len()), &put);
        if let Err(error) = Project::parse(text.as_bytes(), "gm.yaml") {
            let lines = text.lines().count() as u64 + 1;
            prop_assert!((1..=lines).contains(&error.line), "{error} of {lines} lines");
            prop_assert!(!error.message.is_empty() && !error.hint.is_empty());
        }
    }
}
