//! The manager itself.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::{BlockId, eip2718::Encodable2718};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use tokio::sync::Mutex;
use tracing::{debug, info, warn};

use super::{GasLimit, Offer, Ticket, TxError, TxManagerConfig, TxRequest, TxStatus, calldata_gas};
use crate::parent::{Call, MinedReceipt, Parent, ParentError};

#[derive(Debug)]
struct InFlight {
    request: TxRequest,
    gas: u64,
    offer: Offer,
    raw: Bytes,
    /// Every version sent under this nonce, newest last: any of them may be the one included.
    hashes: Vec<B256>,
    sent_at: u64,
}

#[derive(Debug, Default)]
struct State {
    next_nonce: Option<u64>,
    in_flight: BTreeMap<u64, InFlight>,
    /// `(nonce, parent block)` since when the account has waited on a transaction we do not know.
    stuck: Option<(u64, u64)>,
}

/// Sends the transactions of one account. Share it: two managers for one key would fight over
/// nonces.
#[derive(Debug)]
pub struct TxManager {
    parent: Arc<dyn Parent>,
    signer: PrivateKeySigner,
    chain_id: u64,
    config: TxManagerConfig,
    state: Mutex<State>,
}

impl TxManager {
    /// A manager for `signer`'s account on `parent`.
    ///
    /// # Errors
    /// [`TxError::Parent`] if the parent does not tell its chain id.
    pub async fn new(
        parent: Arc<dyn Parent>,
        signer: PrivateKeySigner,
        config: TxManagerConfig,
    ) -> Result<Self, TxError> {
        let chain_id = parent.chain_id().await?;
        Ok(Self { parent, signer, chain_id, config, state: Mutex::default() })
    }

    /// The account.
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// The chain it sends to.
    pub fn parent(&self) -> &Arc<dyn Parent> {
        &self.parent
    }

    /// Forgets what was sent and reads the nonce anew: after the parent changed under us. What is in
    /// the pool stays there; see [`Self::settled`].
    pub async fn reset(&self) {
        *self.state.lock().await = State::default();
    }

    /// Whether nothing of the account waits in the parent's pool. After a restart, ask before sending
    /// anything that an earlier transaction may already contain. A transaction of an earlier
    /// run that stays out of blocks for `resubmit_after` blocks is replaced by an empty one.
    ///
    /// # Errors
    /// [`TxError::Parent`] if the parent cannot be read.
    pub async fn settled(&self) -> Result<bool, TxError> {
        let mut state = self.state.lock().await;
        let latest = self.nonce(BlockId::latest()).await?;
        let pending = self.nonce(BlockId::pending()).await?;
        if pending <= latest {
            state.stuck = None;
            return Ok(true);
        }
        let head = self.head_number().await?;
        match state.stuck {
            Some((nonce, since)) if nonce == latest => {
                if head >= since + self.config.resubmit_after {
                    self.cancel(latest).await?;
                    state.stuck = Some((latest, head));
                }
            }
            _ => state.stuck = Some((latest, head)),
        }
        Ok(false)
    }

    /// Waits until [`Self::settled`].
    ///
    /// # Errors
    /// As [`Self::settled`].
    pub async fn settle(&self) -> Result<(), TxError> {
        loop {
            let seen = self.head_hash().await?;
            if self.settled().await? {
                return Ok(());
            }
            self.wait_for_head(seen).await;
        }
    }

    /// Signs and hands in a transaction under the account's next nonce.
    ///
    /// # Errors
    /// [`TxError::InsufficientFunds`], [`TxError::TooExpensive`], or the parent's refusal; the nonce
    /// is free again then.
    pub async fn submit(&self, request: TxRequest) -> Result<Ticket, TxError> {
        let mut state = self.state.lock().await;
        let gas = self.gas_limit(&request).await?;
        let offer = self.offer().await?;
        let sent_at = self.head_number().await?;
        // Twice: once more if another transaction of the account took the nonce we had in mind.
        for attempt in 0..2 {
            let nonce = match state.next_nonce {
                Some(nonce) => nonce,
                None => self.nonce(BlockId::pending()).await?,
            };
            let (raw, hash) = self.sign(&request, nonce, gas, offer)?;
            match self.hand_in(&raw).await {
                Ok(()) => {
                    debug!(%hash, nonce, from = %self.address(), "sent");
                    let hashes = vec![hash];
                    let sent = InFlight { request, gas, offer, raw, hashes, sent_at };
                    state.in_flight.insert(nonce, sent);
                    state.next_nonce = Some(nonce + 1);
                    return Ok(Ticket(nonce));
                }
                Err(error) if attempt == 0 && refuses_nonce(&error) => {
                    state.next_nonce = None;
                }
                Err(error) => return Err(error),
            }
        }
        let nonce = state.next_nonce.unwrap_or_default();
        Err(TxError::NonceTaken { from: self.address(), nonce })
    }

    /// Looks where a transaction is, and helps it along: hands it in again if the parent forgot it,
    /// raises its fee if it waits too long. Also true to a reorganisation: what was mined may be
    /// pending again.
    ///
    /// # Errors
    /// [`TxError::NonceTaken`] if it can never be included any more; otherwise passing ones.
    pub async fn poll(&self, ticket: Ticket) -> Result<TxStatus, TxError> {
        let mut state = self.state.lock().await;
        let from = self.address();
        let nonce = ticket.0;
        let Some(tx) = state.in_flight.get_mut(&nonce) else {
            return Err(TxError::UnknownTicket { from, nonce });
        };
        // The nonce first: a transaction included between the two reads must not look lost.
        let mined_nonce = self.nonce(BlockId::latest()).await?;
        for hash in tx.hashes.iter().rev() {
            if let Some(receipt) = self.parent.transaction_receipt(*hash).await? {
                return Ok(TxStatus::Mined(receipt));
            }
        }
        if mined_nonce > nonce {
            return Err(TxError::NonceTaken { from, nonce });
        }
        let head = self.head_number().await?;
        if head < tx.sent_at {
            tx.sent_at = head;
        }
        if head >= tx.sent_at + self.config.resubmit_after {
            self.raise(tx, nonce, head).await?;
        } else if self.nonce(BlockId::pending()).await? <= nonce {
            debug!(nonce, %from, "the parent forgot a transaction; handing it in again");
            ignore_known(self.hand_in(&tx.raw).await)?;
        }
        Ok(TxStatus::Pending)
    }

    /// Stops following a transaction.
    pub async fn forget(&self, ticket: Ticket) {
        self.state.lock().await.in_flight.remove(&ticket.0);
    }

    /// Waits until a transaction is in a block, and stops following it.
    ///
    /// # Errors
    /// As [`Self::poll`].
    pub async fn wait(&self, ticket: Ticket) -> Result<MinedReceipt, TxError> {
        loop {
            let seen = self.head_hash().await?;
            if let TxStatus::Mined(receipt) = self.poll(ticket).await? {
                self.forget(ticket).await;
                return Ok(receipt);
            }
            self.wait_for_head(seen).await;
        }
    }

    /// Sends a transaction and waits until it has succeeded in a block.
    ///
    /// # Errors
    /// [`TxError::Reverted`] if it failed there; otherwise as [`Self::submit`] and [`Self::poll`].
    pub async fn send(&self, request: TxRequest) -> Result<MinedReceipt, TxError> {
        let ticket = self.submit(request).await?;
        let receipt = self.wait(ticket).await?;
        if receipt.status {
            Ok(receipt)
        } else {
            let (hash, block) = (receipt.transaction_hash, receipt.block.number);
            Err(TxError::Reverted { hash, block })
        }
    }

    async fn wait_for_head(&self, seen: B256) {
        let _ =
            tokio::time::timeout(self.config.poll_interval, self.parent.head_changed(seen)).await;
    }

    /// Sends the transaction again with a higher fee.
    async fn raise(&self, tx: &mut InFlight, nonce: u64, head: u64) -> Result<(), TxError> {
        let offer = tx.offer.bumped(self.config.bump_percent, self.offer().await?);
        self.check_limit(offer)?;
        let (raw, hash) = self.sign(&tx.request, nonce, tx.gas, offer)?;
        info!(%hash, nonce, max_fee = offer.max_fee, "raising the fee of a waiting transaction");
        ignore_known(self.hand_in(&raw).await)?;
        tx.offer = offer;
        tx.raw = raw;
        tx.hashes.push(hash);
        tx.sent_at = head;
        Ok(())
    }

    /// Replaces whatever waits under `nonce` by a transaction that does nothing.
    async fn cancel(&self, nonce: u64) -> Result<(), TxError> {
        let now = self.offer().await?;
        let offer = now.bumped(100, now);
        self.check_limit(offer)?;
        let nothing = TxRequest {
            to: Some(self.address()),
            value: U256::ZERO,
            data: Bytes::new(),
            gas: GasLimit::Calldata,
        };
        let (raw, hash) = self.sign(&nothing, nonce, calldata_gas(&[]), offer)?;
        warn!(%hash, nonce, "replacing a transaction of an earlier run that stays out of blocks");
        // A refusal means the old one offers more; it is waited for further.
        if let Err(error) = ignore_known(self.hand_in(&raw).await) {
            debug!(%error, nonce, "replacement refused");
        }
        Ok(())
    }

    async fn gas_limit(&self, request: &TxRequest) -> Result<u64, TxError> {
        match request.gas {
            GasLimit::Calldata => Ok(calldata_gas(&request.data)),
            GasLimit::Exactly(gas) => Ok(gas),
            GasLimit::Estimate => {
                let call = Call {
                    from: Some(self.address()),
                    to: request.to,
                    value: request.value,
                    data: request.data.clone(),
                };
                let gas = self.parent.estimate_gas(&call).await?;
                Ok(gas.saturating_add(gas / 2))
            }
        }
    }

    async fn offer(&self) -> Result<Offer, TxError> {
        let offer = Offer::from_fees(self.parent.fees().await?);
        self.check_limit(offer)?;
        Ok(offer)
    }

    fn check_limit(&self, offer: Offer) -> Result<(), TxError> {
        let limit = self.config.max_fee_limit;
        if offer.max_fee > limit {
            return Err(TxError::TooExpensive { asked: offer.max_fee, limit });
        }
        Ok(())
    }

    fn sign(
        &self,
        request: &TxRequest,
        nonce: u64,
        gas_limit: u64,
        offer: Offer,
    ) -> Result<(Bytes, B256), TxError> {
        let tx = TxEip1559 {
            chain_id: self.chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: offer.max_fee,
            max_priority_fee_per_gas: offer.tip,
            to: request.to.map_or(TxKind::Create, TxKind::Call),
            value: request.value,
            access_list: Default::default(),
            input: request.data.clone(),
        };
        let signature = self
            .signer
            .sign_hash_sync(&tx.signature_hash())
            .map_err(|e| TxError::Sign { from: self.address(), reason: e.to_string() })?;
        let signed = TxEnvelope::from(tx.into_signed(signature));
        Ok((signed.encoded_2718().into(), *signed.tx_hash()))
    }

    async fn hand_in(&self, raw: &Bytes) -> Result<(), TxError> {
        match self.parent.send_raw_transaction(raw).await {
            Ok(_) => Ok(()),
            Err(error)
                if says(&error, &["already known", "known transaction", "already imported"]) =>
            {
                Ok(())
            }
            Err(ParentError::Rpc { message, .. })
                if message.to_lowercase().contains("insufficient funds") =>
            {
                Err(TxError::InsufficientFunds { from: self.address(), message })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn nonce(&self, at: BlockId) -> Result<u64, TxError> {
        Ok(self.parent.nonce(self.address(), at).await?)
    }

    async fn head_number(&self) -> Result<u64, TxError> {
        Ok(self.head().await?.0)
    }

    async fn head_hash(&self) -> Result<B256, TxError> {
        Ok(self.head().await?.1)
    }

    async fn head(&self) -> Result<(u64, B256), TxError> {
        let header = self.parent.header(BlockId::latest()).await?;
        let header = header.ok_or(ParentError::Malformed {
            method: "eth_getBlockByNumber",
            reason: "no latest block".into(),
        })?;
        Ok((header.header.number, header.hash))
    }
}

/// Whether the parent's refusal holds one of these phrases. Clients agree on the words, not on codes.
fn says(error: &ParentError, phrases: &[&str]) -> bool {
    let ParentError::Rpc { message, .. } = error else { return false };
    let message = message.to_lowercase();
    phrases.iter().any(|phrase| message.contains(phrase))
}

fn refuses_nonce(error: &TxError) -> bool {
    let phrases = ["nonce too low", "replacement transaction underpriced"];
    matches!(error, TxError::Parent(error) if says(error, &phrases))
}

/// A refusal of a repetition is not a failure: the transaction, or a better one, is there already.
fn ignore_known(result: Result<(), TxError>) -> Result<(), TxError> {
    match result {
        Err(error) if refuses_nonce(&error) => Ok(()),
        other => other,
    }
}
