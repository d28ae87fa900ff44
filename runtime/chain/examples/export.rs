//! Writes the files that upstream clients load for a development network.
//!
//! usage: cargo run --release -p gm-chain --example export -- FOLDER L3_CHAIN_ID

use gm_chain::genesis::{NetworkParams, assemble};
use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().ok_or("no folder")?;
    let chain_id = arguments.next().ok_or("no chain id")?.parse()?;
    let network = assemble(&NetworkParams::development(1_700_000_000, "l3", chain_id))?;
    for (name, chain) in [("l1", &network.l1), ("l2", &network.l2), ("l3", &network.l3)] {
        let folder = Path::new(&folder).join(name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("genesis.json"), chain.genesis_json())?;
        fs::write(folder.join("chain-config.json"), chain.chain_config_json())?;
        fs::write(folder.join("genesis-hash"), chain.genesis_hash().to_string())?;
        if let Some(rollup) = &chain.rollup {
            fs::write(folder.join("rollup.json"), rollup.rollup_json())?;
        }
    }
    Ok(())
}
