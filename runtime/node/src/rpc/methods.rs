//! Registering methods: typed parameters in, JSON out, heavy work off the async workers.

use super::{Args, Node, RpcError};
use jsonrpsee::{
    RpcModule,
    types::{ErrorObjectOwned, Params},
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::sync::Arc;

type Answer = Result<Box<RawValue>, ErrorObjectOwned>;

/// A module in the making.
#[derive(Debug)]
pub struct Methods {
    pub(super) module: RpcModule<()>,
    pub(super) node: Arc<Node>,
}

impl Methods {
    /// An empty module for `node`.
    pub fn new(node: Arc<Node>) -> Self {
        Self { module: RpcModule::new(()), node }
    }

    /// The node the methods work on.
    pub const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Adds a method that takes microseconds. It runs where the request is read.
    pub fn quick<A: Args, R: Serialize>(
        &mut self,
        name: &'static str,
        method: impl Fn(&Node, A) -> Result<R, RpcError> + Send + Sync + 'static,
    ) -> &mut Self {
        let node = self.node.clone();
        let result = self.module.register_method(name, move |params, _, _| -> Answer {
            Ok(answer(A::parse(&params).and_then(|args| method(&node, args)))?)
        });
        check(name, result.map(|_| ()));
        self
    }

    /// Adds a method that may take long. It runs on a thread of its own, and only
    /// [`RpcOptions::heavy_calls`](super::RpcOptions) of them at a time.
    pub fn heavy<A: Args + Send + 'static, R: Serialize>(
        &mut self,
        name: &'static str,
        method: impl Fn(&Node, A) -> Result<R, RpcError> + Send + Sync + 'static,
    ) -> &mut Self {
        let (node, method) = (self.node.clone(), Arc::new(method));
        let result = self.module.register_async_method(name, move |params, _, _| {
            let (node, method) = (node.clone(), method.clone());
            async move {
                let args = A::parse(&params)?;
                let result = node.clone().run(move |node| answer(method(node, args))).await;
                Answer::Ok(result?)
            }
        });
        check(name, result.map(|_| ()));
        self
    }

    /// Adds a method that waits for something. `method` parses the parameters at once and gives what
    /// waits.
    pub fn waiting<R: Serialize, F: Future<Output = Result<R, RpcError>> + Send + 'static>(
        &mut self,
        name: &'static str,
        method: impl Fn(Arc<Node>, &Params<'_>) -> F + Clone + Send + Sync + 'static,
    ) -> &mut Self {
        let node = self.node.clone();
        let result = self.module.register_async_method(name, move |params, _, _| {
            let waits = method(node.clone(), &params);
            async move { Answer::Ok(answer(waits.await)?) }
        });
        check(name, result.map(|_| ()));
        self
    }

    /// The finished module.
    pub fn finish(self) -> RpcModule<()> {
        self.module
    }
}

impl Node {
    /// Runs heavy work off the async workers, when its turn comes.
    pub async fn run<R: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self) -> Result<R, RpcError> + Send + 'static,
    ) -> Result<R, RpcError> {
        let stopped = |_| RpcError::Internal("the node is stopping".into());
        let permit = self.heavy.clone().acquire_owned().await.map_err(stopped)?;
        let result = tokio::task::spawn_blocking(move || {
            let result = work(&self);
            drop(permit);
            result
        });
        result.await.map_err(|err| RpcError::Internal(err.to_string()))?
    }
}

fn answer<R: Serialize>(result: Result<R, RpcError>) -> Result<Box<RawValue>, RpcError> {
    to_raw_value(&result?).map_err(|err| RpcError::Internal(err.to_string()))
}

/// A name that is registered twice is a mistake in this crate.
fn check<E: std::fmt::Display>(name: &str, result: Result<(), E>) {
    if let Err(err) = result {
        unreachable!("{name}: {err}");
    }
}
