//! How many transactions a second the server takes in.
//!
//! `cargo test --release -p gm-node --lib accepts -- --ignored --nocapture`

use crate::{
    rpc::{RpcLimits, RpcOptions, modules, serve},
    testing,
};
use alloy_primitives::{Address, Bytes, TxKind};
use std::{net::SocketAddr, time::Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const TRANSFERS: u64 = 20_000;
const CONNECTIONS: usize = 5;

/// One HTTP request at a time over one connection.
async fn post(stream: &mut TcpStream, body: &str, buffer: &mut Vec<u8>) {
    let request = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    buffer.clear();
    loop {
        let mut chunk = [0; 16_384];
        let read = stream.read(&mut chunk).await.unwrap();
        assert_ne!(read, 0, "the server closed the connection");
        buffer.extend_from_slice(&chunk[..read]);
        let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&buffer[..head]).unwrap();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse::<usize>().unwrap());
        if buffer.len() >= head + 4 + length {
            assert!(!std::str::from_utf8(&buffer[head..]).unwrap().contains("error"));
            return;
        }
    }
}

async fn send_all(address: SocketAddr, raw: Vec<Bytes>, batch: usize) {
    let share = raw.len().div_ceil(CONNECTIONS);
    let clients = raw.chunks(share).map(|raw| {
        let bodies: Vec<String> = raw
            .chunks(batch)
            .map(|raw| {
                let calls: Vec<String> = raw
                    .iter()
                    .map(|raw| {
                        format!(
                            "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_sendRawTransaction\",\
                             \"params\":[\"{raw}\"]}}"
                        )
                    })
                    .collect();
                if batch == 1 { calls.concat() } else { format!("[{}]", calls.join(",")) }
            })
            .collect();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut buffer = Vec::new();
            for body in bodies {
                post(&mut stream, &body, &mut buffer).await;
            }
        })
    });
    futures::future::try_join_all(clients.collect::<Vec<_>>()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn accepts_pre_signed_transfers() {
    // Fifty senders: the four funded accounts stand in for them, five thousand nonces each.
    let to = TxKind::Call(Address::repeat_byte(9));
    let raw: Vec<Bytes> = (0..TRANSFERS)
        .map(|index| testing::signed((index % 4) as u8, index / 4, to, 1, Bytes::new()))
        .collect();
    for batch in [1, 20, 100] {
        let chain = testing::rollup();
        let module = modules(chain.clone(), RpcOptions::default());
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = serve(address, module, RpcLimits::default()).await.unwrap();
        let start = Instant::now();
        send_all(server.local_addr(), raw.clone(), batch).await;
        let rate = TRANSFERS as f64 / start.elapsed().as_secs_f64();
        assert_eq!(chain.pool().status().pending, TRANSFERS as usize);
        eprintln!("{rate:.0} transactions a second in batches of {batch}");
    }
    let chain = testing::rollup();
    let start = Instant::now();
    for raw in &raw {
        chain.submit(raw).unwrap();
    }
    let rate = TRANSFERS as f64 / start.elapsed().as_secs_f64();
    eprintln!("{rate:.0} a second by one thread without the server");
    let start = Instant::now();
    for raw in &raw {
        crate::pool::decode(raw, chain.pool().limits()).unwrap();
    }
    let rate = TRANSFERS as f64 / start.elapsed().as_secs_f64();
    eprintln!("{rate:.0} signatures recovered a second by one thread: the limit");
}
