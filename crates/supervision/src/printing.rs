//! Lines on stderr and stdout, and what programs print there.
//!
//! Owns that printing never fails: whoever read it may be gone, the disk it went to may be full, and a server serves on.
//! `eprintln!` panics there, and ends a core. Never decides what is told. Called by: all of howth's own lines, with [`tell`],
//! the console of programs, and their streams, which tell of what cannot be written ([`write`]).

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;

/// How long a full pipe is left alone that does not wait by itself: somebody has set `O_NONBLOCK` on what several share.
const FULL_PIPE_PAUSE: Duration = Duration::from_millis(1);

/// Where something is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// What is asked for.
    Stdout,
    /// What is told besides.
    Stderr,
}

/// Writes a line to stderr, as `eprintln!` does, but where nobody reads it, it is lost: `tell(format_args!("howth: {error}"))`.
pub fn tell(line: fmt::Arguments<'_>) {
    print(Output::Stderr, &format!("{line}\n"));
}

/// Writes the whole text in one piece, and waits where its reader is slow. What cannot be written is lost, as Node's console
/// has it.
pub fn print(output: Output, text: &str) {
    // There is nobody left to tell.
    let _ = write(output, text.as_bytes());
}

/// Writes all bytes in one piece, and waits where their reader is slow.
///
/// # Errors
/// They cannot be written, or not all of them.
pub fn write(output: Output, bytes: &[u8]) -> Result<(), Errno> {
    // The lock keeps what others print from coming in between; what they print by themselves is behind it.
    match output {
        Output::Stdout => {
            let stdout = io::stdout().lock();
            write_whole(&stdout, bytes)
        }
        Output::Stderr => {
            let stderr = io::stderr().lock();
            write_whole(&stderr, bytes)
        }
    }
}

/// Past the buffer of `Stdout`, which would keep what could not be written.
fn write_whole(output: &impl AsFd, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(output, bytes) {
            // No reason is given.
            Ok(0) => return Err(Errno::IO),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => thread::sleep(FULL_PIPE_PAUSE),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, pipe};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn what_cannot_be_written_is_said() {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        assert_eq!(write_whole(&writer, b"to nobody"), Err(Errno::PIPE));
        if let Ok(full) = File::options().write(true).open("/dev/full") {
            assert_eq!(write_whole(&full, b"to a full disk"), Err(Errno::NOSPC));
        }
        let closed = File::open("/dev/null").expect("a file that is only read");
        let written = write_whole(&closed, b"to a file that is not written");
        assert_eq!(written, Err(Errno::BADF));
    }

    #[test]
    fn a_slow_reader_gets_everything_of_a_pipe_that_does_not_wait() {
        let (mut reader, writer) = UnixStream::pair().expect("sockets");
        writer.set_nonblocking(true).expect("set");
        let text = "x".repeat(4 << 20);
        let expected = text.len();
        let read = thread::spawn(move || {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map(|_| bytes.len())
        });
        write_whole(&writer, text.as_bytes()).expect("written");
        drop(writer);
        assert_eq!(read.join().expect("no panic").expect("read"), expected);
    }
}
