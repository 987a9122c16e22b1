//! Bodies in files whose bytes are sealed or framed on their way, so that they pass through memory.
//!
//! Owns which part of a file is wanted next: one piece of a connection at a time, and no more than it may send. What goes
//! out in clear and unframed never comes here: a driver sends that from the file itself. Never reads a file. Called by: the
//! drivers, behind [`to_send`](Connections::to_send).

use howth_engine::FileBody;
use howth_http2::Reason;

use crate::Outgoing;
use crate::connections::Connections;
use crate::http2::{Ending, Http2};
use crate::layer::{Layered, Seal};

/// The most that is read at once for one stream.
const STREAM_PIECE_BYTES: u64 = 64 * 1024;

impl<L: Layered> Connections<L> {
    /// What is to be read of a file before the connection can send more; [`file_read`](Self::file_read) has to follow, and
    /// nothing more is wanted before.
    #[inline]
    pub fn file_wanted(&mut self, index: u32) -> Option<FileBody> {
        let connection = &self.connections[index];
        if connection.seal == Seal::None && !connection.is_http2() {
            return None;
        }
        match self.is_sending(index) {
            false => None,
            true => self.piece_wanted(index),
        }
    }

    fn piece_wanted(&mut self, index: u32) -> Option<FileBody> {
        match self.connections[index].http2_parts() {
            Some((http2, _)) => http2.file_wanted(),
            None => self.link_mut(index).layer_mut()?.file_wanted(),
        }
    }

    /// What was wanted of a file was read, or a beginning of it. Nothing, or `None`: the file ends before, or cannot be read,
    /// and the response breaks off.
    pub fn file_read(&mut self, index: u32, bytes: Option<Vec<u8>>) {
        let bytes = bytes.filter(|bytes| !bytes.is_empty());
        if self.connections[index].is_http2() {
            return self.stream_file_read(index, bytes);
        }
        let Some(layer) = self.link_mut(index).layer_mut() else {
            return;
        };
        match layer.file_read(bytes) {
            true => self.unsettle(index),
            false => self.file_failed(index),
        }
    }

    /// A file that was being sent ends before its response does, or cannot be read: the client can tell by the length that
    /// it was told, since the connection ends here.
    pub fn file_failed(&mut self, index: u32) {
        self.counters.files_failed += 1;
        self.send_failed(index);
    }

    fn stream_file_read(&mut self, index: u32, bytes: Option<Vec<u8>>) {
        self.unsettle(index);
        let Some((http2, _)) = self.connections[index].http2_parts() else {
            return;
        };
        if let Some(exchange) = http2.file_read(bytes) {
            self.counters.files_failed += 1;
            self.break_stream(exchange, Reason::INTERNAL_ERROR);
        }
    }
}

impl<L> Connections<L> {
    /// Gives a stream a body that lies in a file: the whole of it.
    pub(crate) fn push_stream_file(&mut self, exchange: u32, file: FileBody) {
        let state = &self.exchanges[exchange];
        let (index, id) = (state.connection, state.stream);
        let connection = &mut self.connections[index];
        let sent = connection.output.sent();
        let Some((http2, _)) = connection.http2_parts() else {
            return;
        };
        let Some(stream) = http2.session.stream_mut(id) else {
            return;
        };
        let sending = &mut stream.user;
        // It waits from now on, and the clock is right when the connection is settled.
        sending.leaving.until.get_or_insert(sent);
        sending.waiting_bytes += file.length as usize;
        sending.waiting.set_file(file);
        http2.leaving.until.get_or_insert(sent);
        self.stream_is_ready(exchange);
    }
}

impl Http2 {
    /// A stream has room and nothing in memory: its file is to be read.
    pub(crate) fn want_file(&mut self, id: u32) {
        let Some(stream) = self.session.stream_mut(id) else {
            return;
        };
        if std::mem::replace(&mut stream.user.is_file_due, true) {
            return;
        }
        // Those whose streams are over would be found only when it is their turn.
        if self.files_due.len() > self.session.streams().len() {
            let session = &self.session;
            self.files_due.retain(|id| session.stream(*id).is_some());
        }
        self.files_due.push_back(id);
    }

    fn file_wanted(&mut self) -> Option<FileBody> {
        while self.reading.is_none()
            && let Some(id) = self.files_due.pop_front()
        {
            let room = self.session.send_room(id) as u64;
            let Some(stream) = self.session.stream_mut(id).filter(|stream| !stream.is_reset()) else {
                continue;
            };
            match stream.user.waiting.file_piece(room.min(STREAM_PIECE_BYTES)) {
                Some(piece) if room > 0 => {
                    self.reading = Some(id);
                    return Some(piece);
                }
                // Its turn comes with a window.
                _ => stream.user.is_file_due = false,
            }
        }
        None
    }

    /// Gives what was read to the stream for which it was, if that is still there. `Some`: the exchange whose file has failed.
    fn file_read(&mut self, bytes: Option<Vec<u8>>) -> Option<u32> {
        let id = self.reading.take()?;
        let sending = &mut self.session.stream_mut(id)?.user;
        sending.is_file_due = false;
        if let Some(bytes) = bytes {
            sending.waiting.supply(bytes);
            self.make_ready(id);
            return None;
        }
        sending.waiting = Outgoing::default();
        sending.waiting_bytes = 0;
        sending.ending = Ending::Open;
        Some(sending.exchange)
    }
}
