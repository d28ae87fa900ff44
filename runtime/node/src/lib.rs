//! An OP Stack execution node: state, pool, block building, storage, JSON-RPC and Engine API.
