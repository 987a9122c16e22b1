//! The bound of an isolate's heap: how much it is by default, and what happens when it is reached.

use std::num::NonZeroUsize;

use deno_core::{JsRuntime, v8};

use super::options::HeapLimitHook;

/// Below this, Deno's own JavaScript leaves a program too little.
const HEAP_BYTES_MIN: u64 = 64 << 20;
/// Beyond this, a full garbage collection stops an isolate for too long.
const HEAP_BYTES_MAX: u64 = 4 << 30;

/// The space for young garbage, of which V8 has three parts. Requests make garbage that is dead when it is collected, so that a
/// larger one is only more memory: with V8's own, twice as large, an application of Express takes 13 MB more, and no CPU
/// less (`benches/profile.md`).
const YOUNG_BYTES_MAX: usize = 3 * (8 << 20);

/// The bounds of a core's heap of `bytes_max` bytes. V8's flag `--max-semi-space-size` counts over them.
pub(super) fn bounded(bytes_max: usize) -> v8::CreateParams {
    let params = v8::CreateParams::default().heap_limits(0, bytes_max);
    let young = params.max_young_generation_size_in_bytes();
    if young <= YOUNG_BYTES_MAX {
        return params;
    }
    let old = params.max_old_generation_size_in_bytes();
    params
        .set_max_young_generation_size_in_bytes(YOUNG_BYTES_MAX)
        .set_max_old_generation_size_in_bytes(old + young - YOUNG_BYTES_MAX)
}

/// How large the heap of each of `cores` isolates may become in a process that may use `memory_bytes`: an equal
/// share of three quarters. The last quarter is for what is not on a heap: buffers, code, the kernel's part.
pub fn heap_bytes_default(memory_bytes: u64, cores: NonZeroUsize) -> usize {
    let heaps = memory_bytes - memory_bytes / 4;
    let share = heaps / cores.get() as u64;
    share.clamp(HEAP_BYTES_MIN, HEAP_BYTES_MAX) as usize
}

/// How many times its first limit a heap may grow to while its code is being terminated.
pub const UNWINDING_FACTOR: usize = 2;

/// Ends the isolate's code, instead of the process, when the heap is full.
///
/// V8 gives the process up when an allocation fails. It asks here before, and the limit is raised so that what
/// runs can get as far as the next check for termination. One large built-in function or a loop that V8 compiled
/// without checks may not get there in time: V8 ends the process then, before the machine has no memory left.
pub(super) fn end_at_limit(runtime: &mut JsRuntime, hook: HeapLimitHook) {
    let isolate = runtime.v8_isolate().thread_safe_handle();
    runtime.add_near_heap_limit_callback(move |limit, first_limit| {
        hook();
        isolate.terminate_execution();
        raised(limit, first_limit)
    });
}

/// A quarter more, up to the bound; the same limit means that there is no more.
fn raised(limit: usize, first_limit: usize) -> usize {
    let bound = first_limit.saturating_mul(UNWINDING_FACTOR).max(limit);
    limit.saturating_add(limit / 4).min(bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(memory_bytes: u64, cores: usize) -> usize {
        heap_bytes_default(memory_bytes, NonZeroUsize::new(cores).expect("not zero"))
    }

    #[test]
    fn a_heap_has_the_size_that_was_asked_for() {
        for mebibytes in [64, 256, 1024, 4096] {
            let params = bounded(mebibytes << 20);
            let young = params.max_young_generation_size_in_bytes();
            assert!(young <= YOUNG_BYTES_MAX, "{young}");
            let whole = young + params.max_old_generation_size_in_bytes();
            // V8 rounds to its pages.
            assert!(
                whole.abs_diff(mebibytes << 20) <= 1 << 20,
                "{whole} of {mebibytes} MiB"
            );
        }
    }

    #[test]
    fn shares_three_quarters() {
        assert_eq!(share(1 << 30, 1), 768 << 20);
        assert_eq!(share(1 << 30, 4), 192 << 20);
    }

    #[test]
    fn raises_the_limit_to_its_bound() {
        assert_eq!(raised(100, 100), 125);
        assert_eq!(raised(190, 100), 200);
        assert_eq!(raised(200, 100), 200);
        assert_eq!(raised(usize::MAX, usize::MAX), usize::MAX);
    }

    #[test]
    fn stays_within_bounds() {
        assert_eq!(share(128 << 20, 8), 64 << 20);
        assert_eq!(share(0, 1), 64 << 20);
        assert_eq!(share(u64::MAX, 1), 4 << 30);
    }
}
