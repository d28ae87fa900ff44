//! The methods of the Engine API.

use super::{Engine, EngineError, payload::Payload};
use crate::rpc::{Methods, Node, RpcError};
use alloy_primitives::{B256, Bytes, U64};
use alloy_rpc_types_engine::{ForkchoiceState, ForkchoiceUpdated, PayloadId, PayloadStatus};
use jsonrpsee::RpcModule;
use op_alloy_rpc_types_engine::OpPayloadAttributes;
use serde_json::{Value, json};
use std::sync::Arc;

/// The methods that do something on the chains made here, in alphabetical order.
pub(super) const CAPABILITIES: [&str; 8] = [
    "engine_forkchoiceUpdatedV1",
    "engine_forkchoiceUpdatedV2",
    "engine_forkchoiceUpdatedV3",
    "engine_getClientVersionV1",
    "engine_getPayloadBodiesByHashV1",
    "engine_getPayloadBodiesByRangeV1",
    "engine_getPayloadV4",
    "engine_newPayloadV4",
];

/// Parameters of `engine_newPayloadV4`; all must be there.
type NewPayload = (Payload, Option<Vec<B256>>, Option<B256>, Option<Vec<Bytes>>);

impl Engine {
    /// The `engine_` methods as a module. `node` bounds how many run at once: give the engine a
    /// node of its own, so that no other client can hold it up.
    pub fn module(self: Arc<Self>, node: Arc<Node>) -> RpcModule<()> {
        let mut methods = Methods::new(node);
        self.forkchoice_methods(&mut methods);
        self.payload_methods(&mut methods);
        methods
            .quick("engine_exchangeCapabilities", |_, (_theirs,): (Vec<String>,)| Ok(CAPABILITIES))
            .quick("engine_getClientVersionV1", |_, (_theirs,): (Option<Value>,)| {
                Ok([client_version()])
            });
        methods.finish()
    }

    fn forkchoice_methods(self: &Arc<Self>, methods: &mut Methods) {
        type Args = (ForkchoiceState, Option<OpPayloadAttributes>);
        let engine = self.clone();
        methods.heavy("engine_forkchoiceUpdatedV3", move |_, (state, attributes): Args| {
            Ok(engine.forkchoice_updated(state, attributes)?)
        });
        for name in ["engine_forkchoiceUpdatedV1", "engine_forkchoiceUpdatedV2"] {
            let engine = self.clone();
            let update = move |(state, attributes): Args| -> Result<ForkchoiceUpdated, RpcError> {
                if attributes.is_some() {
                    let reason = format!("{name} with attributes is for earlier forks");
                    return Err(EngineError::UnsupportedFork(reason).into());
                }
                Ok(engine.forkchoice_updated(state, None)?)
            };
            methods.heavy(name, move |_, args: Args| update(args));
        }
    }

    fn payload_methods(self: &Arc<Self>, methods: &mut Methods) {
        let engine = self.clone();
        methods.heavy("engine_newPayloadV4", move |_, args: NewPayload| {
            engine.new_payload_v4(args).map_err(Into::into)
        });
        let engine = self.clone();
        methods.heavy("engine_getPayloadV4", move |_, (id,): (PayloadId,)| Ok(engine.payload(id)?));
        for name in ["engine_newPayloadV1", "engine_newPayloadV2", "engine_newPayloadV3"] {
            methods
                .quick(name, move |_, _: (Value, Option<Value>, Option<Value>)| unsupported(name));
        }
        for name in ["engine_getPayloadV1", "engine_getPayloadV2", "engine_getPayloadV3"] {
            methods.quick(name, move |_, (_id,): (PayloadId,)| unsupported(name));
        }
        let engine = self.clone();
        methods.heavy("engine_getPayloadBodiesByHashV1", move |_, (hashes,): (Vec<B256>,)| {
            Ok(engine.bodies_by_hash(&hashes)?)
        });
        let engine = self.clone();
        methods.heavy("engine_getPayloadBodiesByRangeV1", move |_, (start, count): (U64, U64)| {
            Ok(engine.bodies_by_range(start.to(), count.to())?)
        });
    }

    fn new_payload_v4(&self, args: NewPayload) -> Result<PayloadStatus, EngineError> {
        let (payload, hashes, beacon_root, requests) = args;
        let missing = |name: &str| EngineError::Params(format!("missing {name}"));
        let hashes = hashes.ok_or_else(|| missing("versionedHashes"))?;
        let beacon_root = beacon_root.ok_or_else(|| missing("parentBeaconBlockRoot"))?;
        let requests = requests.ok_or_else(|| missing("executionRequests"))?;
        self.new_payload(payload, &hashes, beacon_root, requests)
    }
}

fn unsupported(name: &str) -> Result<(), RpcError> {
    let reason = format!("{name} is for earlier forks than Prague");
    Err(EngineError::UnsupportedFork(reason).into())
}

/// Who we are.
///
/// Specification: <https://github.com/ethereum/execution-apis/blob/main/src/engine/identification.md>.
fn client_version() -> Value {
    json!({
        "code": "GM",
        "name": "gm",
        "version": env!("CARGO_PKG_VERSION"),
        "commit": "0x00000000",
    })
}
