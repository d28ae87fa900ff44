//! The shape of `gm.yaml`, version 1, as it is written. The JSON Schema is generated from these
//! types, and their documentation is what it shows.

use super::{
    error::ValueError,
    field::{Field, FieldValue, HttpUrl, Mnemonic, Name, shown},
    units::{Amount, Duration},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_saphyr::{Location, Spanned};
use std::{borrow::Cow, collections::BTreeMap, fmt};

/// A gm project: one Layer-3 chain and the network it runs on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "gm.yaml")]
pub(crate) struct ProjectFile {
    /// Version of this file's shape. This build reads version 1.
    #[schemars(range(min = 1, max = 1))]
    pub(crate) version: Field<u64>,
    /// Name of the project and of its chain.
    pub(crate) name: Field<Name>,
    /// The project's own Layer-3 chain.
    pub(crate) chain: ChainSection,
    /// The Layer 1 and Layer 2 of the local network. Not used for a remote parent.
    #[serde(default)]
    pub(crate) network: Option<NetworkSection>,
    /// The chain that the Layer 3 settles on: `local` (the default), or a chain by its address.
    #[serde(default)]
    pub(crate) parent: Option<ParentSection>,
    /// How blocks are timed. Default: interval.
    #[serde(default)]
    pub(crate) clock: Option<Field<Clock>>,
    /// The development accounts.
    #[serde(default)]
    pub(crate) accounts: Option<AccountsSection>,
    /// How long withdrawals wait on the local network.
    #[serde(default)]
    pub(crate) windows: Option<WindowsSection>,
    /// How the chain's data is posted to its parent.
    #[serde(default)]
    pub(crate) batcher: Option<BatcherSection>,
    /// Ports on loopback, one a tier; HTTP and WebSocket share it.
    #[serde(default)]
    pub(crate) ports: Option<PortsSection>,
    /// Modules of the chain, by name. This build has none.
    #[serde(default)]
    pub(crate) modules: Option<ModulesSection>,
}

/// The project's own Layer-3 chain.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChainSection {
    /// Chain id, 64 bits, unlike that of every other tier.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    pub(crate) chain_id: Field<u64>,
    /// Time between blocks, at most the parent's. Default: 1s.
    #[serde(default)]
    pub(crate) block_time: Option<Field<Duration>>,
    /// Gas limit of a block. Default: 60000000.
    #[serde(default)]
    #[schemars(range(min = 30_000_000, max = 200_000_000))]
    pub(crate) gas_limit: Option<Field<u64>>,
    /// How the base fee moves.
    #[serde(default)]
    pub(crate) eip1559: Option<Eip1559Section>,
}

/// How the base fee moves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Eip1559Section {
    /// The base fee moves by at most one part in this many a block. Default: 250.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4_294_967_295_u64))]
    pub(crate) denominator: Option<Field<u64>>,
    /// The gas limit is this many times the gas target. Default: 6.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100))]
    pub(crate) elasticity: Option<Field<u64>>,
}

/// The Layer 1 and Layer 2 of the local network.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkSection {
    /// The development Ethereum. Defaults: l1, 900, 2s.
    #[serde(default)]
    pub(crate) l1: Option<TierSection>,
    /// The local GM Network. Defaults: gm-network, 2777, 1s.
    #[serde(default)]
    pub(crate) l2: Option<TierSection>,
    /// Blocks of the Layer 1 on top of one that is final. Default: 0, every block is final at once.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1000))]
    pub(crate) finality_depth: Option<Field<u64>>,
}

/// One tier of the local network.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TierSection {
    /// Name of the chain.
    #[serde(default)]
    pub(crate) name: Option<Field<Name>>,
    /// Chain id, 64 bits, unlike that of every other tier.
    #[serde(default)]
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    pub(crate) chain_id: Option<Field<u64>>,
    /// Time between blocks. That of the Layer 2 is at most that of the Layer 1.
    #[serde(default)]
    pub(crate) block_time: Option<Field<Duration>>,
}

/// The development accounts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountsSection {
    /// BIP-39 phrase the accounts come from. Default: the well-known development phrase.
    #[serde(default)]
    pub(crate) mnemonic: Option<Field<Mnemonic>>,
    /// How many accounts are funded. Default and most: 10.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10))]
    pub(crate) count: Option<Field<u64>>,
    /// What each account holds on each tier at genesis. Default: 10000 ether.
    #[serde(default)]
    pub(crate) balance: Option<Field<Amount>>,
}

/// How long withdrawals wait on the local network.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowsSection {
    /// From a withdrawal's proof to its finalisation. Default: 2s.
    #[serde(default)]
    pub(crate) proof_maturity: Option<Field<Duration>>,
    /// From a dispute game's resolution to its use. Default: 2s.
    #[serde(default)]
    pub(crate) dispute_game_finality: Option<Field<Duration>>,
    /// Each side's clock in a dispute game. Default: 4s.
    #[serde(default)]
    pub(crate) max_clock: Option<Field<Duration>>,
}

/// How the chain's data is posted to its parent.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatcherSection {
    /// Most blocks of the parent that a channel stays open for. Default: 2. The protocol drops a
    /// channel after 50.
    #[serde(default)]
    #[schemars(range(min = 1, max = 40))]
    pub(crate) max_channel_duration: Option<Field<u64>>,
}

/// Ports on loopback, one a tier; 0 takes any free one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortsSection {
    /// Port of the Layer 1. Default: 8545.
    #[serde(default)]
    #[schemars(range(min = 0, max = 65_535))]
    pub(crate) l1: Option<Field<u64>>,
    /// Port of the Layer 2. Default: 9545.
    #[serde(default)]
    #[schemars(range(min = 0, max = 65_535))]
    pub(crate) l2: Option<Field<u64>>,
    /// Port of the Layer 3. Default: 10545.
    #[serde(default)]
    #[schemars(range(min = 0, max = 65_535))]
    pub(crate) l3: Option<Field<u64>>,
}

/// How blocks are timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// A block each block time of the wall clock.
    Interval,
    /// A block as soon as there is something to include; timestamps still advance by exactly the
    /// block time.
    Instant,
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interval => "interval",
            Self::Instant => "instant",
        })
    }
}

impl FieldValue for Clock {
    fn parse(text: &str) -> Result<Self, ValueError> {
        match text {
            "interval" => Ok(Self::Interval),
            "instant" => Ok(Self::Instant),
            _ => Err(ValueError::invalid(
                format!("{} is not a clock", shown(text)),
                "use \"interval\" or \"instant\"",
            )),
        }
    }
}

/// The chain that the Layer 3 settles on.
#[derive(Debug)]
pub(crate) enum ParentSection {
    /// `local`, or whatever other word stands there.
    Word(Field<ParentWord>),
    /// A chain by its address.
    Remote(RemoteSection),
}

/// The one word that can stand for a parent.
#[derive(Debug, JsonSchema)]
pub(crate) struct ParentWord;

impl FieldValue for ParentWord {
    fn parse(text: &str) -> Result<Self, ValueError> {
        if text == "local" {
            return Ok(Self);
        }
        Err(ValueError::invalid(
            format!("{} is not a parent", shown(text)),
            "use \"local\", or a mapping with the keys rpc and chain_id",
        ))
    }
}

/// A remote parent by its address.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoteSection {
    /// Where the parent answers JSON-RPC.
    pub(crate) rpc: Field<HttpUrl>,
    /// Chain id that the parent must have.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    pub(crate) chain_id: Field<u64>,
}

impl<'de> Deserialize<'de> for ParentSection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::<Inner>::deserialize(deserializer)?;
        return Ok(match value {
            Inner::Word(text) => Self::Word(Field::new(text, referenced)),
            Inner::Remote(remote) => Self::Remote(remote),
        });

        enum Inner {
            Word(String),
            Remote(RemoteSection),
        }

        impl<'de> Deserialize<'de> for Inner {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(WordOrMap)
            }
        }

        struct WordOrMap;
        impl<'de> de::Visitor<'de> for WordOrMap {
            type Value = Inner;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"local\", or a mapping with the keys rpc and chain_id")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Inner, E> {
                Ok(Inner::Word(text.to_owned()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Inner, A::Error> {
                RemoteSection::deserialize(de::value::MapAccessDeserializer::new(map))
                    .map(Inner::Remote)
            }
        }
    }
}

impl JsonSchema for ParentSection {
    fn schema_name() -> Cow<'static, str> {
        "Parent".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let remote = generator.subschema_for::<RemoteSection>();
        json_schema!({ "oneOf": [{ "const": "local" }, remote] })
    }
}

/// Modules by name, with the place of each. What a module takes is for the module to say.
#[derive(Debug)]
pub(crate) struct ModulesSection(pub(crate) BTreeMap<String, Location>);

impl<'de> Deserialize<'de> for ModulesSection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let modules = BTreeMap::<String, Spanned<de::IgnoredAny>>::deserialize(deserializer)?;
        Ok(Self(modules.into_iter().map(|(name, value)| (name, value.referenced)).collect()))
    }
}

impl JsonSchema for ModulesSection {
    fn schema_name() -> Cow<'static, str> {
        "Modules".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "maxProperties": 0 })
    }
}
