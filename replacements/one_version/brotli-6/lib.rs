//! brotli 9, which async-compression uses, under the version that Deno's crates ask for.
//!
//! What Deno calls of it is the same in both, but for the place of one type, so that it is compiled once instead of twice.

pub use current::*;

/// Writers, and where they get memory.
pub mod writer {
    pub use current::enc::StandardAlloc;
}
