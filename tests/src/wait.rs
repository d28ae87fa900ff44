//! Waiting for a condition instead of for a time.

use crate::error::{Error, Result};
use std::fmt::Display;
use std::future::Future;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Calls `look` until it breaks with a value, and returns the value.
///
/// `look` continues with what it saw; the error of a timeout tells the last of these.
/// The pause between two looks starts at 5 ms and grows to 100 ms.
///
/// # Errors
/// [`Error::Timeout`] when `deadline` passes first, or the error of `look`.
pub async fn until<T, S, F, Fut>(what: &str, deadline: Duration, mut look: F) -> Result<T>
where
    S: Display,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<ControlFlow<T, S>>>,
{
    let started = Instant::now();
    let mut pause = Duration::from_millis(5);
    loop {
        let last = match look().await? {
            ControlFlow::Break(value) => return Ok(value),
            ControlFlow::Continue(seen) => seen,
        };
        if started.elapsed() >= deadline {
            return Err(Error::Timeout {
                what: what.to_owned(),
                waited: started.elapsed(),
                last: last.to_string(),
            });
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}
