//! Bodies that lie in files.
//!
//! What goes out in clear is given to the socket by sendfile(2), as far as the kernel has it in memory. Else, and where bytes
//! are sealed or framed on their way, it is read: at once where that takes no disk, by a thread of tokio's where it does.
//! Owns the read under way. Never decides what is sent: `settle` and the connections do. Called by: `settle`.

use std::future::Future as _;
use std::io::ErrorKind;
use std::pin::Pin;
use std::task::{Context, Poll};

use howth_engine::FileBody;
use howth_file_io::SEND_BYTES_MAX;

use crate::core::Core;
use crate::link::Open;

/// What has become of a piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileSent {
    /// So many bytes are with the kernel.
    Some(u64),
    /// It waits for room in the socket, or to be read.
    Waits,
    /// The file has failed.
    FileFailed,
    /// The connection has.
    Broken,
}

impl Core {
    /// Sends the next piece of the file that is to be sent.
    pub(crate) fn send_file(&mut self, index: u32) -> FileSent {
        let is_unassisted = self.is_unassisted;
        let Some(open) = self.open_at(index).filter(|open| open.reading.is_none()) else {
            return FileSent::Waits;
        };
        let Some(piece) = open.outgoing.file_piece(SEND_BYTES_MAX) else {
            return FileSent::Waits;
        };
        if !howth_file_io::is_in_memory(&piece) {
            open.begin_to_read(piece);
            return FileSent::Waits;
        }
        let mut context = Context::from_waker(&open.waker);
        let mut poll = open.socket.poll_send_file(&mut context, &piece);
        if poll.is_pending() && is_unassisted {
            poll = open.socket.send_file_now(&piece);
        }
        open.is_write_blocked = poll.is_pending();
        match poll {
            Poll::Pending => FileSent::Waits,
            Poll::Ready(Ok(0)) => FileSent::FileFailed,
            Poll::Ready(Ok(sent)) => FileSent::Some(sent),
            Poll::Ready(Err(error)) => match error.kind() {
                // A file system, or a whole system, that has no such thing.
                ErrorKind::InvalidInput | ErrorKind::Unsupported => {
                    open.begin_to_read(piece);
                    FileSent::Waits
                }
                ErrorKind::Interrupted => FileSent::Some(0),
                _ if error.raw_os_error() == Some(EIO) => FileSent::FileFailed,
                _ => FileSent::Broken,
            },
        }
    }

    /// Takes what was read of a file, if that is done.
    pub(crate) fn take_read(&mut self, index: u32) {
        let Some(open) = self.open_at(index) else { return };
        let Poll::Ready(bytes) = open.poll_read_file() else {
            return;
        };
        if !open.outgoing.has_file() {
            return self.connections.file_read(index, bytes);
        }
        match bytes.filter(|bytes| !bytes.is_empty()) {
            Some(bytes) => open.outgoing.supply(bytes),
            None => self.connections.file_failed(index),
        }
    }

    /// Reads what a connection wants of a file whose bytes it changes.
    pub(crate) fn read_wanted(&mut self, index: u32) {
        let Some(piece) = self.connections.file_wanted(index) else {
            return;
        };
        match howth_file_io::read_now(&piece) {
            Ok(bytes) => self.connections.file_read(index, Some(bytes)),
            // What nobody can tell may have to be waited for.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Unsupported) => {
                if let Some(open) = self.open_at(index) {
                    open.begin_to_read(piece);
                }
            }
            Err(_) => self.connections.file_read(index, None),
        }
    }
}

/// errno(3): the disk.
const EIO: i32 = 5;

impl Open {
    fn begin_to_read(&mut self, piece: FileBody) {
        self.reading = Some(tokio::task::spawn_blocking(move || howth_file_io::read(&piece)));
        // Whoever is to be woken by its end is noted by asking for it.
        self.waker.wake_by_ref();
    }

    fn poll_read_file(&mut self) -> Poll<Option<Vec<u8>>> {
        let Some(reading) = &mut self.reading else {
            return Poll::Pending;
        };
        let mut context = Context::from_waker(&self.waker);
        let poll = Pin::new(reading).poll(&mut context);
        if poll.is_ready() {
            self.reading = None;
        }
        // It fails as well where the runtime ends.
        poll.map(|read| read.ok().and_then(Result::ok))
    }
}
