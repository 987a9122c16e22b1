//! What can be stored.
//!
//! A clone shares the memory, so that a reader takes a value out of the table without a copy and keeps it while another
//! thread replaces it. Owns the memory, and says how much it is. Never changes. Called by: the store, and whoever reads
//! it.

use std::sync::Arc;

/// A value of JavaScript, as it lies in memory between isolates.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true`, `false`.
    Boolean(bool),
    /// A number; the one kind that can be incremented.
    Number(f64),
    /// A string whose code units are all below 256, one byte each.
    Latin1(Arc<[u8]>),
    /// Any other string, by its code units: a lone surrogate comes back as it went in.
    Utf16(Arc<[u16]>),
    /// A `Uint8Array`.
    Bytes(Arc<[u8]>),
    /// Anything else, as the structured clone algorithm of V8 wrote it.
    Structured(Arc<[u8]>),
}

impl Value {
    /// Bytes it needs besides its entry.
    pub fn bytes(&self) -> usize {
        match self {
            Value::Null | Value::Boolean(_) | Value::Number(_) => 0,
            Value::Latin1(bytes) | Value::Bytes(bytes) | Value::Structured(bytes) => bytes.len(),
            Value::Utf16(units) => units.len() * size_of::<u16>(),
        }
    }
}
