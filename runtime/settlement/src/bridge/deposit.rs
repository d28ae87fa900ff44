//! From the parent to the rollup.

use super::{Asset, BridgeError, Hop, L2_ERC20_FACTORY, MESSAGE_GAS, succeeded};
use crate::{
    contract::read,
    parent::MinedReceipt,
    txmgr::{TxManager, TxRequest},
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent};
use gm_chain::abi::{IL1StandardBridge, IOptimismMintableERC20Factory, ITestToken};
use kona_protocol::{DEPOSIT_EVENT_ABI_HASH, decode_deposit};

/// A deposit that is in a block of the parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposit {
    /// The transaction on the parent.
    pub parent_tx: B256,
    /// The block of the parent.
    pub parent_block: u64,
    /// The transactions that the rollup makes of it.
    pub child_txs: Vec<B256>,
}

/// How far a deposit is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "made one at a time and looked at at once")]
pub enum DepositStatus {
    /// The rollup has not taken it yet.
    Waiting,
    /// In a block of the rollup.
    Arrived(MinedReceipt),
}

impl Hop {
    /// Sends `amount` (wei, or the token's smallest unit) to `to` on the rollup. Tokens are approved
    /// first. Returns once the transaction is in a block of the parent.
    ///
    /// # Errors
    /// If a transaction cannot be sent or fails.
    pub async fn deposit(
        &self,
        txs: &TxManager,
        asset: Asset,
        to: Address,
        amount: U256,
    ) -> Result<Deposit, BridgeError> {
        let bridge = self.contracts.standard_bridge;
        let request = match asset {
            Asset::Eth => {
                let call = IL1StandardBridge::bridgeETHToCall {
                    to,
                    minGasLimit: MESSAGE_GAS,
                    extraData: Bytes::new(),
                };
                TxRequest::call(bridge, call.abi_encode()).with_value(amount)
            }
            Asset::Erc20 { parent, child } => {
                let approve = ITestToken::approveCall { spender: bridge, amount };
                txs.send(TxRequest::call(parent, approve.abi_encode())).await?;
                let call = IL1StandardBridge::bridgeERC20ToCall {
                    localToken: parent,
                    remoteToken: child,
                    to,
                    amount,
                    minGasLimit: MESSAGE_GAS,
                    extraData: Bytes::new(),
                };
                TxRequest::call(bridge, call.abi_encode())
            }
        };
        let receipt = txs.send(request).await?;
        self.deposit_of(receipt.transaction_hash).await
    }

    /// The deposit that a transaction on the parent made.
    ///
    /// # Errors
    /// [`BridgeError::NotFound`], [`BridgeError::Reverted`] or [`BridgeError::NoDeposit`].
    pub async fn deposit_of(&self, hash: B256) -> Result<Deposit, BridgeError> {
        let receipt = self.parent.transaction_receipt(hash).await?;
        let receipt = receipt.ok_or(BridgeError::NotFound(hash))?;
        if !receipt.status {
            return Err(BridgeError::Reverted(hash));
        }
        let block = receipt.block.hash;
        let receipts = self.parent.receipts(block).await?.ok_or(BridgeError::NotFound(hash))?;
        let before = receipts.iter().take(receipt.transaction_index as usize);
        // A deposit's hash depends on the log's place among all logs of the block.
        let first = before.map(|receipt| receipt.logs.len()).sum::<usize>();
        let mut child_txs = Vec::new();
        for (index, log) in receipt.logs.iter().enumerate() {
            let is_deposit = log.address == self.contracts.portal
                && log.topics().first() == Some(&DEPOSIT_EVENT_ABI_HASH);
            if is_deposit {
                let raw = decode_deposit(block, first + index, log)
                    .map_err(|error| BridgeError::Malformed(error.to_string()))?;
                child_txs.push(keccak256(&raw));
            }
        }
        if child_txs.is_empty() {
            return Err(BridgeError::NoDeposit(hash));
        }
        Ok(Deposit { parent_tx: hash, parent_block: receipt.block.number, child_txs })
    }

    /// How far a deposit is. One that failed on the rollup has arrived, with a failed receipt.
    ///
    /// # Errors
    /// If the rollup cannot be read.
    pub async fn deposit_status(&self, deposit: &Deposit) -> Result<DepositStatus, BridgeError> {
        let mut last = None;
        for hash in &deposit.child_txs {
            match self.child.transaction_receipt(*hash).await? {
                None => return Ok(DepositStatus::Waiting),
                Some(receipt) => last = Some(receipt),
            }
        }
        Ok(last.map_or(DepositStatus::Waiting, DepositStatus::Arrived))
    }

    /// Waits until a deposit is in a block of the rollup.
    ///
    /// # Errors
    /// [`BridgeError::Reverted`] or [`BridgeError::MessageFailed`] if it failed there.
    pub async fn arrived(&self, deposit: &Deposit) -> Result<MinedReceipt, BridgeError> {
        loop {
            let head = self.child.header(alloy_eips::BlockId::latest()).await?;
            if let DepositStatus::Arrived(receipt) = self.deposit_status(deposit).await? {
                let tx = receipt.transaction_hash;
                return match (receipt.status, succeeded(&receipt)) {
                    (false, _) => Err(BridgeError::Reverted(tx)),
                    (true, false) => Err(BridgeError::MessageFailed(tx)),
                    (true, true) => Ok(receipt),
                };
            }
            self.child.head_changed(head.map_or(B256::ZERO, |head| head.hash)).await;
        }
    }

    /// Makes the token on the rollup that stands for `token` on the parent, and gives its address.
    ///
    /// # Errors
    /// If the transaction cannot be sent or fails.
    pub async fn create_child_token(
        &self,
        txs: &TxManager,
        token: Address,
        name: &str,
        symbol: &str,
    ) -> Result<Address, BridgeError> {
        let call = IOptimismMintableERC20Factory::createOptimismMintableERC20Call {
            remoteToken: token,
            name: name.to_owned(),
            symbol: symbol.to_owned(),
        };
        let receipt = txs.send(TxRequest::call(L2_ERC20_FACTORY, call.abi_encode())).await?;
        let created = receipt.logs.iter().find_map(|log| {
            let event =
                IOptimismMintableERC20Factory::OptimismMintableERC20Created::decode_log(log);
            event.ok().map(|event| event.localToken)
        });
        created.ok_or(BridgeError::Reverted(receipt.transaction_hash))
    }

    /// What `owner` has of `token`, on the rollup or on the parent.
    ///
    /// # Errors
    /// If the chain cannot be read or the token is none.
    pub async fn token_balance(
        &self,
        on_child: bool,
        token: Address,
        owner: Address,
    ) -> Result<U256, BridgeError> {
        let chain = if on_child { &self.child } else { &self.parent };
        Ok(read(&**chain, token, &ITestToken::balanceOfCall { owner }).await?)
    }
}
