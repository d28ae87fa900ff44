//! The methods and the server against fixed expectations from the specifications.

mod blocks;
mod calls;
mod fees;
mod fuzz;
mod kit;
mod logs;
mod send;
mod server;
mod state;
mod throughput;
