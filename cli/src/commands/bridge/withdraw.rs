//! Withdrawals, hop by hop: initiate, prove, resolve, wait, finalise.

use super::{
    Tier, TransferArgs,
    deposit::{asset, check_hops},
    network::{Network, failed},
    report::Report,
};
use crate::{
    context::Context,
    error::{CliError, Code},
    output::Output,
};
use alloy_primitives::B256;
use gm_settlement::{
    bridge::{Hop, Withdrawal, WithdrawalStatus},
    txmgr::TxManager,
};
use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// The rollups on the way down.
fn route(from: Tier, to: Tier) -> Result<Vec<Tier>, CliError> {
    let mut route = Vec::new();
    let mut at = from;
    while at > to {
        let Some(parent) = at.parent() else { break };
        route.push(at);
        at = parent;
    }
    if route.is_empty() {
        let message = format!("a withdrawal goes down, not from {} to {}", from.name(), to.name());
        return Err(CliError::new(Code::Usage, message, "use `gm bridge deposit` to go up"));
    }
    Ok(route)
}

/// Withdraws over every hop on the way.
pub(super) async fn run(args: &TransferArgs, context: &Context) -> Result<(), CliError> {
    let network = Network::find(&args.source, context)?;
    let route = route(args.from.unwrap_or(Tier::L3), args.to.unwrap_or(Tier::L1))?;
    check_hops(args, route.len())?;
    let (asset, amount) = asset(args);
    let own = network.signer.address();
    let mut report = Report::default();
    for (index, child) in route.iter().enumerate() {
        let last = index + 1 == route.len();
        let to = if last { args.recipient.unwrap_or(own) } else { own };
        let hop = network.hop(*child)?;
        let sender = network.sender(hop.child()).await?;
        let (withdrawal, receipt) =
            hop.withdraw(&sender, asset, to, amount).await.map_err(failed)?;
        let parent = child.parent().unwrap_or(Tier::L1);
        let name = format!("withdraw {} → {}", child.name(), parent.name());
        let (tx, block) = (receipt.transaction_hash, receipt.block.number);
        report.step(&context.output, name, *child, Some(tx), Some(block));
        Finisher::new(&network, &hop, *child, &context.output)
            .finish(&withdrawal, &mut report)
            .await?;
    }
    report.is_final = true;
    context.output.result(&report, &report);
    Ok(())
}

/// How long the proposer is given to resolve its game before we do.
const PROPOSER_FIRST: Duration = Duration::from_secs(5);

/// Takes one withdrawal to its end.
pub(super) struct Finisher<'a> {
    network: &'a Network,
    hop: &'a Hop,
    child: Tier,
    output: &'a Output,
    /// Since when the game could have been resolved.
    resolvable: Cell<Option<Instant>>,
}

impl<'a> Finisher<'a> {
    /// What finishes withdrawals over `hop`.
    pub(super) const fn new(
        network: &'a Network,
        hop: &'a Hop,
        child: Tier,
        output: &'a Output,
    ) -> Self {
        Self { network, hop, child, output, resolvable: Cell::new(None) }
    }

    /// Proves, waits and finalises, whatever of that is still to be done.
    pub(super) async fn finish(
        &self,
        withdrawal: &Withdrawal,
        report: &mut Report,
    ) -> Result<(), CliError> {
        let sender = self.network.sender(self.hop.parent()).await?;
        while !self.advance(&sender, withdrawal, report).await? {}
        Ok(())
    }

    /// Does what can be done now, or waits a moment. Gives whether the withdrawal is final.
    async fn advance(
        &self,
        sender: &TxManager,
        withdrawal: &Withdrawal,
        report: &mut Report,
    ) -> Result<bool, CliError> {
        let (hop, output) = (self.hop, self.output);
        let parent = self.child.parent().unwrap_or(Tier::L1);
        let head = hop.parent().header(alloy_eips::BlockId::latest()).await;
        let status = hop.withdrawal_status(withdrawal, sender.address()).await.map_err(failed)?;
        match status {
            WithdrawalStatus::Finalized => return Ok(true),
            WithdrawalStatus::WaitingForGame => {
                let seen = head.ok().flatten().map_or(B256::ZERO, |head| head.hash);
                hop.parent().head_changed(seen).await;
            }
            WithdrawalStatus::Provable(game) => {
                let receipt = hop.prove(sender, withdrawal, &game).await.map_err(failed)?;
                let (tx, block) = (receipt.transaction_hash, receipt.block.number);
                report.step(output, "proven", parent, Some(tx), Some(block));
            }
            WithdrawalStatus::WaitingForResolution { game, at } => {
                if hop.parent_time().await.map_err(failed)? < at {
                    self.network.pass_time(parent, at).await?;
                    return Ok(false);
                }
                let since = self.resolvable.get().unwrap_or_else(Instant::now);
                self.resolvable.set(Some(since));
                if since.elapsed() < PROPOSER_FIRST {
                    let seen = head.ok().flatten().map_or(B256::ZERO, |head| head.hash);
                    let changed = hop.parent().head_changed(seen);
                    let _ = tokio::time::timeout(PROPOSER_FIRST, changed).await;
                    return Ok(false);
                }
                // The proposer resolves its games; where it does not, anybody can.
                if let Err(error) = hop.resolve(sender, game).await {
                    tracing::debug!(%error, "the game was resolved by somebody else");
                }
            }
            WithdrawalStatus::WaitingForDelay { at } => self.network.pass_time(parent, at).await?,
            WithdrawalStatus::Finalizable => {
                let receipt = hop.finalize(sender, withdrawal).await.map_err(failed)?;
                let (tx, block) = (receipt.transaction_hash, receipt.block.number);
                report.step(output, "finalised", parent, Some(tx), Some(block));
            }
        }
        Ok(false)
    }
}
