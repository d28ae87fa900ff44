//! Inserting a block that somebody else built: execute it and compare every header field.

use super::{Built, Chain, ChainError};
use crate::execute::{ExecuteError, Transactions, execute, next_base_fee};
use alloy_consensus::{Header, transaction::Recovered};
use alloy_primitives::B256;
use op_alloy_consensus::OpTxEnvelope;
use std::fmt::Debug;

impl Chain {
    /// Executes a block and checks it against its header. Nothing is written: [`Chain::commit`]
    /// does that.
    ///
    /// Fails with [`ChainError::UnknownParent`] if the parent has to come first, and with an error
    /// for which [`ChainError::is_invalid`] holds if the block is invalid.
    pub fn check(
        &self,
        header: &Header,
        transactions: Vec<Recovered<OpTxEnvelope>>,
    ) -> Result<Built, ChainError> {
        let parent = self
            .header(header.parent_hash)?
            .ok_or(ChainError::UnknownParent(header.parent_hash))?;
        self.check_header(header, &parent)?;
        let state = self.state_at(header.parent_hash, &parent);
        let body = Transactions { forced: &transactions, offer: None };
        let execution = execute(&self.spec, &self.forks, state, header, body)?;
        let built = self.seal(header.clone(), transactions, execution)?;
        compare(header, &built.executed.header)?;
        Ok(built)
    }

    /// Checks what can be told from the parent alone.
    fn check_header(&self, header: &Header, parent: &Header) -> Result<(), ExecuteError> {
        same("number", header.number, parent.number + 1)?;
        let fee = next_base_fee(&self.spec, &self.forks, parent);
        same("baseFeePerGas", header.base_fee_per_gas, Some(fee))?;
        same("difficulty", header.difficulty, Default::default())?;
        same("nonce", header.nonce, Default::default())?;
        same("excessBlobGas", header.excess_blob_gas, Some(0))?;
        same("sha3Uncles", header.ommers_hash, alloy_consensus::EMPTY_OMMER_ROOT_HASH)?;
        if header.gas_used > header.gas_limit {
            return Err(differs("gasUsed", header.gas_used, format!("≤ {}", header.gas_limit)));
        }
        if header.timestamp <= parent.timestamp {
            return Err(differs("timestamp", header.timestamp, format!("> {}", parent.timestamp)));
        }
        if self.spec.is_rollup() {
            let valid = op_alloy_consensus::decode_holocene_extra_data(&header.extra_data).is_ok()
                || op_alloy_consensus::decode_jovian_extra_data(&header.extra_data).is_ok();
            if !valid {
                return Err(differs("extraData", &header.extra_data, "EIP-1559 parameters"));
            }
        }
        Ok(())
    }
}

fn compare(header: &Header, ours: &Header) -> Result<(), ExecuteError> {
    same("gasUsed", header.gas_used, ours.gas_used)?;
    same("receiptsRoot", header.receipts_root, ours.receipts_root)?;
    same("logsBloom", header.logs_bloom, ours.logs_bloom)?;
    same("transactionsRoot", header.transactions_root, ours.transactions_root)?;
    same("stateRoot", header.state_root, ours.state_root)?;
    same("withdrawalsRoot", header.withdrawals_root, ours.withdrawals_root)?;
    same("requestsHash", header.requests_hash, ours.requests_hash)?;
    same("blobGasUsed", header.blob_gas_used, ours.blob_gas_used)?;
    same::<B256>("hash", header.hash_slow(), ours.hash_slow())
}

fn same<T: PartialEq + Debug>(
    field: &'static str,
    found: T,
    expected: T,
) -> Result<(), ExecuteError> {
    if found == expected { Ok(()) } else { Err(differs(field, found, expected)) }
}

fn differs(field: &'static str, found: impl Debug, expected: impl Debug) -> ExecuteError {
    ExecuteError::Header { field, found: format!("{found:?}"), expected: format!("{expected:?}") }
}
