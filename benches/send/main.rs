//! What it costs to send a response on loopback, by the ways that Linux has.
//!
//! `cargo bench --features uring --bench send`. CPU time of the sending thread for each response: the kernel's copy,
//! the TCP stack, and on loopback most of the other end's. The receiver, on the other processor, throws bytes away.
//! Ways take turns, and the median over the turns is printed.

#[cfg(all(feature = "uring", target_os = "linux"))]
mod ways;

#[cfg(all(feature = "uring", target_os = "linux"))]
#[path = "../support/processors.rs"]
mod processors;

#[cfg(all(feature = "uring", target_os = "linux"))]
#[path = "../support/provided_buffers.rs"]
mod provided_buffers;

#[cfg(all(feature = "uring", target_os = "linux"))]
#[path = "../support/thread_time.rs"]
mod thread_time;

fn main() {
    #[cfg(all(feature = "uring", target_os = "linux"))]
    ways::compare().expect("loopback and io_uring work");
    #[cfg(not(all(feature = "uring", target_os = "linux")))]
    eprintln!("sending is compared on io_uring, which this build is without");
}
