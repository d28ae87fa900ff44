//! What verification can find wrong.

use crate::{parent::ParentError, verifier::VerifierError};
use alloy_primitives::{Address, B256};

/// The first thing that is not as the parent's data says, or what kept it from being checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The genesis or the rollup configuration cannot be used.
    #[error("{0}")]
    Files(String),
    /// The node does not answer, or not as the method is defined.
    #[error("the node's answer to {method}: {reason}")]
    Node {
        /// The method that was called.
        method: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// Nothing can be derived from the parent.
    #[error("derivation stopped: {0}")]
    Derivation(#[from] VerifierError),
    /// The node is of another chain.
    #[error("the node has chain id {theirs}, the genesis {ours}")]
    ChainId {
        /// The genesis's.
        ours: u64,
        /// The node's.
        theirs: u64,
    },
    /// The node calls a block safe that is not in the parent's data.
    #[error("the node calls block {safe} safe, the parent's data ends with block {reached}")]
    NotDerivable {
        /// The node's safe block.
        safe: u64,
        /// The last block that could be derived.
        reached: u64,
    },
    /// A block differs. It is the first one.
    #[error("block {number} differs: derived {ours}, the node has {theirs}")]
    Block {
        /// Its number.
        number: u64,
        /// Hash of the derived block.
        ours: B256,
        /// Hash of the node's.
        theirs: B256,
    },
    /// The content of a block of the node does not have the hash it is given.
    #[error("block {number} of the node is said to be {said}, its header hashes to {computed}")]
    BlockHash {
        /// Its number.
        number: u64,
        /// The hash the node gives.
        said: B256,
        /// The hash of the header the node gives.
        computed: B256,
    },
    /// The withdrawals root differs.
    #[error("block {number} has withdrawals root {ours}, the node proves {theirs}")]
    WithdrawalsRoot {
        /// Number of the block.
        number: u64,
        /// The derived block's.
        ours: B256,
        /// The node's.
        theirs: B256,
    },
    /// The output root differs.
    #[error("the output root of block {number} is {ours}, the node says {theirs}")]
    Output {
        /// Number of the block.
        number: u64,
        /// Computed from the derived block.
        ours: B256,
        /// The node's.
        theirs: B256,
    },
    /// A proof does not hold.
    #[error("the node's proof of {what} does not hold: {reason}")]
    Proof {
        /// What was to be proven.
        what: String,
        /// Where it breaks.
        reason: String,
    },
    /// A predeploy has other code.
    #[error("the code of {address} at block {number} hashes to {theirs}, the genesis's to {ours}")]
    Code {
        /// The account.
        address: Address,
        /// Number of the block.
        number: u64,
        /// Hash of the genesis's code.
        ours: B256,
        /// Hash of the node's.
        theirs: B256,
    },
}

impl VerifyError {
    /// Every code with its meaning, for the documentation.
    pub const CODES: [(&str, &str); 9] = [
        (
            "VERIFY_FILES",
            "genesis.json or rollup.json is not usable, or they are of different chains.",
        ),
        ("NOT_REACHABLE", "An endpoint does not answer."),
        ("PARENT_UNREACHABLE", "The parent chain does not answer."),
        ("VERIFY_DERIVATION", "The chain cannot be derived from its parent."),
        ("VERIFY_SAFE_HEAD", "The node calls a block safe that the parent's data does not hold."),
        ("VERIFY_BLOCK", "A block differs from the derived one; the error names the first."),
        ("VERIFY_OUTPUT", "The output root differs from that of the derived block."),
        ("VERIFY_PROOF", "A proof of the node does not hold."),
        ("VERIFY_CODE", "A predeploy's code is not that of the genesis."),
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Files(_) => "VERIFY_FILES",
            Self::Node { .. } => "NOT_REACHABLE",
            Self::Derivation(VerifierError::Parent(ParentError::Unreachable { .. })) => {
                "PARENT_UNREACHABLE"
            }
            Self::Derivation(_) => "VERIFY_DERIVATION",
            Self::NotDerivable { .. } => "VERIFY_SAFE_HEAD",
            Self::ChainId { .. } | Self::Block { .. } | Self::BlockHash { .. } => "VERIFY_BLOCK",
            Self::WithdrawalsRoot { .. } | Self::Output { .. } => "VERIFY_OUTPUT",
            Self::Proof { .. } => "VERIFY_PROOF",
            Self::Code { .. } => "VERIFY_CODE",
        }
    }

    /// The check that failed, by the name it has in the report.
    #[must_use]
    pub const fn check(&self) -> &'static str {
        match self {
            Self::Files(_) | Self::ChainId { .. } | Self::Block { number: 0, .. } => "genesis",
            Self::Node { method, .. } => method,
            Self::Derivation(_) | Self::NotDerivable { .. } => "derivation",
            Self::Block { .. } | Self::BlockHash { .. } => "block hashes",
            Self::WithdrawalsRoot { .. } | Self::Output { .. } => "output root",
            Self::Proof { .. } => "proof",
            Self::Code { .. } => "predeploy code",
        }
    }
}
