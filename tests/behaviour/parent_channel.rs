//! The variable by which a process learns of the pipe to its parent.

use crate::support::{Engine, Launch};

on_both_engines![a_variable_that_a_program_sets_is_its_own];

/// New code of the same process is nobody's child because of it.
fn a_variable_that_a_program_sets_is_its_own(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        process.env.NODE_CHANNEL_FD ??= '0';
        export default () => new Response(`${typeof process.send} ${process.env.NODE_CHANNEL_FD}`);
        ",
    )
    .start();
    assert_eq!(server.get("/").text(), "undefined 0");
    server.signal(libc::SIGHUP);
    server.wait_for_output("the new code serves on");
    assert_eq!(server.get("/").text(), "undefined 0");
}
