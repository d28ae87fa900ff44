//! The rollup configuration that derivation starts from.
//!
//! The JSON form is `rollup.json` as op-node 1.18 reads and writes it.
//!
//! Spec: <https://specs.optimism.io/protocol/rollup-node.html>

use alloy_primitives::{Address, B64, B256, Bytes, U256, keccak256};
use serde::{Deserialize, Serialize};

/// Longest distance, in seconds, of a block's time from its origin's time since Fjord.
pub const FJORD_MAX_SEQUENCER_DRIFT: u64 = 1800;

/// Blocks of the parent after which an open channel is dropped since Granite.
pub const GRANITE_CHANNEL_TIMEOUT: u64 = 50;

/// A block by hash and number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockId {
    /// Hash of the block.
    pub hash: B256,
    /// Number of the block.
    pub number: u64,
}

/// The block a rollup starts after on its parent and the block it starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollupGenesis {
    /// The parent's block: the first batch may be in the block after it.
    pub l1: BlockId,
    /// The rollup's genesis block.
    pub l2: BlockId,
    /// Timestamp of the rollup's genesis block, in seconds.
    pub l2_time: u64,
    /// The values that `SystemConfig` on the parent had at that block.
    pub system_config: SystemConfig,
}

/// The part of a rollup's configuration that its `SystemConfig` contract can change.
///
/// Spec: <https://specs.optimism.io/protocol/system-config.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SystemConfig {
    /// The account whose transactions to the batch inbox count as batches.
    #[serde(rename = "batcherAddr")]
    pub batcher_address: Address,
    /// Zero since Ecotone.
    #[serde(default)]
    pub overhead: B256,
    /// Data fee scalars in their Ecotone encoding, see [`SystemConfig::ecotone_scalar`].
    pub scalar: B256,
    /// Gas limit of the rollup's blocks.
    pub gas_limit: u64,
    /// [`Eip1559Params`] of the next block. Zero means the constants of [`ChainOpConfig`].
    #[serde(default)]
    pub eip1559_params: B64,
    /// Operator fee in the encoding of [`SystemConfig::operator_fee_params`].
    #[serde(default)]
    pub operator_fee_params: B256,
    /// Lowest base fee since Jovian, in wei.
    #[serde(default)]
    pub min_base_fee: u64,
    /// Gas per byte of estimated data since Jovian.
    #[serde(default)]
    pub da_footprint_gas_scalar: u16,
}

impl SystemConfig {
    /// Encodes the base fee and blob base fee scalars (version 1: Ecotone).
    pub fn ecotone_scalar(base_fee_scalar: u32, blob_base_fee_scalar: u32) -> B256 {
        let mut scalar = B256::ZERO;
        scalar[0] = 1;
        scalar[24..28].copy_from_slice(&blob_base_fee_scalar.to_be_bytes());
        scalar[28..32].copy_from_slice(&base_fee_scalar.to_be_bytes());
        scalar
    }

    /// Base fee scalar and blob base fee scalar out of [`SystemConfig::scalar`].
    pub fn base_fee_scalars(&self) -> (u32, u32) {
        (be_u32(&self.scalar[28..32]), be_u32(&self.scalar[24..28]))
    }

    /// Encodes the operator fee: `gasUsed * scalar / 1e6 + constant` wei.
    ///
    /// Spec: <https://specs.optimism.io/protocol/isthmus/system-config.html>
    pub fn operator_fee_params(scalar: u32, constant: u64) -> B256 {
        let mut params = B256::ZERO;
        params[20..24].copy_from_slice(&scalar.to_be_bytes());
        params[24..32].copy_from_slice(&constant.to_be_bytes());
        params
    }

    /// Scalar and constant of the operator fee.
    pub fn operator_fee(&self) -> (u32, u64) {
        let constant = U256::from_be_slice(&self.operator_fee_params[24..32]);
        (be_u32(&self.operator_fee_params[20..24]), constant.to::<u64>())
    }

    /// EIP-1559 parameters of the next block, or `None` where they are left to the constants.
    pub fn eip1559(&self) -> Option<Eip1559Params> {
        let params = Eip1559Params::from_b64(self.eip1559_params);
        (params.denominator != 0).then_some(params)
    }
}

fn be_u32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// How the base fee follows the use of gas.
///
/// Spec: <https://specs.optimism.io/protocol/holocene/exec-engine.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eip1559Params {
    /// The base fee changes by at most one part in this many per block.
    pub denominator: u32,
    /// Gas limit divided by gas target.
    pub elasticity: u32,
}

impl Default for Eip1559Params {
    /// The values of OP Mainnet.
    fn default() -> Self {
        Self { denominator: 250, elasticity: 6 }
    }
}

impl Eip1559Params {
    /// Reads the eight bytes of a payload attribute or a system configuration.
    pub fn from_b64(params: B64) -> Self {
        Self { denominator: be_u32(&params[..4]), elasticity: be_u32(&params[4..]) }
    }

    /// The eight bytes of a payload attribute or a system configuration.
    pub fn to_b64(self) -> B64 {
        let mut params = B64::ZERO;
        params[..4].copy_from_slice(&self.denominator.to_be_bytes());
        params[4..].copy_from_slice(&self.elasticity.to_be_bytes());
        params
    }

    /// The `extraData` of a Holocene header: version 0, denominator, elasticity.
    pub fn extra_data(self) -> Bytes {
        [&[0u8][..], self.to_b64().as_slice()].concat().into()
    }

    /// Reads a Holocene header's `extraData`. `None` if it is not nine bytes of version 0.
    pub fn from_extra_data(extra_data: &[u8]) -> Option<Self> {
        match extra_data {
            [0, params @ ..] if params.len() == 8 => Some(Self::from_b64(B64::from_slice(params))),
            _ => None,
        }
    }
}

/// The EIP-1559 constants of an OP chain's execution configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChainOpConfig {
    /// Gas limit divided by gas target.
    pub eip1559_elasticity: u64,
    /// Denominator before Canyon.
    pub eip1559_denominator: u64,
    /// Denominator since Canyon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eip1559_denominator_canyon: Option<u64>,
}

impl From<Eip1559Params> for ChainOpConfig {
    fn from(params: Eip1559Params) -> Self {
        Self {
            eip1559_elasticity: params.elasticity.into(),
            eip1559_denominator: params.denominator.into(),
            eip1559_denominator_canyon: Some(params.denominator.into()),
        }
    }
}

/// Data availability outside the parent's calldata.
///
/// Spec: <https://specs.optimism.io/experimental/alt-da.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AltDaConfig {
    /// The `DataAvailabilityChallenge` contract; zero for generic commitments.
    #[serde(rename = "da_challenge_contract_address", default)]
    pub challenge_address: Address,
    /// `KeccakCommitment` or `GenericCommitment`.
    #[serde(rename = "da_commitment_type")]
    pub commitment_type: String,
    /// Blocks of the parent within which a commitment can be challenged.
    #[serde(rename = "da_challenge_window")]
    pub challenge_window: u64,
    /// Blocks of the parent within which a challenge can be resolved.
    #[serde(rename = "da_resolve_window")]
    pub resolve_window: u64,
}

/// A fork of the OP Stack in the order of activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the forks' own")]
pub enum OpFork {
    Regolith,
    Canyon,
    Delta,
    Ecotone,
    Fjord,
    Granite,
    Holocene,
    Isthmus,
    Jovian,
    Karst,
    Interop,
}

/// The configuration of a rollup that every node of it must share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollupConfig {
    /// Where the rollup starts.
    pub genesis: RollupGenesis,
    /// Seconds between blocks.
    pub block_time: u64,
    /// Seconds of drift before Fjord; [`FJORD_MAX_SEQUENCER_DRIFT`] holds since then.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub max_sequencer_drift: u64,
    /// Blocks of the parent within which an origin's batches must appear.
    pub seq_window_size: u64,
    /// Blocks of the parent for a channel before Granite; [`GRANITE_CHANNEL_TIMEOUT`] since then.
    pub channel_timeout: u64,
    /// Chain id of the parent.
    pub l1_chain_id: u64,
    /// Chain id of the rollup.
    pub l2_chain_id: u64,
    /// Activation of Regolith, in seconds since the epoch; so for the forks below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regolith_time: Option<u64>,
    /// Activation of Canyon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canyon_time: Option<u64>,
    /// Activation of Delta.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_time: Option<u64>,
    /// Activation of Ecotone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecotone_time: Option<u64>,
    /// Activation of Fjord.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fjord_time: Option<u64>,
    /// Activation of Granite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granite_time: Option<u64>,
    /// Activation of Holocene.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holocene_time: Option<u64>,
    /// Activation of Isthmus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isthmus_time: Option<u64>,
    /// Activation of Jovian.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jovian_time: Option<u64>,
    /// Activation of Karst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub karst_time: Option<u64>,
    /// Activation of Interop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interop_time: Option<u64>,
    /// The parent's address that batches are sent to.
    pub batch_inbox_address: Address,
    /// `OptimismPortal` on the parent.
    pub deposit_contract_address: Address,
    /// `SystemConfig` on the parent.
    pub l1_system_config_address: Address,
    /// Written by op-node before 1.18; read, no longer written.
    #[serde(default, skip_serializing)]
    pub protocol_versions_address: Option<Address>,
    /// EIP-1559 constants of the execution configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain_op_config: Option<ChainOpConfig>,
    /// Data availability other than the parent's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt_da: Option<AltDaConfig>,
    /// Until when blob fees of the parent follow Cancun's schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pectra_blob_schedule_time: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
const fn is_zero(value: &u64) -> bool {
    *value == 0
}

impl RollupConfig {
    /// Activation time of a fork, in seconds since the epoch. `None` if it is not scheduled.
    pub const fn fork_time(&self, fork: OpFork) -> Option<u64> {
        match fork {
            OpFork::Regolith => self.regolith_time,
            OpFork::Canyon => self.canyon_time,
            OpFork::Delta => self.delta_time,
            OpFork::Ecotone => self.ecotone_time,
            OpFork::Fjord => self.fjord_time,
            OpFork::Granite => self.granite_time,
            OpFork::Holocene => self.holocene_time,
            OpFork::Isthmus => self.isthmus_time,
            OpFork::Jovian => self.jovian_time,
            OpFork::Karst => self.karst_time,
            OpFork::Interop => self.interop_time,
        }
    }

    /// Whether a fork is active in the block of this timestamp.
    pub fn is_active(&self, fork: OpFork, timestamp: u64) -> bool {
        self.fork_time(fork).is_some_and(|activation| timestamp >= activation)
    }

    /// Activates every fork up to and including Isthmus at genesis.
    pub fn with_isthmus_at_genesis(mut self) -> Self {
        self.regolith_time = Some(0);
        self.canyon_time = Some(0);
        self.delta_time = Some(0);
        self.ecotone_time = Some(0);
        self.fjord_time = Some(0);
        self.granite_time = Some(0);
        self.holocene_time = Some(0);
        self.isthmus_time = Some(0);
        self
    }

    /// Seconds that a block may be ahead of its origin.
    pub fn max_drift(&self, timestamp: u64) -> u64 {
        if self.is_active(OpFork::Fjord, timestamp) {
            FJORD_MAX_SEQUENCER_DRIFT
        } else {
            self.max_sequencer_drift
        }
    }

    /// Timestamp of a block by its number.
    pub const fn timestamp(&self, number: u64) -> u64 {
        self.genesis.l2_time + (number - self.genesis.l2.number) * self.block_time
    }

    /// The file `rollup.json`.
    pub fn rollup_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("the configuration has string keys only")
    }
}

/// The output root that commits to a rollup's block (version 0).
///
/// Spec: <https://specs.optimism.io/protocol/proposals.html#l2-output-commitment-construction>
pub fn output_root(state_root: B256, withdrawals_root: B256, block_hash: B256) -> B256 {
    let mut preimage = [0u8; 128];
    preimage[32..64].copy_from_slice(state_root.as_slice());
    preimage[64..96].copy_from_slice(withdrawals_root.as_slice());
    preimage[96..].copy_from_slice(block_hash.as_slice());
    keccak256(preimage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{address, b256};

    fn config() -> RollupConfig {
        RollupConfig {
            genesis: RollupGenesis {
                l1: BlockId { hash: B256::repeat_byte(1), number: 7 },
                l2: BlockId { hash: B256::repeat_byte(2), number: 0 },
                l2_time: 1_700_000_000,
                system_config: SystemConfig {
                    batcher_address: address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
                    scalar: SystemConfig::ecotone_scalar(1368, 810_949),
                    gas_limit: 60_000_000,
                    eip1559_params: Eip1559Params::default().to_b64(),
                    operator_fee_params: SystemConfig::operator_fee_params(5, 7),
                    ..Default::default()
                },
            },
            block_time: 2,
            max_sequencer_drift: 1800,
            seq_window_size: 3600,
            channel_timeout: 300,
            l1_chain_id: 202_402_181_627,
            l2_chain_id: u64::MAX,
            chain_op_config: Some(Eip1559Params::default().into()),
            ..Default::default()
        }
        .with_isthmus_at_genesis()
    }

    #[test]
    fn json_round_trip_keeps_64_bit_chain_ids() {
        let json = config().rollup_json();
        assert!(json.contains("\"l1_chain_id\": 202402181627"));
        assert!(json.contains("\"l2_chain_id\": 18446744073709551615"));
        assert!(json.contains("\"eip1559Params\": \"0x000000fa00000006\""));
        assert!(!json.contains("jovian_time"));
        assert_eq!(serde_json::from_str::<RollupConfig>(&json).expect("own output"), config());
    }

    #[test]
    fn unknown_field_is_refused() {
        let json = config().rollup_json().replace("\"block_time\"", "\"x\": 1, \"block_time\"");
        assert!(serde_json::from_str::<RollupConfig>(&json).is_err());
    }

    #[test]
    fn system_config_encodings() {
        let system = config().genesis.system_config;
        assert_eq!(system.base_fee_scalars(), (1368, 810_949));
        assert_eq!(system.operator_fee(), (5, 7));
        assert_eq!(system.eip1559(), Some(Eip1559Params::default()));
        assert_eq!(
            system.scalar,
            b256!("010000000000000000000000000000000000000000000000000c5fc500000558")
        );
        let extra = Eip1559Params::default().extra_data();
        assert_eq!(Eip1559Params::from_extra_data(&extra), Some(Eip1559Params::default()));
        assert_eq!(Eip1559Params::from_extra_data(&extra[1..]), None);
    }
}
