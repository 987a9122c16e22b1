//! What tests and measurements have in the place of an engine.
//!
//! Owns the answers of one that has no connections. Never used by an engine, nor by what passes calls on to one: those have
//! every method of [`Exchanges`](crate::Exchanges) themselves. Called by: stand-ins, within their `impl Exchanges`.

pub use howth_http1::Rejection;

use howth_http1::Limits;

use crate::{ConnectionEnd, Deadlines, ListenerId, Listeners, Place};

/// The listeners of a stand-in.
#[derive(Debug)]
pub struct NoListeners;

impl Listeners for NoListeners {
    fn listener_in(&self, _: Place) -> Option<ListenerId> {
        None
    }

    fn tell_opened(&self, _: ListenerId) {}

    fn take_refusals(&self, _: ListenerId) {}

    fn change_limits(&self, _: ListenerId, _: &mut dyn FnMut(&mut Limits)) {}

    fn set_deadlines(&self, _: ListenerId, _: &Deadlines) {}

    fn deadlines(&self, _: ListenerId) -> Deadlines {
        Deadlines::default()
    }

    fn end_connections(&self, _: ListenerId, _: ConnectionEnd) {}

    fn connections(&self, _: ListenerId) -> usize {
        0
    }

    fn pending(&self, _: ListenerId) -> usize {
        0
    }
}

/// The methods of [`Exchanges`](crate::Exchanges) that are about connections, refusals, added fields, and what an application encodes itself,
/// for a stand-in that has none of them.
#[macro_export]
macro_rules! without_connections {
    () => {
        fn add_fields(
            &self,
            _: $crate::ExchangeId,
            _: &::std::sync::Arc<$crate::AddedFields>,
        ) -> Result<(), $crate::Gone> {
            Err($crate::Gone)
        }

        fn watch_connection(&self, _: $crate::ConnectionId) -> Result<(), $crate::Gone> {
            Err($crate::Gone)
        }

        fn connection_address(&self, _: $crate::ConnectionId) -> Option<$crate::PeerAddress> {
            None
        }

        fn connection_bytes_read(&self, _: $crate::ConnectionId) -> Option<u64> {
            None
        }

        fn is_secure(&self, _: $crate::ExchangeId) -> bool {
            false
        }

        fn tls_facts(&self, _: $crate::ExchangeId) -> Option<std::sync::Arc<$crate::TlsFacts>> {
            None
        }

        fn connection_tls_facts(&self, _: $crate::ConnectionId) -> Option<std::sync::Arc<$crate::TlsFacts>> {
            None
        }

        fn stays_open(&self, _: $crate::ExchangeId) -> bool {
            false
        }

        fn start_encoded(&self, _: $crate::ExchangeId) -> Result<(), $crate::Gone> {
            Err($crate::Gone)
        }

        fn finish_encoded(&self, _: $crate::ExchangeId, _: bool) -> Result<(), $crate::Gone> {
            Err($crate::Gone)
        }

        fn rejection(&self, _: $crate::ExchangeId) -> Option<$crate::stand_in::Rejection> {
            None
        }

        fn upgrade_encoded(&self, _: $crate::ExchangeId) -> Result<(), $crate::UpgradeError> {
            Err($crate::UpgradeError::Elsewhere)
        }

        fn listeners(&self) -> &dyn $crate::Listeners {
            &$crate::stand_in::NoListeners
        }
    };
}

/// Those that are about tunnels, and the connection and the listener that one belongs to.
#[macro_export]
macro_rules! without_tunnels {
    () => {
        fn set_alarm(&self, _: $crate::ExchangeId, _: Option<u64>) -> Result<(), $crate::Gone> {
            Err($crate::Gone)
        }

        fn unsent_bytes(&self, _: $crate::ExchangeId) -> u64 {
            0
        }

        fn connection(&self, _: $crate::ExchangeId) -> Option<$crate::ConnectionId> {
            None
        }

        fn listener(&self, _: $crate::ExchangeId) -> Option<$crate::ListenerId> {
            None
        }

        fn end_connection(
            &self,
            _: $crate::ConnectionId,
            _: $crate::ConnectionEnd,
        ) -> Result<(), $crate::Gone> {
            Err($crate::Gone)
        }
    };
}
