//! Two cores' relays, and messages carried between them by hand.

mod support;

use std::rc::Rc;

use howth_engine::{Backpressure, BodyRead, Event, ExchangeId, Exchanges, Gone, WriteError};
use howth_http1::ResponseHead;
use howth_relay::{Relay, is_guest};
use support::{Call, Engine, head};

const HOME: usize = 0;
const AWAY: usize = 1;

const OK: ResponseHead<'_> = ResponseHead {
    status: 200,
    reason: None,
    fields: &[(b"a", b"b"), (b"c", b"")],
};

struct Cores {
    engine: Rc<Engine>,
    home: Relay,
    away: Relay,
}

impl Cores {
    fn new() -> Self {
        let engine = Rc::new(Engine::default());
        Cores {
            home: Relay::new(HOME, engine.clone()),
            away: Relay::new(AWAY, Rc::new(Engine::default())),
            engine,
        }
    }

    /// Carries messages until there are none.
    fn carry(&self) {
        loop {
            if let Some((to, message)) = self.home.next_message() {
                assert_eq!(to, AWAY);
                self.away.receive(HOME, message);
            } else if let Some((to, message)) = self.away.next_message() {
                assert_eq!(to, HOME);
                self.home.receive(AWAY, message);
            } else {
                return;
            }
        }
    }

    /// Hands a request over, and gives its id on the other core.
    fn hand_over(&self, id: ExchangeId) -> ExchangeId {
        assert!(self.home.hand_over(id, AWAY, 7));
        self.carry();
        match events(&self.away)[..] {
            [Event::Request(guest)] => guest,
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
fn a_request_is_answered_elsewhere_as_at_home() {
    let cores = Cores::new();
    let id = cores.engine.request("POST /a?b HTTP/1.1", "body");
    let guest = cores.hand_over(id);
    assert!(is_guest(guest) && !is_guest(id));
    let away = &cores.away;
    assert_eq!(away.head(guest).expect("it is there").path(), "/a?b");
    assert_eq!(away.arrived_us(guest), Some(7));
    assert!(away.is_body_complete(guest));
    assert_eq!(away.read_body(guest, 3), Ok(BodyRead::Data(b"bod".to_vec())));
    assert_eq!(away.read_body(guest, 3), Ok(BodyRead::Data(b"y".to_vec())));
    assert_eq!(away.read_body(guest, 3), Ok(BodyRead::End));
    assert_eq!(away.respond(guest, &OK, b"Hi"), Ok(()));
    assert_eq!(away.respond(guest, &OK, b"again"), Err(Gone));
    cores.carry();
    assert_eq!(cores.engine.calls(id), [Call::Respond(head(&OK), b"Hi".to_vec())]);
    assert_eq!((cores.home.abroad(), away.guests()), (1, 1));
    assert!(cores.home.observe(Event::Completed(id)));
    cores.carry();
    assert_eq!(events(away), [Event::Completed(guest)]);
    assert_eq!((cores.home.abroad(), away.guests()), (0, 0));
    assert_eq!(
        away.set_timeout(guest, 1),
        Err(Gone),
        "its id names nothing any more"
    );
}

#[test]
fn a_body_that_is_still_arriving_stays_at_home() {
    let cores = Cores::new();
    let id = cores.engine.request("POST / HTTP/1.1", "body");
    cores.engine.is_arriving(id);
    assert!(!cores.home.hand_over(id, AWAY, 0));
    assert!(cores.home.next_message().is_none());
    assert_eq!(cores.home.abroad(), 0);
}

/// The core that answers says what is wrong with a length, and the home's engine, which finds the same, does what is to
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
        let guest = cores.hand_over(id);
        away.start(guest, &head, None).expect("it is there");
        assert_eq!(away.write(guest, b"abc"), Ok(Backpressure::Ready));
        (id, guest)
    };
    let error = |given| WriteError::Length { declared: 4, given };
    let (id, guest) = begin("GET / HTTP/1.1");
    assert_eq!(away.write(guest, b"de"), Err(error(5)));
    assert_eq!(away.finish(guest, &[]), Err(WriteError::Gone));
    cores.carry();
    let bytes: usize = cores.engine.calls(id).iter().map(Call::bytes).sum();
    assert_eq!(bytes, 5);
    let (id, guest) = begin("GET / HTTP/1.1");
    assert_eq!(away.finish(guest, &[]), Err(error(3)));
    cores.carry();
    assert_eq!(cores.engine.calls(id).last(), Some(&Call::Finish(Vec::new())));
    // Without a body on the wire any length fits.
    let (_, guest) = begin("HEAD / HTTP/1.1");
    assert_eq!(away.finish(guest, &[]), Ok(()));
}

#[test]
fn a_stream_pauses_until_its_home_has_taken_it() {
    let cores = Cores::new();
    let id = cores.engine.request("GET / HTTP/1.1", "");
    let guest = cores.hand_over(id);
    let away = &cores.away;
    away.start(guest, &OK, None).expect("it is there");
    cores.engine.set_full(true);
    let chunk = vec![b'x'; 100_000];
    assert_eq!(away.write(guest, &chunk), Ok(Backpressure::Ready));
    assert_eq!(away.write(guest, &chunk), Ok(Backpressure::Ready));
    assert_eq!(away.write(guest, &chunk), Ok(Backpressure::Full));
    cores.carry();
    assert_eq!(events(away), [], "the engine is full");
    assert!(cores.home.observe(Event::Writable(id)));
    cores.carry();
    assert_eq!(events(away), [Event::Writable(guest)]);
    cores.engine.set_full(false);
    assert_eq!(away.write(guest, b"end"), Ok(Backpressure::Ready));
    away.finish(guest, &[(b"t", b"u")]).expect("it is there");
    cores.carry();
    let calls = cores.engine.calls(id);
    assert_eq!(calls.first(), Some(&Call::Start(head(&OK), None)));
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
    let guest = cores.hand_over(cores.engine.request("GET / HTTP/1.1", ""));
    cores.away.start(guest, &OK, None).expect("it is there");
    for _ in 0..1000 {
        cores.away.write(guest, b"x").expect("it is there");
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
    let guest = cores.hand_over(id);
    assert!(cores.home.observe(Event::Disconnected(id)));
    cores.carry();
    assert_eq!(events(&cores.away), [Event::Disconnected(guest)]);
    assert!(cores.away.is_disconnected(guest));
    assert!(cores.home.observe(Event::Aborted(id)));
    assert!(!cores.home.observe(Event::Aborted(id)), "it is told once");
    cores.carry();
    assert_eq!(events(&cores.away), [Event::Aborted(guest)]);
    // The answer comes too late.
    assert_eq!(cores.away.respond(guest, &OK, b""), Err(Gone));
}

#[test]
fn what_is_given_back_is_answered_at_home() {
    let cores = Cores::new();
    let id = cores.engine.request("POST /b HTTP/1.1", "body");
    let guest = cores.hand_over(id);
    assert!(cores.away.give_back(guest));
    cores.carry();
    let home = &cores.home;
    let [Event::Request(own)] = events(home)[..] else {
        panic!("it comes home");
    };
    assert_eq!((cores.away.guests(), home.guests(), home.abroad()), (0, 1, 1));
    assert!(!home.give_back(own), "it is at home");
    assert_eq!(
        home.read_body(own, usize::MAX),
        Ok(BodyRead::Data(b"body".to_vec()))
    );
    home.respond(own, &OK, b"Hi").expect("it is there");
    assert_eq!(cores.engine.calls(id), [Call::Respond(head(&OK), b"Hi".to_vec())]);
    assert!(home.observe(Event::Completed(id)));
    assert_eq!(events(home), [Event::Completed(own)]);
    assert_eq!((home.guests(), home.abroad()), (0, 0));
}

#[test]
fn a_core_that_ends_leaves_nobody_waiting() {
    let cores = Cores::new();
    let engine = &cores.engine;
    let silent = engine.request("GET / HTTP/1.1", "");
    let begun = engine.request("GET / HTTP/1.1", "");
    cores.hand_over(silent);
    let guest = cores.hand_over(begun);
    cores.away.start(guest, &OK, None).expect("it is there");
    cores.carry();
    cores.home.lost(AWAY);
    assert!(matches!(&engine.calls(silent)[..], [Call::Respond(parts, _)]
        if parts.with(|head| head.status) == 503));
    assert_eq!(engine.calls(begun).last(), Some(&Call::Fail));
    assert_eq!(cores.home.abroad(), 0);
    // The other way round: the home has ended.
    cores.away.lost(HOME);
    let mut aborted = events(&cores.away);
    aborted.retain(|event| matches!(event, Event::Aborted(_)));
    assert_eq!((aborted.len(), cores.away.guests()), (2, 0));
}

#[test]
fn messages_that_cannot_be_carried_keep_their_order() {
    let cores = Cores::new();
    let engine = &cores.engine;
    for _ in 0..2 {
        let id = engine.request("GET / HTTP/1.1", "");
        assert!(cores.home.hand_over(id, AWAY, 0));
    }
    let (to, first) = cores.home.next_message().expect("there are two");
    let name = format!("{first:?}");
    cores.home.put_back(to, first);
    assert!(cores.home.has_messages());
    let (_, again) = cores.home.next_message().expect("it is kept");
    assert_eq!(format!("{again:?}"), name);
}
