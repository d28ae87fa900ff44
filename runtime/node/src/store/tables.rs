//! The tables of the database. Numbers are big-endian so that ranges run in block order.

use redb::TableDefinition;

/// Trie nodes: Keccak hash → RLP. Content-addressed, never deleted.
pub(super) const NODES: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("nodes");
/// Contract code: Keccak hash → bytes.
pub(super) const CODES: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("codes");
/// Blocks: block hash → RLP of (block, senders).
pub(super) const BLOCKS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("blocks");
/// Headers: block hash → RLP.
pub(super) const HEADERS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("headers");
/// Receipts: block hash → RLP list of EIP-2718 receipts.
pub(super) const RECEIPTS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("receipts");
/// The canonical chain: number → block hash.
pub(super) const CANONICAL: TableDefinition<'_, u64, &[u8; 32]> = TableDefinition::new("canonical");
/// Transactions: transaction hash ‖ block hash → index. One transaction may sit in blocks of two
/// forks; the reader picks the canonical one.
pub(super) const TRANSACTIONS: TableDefinition<'_, &[u8; 64], u64> =
    TableDefinition::new("transactions");
/// Log index: address (left-padded) or topic ‖ block number → nothing.
pub(super) const LOG_INDEX: TableDefinition<'_, &[u8; 40], ()> = TableDefinition::new("log_index");
/// Small values by name.
pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// The layout version, 8 bytes.
pub(super) const META_LAYOUT: &str = "layout";
/// The genesis hash.
pub(super) const META_GENESIS: &str = "genesis";
/// Hashes of the latest, safe and finalized blocks, 96 bytes.
pub(super) const META_HEADS: &str = "heads";
