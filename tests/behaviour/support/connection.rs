//! A client that sends exact bytes and reads strictly.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use socket2::SockRef;

use super::response::{Response, field, lines};
use super::{PATIENCE, request};

/// A connection to a server. Reads wait for [`PATIENCE`], then panic.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    /// Received and not looked at yet.
    received: Vec<u8>,
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Connection {
    pub fn tcp(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a connection");
        Connection::over_tcp(stream)
    }

    /// Over a stream that was connected otherwise.
    pub fn over_tcp(stream: TcpStream) -> Connection {
        stream.set_nodelay(true).expect("TCP_NODELAY");
        stream.set_read_timeout(Some(PATIENCE)).expect("a read timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a write timeout");
        Connection {
            stream: Stream::Tcp(stream),
            received: Vec::new(),
        }
    }

    pub fn unix(path: &Path) -> Connection {
        let stream = UnixStream::connect(path).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a read timeout");
        Connection {
            stream: Stream::Unix(stream),
            received: Vec::new(),
        }
    }

    /// Another hold on the same connection, to send while this one reads.
    pub fn second(&self) -> Connection {
        let stream = match &self.stream {
            Stream::Tcp(stream) => Stream::Tcp(stream.try_clone().expect("a descriptor")),
            Stream::Unix(stream) => Stream::Unix(stream.try_clone().expect("a descriptor")),
        };
        Connection {
            stream,
            received: Vec::new(),
        }
    }

    /// The stream, of which everything that was received was looked at.
    pub fn into_stream(self) -> TcpStream {
        assert!(self.received.is_empty(), "something was received");
        match self.stream {
            Stream::Tcp(stream) => stream,
            Stream::Unix(_) => panic!("a Unix-domain socket"),
        }
    }

    /// What one read gives.
    #[track_caller]
    pub fn receive_some(&mut self) -> Vec<u8> {
        if self.received.is_empty() {
            self.fill(1);
        }
        std::mem::take(&mut self.received)
    }

    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("a server that takes the bytes");
    }

    /// Sends it apart from what was sent before: most likely in a packet of its own, which nothing may depend on.
    #[track_caller]
    pub fn send_apart(&mut self, bytes: impl AsRef<[u8]>) {
        std::thread::sleep(Duration::from_millis(5));
        self.send(bytes);
    }

    /// Sends, and says whether the server still takes it.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        match &mut self.stream {
            Stream::Tcp(stream) => stream.write_all(bytes.as_ref()),
            Stream::Unix(stream) => stream.write_all(bytes.as_ref()),
        }
    }

    /// Sends what the server takes at once, and gives the number of bytes; `WouldBlock` if it takes none.
    pub fn send_some(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.without_waiting(|mut stream| stream.write(bytes))
    }

    /// Sends one byte after the other, until the server answers or everything is sent.
    pub fn send_bytewise(&mut self, bytes: &[u8]) {
        for byte in bytes.chunks(1) {
            if self.is_readable() || self.try_send(byte).is_err() {
                return;
            }
        }
    }

    /// Tells the server that nothing more will come.
    pub fn finish_sending(&self) {
        match &self.stream {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Stream::Unix(stream) => stream.shutdown(Shutdown::Write),
        }
        .expect("a shutdown");
    }

    /// Makes the coming close a reset.
    pub fn reset_on_close(&self) {
        let Stream::Tcp(stream) = &self.stream else {
            panic!("a Unix-domain socket is not reset");
        };
        SockRef::from(stream)
            .set_linger(Some(Duration::ZERO))
            .expect("SO_LINGER");
    }

    /// The final response to a GET or the like.
    #[track_caller]
    pub fn response(&mut self) -> Response {
        self.response_to("GET")
    }

    /// The final response to a request with this method, which decides whether a body follows.
    #[track_caller]
    pub fn response_to(&mut self, method: &str) -> Response {
        let mut response = self.head();
        assert!(response.status >= 200, "an interim response: {response:?}");
        if method == "HEAD" || response.status == 204 || response.status == 304 {
            return response;
        }
        match (
            response.field("transfer-encoding").map(str::to_owned),
            response.content_length(),
        ) {
            (Some(coding), _) => {
                assert_eq!(coding, "chunked");
                response.is_chunked = true;
                self.read_chunks(&mut response);
            }
            (None, Some(length)) => response.body = self.take(length),
            (None, None) => {
                assert!(response.closes(), "no framing and no close in {response:?}");
                response.body = self.rest();
            }
        }
        response
    }

    /// The next head alone, be it interim or final.
    #[track_caller]
    pub fn head(&mut self) -> Response {
        let end = self.find(b"\r\n\r\n");
        Response::head(&self.take(end))
    }

    /// The next chunk of a chunked body; empty for the last.
    #[track_caller]
    pub fn chunk(&mut self) -> Vec<u8> {
        let end = self.find(b"\r\n");
        let line = self.take(end);
        let digits = std::str::from_utf8(&line[..line.len() - 2]).expect("a chunk size in ASCII");
        assert!(
            !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
            "{digits:?}"
        );
        let length = usize::from_str_radix(digits, 16).expect("a chunk size");
        if length == 0 {
            return Vec::new();
        }
        let mut chunk = self.take(length + 2);
        assert_eq!(chunk.split_off(length), b"\r\n", "behind a chunk");
        chunk
    }

    /// The end of a chunked body without trailers.
    #[track_caller]
    pub fn end_of_chunks(&mut self) {
        assert_eq!(self.chunk(), b"");
        assert_eq!(self.take(2), b"\r\n", "behind the last chunk");
    }

    /// The first chunk of a chunked response.
    #[track_caller]
    pub fn chunk_after_head(&mut self) -> Vec<u8> {
        let head = self.head();
        assert_eq!(head.field("transfer-encoding"), Some("chunked"), "{head:?}");
        self.chunk()
    }

    #[track_caller]
    fn read_chunks(&mut self, response: &mut Response) {
        loop {
            let chunk = self.chunk();
            if chunk.is_empty() {
                break;
            }
            response.body.extend(chunk);
        }
        self.fill(2);
        if self.received.starts_with(b"\r\n") {
            self.take(2);
            return;
        }
        let end = self.find(b"\r\n\r\n");
        let section = self.take(end);
        response.trailers = lines(&section).map(field).collect();
    }

    /// Exactly so many bytes.
    #[track_caller]
    pub fn take(&mut self, length: usize) -> Vec<u8> {
        self.fill(length);
        let rest = self.received.split_off(length);
        std::mem::replace(&mut self.received, rest)
    }

    /// Everything up to the end of the connection, which must be an orderly one.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<u8> {
        while self.receive().expect("an orderly end of the connection") > 0 {}
        std::mem::take(&mut self.received)
    }

    /// Everything up to the end of the connection, orderly or not.
    #[track_caller]
    pub fn rest_until_closed(&mut self) -> Vec<u8> {
        loop {
            match self.receive() {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if is_timeout(&error) => panic!("the connection was not closed"),
                Err(_) => break,
            }
        }
        std::mem::take(&mut self.received)
    }

    /// The server must have closed, or must close, without another byte.
    #[track_caller]
    pub fn expect_closed(&mut self) {
        let rest = self.rest_until_closed();
        assert!(rest.is_empty(), "more came: {:?}", String::from_utf8_lossy(&rest));
    }

    /// The connection must still serve.
    #[track_caller]
    pub fn expect_open(&mut self) {
        self.expect_open_at("/still-open");
    }

    /// The connection must still serve this path.
    #[track_caller]
    pub fn expect_open_at(&mut self, path: &str) {
        self.send(request("GET", path));
        let response = self.response();
        assert_eq!(response.status, 200, "{response:?}");
    }

    /// The server must be silent for a while, and the connection open.
    #[track_caller]
    pub fn expect_silence(&mut self, duration: Duration) {
        self.set_read_timeout(duration);
        match self.receive() {
            Err(error) if is_timeout(&error) => {}
            other => panic!("{other:?}, {:?}", String::from_utf8_lossy(&self.received)),
        }
        self.set_read_timeout(PATIENCE);
    }

    /// Whether there is something to read, or an end.
    pub fn is_readable(&self) -> bool {
        let result = self.without_waiting(|stream| stream.peek(&mut [0]));
        !matches!(result, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    fn without_waiting<T>(
        &self,
        action: impl FnOnce(&TcpStream) -> std::io::Result<T>,
    ) -> std::io::Result<T> {
        let Stream::Tcp(stream) = &self.stream else {
            panic!("a Unix-domain socket always waits here");
        };
        stream.set_nonblocking(true).expect("a mode");
        let result = action(stream);
        stream.set_nonblocking(false).expect("a mode");
        result
    }

    fn set_read_timeout(&self, duration: Duration) {
        match &self.stream {
            Stream::Tcp(stream) => stream.set_read_timeout(Some(duration)),
            Stream::Unix(stream) => stream.set_read_timeout(Some(duration)),
        }
        .expect("a read timeout");
    }

    #[track_caller]
    fn fill(&mut self, length: usize) {
        while self.received.len() < length {
            self.receive_more();
        }
    }

    #[track_caller]
    fn find(&mut self, pattern: &[u8]) -> usize {
        loop {
            let mut windows = self.received.windows(pattern.len());
            if let Some(start) = windows.position(|window| window == pattern) {
                return start + pattern.len();
            }
            self.receive_more();
        }
    }

    #[track_caller]
    fn receive_more(&mut self) {
        match self.receive() {
            Ok(1..) => {}
            end => panic!(
                "{end:?} in the middle of {:?}",
                String::from_utf8_lossy(&self.received)
            ),
        }
    }

    fn receive(&mut self) -> std::io::Result<usize> {
        let mut buffer = [0; 64 * 1024];
        let bytes = loop {
            let read = match &mut self.stream {
                Stream::Tcp(stream) => stream.read(&mut buffer),
                Stream::Unix(stream) => stream.read(&mut buffer),
            };
            // A debugger, or a signal to the process, may come in between.
            if !matches!(&read, Err(error) if error.kind() == ErrorKind::Interrupted) {
                break read?;
            }
        };
        self.received.extend_from_slice(&buffer[..bytes]);
        Ok(bytes)
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
