//! The server: limits, errors, WebSocket, and a real client.

use super::kit::*;
use crate::{
    chain::Chain,
    rpc::{RpcLimits, RpcOptions, RpcServer, ServeError, modules, serve},
    testing::{self, account},
};
use alloy_primitives::{B256, TxKind};
use alloy_provider::{Provider, ProviderBuilder, WsConnect};
use alloy_rpc_types_eth::{Filter, Log, TransactionRequest};
use futures::StreamExt;
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const SOON: Duration = Duration::from_secs(5);

async fn start(chain: Arc<Chain>, limits: RpcLimits) -> RpcServer {
    serve(ANY, modules(chain, RpcOptions::default()), limits).await.unwrap()
}

/// Status line, headers and body of the answer to one HTTP request.
async fn http(address: SocketAddr, headers: &str, body: &str) -> (u16, String, Value) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    // A server that has refused a long request need not read all of it.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), serde_json::from_str(body).unwrap_or(Value::Null))
}

async fn post(address: SocketAddr, body: &str) -> (u16, Value) {
    let (status, _, body) = http(address, "content-type: application/json\r\n", body).await;
    (status, body)
}

fn request(method: &str) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": [] }).to_string()
}

#[tokio::test]
async fn requests_and_batches_are_answered() {
    let server = start(testing::l1(), RpcLimits::default()).await;
    let address = server.local_addr();
    assert_ne!(address.port(), 0);
    let (status, answer) = post(address, &request("eth_blockNumber")).await;
    assert_eq!((status, &answer["result"]), (200, &json!("0x0")));
    let batch = format!("[{},{}]", request("eth_chainId"), request("eth_nothing"));
    let (_, answers) = post(address, &batch).await;
    assert_eq!(answers[0]["result"], "0x2f201c31fb");
    let message = "the method eth_nothing does not exist/is not available";
    let unknown = json!({ "code": -32601, "message": message });
    assert_eq!(answers[1]["error"], unknown);
    let (_, answer) = post(address, &request("eth_nothing")).await;
    assert_eq!(answer["error"], unknown);
    let (_, answer) = post(address, &request("rpc_modules")).await;
    assert_eq!(answer["result"]["eth"], "1.0");
    assert_eq!(answer["result"]["rpc"], "1.0");
}

#[tokio::test]
async fn limits_hold() {
    let limits = RpcLimits { request_bytes: 1_000, batch: 2, ..Default::default() };
    let server = start(testing::l1(), limits).await;
    let address = server.local_addr();
    let (status, answer) = post(address, &" ".repeat(1_001)).await;
    assert_eq!((status, &answer["error"]["code"]), (413, &json!(-32007)));
    let batch = vec![request("eth_chainId"); 3].join(",");
    let (_, answer) = post(address, &format!("[{batch}]")).await;
    assert_eq!(answer["error"]["code"], -32010);
    let (_, answer) = post(address, "{\"jsonrpc\":").await;
    assert_eq!(answer["error"]["code"], -32700);
    let (_, answer) = post(address, "{\"id\":1}").await;
    assert_eq!(answer["error"]["code"], -32600);
    let (status, ..) = http(address, "content-type: text/plain\r\n", "{}").await;
    assert_eq!(status, 415);

    let limits = RpcLimits { response_bytes: 500, connections: 1, ..Default::default() };
    let server = start(testing::l1(), limits).await;
    let address = server.local_addr();
    let block = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber",
        "params": ["latest", false] });
    let (_, answer) = post(address, &block.to_string()).await;
    assert_eq!(answer["error"]["code"], -32008);
    let url = format!("ws://{address}");
    let _first = ProviderBuilder::new().connect_ws(WsConnect::new(&url)).await.unwrap();
    let (status, _) = post(address, &request("eth_chainId")).await;
    assert_eq!(status, 429);
}

#[tokio::test]
async fn scripts_of_allowed_origins_may_call() {
    let origin = "content-type: application/json\r\norigin: http://a.example\r\n";
    let body = request("eth_chainId");
    for (cors, expected) in [
        (vec!["*"], Some("access-control-allow-origin: *")),
        (vec!["http://a.example"], Some("access-control-allow-origin: http://a.example")),
        (vec!["http://b.example"], None),
        (vec![], None),
    ] {
        let cors = cors.into_iter().map(String::from).collect();
        let server = start(testing::l1(), RpcLimits { cors, ..Default::default() }).await;
        let (_, head, _) = http(server.local_addr(), origin, &body).await;
        let line = head.lines().find(|line| line.starts_with("access-control-allow-origin"));
        assert_eq!(line, expected);
    }
}

#[tokio::test]
async fn a_taken_port_is_named_and_a_stopped_server_frees_it() {
    let server = start(testing::l1(), RpcLimits::default()).await;
    let address = server.local_addr();
    let again =
        || serve(address, modules(testing::l1(), RpcOptions::default()), RpcLimits::default());
    let err = again().await.unwrap_err();
    assert!(matches!(err, ServeError::AddressInUse(taken) if taken == address));
    assert_eq!(err.to_string(), format!("the address {address} is in use"));
    server.stop();
    server.stopped().await;
    server.stop();
    assert_eq!(again().await.unwrap().local_addr(), address);
}

#[tokio::test]
async fn an_ordinary_client_works_over_http_and_websocket() {
    let busy = busy_rollup();
    let server = start(busy.chain.clone(), RpcLimits::default()).await;
    let address = server.local_addr();
    let http = ProviderBuilder::new().connect_http(format!("http://{address}").parse().unwrap());
    let ws = WsConnect::new(format!("ws://{address}"));
    let ws = ProviderBuilder::new().connect_ws(ws).await.unwrap();
    for client in [http.root().clone(), ws.root().clone()] {
        assert_eq!(client.get_chain_id().await.unwrap(), testing::CHAIN_ID);
        assert_eq!(client.get_block_number().await.unwrap(), 2);
        let call = TransactionRequest::default().to(testing::CALLER);
        assert_eq!(client.call(call).await.unwrap()[31], 42);
        let revert = TransactionRequest::default().to(testing::REVERTER);
        let err = client.call(revert).await.unwrap_err();
        let err = err.as_error_resp().unwrap();
        assert_eq!((err.code, &*err.message), (3, "execution reverted: no!"));
        assert_eq!(err.as_revert_data().unwrap()[..4], [0x08, 0xc3, 0x79, 0xa0]);
        let logs = client.get_logs(&Filter::new().from_block(0).address(emitter_address())).await;
        assert_eq!(logs.unwrap().len(), 2);
        let fees = client.estimate_eip1559_fees().await.unwrap();
        assert!(fees.max_fee_per_gas > 1_000_000);
        let raw = testing::signed(3, 0, TxKind::Call(account(9)), 1, Default::default());
        let sent = client.send_raw_transaction(&raw).await;
        assert!(sent.is_ok() || sent.unwrap_err().to_string().contains("already known"));
    }
}

#[tokio::test]
async fn subscriptions_follow_the_chain_across_a_reorganisation() {
    let busy = busy_l1();
    let chain = busy.chain.clone();
    let server = start(chain.clone(), RpcLimits::default()).await;
    let url = format!("ws://{}", server.local_addr());
    let ws = ProviderBuilder::new().connect_ws(WsConnect::new(url)).await.unwrap();
    let mut heads = ws.subscribe_blocks().await.unwrap().into_stream();
    let filter = Filter::new().address(emitter_address());
    let mut logs = ws.subscribe_logs(&filter).await.unwrap().into_stream();
    let mut pending = ws.subscribe_pending_transactions().await.unwrap().into_stream();
    let mut full = ws.subscribe_full_pending_transactions().await.unwrap().into_stream();

    let call = TxKind::Call(emitter_address());
    let raw = testing::signed(1, 3, call, 0, B256::repeat_byte(0x44).into());
    let hash = chain.submit(&raw).unwrap();
    assert_eq!(timeout(SOON, pending.next()).await.unwrap(), Some(hash));
    let tx = timeout(SOON, full.next()).await.unwrap().unwrap();
    assert_eq!(*tx.inner.tx_hash(), hash);

    let parent = chain.head();
    let old = block(&chain, Vec::new());
    let head = timeout(SOON, heads.next()).await.unwrap().unwrap();
    assert_eq!((head.hash, head.inner.hash_slow()), (old.hash(), old.hash()));
    let log: Log = timeout(SOON, logs.next()).await.unwrap().unwrap();
    assert_eq!((log.removed, log.transaction_hash), (false, Some(hash)));

    // Two other blocks take the place of that one; the second holds its transaction again.
    let mut attributes = testing::next(&chain);
    attributes.parent = parent.hash();
    attributes.no_tx_pool = true;
    let side = chain.build(&attributes).unwrap();
    chain.store_block(&side).unwrap();
    chain.set_head(side.executed.hash()).unwrap();
    let again = block(&chain, Vec::new());
    for expected in [side.executed.hash(), again.hash()] {
        let head = timeout(SOON, heads.next()).await.unwrap().unwrap();
        assert_eq!(head.hash, expected);
    }
    let log = timeout(SOON, logs.next()).await.unwrap().unwrap();
    assert_eq!((log.removed, log.block_hash), (true, Some(old.hash())));
    let log = timeout(SOON, logs.next()).await.unwrap().unwrap();
    assert_eq!((log.removed, log.block_hash), (false, Some(again.hash())));
}

/// A WebSocket without a library, to see and to withhold single frames.
struct RawSocket(TcpStream);

impl RawSocket {
    async fn connect(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let upgrade = "GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n\
                       connection: Upgrade\r\nsec-websocket-version: 13\r\n\
                       sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(upgrade.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        Self(stream)
    }

    /// Sends a request as one short frame whose mask is all zero.
    async fn send(&mut self, method: &str, params: Value) {
        let text = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let text = text.to_string();
        assert!(text.len() < 126);
        let mut frame = vec![0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
        frame.extend(text.bytes());
        self.0.write_all(&frame).await.unwrap();
    }

    async fn receive(&mut self) -> Value {
        assert_eq!(self.0.read_u8().await.unwrap(), 0x81);
        let length = match self.0.read_u8().await.unwrap() {
            126 => usize::from(self.0.read_u16().await.unwrap()),
            length => usize::from(length),
        };
        let mut text = vec![0; length];
        self.0.read_exact(&mut text).await.unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(method, params).await;
        self.receive().await
    }
}

#[tokio::test]
async fn subscriptions_are_bounded_and_their_names_checked() {
    let limits = RpcLimits { subscriptions: 1, ..Default::default() };
    let server = start(testing::l1(), limits).await;
    let mut client = RawSocket::connect(server.local_addr()).await;
    let wrong = client.ask("eth_subscribe", json!(["news"])).await;
    let message = "no \"news\" subscription in eth namespace";
    assert_eq!(wrong["error"], json!({ "code": -32602, "message": message }));
    let wrong = client.ask("eth_subscribe", json!(["logs", { "topics": ["x"] }])).await;
    assert_eq!(wrong["error"]["code"], -32602);
    let id = client.ask("eth_subscribe", json!(["syncing"])).await["result"].take();
    assert_eq!(id.as_str().unwrap().len(), 34, "{id}");
    let first = client.receive().await;
    assert_eq!(first["method"], "eth_subscription");
    assert_eq!(first["params"], json!({ "subscription": id, "result": false }));
    let more = client.ask("eth_subscribe", json!(["newHeads"])).await;
    assert_eq!(more["error"]["code"], -32006);
    assert_eq!(client.ask("eth_unsubscribe", json!([id])).await["result"], true);
    assert_eq!(client.ask("eth_unsubscribe", json!([id])).await["result"], false);
    let again = client.ask("eth_subscribe", json!(["newHeads"])).await;
    assert!(again["result"].is_string(), "{again}");
}

#[tokio::test]
async fn subscriptions_need_a_connection_that_stays() {
    let server = start(testing::l1(), RpcLimits::default()).await;
    let body =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"] });
    let (_, answer) = post(server.local_addr(), &body.to_string()).await;
    let expected = json!({ "code": -32601, "message": "notifications not supported" });
    assert_eq!(answer["error"], expected);
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_nothing() {
    let chain = testing::l1();
    let limits = RpcLimits { buffered_messages: 2, ..Default::default() };
    let server = start(chain.clone(), limits).await;
    let mut slow = RawSocket::connect(server.local_addr()).await;
    slow.send("eth_subscribe", json!(["newHeads"])).await;
    for _ in 0..200 {
        block(&chain, Vec::new());
        tokio::task::yield_now().await;
    }
    let (_, answer) = post(server.local_addr(), &request("eth_blockNumber")).await;
    assert_eq!(answer["result"], "0xc8");
    server.stop();
    timeout(SOON, server.stopped()).await.unwrap();
    drop(slow);
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_stop() {
    let chain = testing::l1();
    let server = start(chain.clone(), RpcLimits::default()).await;
    let address = server.local_addr();
    let mut socket = RawSocket::connect(address).await;
    assert!(socket.ask("eth_subscribe", json!(["newHeads"])).await["result"].is_string());
    let mut kept = TcpStream::connect(address).await.unwrap();
    let body = request("eth_chainId");
    let text = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    kept.write_all(text.as_bytes()).await.unwrap();
    kept.read_u8().await.unwrap();
    let silent = TcpStream::connect(address).await.unwrap();
    server.stop();
    timeout(SOON, server.stopped()).await.unwrap();
    drop((socket, kept, silent));
}
