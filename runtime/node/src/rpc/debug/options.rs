//! What a client asks of a trace, within the node's bounds.

use crate::rpc::{Node, RpcError};
use alloy_rpc_types_trace::geth::{GethDebugTracerType, GethDebugTracingOptions};
use revm_inspectors::tracing::DebugInspector;
use std::time::{Duration, Instant};

/// The tracer that `options` name.
pub(super) fn tracer(options: &GethDebugTracingOptions) -> Result<DebugInspector, RpcError> {
    if let Some(GethDebugTracerType::JsTracer(code)) = &options.tracer {
        let name: String = code.chars().take(40).collect();
        return Err(RpcError::params(format!(
            "tracer {name:?} is not known: JavaScript tracers are not supported; there are \
             callTracer, prestateTracer, 4byteTracer, flatCallTracer, muxTracer and noopTracer"
        )));
    }
    DebugInspector::new(options.clone()).map_err(|err| RpcError::params(err.to_string()))
}

/// When the trace must be done: after the client's timeout or the node's, whichever is shorter.
pub(super) fn deadline(
    node: &Node,
    options: &GethDebugTracingOptions,
) -> Result<Instant, RpcError> {
    let most = node.options.trace_timeout;
    let timeout = match &options.timeout {
        Some(text) => duration(text)
            .ok_or_else(|| RpcError::params(format!("invalid duration {text:?}")))?
            .min(most),
        None => most,
    };
    Ok(Instant::now() + timeout)
}

/// Parses a duration as Go writes it, such as `5s`, `1m30s` or `1.5h`.
fn duration(mut text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = 0.0;
    while !text.is_empty() {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = text[..digits].parse().ok()?;
        text = &text[digits..];
        let unit = text.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(text.len());
        let seconds = match &text[..unit] {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            _ => return None,
        };
        total += number * seconds;
        text = &text[unit..];
    }
    Duration::try_from_secs_f64(total).ok().filter(|_| total > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, millis) in
            [("5s", 5_000), ("500ms", 500), ("1m30s", 90_000), ("1.5h", 5_400_000), ("0", 0)]
        {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "5", "s", "-1s", "5x", "1..5s", "1e3s"] {
            assert_eq!(duration(text), None, "{text}");
        }
        assert!(duration("99999999999999999999999h").is_none());
    }
}
