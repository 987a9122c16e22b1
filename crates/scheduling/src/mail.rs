//! Messages of a core's application for those of other cores, which the mesh carries beside requests.
//!
//! Owns the trait. Never looks into a message. Called by: `peer_cores/messages.rs`; implemented by the runtime.

/// The mail of one core. What is in a message is the application's own affair.
pub trait Mail {
    /// A message, and who is to get it.
    type Message: Send;

    /// Whether something waits for room in the mesh.
    fn has_unsent(&self) -> bool;

    /// Gives what is to be sent, and to which core, to `send`, which gives back what it has no room for. What is for one
    /// core keeps its order.
    fn send(&self, send: impl FnMut(usize, Self::Message) -> Result<(), Self::Message>);

    /// Takes what has come.
    fn receive(&self, message: Self::Message);
}
