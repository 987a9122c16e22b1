//! What the tests share: engines to run on, processes to talk to, a client that sends exact bytes.

#[macro_use]
mod engine;
pub mod busy;
mod connection;
mod launch;
mod npm;
mod open_files;
mod output;
pub mod reloading;
mod response;
mod sandbox;
mod server;
mod time;
pub mod tls;
mod two_cores;

pub use connection::Connection;
pub use engine::Engine;
pub use launch::{Begun, Finished, Launch, printed};
pub use npm::npm;
pub use open_files::raise_open_files_limit;
pub use response::{Response, request};
pub use server::Server;
pub use time::{PATIENCE, eventually};
pub use two_cores::{ask, connections, serve_on_two_cores};
