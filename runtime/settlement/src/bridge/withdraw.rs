//! From the rollup to the parent: initiate, prove, wait, finalise.

use super::{Asset, BridgeError, Hop, L2_STANDARD_BRIDGE, MESSAGE_GAS, Withdrawal, succeeded};
use crate::{
    contract::read,
    parent::MinedReceipt,
    proposer::{Game, GameStatus},
    txmgr::{TxManager, TxRequest},
};
use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use gm_chain::{
    abi::{IFaultDisputeGame, IL2StandardBridge, IOptimismPortal2, ITestToken},
    deploy::PERMISSIONED_GAME,
    rollup::output_root,
    spec::MESSAGE_PASSER,
};

/// How far a withdrawal is. Times are the parent's, in seconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WithdrawalStatus {
    /// No game on the parent covers its block yet.
    WaitingForGame,
    /// It can be proven against this game.
    Provable(Game),
    /// Proven; the game's clock runs until the time given, then somebody has to resolve it.
    WaitingForResolution {
        /// The game.
        game: Address,
        /// When it can be resolved.
        at: u64,
    },
    /// Proven; the delays after proof and resolution run until the time given.
    WaitingForDelay {
        /// When it can be finalised.
        at: u64,
    },
    /// It can be finalised.
    Finalizable,
    /// Done.
    Finalized,
}

impl Hop {
    /// Starts a withdrawal of `amount` (wei, or the token's smallest unit) to `to` on the parent.
    /// Returns once it is in a block of the rollup, with that block's receipt.
    ///
    /// # Errors
    /// If the transaction cannot be sent or fails.
    pub async fn withdraw(
        &self,
        txs: &TxManager,
        asset: Asset,
        to: Address,
        amount: U256,
    ) -> Result<(Withdrawal, MinedReceipt), BridgeError> {
        let request = match asset {
            Asset::Eth => {
                let call = IL2StandardBridge::bridgeETHToCall {
                    to,
                    minGasLimit: MESSAGE_GAS,
                    extraData: Bytes::new(),
                };
                TxRequest::call(L2_STANDARD_BRIDGE, call.abi_encode()).with_value(amount)
            }
            Asset::Erc20 { parent, child } => {
                let approve = ITestToken::approveCall { spender: L2_STANDARD_BRIDGE, amount };
                txs.send(TxRequest::call(child, approve.abi_encode())).await?;
                let call = IL2StandardBridge::bridgeERC20ToCall {
                    localToken: child,
                    remoteToken: parent,
                    to,
                    amount,
                    minGasLimit: MESSAGE_GAS,
                    extraData: Bytes::new(),
                };
                TxRequest::call(L2_STANDARD_BRIDGE, call.abi_encode())
            }
        };
        let receipt = txs.send(request).await?;
        Ok((Withdrawal::of(&receipt)?, receipt))
    }

    /// The withdrawal that a transaction on the rollup initiated.
    ///
    /// # Errors
    /// [`BridgeError::NotFound`], [`BridgeError::Reverted`] or [`BridgeError::NoWithdrawal`].
    pub async fn withdrawal_of(&self, hash: B256) -> Result<Withdrawal, BridgeError> {
        let receipt = self.child.transaction_receipt(hash).await?;
        Withdrawal::of(&receipt.ok_or(BridgeError::NotFound(hash))?)
    }

    /// How far a withdrawal is that `prover` proves.
    ///
    /// # Errors
    /// If one of the chains cannot be read.
    pub async fn withdrawal_status(
        &self,
        withdrawal: &Withdrawal,
        prover: Address,
    ) -> Result<WithdrawalStatus, BridgeError> {
        let (portal, hash) = (self.contracts.portal, withdrawal.hash());
        let done = IOptimismPortal2::finalizedWithdrawalsCall { withdrawalHash: hash };
        if read(&*self.parent, portal, &done).await? {
            return Ok(WithdrawalStatus::Finalized);
        }
        let proven =
            IOptimismPortal2::provenWithdrawalsCall { withdrawalHash: hash, submitter: prover };
        let proven = read(&*self.parent, portal, &proven).await?;
        let lost = proven.timestamp != 0
            && self.games.status_of(proven.disputeGameProxy).await? == GameStatus::ChallengerWins;
        // A proof against a game that was lost is worth nothing: it must be proven anew.
        if proven.timestamp == 0 || lost {
            let game = self.covering_game(withdrawal.block).await?;
            return Ok(game.map_or(WithdrawalStatus::WaitingForGame, WithdrawalStatus::Provable));
        }
        self.proven_status(proven.disputeGameProxy, proven.timestamp).await
    }

    async fn proven_status(
        &self,
        proxy: Address,
        proven_at: u64,
    ) -> Result<WithdrawalStatus, BridgeError> {
        let parent = &*self.parent;
        let resolved_at = read(parent, proxy, &IFaultDisputeGame::resolvedAtCall {}).await?;
        if resolved_at == 0 {
            let created = read(parent, proxy, &IFaultDisputeGame::createdAtCall {}).await?;
            let clock = read(parent, proxy, &IFaultDisputeGame::maxClockDurationCall {}).await?;
            return Ok(WithdrawalStatus::WaitingForResolution { game: proxy, at: created + clock });
        }
        let portal = self.contracts.portal;
        let maturity = IOptimismPortal2::proofMaturityDelaySecondsCall {};
        let maturity: u64 = read(parent, portal, &maturity).await?.saturating_to();
        let finality = IOptimismPortal2::disputeGameFinalityDelaySecondsCall {};
        let finality: u64 = read(parent, portal, &finality).await?.saturating_to();
        // Both delays must have passed: the portal asks for strictly later.
        let at = (proven_at + maturity).max(resolved_at + finality) + 1;
        if self.parent_time().await? < at {
            return Ok(WithdrawalStatus::WaitingForDelay { at });
        }
        Ok(WithdrawalStatus::Finalizable)
    }

    /// The time of the parent's latest block, in seconds.
    ///
    /// # Errors
    /// If the parent cannot be read.
    pub async fn parent_time(&self) -> Result<u64, BridgeError> {
        let header = self.parent.header(BlockId::latest()).await?;
        Ok(header.map_or(0, |header| header.header.timestamp))
    }

    /// The newest game that covers a block of the rollup and has not been lost.
    async fn covering_game(&self, block: u64) -> Result<Option<Game>, BridgeError> {
        for index in (0..self.games.count().await?).rev() {
            let game = self.games.at(index).await?;
            if game.kind == PERMISSIONED_GAME
                && game.l2_block >= block
                && self.games.status(&game).await? != GameStatus::ChallengerWins
            {
                return Ok(Some(game));
            }
        }
        Ok(None)
    }

    /// Proves a withdrawal against a game.
    ///
    /// # Errors
    /// [`BridgeError::WrongGame`] if the game claims another output than the rollup gives, or if the
    /// transaction cannot be sent or fails.
    pub async fn prove(
        &self,
        txs: &TxManager,
        withdrawal: &Withdrawal,
        game: &Game,
    ) -> Result<MinedReceipt, BridgeError> {
        let at = BlockId::number(game.l2_block);
        let header = self.child.header(at).await?;
        let header = header.ok_or(BridgeError::NotFound(B256::ZERO))?;
        let proof =
            self.child.proof(MESSAGE_PASSER, &[withdrawal.slot()], header.hash.into()).await?;
        let found = output_root(header.header.state_root, proof.storage_hash, header.hash);
        if found != game.root {
            let (block, claimed) = (game.l2_block, game.root);
            return Err(BridgeError::WrongGame { game: game.proxy, block, claimed, found });
        }
        let call = IOptimismPortal2::proveWithdrawalTransactionCall {
            withdrawal: withdrawal.to_abi(),
            disputeGameIndex: U256::from(game.index),
            outputRootProof: IOptimismPortal2::OutputRootProof {
                version: B256::ZERO,
                stateRoot: header.header.state_root,
                messagePasserStorageRoot: proof.storage_hash,
                latestBlockhash: header.hash,
            },
            withdrawalProof: proof
                .storage_proof
                .into_iter()
                .next()
                .map(|slot| slot.proof)
                .unwrap_or_default(),
        };
        Ok(txs.send(TxRequest::call(self.contracts.portal, call.abi_encode())).await?)
    }

    /// Resolves a game whose clock has run out. Anybody may; usually the proposer does.
    ///
    /// # Errors
    /// If a transaction cannot be sent or fails.
    pub async fn resolve(&self, txs: &TxManager, game: Address) -> Result<(), BridgeError> {
        let claim = IFaultDisputeGame::resolvedSubgamesCall { claimIndex: U256::ZERO };
        if !read(&*self.parent, game, &claim).await? {
            let call = IFaultDisputeGame::resolveClaimCall {
                claimIndex: U256::ZERO,
                numToResolve: U256::ZERO,
            };
            txs.send(TxRequest::call(game, call.abi_encode())).await?;
        }
        txs.send(TxRequest::call(game, IFaultDisputeGame::resolveCall {}.abi_encode())).await?;
        Ok(())
    }

    /// Finalises a withdrawal: the parent pays it out.
    ///
    /// # Errors
    /// [`BridgeError::MessageFailed`] if it is finalised but could not be paid out; otherwise if the
    /// transaction cannot be sent or fails.
    pub async fn finalize(
        &self,
        txs: &TxManager,
        withdrawal: &Withdrawal,
    ) -> Result<MinedReceipt, BridgeError> {
        let call =
            IOptimismPortal2::finalizeWithdrawalTransactionCall { withdrawal: withdrawal.to_abi() };
        let receipt = txs.send(TxRequest::call(self.contracts.portal, call.abi_encode())).await?;
        if !succeeded(&receipt) {
            return Err(BridgeError::MessageFailed(receipt.transaction_hash));
        }
        Ok(receipt)
    }
}
