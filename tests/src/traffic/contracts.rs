//! Tiny contracts that the traffic calls, as bytecode. Each does one thing that changes a
//! block in its own way.

use alloy_primitives::{Bytes, hex};

/// Stores word 1 of the input under the key in word 0. A zero deletes the slot.
pub(super) const WRITER: &[u8] = &hex!("60203560003555 00");
/// Writes, then reverts with 32 bytes.
pub(super) const REVERTER: &[u8] = &hex!("6001600055 60206000fd");
/// Ends with an invalid instruction, which takes all gas.
pub(super) const BURNER: &[u8] = &hex!("fe");
/// Logs its input with two topics: the caller and word 0.
pub(super) const LOGGER: &[u8] = &hex!("3660006000 37 600035 33 36 6000 a2 00");
/// Destroys itself in favour of the caller.
pub(super) const DESTRUCTOR: &[u8] = &hex!("33ff");
/// Creates a contract from its input by CREATE2, salted with the time, and stores the address.
pub(super) const FACTORY: &[u8] = &hex!("3660006000 37 42 36 6000 6000 f5 80 55 00");
/// Calls the address in word 0 with the rest of the input and keeps the first word of the answer
/// plus the success in a slot named after the address. Works for precompiles and reverting callees.
pub(super) const CALLER: &[u8] = &hex!(
    "6020 36 03 6020 6000 37"             // memory := input after word 0
    "6020 6000 6020 36 03 6000 6000 35 5a fa" // staticcall
    "6000 51 01 6000 35 55 00"
);
/// Calls the address in word 0 three times with the rest of the input and fails with the first
/// failure: several deposits out of one transaction, from a contract.
pub(super) const THRICE: &[u8] = &hex!(
    "6020 36 03 6020 6000 37"
    "6000 6000 6020 36 03 6000 6000 6000 35 5a f1 15 60 49 57"
    "6000 6000 6020 36 03 6000 6000 6000 35 5a f1 15 60 49 57"
    "6000 6000 6020 36 03 6000 6000 6000 35 5a f1 15 60 49 57"
    "00 5b 6000 6000 fd"
);

/// Creation code that leaves `runtime` as the contract.
pub(super) fn creation(runtime: &[u8]) -> Bytes {
    let length = u16::try_from(runtime.len()).expect("a test contract is short");
    let [high, low] = length.to_be_bytes();
    // PUSH2 length, DUP1, PUSH1 12 (this prefix), PUSH1 0, CODECOPY, PUSH1 0, RETURN
    let mut code = vec![0x61, high, low, 0x80, 0x60, 12, 0x60, 0, 0x39, 0x60, 0, 0xf3];
    code.extend_from_slice(runtime);
    code.into()
}

/// Creation code that reverts.
pub(super) const CREATION_REVERTS: &[u8] = &hex!("60006000fd");
/// Creation code that leaves code starting with `0xEF`, which EIP-3541 refuses.
pub(super) const CREATION_REFUSED: &[u8] = &hex!("60ef60005360016000f3");

#[cfg(test)]
mod tests {
    use super::*;

    /// The jump of [`THRICE`] must land on its JUMPDEST.
    #[test]
    fn thrice_jumps_to_its_end() {
        let target = THRICE.iter().rposition(|&byte| byte == 0x5b);
        assert_eq!(target, Some(THRICE.len() - 6));
        let jumps: Vec<u8> = THRICE
            .windows(4)
            .filter(|bytes| bytes[0] == 0x15 && bytes[1] == 0x60 && bytes[3] == 0x57)
            .map(|bytes| bytes[2])
            .collect();
        assert_eq!(jumps, [u8::try_from(THRICE.len() - 6).expect("short"); 3]);
    }

    #[test]
    fn creation_copies_the_runtime() {
        let code = creation(LOGGER);
        assert_eq!(&code[12..], LOGGER);
        assert_eq!(usize::from(code[2]), LOGGER.len());
    }
}
