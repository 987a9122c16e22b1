//! What both engines say of request bodies.
//!
//! Owns words only; when they are said is the engines' business. Called by: `howth_connection`.

/// What the application wants with a body once the response is out; see [`keep_body`](crate::Exchanges::keep_body).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: the rest is drained.
    #[default]
    Nothing,
    /// It may read it.
    Perhaps,
    /// It reads it.
    Read,
}

/// Why a body cannot be read to its end, as the end of a sentence that begins "the request body".
pub mod failure {
    /// It broke a rule or a limit.
    pub const MALFORMED: &str = "was malformed or too large";
    /// It is not what its content coding says.
    pub const UNDECODABLE: &str = "does not decode as its content-encoding says";
    /// A deadline passed, or its rate was too low.
    pub const TOO_SLOW: &str = "came too slowly";
    /// The client left, or ended its side.
    pub const BROKE_OFF: &str = "broke off before its end";
    /// It was kept when its response was out, and nobody took it.
    pub const NOT_READ: &str = "was not read in time after the response was given";
    /// The application has cancelled it.
    pub const GIVEN_UP: &str = "was given up";
}
