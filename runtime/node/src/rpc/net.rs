//! The `net_` and `web3_` methods.

use super::Methods;
use alloy_primitives::{Bytes, U64, keccak256};

pub(super) fn register(methods: &mut Methods) {
    methods
        .quick("net_version", |node, ()| Ok(node.chain.chain_id().to_string()))
        .quick("net_listening", |_, ()| Ok(true))
        .quick("net_peerCount", |_, ()| Ok(U64::ZERO))
        .quick("web3_clientVersion", |_, ()| Ok(client_version()))
        .quick("web3_sha3", |_, (data,): (Bytes,)| Ok(keccak256(data)));
}

/// Name, version and platform, as other clients write it.
fn client_version() -> String {
    let (version, os, arch) =
        (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    format!("gm/v{version}/{os}-{arch}")
}
