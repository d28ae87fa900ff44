//! Filters that clients poll.

use super::RpcOptions;

/// The filters of all clients.
#[derive(Debug, Default)]
pub(super) struct Filters {}

impl Filters {
    pub(super) fn new(_options: &RpcOptions) -> Self {
        Self::default()
    }
}
