//! Lines on stderr and stdout, and what programs print there.
//!
//! Owns that printing never fails: whoever read it may be gone, the disk it went to may be full, and a server serves on.
//! `eprintln!` panics there, and ends a core. Never decides what is told. Called by: all of howth's own lines, with [`tell`],
//! and the console of programs.

use std::fmt;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use rustix::io::write;

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
    // The lock keeps what others print from coming in between; what they print by themselves is behind it.
    match output {
        Output::Stdout => {
            let stdout = io::stdout().lock();
            write_whole(&stdout, text.as_bytes());
        }
        Output::Stderr => {
            let stderr = io::stderr().lock();
            write_whole(&stderr, text.as_bytes());
        }
    }
}

/// Past the buffer of `Stdout`, which would keep what could not be written.
fn write_whole(output: &impl AsFd, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match write(output, bytes).map_err(io::Error::from) {
            Ok(0) => return,
            Ok(written) => bytes = &bytes[written..],
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => {}
                ErrorKind::WouldBlock => thread::sleep(FULL_PIPE_PAUSE),
                // There is nobody left to tell.
                _ => return,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, pipe};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn what_nobody_reads_is_lost() {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        write_whole(&writer, b"to nobody");
        if let Ok(full) = File::options().write(true).open("/dev/full") {
            write_whole(&full, b"to a full disk");
        }
        let closed = File::open("/dev/null").expect("a file that is only read");
        write_whole(&closed, b"to a file that is not written");
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
        write_whole(&writer, text.as_bytes());
        drop(writer);
        assert_eq!(read.join().expect("no panic").expect("read"), expected);
    }
}
