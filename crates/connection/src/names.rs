//! Names of requests (`x-request-id`), where they are asked for.
//!
//! Owns whose name a request has. Never makes one: `howth_clients` does. Called by: `receive` and `stream_receive`, before the
//! application hears of a request.

use howth_clients::{REQUEST_ID, is_request_id};
use howth_http1::FieldLines;

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
}
