//! howth beside Bun, Deno and Node: the same applications, one core each, in alternating rounds; and, in [`cores`],
//! experiments on several.
//!
//! Owns: the applications and their adapters, who is compared and how each is started, the rounds, what is read
//! off a server's processes, the results and their forms. Never does: terminal output, argument parsing, sending
//! requests (that is `howth-load`). Called by: `howth bench compare`, through [`compare`], `howth bench cores`,
//! through [`cores::measure`], and `howth bench http`, for a [`BuiltInServer`].
//!
//! Linux only; elsewhere the crate is empty.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

mod applications;
mod asking;
mod built_in;
mod command_line;
mod contest;
mod contestant;
mod core_pin;
pub mod cores;
mod drawing;
mod error;
mod facts;
mod figure;
mod idle;
mod lineup;
mod machine;
mod measure;
mod nginx;
mod npm;
mod options;
mod processes;
mod request;
mod results;
mod server;
mod statistics;
mod workload;
mod workloads;

pub use built_in::BuiltInServer;
pub use contest::{Observer, compare};
pub use error::CompareError;
pub use lineup::{Binaries, Extra, Lineup, Runtime};
pub use options::{Options, Sizes};
pub use results::Comparison;
pub use workloads::names as workload_names;
