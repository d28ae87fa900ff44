//! From the file as written to a checked [`Project`]: defaults, bounds, and what must agree.

use super::{
    error::{ConfigError, ConfigErrorKind, ValueError},
    field::{Field, FieldValue},
    file::{ChainSection, Clock, ParentSection, PortsSection, ProjectFile, TierSection},
    project::{
        AccountsConfig, BatcherConfig, ChainConfig, Eip1559Config, NetworkConfig, ParentConfig,
        PortsConfig, Project, TierConfig, WindowsConfig,
    },
    units::{Amount, Duration},
};
use alloy_primitives::U256;
use serde_saphyr::Location;
use std::{cell::RefCell, collections::BTreeSet, fmt::Display, ops::RangeInclusive};

/// Largest chain id that every tool takes: JavaScript counts no further exactly.
const MAX_CHAIN_ID: u64 = (1 << 53) - 1;

/// Below, the deposits that a block must be able to hold do not fit; above, the pinned
/// `SystemConfig` refuses.
const GAS_LIMIT: RangeInclusive<u64> = 30_000_000..=200_000_000;

/// A channel times out 50 parent blocks after it was opened (Granite).
const CHANNEL_DURATION: RangeInclusive<u64> = 1..=40;

const BLOCK_TIME: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);
const WINDOW: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(365 * 86_400);

/// Enough for any test, and far from the sums that overflow 128 bits.
const MAX_BALANCE: Amount = Amount::from_wei(U256::from_limbs([
    1_000_000_000_000_000_000_000_000_000_000_u128 as u64,
    (1_000_000_000_000_000_000_000_000_000_000_u128 >> 64) as u64,
    0,
    0,
]));

/// Checks `file`, which was read from the path `source`.
pub(crate) fn resolve(file: &ProjectFile, source: &str) -> Result<Project, ConfigError> {
    let check = Check::new(source);
    check.version(&file.version)?;
    check.modules(file)?;
    let name = check.value("name", &file.name)?.0;
    let chain = check.chain(&file.chain)?;
    let network = check.network(file)?;
    let parent = check.parent(file)?;
    check.chain_ids_differ(file, &chain, &network, &parent)?;
    check.block_times_nest(file, &chain, &network, &parent)?;
    let windows = file.windows.as_ref();
    let window = |key, field: Option<&Field<Duration>>, default| {
        check.bounded(key, field, WINDOW, Duration::from_secs(default))
    };
    Ok(Project {
        chain,
        network,
        parent,
        clock: check.or("clock", file.clock.as_ref(), Clock::Interval)?,
        accounts: check.accounts(file)?,
        windows: WindowsConfig {
            proof_maturity: window(
                "windows.proof_maturity",
                windows.and_then(|w| w.proof_maturity.as_ref()),
                2,
            )?,
            dispute_game_finality: window(
                "windows.dispute_game_finality",
                windows.and_then(|w| w.dispute_game_finality.as_ref()),
                2,
            )?,
            max_clock: window("windows.max_clock", windows.and_then(|w| w.max_clock.as_ref()), 4)?,
        },
        batcher: BatcherConfig {
            max_channel_duration: check.bounded(
                "batcher.max_channel_duration",
                file.batcher.as_ref().and_then(|b| b.max_channel_duration.as_ref()),
                CHANNEL_DURATION,
                2,
            )?,
        },
        ports: check.ports(file.ports.as_ref())?,
        name,
        written: check.written.take(),
    })
}

/// The checks, which all know the file's name and remember which keys were written.
pub(crate) struct Check<'a> {
    source: &'a str,
    written: RefCell<BTreeSet<String>>,
}

impl<'a> Check<'a> {
    /// Checks of the file `source`.
    pub(crate) const fn new(source: &'a str) -> Self {
        Self { source, written: RefCell::new(BTreeSet::new()) }
    }

    fn error(&self, at: Location, key: &str, error: ValueError) -> ConfigError {
        ConfigError {
            kind: error.kind,
            file: self.source.to_owned(),
            line: at.line().max(1),
            column: at.column().max(1),
            message: format!("{key}: {}", error.message),
            hint: error.hint,
        }
    }

    /// Reads a field; `key` is its path in the file.
    pub(crate) fn value<T: FieldValue>(
        &self,
        key: &str,
        field: &Field<T>,
    ) -> Result<T, ConfigError> {
        self.written.borrow_mut().insert(key.to_owned());
        T::parse(&field.text).map_err(|error| self.error(field.at, key, error))
    }

    fn or<T: FieldValue>(
        &self,
        key: &str,
        field: Option<&Field<T>>,
        default: T,
    ) -> Result<T, ConfigError> {
        field.map_or(Ok(default), |field| self.value(key, field))
    }

    fn bounded<T: FieldValue + PartialOrd + Display>(
        &self,
        key: &str,
        field: Option<&Field<T>>,
        bounds: RangeInclusive<T>,
        default: T,
    ) -> Result<T, ConfigError> {
        let Some(field) = field else { return Ok(default) };
        let value = self.value(key, field)?;
        if bounds.contains(&value) {
            return Ok(value);
        }
        let (low, high) = bounds.into_inner();
        let problem = ValueError::bounds(
            format!("{value} is out of bounds"),
            format!("use a value from {low} to {high}"),
        );
        Err(self.error(field.at, key, problem))
    }

    fn version(&self, field: &Field<u64>) -> Result<(), ConfigError> {
        match self.value("version", field)? {
            1 => Ok(()),
            other => Err(self.error(
                field.at,
                "version",
                ValueError {
                    kind: ConfigErrorKind::UnsupportedVersion,
                    message: format!("{other} is not a version that this build reads"),
                    hint: "this build reads version 1; use a gm that reads the file's version"
                        .to_owned(),
                },
            )),
        }
    }

    fn modules(&self, file: &ProjectFile) -> Result<(), ConfigError> {
        let Some((name, at)) = file.modules.as_ref().and_then(|m| m.0.iter().next()) else {
            return Ok(());
        };
        let problem = ValueError {
            kind: ConfigErrorKind::UnknownModule,
            message: format!("no module {} in this build", super::field::shown(name)),
            hint: "this build has no modules yet: remove it and leave `modules: {}`".to_owned(),
        };
        Err(self.error(*at, "modules", problem))
    }

    fn chain(&self, section: &ChainSection) -> Result<ChainConfig, ConfigError> {
        let eip1559 = section.eip1559.as_ref();
        let denominator = self.bounded(
            "chain.eip1559.denominator",
            eip1559.and_then(|e| e.denominator.as_ref()),
            1..=u64::from(u32::MAX),
            250,
        )?;
        let elasticity = self.bounded(
            "chain.eip1559.elasticity",
            eip1559.and_then(|e| e.elasticity.as_ref()),
            1..=100,
            6,
        )?;
        Ok(ChainConfig {
            chain_id: self.chain_id("chain.chain_id", Some(&section.chain_id), 0)?,
            block_time: self.block_time("chain.block_time", section.block_time.as_ref(), 1)?,
            gas_limit: self.bounded(
                "chain.gas_limit",
                section.gas_limit.as_ref(),
                GAS_LIMIT,
                60_000_000,
            )?,
            eip1559: Eip1559Config {
                denominator: u32::try_from(denominator).expect("bounded above"),
                elasticity: u32::try_from(elasticity).expect("bounded above"),
            },
        })
    }

    fn chain_id(
        &self,
        key: &str,
        field: Option<&Field<u64>>,
        default: u64,
    ) -> Result<u64, ConfigError> {
        self.bounded(key, field, 1..=MAX_CHAIN_ID, default)
    }

    fn block_time(
        &self,
        key: &str,
        field: Option<&Field<Duration>>,
        default: u64,
    ) -> Result<Duration, ConfigError> {
        self.bounded(key, field, BLOCK_TIME, Duration::from_secs(default))
    }

    fn network(&self, file: &ProjectFile) -> Result<NetworkConfig, ConfigError> {
        let network = file.network.as_ref();
        let tier = |key: &str,
                    section: Option<&TierSection>,
                    name: &str,
                    id,
                    time|
         -> Result<TierConfig, ConfigError> {
            Ok(TierConfig {
                name: match section.and_then(|s| s.name.as_ref()) {
                    Some(field) => self.value(&format!("network.{key}.name"), field)?.0,
                    None => name.to_owned(),
                },
                chain_id: self.chain_id(
                    &format!("network.{key}.chain_id"),
                    section.and_then(|s| s.chain_id.as_ref()),
                    id,
                )?,
                block_time: self.block_time(
                    &format!("network.{key}.block_time"),
                    section.and_then(|s| s.block_time.as_ref()),
                    time,
                )?,
            })
        };
        Ok(NetworkConfig {
            l1: tier("l1", network.and_then(|n| n.l1.as_ref()), "l1", 900, 2)?,
            l2: tier("l2", network.and_then(|n| n.l2.as_ref()), "gm-network", 2777, 1)?,
            finality_depth: self.bounded(
                "network.finality_depth",
                network.and_then(|n| n.finality_depth.as_ref()),
                0..=1000,
                0,
            )?,
        })
    }

    fn parent(&self, file: &ProjectFile) -> Result<ParentConfig, ConfigError> {
        Ok(match &file.parent {
            None => ParentConfig::Local,
            Some(ParentSection::Word(word)) => {
                self.value("parent", word)?;
                ParentConfig::Local
            }
            Some(ParentSection::Remote(remote)) => ParentConfig::Remote {
                rpc: self.value("parent.rpc", &remote.rpc)?.0,
                chain_id: self.chain_id("parent.chain_id", Some(&remote.chain_id), 0)?,
            },
        })
    }

    /// One id names one chain: a signature for one tier must be worth nothing on another.
    fn chain_ids_differ(
        &self,
        file: &ProjectFile,
        chain: &ChainConfig,
        network: &NetworkConfig,
        parent: &ParentConfig,
    ) -> Result<(), ConfigError> {
        let own = &file.chain.chain_id;
        let section = file.network.as_ref();
        let l1_field = section.and_then(|n| n.l1.as_ref()).and_then(|t| t.chain_id.as_ref());
        let l2_field = section.and_then(|n| n.l2.as_ref()).and_then(|t| t.chain_id.as_ref());
        let (l1, l2) = (network.l1.chain_id, network.l2.chain_id);
        let mut clashes = Vec::new();
        match parent {
            ParentConfig::Local => {
                // The fault is at the value that was written; of two written ones, at the lower.
                if l1 == l2 {
                    let field = l2_field.or(l1_field);
                    clashes.push(("network.l2.chain_id", field, l2, "the Layer 1"));
                }
                if chain.chain_id == l1 {
                    clashes.push(("chain.chain_id", Some(own), l1, "the Layer 1"));
                }
                if chain.chain_id == l2 {
                    clashes.push(("chain.chain_id", Some(own), l2, "the Layer 2"));
                }
            }
            ParentConfig::Remote { chain_id, .. } if *chain_id == chain.chain_id => {
                clashes.push(("chain.chain_id", Some(own), *chain_id, "the parent"));
            }
            ParentConfig::Remote { .. } => {}
        }
        let Some((key, field, id, other)) = clashes.into_iter().next() else { return Ok(()) };
        let problem = ValueError {
            kind: ConfigErrorKind::DuplicateChainId,
            message: format!("{id} is also the chain id of {other}"),
            hint: "give every tier a chain id of its own".to_owned(),
        };
        Err(self.error(field.unwrap_or(own).at, key, problem))
    }

    /// A child can only name a parent block that is there: it must not be slower than its parent.
    fn block_times_nest(
        &self,
        file: &ProjectFile,
        chain: &ChainConfig,
        network: &NetworkConfig,
        parent: &ParentConfig,
    ) -> Result<(), ConfigError> {
        if *parent != ParentConfig::Local {
            return Ok(());
        }
        let (l1, l2, l3) = (network.l1.block_time, network.l2.block_time, chain.block_time);
        let section = file.network.as_ref();
        let written = |tier: Option<&TierSection>| {
            tier.and_then(|t| t.block_time.as_ref()).map(|field| field.at)
        };
        let l1_at = written(section.and_then(|n| n.l1.as_ref()));
        let l2_at = written(section.and_then(|n| n.l2.as_ref()));
        let l3_at = file.chain.block_time.as_ref().map(|field| field.at);
        let whole = file.chain.chain_id.at;
        let problem = |child: Duration, parent: Duration, tier: &str| {
            ValueError::bounds(
                format!("{child} is longer than the {parent} of its parent, the {tier}"),
                format!("use at most {parent}, or a longer block time for the {tier}"),
            )
        };
        if l2 > l1 {
            let at = l2_at.or(l1_at).unwrap_or(whole);
            return Err(self.error(at, "network.l2.block_time", problem(l2, l1, "Layer 1")));
        }
        if l3 > l2 {
            let at = l3_at.or(l2_at).unwrap_or(whole);
            return Err(self.error(at, "chain.block_time", problem(l3, l2, "Layer 2")));
        }
        Ok(())
    }

    fn accounts(&self, file: &ProjectFile) -> Result<AccountsConfig, ConfigError> {
        let section = file.accounts.as_ref();
        let count =
            self.bounded("accounts.count", section.and_then(|a| a.count.as_ref()), 1..=10, 10)?;
        Ok(AccountsConfig {
            mnemonic: match section.and_then(|a| a.mnemonic.as_ref()) {
                Some(field) => self.value("accounts.mnemonic", field)?.0,
                None => AccountsConfig::DEV_MNEMONIC.to_owned(),
            },
            count: u32::try_from(count).expect("bounded above"),
            balance: self.bounded(
                "accounts.balance",
                section.and_then(|a| a.balance.as_ref()),
                Amount::from_wei(U256::ZERO)..=MAX_BALANCE,
                Amount::from_wei(U256::from(10_000) * U256::from(10).pow(U256::from(18))),
            )?,
        })
    }

    fn ports(&self, section: Option<&PortsSection>) -> Result<PortsConfig, ConfigError> {
        let port = |key, field: Option<&Field<u64>>, default| {
            let port = self.bounded(key, field, 0..=u64::from(u16::MAX), default)?;
            Ok(u16::try_from(port).expect("bounded above"))
        };
        let ports = PortsConfig {
            l1: port("ports.l1", section.and_then(|p| p.l1.as_ref()), 8545)?,
            l2: port("ports.l2", section.and_then(|p| p.l2.as_ref()), 9545)?,
            l3: port("ports.l3", section.and_then(|p| p.l3.as_ref()), 10545)?,
        };
        let fields = section.map(|p| [("l1", &p.l1), ("l2", &p.l2), ("l3", &p.l3)]);
        let clash = [(ports.l3, ports.l1), (ports.l3, ports.l2), (ports.l2, ports.l1)]
            .into_iter()
            .find(|(one, other)| one == other && *one != 0);
        if let (Some((port, _)), Some(fields)) = (clash, fields) {
            let last = fields.into_iter().rev().find_map(|(tier, field)| {
                let field = field.as_ref()?;
                (u64::parse(&field.text).ok()? == u64::from(port)).then_some((tier, field.at))
            });
            if let Some((tier, at)) = last {
                let problem = ValueError::invalid(
                    format!("{port} is also the port of another tier"),
                    "give every tier a port of its own, or 0 for any free one",
                );
                return Err(self.error(at, &format!("ports.{tier}"), problem));
            }
        }
        Ok(ports)
    }
}
