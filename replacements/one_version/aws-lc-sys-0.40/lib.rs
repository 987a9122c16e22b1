//! aws-lc-sys 0.47, which rustls uses, under the version that Deno's cryptography asks for.
//!
//! What Deno calls of it is the same in both, so that AWS-LC is compiled once instead of twice.

pub use current::*;
