//! Parts of files, read and sent without waiting for a disk.
//!
//! Owns the system calls, and which of them wait: only [`read`] does. Never decides what is sent, and keeps nothing. Called
//! by: both engines, for bodies that lie in files; `howth_files`, for small files.
//!
//! Whether the kernel has bytes in memory is asked by preadv2(2) with RWF_NOWAIT, which only Linux has, and there only some
//! file systems. Elsewhere nothing counts as being in memory, and all is read where waiting does no harm.

#![forbid(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt as _;

use howth_engine::FileBody;

/// So much of a file is read at once.
pub const READ_BYTES_MAX: u64 = 256 * 1024;

/// So much of a file is looked at and sent at once. Measured on loopback: in pieces of 256 KiB the looks alone are a fifth of
/// the work.
pub const SEND_BYTES_MAX: u64 = 1024 * 1024;

/// Whether the kernel has the part in memory, as far as its first and its last byte tell: it reads ahead without gaps.
pub fn is_in_memory(part: &FileBody) -> bool {
    let last = part.offset + part.length.saturating_sub(1);
    let mut byte = [0];
    is_there(&part.file, &mut byte, part.offset)
        && (last == part.offset || is_there(&part.file, &mut byte, last))
}

/// The end of a file is there as well: it is known without its disk.
fn is_there(file: &File, byte: &mut [u8], offset: u64) -> bool {
    read_from_memory(file, byte, offset).is_ok()
}

/// The part, or a beginning of it, if the kernel has that in memory; nothing at the end of the file.
///
/// # Errors
/// `WouldBlock`: it would be read from a disk. `Unsupported`: nobody can tell. Whatever else preadv2(2) says.
pub fn read_now(part: &FileBody) -> io::Result<Vec<u8>> {
    read_by(part, read_from_memory)
}

/// The part, or a beginning of it, wherever it is; nothing at the end of the file. Waits.
///
/// # Errors
/// What pread(2) says.
pub fn read(part: &FileBody) -> io::Result<Vec<u8>> {
    read_by(part, |file, bytes, offset| {
        loop {
            match file.read_at(bytes, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    })
}

fn read_by(
    part: &FileBody,
    read: impl FnOnce(&File, &mut [u8], u64) -> io::Result<usize>,
) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; part.length.min(READ_BYTES_MAX) as usize];
    let length = read(&part.file, &mut bytes, part.offset)?;
    bytes.truncate(length);
    Ok(bytes)
}

#[cfg(target_os = "linux")]
fn read_from_memory(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};

    let mut slices = [io::IoSliceMut::new(bytes)];
    match preadv2(file, &mut slices, offset, ReadWriteFlags::NOWAIT) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Err(io::ErrorKind::Unsupported.into()),
        Err(Errno::INTR) => Err(io::ErrorKind::WouldBlock.into()),
        result => Ok(result?),
    }
}

#[cfg(not(target_os = "linux"))]
fn read_from_memory(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// sendfile(2): gives the part, or a beginning of it, to a socket that does not block, and says how many bytes those were;
/// none: the file ends before. What is not in memory is waited for.
///
/// # Errors
/// `WouldBlock`: the socket takes nothing now. Whatever else sendfile(2) says.
#[cfg(target_os = "linux")]
pub fn send(socket: impl AsFd, part: &FileBody) -> io::Result<u64> {
    let mut offset = part.offset;
    let bytes = part.length.min(SEND_BYTES_MAX) as usize;
    let sent = rustix::fs::sendfile(socket, &part.file, Some(&mut offset), bytes)?;
    Ok(sent as u64)
}

/// The same where the system has no such call: nothing is sent.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn send(_: impl AsFd, _: &FileBody) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    use super::*;

    fn part(bytes: &[u8], offset: u64, length: u64) -> FileBody {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("room for it");
        FileBody {
            file: Arc::new(file),
            offset,
            length,
        }
    }

    #[test]
    fn reads_by_place_and_to_the_end() {
        assert_eq!(read(&part(b"0123456789", 3, 4)).expect("it is there"), b"3456");
        assert_eq!(read(&part(b"0123456789", 8, 4)).expect("it is there"), b"89");
        assert_eq!(read(&part(b"0123456789", 10, 4)).expect("it is there"), b"");
    }

    #[test]
    fn reads_from_memory_what_was_just_written() {
        let part = part(b"0123456789", 3, 4);
        match read_now(&part) {
            Ok(bytes) => {
                assert_eq!(bytes, b"3456");
                assert!(is_in_memory(&part));
            }
            Err(error) => assert!(matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::Unsupported
            )),
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn sends_until_the_socket_takes_no_more() {
        let (socket, mut client) = UnixStream::pair().expect("a pair");
        socket.set_nonblocking(true).expect("a socket");
        let mut rest = part(&vec![b'x'; 4_000_000], 0, 4_000_000);
        let mut received = vec![0; 1_000_000];
        while rest.length > 0 {
            match send(&socket, &rest) {
                Ok(sent) => rest.advance(sent),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    assert!(client.read(&mut received).expect("bytes") > 0);
                }
            }
        }
        assert_eq!(send(&socket, &part(b"short", 5, 10)).ok(), Some(0));
    }
}
