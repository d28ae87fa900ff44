//! The logs of a call, with transfers of ether among them if they are asked for.

use alloy_primitives::{Address, B256, Bytes, Log, U256, address, b256};
use revm::{
    Inspector,
    interpreter::{CallInputs, CallOutcome, CreateInputs, CreateOutcome, Interpreter},
};

/// Where transfers of ether seem to be logged (ERC-7528).
const ETHER: Address = address!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");

/// `Transfer(address,address,uint256)`.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// Collects logs. Those of a frame that fails are dropped with it.
#[derive(Debug, Default)]
pub(super) struct Logs {
    transfers: bool,
    /// Logs of each open frame; the outermost first.
    frames: Vec<Vec<Log>>,
    /// Logs of the outermost frame once it has ended.
    done: Vec<Log>,
}

impl Logs {
    pub(super) fn new(transfers: bool) -> Self {
        Self { transfers, ..Default::default() }
    }

    pub(super) fn into_logs(self) -> Vec<Log> {
        self.done
    }

    fn push(&mut self, log: Log) {
        if let Some(frame) = self.frames.last_mut() {
            frame.push(log);
        }
    }

    fn transfer(&mut self, from: Address, to: Address, value: U256) {
        if self.transfers && !value.is_zero() {
            let topics = vec![TRANSFER, from.into_word(), to.into_word()];
            let data = Bytes::copy_from_slice(&value.to_be_bytes::<32>());
            self.push(Log::new_unchecked(ETHER, topics, data));
        }
    }

    fn end(&mut self, success: bool) {
        let Some(logs) = self.frames.pop() else { return };
        if success {
            self.frames.last_mut().unwrap_or(&mut self.done).extend(logs);
        }
    }
}

impl<CTX> Inspector<CTX> for Logs {
    fn log_full(&mut self, _: &mut Interpreter, _: &mut CTX, log: Log) {
        self.push(log);
    }

    fn log(&mut self, _: &mut CTX, log: Log) {
        self.push(log);
    }

    fn call(&mut self, _: &mut CTX, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.frames.push(Vec::new());
        if let Some(value) = inputs.transfer_value() {
            self.transfer(inputs.transfer_from(), inputs.transfer_to(), value);
        }
        None
    }

    fn call_end(&mut self, _: &mut CTX, _: &CallInputs, outcome: &mut CallOutcome) {
        self.end(outcome.result.is_ok());
    }

    fn create(&mut self, _: &mut CTX, _: &mut CreateInputs) -> Option<CreateOutcome> {
        self.frames.push(Vec::new());
        None
    }

    fn create_end(&mut self, _: &mut CTX, inputs: &CreateInputs, outcome: &mut CreateOutcome) {
        // The address is known now; the transfer came before everything else in the frame.
        if let (Some(created), true) = (outcome.address, self.transfers)
            && !inputs.value().is_zero()
        {
            let mut inner = self.frames.pop().unwrap_or_default();
            self.frames.push(Vec::new());
            self.transfer(inputs.caller(), created, inputs.value());
            if let Some(frame) = self.frames.last_mut() {
                frame.append(&mut inner);
            }
        }
        self.end(outcome.result.is_ok());
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        self.transfer(contract, target, value);
    }
}
