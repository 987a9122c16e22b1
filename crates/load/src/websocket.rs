//! WebSocket echo on one connection: a message out, the same message back (tungstenite over memory).

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::client::{ClientHandshake, Request};
use tungstenite::handshake::{HandshakeError, MidHandshake};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Bytes, Message, WebSocket};

use crate::error::{ErrorClass, LoadError};
use crate::http_client::Verdict;
use crate::request;
use crate::target::Target;

/// What all connections share.
#[derive(Clone, Debug)]
pub(crate) struct EchoTarget {
    handshake: Request,
    message: Bytes,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct EchoClient {
    pipe: Pipe,
    state: State,
    message: Bytes,
}

#[derive(Debug)]
enum State {
    Handshaking(MidHandshake<ClientHandshake<Pipe>>),
    Open(WebSocket<Pipe>),
    Failed,
}

impl EchoTarget {
    /// For the target, with the request's fields and the message.
    pub(crate) fn new(
        target: &Target,
        request: &request::Request,
        message: &[u8],
    ) -> Result<Self, LoadError> {
        let wrong = |error: tungstenite::Error| LoadError::Url {
            url: target.url.clone(),
            reason: error.to_string(),
        };
        let mut handshake = target.url.as_str().into_client_request().map_err(wrong)?;
        for (name, value) in &request.fields {
            handshake.headers_mut().insert(name.clone(), value.clone());
        }
        Ok(EchoTarget {
            handshake,
            message: Bytes::copy_from_slice(message),
        })
    }

    /// A new connection, whose handshake waits to be taken.
    pub(crate) fn open(&self) -> Result<EchoClient, ErrorClass> {
        let pipe = Pipe::default();
        let config = WebSocketConfig::default().read_buffer_size(16 * 1024);
        let begun =
            tungstenite::client::client_with_config(self.handshake.clone(), pipe.clone(), Some(config));
        match begun {
            Err(HandshakeError::Interrupted(handshake)) => Ok(EchoClient {
                pipe,
                state: State::Handshaking(handshake),
                message: self.message.clone(),
            }),
            _ => Err(ErrorClass::Connect),
        }
    }
}

impl EchoClient {
    /// Takes received bytes; each echo becomes a verdict.
    pub(crate) fn receive(&mut self, bytes: &[u8], verdicts: &mut Vec<Verdict>) -> Result<(), ErrorClass> {
        self.pipe.0.borrow_mut().incoming.extend_from_slice(bytes);
        if let State::Handshaking(_) = self.state {
            self.shake_hands()?;
        }
        let State::Open(socket) = &mut self.state else {
            return Ok(());
        };
        loop {
            match socket.read() {
                Ok(Message::Binary(echo)) => verdicts.push(judge(&self.message, &echo)),
                Ok(Message::Text(echo)) => verdicts.push(judge(&self.message, echo.as_bytes())),
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
        let State::Open(socket) = &mut self.state else {
            return Ok(());
        };
        for _ in 0..count {
            let message = Message::Binary(self.message.clone());
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
        !matches!(self.state, State::Open(_))
    }

    fn shake_hands(&mut self) -> Result<(), ErrorClass> {
        let State::Handshaking(handshake) = std::mem::replace(&mut self.state, State::Failed) else {
            return Ok(());
        };
        self.state = match handshake.handshake() {
            Ok((socket, _)) => State::Open(socket),
            Err(HandshakeError::Interrupted(handshake)) => State::Handshaking(handshake),
            Err(HandshakeError::Failure(_)) => return Err(ErrorClass::Connect),
        };
        Ok(())
    }
}

fn judge(message: &[u8], echo: &[u8]) -> Verdict {
    match () {
        () if echo.len() != message.len() => Err(ErrorClass::Length),
        () if echo != message => Err(ErrorClass::Hash),
        () => Ok(()),
    }
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
