//! The gm binary.
fn main() {}
