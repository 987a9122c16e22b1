//! Why an engine did not do what an application asked for.
//!
//! Owns the errors of [`Exchanges`](crate::Exchanges). Never printed by an engine. Called by: both engines, and the
//! application.

use howth_http1::InvalidResponse;

/// The exchange is over: answered, aborted, or never existed. The call had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the exchange is over")]
pub struct Gone;

/// Why a part of a response was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// See [`Gone`].
    #[error(transparent)]
    Gone(#[from] Gone),
    /// The response is not as long as it says. The client is answered 500 where nothing of it has been sent; where some
    /// has, it breaks off. The exchange is over for the application.
    #[error(
        "content-length says {declared} bytes, and the body has {}{given}",
        if given > declared { "at least " } else { "" }
    )]
    Length {
        /// The length that its head says.
        declared: u64,
        /// The bytes it was given, with those that were too many.
        given: u64,
    },
}

/// Why an interim response was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterimError {
    /// See [`Gone`]; or its response was begun.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// Its head cannot be sent.
    #[error(transparent)]
    Invalid(#[from] InvalidResponse),
}

/// Why the protocol was not changed. The request can still be answered, unless it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpgradeError {
    /// See [`Gone`]; or its response was begun.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// Its head cannot be sent.
    #[error(transparent)]
    Invalid(#[from] InvalidResponse),
    /// RFC 9110 section 7.8: a client that does not ask for it is not upgraded.
    #[error("the client asks for no other protocol")]
    NotAsked,
    /// RFC 9110 section 7.8: the request is received whole before the protocol changes.
    #[error("the request has a body, and the protocol changes behind one without")]
    HasBody,
    /// The request was forwarded, and its connection is another core's.
    #[error("the connection belongs to another core")]
    Elsewhere,
}
