//! WebSocket echo on one connection: a message out, the same message back (tungstenite over memory).

mod handshake;

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::sync::Arc;

use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Bytes, Message, WebSocket};

use crate::error::ErrorClass;
use crate::http_client::{Answered, Verdict};
use crate::request::Request;
use crate::target::Target;
use handshake::Handshake;

/// A read buffer; tungstenite's own default is eight times as large, per connection.
const READ_BUFFER_BYTES: usize = 16 * 1024;

/// What all connections share.
#[derive(Clone, Debug)]
pub(crate) struct EchoTarget {
    handshake: Arc<Handshake>,
    message: Bytes,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct EchoClient {
    target: EchoTarget,
    pipe: Pipe,
    /// Once the handshake is over.
    socket: Option<WebSocket<Pipe>>,
}

impl EchoTarget {
    /// For the target, with the request's fields and the message.
    pub(crate) fn new(target: &Target, request: &Request, message: &[u8]) -> Self {
        EchoTarget {
            handshake: Arc::new(Handshake::new(target, request)),
            message: Bytes::copy_from_slice(message),
        }
    }

    /// A new connection, whose handshake waits to be taken.
    pub(crate) fn open(&self) -> EchoClient {
        let pipe = Pipe::default();
        pipe.0
            .borrow_mut()
            .outgoing
            .extend_from_slice(self.handshake.request());
        EchoClient {
            target: self.clone(),
            pipe,
            socket: None,
        }
    }
}

impl EchoClient {
    /// Takes received bytes; each echo becomes a verdict.
    pub(crate) fn receive(&mut self, bytes: &[u8], answered: &mut Vec<Answered>) -> Result<(), ErrorClass> {
        self.pipe.0.borrow_mut().incoming.extend_from_slice(bytes);
        if self.socket.is_none() {
            self.shake_hands()?;
        }
        let Some(socket) = &mut self.socket else {
            return Ok(());
        };
        loop {
            match socket.read() {
                Ok(Message::Binary(echo)) => answered.push(judge(&self.target.message, &echo)),
                Ok(Message::Text(echo)) => answered.push(judge(&self.target.message, echo.as_bytes())),
                Ok(Message::Close(_)) => return Err(ErrorClass::Read),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(());
                }
                Err(_) => return Err(ErrorClass::Protocol),
            }
        }
    }

    /// Queues `count` messages.
    pub(crate) fn ask(&mut self, count: usize) -> Result<(), ErrorClass> {
        let Some(socket) = &mut self.socket else {
            return Ok(());
        };
        for _ in 0..count {
            let message = Message::Binary(self.target.message.clone());
            socket.write(message).map_err(|_| ErrorClass::Write)?;
        }
        socket.flush().map_err(|_| ErrorClass::Write)
    }

    /// Appends everything that is to be sent.
    pub(crate) fn take_output(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.pipe.0.borrow_mut().outgoing);
    }

    /// Whether the handshake goes on.
    pub(crate) fn is_handshaking(&self) -> bool {
        self.socket.is_none()
    }

    fn shake_hands(&mut self) -> Result<(), ErrorClass> {
        let mut buffers = self.pipe.0.borrow_mut();
        let Some(len) = self.target.handshake.check(&buffers.incoming)? else {
            return Ok(());
        };
        buffers.incoming.drain(..len);
        drop(buffers);
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
        self.socket = Some(WebSocket::from_raw_socket(
            self.pipe.clone(),
            Role::Client,
            Some(config),
        ));
        Ok(())
    }
}

fn judge(message: &[u8], echo: &[u8]) -> Answered {
    let verdict: Verdict = match () {
        () if echo.len() != message.len() => Err(ErrorClass::Length),
        () if echo != message => Err(ErrorClass::Hash),
        () => Ok(()),
    };
    Answered::first(verdict)
}

/// A stream in memory, of which the WebSocket has one handle and the connection another.
#[derive(Clone, Debug, Default)]
struct Pipe(Rc<RefCell<Buffers>>);

#[derive(Debug, Default)]
struct Buffers {
    incoming: Vec<u8>,
    read: usize,
    outgoing: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut buffers = self.0.borrow_mut();
        let unread = &buffers.incoming[buffers.read..];
        if unread.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = unread.len().min(into.len());
        into[..len].copy_from_slice(&unread[..len]);
        buffers.read += len;
        if buffers.read == buffers.incoming.len() {
            buffers.incoming.clear();
            buffers.read = 0;
        }
        Ok(len)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().outgoing.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
