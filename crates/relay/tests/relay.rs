//! Two cores' relays, and messages carried between them by hand.

use std::rc::Rc;

use howth_engine::{
    Backpressure, BodyRead, Event, ExchangeId, Exchanges, Gone, InterimError, UpgradeError, WriteError,
};
use howth_engine_conformance::recorder::{Call, Head, Recorder};
use howth_http1::ResponseHead;
use howth_relay::{Relay, is_remote};

const HOME: usize = 0;
const AWAY: usize = 1;

const OK: ResponseHead<'_> = ResponseHead {
    status: 200,
    reason: None,
    fields: &[(b"a", b"b"), (b"c", b"")],
};

struct Cores {
    engine: Rc<Recorder>,
    origin: Relay,
    away: Relay,
}

impl Cores {
    fn new() -> Self {
        let engine = Rc::new(Recorder::default());
        Cores {
            origin: Relay::new(HOME, engine.clone()),
            away: Relay::new(AWAY, Rc::new(Recorder::default())),
            engine,
        }
    }

    /// Carries messages until there are none.
    fn carry(&self) {
        loop {
            if let Some((to, message)) = self.origin.next_message() {
                assert_eq!(to, AWAY);
                self.away.receive(HOME, message);
            } else if let Some((to, message)) = self.away.next_message() {
                assert_eq!(to, HOME);
                self.origin.receive(AWAY, message);
            } else {
                return;
            }
        }
    }

    /// Hands a request over, and gives its id on the other core.
    fn hand_over(&self, id: ExchangeId) -> ExchangeId {
        assert!(self.origin.hand_over(id, AWAY, 7));
        self.carry();
        match events(&self.away)[..] {
            [Event::Request(remote_request)] => remote_request,
            ref other => panic!("{other:?}"),
        }
    }
}

fn events(relay: &Relay) -> Vec<Event> {
    let mut events = Vec::new();
    relay.take_events(&mut events);
    events
}

#[test]
fn what_precedes_and_follows_a_message_crosses_as_well() {
    let cores = Cores::new();
    let id = cores.engine.request("POST / HTTP/1.1", "body");
    let trailers = vec![("x-sum".to_owned(), b"4".to_vec())];
    cores.engine.has_trailers(id, trailers.clone());
    let remote_request = cores.hand_over(id);
    let away = &cores.away;
    assert_eq!(*away.trailers(remote_request).expect("it is there"), trailers);
    let hints = ResponseHead {
        status: 103,
        reason: None,
        fields: &[(b"link", b"</a>")],
    };
    assert_eq!(away.inform(remote_request, &hints), Ok(()));
    assert!(matches!(
        away.inform(remote_request, &OK),
        Err(InterimError::Invalid(_))
    ));
    assert_eq!(away.respond(remote_request, &OK, b""), Ok(()));
    assert_eq!(away.inform(remote_request, &hints), Err(InterimError::Gone(Gone)));
    cores.carry();
    let told = [
        Call::Inform(Head::from(&hints)),
        Call::Respond(Head::from(&OK), Vec::new()),
    ];
    assert_eq!(cores.engine.calls(id), told);
}

#[test]
fn what_may_change_its_protocol_stays_where_its_connection_is() {
    let cores = Cores::new();
    let upgrade = "GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket";
    let id = cores.engine.request(upgrade, "");
    assert!(!cores.origin.hand_over(id, AWAY, 7));
    let other = cores.engine.request("GET / HTTP/1.1", "");
    let remote_request = cores.hand_over(other);
    assert_eq!(
        cores.away.upgrade(remote_request, &OK),
        Err(UpgradeError::Elsewhere)
    );
}

#[test]
fn a_request_is_answered_elsewhere_as_at_origin() {
    let cores = Cores::new();
    let id = cores.engine.request("POST /a?b HTTP/1.1", "body");
    let remote_request = cores.hand_over(id);
    assert!(is_remote(remote_request) && !is_remote(id));
    let away = &cores.away;
    assert_eq!(away.head(remote_request).expect("it is there").path(), "/a?b");
    assert_eq!(away.arrived_us(remote_request), Some(7));
    assert!(away.is_body_complete(remote_request));
    assert_eq!(
        away.read_body(remote_request, 3),
        Ok(BodyRead::Data(b"bod".to_vec()))
    );
    assert_eq!(
        away.read_body(remote_request, 3),
        Ok(BodyRead::Data(b"y".to_vec()))
    );
    assert_eq!(away.read_body(remote_request, 3), Ok(BodyRead::End));
    assert_eq!(away.respond(remote_request, &OK, b"Hi"), Ok(()));
    assert_eq!(away.respond(remote_request, &OK, b"again"), Err(Gone));
    cores.carry();
    assert_eq!(
        cores.engine.calls(id),
        [Call::Respond(Head::from(&OK), b"Hi".to_vec())]
    );
    assert_eq!((cores.origin.forwarded(), away.remote_requests()), (1, 1));
    assert!(cores.origin.observe(Event::Completed(id)));
    cores.carry();
    assert_eq!(events(away), [Event::Completed(remote_request)]);
    assert_eq!((cores.origin.forwarded(), away.remote_requests()), (0, 0));
    assert_eq!(
        away.set_timeout(remote_request, 1),
        Err(Gone),
        "its id names nothing any more"
    );
}

#[test]
fn a_body_that_is_still_arriving_stays_at_origin() {
    let cores = Cores::new();
    let id = cores.engine.request("POST / HTTP/1.1", "body");
    cores.engine.is_arriving(id);
    assert!(!cores.origin.hand_over(id, AWAY, 0));
    assert!(cores.origin.next_message().is_none());
    assert_eq!(cores.origin.forwarded(), 0);
}

/// The core that answers says what is wrong with a length, and the origin's engine, which finds the same, does what is to
/// be done.
#[test]
fn a_stream_that_does_not_fit_its_length_is_found_where_it_is_made() {
    let cores = Cores::new();
    let away = &cores.away;
    let head = ResponseHead {
        status: 200,
        reason: None,
        fields: &[(b"content-length", b"4")],
    };
    let begin = |request: &str| {
        let id = cores.engine.request(request, "");
        let remote_request = cores.hand_over(id);
        away.start(remote_request, &head, None).expect("it is there");
        assert_eq!(away.write(remote_request, b"abc"), Ok(Backpressure::Ready));
        (id, remote_request)
    };
    let error = |given| WriteError::Length { declared: 4, given };
    let (id, remote_request) = begin("GET / HTTP/1.1");
    assert_eq!(away.write(remote_request, b"de"), Err(error(5)));
    assert_eq!(away.finish(remote_request, &[]), Err(WriteError::Gone(Gone)));
    cores.carry();
    let bytes: usize = cores.engine.calls(id).iter().map(Call::bytes).sum();
    assert_eq!(bytes, 5);
    let (id, remote_request) = begin("GET / HTTP/1.1");
    assert_eq!(away.finish(remote_request, &[]), Err(error(3)));
    cores.carry();
    assert_eq!(cores.engine.calls(id).last(), Some(&Call::Finish(Vec::new())));
    // Without a body on the wire any length fits.
    let (_, remote_request) = begin("HEAD / HTTP/1.1");
    assert_eq!(away.finish(remote_request, &[]), Ok(()));
}

#[test]
fn a_stream_pauses_until_its_origin_has_taken_it() {
    let cores = Cores::new();
    let id = cores.engine.request("GET / HTTP/1.1", "");
    let remote_request = cores.hand_over(id);
    let away = &cores.away;
    away.start(remote_request, &OK, None).expect("it is there");
    cores.engine.set_full(true);
    let chunk = vec![b'x'; 100_000];
    assert_eq!(away.write(remote_request, &chunk), Ok(Backpressure::Ready));
    assert_eq!(away.write(remote_request, &chunk), Ok(Backpressure::Ready));
    assert_eq!(away.write(remote_request, &chunk), Ok(Backpressure::Full));
    cores.carry();
    assert_eq!(events(away), [], "the engine is full");
    assert_eq!(away.unsent_bytes(remote_request), 300_000);
    assert!(cores.origin.observe(Event::Writable(id)));
    cores.carry();
    assert_eq!(events(away), [Event::Writable(remote_request)]);
    assert_eq!(away.unsent_bytes(remote_request), 0);
    cores.engine.set_full(false);
    assert_eq!(away.write(remote_request, b"end"), Ok(Backpressure::Ready));
    away.finish(remote_request, &[(b"t", b"u")]).expect("it is there");
    cores.carry();
    let calls = cores.engine.calls(id);
    assert_eq!(calls.first(), Some(&Call::Start(Head::from(&OK), None)));
    assert_eq!(
        calls.last(),
        Some(&Call::Finish(vec![(b"t".to_vec(), b"u".to_vec())]))
    );
    let bytes: usize = calls.iter().map(Call::bytes).sum();
    assert_eq!(bytes, 300_003);
}

#[test]
fn small_chunks_that_wait_become_one_message() {
    let cores = Cores::new();
    let remote_request = cores.hand_over(cores.engine.request("GET / HTTP/1.1", ""));
    cores.away.start(remote_request, &OK, None).expect("it is there");
    for _ in 0..1000 {
        cores.away.write(remote_request, b"x").expect("it is there");
    }
    let mut messages = 0;
    while cores.away.next_message().is_some() {
        messages += 1;
    }
    assert_eq!(messages, 2, "the start, and all chunks");
}

#[test]
fn a_client_that_leaves_is_told_of() {
    let cores = Cores::new();
    let id = cores.engine.request("GET / HTTP/1.1", "");
    let remote_request = cores.hand_over(id);
    assert!(cores.origin.observe(Event::Disconnected(id)));
    cores.carry();
    assert_eq!(events(&cores.away), [Event::Disconnected(remote_request)]);
    assert!(cores.away.is_disconnected(remote_request));
    assert!(cores.origin.observe(Event::Aborted(id)));
    assert!(!cores.origin.observe(Event::Aborted(id)), "it is told once");
    cores.carry();
    assert_eq!(events(&cores.away), [Event::Aborted(remote_request)]);
    // The answer comes too late.
    assert_eq!(cores.away.respond(remote_request, &OK, b""), Err(Gone));
}

#[test]
fn what_is_given_back_is_answered_at_origin() {
    let cores = Cores::new();
    let id = cores.engine.request("POST /b HTTP/1.1", "body");
    let remote_request = cores.hand_over(id);
    assert!(cores.away.give_back(remote_request));
    cores.carry();
    let origin = &cores.origin;
    let [Event::Request(own)] = events(origin)[..] else {
        panic!("it comes origin");
    };
    assert_eq!(
        (
            cores.away.remote_requests(),
            origin.remote_requests(),
            origin.forwarded()
        ),
        (0, 1, 1)
    );
    assert!(!origin.give_back(own), "it is at origin");
    assert_eq!(
        origin.read_body(own, usize::MAX),
        Ok(BodyRead::Data(b"body".to_vec()))
    );
    origin.respond(own, &OK, b"Hi").expect("it is there");
    assert_eq!(
        cores.engine.calls(id),
        [Call::Respond(Head::from(&OK), b"Hi".to_vec())]
    );
    assert!(origin.observe(Event::Completed(id)));
    assert_eq!(events(origin), [Event::Completed(own)]);
    assert_eq!((origin.remote_requests(), origin.forwarded()), (0, 0));
}

#[test]
fn a_core_that_ends_leaves_nobody_waiting() {
    let cores = Cores::new();
    let engine = &cores.engine;
    let silent = engine.request("GET / HTTP/1.1", "");
    let begun = engine.request("GET / HTTP/1.1", "");
    cores.hand_over(silent);
    let remote_request = cores.hand_over(begun);
    cores.away.start(remote_request, &OK, None).expect("it is there");
    cores.carry();
    cores.origin.lost(AWAY);
    assert!(matches!(&engine.calls(silent)[..], [Call::Respond(head, _)] if head.status == 503));
    assert_eq!(engine.calls(begun).last(), Some(&Call::Fail));
    assert_eq!(cores.origin.forwarded(), 0);
    // The other way round: the origin has ended.
    cores.away.lost(HOME);
    let mut aborted = events(&cores.away);
    aborted.retain(|event| matches!(event, Event::Aborted(_)));
    assert_eq!((aborted.len(), cores.away.remote_requests()), (2, 0));
}

#[test]
fn messages_that_cannot_be_carried_keep_their_order() {
    let cores = Cores::new();
    let engine = &cores.engine;
    for _ in 0..2 {
        let id = engine.request("GET / HTTP/1.1", "");
        assert!(cores.origin.hand_over(id, AWAY, 0));
    }
    let (to, first) = cores.origin.next_message().expect("there are two");
    let name = format!("{first:?}");
    cores.origin.put_back(to, first);
    assert!(cores.origin.has_messages());
    let (_, again) = cores.origin.next_message().expect("it is kept");
    assert_eq!(format!("{again:?}"), name);
}
