//! Moving the heads.

use super::*;
use crate::testing::{COUNTER, account, call, deposit};

#[tokio::test]
async fn the_heads_go_where_they_are_told() {
    let remote = Remote::rollup();
    let mut hashes = vec![remote.chain.head().hash()];
    for _ in 0..3 {
        remote.extend(attributes(&remote.chain, &[], true)).await;
        hashes.push(remote.chain.head().hash());
    }
    remote.forkchoice(state(hashes[3], hashes[2], hashes[1]), Value::Null).await.unwrap();
    let heads = remote.chain.heads();
    assert_eq!((heads.latest.number, heads.safe.number, heads.finalized.number), (3, 2, 1));

    // Zero leaves a label as it is.
    let zero = B256::ZERO;
    remote.forkchoice(state(hashes[3], zero, zero), Value::Null).await.unwrap();
    assert_eq!(remote.chain.heads(), heads);

    // A rollup may go back to an ancestor, with its safe head, but not below the finalized one.
    remote.forkchoice(state(hashes[2], hashes[1], hashes[1]), Value::Null).await.unwrap();
    let heads = remote.chain.heads();
    assert_eq!((heads.latest.number, heads.safe.number, heads.finalized.number), (2, 1, 1));
    let back = state(hashes[0], hashes[0], hashes[0]);
    assert_eq!(remote.forkchoice(back, Value::Null).await.unwrap_err().0, -38002);
    assert_eq!(remote.chain.heads(), heads);
}

#[tokio::test]
async fn an_l1_ignores_its_own_past() {
    let chain = testing::l1();
    let remote = Remote::new(chain.clone());
    let genesis = chain.head().hash();
    testing::produce(&chain);
    let answer = remote.forkchoice(state(genesis, genesis, genesis), Value::Null).await.unwrap();
    assert_eq!(answer["payloadStatus"]["status"], "VALID");
    assert_eq!(chain.head().number, 1);
}

#[tokio::test]
async fn a_forkchoice_that_contradicts_itself_moves_nothing() {
    let remote = Remote::rollup();
    let genesis = remote.chain.head().hash();
    // Two blocks on the genesis, of which the first is the head.
    let first = remote.extend(attributes(&remote.chain, &[], true)).await;
    let first: B256 =
        serde_json::from_value(first["executionPayload"]["blockHash"].clone()).unwrap();
    remote.select(&json!(genesis)).await;
    let forced = [deposit(1, account(8), COUNTER, 0)];
    let second = remote.get(&remote.start(attributes(&remote.chain, &forced, true)).await).await;
    remote.insert(&second).await.unwrap();
    let second: B256 =
        serde_json::from_value(second["executionPayload"]["blockHash"].clone()).unwrap();
    remote.select(&json!(first)).await;

    let unknown = B256::with_last_byte(1);
    for bad in [
        state(second, first, genesis),
        state(second, genesis, first),
        state(second, unknown, genesis),
        state(second, genesis, unknown),
    ] {
        let err = remote.forkchoice(bad.clone(), Value::Null).await.unwrap_err();
        assert_eq!(err.0, -38002, "{bad}");
        assert_eq!(remote.chain.head().hash(), first);
    }
    let answer = remote.forkchoice(state(unknown, genesis, genesis), Value::Null).await.unwrap();
    assert_eq!(answer["payloadStatus"]["status"], "SYNCING");
    let answer = remote.forkchoice(state(B256::ZERO, genesis, genesis), Value::Null).await.unwrap();
    assert_eq!(answer["payloadStatus"]["status"], "INVALID");

    // The other branch, by one update.
    remote.forkchoice(state(second, second, genesis), Value::Null).await.unwrap();
    assert_eq!(remote.chain.head().hash(), second);
    assert_eq!(remote.chain.canonical_hash(1).unwrap(), Some(second));
}

#[tokio::test]
async fn bad_attributes_are_refused_and_the_head_moves_all_the_same() {
    let remote = Remote::rollup();
    let genesis = remote.chain.head().hash();
    remote.extend(attributes(&remote.chain, &[], true)).await;
    let head = remote.chain.head().hash();
    let good = attributes(&remote.chain, &[], true);
    for (field, value) in [
        ("timestamp", json!("0x2")),
        ("timestamp", json!("0x0")),
        ("withdrawals", Value::Null),
        ("parentBeaconBlockRoot", Value::Null),
        ("gasLimit", Value::Null),
        ("eip1559Params", Value::Null),
        ("eip1559Params", json!("0x0000000000000001")),
        ("minBaseFee", json!(7)),
        ("transactions", json!(["0x"])),
        ("transactions", json!([call(0, 3, COUNTER)])),
        (
            "withdrawals",
            json!([{ "index": "0x0", "validatorIndex": "0x0", "address": account(0),
                "amount": "0x1" }]),
        ),
    ] {
        remote.select(&json!(genesis)).await;
        let mut bad = good.clone();
        bad[field] = value;
        let err = remote.forkchoice(state(head, genesis, genesis), bad).await.unwrap_err();
        assert_eq!(err.0, -38003, "{field}: {err:?}");
        assert_eq!(remote.chain.head().hash(), head, "{field}");
    }
    for bad in [json!({}), json!("x"), json!({ "timestamp": 5 })] {
        let err = remote.forkchoice(state(head, genesis, genesis), bad).await.unwrap_err();
        assert_eq!(err.0, -32602);
    }
    for version in ["engine_forkchoiceUpdatedV1", "engine_forkchoiceUpdatedV2"] {
        let now = state(head, genesis, genesis);
        assert!(remote.call(version, json!([now, null])).await.is_ok());
        assert_eq!(remote.code(version, json!([now, good])).await, -38005);
    }
}
