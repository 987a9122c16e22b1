//! Descriptors for a child process, in the way of sd_listen_fds(3): from 3 on, their number in the environment.
//!
//! The process's own id, which systemd adds, cannot be known before the process is there, and is left out.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

const FIRST: RawFd = 3;

/// Has the process to come inherit `passed`, which are closed here when `command` is dropped.
pub(super) fn pass(command: &mut Command, passed: Vec<OwnedFd>) -> io::Result<()> {
    let end = FIRST + passed.len() as RawFd;
    // Numbers beyond those they get in the child: none is overwritten before it was duplicated.
    let sources: Vec<OwnedFd> = passed
        .iter()
        .map(|descriptor| rustix::io::fcntl_dupfd_cloexec(descriptor, end))
        .collect::<Result<_, _>>()?;
    command
        .env("LISTEN_FDS", sources.len().to_string())
        .env_remove("LISTEN_PID")
        .env_remove("LISTEN_FDS_FIRST_FD");
    let inherit = move || {
        for (target, source) in (FIRST..).zip(&sources) {
            // SAFETY: dup2 takes two integers. What it closes is the child's own copy of a descriptor, of which nothing
            // is left after exec but what is passed here.
            if unsafe { libc::dup2(source.as_raw_fd(), target) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: the closure runs in the child between fork and exec and makes system calls on integers only; it neither
    // allocates nor takes a lock.
    unsafe { command.pre_exec(inherit) };
    Ok(())
}
