//! A line on stderr for each request: method, target, status, milliseconds (`--dev`).
//!
//! Owns what a line says and when it is printed: when the response has left, whoever gave it. What status that has, is seen
//! where the application hands it to the engine ([`LoggedExchanges`]), so both engines and all kinds of applications are logged
//! alike. Where there is no log nothing of this is called. What an engine refuses by itself is no request, and not
//! logged. Called by: the core, which puts it between engine and application; the reception, with events.

mod exchanges;

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use howth_clients::{REQUEST_ID, TRACEPARENT, trace_id};
use howth_engine::{Event, ExchangeId, Exchanges};
use howth_scheduling::Observer;
use howth_supervision::tell;

pub(crate) use exchanges::LoggedExchanges;

/// The log of one core.
#[derive(Default)]
pub(crate) struct RequestLog {
    /// Lines have the names of requests.
    shows_names: bool,
    /// Of the engine, once it is there.
    exchanges: OnceCell<Rc<dyn Exchanges>>,
    /// Requests without a line, no more than the engine has exchanges.
    open: RefCell<HashMap<ExchangeId, Open>>,
}

struct Open {
    arrived_us: u64,
    method: String,
    target: String,
    /// Its name, where it has one that is shown.
    name: Option<String>,
    /// The trace it belongs to, where it says so.
    trace: Option<String>,
    status: Option<u16>,
}

impl RequestLog {
    pub(crate) fn new(shows_names: bool) -> Self {
        RequestLog {
            shows_names,
            ..RequestLog::default()
        }
    }

    /// What the application is to use in the place of `exchanges`, which are the engine's.
    pub(crate) fn watch(self: &Rc<Self>, exchanges: Rc<dyn Exchanges>) -> Rc<dyn Exchanges> {
        // A core has one engine; were there another, its requests would have no line.
        let _ = self.exchanges.set(exchanges.clone());
        Rc::new(LoggedExchanges::new(exchanges, self.clone()))
    }

    fn open(&self, id: ExchangeId, now_us: u64) {
        let Some(exchanges) = self.exchanges.get() else {
            return;
        };
        let opened = exchanges.head(id).map(|head| Open {
            arrived_us: now_us,
            method: head.method().to_owned(),
            target: head.target().to_owned(),
            name: head
                .field(REQUEST_ID)
                .filter(|_| self.shows_names)
                .map(|name| String::from_utf8_lossy(name).into_owned()),
            trace: head.field(TRACEPARENT).and_then(trace_id).map(str::to_owned),
            status: None,
        });
        if let Some(opened) = opened {
            self.open.borrow_mut().insert(id, opened);
        }
    }

    /// A response was begun. The first one counts.
    fn note_status(&self, id: ExchangeId, status: u16) {
        if let Some(open) = self.open.borrow_mut().get_mut(&id) {
            open.status.get_or_insert(status);
        }
    }

    /// Bytes of a response that the application encodes itself.
    fn note_encoded(&self, id: ExchangeId, bytes: &[u8]) {
        let Some(status) = final_status(bytes) else {
            return;
        };
        self.note_status(id, status);
    }

    fn close(&self, id: ExchangeId, now_us: u64, is_whole: bool) {
        let Some(open) = self.open.borrow_mut().remove(&id) else {
            return;
        };
        tell(format_args!("{}", open.line(now_us, is_whole)));
    }
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.open.borrow().len();
        formatter.debug_struct("RequestLog").field("open", &open).finish()
    }
}

impl Observer for RequestLog {
    fn note(&self, event: Event, now_us: u64) {
        match event {
            Event::Request(id) => self.open(id, now_us),
            Event::Completed(id) => self.close(id, now_us, true),
            Event::Aborted(id) => self.close(id, now_us, false),
            Event::Rejected(_)
            | Event::BodyReadable(_)
            | Event::Writable(_)
            | Event::Disconnected(_)
            | Event::Alarm(_)
            | Event::Opened(..)
            | Event::Closed(..) => {}
        }
    }
}

impl Open {
    fn line(&self, now_us: u64, is_whole: bool) -> String {
        let milliseconds = now_us.saturating_sub(self.arrived_us) as f64 / 1000.0;
        let status = self
            .status
            .map_or_else(|| "-".to_owned(), |status| status.to_string());
        let end = if is_whole { "" } else { " broken off" };
        let name = self.name.as_deref().map(|name| format!(" {name}"));
        let name = name.unwrap_or_default();
        let trace = self.trace.as_deref().map(|trace| format!(" trace_id={trace}"));
        let trace = trace.unwrap_or_default();
        format!(
            "{} {} {status} {milliseconds:.1} ms{end}{name}{trace}",
            self.method, self.target
        )
    }
}

/// The status of a head that begins here, if it is that of a final response (RFC 9112 section 4) or of a change of protocol.
fn final_status(bytes: &[u8]) -> Option<u16> {
    let line = bytes.strip_prefix(b"HTTP/1.")?;
    let digits = std::str::from_utf8(line.get(2..5)?).ok()?;
    let status = digits.parse().ok()?;
    (status >= 200 || status == 101).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_asked_and_what_came_of_it() {
        let open = |status| Open {
            arrived_us: 1_000,
            method: "GET".to_owned(),
            target: "/a?b".to_owned(),
            name: None,
            trace: None,
            status,
        };
        assert_eq!(open(Some(200)).line(3_449, true), "GET /a?b 200 2.4 ms");
        assert_eq!(open(None).line(1_000, false), "GET /a?b - 0.0 ms broken off");
        let mut named = open(Some(200));
        named.name = Some("x-1".to_owned());
        assert_eq!(named.line(2_000, true), "GET /a?b 200 1.0 ms x-1");
        named.trace = Some("4b".to_owned());
        assert_eq!(named.line(2_000, true), "GET /a?b 200 1.0 ms x-1 trace_id=4b");
    }

    #[test]
    fn the_status_is_that_of_the_final_response() {
        for (bytes, status) in [
            (&b"HTTP/1.1 204 No Content\r\n"[..], Some(204)),
            (b"HTTP/1.0 500\r\n", Some(500)),
            (b"HTTP/1.1 101 Switching Protocols\r\n", Some(101)),
            (b"HTTP/1.1 100 Continue\r\n\r\n", None),
            (b"HTTP/1.1 2", None),
            (b"a body", None),
            (b"", None),
        ] {
            assert_eq!(final_status(bytes), status);
        }
    }
}
