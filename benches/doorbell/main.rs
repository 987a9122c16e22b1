//! How a core wakes another one that sleeps in its ring, by the ways that Linux has.
//!
//! `cargo bench --features uring --bench doorbell`. The receiver is on one processor, the sender on another. Ways take
//! turns, and the median over the turns is printed.

#[cfg(all(feature = "uring", target_os = "linux"))]
mod measure;
#[cfg(all(feature = "uring", target_os = "linux"))]
mod receiver;
#[cfg(all(feature = "uring", target_os = "linux"))]
mod sender;

#[cfg(all(feature = "uring", target_os = "linux"))]
#[path = "../support/processors.rs"]
mod processors;

#[cfg(all(feature = "uring", target_os = "linux"))]
#[path = "../support/thread_time.rs"]
mod thread_time;

fn main() {
    #[cfg(all(feature = "uring", target_os = "linux"))]
    measure::compare().expect("io_uring works");
    #[cfg(not(all(feature = "uring", target_os = "linux")))]
    eprintln!("doorbells are compared on io_uring, which this build is without");
}
