//! What an engine is told of responses that are compressed, with workers that do their tasks when the test says so.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::Read;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use howth_compression::{Coding, CompressedExchanges, Policy, Room, Workers};
use howth_engine::{Backpressure, Body, Event, ExchangeId, Exchanges, Gone, WriteError};
use howth_engine_conformance::recorder::{Call, Head, Recorder};
use howth_http1::ResponseHead;

const JSON: ResponseHead<'_> = ResponseHead {
    status: 200,
    reason: None,
    fields: &[(b"content-type", b"application/json")],
};

const GET: &str = "GET / HTTP/1.1\r\naccept-encoding: gzip";

/// Tasks that wait for the test.
type Tasks = Rc<RefCell<VecDeque<Box<dyn FnOnce() + Send>>>>;

struct HeldWorkers {
    tasks: Tasks,
    room: Rc<Cell<Room>>,
}

impl Workers for HeldWorkers {
    fn room(&self, _: usize) -> Room {
        self.room.get()
    }

    fn run(&self, _: usize, task: Box<dyn FnOnce() + Send>) {
        self.tasks.borrow_mut().push_back(task);
    }

    fn wait_us(&self) -> u64 {
        0
    }
}

struct Core {
    engine: Rc<Recorder>,
    exchanges: CompressedExchanges,
    tasks: Tasks,
    room: Rc<Cell<Room>>,
}

impl Core {
    fn new() -> Self {
        let engine = Rc::new(Recorder::default());
        let (tasks, room) = (Tasks::default(), Rc::new(Cell::new(Room::Free)));
        let policy = Policy {
            offered: Coding::ALL.to_vec(),
            bytes_min: 100,
        };
        let workers = HeldWorkers {
            tasks: tasks.clone(),
            room: room.clone(),
        };
        Core {
            exchanges: CompressedExchanges::new(engine.clone(), Arc::new(policy), Box::new(workers)),
            engine,
            tasks,
            room,
        }
    }

    /// Has the workers do all their tasks, and those that follow from them: what the application is told.
    fn work(&self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let Some(task) = self.tasks.borrow_mut().pop_front() else {
                return events;
            };
            task();
            assert!(self.exchanges.has_done());
            assert!(self.exchanges.deliver(&mut |event| events.push(event)));
        }
    }
}

fn content(bytes: usize) -> Vec<u8> {
    let text = b"{\"some\":\"text that is like other text\"}".iter();
    text.cycle().take(bytes).copied().collect()
}

fn field<'a>(head: &'a Head, name: &str) -> Option<&'a str> {
    let mut fields = head.fields.iter();
    let (_, value) = fields.find(|(own, _)| own == name.as_bytes())?;
    std::str::from_utf8(value).ok()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let read = flate2::read::GzDecoder::new(bytes).read_to_end(&mut content);
    read.unwrap_or_else(|error| panic!("{error}"));
    content
}

/// The one whole response to an exchange: its coding and its body.
#[track_caller]
fn whole(core: &Core, id: ExchangeId) -> (Option<String>, Vec<u8>) {
    match &core.engine.calls(id)[..] {
        [Call::Respond(head, body)] => {
            assert_eq!(field(head, "vary"), Some("accept-encoding"));
            (field(head, "content-encoding").map(str::to_owned), body.clone())
        }
        other => panic!("{other:?}"),
    }
}

/// The content of a stream that was sent by gzip, which was ended by these trailers.
#[track_caller]
fn streamed(calls: &[Call], trailers: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let [Call::Start(head, None), parts @ .., Call::Finish(ends)] = calls else {
        panic!("{calls:?}");
    };
    assert_eq!(field(head, "content-encoding"), Some("gzip"));
    assert_eq!(ends, trailers);
    let mut encoded = Vec::new();
    for part in parts {
        match part {
            Call::Write(bytes) => encoded.extend_from_slice(bytes),
            other => panic!("{other:?}"),
        }
    }
    gunzip(&encoded)
}

#[test]
fn a_small_body_is_encoded_at_once() {
    let core = Core::new();
    for _ in 0..3 {
        let id = core.engine.request(GET, "");
        let body = content(10_000);
        assert_eq!(core.exchanges.respond(id, &JSON, &body), Ok(()));
        let (coding, encoded) = whole(&core, id);
        assert_eq!(coding.as_deref(), Some("gzip"));
        assert_eq!(gunzip(&encoded), body);
    }
    assert!(!core.exchanges.has_tasks());
}

#[test]
fn a_large_body_is_answered_when_a_worker_has_encoded_it() {
    let core = Core::new();
    let (id, other) = (core.engine.request(GET, ""), core.engine.request(GET, ""));
    let body = content(1_000_000);
    assert_eq!(core.exchanges.respond(id, &JSON, &body), Ok(()));
    assert_eq!(core.engine.calls(id), []);
    assert!(core.exchanges.has_tasks());
    // For the application it is answered.
    assert_eq!(core.exchanges.respond(id, &JSON, b"again"), Err(Gone));
    assert_eq!(core.exchanges.start(id, &JSON, None), Err(Gone));
    assert_eq!(core.exchanges.fail(id), Err(Gone));
    assert_eq!(core.exchanges.owed(), [other]);
    core.exchanges.refuse(id);
    assert_eq!(core.work(), []);
    let (coding, encoded) = whole(&core, id);
    assert_eq!(coding.as_deref(), Some("gzip"));
    assert!(gunzip(&encoded) == body);
    assert!(!core.exchanges.has_tasks() && !core.exchanges.has_done());
}

#[test]
fn a_client_that_leaves_meanwhile_is_no_error() {
    let core = Core::new();
    let (whole, stream) = (core.engine.request(GET, ""), core.engine.request(GET, ""));
    assert_eq!(core.exchanges.respond(whole, &JSON, &content(1_000_000)), Ok(()));
    assert_eq!(core.exchanges.start(stream, &JSON, None), Ok(()));
    assert_eq!(
        core.exchanges.write(stream, &content(1_000_000)),
        Ok(Backpressure::Full)
    );
    core.engine.end(whole);
    core.engine.end(stream);
    core.engine.calls(stream);
    assert_eq!(core.exchanges.write(stream, b"more"), Err(WriteError::Gone(Gone)));
    assert_eq!(core.work(), []);
    assert_eq!(
        (core.engine.calls(whole), core.engine.calls(stream)),
        (vec![], vec![])
    );
    assert!(!core.exchanges.has_tasks());
}

#[test]
fn where_workers_have_no_time_it_goes_out_as_it_is() {
    let core = Core::new();
    core.room.set(Room::Full);
    let id = core.engine.request(GET, "");
    let body = content(1_000_000);
    assert_eq!(core.exchanges.respond(id, &JSON, &body), Ok(()));
    assert!(whole(&core, id) == (None, body));
    let stream = core.engine.request(GET, "");
    let part = content(200_000);
    assert_eq!(core.exchanges.start(stream, &JSON, None), Ok(()));
    assert_eq!(core.exchanges.write(stream, &part), Ok(Backpressure::Ready));
    assert_eq!(core.exchanges.finish(stream, &[]), Ok(()));
    assert!(streamed(&core.engine.calls(stream), &[]) == part);
}

#[test]
fn parts_keep_their_order_while_a_worker_has_one() {
    let core = Core::new();
    let id = core.engine.request(GET, "");
    let parts = [
        &b"first"[..],
        &content(300_000),
        b"second",
        &content(200_000),
        b"third",
    ];
    let trailers: &[(&[u8], &[u8])] = &[(b"x-sum", b"1"), (b"Content-Digest", b"x")];
    assert_eq!(core.exchanges.start(id, &JSON, None), Ok(()));
    for (number, part) in parts.iter().enumerate() {
        let expected = if number == 0 {
            Backpressure::Ready
        } else {
            Backpressure::Full
        };
        assert_eq!(core.exchanges.write(id, part), Ok(expected));
    }
    assert!(core.exchanges.unsent_bytes(id) > 200_000);
    assert_eq!(core.exchanges.finish(id, trailers), Ok(()));
    assert_eq!(core.exchanges.finish(id, &[]), Err(WriteError::Gone(Gone)));
    assert_eq!(core.exchanges.write(id, b"more"), Err(WriteError::Gone(Gone)));
    assert_eq!(core.work(), []);
    let sum = [(b"x-sum".to_vec(), b"1".to_vec())];
    assert!(streamed(&core.engine.calls(id), &sum) == parts.concat());
}

#[test]
fn a_stream_goes_on_when_the_engine_has_room() {
    let core = Core::new();
    let id = core.engine.request(GET, "");
    assert_eq!(core.exchanges.start(id, &JSON, None), Ok(()));
    assert_eq!(
        core.exchanges.write(id, &content(100_000)),
        Ok(Backpressure::Full)
    );
    assert_eq!(core.work(), [Event::Writable(id)]);
    assert_eq!(core.exchanges.write(id, b"part"), Ok(Backpressure::Ready));
    // The engine tells itself when it has room again.
    core.engine.set_full(true);
    assert_eq!(
        core.exchanges.write(id, &content(100_000)),
        Ok(Backpressure::Full)
    );
    assert_eq!(core.work(), []);
    assert_eq!(core.exchanges.write(id, b"part"), Ok(Backpressure::Full));
}

#[test]
fn a_length_that_is_declared_is_kept_to() {
    let core = Core::new();
    for (written, is_short) in [(199, true), (200, false), (201, false)] {
        let id = core.engine.request(GET, "");
        assert_eq!(core.exchanges.start(id, &JSON, Some(200)), Ok(()));
        let given = core.exchanges.write(id, &content(written));
        let error = WriteError::Length {
            declared: 200,
            given: written as u64,
        };
        match written {
            201 => assert_eq!(given, Err(error)),
            _ if is_short => assert_eq!(core.exchanges.finish(id, &[]), Err(error)),
            _ => assert_eq!(core.exchanges.finish(id, &[]), Ok(())),
        }
        let calls = core.engine.calls(id);
        assert_eq!(calls.last() == Some(&Call::Fail), written != 200, "{calls:?}");
    }
}

#[test]
fn a_ready_response_is_encoded_once() {
    let core = Core::new();
    let body = Bytes::from(content(1_000_000));
    let ask = || {
        let id = core.engine.request(GET, "");
        let shared = Body::Shared(body.clone());
        assert_eq!(core.exchanges.respond_with(id, &JSON, shared), Ok(()));
        id
    };
    let (first, second) = (ask(), ask());
    assert_eq!(core.tasks.borrow().len(), 1);
    // Who asks meanwhile does not wait.
    assert!(whole(&core, second) == (None, body.to_vec()));
    assert_eq!(core.work(), []);
    let (coding, encoded) = whole(&core, first);
    assert_eq!(coding.as_deref(), Some("gzip"));
    assert!(gunzip(&encoded) == body);
    let third = ask();
    assert!(core.tasks.borrow().is_empty());
    assert_eq!(whole(&core, third), (coding, encoded));
}

#[test]
fn to_head_the_head_is_that_of_get() {
    let core = Core::new();
    let fields: &[(&[u8], &[u8])] = &[(b"content-type", b"text/html"), (b"content-length", b"5000")];
    let declared = ResponseHead { fields, ..JSON };
    for (head, body) in [(&JSON, content(5000)), (&declared, Vec::new())] {
        let id = core
            .engine
            .request("HEAD / HTTP/1.1\r\naccept-encoding: gzip", "");
        assert_eq!(core.exchanges.respond(id, head, &body), Ok(()));
        let calls = core.engine.calls(id);
        let [Call::Start(head, None), Call::Finish(_)] = &calls[..] else {
            panic!("{calls:?}");
        };
        assert_eq!(field(head, "content-encoding"), Some("gzip"));
        assert_eq!(field(head, "content-length"), None);
    }
}

#[test]
fn what_would_be_no_smaller_goes_out_as_it_is() {
    let core = Core::new();
    // Digits of a generator: no text.
    let mut seed = 1u64;
    let mut noise = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as u8
    };
    for bytes in [200, 100_000] {
        let body: Vec<u8> = (0..bytes).map(|_| noise()).collect();
        let id = core.engine.request(GET, "");
        assert_eq!(core.exchanges.respond(id, &JSON, &body), Ok(()));
        core.work();
        assert!(whole(&core, id) == (None, body));
    }
}
