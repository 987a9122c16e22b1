//! The servers in plain Rust: each answers every request with the same small response.
//!
//! One thread each, on the processor its process was started on.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, TcpListener};

mod handler;
pub mod hyper;
pub mod portable;
#[cfg(all(feature = "uring", target_os = "linux"))]
pub mod raw_ring;
#[cfg(all(feature = "uring", target_os = "linux"))]
pub mod ring;
#[cfg(all(feature = "uring", target_os = "linux"))]
pub mod tokio_uring;

/// Serves until something fails.
pub type Serve = fn(TcpListener) -> io::Result<Infallible>;

/// What every answer is made of.
const CONTENT_TYPE: &str = "text/plain;charset=UTF-8";
const BODY: &str = "Hi";

/// Listens on a port the kernel chooses, and says which one.
pub fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("http://{}/", listener.local_addr()?);
    Ok(listener)
}
