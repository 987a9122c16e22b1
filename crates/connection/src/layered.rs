//! Connections whose bytes pass through a layer, as their drivers see them.
//!
//! A driver tells of what it has received and sent through the methods here, and asks for what to send and what is wanted;
//! for a connection without a layer they are those of [`Connections`], and cost one comparison. Owns: when a layer is given
//! bytes, and the ends of a session. Never seals: `layer` does. Called by: the drivers.

use howth_engine::{Opened, Sealed, TlsFailure};
use howth_http1::Rejection;

use crate::connections::Connections;
use crate::handshakes::Handshakes;
use crate::layer::{Layered, Seal, State};
use crate::{Outgoing, Receive, Wanted};

impl<L: Layered> Connections<L> {
    /// The socket has given `bytes`.
    #[inline]
    pub fn arrived(&mut self, index: u32, bytes: &[u8], handshakes: &mut Handshakes) {
        match self.connections[index].seal {
            Seal::None => self.received(index, bytes),
            Seal::Handshake => self.arrived_in_handshake(index, bytes, handshakes),
            Seal::Agreed => self.open_bytes(index, bytes),
            Seal::Header => self.arrived_in_header(index, bytes, handshakes),
        }
    }

    /// Hands what is whole of received bytes to the connection.
    pub(crate) fn open_bytes(&mut self, index: u32, bytes: &[u8]) {
        let Some(layer) = self.link_mut(index).layer_mut() else {
            return;
        };
        let session = layer.session.take_if(|_| layer.state != State::Failed);
        let Some(mut session) = session else {
            // Nobody has sealed it: it is counted, and never looked at.
            self.arrived_in_vain(index, bytes.len());
            return self.unsettle(index);
        };
        let mut own = std::mem::take(&mut layer.own);
        let result = session.receive(bytes, &mut own, &mut |opened| match opened {
            Opened::Agreed(protocol) => self.agreed(index, protocol),
            Opened::Plain(plain) => self.received(index, plain),
            Opened::End => self.client_ended(index),
        });
        if result == Err(TlsFailure::ClearText) {
            let mut said = Vec::new();
            Rejection::CLEAR_TEXT.encode(&self.date, &mut said);
            own.extend_from_slice(&said);
        }
        let has_own = !own.is_empty();
        if let Some(layer) = self.link_mut(index).layer_mut() {
            layer.session = Some(session);
            layer.own = own;
        }
        if result.is_err() {
            self.layer_failed(index);
        }
        if has_own {
            self.unsettle(index);
        }
    }

    fn agreed(&mut self, index: u32, protocol: Option<&[u8]>) {
        if let Some(layer) = self.link_mut(index).layer_mut() {
            layer.state = State::Open;
        }
        self.handshake_done(index, protocol);
    }

    fn client_ended(&mut self, index: u32) {
        if let Some(layer) = self.link_mut(index).layer_mut()
            && !std::mem::replace(&mut layer.has_client_ended, true)
        {
            self.end_of_stream(index);
        }
    }

    fn layer_failed(&mut self, index: u32) {
        let Some(layer) = self.link_mut(index).layer_mut() else {
            return;
        };
        layer.fail();
        match self.connections[index].seal {
            Seal::Handshake => self.refuse_handshake(index),
            _ => {
                // It ends behind this turn's events; until then nothing more is taken.
                self.connections[index].stop_intake();
                self.broken(index);
            }
        }
    }

    /// The socket gives nothing more.
    pub fn arrived_end(&mut self, index: u32) {
        let (has_ended, is_cut) = match self.link_mut(index).layer_mut() {
            None => (false, false),
            Some(layer) if layer.is_waiting => {
                // What waits has come before, and has its turn.
                layer.has_end_waiting = true;
                return;
            }
            Some(layer) => (layer.has_client_ended, layer.state == State::Open),
        };
        match () {
            () if has_ended => {}
            // RFC 8446 section 6.1: what has no end of its own may have been cut by anybody.
            () if is_cut && self.is_tunnel(index) => self.broken(index),
            () => self.end_of_stream(index),
        }
    }

    /// What is to be sent next; nothing while the driver has not sent what it was given before.
    #[inline]
    pub fn to_send(&mut self, index: u32) -> Option<Outgoing> {
        let output = self.output(index);
        match self.connections[index].seal {
            Seal::None => output,
            _ => self.sealed(index, output),
        }
    }

    fn sealed(&mut self, index: u32, output: Option<Outgoing>) -> Option<Outgoing> {
        let is_over = !self.is_sending(index);
        let layer = self.link_mut(index).layer_mut()?;
        if let Some(output) = output {
            layer.clear = output;
        }
        if layer.sealed_under_way > 0 || is_over {
            return None;
        }
        let (mut spare, mut spent) = (std::mem::take(&mut self.spare_sealed), Vec::new());
        let layer = self.link_mut(index).layer_mut()?;
        let sealed = layer.seal(&mut spare, &mut spent);
        self.spare_sealed = spare;
        spent.into_iter().for_each(|segment| self.reuse(segment));
        match sealed {
            Ok(Some(sealed)) if !sealed.is_empty() => {
                let mut outgoing = Outgoing::default();
                outgoing.push(sealed);
                Some(outgoing)
            }
            Ok(_) => None,
            Err(_) => {
                self.layer_failed(index);
                None
            }
        }
    }

    /// The socket has taken so many bytes of those to send.
    #[inline]
    pub fn was_sent(&mut self, index: u32, bytes: usize) {
        match self.connections[index].seal {
            Seal::None => self.sent(index, bytes),
            _ => self.sealed_was_sent(index, bytes),
        }
    }

    fn sealed_was_sent(&mut self, index: u32, bytes: usize) {
        let Some(layer) = self.link_mut(index).layer_mut() else {
            return;
        };
        layer.sealed_under_way -= bytes;
        let clear = match layer.sealed_under_way {
            0 => std::mem::take(&mut layer.clear_under_way),
            _ => 0,
        };
        let goes_on = layer.has_something_to_send() || layer.state != State::Open;
        self.sent(index, clear);
        if goes_on {
            self.unsettle(index);
        }
    }

    /// Sending has failed. What could not be sent may be the session's own, while a request that has come before is not told
    /// of yet: a sealed connection ends behind that.
    pub fn send_failed(&mut self, index: u32) {
        match self.connections[index].seal {
            Seal::None => self.end(index),
            _ => self.doomed.push((index, self.connections.generation(index))),
        }
    }

    /// What the connection wants of its driver, which asks [what is to be sent](Self::to_send) first.
    #[inline]
    pub fn wants(&mut self, index: u32) -> Wanted {
        let wanted = self.settle(index);
        match self.connections[index].seal {
            Seal::None => wanted,
            _ => self.wants_by_layer(index, wanted),
        }
    }

    fn wants_by_layer(&mut self, index: u32, wanted: Wanted) -> Wanted {
        let Some(layer) = self.link_mut(index).layer_mut() else {
            return wanted;
        };
        let receive = |receive| match receive {
            _ if layer.is_waiting => Receive::Nothing,
            Receive::Nothing => Receive::Nothing,
            // Only clear text could go where it is wanted.
            Receive::Bytes | Receive::Body => Receive::Bytes,
        };
        match wanted {
            Wanted::Open(wanted) => Wanted::Open(receive(wanted)),
            Wanted::HalfClosed(wanted) => {
                let receive = receive(wanted);
                layer.close();
                match layer.has_something_to_send() {
                    false => {
                        if std::mem::take(&mut self.connections[index].has_last_word) {
                            self.unsettle(index);
                        }
                        Wanted::HalfClosed(receive)
                    }
                    true => {
                        if layer.sealed_under_way == 0 {
                            self.unsettle(index);
                        }
                        Wanted::Open(receive)
                    }
                }
            }
            Wanted::End(_) | Wanted::Leave { .. } => wanted,
        }
    }

    /// The last that a connection has to say which ends, if it has not said that; to be sent as far as that takes no time.
    pub fn last_bytes(&mut self, index: u32) -> Option<Sealed> {
        let layer = self.link_mut(index).layer_mut()?;
        if layer.sealed_under_way > 0 || layer.ready.is_some() || !layer.clear.is_empty() {
            return None;
        }
        layer.close();
        Some(std::mem::take(&mut layer.own)).filter(|bytes| !bytes.is_empty())
    }
}
