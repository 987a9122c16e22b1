//! One connection: its phase, its requests on the way, and the layers its bytes pass.
//!
//! Owns no socket operation; the worker queues those. Bytes pass TLS, if any, and then HTTP/1.1, HTTP/2 or
//! WebSocket.

use std::collections::VecDeque;

use crate::error::ErrorClass;
use crate::http_client::{Answered, HttpClient, HttpShared};
use crate::http2::{Http2Client, Http2Target};
use crate::tls::{TlsClient, TlsTarget};
use crate::websocket::{EchoClient, EchoTarget};

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// There is no socket.
    #[default]
    Idle,
    /// connect(2) is in flight.
    Connecting,
    /// TLS or WebSocket are being set up.
    Handshaking,
    /// Requests can be sent.
    Open,
    /// Operations in flight are awaited, then the close.
    Closing,
}

/// A request on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started {
    /// When it was due; latency counts from here.
    pub(crate) due_ns: u64,
    /// When it was given to the connection; the timeout counts from here.
    pub(crate) begun_ns: u64,
    /// Whether it is the occasional one.
    pub(crate) is_occasional: bool,
}

/// One connection. Slots are used again for the next connection.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    pub(crate) phase: Phase,
    pub(crate) generation: u32,
    /// Operations in flight, the receive included.
    pub(crate) operations: u8,
    pub(crate) receiving: bool,
    pub(crate) sending: bool,
    /// Requests without an answer, in order.
    pub(crate) queue: VecDeque<Started>,
    /// The newest of them that were not given to the kernel.
    pub(crate) unwritten: usize,
    /// Answered all there will be on this connection.
    pub(crate) is_spent: bool,
    /// In the list of connections that can take a request (open loop).
    pub(crate) is_listed: bool,
    /// When connecting began.
    pub(crate) opened_ns: u64,
    /// Not opened again before this moment.
    pub(crate) retry_ns: u64,
    http: HttpClient,
    tls: Option<Box<TlsClient>>,
    protocol: Option<Protocol>,
}

/// What is spoken instead of HTTP/1.1.
#[derive(Debug)]
enum Protocol {
    Echo(Box<EchoClient>),
    Http2(Box<Http2Client>),
}

/// The same of all connections.
#[derive(Clone, Debug)]
pub(crate) enum ProtocolTarget {
    Echo(EchoTarget),
    Http2(Http2Target),
}

/// What connections need of what they share.
#[derive(Debug)]
pub(crate) struct Layers {
    pub(crate) http: HttpShared,
    pub(crate) tls: Option<TlsTarget>,
    /// What is spoken instead of HTTP/1.1.
    pub(crate) protocol: Option<ProtocolTarget>,
    /// Decrypted bytes, used again.
    pub(crate) plain: Vec<u8>,
}

impl Layers {
    /// Whether requests are sent as they are, from shared memory.
    pub(crate) fn are_bare(&self) -> bool {
        self.tls.is_none() && self.protocol.is_none()
    }
}

impl ProtocolTarget {
    fn open(&self) -> Protocol {
        match self {
            ProtocolTarget::Echo(target) => Protocol::Echo(Box::new(target.open())),
            ProtocolTarget::Http2(target) => Protocol::Http2(Box::new(target.open())),
        }
    }
}

impl Protocol {
    /// Answers whether the connection may be used for further requests.
    fn receive(
        &mut self,
        bytes: &[u8],
        shared: &mut HttpShared,
        answered: &mut Vec<Answered>,
    ) -> Result<bool, ErrorClass> {
        match self {
            Protocol::Echo(echo) => echo.receive(bytes, answered).map(|()| true),
            Protocol::Http2(http2) => http2.receive(bytes, &mut shared.verifier, answered),
        }
    }

    fn ask(&mut self, count: usize) -> Result<(), ErrorClass> {
        match self {
            Protocol::Echo(echo) => echo.ask(count),
            Protocol::Http2(http2) => http2.ask(count),
        }
    }

    fn take_output(&mut self, out: &mut Vec<u8>) {
        match self {
            Protocol::Echo(echo) => echo.take_output(out),
            Protocol::Http2(http2) => http2.take_output(out),
        }
    }

    fn is_handshaking(&self) -> bool {
        match self {
            Protocol::Echo(echo) => echo.is_handshaking(),
            Protocol::Http2(http2) => http2.is_handshaking(),
        }
    }
}

impl Connection {
    /// The socket is connected: sets the layers up.
    pub(crate) fn set_up(&mut self, layers: &Layers) -> Result<(), ErrorClass> {
        self.http.reset();
        self.tls = match &layers.tls {
            Some(target) => Some(Box::new(target.open().map_err(|_| ErrorClass::Connect)?)),
            None => None,
        };
        self.protocol = layers.protocol.as_ref().map(ProtocolTarget::open);
        self.phase = Phase::Handshaking;
        self.advance();
        Ok(())
    }

    /// Takes received bytes.
    pub(crate) fn receive(
        &mut self,
        bytes: &[u8],
        layers: &mut Layers,
        answered: &mut Vec<Answered>,
    ) -> Result<(), ErrorClass> {
        let Some(tls) = &mut self.tls else {
            return self.receive_plain(bytes, &mut layers.http, answered);
        };
        let failure = match self.phase {
            Phase::Open => ErrorClass::Protocol,
            _ => ErrorClass::Connect,
        };
        layers.plain.clear();
        tls.receive(bytes, &mut layers.plain).map_err(|_| failure)?;
        self.advance();
        match layers.plain.is_empty() {
            true => Ok(()),
            false => self.receive_plain(&layers.plain, &mut layers.http, answered),
        }
    }

    fn receive_plain(
        &mut self,
        bytes: &[u8],
        shared: &mut HttpShared,
        answered: &mut Vec<Answered>,
    ) -> Result<(), ErrorClass> {
        if let Some(protocol) = &mut self.protocol {
            let received = protocol.receive(bytes, shared, answered);
            self.advance();
            self.is_spent |= !received?;
            return Ok(());
        }
        if self.queue.is_empty() {
            // Nobody asked for anything.
            return Err(ErrorClass::Protocol);
        }
        self.is_spent |= !self.http.receive(bytes, shared, answered)?;
        Ok(())
    }

    /// The server has closed its side.
    pub(crate) fn end_of_stream(&mut self, layers: &mut Layers, answered: &mut Vec<Answered>) {
        if self.phase == Phase::Open && self.protocol.is_none() {
            self.http.end_of_stream(&mut layers.http, answered);
        }
        self.is_spent = true;
    }

    /// The next requests to be written that are alike: whether they are occasional ones, and how many they are.
    pub(crate) fn next_alike(&self) -> (bool, usize) {
        let unwritten = self.queue.iter().skip(self.queue.len() - self.unwritten);
        let is_occasional = unwritten.clone().next().is_some_and(|first| first.is_occasional);
        let alike = unwritten.take_while(|started| started.is_occasional == is_occasional);
        (is_occasional, alike.count())
    }

    /// Encodes `count` requests (`requests` are their bytes if they are HTTP's) and whatever the layers have to
    /// send themselves.
    pub(crate) fn take_output(
        &mut self,
        count: usize,
        requests: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ErrorClass> {
        if self.phase == Phase::Open && count > 0 {
            self.unwritten -= count;
            match (&mut self.protocol, &mut self.tls) {
                (Some(protocol), _) => protocol.ask(count)?,
                (None, Some(tls)) => tls.send(requests).map_err(|_| ErrorClass::Write)?,
                (None, None) => out.extend_from_slice(requests),
            }
        }
        let Some(tls) = &mut self.tls else {
            if let Some(protocol) = &mut self.protocol {
                protocol.take_output(out);
            }
            return Ok(());
        };
        if let Some(protocol) = &mut self.protocol
            && !tls.is_handshaking()
        {
            let mut plain = Vec::new();
            protocol.take_output(&mut plain);
            tls.send(&plain).map_err(|_| ErrorClass::Write)?;
        }
        tls.take_output(out);
        Ok(())
    }

    /// Lets go of everything that belongs to the connection that ended.
    pub(crate) fn clear(&mut self) {
        self.tls = None;
        self.protocol = None;
        self.is_spent = false;
        self.unwritten = 0;
        self.sending = false;
        self.receiving = false;
    }

    fn advance(&mut self) {
        let is_handshaking = self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
            || self.protocol.as_ref().is_some_and(Protocol::is_handshaking);
        if self.phase == Phase::Handshaking && !is_handshaking {
            self.phase = Phase::Open;
        }
    }
}
