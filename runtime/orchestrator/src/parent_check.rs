//! Whether a remote parent answers and is the chain that the project file says.

use crate::{launch::LaunchError, plan::ParentPlan};
use serde_json::{Value, json};
use std::time::Duration;

/// How long the parent may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks a remote parent for its chain id. A plan without one passes.
///
/// # Errors
/// [`LaunchError::ParentUnreachable`] or [`LaunchError::ParentWrongChain`].
pub async fn check(parent: &ParentPlan) -> Result<(), LaunchError> {
    let ParentPlan::Remote { rpc, chain_id } = parent else { return Ok(()) };
    let url = origin(rpc);
    let found = ask(rpc)
        .await
        .map_err(|reason| LaunchError::ParentUnreachable { url: url.clone(), reason })?;
    if found != *chain_id {
        return Err(LaunchError::ParentWrongChain { url, expected: *chain_id, found });
    }
    Ok(())
}

async fn ask(rpc: &str) -> Result<u64, String> {
    // The address may hold an access key, so errors are given without it.
    let plain = |error: reqwest::Error| cause(&error.without_url());
    let client = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(plain)?;
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
    let response = client.post(rpc).json(&request).send().await.map_err(plain)?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("HTTP status {status}"));
    }
    let answer: Value = response.json().await.map_err(plain)?;
    answer["result"]
        .as_str()
        .and_then(|id| u64::from_str_radix(id.strip_prefix("0x")?, 16).ok())
        .ok_or_else(|| "its answer to eth_chainId is not a chain id".to_owned())
}

/// The innermost reason: `connection refused` says more than `error sending request`.
fn cause(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// A URL without user, password, path and query.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}")
}
