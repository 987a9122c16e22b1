//! The CPU time of the calling thread (getrusage(2), `RUSAGE_THREAD`).

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// CPU time in user mode and in the kernel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CpuTime {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

impl CpuTime {
    /// What the calling thread has used so far; nothing where the kernel does not say.
    pub(crate) fn of_this_thread() -> Self {
        getrusage(UsageWho::RUSAGE_THREAD).map_or(CpuTime::default(), |usage| CpuTime {
            user: duration(usage.user_time()),
            system: duration(usage.system_time()),
        })
    }

    /// What was used since an earlier moment.
    pub(crate) fn since(self, earlier: CpuTime) -> CpuTime {
        CpuTime {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
        }
    }

    /// The sum over threads.
    pub(crate) fn plus(self, other: CpuTime) -> CpuTime {
        CpuTime {
            user: self.user + other.user,
            system: self.system + other.system,
        }
    }
}

fn duration(time: TimeVal) -> Duration {
    let microseconds = time.tv_sec() * 1_000_000 + time.tv_usec();
    Duration::from_micros(microseconds.unsigned_abs())
}
