//! A blocking client that sends bytes as they are and reads responses strictly.

use std::io::ErrorKind;
use std::time::Duration;

use howth_engine::EngineOptions;

use super::harness::{PATIENCE, Server, Start};
use super::place::{Stream, is_timeout};

/// How long a client waits for what is not to come.
pub const SILENCE: Duration = Duration::from_millis(60);

/// A server that the test answers for, and a client of it.
pub fn manual(start: Start) -> (Server, Client) {
    manual_with(start, EngineOptions::default())
}

/// The same, with options.
pub fn manual_with(start: Start, options: EngineOptions) -> (Server, Client) {
    let server = Server::manual(start, options);
    let client = Client::connect(&server);
    (server, client)
}

/// A client of a server under test.
pub struct Client {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub struct Response {
    pub status_line: String,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn status(&self) -> u16 {
        self.status_line[9..12].parse().expect("a status")
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values = self
            .fields
            .iter()
            .filter(|(own, _)| own.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} is repeated in {:?}", self.fields);
        value
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text")
    }
}

impl Client {
    /// A new connection.
    pub fn connect(server: &Server) -> Self {
        Client {
            stream: server.connect(),
            buffer: Vec::new(),
        }
    }

    /// One over a connection that is there.
    pub fn over(stream: Box<dyn Stream>) -> Self {
        Client {
            stream,
            buffer: Vec::new(),
        }
    }

    /// Whether nothing is read any more but an error, or the end.
    pub fn fails(&mut self) -> bool {
        let mut chunk = [0; 1024];
        !matches!(self.read(&mut chunk), Ok(1..))
    }

    /// A new connection to a Unix-domain socket.
    pub fn connect_to(path: &std::path::Path) -> Self {
        let stream = std::os::unix::net::UnixStream::connect(path).expect("connect");
        Client {
            stream: Box::new(stream),
            buffer: Vec::new(),
        }
    }

    /// Sends all of it.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.write_all(bytes.as_ref()).expect("write");
    }

    /// Lets `bytes` be sent before the server reads any of them.
    pub fn hold_unread(&self, bytes: usize) {
        self.stream.hold_unread(bytes);
    }

    /// False once the connection is closed.
    pub fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.write_all(bytes).is_ok()
    }

    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let mut sent = 0;
        while sent < bytes.len() {
            sent += self.stream.write(&bytes[sent..], PATIENCE)?;
        }
        Ok(())
    }

    /// Sends what the server takes within `patience`; gives how much that was.
    pub fn send_until_stuck(&mut self, bytes: &[u8], patience: Duration) -> usize {
        let mut sent = 0;
        while sent < bytes.len() {
            match self.stream.write(&bytes[sent..], patience) {
                Ok(length) => sent += length,
                Err(error) if is_timeout(&error) => break,
                Err(error) => panic!("write: {error}"),
            }
        }
        sent
    }

    /// The response to a plain request.
    pub fn get(&mut self, target: &str) -> Response {
        self.send(format!("GET {target} HTTP/1.1\r\nhost: h\r\n\r\n"));
        self.response()
    }

    /// A response to a request that was not HEAD.
    pub fn response(&mut self) -> Response {
        let mut response = self.head();
        self.body(&mut response);
        response
    }

    /// The body behind a head.
    pub fn body(&mut self, response: &mut Response) {
        if let Some(length) = response.field("content-length") {
            assert!(response.field("transfer-encoding").is_none(), "{response:?}");
            let length = length.parse().expect("a length");
            response.body = self.take(length);
        } else if let Some(coding) = response.field("transfer-encoding") {
            assert_eq!(coding, "chunked");
            response.body = self.chunks(&mut response.fields);
        } else if !matches!(response.status(), 204 | 304) {
            response.body = self.rest();
        }
    }

    /// The head of a response, with an empty body.
    pub fn head(&mut self) -> Response {
        let status_line = self.line();
        assert!(status_line.starts_with("HTTP/1.1 "), "{status_line:?}");
        let mut fields = Vec::new();
        self.fields(&mut fields);
        Response {
            status_line,
            fields,
            body: Vec::new(),
        }
    }

    /// A line without its CR LF.
    pub fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.take(end + 2);
                return String::from_utf8(line[..end].to_vec()).expect("a text");
            }
            assert!(
                self.fill(),
                "the connection ended within a line: {:?}",
                self.buffer.escape_ascii().to_string()
            );
        }
    }

    /// Something has come.
    pub fn wait_for_bytes(&mut self) {
        assert!(!self.buffer.is_empty() || self.fill(), "the connection ended");
    }

    pub fn take(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length {
            assert!(
                self.fill(),
                "the connection ended {} bytes early",
                length - self.buffer.len()
            );
        }
        let rest = self.buffer.split_off(length);
        std::mem::replace(&mut self.buffer, rest)
    }

    /// Everything until the server ends the connection.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.fill() {}
        std::mem::take(&mut self.buffer)
    }

    /// The server ended the connection without another byte.
    pub fn expect_end(&mut self) {
        let rest = self.rest();
        assert!(
            rest.is_empty(),
            "unexpected {:?}",
            rest.escape_ascii().to_string()
        );
    }

    /// The server reset the connection; gives what came before.
    pub fn expect_reset(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.buffer);
        let mut chunk = [0; 64 * 1024];
        loop {
            match self.read(&mut chunk) {
                Ok(0) => panic!("the connection ended in order"),
                Ok(length) => bytes.extend_from_slice(&chunk[..length]),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                    return bytes;
                }
            }
        }
    }

    /// The server ended the connection, in order or with a reset; gives what came before.
    pub fn expect_over(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.buffer);
        let mut chunk = [0; 64 * 1024];
        loop {
            match self.read(&mut chunk) {
                Ok(0) => return bytes,
                Ok(length) => bytes.extend_from_slice(&chunk[..length]),
                Err(error) => {
                    // By TLS also cut off in the middle of what it sends.
                    let kinds = [ErrorKind::ConnectionReset, ErrorKind::UnexpectedEof];
                    assert!(kinds.contains(&error.kind()), "{error}");
                    return bytes;
                }
            }
        }
    }

    /// Another hold on the same connection, to write while this one reads.
    pub fn second(&self) -> Client {
        Client {
            stream: self.stream.second(),
            buffer: Vec::new(),
        }
    }

    /// The last response, and then the end.
    pub fn expect_end_after_response(&mut self) {
        self.response();
        self.expect_end();
    }

    /// Whether nothing comes for a short while.
    pub fn is_silent(&mut self) -> bool {
        let mut chunk = [0; 1024];
        match self.stream.read(&mut chunk, SILENCE) {
            Ok(length) => {
                self.buffer.extend_from_slice(&chunk[..length]);
                false
            }
            Err(error) => is_timeout(&error),
        }
    }

    /// Nothing comes for a short while.
    pub fn expect_silence(&mut self) {
        assert!(
            self.buffer.is_empty(),
            "unexpected {:?}",
            self.buffer.escape_ascii().to_string()
        );
        assert!(
            self.is_silent(),
            "unexpected {:?}",
            self.buffer.escape_ascii().to_string()
        );
    }

    /// Ends this side; the other may go on.
    pub fn end(&self) {
        self.stream.end().expect("shutdown");
    }

    /// Like [`end`](Self::end), if the server has not ended it yet.
    pub fn end_if_open(&self) {
        let _ = self.stream.end();
    }

    /// Ends the connection with a reset.
    pub fn reset(self) {
        self.stream.reset_on_close();
    }

    fn fields(&mut self, fields: &mut Vec<(String, String)>) {
        loop {
            let line = self.line();
            if line.is_empty() {
                return;
            }
            let (name, value) = line
                .split_once(": ")
                .unwrap_or_else(|| panic!("no field: {line:?}"));
            fields.push((name.to_owned(), value.to_owned()));
        }
    }

    fn chunks(&mut self, fields: &mut Vec<(String, String)>) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = self.line();
            let length =
                usize::from_str_radix(&line, 16).unwrap_or_else(|_| panic!("no chunk size: {line:?}"));
            if length == 0 {
                self.fields(fields);
                return body;
            }
            body.extend(self.take(length));
            assert_eq!(self.take(2), b"\r\n");
        }
    }

    fn fill(&mut self) -> bool {
        let mut chunk = [0; 64 * 1024];
        let length = self.read(&mut chunk).expect("read");
        self.buffer.extend_from_slice(&chunk[..length]);
        length > 0
    }

    fn read(&mut self, chunk: &mut [u8]) -> std::io::Result<usize> {
        self.stream.read(chunk, PATIENCE)
    }
}
