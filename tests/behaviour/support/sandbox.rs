//! Processes with fewer rights: without io_uring, as under Docker's default seccomp profile, or on one CPU; and with a terminal.

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

/// Lets the process to come run on one of the CPUs that this one may run on.
pub fn pin_to_one_cpu(command: &mut Command) {
    let one_cpu = one_cpu_of(&current_affinity());
    let pin = move || {
        // SAFETY: the pointer is to a live cpu_set_t of the given size, which the call only reads.
        match unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &one_cpu) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    };
    // SAFETY: the closure runs in the child between fork and exec and makes one system call on memory of its own.
    unsafe { command.pre_exec(pin) };
}

/// Gives the process to come a terminal of its own, in whose foreground it is.
pub fn give_terminal(command: &mut Command) {
    // Its other side stays open in the child, or it would hang up.
    let give = || {
        const FLAGS: libc::c_int = libc::O_RDWR | libc::O_NOCTTY;
        let unlocked: libc::c_int = 0;
        // SAFETY: the text ends in zero.
        let terminal = unsafe { libc::open(c"/dev/ptmx".as_ptr(), FLAGS) };
        // SAFETY: the pointer is to a number of this function's own, which the call reads.
        let unlocking = unsafe { libc::ioctl(terminal, libc::TIOCSPTLCK, &unlocked) };
        // SAFETY: the call takes numbers alone.
        let side = unsafe { libc::ioctl(terminal, libc::TIOCGPTPEER, FLAGS) };
        // SAFETY: the call takes nothing.
        let session = unsafe { libc::setsid() };
        // SAFETY: the call takes numbers alone.
        let controlling = unsafe { libc::ioctl(side, libc::TIOCSCTTY, 0) };
        match [terminal, unlocking, side, session, controlling].contains(&-1) {
            true => Err(io::Error::last_os_error()),
            false => Ok(()),
        }
    };
    // SAFETY: the closure runs in the child between fork and exec and makes system calls on numbers of its own.
    unsafe { command.pre_exec(give) };
}

fn current_affinity() -> libc::cpu_set_t {
    // SAFETY: cpu_set_t is an array of integers, for which zeros are a value: the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live cpu_set_t of the given size, which the call fills.
    let result = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) };
    assert_eq!(result, 0, "the CPUs this process may run on");
    set
}

fn one_cpu_of(set: &libc::cpu_set_t) -> libc::cpu_set_t {
    // SAFETY: every index is below CPU_SETSIZE, the number of bits in the set.
    let is_in = |cpu: &usize| unsafe { libc::CPU_ISSET(*cpu, set) };
    let first = (0..libc::CPU_SETSIZE as usize).find(is_in).expect("a CPU");
    // SAFETY: cpu_set_t is an array of integers, for which zeros are a value: the empty set.
    let mut one: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the index was found in a set of the same size.
    unsafe { libc::CPU_SET(first, &mut one) };
    one
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
