//! Deposits, hop by hop.

use super::{
    CreateTokenArgs, Tier, TransferArgs,
    network::{Network, failed},
    report::Report,
};
use crate::{
    context::Context,
    error::{CliError, Code},
};
use alloy_primitives::U256;
use gm_settlement::bridge::Asset;
use serde_json::json;

/// What a transfer moves, and how much of it.
pub(super) fn asset(args: &TransferArgs) -> (Asset, U256) {
    match (args.token, args.child_token) {
        (Some(parent), Some(child)) => {
            (Asset::Erc20 { parent, child }, args.units.unwrap_or_default())
        }
        _ => (Asset::Eth, args.amount.map_or(U256::ZERO, |amount| amount.wei())),
    }
}

/// Refuses a token over more than one hop: it has another address on every tier.
pub(super) fn check_hops(args: &TransferArgs, hops: usize) -> Result<(), CliError> {
    if args.token.is_some() && hops > 1 {
        return Err(CliError::new(
            Code::Usage,
            "a token moves one hop at a time: it has another address on every tier",
            "name neighbouring tiers with --from and --to",
        ));
    }
    Ok(())
}

/// The rollups on the way up.
fn route(from: Tier, to: Tier) -> Result<Vec<Tier>, CliError> {
    let mut route = Vec::new();
    let mut at = from;
    while at < to {
        let Some(child) = at.child() else { break };
        route.push(child);
        at = child;
    }
    if route.is_empty() {
        let message = format!("a deposit goes up, not from {} to {}", from.name(), to.name());
        return Err(CliError::new(Code::Usage, message, "use `gm bridge withdraw` to go down"));
    }
    Ok(route)
}

/// Deposits over every hop on the way.
pub(super) async fn run(args: &TransferArgs, context: &Context) -> Result<(), CliError> {
    let network = Network::find(&args.source, context)?;
    let route = route(args.from.unwrap_or(Tier::L1), args.to.unwrap_or(Tier::L3))?;
    check_hops(args, route.len())?;
    let (asset, amount) = asset(args);
    let own = network.signer.address();
    let mut report = Report::default();
    for (index, child) in route.iter().enumerate() {
        let parent = child.parent().unwrap_or(Tier::L1);
        let last = index + 1 == route.len();
        let to = if last { args.recipient.unwrap_or(own) } else { own };
        let hop = network.hop(*child)?;
        let sender = network.sender(hop.parent()).await?;
        let deposit = hop.deposit(&sender, asset, to, amount).await.map_err(failed)?;
        let name = format!("deposit {} → {}", parent.name(), child.name());
        let (tx, block) = (deposit.parent_tx, deposit.parent_block);
        report.step(&context.output, name, parent, Some(tx), Some(block));
        let receipt = hop.arrived(&deposit).await.map_err(failed)?;
        let (tx, block) = (receipt.transaction_hash, receipt.block.number);
        report.step(
            &context.output,
            format!("arrived on {}", child.name()),
            *child,
            Some(tx),
            Some(block),
        );
    }
    report.is_final = true;
    context.output.result(&report, &report);
    Ok(())
}

/// Makes a rollup's token for a token of its parent.
pub(super) async fn create_token(
    args: &CreateTokenArgs,
    context: &Context,
) -> Result<(), CliError> {
    let network = Network::find(&args.source, context)?;
    let hop = network.hop(args.on)?;
    let sender = network.sender(hop.child()).await?;
    let token = hop
        .create_child_token(&sender, args.token, &args.name, &args.symbol)
        .await
        .map_err(failed)?;
    context.output.result(&json!({ "child_token": token }), format!("{token}\n"));
    Ok(())
}
