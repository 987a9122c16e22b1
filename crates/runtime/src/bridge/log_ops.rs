//! The ops by which Deno's JavaScript prints, with howth's in their places ([`replacement`]), and the one by which the streams
//! of `process` write.
//!
//! What nobody else tells goes to a logger that Deno's command sets up; without one a handler's error under Deno's own server
//! is lost. And the console throws, in Deno, where it cannot print: a full disk, a pipe that does not wait for its reader; here
//! as in Node it never does. Owns nothing but these ops. Called by: JavaScript of Deno's, and
//! `js/node/output.js`.

use deno_core::{OpDecl, op2};
use howth_supervision::{Output, print, tell, write};

/// The level of what users want to know; errors and warnings stand below it, what only Deno's authors want above.
const INFORMATION: u32 = 3;

/// The op that takes the place of Deno's, or that op.
pub(super) fn replacement(op: OpDecl) -> OpDecl {
    match op.name {
        "op_internal_log" => op.with_implementation_from(&op_internal_log()),
        "op_print" => op.with_implementation_from(&op_print()),
        _ => op,
    }
}

/// Of the console.
#[op2(fast)]
fn op_print(#[string] text: &str, is_error: bool) {
    print(output(is_error), text);
}

/// 0, or the number by which the system says why not all of the bytes were written.
#[op2(fast)]
#[smi]
pub(super) fn op_howth_write_output(#[buffer] bytes: &[u8], is_error: bool) -> i32 {
    write(output(is_error), bytes).map_or_else(|error| error.raw_os_error(), |()| 0)
}

fn output(is_error: bool) -> Output {
    match is_error {
        true => Output::Stderr,
        false => Output::Stdout,
    }
}

#[op2(fast)]
fn op_internal_log(#[string] _url: &str, #[smi] level: u32, #[string] message: &str) {
    if level <= INFORMATION {
        tell(format_args!("{message}"));
    }
}
