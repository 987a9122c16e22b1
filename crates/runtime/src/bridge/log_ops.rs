//! The op by which Deno's JavaScript tells of what nobody else does, with howth's in its place ([`replacement`]).
//!
//! Deno's goes to a logger that its command sets up; without one a handler's error under Deno's own server is lost. Owns
//! nothing but this op. Called by: JavaScript of Deno's.

use deno_core::{OpDecl, op2};

/// The level of what users want to know; errors and warnings stand below it, what only Deno's authors want above.
const INFORMATION: u32 = 3;

/// The op that takes the place of Deno's, or that op.
pub(super) fn replacement(op: OpDecl) -> OpDecl {
    match op.name {
        "op_internal_log" => op.with_implementation_from(&op_internal_log()),
        _ => op,
    }
}

#[op2(fast)]
fn op_internal_log(#[string] _url: &str, #[smi] level: u32, #[string] message: &str) {
    if level <= INFORMATION {
        eprintln!("{message}");
    }
}
