//! Frames that say something of streams and of the connection, and carry nothing (RFC 9113 sections 6.3, 6.4, 6.7 to 6.9).
//!
//! Owns what each of them changes. Never looks for them: `receive` does. Called by: `receive`.

use super::receive::Around;
use super::stream::Ended;
use super::{Event, LAST_PING, STREAM_MAX, Session, WINDOW_BYTES_MAX};
use crate::error::{ConnectionError, Reason};
use crate::frame::{self, Head, flag};

impl<T: Default> Session<T> {
    /// Priorities are not followed (section 5.3.2), but one of a stream that depends on itself is refused (RFC 7540 section
    /// 5.3.1).
    pub(super) fn priority(
        &mut self,
        head: Head,
        payload: &[u8],
        around: Around<'_>,
    ) -> Result<Event, ConnectionError> {
        let [a, b, c, d, _] = payload else {
            return Err(ConnectionError::frame_size("a priority is not five bytes long"));
        };
        let depends_on = u32::from_be_bytes([*a, *b, *c, *d]) & STREAM_MAX;
        if head.stream == 0 || depends_on == head.stream {
            return Err(ConnectionError::protocol(
                "a priority is of no stream, or of one that depends on itself",
            ));
        }
        self.count_idle_frame(around.limits, around.now_ms)?;
        Ok(Event::Nothing)
    }

    /// Section 6.4.
    pub(super) fn reset_by_client(
        &mut self,
        head: Head,
        payload: &[u8],
        around: Around<'_>,
    ) -> Result<Event, ConnectionError> {
        if payload.len() != 4 {
            return Err(ConnectionError::frame_size("a reset is not four bytes long"));
        }
        self.refuse_idle(head.stream, "a stream was reset that was not opened")?;
        let Some(stream) = self.stream_mut(head.stream).filter(|stream| !stream.is_over()) else {
            self.count_idle_frame(around.limits, around.now_ms)?;
            return Ok(Event::Nothing);
        };
        stream.reset = Some(Ended::ByClient);
        self.count_reset(around.limits, around.now_ms)?;
        Ok(Event::Reset {
            stream: head.stream,
            by_client: true,
        })
    }

    /// Section 6.7.
    pub(super) fn ping(
        &mut self,
        head: Head,
        payload: &[u8],
        around: Around<'_>,
    ) -> Result<Event, ConnectionError> {
        if head.stream != 0 {
            return Err(ConnectionError::protocol("a ping came on a stream"));
        }
        let Some(opaque) = payload.first_chunk::<8>().filter(|_| payload.len() == 8) else {
            return Err(ConnectionError::frame_size("a ping is not eight bytes long"));
        };
        if head.has(flag::ACK) && opaque == LAST_PING && self.is_shutting_down() {
            // Everything that the client has sent before it knew has come.
            self.shut_down_now(around.out);
            return Ok(Event::Nothing);
        }
        self.count_idle_frame(around.limits, around.now_ms)?;
        if !head.has(flag::ACK) {
            frame::write_ping(around.out, flag::ACK, opaque);
        }
        Ok(Event::Nothing)
    }

    /// Section 6.9.
    pub(super) fn window_update(
        &mut self,
        head: Head,
        payload: &[u8],
        around: Around<'_>,
    ) -> Result<Event, ConnectionError> {
        let Some(bytes) = payload.first_chunk::<4>().filter(|_| payload.len() == 4) else {
            return Err(ConnectionError::frame_size(
                "a window's update is not four bytes long",
            ));
        };
        let bytes = i64::from(u32::from_be_bytes(*bytes) & STREAM_MAX);
        match self.windows_due.checked_sub(1) {
            Some(left) => self.windows_due = left,
            None => self.count_idle_frame(around.limits, around.now_ms)?,
        }
        if head.stream == 0 {
            self.send_window += bytes;
            return match bytes {
                0 => Err(ConnectionError::protocol("a window grows by nothing")),
                _ if self.send_window > WINDOW_BYTES_MAX => Err(ConnectionError::new(
                    Reason::FLOW_CONTROL_ERROR,
                    "the connection's window grows too large",
                )),
                _ => Ok(Event::Window { stream: None }),
            };
        }
        self.refuse_idle(head.stream, "a window grows of a stream that was not opened")?;
        let Some(stream) = self.stream_mut(head.stream).filter(|stream| !stream.is_over()) else {
            return Ok(Event::Nothing);
        };
        stream.send_window += bytes;
        let reason = match bytes {
            0 => Reason::PROTOCOL_ERROR,
            _ if stream.send_window > WINDOW_BYTES_MAX => Reason::FLOW_CONTROL_ERROR,
            _ => {
                let stream = Some(head.stream);
                return Ok(Event::Window { stream });
            }
        };
        self.stream_error(head.stream, reason, around.limits, around.out, around.now_ms)
    }
}

/// Section 6.8: a client that goes away opens no more streams, and says so for nobody else.
pub(super) fn go_away(head: Head, payload: &[u8]) -> Result<Event, ConnectionError> {
    if head.stream != 0 {
        return Err(ConnectionError::protocol("GOAWAY came on a stream"));
    }
    match payload.len() {
        8.. => Ok(Event::Nothing),
        _ => Err(ConnectionError::frame_size("GOAWAY is too short")),
    }
}
