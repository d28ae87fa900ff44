//! geth's texts for requests that cannot be served, so that clients that look for them find them.

use futures::future::{Either, FutureExt};
use jsonrpsee::{
    core::middleware::{Batch, BatchEntry, BatchEntryErr, Notification, RpcServiceT},
    server::{IdProvider, MethodResponse},
    types::{
        ErrorObjectOwned, Request, SubscriptionId,
        error::{INTERNAL_ERROR_CODE, METHOD_NOT_FOUND_CODE},
    },
};
use std::{collections::HashSet, sync::Arc};

/// Answers requests for methods that do not exist or not on this kind of connection.
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

fn no_notifications() -> ErrorObjectOwned {
    let text = "notifications not supported";
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
        let known = self.methods.contains(&*request.method);
        let subscription = request.method.ends_with("_subscribe");
        let id = request.id.clone();
        if !known {
            let response = MethodResponse::error(id, unknown(&request.method));
            let response = response.with_extensions(request.extensions);
            return Either::Left(std::future::ready(response));
        }
        let answer = self.inner.call(request);
        if !subscription {
            return Either::Right(Either::Left(answer));
        }
        // Over HTTP the server calls it an internal error.
        Either::Right(Either::Right(answer.map(move |answer| match answer.as_error_code() {
            Some(INTERNAL_ERROR_CODE) => MethodResponse::error(id, no_notifications()),
            _ => answer,
        })))
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
