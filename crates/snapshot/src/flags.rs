// Flags of V8 that howth always sets. Included by `lib.rs` and by `build.rs`: V8 takes code that was compiled earlier only
// where its flags are the same.

/// The first two are Deno's: KiB of JavaScript's stack, and no bound on what buffers may hold outside the heap.
///
/// The third: the phase that unrolls loops also takes the check for termination out of some, even endless ones
/// (seen in V8 15.0 with `for (;;) list.push(new Array(1000).fill(0))`), and such a loop could only be ended by
/// ending the process.
///
/// The fourth: young garbage is collected by the core whose it is. Threads that help take the time of other cores, and
/// more of it altogether.
pub const V8_FLAGS: [&str; 4] = [
    "--stack-size=1024",
    "--external-memory-max-reasonable-size=0",
    "--no-turboshaft-loop-unrolling",
    "--no-parallel-scavenge",
];

/// On top of these, unless the user says something about it: lets Rust collect young garbage when it wants to. V8's only
/// way to ask for that is meant for tests; the function that comes with it is taken from programs.
pub const COLLECTION_FLAG: &str = "--expose-gc-as=__howth_gc";
