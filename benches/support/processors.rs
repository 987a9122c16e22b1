//! Which processor the server runs on, and which the client.
//!
//! Owns the system calls for affinity. Where there is one processor, or the system has no such calls, threads
//! run where they like.

use std::io;

/// Where the two sides of a measurement run.
#[derive(Clone, Copy, Debug)]
pub struct Sides {
    /// The processors of the server and of the client, where there are two.
    apart: Option<(usize, usize)>,
}

impl Sides {
    /// Takes the first two processors this thread may use. It is the client's from now on.
    ///
    /// # Errors
    /// The system refuses to pin a thread to a processor it allowed before.
    pub fn take() -> io::Result<Self> {
        let [server, client, ..] = allowed_processors()[..] else {
            return Ok(Sides { apart: None });
        };
        pin(client)?;
        Ok(Sides {
            apart: Some((server, client)),
        })
    }

    /// Runs `work` on the server's processor; threads and processes it starts stay there. The calling thread
    /// is the client's again afterwards.
    ///
    /// # Errors
    /// As for [`take`](Self::take).
    pub fn on_server<T>(self, work: impl FnOnce() -> T) -> io::Result<T> {
        let Some((server, client)) = self.apart else {
            return Ok(work());
        };
        pin(server)?;
        let result = work();
        pin(client)?;
        Ok(result)
    }
}

#[cfg(target_os = "linux")]
fn allowed_processors() -> Vec<usize> {
    // SAFETY: all zeroes is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is as large as said and outlives the call; 0 is the calling thread.
    if unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) } != 0 {
        return Vec::new();
    }
    (0..libc::CPU_SETSIZE as usize)
        // SAFETY: the number is below CPU_SETSIZE.
        .filter(|processor| unsafe { libc::CPU_ISSET(*processor, &set) })
        .collect()
}

#[cfg(target_os = "linux")]
fn pin(processor: usize) -> io::Result<()> {
    // SAFETY: all zeroes is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the number comes from `allowed_processors`, which gives none beyond CPU_SETSIZE.
    unsafe { libc::CPU_SET(processor, &mut set) };
    // SAFETY: the set is as large as said and outlives the call; 0 is the calling thread.
    match unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(target_os = "linux"))]
fn allowed_processors() -> Vec<usize> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
fn pin(_processor: usize) -> io::Result<()> {
    Ok(())
}
