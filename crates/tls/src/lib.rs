//! TLS without input or output: from certificates and keys to a configuration, and the server's side of one session.
//!
//! Owns: what an operator or a program says about TLS ([`Settings`]), the errors in it, what is shared by all cores
//! ([`Server`], [`Tickets`]), and the record layer of a session (rustls, with aws-lc-rs). Never does: sockets, clocks but
//! for the dates of certificates, threads, files; HTTP, but for the one answer to a client that speaks it in clear. Called
//! by: the runtime, which makes a [`Server`] for a listener; the engines, through [`howth_engine::TlsServer`].

#![forbid(unsafe_code)]

mod agreed;
mod certificate;
mod ciphers;
mod client;
mod configuration;
mod error;
mod key;
mod names;
mod self_signed;
mod server;
mod session;
mod settings;
mod tickets;

pub use error::TlsError;
pub use self_signed::self_signed;
pub use server::Server;
pub use settings::{Identity, Pem, Settings, Version};
pub use tickets::Tickets;
