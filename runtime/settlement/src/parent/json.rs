//! JSON-RPC objects to consensus bytes, for every transaction type a parent may hold.

use alloy_consensus::TxEnvelope;
use alloy_eips::{BlockNumHash, eip2718::Encodable2718};
use alloy_primitives::{Address, B256, Bytes, Log, TxKind, U64, U128, U256};
use op_alloy_consensus::TxDeposit;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, DEPOSIT_TYPE, FoundLog, MinedReceipt, ParentReceipt};

/// A block with full transactions.
#[derive(Debug, Deserialize)]
pub(super) struct RpcBlock {
    #[serde(flatten)]
    pub(super) header: alloy_rpc_types_eth::Header,
    pub(super) transactions: Vec<Value>,
}

/// A deposit as op-geth, op-reth and `gm` write it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RpcDeposit {
    source_hash: B256,
    from: Address,
    to: Option<Address>,
    mint: Option<U256>,
    value: U256,
    gas: U64,
    #[serde(default)]
    is_system_tx: Option<bool>,
    input: Bytes,
}

/// Encodes a transaction object as EIP-2718 bytes.
pub(super) fn transaction(value: Value) -> Result<Bytes, serde_json::Error> {
    let deposit = value.get("type").and_then(Value::as_str).is_some_and(|ty| {
        u8::from_str_radix(ty.trim_start_matches("0x"), 16).is_ok_and(|ty| ty == DEPOSIT_TYPE)
    });
    if !deposit {
        let tx: alloy_rpc_types_eth::Transaction<TxEnvelope> = serde_json::from_value(value)?;
        return Ok(tx.inner.inner().encoded_2718().into());
    }
    let tx: RpcDeposit = serde_json::from_value(value)?;
    let deposit = TxDeposit {
        source_hash: tx.source_hash,
        from: tx.from,
        to: tx.to.map_or(TxKind::Create, TxKind::Call),
        mint: tx.mint.unwrap_or_default().saturating_to(),
        value: tx.value,
        gas_limit: tx.gas.to(),
        is_system_transaction: tx.is_system_tx.unwrap_or_default(),
        input: tx.input,
    };
    Ok(deposit.encoded_2718().into())
}

/// A receipt with what chains of every kind may add to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RpcReceipt {
    #[serde(default, rename = "type")]
    tx_type: U64,
    status: U64,
    cumulative_gas_used: U64,
    gas_used: U64,
    #[serde(default)]
    effective_gas_price: Option<U128>,
    transaction_hash: B256,
    transaction_index: U64,
    block_hash: Option<B256>,
    block_number: Option<U64>,
    contract_address: Option<Address>,
    logs: Vec<alloy_rpc_types_eth::Log>,
    #[serde(default)]
    deposit_nonce: Option<U64>,
    #[serde(default)]
    deposit_receipt_version: Option<U64>,
    #[serde(default)]
    l1_fee: Option<U128>,
    #[serde(default)]
    operator_fee_scalar: Option<U128>,
    #[serde(default)]
    operator_fee_constant: Option<U128>,
}

impl RpcReceipt {
    /// The part under the receipts root.
    pub(super) fn into_consensus(self) -> ParentReceipt {
        ParentReceipt {
            tx_type: self.tx_type.saturating_to(),
            status: self.status == U64::from(1),
            cumulative_gas_used: self.cumulative_gas_used.to(),
            logs: self.logs.into_iter().map(|log| log.inner).collect(),
            deposit_nonce: self.deposit_nonce.map(|n| n.to()),
            deposit_receipt_version: self.deposit_receipt_version.map(|v| v.to()),
        }
    }

    /// The receipt of a transaction that is in a block; `None` for one that is not.
    pub(super) fn into_mined(self) -> Option<MinedReceipt> {
        let block = BlockNumHash { hash: self.block_hash?, number: self.block_number?.to() };
        Some(MinedReceipt {
            transaction_hash: self.transaction_hash,
            block,
            transaction_index: self.transaction_index.to(),
            status: self.status == U64::from(1),
            gas_used: self.gas_used.to(),
            effective_gas_price: self.effective_gas_price.unwrap_or_default().to(),
            l1_fee: self.l1_fee.map(|fee| fee.to()),
            operator_fee: self
                .operator_fee_scalar
                .zip(self.operator_fee_constant)
                .map(|(scalar, constant)| (scalar.to(), constant.to())),
            logs: self.logs.into_iter().map(|log| log.inner).collect(),
            contract_address: self.contract_address,
        })
    }
}

/// A log with its place; `None` if it is not in a block or was removed by a reorganisation.
pub(super) fn found_log(log: alloy_rpc_types_eth::Log) -> Option<FoundLog> {
    if log.removed {
        return None;
    }
    let inner: Log = log.inner;
    Some(FoundLog {
        log: inner,
        block: BlockNumHash { hash: log.block_hash?, number: log.block_number? },
        transaction_hash: log.transaction_hash?,
        log_index: log.log_index?,
    })
}

/// A call as the methods take it.
pub(super) fn call_object(call: &Call) -> Value {
    let mut object = json!({ "value": call.value, "input": call.data });
    if let Some(from) = call.from {
        object["from"] = json!(from);
    }
    if let Some(to) = call.to {
        object["to"] = json!(to);
    }
    object
}
