//! What moving connections from core to core needs of an engine.
//!
//! Owns the trait. Never serves. Called by: `peer_cores/connections.rs`; implemented by the runtime for both engines.

use howth_engine::Handed;

/// The engine of one core, as far as its connections go.
pub trait Engine {
    /// How many connections are open.
    fn connections(&self) -> usize;

    /// Gives up as many idle connections as `count` says.
    fn release_idle(&mut self, count: usize);

    /// Gives new connections up as they are accepted, or serves them.
    fn release_new(&mut self, releases: bool);

    /// The connections that were given up since the last call.
    fn take_released(&mut self) -> Vec<Handed>;

    /// Goes on with a connection that another engine gave up.
    ///
    /// # Errors
    /// There are too many; it comes back.
    fn adopt(&mut self, handed: Handed) -> Result<(), Handed>;
}
