//! A JSON-RPC client that costs next to nothing: it shares the cores with what it measures.
//!
//! HTTP/1.1 over one connection that stays open, one request at a time; requests may be put
//! together beforehand.

use super::failed;
use crate::error::CliError;
use serde_json::{Value, json};
use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// One connection.
#[derive(Debug)]
pub(super) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// The bytes of a request with this body.
pub(super) fn request(body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

impl Client {
    /// Connects to `host:port`.
    pub(super) fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10) })
    }

    /// Sends the bytes of a request and gives the body of the answer.
    pub(super) fn send(&mut self, request: &[u8]) -> io::Result<&[u8]> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let mut length = None;
        let mut chunk = [0; 16 << 10];
        loop {
            if length.is_none()
                && let Some(head) = self.buffer.windows(4).position(|end| end == b"\r\n\r\n")
            {
                let body = content_length(&self.buffer[..head])?;
                length = Some((head + 4, head + 4 + body));
            }
            if let Some((start, end)) = length
                && self.buffer.len() >= end
            {
                return Ok(&self.buffer[start..end]);
            }
            match self.stream.read(&mut chunk).map_err(unanswered)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => self.buffer.extend_from_slice(&chunk[..read]),
            }
        }
    }

    /// Calls a method.
    pub(super) fn call(&mut self, method: &str, params: &Value) -> Result<Value, CliError> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = self.send(&request(&body.to_string()));
        let answer = answer.map_err(|error| failed(format!("{method}: {error}")))?;
        let mut answer: Value = serde_json::from_slice(answer)
            .map_err(|error| failed(format!("{method}: the answer is not JSON: {error}")))?;
        match answer.get("error") {
            Some(error) => Err(failed(format!("{method}: {error}"))),
            None => Ok(answer["result"].take()),
        }
    }

    /// Calls a method that answers with a number in hex.
    pub(super) fn number(&mut self, method: &str, params: &Value) -> Result<u128, CliError> {
        let value = self.call(method, params)?;
        let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
        digits
            .and_then(|digits| u128::from_str_radix(digits, 16).ok())
            .ok_or_else(|| failed(format!("{method}: {value} is not a number")))
    }
}

/// The system's word for a read that took too long is of no help.
fn unanswered(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {TIMEOUT:?}"))
        }
        _ => error,
    }
}

fn content_length(head: &[u8]) -> io::Result<usize> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let head = std::str::from_utf8(head).map_err(|_| bad("a header that is not text"))?;
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .ok_or_else(|| bad("an answer without its length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_found_whatever_its_case() {
        let head = |name: &str| format!("HTTP/1.1 200 OK\r\n{name}: 17\r\nx: y");
        for name in ["content-length", "Content-Length"] {
            assert_eq!(content_length(head(name).as_bytes()).unwrap(), 17);
        }
        assert!(content_length(head("length").as_bytes()).is_err());
    }
}
