//! op-geth makes the genesis block that we computed out of each `genesis.json`.

use crate::network::Files;
use gm_tests::upstream::Programs;

#[tokio::test(flavor = "multi_thread")]
async fn op_geth_computes_the_same_genesis_blocks() {
    let programs = Programs::build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let files = Files::assemble(dir.path());
    for tier in ["l1", "l2", "l3"] {
        let hash =
            programs.genesis_hash(&files.genesis(tier), &dir.path().join(tier)).await.unwrap();
        assert_eq!(hash, files.spec(tier).genesis_hash(), "genesis block of the {tier}");
    }
}
