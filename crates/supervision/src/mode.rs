//! Whether the program is expected to serve.
//!
//! Owns the two words for it. Decides nothing. Called by: the binary, which knows; the supervisor.

/// Whether the program is expected to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `howth serve`: a program that does not is an error.
    Serve,
    /// `howth run`: it may end.
    Run,
}
