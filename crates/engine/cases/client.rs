//! A blocking client that sends bytes as they are and reads responses strictly.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use howth_engine::{BindAddress, EngineOptions};
use socket2::SockRef;

use super::harness::{PATIENCE, Server, Start};

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

pub struct Client {
    stream: Stream,
    buffer: Vec<u8>,
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
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
    pub fn connect(server: &Server) -> Self {
        let stream = match &server.address {
            BindAddress::Tcp(address) => {
                let stream = TcpStream::connect(address).expect("connect");
                stream.set_nodelay(true).expect("TCP_NODELAY");
                stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
                stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
                Stream::Tcp(stream)
            }
            BindAddress::Unix(path) => {
                let stream = UnixStream::connect(path).expect("connect");
                stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
                Stream::Unix(stream)
            }
        };
        Client {
            stream,
            buffer: Vec::new(),
        }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        match &mut self.stream {
            Stream::Tcp(stream) => stream.write_all(bytes.as_ref()).expect("write"),
            Stream::Unix(stream) => stream.write_all(bytes.as_ref()).expect("write"),
        }
    }

    /// Lets `bytes` be sent before the server reads any of them.
    pub fn hold_unread(&self, bytes: usize) {
        let stream = match &self.stream {
            Stream::Tcp(stream) => SockRef::from(stream),
            Stream::Unix(stream) => SockRef::from(stream),
        };
        stream.set_send_buffer_size(bytes).expect("SO_SNDBUF");
    }

    /// False once the connection is closed.
    pub fn try_send(&mut self, bytes: &[u8]) -> bool {
        match &mut self.stream {
            Stream::Tcp(stream) => stream.write_all(bytes).is_ok(),
            Stream::Unix(stream) => stream.write_all(bytes).is_ok(),
        }
    }

    /// Sends what the server takes within `patience`; gives how much that was.
    pub fn send_until_stuck(&mut self, bytes: &[u8], patience: Duration) -> usize {
        let Stream::Tcp(stream) = &mut self.stream else {
            panic!("TCP only")
        };
        stream.set_write_timeout(Some(patience)).expect("a timeout");
        let mut sent = 0;
        while sent < bytes.len() {
            match stream.write(&bytes[sent..]) {
                Ok(length) => sent += length,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
                Err(error) => panic!("write: {error}"),
            }
        }
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        sent
    }

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
                    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                    return bytes;
                }
            }
        }
    }

    /// Another hold on the same connection, to write while this one reads.
    pub fn second(&self) -> Client {
        let stream = match &self.stream {
            Stream::Tcp(stream) => Stream::Tcp(stream.try_clone().expect("a descriptor")),
            Stream::Unix(stream) => Stream::Unix(stream.try_clone().expect("a descriptor")),
        };
        Client {
            stream,
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
        self.set_patience(Duration::from_millis(60));
        let mut chunk = [0; 1024];
        let received = self.read(&mut chunk);
        self.set_patience(PATIENCE);
        match received {
            Ok(length) => {
                self.buffer.extend_from_slice(&chunk[..length]);
                false
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
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

    fn set_patience(&self, patience: Duration) {
        match &self.stream {
            Stream::Tcp(stream) => stream.set_read_timeout(Some(patience)).expect("a timeout"),
            Stream::Unix(stream) => stream.set_read_timeout(Some(patience)).expect("a timeout"),
        }
    }

    /// Ends this side; the other may go on.
    pub fn end(&self) {
        match &self.stream {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Write).expect("shutdown"),
            Stream::Unix(stream) => stream.shutdown(Shutdown::Write).expect("shutdown"),
        }
    }

    /// Like [`end`](Self::end), if the server has not ended it yet.
    pub fn end_if_open(&self) {
        if let Stream::Tcp(stream) = &self.stream {
            let _ = stream.shutdown(Shutdown::Write);
        }
    }

    /// Ends the connection with a reset.
    pub fn reset(self) {
        let Stream::Tcp(stream) = self.stream else {
            panic!("TCP only")
        };
        socket2::SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .expect("SO_LINGER");
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
        match &mut self.stream {
            Stream::Tcp(stream) => stream.read(chunk),
            Stream::Unix(stream) => stream.read(chunk),
        }
    }
}
