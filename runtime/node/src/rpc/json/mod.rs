//! Blocks, transactions, receipts and logs as JSON-RPC shows them.

mod block;
mod l1_fee;
mod log;
mod receipt;
mod transaction;

pub(crate) use block::{BlockJson, HeaderJson, block, header};
pub(crate) use l1_fee::L1Fees;
pub(crate) use log::{block_logs, count_before, receipt_logs};
pub(crate) use receipt::{ReceiptJson, block_receipts, receipt};
pub(crate) use transaction::{TransactionJson, pool_transaction, transaction};
