//! The check in front of the server: HTTP requests and WebSocket upgrades alike.

use super::{AuthError, JwtSecret};
use futures::future::BoxFuture;
use http::{HeaderMap, StatusCode, header};
use jsonrpsee::{
    core::BoxError,
    server::{HttpBody, HttpRequest, HttpResponse},
};
use std::{
    task::{Context, Poll},
    time::{SystemTime, UNIX_EPOCH},
};
use tower::{Layer, Service};

/// Lets only those through who hold the secret.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct AuthLayer {
    secret: JwtSecret,
}

impl AuthLayer {
    pub(in crate::engine) const fn new(secret: JwtSecret) -> Self {
        Self { secret }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth { inner, secret: self.secret }
    }
}

/// A service behind an [`AuthLayer`].
#[derive(Debug, Clone)]
pub(in crate::engine) struct Auth<S> {
    inner: S,
    secret: JwtSecret,
}

impl<S, B> Service<HttpRequest<B>> for Auth<S>
where
    S: Service<HttpRequest<B>, Response = HttpResponse, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<HttpResponse, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        match authorise(&self.secret, request.headers()) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(err) => Box::pin(async move { Ok(refusal(err)) }),
        }
    }
}

fn authorise(secret: &JwtSecret, headers: &HeaderMap) -> Result<(), AuthError> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(AuthError::Missing)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    secret.check(token.trim(), now)
}

fn refusal(err: AuthError) -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from(format!("{err}\n")));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let text = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}
