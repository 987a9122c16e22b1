//! One connection: its phase, its requests on the way, and the layers its bytes pass.
//!
//! Owns no socket operation; the worker queues those. Bytes pass TLS, if any, and then HTTP or WebSocket.

use std::collections::VecDeque;

use crate::error::ErrorClass;
use crate::http_client::{HttpClient, HttpShared, Verdict};
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
    echo: Option<Box<EchoClient>>,
}

/// What connections need of what they share.
#[derive(Debug)]
pub(crate) struct Layers {
    pub(crate) http: HttpShared,
    pub(crate) tls: Option<TlsTarget>,
    pub(crate) echo: Option<EchoTarget>,
    /// Decrypted bytes, used again.
    pub(crate) plain: Vec<u8>,
}

impl Layers {
    /// Whether requests are sent as they are, from shared memory.
    pub(crate) fn are_bare(&self) -> bool {
        self.tls.is_none() && self.echo.is_none()
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
        self.echo = layers.echo.as_ref().map(|target| Box::new(target.open()));
        self.phase = Phase::Handshaking;
        self.advance();
        Ok(())
    }

    /// Takes received bytes.
    pub(crate) fn receive(
        &mut self,
        bytes: &[u8],
        layers: &mut Layers,
        verdicts: &mut Vec<Verdict>,
    ) -> Result<(), ErrorClass> {
        let Some(tls) = &mut self.tls else {
            return self.receive_plain(bytes, &mut layers.http, verdicts);
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
            false => self.receive_plain(&layers.plain, &mut layers.http, verdicts),
        }
    }

    fn receive_plain(
        &mut self,
        bytes: &[u8],
        shared: &mut HttpShared,
        verdicts: &mut Vec<Verdict>,
    ) -> Result<(), ErrorClass> {
        if let Some(echo) = &mut self.echo {
            let received = echo.receive(bytes, verdicts);
            self.advance();
            return received;
        }
        if self.queue.is_empty() {
            // Nobody asked for anything.
            return Err(ErrorClass::Protocol);
        }
        self.is_spent |= !self.http.receive(bytes, shared, verdicts)?;
        Ok(())
    }

    /// The server has closed its side.
    pub(crate) fn end_of_stream(&mut self, layers: &mut Layers, verdicts: &mut Vec<Verdict>) {
        if self.phase == Phase::Open && self.echo.is_none() {
            self.http.end_of_stream(&mut layers.http, verdicts);
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
            match (&mut self.echo, &mut self.tls) {
                (Some(echo), _) => echo.ask(count)?,
                (None, Some(tls)) => tls.send(requests).map_err(|_| ErrorClass::Write)?,
                (None, None) => out.extend_from_slice(requests),
            }
        }
        let Some(tls) = &mut self.tls else {
            if let Some(echo) = &mut self.echo {
                echo.take_output(out);
            }
            return Ok(());
        };
        if let Some(echo) = &mut self.echo
            && !tls.is_handshaking()
        {
            let mut plain = Vec::new();
            echo.take_output(&mut plain);
            tls.send(&plain).map_err(|_| ErrorClass::Write)?;
        }
        tls.take_output(out);
        Ok(())
    }

    /// Lets go of everything that belongs to the connection that ended.
    pub(crate) fn clear(&mut self) {
        self.tls = None;
        self.echo = None;
        self.is_spent = false;
        self.unwritten = 0;
        self.sending = false;
        self.receiving = false;
    }

    fn advance(&mut self) {
        let is_handshaking = self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
            || self.echo.as_ref().is_some_and(|echo| echo.is_handshaking());
        if self.phase == Phase::Handshaking && !is_handshaking {
            self.phase = Phase::Open;
        }
    }
}
