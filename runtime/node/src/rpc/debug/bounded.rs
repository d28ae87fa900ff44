//! A tracer that is stopped before it takes too long or too much memory.

use crate::rpc::RpcError;
use alloy_primitives::{Address, Log, U256, map::HashMap, map::HashSet};
use alloy_rpc_types_trace::geth::GethDebugTracingOptions;
use revm::{
    Inspector,
    bytecode::opcode,
    interpreter::{
        CallInputs, CallOutcome, CreateInputs, CreateOutcome, InstructionResult, Interpreter,
        interpreter_types::{InputsTr, Jumps, MemoryTr},
    },
};
use std::time::Instant;

/// What a tracer may keep, in bytes, by a rough count.
const MEMORY: usize = 256 << 20;

/// How many steps pass between two looks at the clock.
const STEPS_PER_LOOK: u32 = 1_024;

/// Bytes that one step or one call takes beside what it copies.
const RECORD: usize = 400;

/// What the tracer keeps of every step.
#[derive(Debug, Clone, Copy, Default)]
struct Keeps {
    steps: bool,
    stack: bool,
    memory: bool,
    storage: bool,
}

/// Which bound was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Time,
    Memory,
}

/// A tracer with bounds.
#[derive(Debug)]
pub(super) struct Bounded<I> {
    pub(super) tracer: I,
    keeps: Keeps,
    deadline: Instant,
    steps: u32,
    used: usize,
    /// Slots that each contract read or wrote: every step that does so shows all of them.
    slots: HashMap<Address, HashSet<U256>>,
    reached: Option<Bound>,
}

impl<I> Bounded<I> {
    pub(super) fn new(tracer: I, options: &GethDebugTracingOptions, deadline: Instant) -> Self {
        // Without a named tracer, every step is kept.
        let config = &options.config;
        let keeps = if options.tracer.is_none() {
            Keeps {
                steps: true,
                stack: config.is_stack_enabled(),
                memory: config.is_memory_enabled(),
                storage: config.is_storage_enabled(),
            }
        } else {
            Keeps::default()
        };
        Self {
            tracer,
            keeps,
            deadline,
            steps: 0,
            used: 0,
            slots: HashMap::default(),
            reached: None,
        }
    }

    /// Fails if a bound was reached, so that the trace is not the whole one.
    pub(super) fn check(&mut self) -> Result<(), RpcError> {
        if self.reached.is_none() && Instant::now() > self.deadline {
            self.reached = Some(Bound::Time);
        }
        match self.reached {
            None => Ok(()),
            Some(Bound::Time) => Err(RpcError::server("execution timeout")),
            Some(Bound::Memory) => Err(RpcError::LimitExceeded(format!(
                "the trace takes more than {} MiB: disable memory, stack or storage, or use \
                 another tracer",
                MEMORY >> 20
            ))),
        }
    }

    fn take(&mut self, bytes: usize) {
        self.used = self.used.saturating_add(bytes);
        if self.used > MEMORY {
            self.reached.get_or_insert(Bound::Memory);
        }
    }

    fn look_at_the_clock(&mut self) {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(STEPS_PER_LOOK) && Instant::now() > self.deadline {
            self.reached.get_or_insert(Bound::Time);
        }
    }

    fn count_step(&mut self, interp: &Interpreter) {
        let mut bytes = RECORD;
        if self.keeps.stack {
            // In JSON, a word takes about twice its size.
            bytes += 32 * interp.stack.len();
        }
        if self.keeps.memory {
            bytes += interp.memory.size();
        }
        if self.keeps.storage
            && matches!(interp.bytecode.opcode(), opcode::SLOAD | opcode::SSTORE)
            && let Ok(slot) = interp.stack.peek(0)
        {
            let slots = self.slots.entry(interp.input.target_address()).or_default();
            slots.insert(slot);
            bytes += 100 * slots.len();
        }
        self.take(bytes);
    }
}

impl<CTX, I: Inspector<CTX>> Inspector<CTX> for Bounded<I> {
    fn initialize_interp(&mut self, interp: &mut Interpreter, context: &mut CTX) {
        self.tracer.initialize_interp(interp, context);
    }

    fn step(&mut self, interp: &mut Interpreter, context: &mut CTX) {
        self.look_at_the_clock();
        if self.keeps.steps {
            self.count_step(interp);
        }
        self.tracer.step(interp, context);
    }

    fn step_end(&mut self, interp: &mut Interpreter, context: &mut CTX) {
        self.tracer.step_end(interp, context);
        if self.reached.is_some() {
            // The result is thrown away: what matters is that every frame ends now.
            interp.halt(InstructionResult::OutOfGas);
        }
    }

    fn log(&mut self, context: &mut CTX, log: Log) {
        self.take(RECORD + log.data.data.len());
        self.tracer.log(context, log);
    }

    fn log_full(&mut self, interp: &mut Interpreter, context: &mut CTX, log: Log) {
        self.take(RECORD + log.data.data.len());
        self.tracer.log_full(interp, context, log);
    }

    fn call(&mut self, context: &mut CTX, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.take(RECORD + inputs.input.len());
        self.tracer.call(context, inputs)
    }

    fn call_end(&mut self, context: &mut CTX, inputs: &CallInputs, outcome: &mut CallOutcome) {
        self.take(outcome.result.output.len());
        self.tracer.call_end(context, inputs, outcome);
    }

    fn create(&mut self, context: &mut CTX, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.take(RECORD + inputs.init_code().len());
        self.tracer.create(context, inputs)
    }

    fn create_end(
        &mut self,
        context: &mut CTX,
        inputs: &CreateInputs,
        outcome: &mut CreateOutcome,
    ) {
        self.take(outcome.result.output.len());
        self.tracer.create_end(context, inputs, outcome);
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        self.tracer.selfdestruct(contract, target, value);
    }
}
