//! Building a block here and checking it there.

use super::*;
use crate::testing::{COUNTER, account, call, deposit};
use alloy_primitives::U256;

#[tokio::test]
async fn a_block_built_here_is_valid_there() {
    let (ours, theirs) = (Remote::rollup(), Remote::rollup());
    ours.chain.submit(&call(0, 0, COUNTER)).unwrap();
    let forced = [deposit(1, account(8), COUNTER, 5)];
    let id = ours.start(attributes(&ours.chain, &forced, false)).await;
    // What comes in before the block is fetched still gets into it.
    ours.chain.submit(&call(1, 0, COUNTER)).unwrap();
    let envelope = ours.get(&id).await;
    let payload = &envelope["executionPayload"];
    assert_eq!(payload["transactions"].as_array().unwrap().len(), 3);
    assert_eq!(payload["transactions"][0], json!(forced[0]));
    assert_eq!(payload["extraData"], "0x00000000fa00000006");
    assert_eq!(envelope["executionRequests"], json!([]));
    assert_eq!(envelope["parentBeaconBlockRoot"], json!(B256::with_last_byte(8)));
    assert!(envelope["blockValue"].as_str().unwrap() > "0x0");
    // The block under an id stays as it is once it was handed out.
    ours.chain.submit(&call(2, 0, COUNTER)).unwrap();
    assert_eq!(ours.get(&id).await, envelope);

    let hash = payload["blockHash"].clone();
    for remote in [&ours, &theirs] {
        let status = remote.insert(&envelope).await.unwrap();
        let valid = json!({ "status": "VALID", "latestValidHash": hash, "validationError": null });
        assert_eq!(status, valid);
        assert_eq!(remote.chain.head().number, 0, "only a forkchoice update moves the head");
        assert_eq!(remote.select(&hash).await, valid);
        assert_eq!(json!(remote.chain.head().hash()), hash);
        let state = remote.chain.state_after(&remote.chain.head());
        assert_eq!(state.storage(COUNTER, U256::ZERO).unwrap(), U256::from(10));
        assert_eq!(remote.insert(&envelope).await.unwrap()["status"], "VALID");
    }
}

#[tokio::test]
async fn no_tx_pool_means_no_pool() {
    let remote = Remote::rollup();
    remote.chain.submit(&call(0, 0, COUNTER)).unwrap();
    let forced = [deposit(1, account(8), COUNTER, 0)];
    let envelope = remote.extend(attributes(&remote.chain, &forced, true)).await;
    assert_eq!(envelope["executionPayload"]["transactions"].as_array().unwrap().len(), 1);
    assert_eq!(remote.chain.pool().status().pending, 1);
    // The same attributes give the same id and the same block.
    let again = attributes(&remote.chain, &forced, true);
    assert_eq!(remote.start(again.clone()).await, remote.start(again).await);
}

#[tokio::test]
async fn an_l1_builds_too() {
    let (ours, theirs) = (Remote::new(testing::l1()), Remote::new(testing::l1()));
    ours.chain.submit(&call(0, 0, COUNTER)).unwrap();
    let mut wanted = attributes(&ours.chain, &[], false);
    for key in ["transactions", "gasLimit", "eip1559Params", "noTxPool"] {
        wanted.as_object_mut().unwrap().remove(key);
    }
    let mut envelope = ours.get(&ours.start(wanted).await).await;
    assert!(envelope["executionPayload"].get("withdrawalsRoot").is_none());
    assert!(envelope.get("parentBeaconBlockRoot").is_none());
    envelope["parentBeaconBlockRoot"] = json!(B256::with_last_byte(8));
    assert_eq!(theirs.insert(&envelope).await.unwrap()["status"], "VALID");
    let hash = envelope["executionPayload"]["blockHash"].clone();
    assert_eq!(theirs.select(&hash).await["status"], "VALID");
}

#[tokio::test]
async fn a_bad_payload_is_invalid_and_does_no_harm() {
    let (ours, theirs) = (Remote::rollup(), Remote::rollup());
    ours.chain.submit(&call(0, 0, COUNTER)).unwrap();
    let envelope = ours.get(&ours.start(attributes(&ours.chain, &[], false)).await).await;
    let parent = json!(theirs.chain.head().hash());

    // The hash does not fit: nothing can be said about ancestors.
    for (field, value) in [
        ("blockHash", json!(B256::ZERO)),
        ("stateRoot", json!(B256::ZERO)),
        ("gasUsed", json!("0x1")),
        ("transactions", json!([])),
        ("withdrawalsRoot", Value::Null),
        ("extraData", json!("0x")),
        ("extraData", json!("0x010000000000000000")),
        ("extraData", json!("0x000000000000000006")),
    ] {
        let mut bad = envelope.clone();
        bad["executionPayload"][field] = value;
        let status = theirs.insert(&bad).await.unwrap();
        assert_eq!(status["status"], "INVALID", "{field}");
        assert_eq!(status["latestValidHash"], Value::Null, "{field}");
    }

    // The hash fits, the content does not: the parent is the newest valid block.
    let mut bad = envelope.clone();
    bad["executionPayload"]["stateRoot"] = json!(B256::ZERO);
    rehash(&mut bad);
    let status = theirs.insert(&bad).await.unwrap();
    assert_eq!((&status["status"], &status["latestValidHash"]), (&json!("INVALID"), &parent));
    assert!(status["validationError"].as_str().unwrap().contains("stateRoot"));

    // So is a block on top of it, and a forkchoice that names either.
    let mut child = envelope.clone();
    child["executionPayload"]["parentHash"] = bad["executionPayload"]["blockHash"].clone();
    rehash(&mut child);
    for envelope in [&bad, &child] {
        let status = theirs.insert(envelope).await.unwrap();
        assert_eq!((&status["status"], &status["latestValidHash"]), (&json!("INVALID"), &parent));
        let status = theirs.select(&envelope["executionPayload"]["blockHash"]).await;
        assert_eq!((&status["status"], &status["latestValidHash"]), (&json!("INVALID"), &parent));
    }
    assert_eq!(theirs.chain.head().number, 0);
    assert_eq!(theirs.insert(&envelope).await.unwrap()["status"], "VALID");
}

#[tokio::test]
async fn transactions_that_no_block_may_hold() {
    let remote = Remote::rollup();
    let good = deposit(1, account(8), COUNTER, 0);
    let envelope = remote.get(&remote.start(attributes(&remote.chain, &[], true)).await).await;
    for raw in [
        // A deposit without its type byte: the decoder takes it, the protocol does not.
        good.slice(1..),
        Bytes::from_static(b"\x05rubbish"),
        Bytes::new(),
        [&good[..], &[0]].concat().into(),
        // A nonce that is not the sender's.
        call(0, 7, COUNTER),
    ] {
        let mut bad = envelope.clone();
        bad["executionPayload"]["transactions"] = json!([raw]);
        rehash(&mut bad);
        assert_eq!(remote.insert(&bad).await.unwrap()["status"], "INVALID", "{raw}");
        // The same as forced transactions: the attributes are invalid, so that an op-node tries
        // again with the deposits alone.
        let head = remote.chain.head().hash();
        let attributes = attributes(&remote.chain, &[good.clone(), raw.clone()], true);
        let err = remote.forkchoice(state(head, head, head), attributes).await.unwrap_err();
        assert_eq!(err.0, -38003, "{raw}");
    }
    remote.extend(attributes(&remote.chain, &[good], true)).await;
    assert_eq!(remote.chain.head().number, 1);
}

#[tokio::test]
async fn an_unknown_parent_has_to_come_first() {
    let (ours, theirs) = (Remote::rollup(), Remote::rollup());
    let first = ours.extend(attributes(&ours.chain, &[], true)).await;
    let second = ours.extend(attributes(&ours.chain, &[], true)).await;
    let syncing = json!({ "status": "SYNCING", "latestValidHash": null, "validationError": null });
    assert_eq!(theirs.insert(&second).await.unwrap(), syncing);
    assert_eq!(theirs.select(&second["executionPayload"]["blockHash"]).await, syncing);
    for envelope in [&first, &second] {
        assert_eq!(theirs.insert(envelope).await.unwrap()["status"], "VALID");
    }
    assert_eq!(theirs.select(&second["executionPayload"]["blockHash"]).await["status"], "VALID");
    assert_eq!(theirs.chain.head().number, 2);
}

#[tokio::test]
async fn wrong_parameters_have_their_codes() {
    let remote = Remote::rollup();
    let envelope = remote.get(&remote.start(attributes(&remote.chain, &[], true)).await).await;
    let payload = &envelope["executionPayload"];
    let root = &envelope["parentBeaconBlockRoot"];
    let method = "engine_newPayloadV4";
    for params in [
        json!([]),
        json!([payload]),
        json!([payload, [], root]),
        json!([payload, [], null, []]),
        json!([payload, null, root, []]),
        json!([payload, [], root, ["0x00"]]),
        json!([payload, [], root, ["0x0100", "0x0000"]]),
        json!([{}, [], root, []]),
        json!(["0x", [], root, []]),
        json!({ "payload": payload }),
    ] {
        assert_eq!(remote.code(method, params.clone()).await, -32602, "{params}");
    }
    for field in ["withdrawals", "blobGasUsed", "excessBlobGas", "baseFeePerGas"] {
        let mut payload = payload.clone();
        payload.as_object_mut().unwrap().remove(field);
        assert_eq!(remote.code(method, json!([payload, [], root, []])).await, -32602, "{field}");
    }
    assert_eq!(remote.code("engine_newPayloadV3", json!([payload, [], root])).await, -38005);
    assert_eq!(remote.code("engine_getPayloadV3", json!(["0x0300000000000000"])).await, -38005);
    assert_eq!(remote.code("engine_getPayloadV4", json!(["0x0300000000000000"])).await, -38001);
    assert_eq!(remote.code("engine_getPayloadV4", json!(["0x03"])).await, -32602);
}

#[tokio::test]
async fn bodies_and_names() {
    let remote = Remote::rollup();
    let mut hashes = vec![json!(B256::ZERO)];
    for number in 1..=3 {
        let forced = [deposit(number, account(8), COUNTER, 0)];
        let envelope = remote.extend(attributes(&remote.chain, &forced, true)).await;
        hashes.push(envelope["executionPayload"]["blockHash"].clone());
    }
    let by_hash = remote.call("engine_getPayloadBodiesByHashV1", json!([hashes])).await.unwrap();
    assert_eq!(by_hash[0], Value::Null);
    let method = "engine_getPayloadBodiesByRangeV1";
    let by_range = remote.call(method, json!(["0x1", "0x9"])).await.unwrap();
    assert_eq!(by_range.as_array().unwrap(), &by_hash.as_array().unwrap()[1..]);
    assert_eq!(by_range[2]["transactions"], json!([deposit(3, account(8), COUNTER, 0)]));
    assert_eq!(by_range[2]["withdrawals"], json!([]));
    assert_eq!(remote.call(method, json!(["0x9", "0x1"])).await.unwrap(), json!([]));
    assert_eq!(remote.code(method, json!(["0x0", "0x1"])).await, -32602);
    assert_eq!(remote.code(method, json!(["0x1", "0x0"])).await, -32602);
    assert_eq!(remote.code(method, json!(["0x1", "0x401"])).await, -38004);
    let many = vec![B256::ZERO; 1025];
    assert_eq!(remote.code("engine_getPayloadBodiesByHashV1", json!([many])).await, -38004);

    let known = remote.call("engine_exchangeCapabilities", json!([["engine_x"]])).await.unwrap();
    assert!(known.as_array().unwrap().contains(&json!("engine_newPayloadV4")));
    for name in known.as_array().unwrap() {
        assert!(remote.module.method(name.as_str().unwrap()).is_some(), "{name}");
    }
    let client = remote.call("engine_getClientVersionV1", json!([{}])).await.unwrap();
    assert_eq!(client[0]["code"], "GM");
}

/// Makes the payload's hash fit its content.
fn rehash(envelope: &mut Value) {
    let chain = testing::rollup();
    let payload: super::super::payload::Payload =
        serde_json::from_value(envelope["executionPayload"].clone()).unwrap();
    let root = serde_json::from_value(envelope["parentBeaconBlockRoot"].clone()).unwrap();
    let empty = alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
    let header = payload.header(&chain, root, empty).unwrap();
    envelope["executionPayload"]["blockHash"] = json!(header.hash_slow());
}
