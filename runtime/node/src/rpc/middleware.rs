//! geth's text for requests that name no method, so that clients that look for it find it.

use jsonrpsee::{
    core::middleware::{Batch, BatchEntry, BatchEntryErr, Notification, RpcServiceT},
    server::{IdProvider, MethodResponse},
    types::{ErrorObjectOwned, Request, SubscriptionId, error::METHOD_NOT_FOUND_CODE},
};
use std::{collections::HashSet, sync::Arc};

/// Answers requests for methods that do not exist.
#[derive(Debug, Clone)]
pub(super) struct GethErrors<S> {
    pub(super) inner: S,
    pub(super) methods: Arc<HashSet<&'static str>>,
}

fn unknown(method: &str) -> ErrorObjectOwned {
    // A name is the client's: it is not echoed without end.
    let name: String = method.chars().take(64).collect();
    let text = format!("the method {name} does not exist/is not available");
    ErrorObjectOwned::owned(METHOD_NOT_FOUND_CODE, text, None::<()>)
}

impl<S> RpcServiceT for GethErrors<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            NotificationResponse = MethodResponse,
            BatchResponse = MethodResponse,
        >,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        use futures::future::Either;
        if self.methods.contains(&*request.method) {
            return Either::Left(self.inner.call(request));
        }
        let response = MethodResponse::error(request.id.clone(), unknown(&request.method));
        Either::Right(std::future::ready(response.with_extensions(request.extensions)))
    }

    fn batch<'a>(&self, requests: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let entries = requests.into_iter().map(|entry| match entry {
            Ok(BatchEntry::Call(call)) if !self.methods.contains(&*call.method) => {
                Err(BatchEntryErr::new(call.id.clone(), unknown(&call.method)))
            }
            other => other,
        });
        self.inner.batch(Batch::from(entries.collect()))
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.inner.notification(notification)
    }
}

/// Subscription ids as geth makes them: random, in hexadecimal.
#[derive(Debug)]
pub(super) struct HexIds;

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        SubscriptionId::Str(alloy_primitives::B128::random().to_string().into())
    }
}
