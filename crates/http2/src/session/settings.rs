//! What both sides let each other do (RFC 9113 section 6.5).
//!
//! Owns both sides' settings. Called by: the session.

use super::{Event, STREAM_MAX, Session, WINDOW_BYTES, WINDOW_BYTES_MAX};
use crate::error::{ConnectionError, Reason};
use crate::frame::{self, Head, flag, kind};
use crate::limits::Limits;

const HEADER_TABLE_SIZE: u16 = 1;
const ENABLE_PUSH: u16 = 2;
const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_FRAME_SIZE: u16 = 5;
const MAX_HEADER_LIST_SIZE: u16 = 6;

/// A setting, in bytes.
const SETTING_BYTES: usize = 6;

/// The bounds of MAX_FRAME_SIZE (RFC 9113 section 6.5.2).
const FRAME_BYTES: std::ops::RangeInclusive<u32> = 16_384..=16_777_215;

/// Appends the server's settings.
pub(super) fn write_own(limits: &Limits, out: &mut Vec<u8>) {
    let own = [
        (HEADER_TABLE_SIZE, limits.table_bytes_max),
        (MAX_CONCURRENT_STREAMS, limits.streams_max),
        (INITIAL_WINDOW_SIZE, stream_window(limits)),
        (MAX_FRAME_SIZE, frame_bytes_max(limits) as u32),
        (
            MAX_HEADER_LIST_SIZE,
            limits.field_list_bytes_max.try_into().unwrap_or(u32::MAX),
        ),
    ];
    frame::write_head(out, own.len() * SETTING_BYTES, kind::SETTINGS, 0, 0);
    for (setting, value) in own {
        out.extend_from_slice(&setting.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
}

/// What a client may send of a body; no less than it begins with, before it has read the settings.
pub(super) fn stream_window(limits: &Limits) -> u32 {
    limits.stream_window_bytes.clamp(WINDOW_BYTES, STREAM_MAX)
}

/// The payload of the largest frame.
pub(super) fn frame_bytes_max(limits: &Limits) -> usize {
    limits
        .frame_bytes_max
        .clamp(*FRAME_BYTES.start(), *FRAME_BYTES.end()) as usize
}

impl<T> Session<T> {
    pub(super) fn settings(
        &mut self,
        head: Head,
        payload: &[u8],
        limits: &Limits,
        out: &mut Vec<u8>,
        now_ms: u64,
    ) -> Result<Event, ConnectionError> {
        if head.stream != 0 {
            return Err(ConnectionError::protocol("settings came on a stream"));
        }
        if head.has(flag::ACK) {
            if !payload.is_empty() {
                return Err(ConnectionError::frame_size(
                    "an acknowledgement of settings holds some",
                ));
            }
            if !self.is_acknowledged {
                self.is_acknowledged = true;
                self.decoder.set_table_bytes_max(limits.table_bytes_max as usize);
                return Ok(Event::Nothing);
            }
            self.count_idle_frame(limits, now_ms)?;
            return Ok(Event::Nothing);
        }
        if !payload.len().is_multiple_of(SETTING_BYTES) {
            return Err(ConnectionError::frame_size("settings are not whole"));
        }
        if std::mem::replace(&mut self.has_settings, true) {
            self.count_idle_frame(limits, now_ms)?;
        }
        for setting in payload.chunks_exact(SETTING_BYTES) {
            let name = u16::from_be_bytes([setting[0], setting[1]]);
            let value = u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]);
            self.set(name, value)?;
        }
        frame::write_head(out, 0, kind::SETTINGS, flag::ACK, 0);
        Ok(Event::Window { stream: None })
    }

    fn set(&mut self, name: u16, value: u32) -> Result<(), ConnectionError> {
        match name {
            HEADER_TABLE_SIZE => self.encoder.set_table_bytes_max(value as usize),
            ENABLE_PUSH if value > 1 => {
                return Err(ConnectionError::protocol("ENABLE_PUSH is neither 0 nor 1"));
            }
            INITIAL_WINDOW_SIZE if value > STREAM_MAX => {
                let what = "INITIAL_WINDOW_SIZE is too large";
                return Err(ConnectionError::new(Reason::FLOW_CONTROL_ERROR, what));
            }
            INITIAL_WINDOW_SIZE => return self.set_peer_window(value),
            MAX_FRAME_SIZE if !FRAME_BYTES.contains(&value) => {
                return Err(ConnectionError::protocol("MAX_FRAME_SIZE is out of its bounds"));
            }
            MAX_FRAME_SIZE => self.peer_frame_bytes_max = value as usize,
            // Nothing is pushed; what a client says of lists of fields is advice; others are ignored (section 6.5.2).
            _ => {}
        }
        Ok(())
    }

    /// Section 6.9.2: windows that are open change by the difference, also below zero.
    fn set_peer_window(&mut self, bytes: u32) -> Result<(), ConnectionError> {
        let difference = i64::from(bytes) - i64::from(self.peer_window);
        self.peer_window = bytes;
        for stream in &mut self.streams {
            stream.send_window += difference;
            if stream.send_window > WINDOW_BYTES_MAX {
                let what = "INITIAL_WINDOW_SIZE makes a window too large";
                return Err(ConnectionError::new(Reason::FLOW_CONTROL_ERROR, what));
            }
        }
        Ok(())
    }
}
