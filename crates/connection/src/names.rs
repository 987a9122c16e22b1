//! Names of requests (`x-request-id`), where they are asked for.
//!
//! Owns whose name a request has, and that its response has the same. Never makes one: `howth_clients` does. Called by: `receive`
//! and `stream_receive`, before the application hears of a request; `respond` and `stream_respond`.

use std::borrow::Cow;

use howth_clients::{REQUEST_ID, is_request_id};
use howth_http1::{Field, FieldLines, ResponseHead};

use crate::connections::Connections;

impl<L> Connections<L> {
    /// Gives a request its name.
    #[inline]
    pub(crate) fn name_request(&mut self, exchange: u32) {
        if self.request_ids.is_some() && !self.is_named(exchange) {
            let unix_ms = self.unix_ms();
            if let Some(ids) = &mut self.request_ids {
                let id = ids.next(unix_ms);
                self.exchanges[exchange].head.set_field(REQUEST_ID, id.as_bytes());
            }
        }
    }

    /// Whether it has a name that is believed.
    fn is_named(&self, exchange: u32) -> bool {
        let head = &self.exchanges[exchange].head;
        let is_only = matches!(head.field_line(REQUEST_ID.as_bytes()), FieldLines::One(_));
        if !is_only || !head.field(REQUEST_ID).is_some_and(is_request_id) {
            return false;
        }
        let proxies = self.options.clients.trusted_proxies.as_ref();
        let peer = self.known_address(self.exchanges[exchange].connection);
        proxies
            .zip(peer)
            .is_some_and(|(proxies, peer)| proxies.trusts(&peer))
    }

    /// The fields of a response, with the name of its request, unless the application has given one.
    #[inline]
    pub(crate) fn named_fields<'a>(
        &self,
        exchange: u32,
        head: &ResponseHead<'a>,
        name: &'a mut Vec<u8>,
    ) -> Cow<'a, [Field<'a>]> {
        if self.request_ids.is_none() {
            return Cow::Borrowed(head.fields);
        }
        let is_given = |(name, _): &Field<'_>| name.eq_ignore_ascii_case(REQUEST_ID.as_bytes());
        let own = self.exchanges[exchange].head.field(REQUEST_ID);
        let Some(own) = own.filter(|_| !head.fields.iter().any(is_given)) else {
            return Cow::Borrowed(head.fields);
        };
        name.extend_from_slice(own);
        let mut fields = head.fields.to_vec();
        fields.push((REQUEST_ID.as_bytes(), name));
        Cow::Owned(fields)
    }
}
