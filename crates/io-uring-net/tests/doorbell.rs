//! Any thread may wake a core that waits in its ring, or that has parked with the ring's descriptor in another poller.
#![cfg(target_os = "linux")]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use howth_engine::{EngineOptions, Event, Handler, Turn};
use howth_io_uring_net::{Listener, Ring, RingEngine, RingOptions, Wait};

/// Longer than any test may take.
const LONG: Duration = Duration::from_secs(20);

struct Silent;

impl Handler for Silent {
    fn on_batch(&mut self, _: &[Event]) {}
}

fn engine() -> RingEngine {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    RingEngine::new(vec![Listener::from(listener)], EngineOptions::default()).expect("a ring")
}

fn turn(engine: &mut RingEngine, wait: Wait) -> Turn {
    engine.turn(wait, &mut Silent).expect("the ring works")
}

/// Turns until nothing is left over of what came before.
fn settle(engine: &mut RingEngine) {
    while turn(engine, Wait::Not) != Turn::Idle {}
}

#[test]
fn a_core_that_sleeps_in_its_ring_is_woken_from_another_thread() {
    let mut engine = engine();
    let waker = engine.waker().expect("a doorbell");
    settle(&mut engine);
    for _ in 0..10 {
        let waker = waker.clone();
        let start = Instant::now();
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(2));
            waker.wake();
        });
        assert_eq!(turn(&mut engine, Wait::For(LONG)), Turn::Worked);
        assert!(start.elapsed() < LONG, "it slept to the end");
        other.join().expect("it wakes");
        settle(&mut engine);
    }
}

#[test]
fn a_core_that_has_parked_is_woken_every_time() {
    let mut engine = engine();
    let readiness = engine.readiness().expect("a descriptor");
    let waker = engine.waker().expect("a doorbell");
    for _ in 0..20 {
        settle(&mut engine);
        engine.before_park();
        settle(&mut engine);
        let waker = waker.clone();
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(2));
            waker.wake();
        });
        assert!(
            is_readable(readiness.as_raw_fd()),
            "the doorbell did not reach it"
        );
        engine.after_park();
        other.join().expect("it wakes");
        assert_eq!(turn(&mut engine, Wait::Not), Turn::Worked);
    }
}

/// Waits in poll(2), not in the ring.
fn is_readable(descriptor: i32) -> bool {
    let mut polled = libc::pollfd {
        fd: descriptor,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one pollfd, which outlives the call.
    unsafe { libc::poll(&raw mut polled, 1, LONG.as_millis() as i32) == 1 }
}

#[test]
fn a_storm_of_wakes_is_one_turn() {
    let mut engine = engine();
    let waker = engine.waker().expect("a doorbell");
    settle(&mut engine);
    for _ in 0..10 {
        let turns = engine.counters().turns;
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1_000).for_each(|_| waker.wake_by_ref()));
            }
        });
        settle(&mut engine);
        assert_eq!(engine.counters().turns, turns + 1);
    }
}

#[test]
fn a_wake_before_the_first_turn_is_heard() {
    let mut engine = engine();
    engine.waker().expect("a doorbell").wake();
    assert_eq!(turn(&mut engine, Wait::For(LONG)), Turn::Worked);
}

#[test]
fn all_wakers_ring_the_same_doorbell() {
    let mut engine = engine();
    let waker = engine.waker().expect("a doorbell");
    settle(&mut engine);
    assert!(engine.waker().expect("a doorbell").will_wake(&waker));
    assert_eq!(turn(&mut engine, Wait::Not), Turn::Idle, "it was armed twice");
}

#[test]
fn a_doorbell_keeps_no_engine_from_ending_and_outlives_it() {
    let mut engine = engine();
    let waker = engine.waker().expect("a doorbell");
    settle(&mut engine);
    assert_eq!(engine.counters().connections, 0);
    engine.drain();
    while turn(&mut engine, Wait::For(Duration::from_millis(10))) != Turn::Finished {}
    drop(engine);
    waker.wake();
}

#[test]
fn a_doorbell_survives_an_overflow_of_completions() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let options = RingOptions {
        submissions: 2,
        completions: 2,
        ..RingOptions::default()
    };
    let ring = Ring::new(vec![listener.into()], options).expect("a ring");
    let mut engine = RingEngine::with_kernel(ring, EngineOptions::default());
    let waker = engine.waker().expect("a doorbell");
    settle(&mut engine);
    let mut clients = connect(address, 20);
    for round in 0..20 {
        waker.wake_by_ref();
        clients.extend(connect(address, 3));
        turn(&mut engine, Wait::For(LONG));
        settle(&mut engine);
        waker.wake_by_ref();
        let turned = turn(&mut engine, Wait::For(LONG));
        assert_eq!(turned, Turn::Worked, "nobody heard the doorbell in round {round}");
    }
    assert!(
        engine.counters().completions_overflowed > 0,
        "there was room for all"
    );
}

fn connect(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    (0..count)
        .map(|_| TcpStream::connect(address).expect("it listens"))
        .collect()
}
