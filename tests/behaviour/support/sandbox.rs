//! A process to which the kernel denies io_uring, as Docker's default seccomp profile does.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// Makes the three io_uring calls of the process to come fail with EPERM.
pub fn deny_io_uring(command: &mut Command) {
    let program = filter();
    let install = move || seccompiler::apply_filter(&program).map_err(io::Error::other);
    // SAFETY: the closure runs in the child between fork and exec and makes two system calls (prctl, seccomp)
    // on a program that was built before the fork; it neither allocates nor takes a lock on its way to success.
    unsafe { command.pre_exec(install) };
}

fn filter() -> BpfProgram {
    let calls = [
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
    ];
    let rules: BTreeMap<_, _> = calls.into_iter().map(|call| (call, Vec::new())).collect();
    let arch = TargetArch::try_from(std::env::consts::ARCH).expect("an architecture seccomp knows");
    let denied = SeccompAction::Errno(libc::EPERM as u32);
    SeccompFilter::new(rules, SeccompAction::Allow, denied, arch)
        .and_then(BpfProgram::try_from)
        .expect("a filter")
}
