//! Dispute games on the parent, as the proposer and the bridge read them.

use crate::{
    contract::read,
    parent::{Parent, ParentError},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::sol;
use gm_chain::{
    abi::{IDelayedWETH, IDisputeGameFactory, IFaultDisputeGame},
    deploy::PERMISSIONED_GAME,
};
use std::sync::Arc;

sol! {
    /// `DelayedWETH` of a game.
    function weth() external view returns (address weth);
}

/// How a game stands.
///
/// Specification: <https://specs.optimism.io/fault-proof/stage-one/dispute-game-interface.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GameStatus {
    /// Not over yet.
    InProgress,
    /// The claim was refuted.
    ChallengerWins,
    /// The claim stands.
    DefenderWins,
}

/// A dispute game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Game {
    /// Its place in the factory's list.
    pub index: u64,
    /// The game type.
    pub kind: u32,
    /// The game's contract.
    pub proxy: Address,
    /// When it was created, in seconds of the parent's time.
    pub created_at: u64,
    /// The output root it claims.
    pub root: B256,
    /// The rollup's block that the output is of.
    pub l2_block: u64,
}

/// The games of one rollup.
#[derive(Debug, Clone)]
pub struct Games {
    parent: Arc<dyn Parent>,
    factory: Address,
}

impl Games {
    /// The games of a factory on `parent`.
    pub const fn new(parent: Arc<dyn Parent>, factory: Address) -> Self {
        Self { parent, factory }
    }

    /// `DisputeGameFactory`.
    pub const fn factory(&self) -> Address {
        self.factory
    }

    /// How many there are.
    pub async fn count(&self) -> Result<u64, ParentError> {
        let count =
            read(&*self.parent, self.factory, &IDisputeGameFactory::gameCountCall {}).await?;
        Ok(count.saturating_to())
    }

    /// The game at an index below [`Self::count`].
    pub async fn at(&self, index: u64) -> Result<Game, ParentError> {
        let call = IDisputeGameFactory::gameAtIndexCall { index: U256::from(index) };
        let found = read(&*self.parent, self.factory, &call).await?;
        let root = read(&*self.parent, found.proxy, &IFaultDisputeGame::rootClaimCall {}).await?;
        let block =
            read(&*self.parent, found.proxy, &IFaultDisputeGame::l2BlockNumberCall {}).await?;
        Ok(Game {
            index,
            kind: found.gameType,
            proxy: found.proxy,
            created_at: found.timestamp,
            root,
            l2_block: block.saturating_to(),
        })
    }

    /// How a game stands.
    pub async fn status(&self, game: &Game) -> Result<GameStatus, ParentError> {
        self.status_of(game.proxy).await
    }

    /// How the game at an address stands.
    pub async fn status_of(&self, proxy: Address) -> Result<GameStatus, ParentError> {
        let status = read(&*self.parent, proxy, &IFaultDisputeGame::statusCall {}).await?;
        Ok(match status {
            0 => GameStatus::InProgress,
            1 => GameStatus::ChallengerWins,
            _ => GameStatus::DefenderWins,
        })
    }

    /// When a game was resolved, in seconds of the parent's time; zero before.
    pub async fn resolved_at(&self, game: &Game) -> Result<u64, ParentError> {
        read(&*self.parent, game.proxy, &IFaultDisputeGame::resolvedAtCall {}).await
    }

    /// How long each side may think, in seconds: unchallenged, a game can be resolved after this.
    pub async fn max_clock_duration(&self, game: &Game) -> Result<u64, ParentError> {
        read(&*self.parent, game.proxy, &IFaultDisputeGame::maxClockDurationCall {}).await
    }

    /// What a game owes `player` of its bonds, in wei.
    pub async fn credit(&self, game: &Game, player: Address) -> Result<U256, ParentError> {
        let call = IFaultDisputeGame::creditCall { recipient: player };
        read(&*self.parent, game.proxy, &call).await
    }

    /// Seconds from a game's resolution to the payment of its bonds.
    pub async fn bond_delay(&self, game: &Game) -> Result<u64, ParentError> {
        let weth = read(&*self.parent, game.proxy, &wethCall {}).await?;
        Ok(read(&*self.parent, weth, &IDelayedWETH::delayCall {}).await?.saturating_to())
    }

    /// Whether the game's root claim is resolved, which comes before the game itself.
    pub async fn is_claim_resolved(&self, game: &Game) -> Result<bool, ParentError> {
        let call = IFaultDisputeGame::resolvedSubgamesCall { claimIndex: U256::ZERO };
        read(&*self.parent, game.proxy, &call).await
    }

    /// Whether a permissioned game with this claim exists.
    pub async fn exists(&self, root: B256, extra: Bytes) -> Result<bool, ParentError> {
        let call = IDisputeGameFactory::gamesCall {
            gameType: PERMISSIONED_GAME,
            rootClaim: root,
            extraData: extra,
        };
        Ok(!read(&*self.parent, self.factory, &call).await?.proxy.is_zero())
    }

    /// What a new game costs, in wei.
    pub async fn bond(&self) -> Result<U256, ParentError> {
        let call = IDisputeGameFactory::initBondsCall { gameType: PERMISSIONED_GAME };
        read(&*self.parent, self.factory, &call).await
    }
}
