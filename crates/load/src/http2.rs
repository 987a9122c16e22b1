//! HTTP/2 on one connection: requests on streams, received bytes to verdicts (RFC 9113).
//!
//! Owns the frames of a client, its streams, and windows both ways. Never does: TLS, sockets. A request that a server leaves
//! behind when it goes away counts as one that was not answered.

mod frame;
mod head;

use std::sync::Arc;

use frame::{code, flag, kind};
use head::Block;

use crate::decoder::{Framing, Head};
use crate::error::{ErrorClass, LoadError};
use crate::expectation::{BodyCheck, Verifier};
use crate::http_client::Answered;
use crate::request::Request;
use crate::target::Target;

/// Windows never close to a server: this is the most that one can be (RFC 9113 section 6.9.1).
const WINDOW: u32 = (1 << 31) - 1;
/// Windows begin with so much (section 6.9.2).
const WINDOW_DEFAULT: i64 = 65_535;
/// Received bytes are given back to the windows when they are as many.
const CREDIT_MIN: u32 = 1 << 24;

/// What all connections share.
#[derive(Clone, Debug)]
pub(crate) struct Http2Target(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    block: Block,
    body: Vec<u8>,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Http2Client {
    target: Http2Target,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    /// Requests without an answer, in order.
    streams: Vec<Stream>,
    next_id: u32,
    /// A header block whose frames have not all come: its stream, its flags, its bytes.
    block: Option<(u32, u8, Vec<u8>)>,
    has_settings: bool,
    is_leaving: bool,
    table_bytes: Option<u32>,
    window: i64,
    stream_window: i64,
    credit: u32,
}

/// One request on the way.
#[derive(Debug)]
struct Stream {
    id: u32,
    status: Option<u16>,
    body: BodyCheck,
    window: i64,
    /// How much of the request's body was sent.
    sent: usize,
    credit: u32,
}

impl Http2Target {
    /// For the target, with the request's method, fields and body.
    pub(crate) fn new(
        target: &Target,
        request: &Request,
        method: &str,
        body: &[u8],
    ) -> Result<Self, LoadError> {
        let scheme = if target.is_tls { "https" } else { "http" };
        let length = body.len().to_string();
        let mut fields: Vec<(&[u8], &[u8])> = vec![
            (b":method", method.as_bytes()),
            (b":scheme", scheme.as_bytes()),
            (b":path", target.path.as_bytes()),
            (b":authority", request.authority(target)),
        ];
        fields.extend(request.own_fields());
        if !body.is_empty() {
            fields.push((b"content-length", length.as_bytes()));
        }
        Ok(Http2Target(Arc::new(Shared {
            block: Block::new(&fields)?,
            body: body.to_vec(),
        })))
    }

    /// A new connection, whose preface waits to be taken.
    pub(crate) fn open(&self) -> Http2Client {
        let mut outgoing = frame::PREFACE.to_vec();
        // No table for answers, no pushes, and windows that never close.
        let settings = [(1u16, 0u32), (2, 0), (4, WINDOW)];
        let mut payload = Vec::new();
        for (name, value) in settings {
            payload.extend_from_slice(&name.to_be_bytes());
            payload.extend_from_slice(&value.to_be_bytes());
        }
        frame::put_frame(&mut outgoing, kind::SETTINGS, 0, 0, &payload);
        frame::put_number(
            &mut outgoing,
            kind::WINDOW_UPDATE,
            0,
            WINDOW - WINDOW_DEFAULT as u32,
        );
        Http2Client {
            target: self.clone(),
            incoming: Vec::new(),
            outgoing,
            streams: Vec::new(),
            next_id: 1,
            block: None,
            has_settings: false,
            is_leaving: false,
            table_bytes: None,
            window: WINDOW_DEFAULT,
            stream_window: WINDOW_DEFAULT,
            credit: 0,
        }
    }
}

impl Http2Client {
    /// Takes received bytes. Answers whether the connection may be used for further requests.
    pub(crate) fn receive(
        &mut self,
        bytes: &[u8],
        verifier: &mut Verifier,
        answered: &mut Vec<Answered>,
    ) -> Result<bool, ErrorClass> {
        let mut incoming = std::mem::take(&mut self.incoming);
        incoming.extend_from_slice(bytes);
        let mut done = 0;
        while let Some(head) = incoming[done..].first_chunk::<{ frame::HEAD_BYTES }>() {
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            if length > frame::BYTES_MAX {
                return Err(ErrorClass::Protocol);
            }
            let end = done + frame::HEAD_BYTES + length;
            let Some(payload) = incoming.get(done + frame::HEAD_BYTES..end) else {
                break;
            };
            let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & WINDOW;
            self.frame(head[3], head[4], id, payload, verifier, answered)?;
            done = end;
        }
        incoming.drain(..done);
        self.incoming = incoming;
        self.send_bodies();
        Ok(!(self.is_leaving && self.streams.is_empty()))
    }

    /// Begins `count` requests.
    pub(crate) fn ask(&mut self, count: usize) -> Result<(), ErrorClass> {
        let shared = self.target.0.clone();
        for _ in 0..count {
            if self.next_id > WINDOW {
                return Err(ErrorClass::Write);
            }
            let block = shared.block.of(self.next_id == 1, self.table_bytes);
            let flags = match shared.body.is_empty() {
                true => flag::END_HEADERS | flag::END_STREAM,
                false => flag::END_HEADERS,
            };
            frame::put_frame(&mut self.outgoing, kind::HEADERS, flags, self.next_id, block);
            self.streams.push(Stream {
                id: self.next_id,
                status: None,
                body: BodyCheck::default(),
                window: self.stream_window,
                sent: 0,
                credit: 0,
            });
            self.next_id += 2;
        }
        self.send_bodies();
        Ok(())
    }

    /// Appends everything that is to be sent.
    pub(crate) fn take_output(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.outgoing);
    }

    /// Whether the server has not said yet how it wants to be spoken to.
    pub(crate) fn is_handshaking(&self) -> bool {
        !self.has_settings
    }

    fn frame(
        &mut self,
        kind: u8,
        flags: u8,
        id: u32,
        payload: &[u8],
        verifier: &mut Verifier,
        answered: &mut Vec<Answered>,
    ) -> Result<(), ErrorClass> {
        if !self.has_settings && kind != kind::SETTINGS || self.block.is_some() && kind != kind::CONTINUATION
        {
            return Err(ErrorClass::Protocol);
        }
        match kind {
            kind::DATA => {
                let data = frame::unpadded(flags, payload)?;
                let position = self.position(id)?;
                verifier.body(&mut self.streams[position].body, data);
                self.give_back(position, payload.len() as u32);
                if flags & flag::END_STREAM != 0 {
                    self.end(position, verifier, answered)?;
                }
            }
            kind::HEADERS => {
                let mut block = frame::unpadded(flags, payload)?;
                if flags & flag::PRIORITY != 0 {
                    block = block.get(5..).ok_or(ErrorClass::Protocol)?;
                }
                self.block = Some((id, flags, block.to_vec()));
                if flags & flag::END_HEADERS != 0 {
                    self.headers(verifier, answered)?;
                }
            }
            kind::CONTINUATION => {
                match &mut self.block {
                    Some((of, _, block)) if *of == id => block.extend_from_slice(payload),
                    _ => return Err(ErrorClass::Protocol),
                }
                if flags & flag::END_HEADERS != 0 {
                    self.headers(verifier, answered)?;
                }
            }
            kind::RST_STREAM => {
                let position = self.position(id)?;
                self.streams.remove(position);
                let verdict = Err(match frame::number(payload)? {
                    code::REFUSED_STREAM => ErrorClass::Refused,
                    _ => ErrorClass::Read,
                });
                answered.push(Answered { position, verdict });
            }
            kind::SETTINGS if flags & flag::ACK == 0 => self.settings(payload)?,
            kind::PING if flags & flag::ACK == 0 => {
                frame::put_frame(&mut self.outgoing, kind::PING, flag::ACK, 0, payload)
            }
            kind::GOAWAY if frame::number(payload.get(4..8).unwrap_or_default())? != 0 => {
                return Err(ErrorClass::Protocol);
            }
            kind::GOAWAY => self.is_leaving = true,
            kind::WINDOW_UPDATE => self.open_window(id, frame::number(payload)?),
            kind::PUSH_PROMISE => return Err(ErrorClass::Protocol),
            // Acknowledgements, priorities, and what there may be one day (section 5.5).
            _ => {}
        }
        Ok(())
    }

    /// A header block is whole: an interim one, that of an answer, or its trailers.
    fn headers(&mut self, verifier: &mut Verifier, answered: &mut Vec<Answered>) -> Result<(), ErrorClass> {
        let (id, flags, block) = self.block.take().ok_or(ErrorClass::Protocol)?;
        let position = self.position(id)?;
        let stream = &mut self.streams[position];
        if stream.status.is_none() {
            let status = head::status(&block).ok_or(ErrorClass::Protocol)?;
            stream.status = Some(status).filter(|status| *status >= 200);
        }
        match flags & flag::END_STREAM {
            0 => Ok(()),
            _ => self.end(position, verifier, answered),
        }
    }

    fn end(
        &mut self,
        position: usize,
        verifier: &mut Verifier,
        answered: &mut Vec<Answered>,
    ) -> Result<(), ErrorClass> {
        let mut stream = self.streams.remove(position);
        let head = Head {
            status: stream.status.ok_or(ErrorClass::Protocol)?,
            framing: Framing::Length(0),
            content_length: None,
            keep_alive: true,
        };
        if stream.sent < self.target.0.body.len() {
            // It was answered before it was heard to its end (section 8.1).
            frame::put_number(&mut self.outgoing, kind::RST_STREAM, stream.id, code::CANCEL);
        }
        let verdict = verifier.judge(&head, &mut stream.body);
        answered.push(Answered { position, verdict });
        Ok(())
    }

    fn settings(&mut self, payload: &[u8]) -> Result<(), ErrorClass> {
        for setting in payload.chunks(6) {
            let value = frame::number(setting.get(2..).unwrap_or_default())?;
            match u16::from_be_bytes([setting[0], setting[1]]) {
                1 => self.table_bytes = Some(value),
                4 => {
                    let more = i64::from(value) - self.stream_window;
                    self.stream_window = i64::from(value);
                    self.streams.iter_mut().for_each(|stream| stream.window += more);
                }
                _ => {}
            }
        }
        self.has_settings = true;
        frame::put_frame(&mut self.outgoing, kind::SETTINGS, flag::ACK, 0, &[]);
        Ok(())
    }

    fn open_window(&mut self, id: u32, more: u32) {
        match self.streams.binary_search_by_key(&id, |stream| stream.id) {
            Ok(position) => self.streams[position].window += i64::from(more),
            Err(_) if id == 0 => self.window += i64::from(more),
            // Of one that is over.
            Err(_) => {}
        }
    }

    /// What was received does not close a window.
    fn give_back(&mut self, position: usize, bytes: u32) {
        let stream = &mut self.streams[position];
        for (id, credit) in [(0, &mut self.credit), (stream.id, &mut stream.credit)] {
            *credit += bytes;
            if *credit >= CREDIT_MIN {
                frame::put_number(
                    &mut self.outgoing,
                    kind::WINDOW_UPDATE,
                    id,
                    std::mem::take(credit),
                );
            }
        }
    }

    /// Sends of the bodies what the windows let through, in order.
    fn send_bodies(&mut self) {
        let body = &self.target.0.body;
        for stream in &mut self.streams {
            while stream.sent < body.len() {
                let open = usize::try_from(self.window.min(stream.window)).unwrap_or(0);
                let bytes = (body.len() - stream.sent).min(frame::BYTES_MAX).min(open);
                if bytes == 0 {
                    break;
                }
                let part = &body[stream.sent..stream.sent + bytes];
                stream.sent += bytes;
                let flags = if stream.sent == body.len() {
                    flag::END_STREAM
                } else {
                    0
                };
                frame::put_frame(&mut self.outgoing, kind::DATA, flags, stream.id, part);
                stream.window -= bytes as i64;
                self.window -= bytes as i64;
            }
        }
    }

    fn position(&self, id: u32) -> Result<usize, ErrorClass> {
        self.streams
            .binary_search_by_key(&id, |stream| stream.id)
            .map_err(|_| ErrorClass::Protocol)
    }
}

#[cfg(test)]
mod tests;
