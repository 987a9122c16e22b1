//! When a connection that speaks HTTP/2 is given up, and when a stream of it.
//!
//! Owns which deadline is next. What becomes of who lets it pass stands beside that of HTTP/1.1. Called by: `deadlines`.

use std::time::Duration;

use howth_http2::Stream;

use crate::connection::{Connection, Intake, Phase};
use crate::connections::Connections;
use crate::deadlines::{DISCONNECTED_SILENCE_MS, DRAIN_GRACE_MS, Expiry, handler_deadline_ms, milliseconds};
use crate::exchange::{BodyState, ResponseState};
use crate::http2::{Http2, Sending};
use crate::stop::Stop;

impl<L> Connections<L> {
    /// The next deadline of frames and streams.
    pub(crate) fn frames_deadline(&self, connection: &Connection<L>, http2: &Http2) -> Option<(u64, Expiry)> {
        let of_connection = self.connection_deadline(connection, http2);
        let of_streams = http2
            .session
            .streams()
            .iter()
            .filter_map(|stream| self.stream_deadline(connection, http2, stream));
        of_streams.chain(of_connection).min_by_key(|(at_ms, _)| *at_ms)
    }

    fn connection_deadline(&self, connection: &Connection<L>, http2: &Http2) -> Option<(u64, Expiry)> {
        let moments = &connection.moments;
        let deadlines = self.deadlines(connection);
        if connection.phase != Phase::Open || connection.is_read_closed() || http2.is_failed {
            return None;
        }
        if let Stop::Drain { since_ms, .. } = self.stop_of(connection)
            && !http2.session.takes_no_more()
        {
            return Some((since_ms.max(moments.idle_ms) + DRAIN_GRACE_MS, Expiry::Silent));
        }
        let is_within_head = http2.session.is_within_head() || !connection.input.is_empty();
        if is_within_head && connection.is_read {
            return Some((moments.head_ms + milliseconds(deadlines.head)?, Expiry::Head));
        }
        if connection.exchanges > 0 {
            return None;
        }
        let (since_ms, patience) = match connection.has_asked {
            false => (moments.head_ms, deadlines.head),
            true => (moments.idle_ms, deadlines.keep_alive),
        };
        Some((since_ms + milliseconds(patience)?, Expiry::Silent))
    }

    fn stream_deadline(
        &self,
        connection: &Connection<L>,
        http2: &Http2,
        stream: &Stream<Sending>,
    ) -> Option<(u64, Expiry)> {
        let exchange = stream.user.exchange;
        let state = &self.exchanges[exchange];
        let handler = handler_deadline_ms(state).map(|at_ms| (at_ms, Expiry::Handler(exchange)));
        let candidates = [
            handler,
            self.body_of_stream(connection, http2, stream),
            self.stalled(connection, http2, stream),
            self.silent_stream(connection, stream),
        ];
        candidates.into_iter().flatten().min_by_key(|(at_ms, _)| *at_ms)
    }

    fn body_of_stream(
        &self,
        connection: &Connection<L>,
        http2: &Http2,
        stream: &Stream<Sending>,
    ) -> Option<(u64, Expiry)> {
        let (sending, deadlines) = (&stream.user, self.deadlines(connection));
        let state = &self.exchanges[sending.exchange];
        let gap = milliseconds(deadlines.body_gap);
        if state.is_answered {
            // It lasts for its body alone.
            return Some((
                sending.body_ms.max(connection.moments.idle_ms) + gap?,
                Expiry::StreamKept(sending.exchange),
            ));
        }
        let is_waited_for = state.body == BodyState::Arriving
            && connection.is_read
            && !connection.is_read_closed()
            && stream.has_receive_window()
            && http2.session.receive_window() > 0
            && sending.waits_behind.is_none()
            && !state.no_deadlines
            && !state.continue_owed;
        if !is_waited_for {
            return None;
        }
        let rate_min = u64::from(deadlines.body_rate_min);
        let received = sending.body_bytes - sending.rate_bytes_base;
        let started_ms = sending.body_started_ms;
        let too_slow_ms = gap
            .filter(|_| rate_min > 0)
            .map(|gap| started_ms + gap.max(received * 1000 / rate_min));
        let too_late_ms = milliseconds(deadlines.body_whole).map(|whole| started_ms + whole);
        let silent_ms = gap.map(|gap| sending.body_ms + gap);
        let first = [silent_ms, too_slow_ms, too_late_ms]
            .into_iter()
            .flatten()
            .min()?;
        Some((first, Expiry::StreamBody(sending.exchange)))
    }

    /// A client that opens no window takes nothing. It has no reason to before it has what was sent, for which there is a
    /// deadline of the connection; nor is it to blame where others have their turn first.
    fn stalled(
        &self,
        connection: &Connection<L>,
        http2: &Http2,
        stream: &Stream<Sending>,
    ) -> Option<(u64, Expiry)> {
        let stall: Option<Duration> = self.deadlines(connection).write_stall;
        let sending = &stream.user;
        if sending.waiting_bytes == 0 || stream.is_reset() || http2.session.send_room(stream.id()) > 0 {
            return None;
        }
        let since_ms = match http2.session.stream_room(stream.id()) {
            0 if sending.leaving.until.is_none() => sending.leaving.ms,
            1.. if http2.leaving.until.is_none() => sending.leaving.ms.max(http2.leaving.ms),
            _ => return None,
        };
        Some((since_ms + milliseconds(stall)?, Expiry::Stalled(sending.exchange)))
    }

    /// A stream that is silent towards a client that closed its side.
    fn silent_stream(&self, connection: &Connection<L>, stream: &Stream<Sending>) -> Option<(u64, Expiry)> {
        let read_closed_ms = connection.moments.read_closed_ms?;
        let state = &self.exchanges[stream.user.exchange];
        let is_streaming = matches!(
            state.response,
            ResponseState::Chunked | ResponseState::Counted { .. }
        );
        let is_silent = is_streaming && connection.output.unsent() == 0;
        let since_ms = read_closed_ms.max(connection.moments.write_ms);
        is_silent.then_some((
            since_ms + DISCONNECTED_SILENCE_MS,
            Expiry::Stalled(stream.user.exchange),
        ))
    }

    /// Bodies were not read for a while: that silence was ours.
    pub(crate) fn wait_for_bodies_anew(&mut self, index: u32) {
        let connection = &mut self.connections[index];
        let until = connection.output.queued();
        if let Some((http2, _)) = connection.http2_parts() {
            http2.waits_anew = true;
            for stream in http2.session.streams_mut() {
                stream.user.waits_behind = Some(until);
            }
            self.unsettle(index);
        }
    }

    /// The same of one.
    pub(crate) fn wait_for_body_anew(&mut self, exchange: u32) {
        let index = self.exchanges[exchange].connection;
        let until = self.connections[index].output.queued();
        if let Some(sending) = self.sending_mut(exchange) {
            sending.waits_behind = Some(until);
        }
        if let Some((http2, _)) = self.connections[index].http2_parts() {
            http2.waits_anew = true;
        }
        self.unsettle(index);
    }

    /// Notes what has happened since the connection was settled last.
    pub(crate) fn note_moments(&mut self, index: u32) {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index];
        let sent = connection.output.sent();
        let Intake::Frames(http2) = &mut connection.intake else {
            return;
        };
        if std::mem::take(&mut http2.has_ended_some) {
            connection.moments.idle_ms = now_ms;
        }
        if !http2.waits_anew && http2.leaving.until.is_none() {
            return;
        }
        http2.waits_anew = false;
        http2.leaving.note_sent(sent, now_ms);
        for stream in http2.session.streams_mut() {
            let sending = &mut stream.user;
            sending.leaving.note_sent(sent, now_ms);
            if sending.waits_behind.take_if(|until| *until <= sent).is_some() {
                (sending.body_ms, sending.body_started_ms) = (now_ms, now_ms);
                sending.rate_bytes_base = sending.body_bytes;
            }
            http2.waits_anew |= sending.waits_behind.is_some();
        }
    }
}
