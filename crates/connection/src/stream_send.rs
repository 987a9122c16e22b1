//! Bodies on their way out, within the windows that the client has opened, and the windows that it is given back.
//!
//! Owns whose turn it is: each stream that has bytes and a window writes a frame in turn, until as much waits for the transport
//! as one response may hold. Every frame of a turn leaves in one send. Called by: `stream_respond`; `stream_end`, when there is room.

use howth_engine::{Backpressure, Event};

use crate::Segment;
use crate::connections::Connections;
use crate::http2::{Ending, Http2, Sending};

impl<L> Connections<L> {
    /// Adds bytes to a response. Where nothing waits before them and there is room, they are framed at once.
    pub(crate) fn push_stream(&mut self, exchange: u32, bytes: Segment) {
        let high = self.options.write_high_watermark_bytes as u64;
        let state = &self.exchanges[exchange];
        let (index, id) = (state.connection, state.stream);
        let connection = &mut self.connections[index];
        let (is_low, sent) = (connection.output.unsent() < high, connection.output.sent());
        let Some((http2, out)) = connection.http2_parts() else {
            return;
        };
        let fits = bytes.len() <= http2.session.frame_bytes_max().min(http2.session.send_room(id));
        let Some(stream) = http2.session.stream_mut(id) else {
            return;
        };
        let sending = &mut stream.user;
        if sending.waiting_bytes == 0 && fits && is_low {
            let end = matches!(sending.ending, Ending::Whole);
            http2.session.data_head(id, bytes.len(), end, out);
            out.extend_from_slice(&bytes);
            if end {
                http2.written.push_back(id);
                self.note_end(exchange);
            }
            self.note_framed(index, id);
        } else {
            if sending.waiting_bytes == 0 {
                // It waits from now on, and the clock is right when the connection is settled.
                sending.leaving.until.get_or_insert(sent);
            }
            sending.waiting_bytes += bytes.len();
            sending.waiting.push(bytes);
            http2.leaving.until.get_or_insert(sent);
            self.stream_is_ready(exchange);
        }
        self.unsettle(index);
    }

    /// The stream has something to send: it gets a turn.
    pub(crate) fn stream_is_ready(&mut self, exchange: u32) {
        let state = &self.exchanges[exchange];
        let (index, id) = (state.connection, state.stream);
        if let Some((http2, _)) = self.connections[index].http2_parts() {
            http2.make_ready(id);
        }
        self.unsettle(index);
    }

    /// The client has opened a window: of one stream, or of all.
    pub(crate) fn window_opened(&mut self, index: u32, stream: Option<u32>) {
        let Some((http2, _)) = self.connections[index].http2_parts() else {
            return;
        };
        match stream {
            Some(id) => http2.make_ready_if_waiting(id),
            None => {
                let waiting = http2
                    .session
                    .streams()
                    .iter()
                    .filter(|stream| stream.user.has_more());
                let waiting: Vec<u32> = waiting.map(|stream| stream.id()).collect();
                for id in waiting {
                    http2.make_ready(id);
                }
            }
        }
    }

    /// Frames what there is room for. Who only waits for the window of all keeps its place.
    pub(crate) fn send_streams(&mut self, index: u32) {
        let high = self.options.write_high_watermark_bytes as u64;
        let mut held = Vec::new();
        loop {
            let connection = &mut self.connections[index];
            let is_low = connection.output.unsent() < high;
            let Some((http2, out)) = connection.http2_parts() else {
                return;
            };
            let next = if is_low { http2.ready.pop_front() } else { None };
            let Some(id) = next else {
                held.into_iter().rev().for_each(|id| http2.ready.push_front(id));
                return;
            };
            if http2.waits_for_window_of_all(id) {
                held.push(id);
                continue;
            }
            let Some(turn) = http2.take_turn(id, out) else {
                continue;
            };
            if turn.is_last {
                http2.written.push_back(id);
            }
            self.note_framed(index, id);
            if turn.is_last {
                self.note_end(turn.exchange);
            } else if turn.waiting_bytes <= self.send_buffer_bytes() / 2 {
                self.tell_stream_writable(turn.exchange);
            }
        }
    }

    fn send_buffer_bytes(&self) -> usize {
        self.options
            .http2
            .as_ref()
            .map_or(1, |limits| limits.send_buffer_bytes.max(1))
    }

    fn tell_stream_writable(&mut self, exchange: u32) {
        if std::mem::take(&mut self.exchanges[exchange].writable_awaited) {
            let id = self.exchange_id(exchange);
            self.events.push(Event::Writable(id));
        }
    }

    /// Whether a response should pause: each stream has a bound of its own, since one that its client stops must not stop
    /// others.
    pub(crate) fn stream_backpressure(&mut self, exchange: u32) -> Backpressure {
        let waiting = self.stream_waiting_bytes(exchange);
        if waiting < self.send_buffer_bytes() as u64 {
            return Backpressure::Ready;
        }
        self.exchanges[exchange].writable_awaited = true;
        Backpressure::Full
    }

    /// The last frame of a body ends where the output ends now.
    fn note_framed(&mut self, index: u32, id: u32) {
        let connection = &mut self.connections[index];
        let until = Some(connection.output.queued());
        if let Some((http2, _)) = connection.http2_parts() {
            http2.leaving.until = until;
            if let Some(stream) = http2.session.stream_mut(id) {
                stream.user.leaving.until = until;
            }
        }
    }

    /// The response ends where the output ends now.
    pub(crate) fn note_end(&mut self, exchange: u32) {
        let index = self.exchanges[exchange].connection;
        self.exchanges[exchange].ends_at = self.connections[index].output.queued();
    }

    /// The application has taken bytes of a body, or nobody wants them. `all`: the stream may send as many again.
    pub(crate) fn release_window(&mut self, exchange: u32, bytes: usize, all: bool) {
        let state = &self.exchanges[exchange];
        let (index, id) = (state.connection, state.stream);
        let Some(limits) = &self.options.http2 else {
            return;
        };
        let connection = &mut self.connections[index];
        let Some((http2, out)) = connection.http2_parts().filter(|_| bytes > 0) else {
            return;
        };
        let before = out.len();
        let were_closed = http2.closed_windows(id);
        http2.session.release(all.then_some(id), bytes, limits, out);
        let are_closed = http2.closed_windows(id);
        if out.len() > before {
            self.unsettle(index);
        }
        // What a client could not send is not held against it.
        if were_closed.all && !are_closed.all {
            self.wait_for_bodies_anew(index);
        } else if were_closed.own && !are_closed.own {
            self.wait_for_body_anew(exchange);
        }
    }
}

/// Which windows keep a client from sending more of a body.
struct ClosedWindows {
    /// That of the connection.
    all: bool,
    /// The stream's.
    own: bool,
}

/// What a stream's turn has come to.
struct Turn {
    exchange: u32,
    waiting_bytes: usize,
    is_last: bool,
}

impl Http2 {
    pub(crate) fn make_ready(&mut self, id: u32) {
        if let Some(stream) = self.session.stream_mut(id)
            && !std::mem::replace(&mut stream.user.is_ready, true)
        {
            self.ready.push_back(id);
        }
    }

    fn make_ready_if_waiting(&mut self, id: u32) {
        if self
            .session
            .stream(id)
            .is_some_and(|stream| stream.user.has_more())
        {
            self.make_ready(id);
        }
    }

    fn closed_windows(&self, id: u32) -> ClosedWindows {
        let stream = self.session.stream(id);
        ClosedWindows {
            all: self.session.receive_window() <= 0,
            own: stream.is_some_and(|stream| !stream.has_receive_window()),
        }
    }

    /// Whether a stream could go on if the connection's window were open.
    fn waits_for_window_of_all(&self, id: u32) -> bool {
        let stream = self.session.stream(id);
        let has_more = stream.is_some_and(|stream| stream.user.has_more() && !stream.is_reset());
        has_more && self.session.send_room(id) == 0 && self.session.stream_room(id) > 0
    }

    /// Writes one frame of a stream, if it may; `None`: nothing was written.
    fn take_turn(&mut self, id: u32, out: &mut Vec<u8>) -> Option<Turn> {
        let room = self.session.send_room(id).min(self.session.frame_bytes_max());
        let stream = self.session.stream_mut(id).filter(|stream| !stream.is_reset())?;
        let sending = &mut stream.user;
        sending.is_ready = false;
        let exchange = sending.exchange;
        let in_memory = sending.waiting_bytes - sending.waiting.file_bytes() as usize;
        let bytes = in_memory.min(room);
        if bytes == 0 && (sending.waiting_bytes > 0 || matches!(sending.ending, Ending::Open)) {
            if in_memory == 0 && sending.waiting_bytes > 0 && room > 0 {
                self.want_file(id);
            }
            return None;
        }
        sending.waiting_bytes -= bytes;
        let waiting_bytes = sending.waiting_bytes;
        let is_all = waiting_bytes == 0;
        let is_whole = is_all && matches!(sending.ending, Ending::Whole);
        let mut waiting = std::mem::take(&mut sending.waiting);
        let trailers = match &mut sending.ending {
            Ending::Trailers(trailers) if is_all => Some(std::mem::take(trailers)),
            _ => None,
        };
        if bytes > 0 || is_whole {
            self.session.data_head(id, bytes, is_whole, out);
            let mut left = bytes;
            for slice in waiting.slices() {
                let taken = left.min(slice.len());
                out.extend_from_slice(&slice[..taken]);
                left -= taken;
            }
            waiting.advance(bytes, drop);
        }
        let is_last = is_whole || trailers.is_some();
        if let Some(trailers) = trailers {
            let fields = trailers
                .iter()
                .map(|(name, value)| (name.as_slice(), value.as_slice()));
            self.session.trailers(id, fields, out);
        }
        if let Some(stream) = self.session.stream_mut(id) {
            stream.user.waiting = waiting;
        }
        if !is_all {
            self.make_ready(id);
        }
        Some(Turn {
            exchange,
            waiting_bytes,
            is_last,
        })
    }
}

impl Sending {
    /// Whether something of the response is still to be framed.
    fn has_more(&self) -> bool {
        self.waiting_bytes > 0
    }
}
