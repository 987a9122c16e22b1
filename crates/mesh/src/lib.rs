//! Messages between the threads of a process: bounded, lock-free, one producer and one consumer for each ring.
//!
//! Owns two shapes of it. A [`lane`] joins two threads that wait as futures do; a [`Mesh`] joins every core with every
//! other one, and wakes those that sleep in a ring of the kernel's or are busy with the application. Never blocks:
//! what is full gives the message back, what is empty says so. Knows nothing of what a message means. Called by: the
//! runtime.
#![forbid(unsafe_code)]

mod atomic;
mod bell;
mod core_set;
mod endpoint;
mod lane;
mod mesh;
mod refused;

pub use endpoint::Endpoint;
pub use lane::{Receiver, Sender, lane};
pub use mesh::Mesh;
pub use refused::Refused;
