//! Reading contracts through a [`Parent`].

use crate::parent::{Call, Parent, ParentError};
use alloy_eips::BlockId;
use alloy_primitives::Address;
use alloy_sol_types::SolCall;

/// Calls a view function at the latest block.
///
/// # Errors
/// The parent's, with the revert data if the function reverts; [`ParentError::Malformed`] if what it
/// returns is not what the interface says.
pub(crate) async fn read<C: SolCall>(
    parent: &dyn Parent,
    contract: Address,
    call: &C,
) -> Result<C::Return, ParentError> {
    let call = Call { to: Some(contract), data: call.abi_encode().into(), ..Default::default() };
    let output = parent.call(&call, BlockId::latest()).await?;
    C::abi_decode_returns(&output).map_err(|error| ParentError::Malformed {
        method: "eth_call",
        reason: format!("{}: {error}", C::SIGNATURE),
    })
}
