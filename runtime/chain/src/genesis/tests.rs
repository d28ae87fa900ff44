use super::*;
use std::time::Instant;

#[test]
fn timing() {
    let params = NetworkParams::development(1_700_000_000, "l3", 202_402_181_627);
    for _ in 0..5 {
        let start = Instant::now();
        let network = assemble(&params).expect("development parameters");
        eprintln!(
            "{:?} {} {}",
            start.elapsed(),
            network.l2.genesis.alloc.len(),
            network.l1.genesis_hash()
        );
    }
}
