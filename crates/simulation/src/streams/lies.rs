//! What a client sends that it must not, and what RFC 9113 has a server make of it.
//!
//! Owns the lists: what ends the connection, what ends a stream, which requests are malformed or refused. Never sends
//! anything: `write` does. Called by: `script`, which draws; `write`; `judge`.

use crate::frames::hpack::Field;
use crate::frames::{self, code, flag, kind, setting};

/// What ends the connection (RFC 9113 section 5.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    DataOnIdle,
    EvenStream,
    LargeFrame,
    BrokenSettings,
    SettingsOnStream,
    PushSetting,
    WindowSetting,
    FrameSetting,
    ShortPing,
    PingOnStream,
    WindowByNothing,
    WindowTooLarge,
    ResetOnIdle,
    ShortReset,
    GoAwayOnStream,
    Push,
    LoneContinuation,
    BlockNotContinued,
    UnknownIndex,
    PaddingTooLarge,
}

impl Lie {
    pub(crate) const ALL: [Lie; 20] = [
        Lie::DataOnIdle,
        Lie::EvenStream,
        Lie::LargeFrame,
        Lie::BrokenSettings,
        Lie::SettingsOnStream,
        Lie::PushSetting,
        Lie::WindowSetting,
        Lie::FrameSetting,
        Lie::ShortPing,
        Lie::PingOnStream,
        Lie::WindowByNothing,
        Lie::WindowTooLarge,
        Lie::ResetOnIdle,
        Lie::ShortReset,
        Lie::GoAwayOnStream,
        Lie::Push,
        Lie::LoneContinuation,
        Lie::BlockNotContinued,
        Lie::UnknownIndex,
        Lie::PaddingTooLarge,
    ];

    /// The code that the server ends the connection with.
    pub(crate) fn code(self) -> u32 {
        match self {
            Lie::LargeFrame | Lie::BrokenSettings | Lie::ShortPing | Lie::ShortReset => {
                code::FRAME_SIZE_ERROR
            }
            Lie::WindowSetting | Lie::WindowTooLarge => code::FLOW_CONTROL_ERROR,
            Lie::UnknownIndex => code::COMPRESSION_ERROR,
            _ => code::PROTOCOL_ERROR,
        }
    }

    /// Appends it. `idle`: a stream that was not opened.
    pub(crate) fn put(self, out: &mut Vec<u8>, idle: u32) {
        let last = flag::END_HEADERS | flag::END_STREAM;
        match self {
            Lie::DataOnIdle => frames::put(out, kind::DATA, 0, idle, b"data"),
            Lie::EvenStream => frames::put(out, kind::HEADERS, last, idle + 1, &[0x82]),
            Lie::LargeFrame => frames::put(out, kind::HEADERS, last, idle, &[0; 16_385]),
            Lie::BrokenSettings => frames::put(out, kind::SETTINGS, 0, 0, &[0; 7]),
            Lie::SettingsOnStream => frames::put(out, kind::SETTINGS, 0, 1, &[]),
            Lie::PushSetting => frames::put_settings(out, &[(setting::ENABLE_PUSH, 2)]),
            Lie::WindowSetting => frames::put_settings(out, &[(setting::INITIAL_WINDOW_SIZE, 1 << 31)]),
            Lie::FrameSetting => frames::put_settings(out, &[(setting::MAX_FRAME_SIZE, 16_383)]),
            Lie::ShortPing => frames::put(out, kind::PING, 0, 0, &[0; 7]),
            Lie::PingOnStream => frames::put(out, kind::PING, 0, 1, &[0; 8]),
            Lie::WindowByNothing => frames::put_number(out, kind::WINDOW_UPDATE, 0, 0),
            Lie::WindowTooLarge => {
                for _ in 0..2 {
                    frames::put_number(out, kind::WINDOW_UPDATE, 0, frames::NUMBER_MAX);
                }
            }
            Lie::ResetOnIdle => frames::put_number(out, kind::RST_STREAM, idle, code::CANCEL),
            Lie::ShortReset => frames::put(out, kind::RST_STREAM, 0, 1, &[0; 3]),
            Lie::GoAwayOnStream => frames::put(out, kind::GOAWAY, 0, 1, &[0; 8]),
            Lie::Push => frames::put(out, kind::PUSH_PROMISE, last, 1, &[0, 0, 0, 2, 0x82]),
            Lie::LoneContinuation => frames::put(out, kind::CONTINUATION, 0, 1, &[0x82]),
            Lie::BlockNotContinued => {
                frames::put(out, kind::HEADERS, flag::END_STREAM, idle, &[0x82]);
                frames::put(out, kind::PING, 0, 0, &[0; 8]);
            }
            Lie::UnknownIndex => {
                frames::put(out, kind::HEADERS, last, idle, &[0xff, 0xff, 0xff, 0x03]);
            }
            Lie::PaddingTooLarge => {
                frames::put(out, kind::HEADERS, last | flag::PADDED, idle, &[9, 0x82]);
            }
        }
    }
}

/// What ends a stream (RFC 9113 section 5.4.2), once its head is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamLie {
    /// More of a body than its length says.
    Longer,
    /// Less.
    Shorter,
    /// Data behind the end.
    DataBehindEnd,
    /// A window that grows by nothing.
    WindowByNothing,
    /// A window that grows too large.
    WindowTooLarge,
    /// A second head, which ends nothing.
    SecondHead,
    /// A trailer section with a path.
    PathInTrailers,
}

impl StreamLie {
    pub(crate) const ALL: [StreamLie; 7] = [
        StreamLie::Longer,
        StreamLie::Shorter,
        StreamLie::DataBehindEnd,
        StreamLie::WindowByNothing,
        StreamLie::WindowTooLarge,
        StreamLie::SecondHead,
        StreamLie::PathInTrailers,
    ];

    /// The code that the server resets the stream with.
    pub(crate) fn code(self) -> u32 {
        match self {
            StreamLie::DataBehindEnd => code::STREAM_CLOSED,
            StreamLie::WindowTooLarge => code::FLOW_CONTROL_ERROR,
            _ => code::PROTOCOL_ERROR,
        }
    }

    /// Whether the request comes to its end all the same.
    pub(crate) fn lets_end(self) -> bool {
        matches!(
            self,
            StreamLie::Longer | StreamLie::Shorter | StreamLie::DataBehindEnd
        )
    }

    /// Whether the request is whole all the same.
    pub(crate) fn is_behind_end(self) -> bool {
        self == StreamLie::DataBehindEnd
    }
}

/// What is wrong with a request's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    CapitalName,
    ConnectionField,
    NoPath,
    TwoMethods,
    PseudoBehindFields,
    OtherEncodings,
    LineBreak,
    UnknownPseudo,
    LengthWithoutBody,
    // Of these a server of HTTP/1.1 says 400 as well.
    RelativePath,
    OtherHost,
    ControlCharacter,
    NoLength,
}

impl Malformed {
    pub(crate) const ALL: [Malformed; 13] = [
        Malformed::CapitalName,
        Malformed::ConnectionField,
        Malformed::NoPath,
        Malformed::TwoMethods,
        Malformed::PseudoBehindFields,
        Malformed::OtherEncodings,
        Malformed::LineBreak,
        Malformed::UnknownPseudo,
        Malformed::LengthWithoutBody,
        Malformed::RelativePath,
        Malformed::OtherHost,
        Malformed::ControlCharacter,
        Malformed::NoLength,
    ];

    /// The status that it is answered with; nothing: its stream is reset (RFC 9113 section 8.1.1).
    pub(crate) fn status(self) -> Option<u16> {
        let is_refused = matches!(
            self,
            Malformed::RelativePath
                | Malformed::OtherHost
                | Malformed::ControlCharacter
                | Malformed::NoLength
        );
        is_refused.then_some(400)
    }

    /// Makes a head malformed.
    pub(crate) fn spoil(self, fields: &mut Vec<Field>) {
        let mut add = |name: &str, value: &str| fields.push((name.into(), value.into()));
        match self {
            Malformed::CapitalName => add("X-Field", "v"),
            Malformed::ConnectionField => add("connection", "keep-alive"),
            Malformed::NoPath => fields.retain(|(name, _)| name != b":path"),
            Malformed::TwoMethods => fields.insert(0, (b":method".to_vec(), b"GET".to_vec())),
            Malformed::PseudoBehindFields => {
                fields.rotate_left(1);
                fields.insert(0, (b"x-first".to_vec(), Vec::new()));
            }
            Malformed::OtherEncodings => add("te", "gzip"),
            Malformed::LineBreak => add("x-field", "a\r\nb"),
            Malformed::UnknownPseudo => fields.insert(0, (b":protocol".to_vec(), b"echo".to_vec())),
            Malformed::LengthWithoutBody => add("content-length", "3"),
            Malformed::RelativePath => {
                let path = fields.iter_mut().find(|(name, _)| name == b":path");
                path.into_iter().for_each(|(_, path)| *path = b"none".to_vec());
            }
            Malformed::OtherHost => add("host", "other.example"),
            Malformed::ControlCharacter => add("x-field", "a\u{1}b"),
            Malformed::NoLength => add("content-length", "three"),
        }
    }
}
