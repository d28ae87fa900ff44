//! Turns a project into a plan, and a plan into running chains.

pub mod embedded;
pub mod launch;
pub mod manifest;
pub mod node;
pub mod parent_check;
pub mod plan;
pub mod process;
pub mod registry;
pub mod state_dir;
