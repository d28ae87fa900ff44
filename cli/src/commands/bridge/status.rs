//! How far a transfer is, from its transaction hash alone.

use super::{
    StatusArgs, Tier,
    network::{Network, failed},
    report::Report,
    withdraw::Finisher,
};
use crate::{
    context::Context,
    error::{CliError, Code},
};
use gm_settlement::bridge::{BridgeError, DepositStatus, WithdrawalStatus, succeeded};

/// Finds the transaction on whichever tier holds it, and shows its transfer.
pub(super) async fn run(args: &StatusArgs, context: &Context) -> Result<(), CliError> {
    let network = Network::find(&args.source, context)?;
    let mut report = Report::default();
    for child in [Tier::L2, Tier::L3] {
        if deposit(args, context, &network, child, &mut report).await?
            || withdrawal(args, context, &network, child, &mut report).await?
        {
            context.output.result(&report, &report);
            return Ok(());
        }
    }
    let message = format!("no tier holds a deposit or withdrawal in transaction {}", args.tx);
    Err(CliError::new(Code::BridgeFailed, message, "check the hash, and that it is in a block"))
}

async fn deposit(
    args: &StatusArgs,
    context: &Context,
    network: &Network,
    child: Tier,
    report: &mut Report,
) -> Result<bool, CliError> {
    let hop = network.hop(child)?;
    let deposit = match hop.deposit_of(args.tx).await {
        Ok(deposit) => deposit,
        Err(BridgeError::NotFound(_) | BridgeError::NoDeposit(_)) => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    let parent = child.parent().unwrap_or(Tier::L1);
    let output = &context.output;
    let (tx, block) = (deposit.parent_tx, deposit.parent_block);
    let name = format!("deposit {} → {}", parent.name(), child.name());
    report.step(output, name, parent, Some(tx), Some(block));
    match hop.deposit_status(&deposit).await.map_err(failed)? {
        DepositStatus::Waiting => report.step(output, "not arrived yet", child, None, None),
        DepositStatus::Arrived(receipt) => {
            let name = if succeeded(&receipt) { "arrived" } else { "failed on arrival" };
            let (tx, block) = (receipt.transaction_hash, receipt.block.number);
            report.step(output, name, child, Some(tx), Some(block));
            report.is_final = true;
        }
    }
    Ok(true)
}

async fn withdrawal(
    args: &StatusArgs,
    context: &Context,
    network: &Network,
    child: Tier,
    report: &mut Report,
) -> Result<bool, CliError> {
    let hop = network.hop(child)?;
    let withdrawal = match hop.withdrawal_of(args.tx).await {
        Ok(withdrawal) => withdrawal,
        Err(BridgeError::NotFound(_) | BridgeError::NoWithdrawal(_)) => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    let parent = child.parent().unwrap_or(Tier::L1);
    let output = &context.output;
    let name = format!("withdraw {} → {}", child.name(), parent.name());
    report.step(output, name, child, Some(args.tx), Some(withdrawal.block));
    if args.finish {
        Finisher::new(network, &hop, child, output).finish(&withdrawal, report).await?;
    }
    let prover = network.signer.address();
    let status = hop.withdrawal_status(&withdrawal, prover).await.map_err(failed)?;
    report.is_final = status == WithdrawalStatus::Finalized;
    let name = match status {
        WithdrawalStatus::WaitingForGame => "waits for a proposal".to_owned(),
        WithdrawalStatus::Provable(game) => format!("provable by game {}", game.index),
        WithdrawalStatus::WaitingForResolution { at, .. } => format!("proven, resolvable at {at}"),
        WithdrawalStatus::WaitingForDelay { at } => format!("proven, finalisable at {at}"),
        WithdrawalStatus::Finalizable => "finalisable".to_owned(),
        WithdrawalStatus::Finalized => "finalised".to_owned(),
    };
    report.step(output, name, parent, None, None);
    Ok(true)
}
