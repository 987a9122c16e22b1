//! Takes the place of qbsdiff, by which Deno's windowed applications update themselves: refuses every patch.
//!
//! Called by: `deno_runtime`, in ops that no program of howth can reach.

use std::convert::Infallible;
use std::io::{Error, ErrorKind, Result, Write};

/// A patch: cannot be made.
#[derive(Debug)]
pub struct Bspatch(Infallible);

impl Bspatch {
    /// Reads a patch.
    ///
    /// # Errors
    /// Always.
    pub fn new(_patch: &[u8]) -> Result<Self> {
        Err(Error::new(
            ErrorKind::Unsupported,
            "howth is built without binary patches",
        ))
    }

    /// How much it makes.
    pub fn hint_target_size(&self) -> u64 {
        match self.0 {}
    }

    /// Applies it.
    ///
    /// # Errors
    /// Never: there is none.
    pub fn apply<T: Write>(self, _source: &[u8], _target: T) -> Result<u64> {
        match self.0 {}
    }
}
