//! The port lets nobody in without the secret.

use super::*;
use crate::engine::{EngineServer, JwtSecret};
use std::{
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

async fn serve(secret: JwtSecret) -> EngineServer {
    let addr = "127.0.0.1:0".parse().unwrap();
    EngineServer::start(testing::rollup(), addr, secret, RpcOptions::default()).await.unwrap()
}

/// Sends a request and gives the HTTP status and the body.
async fn post(addr: SocketAddr, headers: &str, method: &str) -> (u16, String) {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": [] }).to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {addr}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[tokio::test]
async fn only_a_fresh_token_of_the_right_secret_opens() {
    let secret = JwtSecret::random();
    let server = serve(secret).await;
    let addr = server.addr();
    let good = secret.token(now());
    let (status, body) = post(addr, &bearer(&good), "eth_chainId").await;
    assert_eq!(status, 200);
    assert!(body.contains(&format!("{:#x}", testing::CHAIN_ID)), "{body}");

    for (headers, reason) in [
        (String::new(), "missing token"),
        (format!("Authorization: Basic {good}\r\n"), "missing token"),
        (bearer(""), "missing token"),
        (bearer("x.y.z"), "malformed token"),
        (bearer(&JwtSecret::random().token(now())), "signature is invalid"),
        (bearer(&secret.token(now() - 70)), "stale token"),
        (bearer(&secret.token(now() + 70)), "future token"),
    ] {
        let (status, body) = post(addr, &headers, "eth_chainId").await;
        assert_eq!((status, body.trim()), (401, reason), "{headers}");
    }
    server.stop().await;
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_websocket_needs_the_token_too() {
    let secret = JwtSecret::random();
    let server = serve(secret).await;
    let upgrade = |headers: String| {
        let addr = server.addr();
        async move {
            let request = format!(
                "GET / HTTP/1.1\r\nHost: {addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                 {headers}\r\n"
            );
            let mut stream = TcpStream::connect(addr).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.unwrap();
            String::from_utf8(answer.to_vec()).unwrap()
        }
    };
    assert_eq!(upgrade(String::new()).await, "HTTP/1.1 401");
    assert_eq!(upgrade(bearer(&secret.token(now()))).await, "HTTP/1.1 101");
}

#[test]
fn the_secret_is_kept_in_a_file_of_its_own() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwt.hex");
    let secret = JwtSecret::load_or_create(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(JwtSecret::load_or_create(&path).unwrap() == secret);
    assert_eq!(format!("{secret:?}"), "JwtSecret(…)");
    std::fs::write(&path, "0x12").unwrap();
    let err = JwtSecret::load_or_create(&path).unwrap_err().to_string();
    assert!(err.contains("jwt.hex") && err.contains("64 hexadecimal digits"), "{err}");
}
