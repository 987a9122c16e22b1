//! `Server-Timing` of responses that the program gives (W3C Server Timing): how long the request waited for JavaScript, and how long
//! that took to answer (`--server-timing`).
//!
//! Owns when JavaScript was given each request. A response that the program encodes itself (`node:http`) is left as it is, and so are
//! those that JavaScript is not asked for. Called by: the opener, which puts it before all other exchanges; the dispatch.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use howth_engine::{Backpressure, Body, ExchangeId, Exchanges, Gone, UpgradeError, WriteError};
use howth_http1::{Field, ResponseHead};
use howth_scheduling::now_us;

const SERVER_TIMING: &[u8] = b"server-timing";

/// The requests of one core.
#[derive(Debug, Default)]
pub(crate) struct ServerTiming {
    /// By slot, so that no more are kept than there ever were at once.
    given: RefCell<HashMap<u32, Given>>,
}

/// A request that JavaScript was given.
#[derive(Clone, Copy, Debug)]
struct Given {
    generation: u32,
    arrived_us: u64,
    given_us: u64,
}

impl ServerTiming {
    /// Notes that JavaScript is given a request that came at `arrived_us`.
    pub(crate) fn note(&self, id: ExchangeId, arrived_us: u64) {
        let given = Given {
            generation: id.generation,
            arrived_us,
            given_us: now_us(),
        };
        self.given.borrow_mut().insert(id.index, given);
    }

    /// What the application is to use in the place of `own`.
    pub(crate) fn join(self: &Rc<Self>, own: Rc<dyn Exchanges>) -> Rc<dyn Exchanges> {
        Rc::new(TimedExchanges {
            own,
            timing: self.clone(),
        })
    }

    /// Hands on a head with the field, if JavaScript has the request and has not answered it.
    fn with_field<R>(
        &self,
        id: ExchangeId,
        head: &ResponseHead<'_>,
        answer: impl FnOnce(&ResponseHead<'_>) -> R,
    ) -> R {
        let given = self.given.borrow_mut().remove(&id.index);
        let Some(given) = given.filter(|given| given.generation == id.generation) else {
            return answer(head);
        };
        let value = given.value(now_us());
        let fields: Vec<Field<'_>> = head
            .fields
            .iter()
            .copied()
            .chain([(SERVER_TIMING, value.as_bytes())])
            .collect();
        answer(&ResponseHead {
            fields: &fields,
            ..*head
        })
    }
}

impl Given {
    fn value(&self, now_us: u64) -> String {
        let queue_us = self.given_us.saturating_sub(self.arrived_us);
        let app_us = now_us.saturating_sub(self.given_us);
        let milliseconds = |us: u64| us as f64 / 1000.0;
        format!(
            "queue;dur={}, app;dur={}",
            milliseconds(queue_us),
            milliseconds(app_us)
        )
    }
}

/// Exchanges whose responses have the field.
struct TimedExchanges {
    own: Rc<dyn Exchanges>,
    timing: Rc<ServerTiming>,
}

impl Exchanges for TimedExchanges {
    howth_engine::pass_on!(
        own:
        add_fields, head, peer_address, is_secure, tls_facts, connection_tls_facts, is_disconnected, is_body_complete,
        read_body, read_whole_body, keep_body, cancel_body, trailers, inform, fail, set_timeout, set_alarm,
        unsent_bytes, connection, watch_connection, listener, place, connection_address,
        connection_bytes_read, end_connection, stays_open, start_encoded, finish_encoded, rejection,
        upgrade_encoded, listeners, pending, owed, refuse,
    );

    fn respond_with(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Body<'_>) -> Result<(), Gone> {
        self.timing
            .with_field(id, head, |head| self.own.respond_with(id, head, body))
    }

    fn respond(&self, id: ExchangeId, head: &ResponseHead<'_>, body: &[u8]) -> Result<(), Gone> {
        self.timing
            .with_field(id, head, |head| self.own.respond(id, head, body))
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        self.timing
            .with_field(id, head, |head| self.own.start(id, head, length))
    }

    fn upgrade(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), UpgradeError> {
        self.own.upgrade(id, head)
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        self.own.write(id, chunk)
    }

    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        self.own.finish(id, trailers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: ResponseHead<'static> = ResponseHead {
        status: 200,
        reason: None,
        fields: &[(b"server-timing", b"db;dur=1")],
    };

    fn fields(timing: &ServerTiming, id: ExchangeId) -> Vec<String> {
        timing.with_field(id, &HEAD, |head| {
            let values = head
                .fields
                .iter()
                .map(|(_, value)| String::from_utf8_lossy(value));
            values.map(|value| value.into_owned()).collect()
        })
    }

    #[test]
    fn times_are_milliseconds() {
        let given = Given {
            generation: 0,
            arrived_us: 1_000,
            given_us: 1_250,
        };
        assert_eq!(given.value(4_251), "queue;dur=0.25, app;dur=3.001");
        assert_eq!(given.value(0), "queue;dur=0.25, app;dur=0");
    }

    #[test]
    fn what_javascript_was_given_has_the_field_once() {
        let timing = ServerTiming::default();
        let id = |generation| ExchangeId { index: 3, generation };
        timing.note(id(1), now_us());
        let said = fields(&timing, id(1));
        assert_eq!(said[0], "db;dur=1");
        assert!(said[1].starts_with("queue;dur="), "{said:?}");
        assert_eq!(fields(&timing, id(1)).len(), 1);
        timing.note(id(2), now_us());
        assert_eq!(fields(&timing, id(3)).len(), 1);
    }
}
