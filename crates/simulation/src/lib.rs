//! The ring engine over a kernel in memory: everything a client, the kernel and time can do to it, from one seed.
//!
//! Owns: a second implementation of [`Kernel`](howth_io_uring_net::Kernel) ([`SimulatedKernel`]), clients that follow
//! scripts, an application, a small reference server that says what each client is to get, and the checks. Never does: real
//! input or output, sleeping, threads. Called by: its own tests; nothing depends on it. See `docs/simulation.md`.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

mod answers;
mod application;
mod client;
mod faults;
mod frames;
mod http2;
mod kernel;
mod knowledge;
pub mod memory;
mod network;
mod plan;
mod player;
mod random;
pub mod reader;
mod scenario;
mod script;
mod seal;
mod shrink;
mod simulation;
mod streams;
pub mod trace;
mod wire;

pub use faults::{Fault, Faults};
pub use kernel::{Control, KernelOptions, SimulatedKernel};
pub use network::{ClientRead, Network, SharedNetwork};
pub use random::Random;
pub use scenario::Scenario;
pub use shrink::{report, run_caught, shrink};
pub use simulation::{Outcome, run};
