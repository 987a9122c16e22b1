//! Whether the program is expected to serve.

/// Whether the program is expected to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `howth serve`: a program that does not is an error.
    Serve,
    /// `howth run`: it may end.
    Run,
}
