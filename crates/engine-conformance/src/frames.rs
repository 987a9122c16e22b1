//! A client of HTTP/2, frame by frame, that decompresses what a server sends to one that keeps no table.
//!
//! Owns the layout (RFC 9113 section 6) and as much of header compression as is left without a table (RFC 7541). Never follows a
//! window: the cases do. Called by: the cases of `http2`.

use howth_engine::{BodyRead, Deadlines, EngineOptions, Event, ExchangeId, Gone, Http2Limits};

use super::client::Client;
use super::harness::{Server, Start};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;

pub const END_STREAM: u8 = 0x1;
pub const ACK: u8 = 0x1;
pub const END_HEADERS: u8 = 0x4;

/// The names of the static table that servers here use.
const NAMES: [(usize, &str); 7] = [
    (22, "allow"),
    (28, "content-length"),
    (31, "content-type"),
    (33, "date"),
    (53, "retry-after"),
    (59, "vary"),
    (8, ":status"),
];
const STATUSES: [(usize, u16); 7] = [
    (8, 200),
    (9, 204),
    (10, 206),
    (11, 304),
    (12, 400),
    (13, 404),
    (14, 500),
];

/// A frame.
#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    pub fn ends(&self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.flags & END_STREAM != 0
    }

    /// The number that the payload of a reset, or of a window, is; of GOAWAY the second.
    pub fn number(&self) -> u32 {
        let at = if self.kind == GOAWAY { 4 } else { 0 };
        u32::from_be_bytes(self.payload[at..at + 4].try_into().expect("a number"))
    }

    /// The fields of HEADERS.
    pub fn fields(&self) -> Vec<(String, String)> {
        assert_eq!(
            (self.kind, self.flags & END_HEADERS),
            (HEADERS, END_HEADERS),
            "{self:?}"
        );
        fields(&self.payload)
    }

    pub fn status(&self) -> u16 {
        self.fields()[0].1.parse().expect("a status")
    }

    pub fn field(&self, name: &str) -> Option<String> {
        self.fields()
            .into_iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value)
    }

    pub fn text(&self) -> &str {
        assert_eq!(self.kind, DATA, "{self:?}");
        std::str::from_utf8(&self.payload).expect("a text")
    }
}

fn fields(mut block: &[u8]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    while let Some(&first) = block.first() {
        block = &block[1..];
        match first {
            0x20 => continue,
            0x80.. => {
                let of =
                    |(index, status): &(usize, u16)| (*index == usize::from(first & 0x7f)).then_some(*status);
                let status = STATUSES.iter().find_map(of).expect("a status");
                fields.push((":status".to_owned(), status.to_string()));
                continue;
            }
            _ => {}
        }
        let mask = if first & 0x40 == 0 { 0x0f } else { 0x3f };
        let name = match usize::from(first & mask) {
            0 => string(&mut block),
            index => {
                let index = if index == mask.into() {
                    index + length(&mut block)
                } else {
                    index
                };
                let name = NAMES.iter().find(|(own, _)| *own == index).expect("a known name");
                name.1.to_owned()
            }
        };
        fields.push((name, string(&mut block)));
    }
    fields
}

fn string(block: &mut &[u8]) -> String {
    let mut bytes = length(block);
    if bytes == 127 {
        bytes += length(block);
    }
    let (text, rest) = block.split_at(bytes);
    *block = rest;
    String::from_utf8(text.to_vec()).expect("a text")
}

fn length(block: &mut &[u8]) -> usize {
    let (&first, rest) = block.split_first().expect("a number");
    *block = rest;
    assert!(first < 0x80, "longer than any here");
    first.into()
}

/// A frame's bytes.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// HEADERS of a request to `h`; those of a POST end nothing.
pub fn request(stream: u32, method: &str, path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    let scheme = [(":scheme", "http"), (":authority", "h")];
    let own = [(":method", method), (":path", path)];
    for (name, value) in own.iter().chain(&scheme).chain(fields) {
        literal(&mut block, name, value);
    }
    let end = if method == "POST" { 0 } else { END_STREAM };
    frame(HEADERS, END_HEADERS | end, stream, &block)
}

/// A trailer section.
pub fn trailers(stream: u32, name: &str, value: &str) -> Vec<u8> {
    let mut block = Vec::new();
    literal(&mut block, name, value);
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block)
}

fn literal(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0);
    for text in [name, value] {
        match text.len() {
            bytes @ ..127 => block.push(bytes as u8),
            bytes => {
                let rest = bytes - 127;
                block.extend([
                    0x7f,
                    rest as u8 | 0x80,
                    (rest >> 7) as u8 | 0x80,
                    (rest >> 14) as u8,
                ]);
            }
        }
        block.extend(text.as_bytes());
    }
}

pub fn window(stream: u32, bytes: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes())
}

pub fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())
}

/// Options with HTTP/2 and no deadlines.
pub fn options() -> EngineOptions {
    EngineOptions {
        http2: Some(Http2Limits::default()),
        deadlines: Deadlines::none(),
        ..EngineOptions::default()
    }
}

/// A server that the test answers for, and a client that has greeted it.
pub fn greeted(start: Start) -> (Server, Client) {
    greeted_with(start, options(), &[])
}

/// The same, with options, and with settings of the client.
pub fn greeted_with(start: Start, options: EngineOptions, settings: &[(u16, u32)]) -> (Server, Client) {
    let server = Server::manual(start, options);
    let client = greet(&server, settings);
    (server, client)
}

/// A new client that has greeted a server.
pub fn greet(server: &Server, settings: &[(u16, u32)]) -> Client {
    let mut client = Client::connect(server);
    client.send(greeting(settings));
    let own = client.frame();
    assert_eq!((own.kind, own.flags), (SETTINGS, 0));
    let opened = client.frame();
    assert_eq!(
        (opened.kind, opened.stream, opened.number()),
        (WINDOW_UPDATE, 0, 1024 * 1024 - 65_535)
    );
    let acknowledged = client.frame();
    assert_eq!((acknowledged.kind, acknowledged.flags), (SETTINGS, ACK));
    client
}

/// What a client begins with, whose decoder has no table.
pub fn greeting(settings: &[(u16, u32)]) -> Vec<u8> {
    let mut payload = Vec::new();
    for (name, value) in [(1, 0)].iter().chain(settings) {
        payload.extend(u16::to_be_bytes(*name));
        payload.extend(u32::to_be_bytes(*value));
    }
    let mut greeting = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    greeting.extend(frame(SETTINGS, 0, 0, &payload));
    greeting.extend(frame(SETTINGS, ACK, 0, &[]));
    greeting
}

impl Client {
    /// The next frame.
    pub fn frame(&mut self) -> Frame {
        let head = self.take(9);
        let bytes = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        Frame {
            kind: head[3],
            flags: head[4],
            stream: u32::from_be_bytes(head[5..9].try_into().expect("an identifier")),
            payload: self.take(bytes),
        }
    }

    /// The next frame, which is one of a stream and of a kind.
    pub fn frame_of(&mut self, kind: u8, stream: u32) -> Frame {
        let frame = self.frame();
        assert_eq!((frame.kind, frame.stream), (kind, stream), "{frame:?}");
        frame
    }

    /// The next frame of a kind; others are passed over.
    pub fn frame_of_kind(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.frame();
            if frame.kind == kind {
                return frame;
            }
        }
    }
}

impl Server {
    /// What has come of a request's body.
    pub fn read_body(&self, id: ExchangeId) -> Result<BodyRead, Gone> {
        self.call(move |exchanges| exchanges.read_body(id, usize::MAX))
    }

    /// The next event, which has to be that of a response that is out.
    pub fn expect_completed(&self) {
        let event = self.next_event();
        assert!(matches!(event, Event::Completed(_)), "{event:?}");
    }
}
