//! The CPU time of another process: user and system time of all its threads, in nanoseconds.
//!
//! Owns the system calls. Includes what the kernel does for a ring on the process's own threads and on its
//! io_uring workers; not what interrupts do on behalf of the network, which no process is charged for exactly.

use std::io;
use std::time::Duration;

/// The CPU clock of one process.
#[derive(Clone, Copy, Debug)]
pub struct CpuClock {
    #[cfg(target_os = "linux")]
    clock: libc::clockid_t,
}

#[cfg(target_os = "linux")]
impl CpuClock {
    /// The clock of the process with this id.
    ///
    /// # Errors
    /// There is no such process.
    pub fn of_process(id: u32) -> io::Result<Self> {
        let mut clock = 0;
        // SAFETY: the clock outlives the call, which writes nothing else.
        match unsafe { libc::clock_getcpuclockid(id.cast_signed(), &raw mut clock) } {
            0 => Ok(CpuClock { clock }),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    /// What the process has used since it started.
    ///
    /// # Errors
    /// The process is gone.
    pub fn read(self) -> io::Result<Option<Duration>> {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the time outlives the call, which writes nothing else.
        if unsafe { libc::clock_gettime(self.clock, &raw mut time) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let nanoseconds = time.tv_nsec.cast_unsigned();
        Ok(Some(
            Duration::from_secs(time.tv_sec.cast_unsigned()) + Duration::from_nanos(nanoseconds),
        ))
    }
}

#[cfg(not(target_os = "linux"))]
impl CpuClock {
    /// The clock of the process with this id.
    pub fn of_process(_id: u32) -> io::Result<Self> {
        Ok(CpuClock {})
    }

    /// Other systems do not tell one process about another's time in this way.
    pub fn read(self) -> io::Result<Option<Duration>> {
        Ok(None)
    }
}
