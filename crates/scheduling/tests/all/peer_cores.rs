//! Several cores on one thread: what they hand to each other, and how they come and go.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use crate::support::{Connections, Program, connection};
use howth_engine::{Event, ExchangeId, Exchanges, Handler, Place};
use howth_engine_conformance::recorder::Recorder;
use howth_http1::ResponseHead;
use howth_scheduling::{
    Affinity, CoreStatus, Counters, Entrance, Mail, PeerCores, Reception, Settings, Topology, now_us,
};

/// Numbers instead of messages.
#[derive(Default)]
struct Numbers {
    outbox: RefCell<VecDeque<(usize, u32)>>,
    received: RefCell<Vec<u32>>,
}

impl Mail for Numbers {
    type Message = u32;

    fn has_unsent(&self) -> bool {
        !self.outbox.borrow().is_empty()
    }

    fn send(&self, mut send: impl FnMut(usize, u32) -> Result<(), u32>) {
        let mut outbox = self.outbox.borrow_mut();
        while let Some((to, number)) = outbox.pop_front() {
            if send(to, number).is_err() {
                outbox.push_front((to, number));
                break;
            }
        }
    }

    fn receive(&self, number: u32) {
        self.received.borrow_mut().push(number);
    }
}

struct Core {
    requests: Rc<Recorder>,
    exchanges: Rc<dyn Exchanges>,
    reception: Rc<Reception<Program>>,
    peer_cores: Rc<PeerCores<Numbers>>,
    mail: Rc<Numbers>,
    core_status: Arc<CoreStatus>,
    counters: Arc<Counters>,
    engine: Connections,
}

impl Core {
    fn new(topology: &Arc<Topology<u32>>, index: usize, affinity: Option<Affinity>) -> Self {
        let (core_status, counters) = (Arc::new(CoreStatus::default()), Arc::new(Counters::default()));
        let (mail, requests) = (Rc::new(Numbers::default()), Rc::new(Recorder::default()));
        let settings = Settings {
            shares_work: true,
            affinity,
            connections_max: 10,
        };
        let peer_cores = PeerCores::new(
            topology.clone(),
            index,
            settings,
            core_status.clone(),
            mail.clone(),
            counters.clone(),
        );
        let exchanges = peer_cores.join(requests.clone());
        peer_cores.set_places(Place::default().bit(), Place::default().bit());
        peer_cores.open();
        core_status.set_awake(true);
        Core {
            reception: Reception::new(
                Program::new(exchanges.clone()),
                None,
                None,
                counters.clone(),
                Vec::new(),
            ),
            requests,
            exchanges,
            peer_cores,
            mail,
            core_status,
            counters,
            engine: Connections {
                connections_max: 10,
                ..Connections::default()
            },
        }
    }

    /// The engine brings a request with a field.
    fn ask(&self, field: &str) -> ExchangeId {
        let id = self.requests.request(&format!("GET / HTTP/1.1{field}"), "");
        self.tell(&[Event::Request(id)]);
        id
    }

    fn tell(&self, events: &[Event]) {
        let mut entrance = Entrance {
            reception: &self.reception,
            peer_cores: Some(&self.peer_cores),
        };
        entrance.on_batch(events);
    }

    /// Everything that waits is answered; with how many.
    fn answer_all(&self) -> usize {
        let (mut slice, mut answered) = (Vec::new(), 0);
        while !self.reception.is_empty() {
            self.reception.take_slice(0, &mut slice);
            for waiting in slice.drain(..) {
                if let Event::Request(id) = waiting.event {
                    let head = ResponseHead {
                        status: 200,
                        reason: None,
                        fields: &[],
                    };
                    self.exchanges.respond(id, &head, b"").expect("it is open");
                    answered += 1;
                }
            }
        }
        answered
    }
}

/// As many turns as anything takes.
fn turn(cores: &[Core]) {
    for _ in 0..8 {
        for core in cores {
            core.peer_cores.share_work(&core.reception);
        }
    }
}

fn cores(affinity: Option<Affinity>) -> Vec<Core> {
    let topology = Topology::new(2);
    let cores = (0..2)
        .map(|index| Core::new(&topology, index, affinity.clone()))
        .collect::<Vec<_>>();
    turn(&cores);
    cores
}

#[test]
fn half_of_what_waits_is_answered_by_a_core_that_has_nothing_to_do() {
    let cores = cores(None);
    cores[0].reception.note_cost(1, 1000);
    let ids: Vec<_> = (0..40).map(|_| cores[0].ask("")).collect();
    cores[0].peer_cores.balance(&cores[0].reception, 40_000);
    turn(&cores);
    assert_eq!(cores[0].counters.handed_over.get(), 20);
    assert_eq!(cores[1].counters.taken.get(), 20);
    assert!(cores[1].peer_cores.has_remote_requests());
    assert_eq!((cores[0].answer_all(), cores[1].answer_all()), (20, 20));
    turn(&cores);
    let is_answered = |id: &ExchangeId| cores[0].requests.status(*id) == Some(200);
    assert!(ids.iter().all(is_answered), "every request had its response");
    // The responses have left.
    let left: Vec<_> = ids.iter().map(|id| Event::Completed(*id)).collect();
    cores[0].tell(&left);
    turn(&cores);
    assert!(!cores[1].peer_cores.has_remote_requests());
}

#[test]
fn who_is_not_open_is_handed_nothing() {
    let cores = cores(None);
    cores[1].peer_cores.close();
    cores[0].reception.note_cost(1, 1000);
    for _ in 0..40 {
        cores[0].ask("");
    }
    cores[0].peer_cores.balance(&cores[0].reception, 40_000);
    assert!(!cores[0].peer_cores.has_better(40_000));
    assert_eq!(cores[0].counters.handed_over.get(), 0);
}

#[test]
fn who_does_not_listen_there_or_answers_its_own_alone_is_handed_nothing() {
    let elsewhere = Place(1).bit();
    let here = Place::default().bit();
    for (of_first, of_second) in [
        ((here, here), (elsewhere, elsewhere)),
        ((here, 0), (here, 0)),
        ((here | elsewhere, elsewhere), (here | elsewhere, elsewhere)),
    ] {
        let cores = cores(None);
        cores[0].peer_cores.set_places(of_first.0, of_first.1);
        cores[1].peer_cores.set_places(of_second.0, of_second.1);
        cores[0].reception.note_cost(1, 1000);
        for _ in 0..40 {
            cores[0].ask("");
        }
        cores[0].peer_cores.balance(&cores[0].reception, 40_000);
        assert_eq!(
            cores[0].counters.handed_over.get(),
            0,
            "{of_first:?} {of_second:?}"
        );
    }
}

#[test]
fn a_core_that_leaves_loses_nothing_and_is_given_nothing() {
    let cores = cores(None);
    cores[1].mail.outbox.borrow_mut().push_back((0, 7));
    assert!(!cores[1].peer_cores.leave(), "the other has not heard of it");
    turn(&cores);
    assert!(cores[1].peer_cores.leave());
    assert_eq!(*cores[0].mail.received.borrow(), [7]);
    cores[1].peer_cores.depart();
    cores[0].reception.note_cost(1, 1000);
    let id = cores[0].ask("");
    cores[0].peer_cores.balance(&cores[0].reception, 40_000);
    turn(&cores[..1]);
    assert!(cores[0].reception.contains(id));
}

#[test]
fn requests_of_a_core_that_is_gone_are_answered() {
    let mut cores = cores(None);
    cores[0].reception.note_cost(1, 1000);
    let ids: Vec<_> = (0..40).map(|_| cores[0].ask("")).collect();
    cores[0].peer_cores.balance(&cores[0].reception, 40_000);
    turn(&cores);
    let gone = cores.pop().expect("two");
    gone.peer_cores.depart();
    turn(&cores);
    cores[0].answer_all();
    let with = |status| {
        let statuses = ids.iter().map(|id| cores[0].requests.status(*id));
        statuses.filter(|found| *found == Some(status)).count()
    };
    assert_eq!((with(200), with(503)), (20, 20));
}

#[test]
fn a_request_goes_to_the_core_it_belongs_to() {
    let cores = cores(Some(Affinity::Header("x-user".to_owned())));
    let ids: Vec<_> = (0..40)
        .map(|number| cores[0].ask(&format!("\r\nx-user: {number}")))
        .collect();
    turn(&cores);
    let [here, there] = [&cores[0], &cores[1]].map(Core::answer_all);
    assert!(here > 5 && there > 5, "{here} and {there} of {}", ids.len());
    assert_eq!(here + there, ids.len());
    turn(&cores);
    assert!(ids.iter().all(|id| cores[0].requests.status(*id) == Some(200)));
}

#[test]
fn a_new_connection_goes_where_its_request_would_wait_shortly() {
    let mut cores = cores(None);
    let [busy, idle] = &mut cores[..] else {
        unreachable!()
    };
    busy.peer_cores.steer(&mut busy.engine, 500);
    assert!(!busy.engine.releases_new, "it is not behind");
    busy.peer_cores.steer(&mut busy.engine, 5000);
    assert!(busy.engine.releases_new);
    busy.engine.released.push(connection(false));
    busy.peer_cores.give_connections(&mut busy.engine, 5000);
    assert_eq!(busy.counters.connections_steered.get(), 1);
    idle.peer_cores.share_work(&idle.reception);
    assert!(idle.peer_cores.take_connections(&mut idle.engine));
    assert_eq!((busy.engine.open, idle.engine.open), (0, 1));
}

#[test]
fn a_connection_that_nobody_has_room_for_waits() {
    let mut cores = cores(None);
    let [busy, full] = &mut cores[..] else {
        unreachable!()
    };
    busy.peer_cores.steer(&mut busy.engine, 5000);
    busy.engine.released.push(connection(false));
    busy.peer_cores.give_connections(&mut busy.engine, 5000);
    full.engine.open = 10;
    busy.core_status.set_full(true);
    full.peer_cores.share_work(&full.reception);
    assert!(!full.peer_cores.take_connections(&mut full.engine));
    assert!(full.core_status.is_full() && full.peer_cores.retry_after().is_some());
    // A client leaves.
    full.engine.open = 9;
    assert!(full.peer_cores.take_connections(&mut full.engine));
    assert_eq!(full.engine.open, 10);
}

#[test]
fn idle_connections_of_a_core_that_is_always_busy_are_given_up() {
    let mut cores = cores(None);
    let busy = &mut cores[0];
    busy.engine.open = 8;
    let began_us = now_us();
    for look in 0..=3 {
        busy.peer_cores
            .even_out(&mut busy.engine, began_us + look * 100_000);
    }
    assert_eq!(busy.engine.asked, 4, "half of the difference, after three looks");
    assert_eq!(busy.core_status.utilization(began_us), 1000);
}
