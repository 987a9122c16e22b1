//! How many cores to serve on, and the pinning of a thread to one.
//!
//! Owns one system call. Never spawns.

use std::num::NonZeroUsize;

/// How many cores this process may use: its affinity mask and its cgroup's CPU quota decide.
pub(crate) fn usable_cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The processors of the affinity mask, in order; empty where the system does not tell.
pub(crate) fn allowed_processors() -> Vec<usize> {
    cfg_if::cfg_if! {
        if #[cfg(target_os = "linux")] {
            linux::allowed_processors()
        } else {
            Vec::new()
        }
    }
}

/// Keeps the calling thread on one processor. Where that is not possible it stays as it is: pinning saves
/// cache misses, nothing depends on it.
pub(crate) fn pin(processor: usize) {
    cfg_if::cfg_if! {
        if #[cfg(target_os = "linux")] {
            linux::pin(processor);
        } else {
            let _ = processor;
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::mem::{size_of, zeroed};

    pub(super) fn allowed_processors() -> Vec<usize> {
        // SAFETY: all zeroes is the empty set.
        let mut set: libc::cpu_set_t = unsafe { zeroed() };
        // SAFETY: the set is as large as said and outlives the call; 0 is the calling thread.
        if unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) } != 0 {
            return Vec::new();
        }
        (0..libc::CPU_SETSIZE as usize)
            // SAFETY: the number is below CPU_SETSIZE.
            .filter(|processor| unsafe { libc::CPU_ISSET(*processor, &set) })
            .collect()
    }

    pub(super) fn pin(processor: usize) {
        if processor >= libc::CPU_SETSIZE as usize {
            return;
        }
        // SAFETY: all zeroes is the empty set.
        let mut set: libc::cpu_set_t = unsafe { zeroed() };
        // SAFETY: the number is below CPU_SETSIZE.
        unsafe { libc::CPU_SET(processor, &mut set) };
        // SAFETY: the set is as large as said and outlives the call; 0 is the calling thread.
        unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_thread_may_run_on_its_processor_only() {
        let Some(&last) = allowed_processors().last() else {
            return;
        };
        let pinned = std::thread::spawn(move || {
            pin(last);
            (allowed_processors(), usable_cores().get())
        });
        assert_eq!(pinned.join().expect("it ends"), (vec![last], 1));
    }
}
