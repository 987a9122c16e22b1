//! Descriptors for a child process, in the way of sd_listen_fds(3), but not from 3 on: their first number, and how many
//! they are, stand in the environment.
//!
//! The process's own id, which systemd adds, cannot be known before the process is there, and is left out. Who reads:
//! `listen/inherited.rs`. Owns those numbers. Never knows what a descriptor is for. Called by: an upgrade.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Not one of the standard streams.
const LEAST: RawFd = 3;

/// Has the process to come inherit `passed`. The numbers they get there are free here, and taken until `command` is
/// dropped: so that none of them is, in the child, the pipe by which the standard library tells that exec failed, or
/// anything else that is open.
pub(super) fn pass(command: &mut Command, passed: &[OwnedFd]) -> io::Result<()> {
    let descriptors = side_by_side(passed)?;
    let first = descriptors.first().map_or(LEAST, AsRawFd::as_raw_fd);
    command
        .env("LISTEN_FDS", descriptors.len().to_string())
        .env("LISTEN_FDS_FIRST_FD", first.to_string())
        .env_remove("LISTEN_PID");
    let inherit = move || {
        for descriptor in &descriptors {
            // Without this flag it stays open when another program is executed.
            rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::empty())?;
        }
        Ok(())
    };
    // SAFETY: the closure runs in the child between fork and exec and makes system calls on integers only; it neither
    // allocates nor takes a lock. The descriptors are open there as they are here, since the command owns the closure.
    unsafe { command.pre_exec(inherit) };
    Ok(())
}

/// Duplicates with numbers in a row, for this process alone.
fn side_by_side(descriptors: &[OwnedFd]) -> io::Result<Vec<OwnedFd>> {
    let mut row: Vec<OwnedFd> = Vec::new();
    while let Some(descriptor) = descriptors.get(row.len()) {
        let next = row.last().map_or(LEAST, |last| last.as_raw_fd() + 1);
        let duplicate = rustix::io::fcntl_dupfd_cloexec(descriptor, next)?;
        if !row.is_empty() && duplicate.as_raw_fd() != next {
            // Another thread has that number. A row begins anew behind it.
            let first = rustix::io::fcntl_dupfd_cloexec(&descriptors[0], duplicate.as_raw_fd())?;
            row = vec![first];
            continue;
        }
        row.push(duplicate);
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    fn some() -> Vec<OwnedFd> {
        let pairs = (0..8).map(|_| UnixStream::pair().expect("a pair"));
        pairs
            .flat_map(|(one, other)| [one.into(), other.into()])
            .collect()
    }

    #[test]
    fn a_missing_program_is_told_by_its_error() {
        let mut command = Command::new("/nonexistent/howth");
        pass(&mut command, &some()).expect("numbers");
        let error = command.spawn().expect_err("there is no such program");
        assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error}");
    }

    #[test]
    fn the_program_has_all_of_them_in_order() {
        let passed = some();
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "i=0; while [ $i -lt $LISTEN_FDS ]; do readlink /proc/self/fd/$((LISTEN_FDS_FIRST_FD + i)); i=$((i+1)); done",
        ]);
        pass(&mut command, &passed).expect("numbers");
        let output = command.output().expect("a shell");
        let names = passed.iter().map(|descriptor| {
            let path = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
            let name = std::fs::read_link(path).expect("an open descriptor");
            format!("{}\n", name.display())
        });
        let expected: String = names.collect();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }

    #[test]
    fn numbers_that_are_taken_are_passed_over() {
        let descriptors = some();
        let begin = side_by_side(&descriptors).expect("numbers");
        // Whatever else is open stays where it is; every second number of the row is taken again.
        let kept: Vec<OwnedFd> = begin
            .into_iter()
            .enumerate()
            .filter_map(|(index, descriptor)| (index % 2 == 1).then_some(descriptor))
            .collect();
        let row = side_by_side(&descriptors).expect("numbers");
        let numbers: Vec<RawFd> = row.iter().map(AsRawFd::as_raw_fd).collect();
        assert!(numbers.windows(2).all(|two| two[0] + 1 == two[1]), "{numbers:?}");
        assert!(
            kept.iter().all(|kept| !numbers.contains(&kept.as_raw_fd())),
            "{numbers:?}"
        );
        assert_eq!((kept.len(), numbers.len()), (8, 16));
    }
}
