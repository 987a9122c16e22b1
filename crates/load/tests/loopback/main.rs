//! Runs of the generator over loopback, against small servers inside the test.
#![cfg(target_os = "linux")]

mod http;
mod layers;
mod occasional;
mod open_loop;
mod server;
