//! A WebSocket client that sends exact frames and reads strictly. It knows nothing of howth's codec.

use crate::support::{Connection, Response, Server};

/// RFC 6455 section 1.3.
pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

/// A request that opens a WebSocket, with these lines besides.
pub fn handshake(path: &str, lines: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: h\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: {KEY}\r\n{lines}\r\n"
    )
}

/// A frame that is all of its message.
pub fn frame(opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    masked(0x80 | opcode, payload)
}

/// A frame whose first byte is this.
pub fn masked(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];
    let payload = payload.as_ref();
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

/// The payload of a close frame.
pub fn closing(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason.as_bytes()].concat()
}

/// A WebSocket.
pub struct Client(pub Connection);

impl Client {
    /// Opens one.
    #[track_caller]
    pub fn open(server: &Server, path: &str) -> Client {
        Client::open_with(server, path, "").0
    }

    /// The same with these lines besides; gives the answer as well.
    #[track_caller]
    pub fn open_with(server: &Server, path: &str, lines: &str) -> (Client, Response) {
        let mut connection = server.connect();
        connection.send(handshake(path, lines));
        let response = connection.head();
        assert_eq!(response.status, 101, "{response:?}");
        assert_eq!(response.field("sec-websocket-accept"), Some(ACCEPT));
        assert_eq!(response.field("upgrade"), Some("websocket"));
        assert_eq!(response.field("connection"), Some("upgrade"));
        (Client(connection), response)
    }

    pub fn send(&mut self, opcode: u8, payload: impl AsRef<[u8]>) {
        self.0.send(frame(opcode, payload));
    }

    /// The next frame: its first byte, and its payload.
    #[track_caller]
    pub fn frame(&mut self) -> (u8, Vec<u8>) {
        let head = self.0.take(2);
        let length = match head[1] {
            126 => u64::from(u16::from_be_bytes(self.0.take(2).try_into().expect("two bytes"))),
            127 => u64::from_be_bytes(self.0.take(8).try_into().expect("eight bytes")),
            length => {
                assert!(length < 0x80, "a server does not mask");
                u64::from(length)
            }
        };
        (head[0], self.0.take(length as usize))
    }

    /// The next frame, which is of this kind and whole.
    #[track_caller]
    pub fn take(&mut self, opcode: u8) -> Vec<u8> {
        let (first, payload) = self.frame();
        assert_eq!(first, 0x80 | opcode, "{}", payload.escape_ascii());
        payload
    }

    #[track_caller]
    pub fn text(&mut self) -> String {
        String::from_utf8(self.take(TEXT)).expect("a text")
    }

    /// The server closes with this code; then the connection ends.
    #[track_caller]
    pub fn expect_close(&mut self, code: u16) -> String {
        let payload = self.take(CLOSE);
        let (said, reason) = payload.split_at(2);
        assert_eq!(said, code.to_be_bytes(), "{}", payload.escape_ascii());
        String::from_utf8(reason.to_vec()).expect("a reason")
    }

    /// Closes, and waits for the same of the server, and for the end of the connection.
    #[track_caller]
    pub fn close(&mut self, code: u16, reason: &str) {
        self.send(CLOSE, closing(code, reason));
        assert_eq!(self.expect_close(code), reason);
        self.0.expect_closed();
    }
}
