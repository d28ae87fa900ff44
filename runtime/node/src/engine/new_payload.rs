//! `engine_newPayload`: a block that somebody else built.

use super::{Engine, EngineError, invalid::Verdict, payload::Payload};
use crate::chain::{ChainError, decode_transactions};
use alloy_consensus::Header;
use alloy_eips::eip7685::Requests;
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_engine::{PayloadStatus, PayloadStatusEnum};

impl Engine {
    /// Checks a block and stores it. It joins the canonical chain only by a forkchoice update.
    ///
    /// Whatever is wrong with the block itself is a status, not an error, and changes nothing.
    pub(super) fn new_payload(
        &self,
        payload: Payload,
        versioned_hashes: &[B256],
        beacon_root: B256,
        requests: Vec<Bytes>,
    ) -> Result<PayloadStatus, EngineError> {
        check_requests(&requests)?;
        let _turn = self.turn.lock();
        if !versioned_hashes.is_empty() {
            return Ok(invalid(None, "versioned hashes without blob transactions"));
        }
        if self.chain.spec().is_rollup() && !requests.is_empty() {
            return Ok(invalid(None, "execution requests on a rollup"));
        }
        let requests_hash = Requests::new(requests).requests_hash();
        let header = match payload.header(&self.chain, beacon_root, requests_hash) {
            Ok(header) => header,
            Err(reason) => return Ok(invalid(None, reason)),
        };
        let (hash, claimed) = (header.hash_slow(), payload.v1().block_hash);
        if hash != claimed {
            return Ok(invalid(None, format!("blockhash mismatch, want {claimed}, got {hash}")));
        }
        if self.chain.header(hash)?.is_some() {
            return Ok(valid(hash));
        }
        let verdict = {
            let known = self.invalid.lock();
            known.get(hash).or_else(|| known.get(header.parent_hash)).cloned()
        };
        if let Some(verdict) = verdict {
            self.invalid.lock().insert(hash, verdict.clone());
            return Ok(invalid(Some(verdict.latest_valid), verdict.reason));
        }
        self.insert(hash, &header, &payload.v1().transactions)
    }

    fn insert(
        &self,
        hash: B256,
        header: &Header,
        transactions: &[Bytes],
    ) -> Result<PayloadStatus, EngineError> {
        // What was built here was executed here.
        let own = self.builds.lock().by_hash(hash);
        let result = match own {
            Some(built) => self.chain.store_block(&built),
            None => decode_transactions(transactions)
                .and_then(|transactions| self.chain.check(header, transactions))
                .and_then(|built| self.chain.store_block(&built)),
        };
        match result {
            Ok(()) => Ok(valid(hash)),
            Err(ChainError::UnknownParent(_)) => {
                Ok(PayloadStatus::from_status(PayloadStatusEnum::Syncing))
            }
            Err(err) if err.is_invalid() => {
                let reason = err.to_string();
                let Some(parent) = self.chain.header(header.parent_hash)? else {
                    return Ok(invalid(None, reason));
                };
                debug_assert_eq!(parent.hash_slow(), header.parent_hash);
                tracing::warn!(%hash, number = header.number, reason, "invalid payload");
                let verdict = Verdict { latest_valid: header.parent_hash, reason: reason.clone() };
                self.invalid.lock().insert(hash, verdict);
                Ok(invalid(Some(header.parent_hash), reason))
            }
            Err(err) => Err(err.into()),
        }
    }
}

/// EIP-7685: each request has a type and data, in ascending order of types.
fn check_requests(requests: &[Bytes]) -> Result<(), EngineError> {
    let mut last = None;
    for request in requests {
        if request.len() < 2 {
            return Err(EngineError::Params("empty execution request".into()));
        }
        if last.is_some_and(|last| last >= request[0]) {
            return Err(EngineError::Params("execution requests are not in order".into()));
        }
        last = Some(request[0]);
    }
    Ok(())
}

fn valid(hash: B256) -> PayloadStatus {
    PayloadStatus::new(PayloadStatusEnum::Valid, Some(hash))
}

fn invalid(latest_valid: Option<B256>, reason: impl Into<String>) -> PayloadStatus {
    let status = PayloadStatusEnum::Invalid { validation_error: reason.into() };
    PayloadStatus::new(status, latest_valid)
}
