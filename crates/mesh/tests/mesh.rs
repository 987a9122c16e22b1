//! What a mesh promises to the cores that it joins.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::thread;

use howth_mesh::{Endpoint, Mesh, Refused};

/// Counts its calls.
#[derive(Default)]
struct Count(AtomicUsize);

impl Count {
    fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn two<M: Send>(capacity: usize) -> (Endpoint<M>, Endpoint<M>) {
    let mesh = Mesh::new(2, capacity);
    let join = |core| mesh.join(core).expect("nobody has it");
    (join(0), join(1))
}

fn receive_all<M>(endpoint: &mut Endpoint<M>) -> Vec<(usize, M)> {
    std::iter::from_fn(|| endpoint.receive()).collect()
}

#[test]
fn messages_of_a_pair_keep_their_order() {
    let (mut sender, mut receiver) = two(8);
    assert_eq!((sender.core(), sender.cores()), (0, 2));
    for number in 0..5 {
        sender.send(1, number).expect("there is room");
    }
    sender.flush();
    assert_eq!(
        receive_all(&mut receiver),
        [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)]
    );
}

#[test]
fn senders_take_turns() {
    let mesh = Mesh::new(3, 8);
    let mut receiver = mesh.join(2).expect("nobody has it");
    for core in 0..2 {
        let mut sender = mesh.join(core).expect("nobody has it");
        for number in 0..3 {
            sender.send(2, number).expect("there is room");
        }
        sender.flush();
    }
    let senders: Vec<usize> = receive_all(&mut receiver)
        .into_iter()
        .map(|(sender, _)| sender)
        .collect();
    assert_eq!(senders, [0, 1, 0, 1, 0, 1]);
}

#[test]
fn a_full_ring_gives_the_message_back() {
    let (mut sender, mut receiver) = two(2);
    assert_eq!(sender.room(1), 2);
    sender.send(1, "first").expect("there is room");
    sender.send(1, "second").expect("there is room");
    assert_eq!(sender.room(1), 0);
    assert_eq!(sender.send(1, "third"), Err(Refused("third")));
    sender.flush();
    assert_eq!(receiver.receive(), Some((0, "first")));
    sender.send(1, "third").expect("there is room again");
    sender.flush();
    assert_eq!(receive_all(&mut receiver), [(0, "second"), (0, "third")]);
}

#[test]
#[should_panic(expected = "core 0 sends to 0")]
fn a_core_does_not_send_to_itself() {
    let (mut sender, _receiver) = two(1);
    let _ = sender.send(0, ());
}

#[test]
#[should_panic(expected = "core 0 sends to 2")]
fn a_core_does_not_send_beyond_the_mesh() {
    let (sender, _receiver) = two::<()>(1);
    sender.room(2);
}

#[test]
fn only_a_core_that_sleeps_is_woken_and_once_for_a_batch() {
    let (mut sender, mut receiver) = two(8);
    let wakes = Arc::new(Count::default());
    receiver.set_waker(&Waker::from(wakes.clone()));
    let mut send_batch = |number: i32| {
        sender.send(1, number).expect("there is room");
        sender.send(1, number + 1).expect("there is room");
        sender.flush();
        sender.flush();
    };
    assert_eq!(receiver.receive(), None);
    send_batch(0);
    assert_eq!(wakes.take(), 0, "an awake core was woken");
    assert!(!receiver.prepare_sleep(), "it sleeps over messages");
    assert_eq!(receive_all(&mut receiver), [(0, 0), (0, 1)]);

    assert!(receiver.prepare_sleep());
    send_batch(2);
    assert_eq!(wakes.take(), 1);
    send_batch(4);
    assert_eq!(wakes.take(), 0, "it was woken already");
    receiver.awake();
    assert_eq!(receive_all(&mut receiver).len(), 4);
}

#[test]
fn messages_that_were_not_read_keep_a_core_awake() {
    let (mut sender, mut receiver) = two(8);
    receiver.set_waker(Waker::noop());
    sender.send(1, 1).expect("there is room");
    sender.send(1, 2).expect("there is room");
    sender.flush();
    assert_eq!(receiver.receive(), Some((0, 1)));
    assert!(!receiver.prepare_sleep());
    assert_eq!(receiver.receive(), Some((0, 2)));
    assert_eq!(receiver.receive(), None);
    assert!(receiver.prepare_sleep());
}

#[test]
fn a_core_flushes_before_it_sleeps_and_before_it_ends() {
    let (mut sender, mut receiver) = two(8);
    sender.set_waker(Waker::noop());
    sender.send(1, 1).expect("there is room");
    assert_eq!(
        receiver.receive(),
        Some((0, 1)),
        "a core that joins looks at all rings"
    );
    assert_eq!(receiver.receive(), None);
    sender.send(1, 2).expect("there is room");
    assert!(sender.receive().is_none() && sender.prepare_sleep());
    assert_eq!(receiver.receive(), Some((0, 2)));
    assert_eq!(receiver.receive(), None);
    sender.send(1, 3).expect("there is room");
    drop(sender);
    assert_eq!(receiver.receive(), Some((0, 3)));
}

#[test]
#[should_panic(expected = "core 0 would never wake up")]
fn a_core_says_how_it_is_woken_before_it_sleeps() {
    let (mut endpoint, _other) = two::<()>(1);
    endpoint.prepare_sleep();
}

#[test]
fn a_core_in_the_application_is_interrupted_once_until_it_looks() {
    let (mut sender, mut receiver) = two(8);
    let interrupts = Arc::new(Count::default());
    let counted = interrupts.clone();
    receiver.set_interrupt(Arc::new(move || Waker::from(counted.clone()).wake()));
    let mut send = |number: i32| {
        sender.send(1, number).expect("there is room");
        sender.flush();
    };
    assert_eq!(receiver.receive(), None);
    receiver.enter_application();
    send(0);
    send(1);
    assert_eq!(interrupts.take(), 1);
    assert_eq!(receive_all(&mut receiver), [(0, 0), (0, 1)]);
    send(2);
    assert_eq!(
        interrupts.take(),
        1,
        "it has looked and is in the application still"
    );
    receiver.leave_application();
    send(3);
    assert_eq!(interrupts.take(), 0);
    assert_eq!(receive_all(&mut receiver), [(0, 2), (0, 3)]);
    receiver.enter_application();
    send(4);
    assert_eq!(interrupts.take(), 1);
}

#[test]
fn a_core_has_one_endpoint_at_a_time() {
    let mesh = Mesh::<()>::new(2, 1);
    assert!(!mesh.is_joined(0));
    let endpoint = mesh.join(0).expect("nobody has it");
    assert!(mesh.join(0).is_none());
    assert!(mesh.is_joined(0) && !mesh.is_joined(1));
    drop(endpoint);
    assert!(!mesh.is_joined(0));
    assert!(mesh.join(0).is_some());
}

#[test]
fn a_core_that_panicked_can_join_again_and_finds_its_messages() {
    let mesh = Mesh::new(2, 4);
    let mut sender = mesh.join(0).expect("nobody has it");
    let ends = mesh.clone();
    let panicked = thread::spawn(move || {
        let mut receiver = ends.join(1).expect("nobody has it");
        receiver.set_waker(Waker::noop());
        assert_eq!(receiver.receive(), None);
        panic!("the application is broken");
    });
    assert!(panicked.join().is_err());
    sender.send(1, 1).expect("messages wait for the core");
    sender.flush();
    sender.send(1, 2).expect("messages wait for the core");
    let mut receiver = mesh.join(1).expect("the other one is gone");
    assert_eq!(receive_all(&mut receiver), [(0, 1), (0, 2)]);
    receiver.send(0, 3).expect("there is room");
    receiver.flush();
    assert_eq!(sender.receive(), Some((1, 3)));
}

#[test]
fn messages_are_dropped_with_the_mesh() {
    let message = Arc::new(());
    let (mut sender, receiver) = two(4);
    sender.send(1, message.clone()).expect("there is room");
    drop(receiver);
    assert_eq!(Arc::strong_count(&message), 2);
    drop(sender);
    assert_eq!(Arc::strong_count(&message), 1);
}

/// Wakes a thread that has parked.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Sends so many messages to each peer, and ends when as many have come from each.
fn exchange(mut endpoint: Endpoint<u32>, messages: u32) {
    endpoint.set_waker(&Waker::from(Arc::new(Unpark(thread::current()))));
    let cores = endpoint.cores();
    let mut sent = vec![0; cores];
    let mut expected = vec![0; cores];
    sent[endpoint.core()] = messages;
    expected[endpoint.core()] = messages;
    while sent.iter().chain(&expected).any(|count| *count < messages) {
        for (to, sent) in sent.iter_mut().enumerate() {
            while *sent < messages && endpoint.send(to, *sent).is_ok() {
                *sent += 1;
            }
        }
        endpoint.flush();
        let mut has_received = false;
        while let Some((from, number)) = endpoint.receive() {
            assert_eq!(number, expected[from], "messages of a pair keep their order");
            expected[from] += 1;
            has_received = true;
        }
        if has_received {
            endpoint.enter_application();
            endpoint.leave_application();
        } else if sent.iter().any(|count| *count < messages) {
            // A full ring wakes nobody when it has room again.
            thread::yield_now();
        } else if expected.iter().any(|count| *count < messages) && endpoint.prepare_sleep() {
            thread::park();
            endpoint.awake();
        }
    }
}

#[test]
fn nothing_is_lost_between_cores_that_sleep() {
    const CORES: usize = 3;
    let mesh = Mesh::new(CORES, 16);
    thread::scope(|scope| {
        for core in 0..CORES {
            let endpoint = mesh.join(core).expect("nobody has it");
            scope.spawn(move || exchange(endpoint, 30_000));
        }
    });
}
