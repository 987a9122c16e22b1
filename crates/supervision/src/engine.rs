//! What a change of cores needs of an engine.
//!
//! Owns the trait. Never serves. Called by: `command`, `take_over`; implemented by the runtime for both engines.

use howth_engine::Handed;

/// The engine of one core, as far as its clients go.
pub trait Engine {
    /// Accepts, or leaves new clients in the kernel's backlog.
    fn set_accepting(&mut self, accepts: bool);

    /// Whether its socket may still give it a client.
    fn is_listening(&self) -> bool;

    /// Stops accepting, and gives every connection up as soon as it is idle.
    fn release_all(&mut self);

    /// The connections that were given up since the last call.
    fn take_released(&mut self) -> Vec<Handed>;

    /// Goes on with a connection that another engine gave up.
    ///
    /// # Errors
    /// There are too many; it comes back.
    fn adopt(&mut self, handed: Handed) -> Result<(), Handed>;

    /// Stops accepting, and finishes what is in flight.
    fn drain(&mut self);
}
