//! Sends the load and waits until all of it is in blocks.

use super::super::{
    client::{Client, request},
    failed,
    process::{Memory, Server},
    transfers::{CHAIN_ID, RECIPIENT, raw, sender, sign_load, transfer},
};
use crate::error::CliError;
use alloy_primitives::{Address, U256};
use alloy_signer_local::PrivateKeySigner;
use serde_json::{Value, json};
use std::{
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Time between two looks at the senders' nonces.
const POLL: Duration = Duration::from_millis(5);

/// Time between two looks at the memory.
const WATCH: Duration = Duration::from_millis(50);

/// How long a run may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Requests that are ready to be sent.
pub(super) struct Load {
    /// For each connection its requests in order.
    requests: Vec<Vec<Vec<u8>>>,
    senders: Vec<Address>,
    /// Transfers of each sender.
    each: u64,
    max_memory: u64,
}

/// One run.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    /// Transfers a second until the last was in a block.
    pub(super) per_second: f64,
    /// Transfers a second until the last request was answered.
    pub(super) accepted: f64,
    /// The most memory, in bytes.
    pub(super) peak: u64,
    /// Blocks of the chain.
    pub(super) blocks: u64,
    /// Why the run was given up, if it was.
    pub(super) given_up: Option<String>,
}

impl Measured {
    const fn given_up(reason: String, peak: u64) -> Self {
        Self { per_second: 0.0, accepted: 0.0, peak, blocks: 0, given_up: Some(reason) }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.given_up {
            Some(reason) => write!(f, "given up: {reason}"),
            None => write!(f, "{:.0} /s in {} blocks", self.per_second, self.blocks),
        }
    }
}

impl Load {
    /// Signs everything and puts the requests together.
    pub(super) fn sign(
        transfers: u64,
        senders: u64,
        connections: u64,
        batch: u64,
        max_memory: u64,
    ) -> Result<Self, CliError> {
        let each = transfers.div_ceil(senders);
        let signed = sign_load(senders, each)?;
        let share = signed.len().div_ceil(connections as usize).max(1);
        let requests = signed.chunks(share).map(|senders| connection(senders, batch as usize));
        let addresses = (0..senders).map(|index| sender(index).address());
        Ok(Self { requests: requests.collect(), senders: addresses.collect(), each, max_memory })
    }

    /// Transfers in all.
    pub(super) fn transfers(&self) -> u64 {
        self.each * self.senders.len() as u64
    }

    /// Gives the senders ether, sends the load, and waits. A chain that takes too long or too much
    /// memory is given up.
    pub(super) fn run(&self, server: Server) -> Result<Measured, CliError> {
        let mut client = server.connect()?;
        self.fund(&server, &mut client)?;
        let done = AtomicBool::new(false);
        let problem = Mutex::new(None);
        let begun = Instant::now();
        let (accepted, finished) = thread::scope(|scope| {
            scope.spawn(|| self.watch(&server, begun, &done, &problem));
            let accepted = self.send(&server).map(|()| begun.elapsed());
            let finished = match &accepted {
                Ok(_) => self.wait(&mut client, &done).map(|()| begun.elapsed()),
                Err(error) => Err(error.clone()),
            };
            done.store(true, Ordering::Relaxed);
            (accepted, finished)
        });
        let peak = Memory::of(server.id()).map_or(0, |memory| memory.peak);
        let stopped = problem.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (accepted, finished) = match (stopped, accepted, finished) {
            (Some((reason, peak)), ..) => return Ok(Measured::given_up(reason, peak)),
            (None, Ok(accepted), Ok(finished)) => (accepted, finished),
            (None, Err(error), _) | (None, _, Err(error)) => {
                return Ok(Measured::given_up(error.message, peak));
            }
        };
        let rate = |time: Duration| self.transfers() as f64 / time.as_secs_f64();
        let (accepted, per_second) = (rate(accepted), rate(finished));
        self.check(&mut client)?;
        let blocks = client.number("eth_blockNumber", &json!([]))? as u64;
        server.stop();
        Ok(Measured { per_second, accepted, peak, blocks, given_up: None })
    }

    fn fund(&self, server: &Server, client: &mut Client) -> Result<(), CliError> {
        let rich = PrivateKeySigner::from_bytes(&server.funded)
            .map_err(|error| failed(format!("the funded account's key: {error}")))?;
        let ether = U256::from(10).pow(U256::from(18)) * U256::from(100);
        for (nonce, to) in (0..).zip(&self.senders) {
            let tx = transfer(&rich, CHAIN_ID, nonce, *to, ether);
            client.call("eth_sendRawTransaction", &json!([raw(&tx)]))?;
        }
        let count = json!([rich.address(), "latest"]);
        let begun = Instant::now();
        while client.number("eth_getTransactionCount", &count)? < self.senders.len() as u128 {
            if begun.elapsed() > PATIENCE {
                return Err(failed("the senders were not given ether in time"));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn send(&self, server: &Server) -> Result<(), CliError> {
        thread::scope(|scope| {
            let connections = self.requests.iter().map(|requests| {
                scope.spawn(move || {
                    let mut client = server.connect()?;
                    for request in requests {
                        let answer = client.send(request);
                        let answer =
                            answer.map_err(|error| failed(format!("the load: {error}")))?;
                        if answer.windows(7).any(|word| word == b"\"error\"") {
                            let text = String::from_utf8_lossy(answer);
                            return Err(failed(format!("a transfer was refused: {text}")));
                        }
                    }
                    Ok(())
                })
            });
            let connections: Vec<_> = connections.collect();
            connections.into_iter().try_for_each(|connection| {
                connection.join().unwrap_or_else(|_| Err(failed("a connection's thread failed")))
            })
        })
    }

    /// Waits until every sender's last transfer is in a block.
    fn wait(&self, client: &mut Client, done: &AtomicBool) -> Result<(), CliError> {
        for sender in &self.senders {
            let count = json!([sender, "latest"]);
            while client.number("eth_getTransactionCount", &count)? < u128::from(self.each) {
                if done.load(Ordering::Relaxed) {
                    return Err(failed("given up"));
                }
                thread::sleep(POLL);
            }
        }
        Ok(())
    }

    /// Every transfer arrived.
    fn check(&self, client: &mut Client) -> Result<(), CliError> {
        let received = client.number("eth_getBalance", &json!([RECIPIENT, "latest"]))?;
        let sent = u128::from(self.transfers());
        if received == sent {
            return Ok(());
        }
        Err(failed(format!("{sent} transfers of one wei were sent, {received} wei arrived")))
    }

    /// Ends the process if it takes too long or too much memory.
    fn watch(
        &self,
        server: &Server,
        begun: Instant,
        done: &AtomicBool,
        problem: &Mutex<Option<(String, u64)>>,
    ) {
        while !done.load(Ordering::Relaxed) {
            let memory = Memory::of(server.id());
            let resident = memory.map_or(0, |memory| memory.resident);
            let reason = if resident > self.max_memory {
                Some(format!("over {} MiB of memory", self.max_memory >> 20))
            } else if begun.elapsed() > PATIENCE {
                Some(format!("not done after {} s", PATIENCE.as_secs()))
            } else {
                None
            };
            if let Some(reason) = reason {
                let peak = memory.map_or(0, |memory| memory.peak);
                *problem.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                    Some((reason, peak));
                done.store(true, Ordering::Relaxed);
                server.kill();
                return;
            }
            thread::sleep(WATCH);
        }
    }
}

/// The requests of one connection: its senders in turn, each in nonce order.
fn connection(senders: &[Vec<String>], batch: usize) -> Vec<Vec<u8>> {
    let each = senders.first().map_or(0, Vec::len);
    let in_turn = (0..each).flat_map(|nonce| senders.iter().filter_map(move |txs| txs.get(nonce)));
    let calls: Vec<Value> = in_turn
        .map(|raw| {
            json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw] })
        })
        .collect();
    if batch <= 1 {
        return calls.iter().map(|call| request(&call.to_string())).collect();
    }
    let batches = calls.chunks(batch);
    batches.map(|calls| request(&json!(calls).to_string())).collect()
}
