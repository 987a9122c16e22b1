//! V8 itself, once per process.

use std::io::IsTerminal;

use deno_core::JsRuntime;
use deno_runtime::colors;

/// The first two are Deno's: KiB of JavaScript's stack, and no bound on what buffers may hold outside the heap.
///
/// The third: the phase that unrolls loops also takes the check for termination out of some, even endless ones
/// (seen in V8 15.0 with `for (;;) list.push(new Array(1000).fill(0))`), and such a loop could only be ended by
/// ending the process.
///
/// The fourth: young garbage is collected by the core whose it is. Threads that help take the time of other cores, and
/// more of it altogether.
const FLAGS: [&str; 4] = [
    "--stack-size=1024",
    "--external-memory-max-reasonable-size=0",
    "--no-turboshaft-loop-unrolling",
    "--no-parallel-scavenge",
];

/// Flags V8 does not know.
#[derive(Debug, thiserror::Error)]
#[error("V8 does not know {}", .0.join(", "))]
pub struct UnknownFlags(pub Vec<String>);

/// Sets V8's flags and starts its platform. To be called once, on the main thread, before any core starts:
/// threads inherit from it the right to V8's protected memory. Errors are coloured on a terminal only.
///
/// # Errors
/// If V8 does not know a flag. The platform is not started then.
pub fn initialize(v8_flags: &[String]) -> Result<(), UnknownFlags> {
    if !std::io::stderr().is_terminal() && !colors::force_color() {
        // Deno's libraries look at NO_COLOR alone when they format errors.
        colors::set_use_color(false);
    }
    // V8 takes the first for the name of the program.
    let own = ["howth"].into_iter().chain(FLAGS).map(str::to_owned);
    let unknown = deno_core::v8_set_flags(own.chain(v8_flags.iter().cloned()).collect());
    match unknown.get(1..) {
        None | Some([]) => {
            JsRuntime::init_platform(None);
            Ok(())
        }
        Some(unknown) => Err(UnknownFlags(unknown.to_vec())),
    }
}
