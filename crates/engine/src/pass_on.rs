//! Passing calls on to other exchanges.
//!
//! Owns the macro [`pass_on`](crate::pass_on), for implementations of [`Exchanges`](crate::Exchanges) that change some of what
//! others do. Never does: decide. Called by: the exchanges of forwarded requests, compressed responses and logged requests.

#[doc(hidden)]
pub use std::cell::Ref;

#[doc(hidden)]
pub use howth_http1::{Rejection, RequestHead, ResponseHead, Trailers};

/// Inside an implementation of [`Exchanges`](crate::Exchanges): `pass_on!(own: head, place)` writes these methods, each of which
/// calls that of the field `own`. A name that is no method of the trait does not compile.
#[macro_export]
macro_rules! pass_on {
    ($own:ident: $($method:ident),+ $(,)?) => {
        $($crate::pass_on!(@$method $own);)+
    };
    (@head $own:ident) => {
        fn head(&self, id: $crate::ExchangeId) -> Option<$crate::pass_on::Ref<'_, $crate::pass_on::RequestHead>> {
            self.$own.head(id)
        }
    };
    (@peer_address $own:ident) => {
        fn peer_address(&self, id: $crate::ExchangeId) -> Option<$crate::PeerAddress> {
            self.$own.peer_address(id)
        }
    };
    (@is_secure $own:ident) => {
        fn is_secure(&self, id: $crate::ExchangeId) -> bool {
            self.$own.is_secure(id)
        }
    };
    (@tls_facts $own:ident) => {
        fn tls_facts(&self, id: $crate::ExchangeId) -> Option<::std::sync::Arc<$crate::TlsFacts>> {
            self.$own.tls_facts(id)
        }
    };
    (@connection_tls_facts $own:ident) => {
        fn connection_tls_facts(&self, id: $crate::ConnectionId) -> Option<::std::sync::Arc<$crate::TlsFacts>> {
            self.$own.connection_tls_facts(id)
        }
    };
    (@is_disconnected $own:ident) => {
        fn is_disconnected(&self, id: $crate::ExchangeId) -> bool {
            self.$own.is_disconnected(id)
        }
    };
    (@is_body_complete $own:ident) => {
        fn is_body_complete(&self, id: $crate::ExchangeId) -> bool {
            self.$own.is_body_complete(id)
        }
    };
    (@read_body $own:ident) => {
        fn read_body(&self, id: $crate::ExchangeId, bytes_max: usize) -> Result<$crate::BodyRead, $crate::Gone> {
            self.$own.read_body(id, bytes_max)
        }
    };
    (@read_whole_body $own:ident) => {
        fn read_whole_body(&self, id: $crate::ExchangeId, read: &mut dyn FnMut(&[u8])) -> Result<bool, $crate::Gone> {
            self.$own.read_whole_body(id, read)
        }
    };
    (@keep_body $own:ident) => {
        fn keep_body(&self, id: $crate::ExchangeId, is_read: bool) -> Result<bool, $crate::Gone> {
            self.$own.keep_body(id, is_read)
        }
    };
    (@cancel_body $own:ident) => {
        fn cancel_body(&self, id: $crate::ExchangeId) -> Result<(), $crate::Gone> {
            self.$own.cancel_body(id)
        }
    };
    (@trailers $own:ident) => {
        fn trailers(&self, id: $crate::ExchangeId) -> Option<$crate::pass_on::Ref<'_, $crate::pass_on::Trailers>> {
            self.$own.trailers(id)
        }
    };
    (@inform $own:ident) => {
        fn inform(&self, id: $crate::ExchangeId, head: &$crate::pass_on::ResponseHead<'_>) -> Result<(), $crate::InterimError> {
            self.$own.inform(id, head)
        }
    };
    (@upgrade $own:ident) => {
        fn upgrade(&self, id: $crate::ExchangeId, head: &$crate::pass_on::ResponseHead<'_>) -> Result<(), $crate::UpgradeError> {
            self.$own.upgrade(id, head)
        }
    };
    (@add_fields $own:ident) => {
        fn add_fields(
            &self,
            id: $crate::ExchangeId,
            fields: &::std::sync::Arc<$crate::AddedFields>,
        ) -> Result<(), $crate::Gone> {
            self.$own.add_fields(id, fields)
        }
    };
    (@respond_with $own:ident) => {
        fn respond_with(&self, id: $crate::ExchangeId, head: &$crate::pass_on::ResponseHead<'_>, body: $crate::Body<'_>) -> Result<(), $crate::Gone> {
            self.$own.respond_with(id, head, body)
        }
    };
    (@respond $own:ident) => {
        fn respond(&self, id: $crate::ExchangeId, head: &$crate::pass_on::ResponseHead<'_>, body: &[u8]) -> Result<(), $crate::Gone> {
            self.$own.respond(id, head, body)
        }
    };
    (@start $own:ident) => {
        fn start(&self, id: $crate::ExchangeId, head: &$crate::pass_on::ResponseHead<'_>, length: Option<u64>) -> Result<(), $crate::Gone> {
            self.$own.start(id, head, length)
        }
    };
    (@write $own:ident) => {
        fn write(&self, id: $crate::ExchangeId, chunk: &[u8]) -> Result<$crate::Backpressure, $crate::WriteError> {
            self.$own.write(id, chunk)
        }
    };
    (@finish $own:ident) => {
        fn finish(&self, id: $crate::ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), $crate::WriteError> {
            self.$own.finish(id, trailers)
        }
    };
    (@fail $own:ident) => {
        fn fail(&self, id: $crate::ExchangeId) -> Result<(), $crate::Gone> {
            self.$own.fail(id)
        }
    };
    (@refuse $own:ident) => {
        fn refuse(&self, id: $crate::ExchangeId) {
            self.$own.refuse(id)
        }
    };
    (@set_timeout $own:ident) => {
        fn set_timeout(&self, id: $crate::ExchangeId, seconds: u32) -> Result<(), $crate::Gone> {
            self.$own.set_timeout(id, seconds)
        }
    };
    (@set_alarm $own:ident) => {
        fn set_alarm(&self, id: $crate::ExchangeId, in_ms: Option<u64>) -> Result<(), $crate::Gone> {
            self.$own.set_alarm(id, in_ms)
        }
    };
    (@unsent_bytes $own:ident) => {
        fn unsent_bytes(&self, id: $crate::ExchangeId) -> u64 {
            self.$own.unsent_bytes(id)
        }
    };
    (@connection $own:ident) => {
        fn connection(&self, id: $crate::ExchangeId) -> Option<$crate::ConnectionId> {
            self.$own.connection(id)
        }
    };
    (@watch_connection $own:ident) => {
        fn watch_connection(&self, id: $crate::ConnectionId) -> Result<(), $crate::Gone> {
            self.$own.watch_connection(id)
        }
    };
    (@listener $own:ident) => {
        fn listener(&self, id: $crate::ExchangeId) -> Option<$crate::ListenerId> {
            self.$own.listener(id)
        }
    };
    (@place $own:ident) => {
        fn place(&self, id: $crate::ExchangeId) -> Option<$crate::Place> {
            self.$own.place(id)
        }
    };
    (@connection_address $own:ident) => {
        fn connection_address(&self, id: $crate::ConnectionId) -> Option<$crate::PeerAddress> {
            self.$own.connection_address(id)
        }
    };
    (@connection_bytes_read $own:ident) => {
        fn connection_bytes_read(&self, id: $crate::ConnectionId) -> Option<u64> {
            self.$own.connection_bytes_read(id)
        }
    };
    (@end_connection $own:ident) => {
        fn end_connection(&self, id: $crate::ConnectionId, end: $crate::ConnectionEnd) -> Result<(), $crate::Gone> {
            self.$own.end_connection(id, end)
        }
    };
    (@stays_open $own:ident) => {
        fn stays_open(&self, id: $crate::ExchangeId) -> bool {
            self.$own.stays_open(id)
        }
    };
    (@start_encoded $own:ident) => {
        fn start_encoded(&self, id: $crate::ExchangeId) -> Result<(), $crate::Gone> {
            self.$own.start_encoded(id)
        }
    };
    (@finish_encoded $own:ident) => {
        fn finish_encoded(&self, id: $crate::ExchangeId, keep_alive: bool) -> Result<(), $crate::Gone> {
            self.$own.finish_encoded(id, keep_alive)
        }
    };
    (@rejection $own:ident) => {
        fn rejection(&self, id: $crate::ExchangeId) -> Option<$crate::pass_on::Rejection> {
            self.$own.rejection(id)
        }
    };
    (@upgrade_encoded $own:ident) => {
        fn upgrade_encoded(&self, id: $crate::ExchangeId) -> Result<(), $crate::UpgradeError> {
            self.$own.upgrade_encoded(id)
        }
    };
    (@listeners $own:ident) => {
        fn listeners(&self) -> &dyn $crate::Listeners {
            self.$own.listeners()
        }
    };
    (@pending $own:ident) => {
        fn pending(&self) -> usize {
            self.$own.pending()
        }
    };
    (@owed $own:ident) => {
        fn owed(&self) -> Vec<$crate::ExchangeId> {
            self.$own.owed()
        }
    };
}
