//! What is told of a transfer.

use super::Tier;
use crate::output::Output;
use alloy_primitives::B256;
use serde::Serialize;
use std::fmt;

/// Every step of a transfer, in order.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// The steps.
    pub(super) steps: Vec<Step>,
    /// Whether nothing is left to do.
    #[serde(rename = "final")]
    pub(super) is_final: bool,
}

/// A transaction on the way.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// What it does, as `deposit l1 → l2`.
    pub(super) name: String,
    /// The tier it is on.
    pub(super) chain: &'static str,
    /// Its hash.
    pub(super) tx: Option<B256>,
    /// The block it is in.
    pub(super) block: Option<u64>,
}

impl Report {
    /// Adds a step, and shows it at once where people read.
    pub(super) fn step(
        &mut self,
        output: &Output,
        name: impl Into<String>,
        chain: Tier,
        tx: Option<B256>,
        block: Option<u64>,
    ) {
        let step = Step { name: name.into(), chain: chain.name(), tx, block };
        output.note(&step.to_string());
        self.steps.push(step);
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<26} {}", self.name, self.chain)?;
        if let Some(block) = self.block {
            write!(f, " block {block}")?;
        }
        if let Some(tx) = self.tx {
            write!(f, "  {tx}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", if self.is_final { "final" } else { "under way" })
    }
}
