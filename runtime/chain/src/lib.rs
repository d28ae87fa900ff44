//! Chain configuration, fork schedule, contract deployment and genesis assembly (pure data, no runtime).
