//! Threads and processes that are made have the affinity mask that howth was started with.
//!
//! The kernel gives them the mask of the thread that makes them, and a core may be pinned to one processor: its workers,
//! its blocking pool and its child processes would share that one. Who makes them is in Deno's libraries, V8 and the
//! standard library, so the linker leads their calls through here (`--wrap`, `build.rs`). Owns nothing; the runtime knows
//! who is pinned.

use std::ffi::{c_char, c_int, c_void};

use howth_runtime::Unpinned;

type Start = extern "C" fn(*mut c_void) -> *mut c_void;

unsafe extern "C" {
    fn __real_pthread_create(
        thread: *mut c_void,
        attributes: *const c_void,
        start: Start,
        argument: *mut c_void,
    ) -> c_int;

    fn __real_posix_spawnp(
        process: *mut c_int,
        file: *const c_char,
        actions: *const c_void,
        attributes: *const c_void,
        arguments: *const *mut c_char,
        environment: *const *mut c_char,
    ) -> c_int;

    fn __real_fork() -> c_int;
}

/// pthread_create(3).
///
/// # Safety
/// That function's contract.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_pthread_create(
    thread: *mut c_void,
    attributes: *const c_void,
    start: Start,
    argument: *mut c_void,
) -> c_int {
    let _unpinned = Unpinned::begin();
    // SAFETY: the arguments are the caller's, who keeps the contract of the function it calls.
    unsafe { __real_pthread_create(thread, attributes, start, argument) }
}

/// posix_spawnp(3).
///
/// # Safety
/// That function's contract.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_posix_spawnp(
    process: *mut c_int,
    file: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    arguments: *const *mut c_char,
    environment: *const *mut c_char,
) -> c_int {
    let _unpinned = Unpinned::begin();
    // SAFETY: the arguments are the caller's, who keeps the contract of the function it calls.
    unsafe { __real_posix_spawnp(process, file, actions, attributes, arguments, environment) }
}

/// fork(2).
///
/// # Safety
/// That function's contract.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_fork() -> c_int {
    let unpinned = Unpinned::begin();
    // SAFETY: the caller keeps the contract of the function it calls. What is added before and after, system calls on
    // memory of this thread, may be done in any process.
    let process = unsafe { __real_fork() };
    if process == 0 {
        // The new process keeps the mask.
        std::mem::forget(unpinned);
    }
    process
}
