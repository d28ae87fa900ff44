//! The blocks of a simulation in order, gaps filled.

use super::error::{Error, Refusal};
use crate::block::Block;
use alloy_primitives::{Address, U256, map::HashSet};
use alloy_rpc_types_eth::{
    BlockOverrides, TransactionRequest,
    simulate::{MAX_SIMULATE_BLOCKS, SimBlock},
    state::StateOverride,
};

/// One block to simulate.
#[derive(Debug, Default)]
pub(super) struct Planned {
    pub(super) number: u64,
    pub(super) timestamp: u64,
    pub(super) block: BlockOverrides,
    pub(super) state: StateOverride,
    pub(super) calls: Vec<TransactionRequest>,
}

/// Numbers and times of all blocks on top of `base`. Both must rise; a gap between numbers is
/// filled with empty blocks, `block_time` seconds apart.
pub(super) fn plan(
    base: &Block,
    blocks: Vec<SimBlock>,
    block_time: u64,
) -> Result<Vec<Planned>, Error> {
    if blocks.is_empty() {
        return Err(Refusal::Params.with("empty input"));
    }
    let mut planned = Vec::new();
    let (mut number, mut timestamp) = (base.number, base.timestamp);
    for SimBlock { block_overrides, state_overrides, calls } in blocks {
        let block = block_overrides.unwrap_or_default();
        let next = block.number.unwrap_or_else(|| U256::from(number) + U256::ONE);
        if next <= U256::from(number) {
            let message = format!("block numbers must be in order: {next} <= {number}");
            return Err(Refusal::BlockNumber.with(message));
        }
        if next - U256::from(base.number) > U256::from(MAX_SIMULATE_BLOCKS) {
            return Err(Refusal::Limit.with("too many blocks"));
        }
        let next: u64 = next.saturating_to();
        for number in number + 1..next {
            timestamp += block_time;
            planned.push(Planned { number, timestamp, ..Default::default() });
        }
        let time = block.time.unwrap_or(timestamp.saturating_add(block_time));
        if time <= timestamp {
            let message = format!("block timestamps must be in order: {time} <= {timestamp}");
            return Err(Refusal::Timestamp.with(message));
        }
        (number, timestamp) = (next, time);
        let state = state_overrides.unwrap_or_default();
        check_moves(&state)?;
        planned.push(Planned { number, timestamp, block, state, calls });
    }
    Ok(planned)
}

/// A precompile moves to a place of its own.
fn check_moves(state: &StateOverride) -> Result<(), Error> {
    let mut taken: HashSet<Address> = HashSet::default();
    for (address, account) in state {
        let Some(to) = account.move_precompile_to else { continue };
        if to == *address {
            let message = format!("movePrecompileToAddress of {address} names itself");
            return Err(Refusal::MoveToItself.with(message));
        }
        if !taken.insert(to) || state.contains_key(&to) {
            return Err(Refusal::MoveToSame.with(format!("account {to} is already overridden")));
        }
    }
    Ok(())
}
