//! `gm bridge`: ETH and ERC-20 between the tiers, every hop shown until it is final.

mod deposit;
mod keys;
mod network;
mod report;
mod status;
mod withdraw;

use crate::{args::parse, context::Context, error::CliError};
use alloy_primitives::{Address, B256, U256};
use clap::{Args, Subcommand, ValueEnum};
use gm_chain::{config::Amount, spec::Role};
use std::path::PathBuf;

/// Move ETH and ERC-20 tokens between the tiers
#[derive(Debug, Args)]
pub(crate) struct BridgeArgs {
    #[command(subcommand)]
    command: BridgeCommand,
}

#[derive(Debug, Subcommand)]
enum BridgeCommand {
    /// Move value up: from a chain to the rollup above it, and on
    Deposit(TransferArgs),
    /// Move value down: prove and finalise on each parent in turn
    Withdraw(TransferArgs),
    /// Show how far a deposit or withdrawal is, and take a withdrawal further with --finish
    Status(StatusArgs),
    /// Make the token on a rollup that stands for a token on its parent
    CreateToken(CreateTokenArgs),
}

/// A tier, as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Tier {
    /// The Layer 1
    L1,
    /// The Layer 2
    L2,
    /// The Layer 3
    L3,
}

impl Tier {
    const fn role(self) -> Role {
        match self {
            Self::L1 => Role::L1,
            Self::L2 => Role::L2,
            Self::L3 => Role::L3,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::L1 => "l1",
            Self::L2 => "l2",
            Self::L3 => "l3",
        }
    }

    /// The tier above.
    const fn child(self) -> Option<Self> {
        match self {
            Self::L1 => Some(Self::L2),
            Self::L2 => Some(Self::L3),
            Self::L3 => None,
        }
    }

    /// The tier below.
    const fn parent(self) -> Option<Self> {
        match self {
            Self::L1 => None,
            Self::L2 => Some(Self::L1),
            Self::L3 => Some(Self::L2),
        }
    }
}

/// Where the network and the keys are.
#[derive(Debug, Args)]
struct SourceArgs {
    /// Folder of the project
    #[arg(long, value_name = "PATH")]
    path: Option<PathBuf>,
    /// Which of the network's development accounts signs; GM_PRIVATE_KEY takes its place
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    account: usize,
}

#[derive(Debug, Args)]
struct TransferArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Tier the value comes from [default: l1 for a deposit, l3 for a withdrawal]
    #[arg(long, value_enum)]
    from: Option<Tier>,
    /// Tier it goes to [default: l3 for a deposit, l1 for a withdrawal]
    #[arg(long, value_enum)]
    to: Option<Tier>,
    /// How much ether, as "1.5 ether" or "20 gwei"
    #[arg(long, value_name = "AMOUNT", value_parser = parse::<Amount>, required_unless_present = "token")]
    amount: Option<Amount>,
    /// The token on the parent, for one hop of an ERC-20
    #[arg(long, value_name = "ADDRESS", requires_all = ["child_token", "units"], conflicts_with = "amount")]
    token: Option<Address>,
    /// The token on the rollup that stands for it; see `gm bridge create-token`
    #[arg(long, value_name = "ADDRESS")]
    child_token: Option<Address>,
    /// How much of the token, in its smallest unit
    #[arg(long, value_name = "NUMBER")]
    units: Option<U256>,
    /// Who receives it [default: the sender]
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<Address>,
}

#[derive(Debug, Args)]
struct StatusArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// The transaction that deposited or initiated the withdrawal
    tx: B256,
    /// Prove and finalise a withdrawal that is under way
    #[arg(long)]
    finish: bool,
}

#[derive(Debug, Args)]
struct CreateTokenArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// The rollup
    #[arg(long, value_enum)]
    on: Tier,
    /// The token on its parent
    #[arg(long, value_name = "ADDRESS")]
    token: Address,
    /// Name of the new token
    #[arg(long, default_value = "Bridged token")]
    name: String,
    /// Symbol of the new token
    #[arg(long, default_value = "BRIDGED")]
    symbol: String,
}

/// Runs a transfer, or shows one.
pub(crate) async fn run(args: &BridgeArgs, context: &Context) -> Result<(), CliError> {
    match &args.command {
        BridgeCommand::Deposit(args) => deposit::run(args, context).await,
        BridgeCommand::Withdraw(args) => withdraw::run(args, context).await,
        BridgeCommand::Status(args) => status::run(args, context).await,
        BridgeCommand::CreateToken(args) => deposit::create_token(args, context).await,
    }
}
