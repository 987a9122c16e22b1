//! The CPU time of the calling thread.
//!
//! Owns the system call. Of other processes: `cpu_time`.

use std::io;
use std::time::Duration;

/// What the thread has used since it started.
///
/// # Errors
/// The system has no such clock.
pub fn thread_time() -> io::Result<Duration> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the time outlives the call, which writes nothing else.
    if unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let nanoseconds = time.tv_nsec.cast_unsigned();
    Ok(Duration::from_secs(time.tv_sec.cast_unsigned()) + Duration::from_nanos(nanoseconds))
}
