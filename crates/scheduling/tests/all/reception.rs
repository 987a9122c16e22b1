//! The queue of one core: its order, its slices, and who is answered without the application.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::support::{Program, waiting};
use howth_engine::{Event, ExchangeId, Handler};
use howth_engine_conformance::recorder::Recorder;
use howth_scheduling::{Counters, Entrance, Health, Mail, Reception, Waiting};

/// There are no other cores.
struct NoMail;

impl Mail for NoMail {
    type Message = ();

    fn has_unsent(&self) -> bool {
        false
    }

    fn send(&self, _: impl FnMut(usize, ()) -> Result<(), ()>) {}

    fn receive(&self, (): ()) {}
}

struct Core {
    requests: Rc<Recorder>,
    reception: Rc<Reception<Program>>,
    counters: Arc<Counters>,
    slice_max: Rc<std::cell::Cell<usize>>,
}

impl Core {
    fn new(delay_max: Option<Duration>) -> Self {
        let requests = Rc::new(Recorder::default());
        let program = Program::new(requests.clone());
        let counters = Arc::new(Counters::default());
        Core {
            requests,
            slice_max: program.slice_max.clone(),
            reception: Reception::new(
                program,
                Some(Health::new("/health")),
                delay_max,
                counters.clone(),
                Vec::new(),
            ),
            counters,
        }
    }

    /// The engine brings a request.
    fn ask(&self, path: &str) -> ExchangeId {
        let id = self.requests.request(&format!("GET {path} HTTP/1.1"), "");
        let mut entrance = Entrance::<_, NoMail> {
            reception: &self.reception,
            peer_cores: None,
        };
        entrance.on_batch(&[Event::Request(id)]);
        id
    }

    fn slice(&self) -> Vec<Event> {
        let mut slice = Vec::new();
        self.reception.take_slice(0, &mut slice);
        slice.iter().map(|waiting| waiting.event).collect()
    }
}

#[test]
fn a_slice_holds_what_fits_into_a_millisecond_and_at_least_one() {
    let core = Core::new(None);
    core.reception.note_cost(1, 400);
    for _ in 0..4 {
        core.ask("/");
    }
    assert_eq!(core.slice().len(), 2);
    core.reception.note_cost(100, 100 * 2000);
    (0..20).for_each(|_| core.reception.note_cost(1, 2000));
    assert_eq!(core.slice().len(), 1);
    core.slice_max.set(1);
    (0..100).for_each(|_| core.reception.note_cost(1, 1));
    core.ask("/");
    assert_eq!(core.slice().len(), 1);
}

#[test]
fn who_moved_has_the_place_that_its_arrival_gives_it() {
    let core = Core::new(None);
    let ids = [30, 10, 20].map(|arrived_us| (core.requests.request("GET / HTTP/1.1", ""), arrived_us));
    for (id, arrived_us) in ids {
        core.reception.insert(waiting(id, arrived_us));
    }
    let [last, first, second] = ids.map(|(id, _)| Event::Request(id));
    assert_eq!(core.slice(), [first, second, last]);
    assert!(core.reception.is_empty());
}

#[test]
fn the_youngest_leave_and_others_come_back_to_the_front() {
    let core = Core::new(None);
    let ids = [1, 2, 3, 4].map(|arrived_us| {
        let id = core.requests.request("GET / HTTP/1.1", "");
        core.reception.insert(waiting(id, arrived_us));
        id
    });
    let mut seen = Vec::new();
    let taken = core.reception.take_youngest(2, |id, arrived_us| {
        seen.push(id);
        arrived_us != 4
    });
    assert_eq!((taken, seen), (2, vec![ids[3], ids[2], ids[1]]));
    assert!(core.reception.contains(ids[3]) && !core.reception.contains(ids[2]));
    let back: Vec<Waiting> = [ids[1], ids[2]].map(|id| waiting(id, 2)).into();
    core.reception.put_back(back);
    assert_eq!(core.slice(), [ids[1], ids[2], ids[0], ids[3]].map(Event::Request));
}

#[test]
fn a_client_that_has_left_costs_no_handler() {
    let core = Core::new(None);
    let (gone, here) = (core.ask("/"), core.ask("/"));
    core.requests.end(gone);
    // Whoever came in an earlier turn is looked at again.
    std::thread::sleep(Duration::from_micros(10));
    let new = core.ask("/");
    assert_eq!(core.slice(), [here, new].map(Event::Request));
}

#[test]
fn the_health_check_is_answered_at_once() {
    let core = Core::new(None);
    let well = core.ask("/health?from=balancer");
    assert!(core.reception.is_empty());
    core.reception.drain();
    let draining = core.ask("/health");
    let other = core.ask("/healthy");
    assert_eq!(core.requests.status(well), Some(200));
    assert_eq!(core.requests.status(draining), Some(503));
    assert_eq!(core.slice(), [Event::Request(other)]);
}

#[test]
fn a_queue_that_stands_refuses_who_would_wait_too_long() {
    let core = Core::new(Some(Duration::from_millis(1)));
    let first = core.ask("/");
    std::thread::sleep(Duration::from_millis(2));
    assert!(core.reception.note_delay() >= 1000);
    let refused = core.ask("/");
    assert_eq!(core.requests.status(refused), Some(503));
    assert_eq!(core.counters.refused.get(), 1);
    assert_eq!(core.slice(), [Event::Request(first)]);
    // Nobody waits any more.
    assert_eq!(core.reception.note_delay(), 0);
    let admitted = core.ask("/");
    assert_eq!(core.slice(), [Event::Request(admitted)]);
}
