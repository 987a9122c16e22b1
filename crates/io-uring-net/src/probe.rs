//! Whether io_uring works here, and if not, why, in words for a person.
//!
//! Asked once per process, before any core starts: sets a ring up, runs a NOP through it, and asks for every operation
//! the engine uses. Leaves nothing behind. Owns the words. Never chooses the engine: the runtime, which calls it, does.

use std::io;

use io_uring::{IoUring, Probe, opcode};

use howth_ring::{RingOptions, set_up};

/// A ring that costs the start little: whatever would refuse a large one refuses this one, but for the limit on
/// locked memory, for which the engine makes its ring smaller.
const SMALLEST: RingOptions = RingOptions {
    submissions: 16,
    completions: 32,
    buffers: 1,
    buffer_bytes: 4096,
};

/// Why io_uring cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Denied: a seccomp profile (containers), a security module, or the system's own switch.
    #[error("io_uring is denied ({reason})")]
    Denied {
        /// Which of them, as far as it can be told.
        reason: &'static str,
    },
    /// The kernel has no io_uring.
    #[error("the kernel has no io_uring (ENOSYS)")]
    Missing,
    /// The memory lock limit is too small even for the smallest ring.
    #[error("the locked-memory limit is too small for a ring (ENOMEM)")]
    Memory,
    /// The kernel is older than the engine's needs.
    #[error("the kernel is too old: {missing} is missing (Linux 6.1 or newer is needed)")]
    TooOld {
        /// The first thing that was missed.
        missing: &'static str,
    },
    /// Something else failed.
    #[error("io_uring fails: {0}")]
    Failed(#[source] io::Error),
}

impl Refusal {
    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Refusal::Denied { .. } => {
                "allow io_uring_setup, io_uring_enter and io_uring_register in the seccomp profile \
                 (docker/seccomp.json) and set kernel.io_uring_disabled to 0"
            }
            Refusal::Missing | Refusal::TooOld { .. } => "use Linux 6.1 or newer, or serve with --uring=auto",
            Refusal::Memory => "raise the limit (ulimit -l, LimitMEMLOCK=), or serve with --uring=auto",
            Refusal::Failed(_) => "serve with --uring=auto",
        }
    }
}

/// Tries io_uring out.
///
/// # Errors
/// The reason it cannot be used.
pub fn probe() -> Result<(), Refusal> {
    let mut ring = set_up(SMALLEST).map_err(explain)?;
    run_nop(&mut ring).map_err(explain)?;
    let mut supported = Probe::new();
    ring.submitter().register_probe(&mut supported).map_err(explain)?;
    let needed = [
        ("accept", opcode::AcceptMulti::CODE),
        ("receive", opcode::RecvMulti::CODE),
        ("send", opcode::Send::CODE),
        ("sendmsg", opcode::SendMsg::CODE),
        ("poll", opcode::PollAdd::CODE),
        ("read", opcode::Read::CODE),
        ("cancel", opcode::AsyncCancel::CODE),
        ("close", opcode::Close::CODE),
    ];
    match needed.iter().find(|(_, code)| !supported.is_supported(*code)) {
        Some((missing, _)) => Err(Refusal::TooOld { missing }),
        None => check_provided_buffers(),
    }
}

fn run_nop(ring: &mut IoUring) -> io::Result<()> {
    // SAFETY: a NOP points to nothing.
    let pushed = unsafe { ring.submission().push(&opcode::Nop::new().build()) };
    pushed.map_err(io::Error::other)?;
    ring.submit_and_wait(1)?;
    match ring.completion().next() {
        Some(completion) if completion.result() >= 0 => Ok(()),
        Some(completion) => Err(io::Error::from_raw_os_error(-completion.result())),
        None => Err(io::Error::other("a NOP did not complete")),
    }
}

/// Provided buffer rings came with 5.19, multishot receive with 6.0, `DEFER_TASKRUN` with 6.1; the last was
/// tried by setting the ring up, and the kernels that have it have the others.
fn check_provided_buffers() -> Result<(), Refusal> {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").map_err(Refusal::Failed)?;
    crate::ring::Ring::new(vec![socket.into()], SMALLEST)
        .map(drop)
        .map_err(explain)
}

fn explain(error: io::Error) -> Refusal {
    match error.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => Refusal::Denied { reason: denial() },
        Some(libc::ENOSYS) => Refusal::Missing,
        Some(libc::ENOMEM) => Refusal::Memory,
        Some(libc::EINVAL) => Refusal::TooOld {
            missing: "DEFER_TASKRUN or provided buffer rings",
        },
        _ => Refusal::Failed(error),
    }
}

fn denial() -> &'static str {
    let switch = std::fs::read_to_string("/proc/sys/kernel/io_uring_disabled");
    match switch.as_deref().map(str::trim) {
        Ok("2") => "EPERM: kernel.io_uring_disabled is 2",
        Ok("1") => "EPERM: kernel.io_uring_disabled is 1 and this process is not privileged",
        _ => "EPERM: most likely by a container's seccomp profile",
    }
}
