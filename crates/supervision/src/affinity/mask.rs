//! The affinity mask of a thread, sched_getaffinity(2) and sched_setaffinity(2).
//!
//! Owns the two system calls and their sets. Never decides who runs where. Elsewhere than on Linux no thread has a
//! mask. Called by: its parent.

/// Processors with this number or a higher one cannot be named.
pub(super) const PROCESSORS_MAX: usize = 1024;

#[cfg(not(target_os = "linux"))]
pub(super) use absent::Mask;
#[cfg(target_os = "linux")]
pub(super) use linux::Mask;

#[cfg(target_os = "linux")]
mod linux {
    use std::mem::{size_of, zeroed};

    use super::PROCESSORS_MAX;

    /// A set of processors.
    pub(in super::super) struct Mask(libc::cpu_set_t);

    const _: () = assert!(PROCESSORS_MAX <= libc::CPU_SETSIZE as usize);

    impl Mask {
        fn empty() -> Self {
            // SAFETY: all zeroes is the empty set.
            Mask(unsafe { zeroed() })
        }

        /// `None`: the machine has more processors than a set has room for.
        pub(in super::super) fn of_this_thread() -> Option<Self> {
            let mut mask = Mask::empty();
            // SAFETY: the set is as large as said and outlives the call; 0 is the calling thread.
            let result = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut mask.0) };
            (result == 0).then_some(mask)
        }

        /// Must be below the bound.
        pub(in super::super) fn only(processor: usize) -> Self {
            assert!(processor < PROCESSORS_MAX, "processor {processor}");
            let mut mask = Mask::empty();
            // SAFETY: the number is below CPU_SETSIZE.
            unsafe { libc::CPU_SET(processor, &mut mask.0) };
            mask
        }

        /// In order.
        pub(in super::super) fn processors(&self) -> Vec<usize> {
            (0..PROCESSORS_MAX)
                // SAFETY: the number is below CPU_SETSIZE.
                .filter(|processor| unsafe { libc::CPU_ISSET(*processor, &self.0) })
                .collect()
        }

        /// Makes it the calling thread's. False: the thread keeps the one it has.
        pub(in super::super) fn apply(&self) -> bool {
            // SAFETY: the set is as large as said and outlives the call; 0 is the calling thread.
            unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const self.0) == 0 }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod absent {
    /// There is none.
    pub(in super::super) struct Mask;

    impl Mask {
        pub(in super::super) fn of_this_thread() -> Option<Self> {
            None
        }

        pub(in super::super) fn only(_processor: usize) -> Self {
            Mask
        }

        pub(in super::super) fn processors(&self) -> Vec<usize> {
            Vec::new()
        }

        pub(in super::super) fn apply(&self) -> bool {
            false
        }
    }
}
