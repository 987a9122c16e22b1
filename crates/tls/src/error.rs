//! What is wrong with certificates, keys and settings.
//!
//! Owns the words: where, what, and what helps. Called by: all modules beside; whoever shows it to a user.

/// A mistake in what was said about TLS: one line, which names the file or the option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {cause}; {remedy}")]
pub struct TlsError {
    place: String,
    cause: String,
    remedy: &'static str,
}

impl TlsError {
    /// `place`: a file or an option.
    pub fn new(place: impl Into<String>, cause: impl std::fmt::Display, remedy: &'static str) -> Self {
        TlsError {
            place: place.into(),
            cause: cause.to_string(),
            remedy,
        }
    }
}
