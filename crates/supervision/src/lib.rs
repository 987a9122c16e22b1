//! The life of a server's cores: where they listen, when they start, are replaced and end.
//!
//! Owns the listening sockets, signals, reloads, upgrades, drains and their deadlines ([`supervise`]), a core's end of
//! all that ([`Command`]), and how lines are printed ([`tell`]). Never does: serve, run JavaScript, know what a program is.
//! What it needs of those who do is in two traits: [`Runtime`] finds programs and starts cores, [`Engine`] accepts and gives
//! clients up. Called by: the runtime, on the main thread and on each core's.
//!
//! Printing never fails (`printing.rs`): `eprintln!` would panic where nobody reads it.
#![cfg_attr(not(test), deny(clippy::print_stderr, clippy::print_stdout))]

mod affinity;
mod command;
mod core_slot;
mod engine;
mod environment;
mod error;
mod frequency;
mod inbox;
mod listen;
mod mode;
mod open_files;
mod options;
mod order;
mod pid_file;
mod printing;
mod runtime;
mod signals;
mod startup_code;
mod supervisor;
mod take_over;
mod watch;

pub use affinity::{NotAllowed, Pinning, Unpinned, parse_processors, pin, usable_cores};
pub use command::Command;
pub use core_slot::CoreSlot;
pub use engine::Engine;
pub use environment::take as take_variable;
pub use error::{Error, ListenError};
pub use frequency::Frequency;
pub use inbox::{Arrivals, Inbox, Predecessor};
pub use listen::{Address, CoreListeners, Inherited, Lease, ListenAddress, ListenOptions, Listeners, Wanted};
pub use mode::Mode;
pub use options::Options;
pub use order::{Ended, Order, Report};
pub use printing::{Output, print, tell, write};
pub use runtime::{Failure, Runtime, Terminate};
pub use supervisor::supervise;
pub use take_over::TakeOver;
