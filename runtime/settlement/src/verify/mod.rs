//! Checks a running rollup against its parent, trusting neither.
//!
//! The chain is derived anew in memory from its genesis, its rollup configuration and its parent's
//! JSON-RPC. What the rollup's own node answers is then compared with that: every block hash up to
//! the safe head, the output root there, a proof of a withdrawal, and the code of the predeploys.
//! The node is believed in one thing only, which block it calls safe.

mod error;
mod node;
mod proofs;
#[cfg(test)]
mod tests;

pub use error::VerifyError;

use crate::{
    parent::{ParentError, RpcParent, Severity},
    verifier::{Progress, Verifier, VerifierError},
};
use alloy_primitives::{Address, B256, keccak256};
use futures::{StreamExt, TryStreamExt, stream};
use gm_chain::{
    genesis::predeploys::IMPLEMENTATION_SLOT,
    rollup::{RollupConfig, output_root},
    spec::{ChainSpec, MESSAGE_PASSER, Role},
};
use gm_node::{Chain, ExecutedBlock, PoolLimits, Storage};
use node::Node;
use serde::Serialize;
use std::{sync::Arc, time::Duration};

/// Requests to the node at once.
const CONCURRENCY: usize = 16;

/// How often a parent that fails to answer is asked again.
const ATTEMPTS: u32 = 5;

/// How long to wait in between.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// Something that was checked and found right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which check, as `block hashes`.
    pub name: &'static str,
    /// What was found, in a few words.
    pub detail: String,
}

/// The rollup that a genesis and a rollup configuration describe, as other clients are given them.
///
/// # Errors
/// [`VerifyError::Files`] if one cannot be read or they are of different chains.
pub fn rollup_spec(
    name: &str,
    role: Role,
    genesis: &[u8],
    rollup: &[u8],
) -> Result<ChainSpec, VerifyError> {
    let unreadable = |file: &'static str| {
        move |error: serde_json::Error| VerifyError::Files(format!("{file}: {error}"))
    };
    let genesis = serde_json::from_slice(genesis).map_err(unreadable("genesis.json"))?;
    let rollup: RollupConfig = serde_json::from_slice(rollup).map_err(unreadable("rollup.json"))?;
    let (block_time, expected) = (rollup.block_time, rollup.genesis.l2.hash);
    let spec = ChainSpec::new(name.to_owned(), role, genesis, block_time, Some(rollup));
    let found = spec.genesis_hash();
    if found != expected {
        let text = format!("genesis.json has hash {found}, rollup.json says {expected}");
        return Err(VerifyError::Files(text));
    }
    Ok(spec)
}

/// The verification of one rollup.
#[derive(Debug)]
pub struct Verification {
    chain: Arc<Chain>,
    parent: Arc<RpcParent>,
    node: Node,
    from: u64,
    checks: Vec<Check>,
}

impl Verification {
    /// Prepares to verify the rollup `spec` whose parent and whose node answer JSON-RPC at these
    /// addresses. Block hashes are compared from the block `from` on; derivation always begins at
    /// the genesis.
    ///
    /// # Errors
    /// If an address is not one, or the genesis cannot be executed.
    pub fn new(spec: ChainSpec, parent: &str, node: &str, from: u64) -> Result<Self, VerifyError> {
        let parent = RpcParent::new(parent, Duration::from_secs(1))?;
        let chain = Chain::open(spec, Storage::Memory, PoolLimits::default())
            .map_err(VerifierError::from)?;
        Ok(Self {
            chain,
            parent: Arc::new(parent),
            node: Node::new(node)?,
            from,
            checks: Vec::new(),
        })
    }

    /// What was found right so far.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Checks everything. `progress` is told how many of how many blocks are derived.
    ///
    /// # Errors
    /// The first thing that is not right; [`Self::checks`] has those before it.
    pub async fn run(&mut self, progress: impl Fn(u64, u64) + Send) -> Result<(), VerifyError> {
        self.check_genesis().await?;
        let safe = self.node.safe_number().await?;
        self.derive(safe, progress).await?;
        self.check_hashes(safe).await?;
        let block = self.derived(safe)?;
        self.check_output(&block).await?;
        self.check_withdrawal(&block).await?;
        self.check_code(&block).await
    }

    fn pass(&mut self, name: &'static str, detail: String) {
        self.checks.push(Check { name, detail });
    }

    fn derived(&self, number: u64) -> Result<ExecutedBlock, VerifyError> {
        let block = self.chain.block_by_number(number).map_err(VerifierError::from)?;
        Ok(block.ok_or(VerifierError::Missing(number))?)
    }

    async fn check_genesis(&mut self) -> Result<(), VerifyError> {
        let (ours, theirs) = (self.chain.chain_id(), self.node.chain_id().await?);
        if ours != theirs {
            return Err(VerifyError::ChainId { ours, theirs });
        }
        self.compare(0).await?;
        let hash = self.derived(0)?.hash();
        self.pass("genesis", format!("chain {ours}, block 0 is {hash}"));
        Ok(())
    }

    /// Derives up to the block `target`.
    async fn derive(
        &mut self,
        target: u64,
        progress: impl Fn(u64, u64),
    ) -> Result<(), VerifyError> {
        let mut verifier = Verifier::new(self.chain.clone(), self.parent.clone())?;
        let mut reached = 0;
        let mut failures = 0;
        while reached < target {
            match verifier.step().await {
                Ok(Progress::Derived(block) | Progress::Consolidated(block)) => {
                    reached = block.number();
                    progress(reached, target);
                    failures = 0;
                }
                Ok(Progress::Working) => {}
                // The parent has nothing more.
                Ok(Progress::Idle) => {
                    return Err(VerifyError::NotDerivable { safe: target, reached });
                }
                Err(error) if error.severity() == Severity::Stop || failures == ATTEMPTS => {
                    return Err(error.into());
                }
                Err(error) => {
                    tracing::debug!(%error, "asking the parent again");
                    failures += 1;
                    tokio::time::sleep(RETRY_DELAY).await;
                }
            }
        }
        self.pass("derivation", format!("{target} blocks from the parent's data alone"));
        Ok(())
    }

    async fn check_hashes(&mut self, to: u64) -> Result<(), VerifyError> {
        let from = self.from.min(to);
        // In order, so that the first error is that of the first block.
        let mut compared =
            stream::iter(from..=to).map(|number| self.compare(number)).buffered(CONCURRENCY);
        while compared.next().await.transpose()?.is_some() {}
        drop(compared);
        self.pass("block hashes", format!("equal from block {from} to {to}, the safe head"));
        Ok(())
    }

    /// Compares the node's block of a number with the derived one.
    async fn compare(&self, number: u64) -> Result<(), VerifyError> {
        let ours = self.derived(number)?.hash();
        let theirs = self.node.block_hash(number).await?;
        if ours == theirs { Ok(()) } else { Err(VerifyError::Block { number, ours, theirs }) }
    }

    /// The output root at a block: the node's word, the derived header and the account's proof.
    async fn check_output(&mut self, block: &ExecutedBlock) -> Result<(), VerifyError> {
        let number = block.number;
        let proof = self.node.proof(MESSAGE_PASSER, &[], number).await?;
        proofs::account(block.state_root, &proof)?;
        let ours = output_root(block.state_root, proof.storage_hash, block.hash());
        let header = block.withdrawals_root.unwrap_or_default();
        if proof.storage_hash != header {
            return Err(VerifyError::WithdrawalsRoot {
                number,
                ours: header,
                theirs: proof.storage_hash,
            });
        }
        let theirs = self.node.output_root(number).await?;
        if ours != theirs {
            return Err(VerifyError::Output { number, ours, theirs });
        }
        self.pass("output root", format!("{ours} at block {number}"));
        Ok(())
    }

    /// The newest withdrawal is in the message passer's storage. Where there is none yet: the
    /// passer's implementation is, and a message that nobody sent is not.
    async fn check_withdrawal(&mut self, block: &ExecutedBlock) -> Result<(), VerifyError> {
        let root = block.withdrawals_root.unwrap_or_default();
        let detail = if let Some((hash, at)) = self.newest_withdrawal(block.number)? {
            let slot = proofs::sent_message_slot(hash);
            let proof = self.node.proof(MESSAGE_PASSER, &[slot], block.number).await?;
            proofs::slot(root, slot, Some(B256::with_last_byte(1)), &proof)?;
            format!("{hash} of block {at} is proven")
        } else {
            let (absent, present) = (proofs::sent_message_slot(B256::ZERO), IMPLEMENTATION_SLOT);
            let proof = self.node.proof(MESSAGE_PASSER, &[absent, present], block.number).await?;
            let passer = self.chain.spec().genesis.alloc.get(&MESSAGE_PASSER);
            let implementation = passer.and_then(|account| account.storage.as_ref()?.get(&present));
            proofs::slot(root, absent, None, &proof)?;
            proofs::slot(root, present, implementation.copied(), &proof)?;
            "none was made; the message passer's proofs hold".to_owned()
        };
        self.pass("withdrawal proof", detail);
        Ok(())
    }

    /// Hash and block of the newest withdrawal up to a block of the derived chain.
    fn newest_withdrawal(&self, to: u64) -> Result<Option<(B256, u64)>, VerifyError> {
        let blocks = self.chain.log_blocks(proofs::message_passed(), 0..=to);
        for number in blocks.map_err(VerifierError::from)?.into_iter().rev() {
            let block = self.derived(number)?;
            let logs = block.receipts.iter().rev().flat_map(|receipt| receipt.logs().iter().rev());
            if let Some(hash) = logs.filter_map(proofs::withdrawal_hash).next() {
                return Ok(Some((hash, number)));
            }
        }
        Ok(None)
    }

    /// Everything that has code in the genesis has it still.
    async fn check_code(&mut self, block: &ExecutedBlock) -> Result<(), VerifyError> {
        let number = block.number;
        let expected: Vec<(Address, B256)> = {
            let alloc = self.chain.spec().genesis.alloc.iter();
            let with_code = alloc.filter_map(|(address, a)| Some((*address, a.code.as_ref()?)));
            with_code.filter(|(_, c)| !c.is_empty()).map(|(a, code)| (a, keccak256(code))).collect()
        };
        let this = &*self;
        let checks =
            expected.iter().map(|(address, ours)| this.compare_code(*address, *ours, number));
        stream::iter(checks).buffered(CONCURRENCY).try_collect::<()>().await?;
        self.pass("predeploy code", format!("{} accounts as in the genesis", expected.len()));
        Ok(())
    }

    async fn compare_code(
        &self,
        address: Address,
        ours: B256,
        number: u64,
    ) -> Result<(), VerifyError> {
        let theirs = keccak256(self.node.code(address, number).await?);
        if theirs == ours {
            Ok(())
        } else {
            Err(VerifyError::Code { address, number, ours, theirs })
        }
    }
}

impl From<ParentError> for VerifyError {
    fn from(error: ParentError) -> Self {
        Self::Derivation(error.into())
    }
}
