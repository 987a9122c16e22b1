//! What comes that ends no exchange: interim responses, the answer that changes the protocol, and the tunnel's bytes.
//!
//! Owns how these are compared. Never decides whether a tunnel may end: the client does.

use super::{Answers, Leave, Place};
use crate::plan::PROTOCOL;
use crate::reader::{Message, Reading};

impl Answers {
    /// How many of the tunnel's bytes have come; none before the protocol has changed.
    pub fn tunnel(&self) -> Option<usize> {
        match self.place {
            Place::Tunnel { at } => Some(at),
            _ => None,
        }
    }

    /// An interim response, which must be the next of those that were sent.
    pub(super) fn interim(
        &mut self,
        status: u16,
        fields: &[(&str, &str)],
        message: Option<&Message>,
        leave: &Leave<'_>,
    ) -> Result<(), String> {
        if status == 100 {
            let is_due = message.is_some_and(|message| message.expects_continue) && !self.is_continued;
            self.is_continued = true;
            return match is_due && fields.is_empty() {
                true => Ok(()),
                false => Err("a 100 that nobody waits for".to_owned()),
            };
        }
        let plan = self.plan(self.next);
        let informed = leave.knowledge.informed.get(&(self.client, self.next));
        let due = informed.and_then(|informed| informed.get(self.informed)).copied();
        self.informed += 1;
        match due {
            Some(due)
                if plan.interims[due] == status && fields == [("x-interim", plan.interim(due).as_str())] =>
            {
                Ok(())
            }
            _ => Err(format!(
                "request {}: {status} {fields:?} instead of the interim response {due:?}",
                self.next
            )),
        }
    }

    /// The head of an answer comes: no interim response may be missing before it.
    pub(super) fn check_informed(&mut self, leave: &Leave<'_>) -> Result<(), String> {
        let informed = leave.knowledge.informed.get(&(self.client, self.next));
        let (seen, sent) = (std::mem::take(&mut self.informed), informed.map_or(0, Vec::len));
        match seen == sent {
            true => Ok(()),
            false => Err(format!(
                "request {}: {seen} interim responses of {sent}",
                self.next
            )),
        }
    }

    /// The answer behind which the connection is a tunnel (RFC 9110 sections 7.8 and 9.3.6).
    pub(super) fn switched(
        &mut self,
        status: u16,
        fields: &[(&str, &str)],
        message: &Message,
    ) -> Result<(), String> {
        let tag = self.plan(self.next).tag();
        let protocol = std::str::from_utf8(PROTOCOL).unwrap_or_default();
        let has_date = fields.last().is_some_and(|field| field.0 == "date");
        let fields = &fields[..fields.len().saturating_sub(1)];
        let is_right = match message.is_connect() {
            true => status == 200 && fields == [("x-tag", tag.as_str())],
            false => {
                let upgrade = [
                    ("x-tag", tag.as_str()),
                    ("upgrade", protocol),
                    ("connection", "upgrade"),
                ];
                status == 101 && fields == upgrade
            }
        };
        if !is_right || !has_date {
            return Err(format!(
                "request {}: {status} {fields:?} instead of another protocol",
                self.next
            ));
        }
        self.place = Place::Tunnel { at: 0 };
        Ok(())
    }

    /// The tunnel's bytes: those that were planned, then what the client has sent.
    pub(super) fn tunnel_bytes(
        &mut self,
        at: usize,
        reading: &Reading,
        leave: &Leave<'_>,
    ) -> Result<bool, String> {
        let (plan, message) = (self.plan(self.next), &reading.messages[self.next]);
        let end = at + self.received.len();
        let written = leave.knowledge.tunnels[self.client].written;
        if end > written {
            return Err(format!("{end} bytes come out of a tunnel of {written}"));
        }
        for (at, byte) in (at..end).zip(self.received.drain(..)) {
            let expected = match at.checked_sub(plan.length) {
                None => Some(plan.byte(at)),
                Some(at) => message.body.bytes.get(at).copied(),
            };
            if expected != Some(byte) {
                return Err(format!("byte {at} of the tunnel is another one"));
            }
        }
        self.place = Place::Tunnel { at: end };
        Ok(true)
    }
}
