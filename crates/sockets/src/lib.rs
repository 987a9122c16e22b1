//! The WebSockets of one core, on tunnels of its engine.
//!
//! Owns what each of them is at: open, closing or over, what has come and waits for the application, when it has been silent
//! for too long, which topics it hears. Pings, closings and rules of the protocol are dealt with here, so that the application
//! hears of messages and of the end. Never does: input, output, the application's code. Called by: the runtime's bridge, with
//! the engine's events and with what the application does.

#![forbid(unsafe_code)]

mod close;
mod deadlines;
mod receive;
mod send;
mod settings;
mod socket;
mod sockets;
mod told;
mod topics;
mod upgrade;

pub use receive::Observed;
pub use send::Sent;
pub use settings::Settings;
pub use sockets::Sockets;
pub use told::{Payload, Told};
pub use upgrade::{NotUpgraded, Upgraded};
