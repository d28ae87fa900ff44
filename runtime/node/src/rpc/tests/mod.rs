//! The methods and the server against fixed expectations from the specifications.

mod kit;
mod shapes;
mod throughput;
