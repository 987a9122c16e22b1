//! Which request is answered when, and on which core.
//!
//! Owns the queue of a core and who is admitted to it ([`Reception`]), what a core hands to the others and takes from them
//! ([`PeerCores`]), and what cores show of themselves ([`CoreStatus`], [`Counters`]). Never does: run the application, touch a
//! socket, start or end a core. What it needs of those who do is in three traits: [`Application`], [`Engine`] and
//! [`Mail`]. Called by: a core's loop, with each turn, and what interrupts its application, on the core's own thread.
#![forbid(unsafe_code)]

mod admission;
mod application;
mod clock;
mod core_status;
mod counters;
mod engine;
mod entrance;
mod health;
mod mail;
mod observer;
mod peer_cores;
mod policy;
mod reception;
mod request_times;
mod sticky;
mod utilization;
mod waiting;
mod wake_flag;
mod watchdog;

pub use application::Application;
pub use clock::now_us;
pub use core_status::{CoreStatus, Interrupt};
pub use counters::{CoreMetrics, Count, Counters};
pub use engine::Engine;
pub use entrance::Entrance;
pub use health::Health;
pub use mail::Mail;
pub use observer::Observer;
pub use peer_cores::{PeerCores, RING_LENGTH, Settings, Topology};
pub use reception::Reception;
pub use request_times::{RequestTimes, SharedRequestTimes, Sums};
pub use sticky::Affinity;
pub use waiting::Waiting;
pub use wake_flag::WakeFlag;
pub use watchdog::Watchdog;
