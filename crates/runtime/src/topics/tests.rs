//! Messages between isolates, on one core, on two, and without any.

use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use howth_kv::Value;

use howth_scheduling::Mail as _;

use super::account::MESSAGES_MAX;
use super::{Audience, Mail, MeshAddress, Message, Post, Registry, SharedMemory};

fn message(value: Value) -> Message {
    Message {
        topic: "news".into(),
        value,
        memory: SharedMemory::default(),
    }
}

fn number(number: usize) -> Message {
    message(Value::Number(number as f64))
}

fn publish(post: &Post, number_of: usize) -> usize {
    post.publish("news", &number(number_of), Audience::All)
}

fn received(post: &Post, count: usize) -> Vec<Value> {
    match post.poll_receive(&mut Context::from_waker(Waker::noop()), count) {
        Poll::Ready(messages) => messages.into_iter().map(|message| message.value).collect(),
        Poll::Pending => Vec::new(),
    }
}

/// Everything that waits.
fn all_received(post: &Post) -> Vec<Value> {
    std::iter::repeat_with(|| received(post, 64))
        .take_while(|part| !part.is_empty())
        .flatten()
        .collect()
}

fn numbers(range: impl Iterator<Item = usize>) -> Vec<Value> {
    range.map(|number| Value::Number(number as f64)).collect()
}

/// Two cores of one mesh.
fn two_cores() -> [Rc<Mail>; 2] {
    [0, 1].map(|core| Mail::new(Some(MeshAddress { mesh: 7, core })))
}

/// What the mesh does, with room for so many messages.
fn carry([from, to]: [&Rc<Mail>; 2], mut room: usize) {
    from.send(|core, message| {
        assert_eq!(Some(core), to.address().map(|address| address.core));
        if room == 0 {
            return Err(message);
        }
        room -= 1;
        to.receive(message);
        Ok(())
    });
}

#[test]
fn a_message_reaches_who_has_subscribed_and_the_publisher_too() {
    let registry = Arc::new(Registry::default());
    let (one, other, third) = (registry.post(None), registry.post(None), registry.post(None));
    assert_eq!(publish(&one, 0), 0);
    for post in [&one, &other, &other] {
        post.subscribe("news");
    }
    third.subscribe("else");
    for (number, publisher) in [(1, &one), (2, &other)] {
        assert_eq!(publish(publisher, number), 2);
        assert_eq!(all_received(&one), numbers(number..number + 1));
        assert_eq!(all_received(&other), numbers(number..number + 1));
    }
    assert_eq!(all_received(&third), []);
}

#[test]
fn who_publishes_to_others_hears_nothing() {
    let registry = Arc::new(Registry::default());
    let (one, other) = (registry.post(None), registry.post(None));
    one.subscribe("news");
    other.subscribe("news");
    assert_eq!(one.publish("news", &number(1), Audience::Others), 1);
    assert_eq!(all_received(&one), []);
    assert_eq!(all_received(&other), numbers(1..2));
}

#[test]
fn who_has_unsubscribed_or_is_gone_gets_nothing() {
    let registry = Arc::new(Registry::default());
    let (one, other) = (registry.post(None), registry.post(None));
    one.subscribe("news");
    other.subscribe("news");
    one.unsubscribe("news");
    one.unsubscribe("never");
    assert_eq!(publish(&one, 1), 1);
    drop(other);
    assert_eq!(publish(&one, 2), 0);
    assert_eq!(all_received(&one), []);
    assert!(registry.is_empty(), "{registry:?}");
}

#[test]
fn between_cores_messages_go_by_mail_and_keep_their_order() {
    let registry = Arc::new(Registry::default());
    let cores = two_cores();
    let [one, other] = [0, 1].map(|core| registry.post(Some(cores[core].clone())));
    one.subscribe("news");
    other.subscribe("news");
    for number in 0..10 {
        assert_eq!(publish(&one, number), 2);
    }
    assert_eq!(all_received(&one), numbers(0..10));
    assert_eq!(all_received(&other), [], "nobody has carried them yet");
    carry([&cores[0], &cores[1]], 4);
    assert_eq!(all_received(&other), numbers(0..4));
    assert!(cores[0].has_unsent());
    assert_eq!(publish(&one, 10), 2);
    carry([&cores[0], &cores[1]], usize::MAX);
    assert_eq!(all_received(&other), numbers(4..11));
    assert!(!cores[0].has_unsent());
}

#[test]
fn what_is_under_way_counts_as_waiting() {
    let registry = Arc::new(Registry::default());
    let cores = two_cores();
    let [one, other] = [0, 1].map(|core| registry.post(Some(cores[core].clone())));
    other.subscribe("news");
    for number in 0..MESSAGES_MAX + 10 {
        assert_eq!(publish(&one, number), usize::from(number < MESSAGES_MAX));
    }
    assert_eq!(other.lost("news"), 10);
    carry([&cores[0], &cores[1]], usize::MAX);
    assert_eq!(publish(&one, 0), 0);
    assert_eq!(received(&other, 1), numbers(0..1));
    assert_eq!(publish(&one, 0), 1);
}

#[test]
fn a_core_of_another_mesh_and_a_worker_are_reached_as_well() {
    let registry = Arc::new(Registry::default());
    let mail = Mail::new(Some(MeshAddress { mesh: 1, core: 0 }));
    let elsewhere = Mail::new(Some(MeshAddress { mesh: 2, core: 0 }));
    let core = registry.post(Some(mail.clone()));
    let (other, worker) = (registry.post(Some(elsewhere)), registry.post(None));
    for post in [&core, &other, &worker] {
        post.subscribe("news");
    }
    for (number, publisher) in [(1, &core), (2, &worker), (3, &other)] {
        assert_eq!(publish(publisher, number), 3);
        assert!(!mail.has_unsent());
        for post in [&core, &other, &worker] {
            assert_eq!(all_received(post), numbers(number..number + 1));
        }
    }
}

#[test]
fn mail_for_an_isolate_that_has_ended_is_dropped() {
    let registry = Arc::new(Registry::default());
    let cores = two_cores();
    let [one, other] = [0, 1].map(|core| registry.post(Some(cores[core].clone())));
    other.subscribe("news");
    assert_eq!(publish(&one, 1), 1);
    let mut messages = Vec::new();
    cores[0].send(|_, message| {
        messages.push(message);
        Ok(())
    });
    assert_eq!(publish(&one, 2), 1);
    drop(other);
    // Another isolate of the same core, which has heard of nothing.
    let next = registry.post(Some(cores[1].clone()));
    next.subscribe("news");
    messages.into_iter().for_each(|message| cores[1].receive(message));
    assert!(cores[0].has_unsent());
    carry([&cores[0], &cores[1]], 0);
    assert!(!cores[0].has_unsent(), "nobody will ever make room for it");
    assert_eq!(publish(&one, 3), 1);
    carry([&cores[0], &cores[1]], usize::MAX);
    assert_eq!(all_received(&next), numbers(3..4));
}

#[test]
fn what_does_not_arrive_takes_up_no_room() {
    let registry = Arc::new(Registry::default());
    let [sender, receiver] = two_cores();
    let other = registry.post(Some(receiver.clone()));
    other.subscribe("news");
    let one = registry.post(Some(sender.clone()));
    for number in 0..3 {
        assert_eq!(publish(&one, number), 1);
    }
    carry([&sender, &receiver], 1);
    assert_eq!(other.waiting().0, 3);
    // The sender's core ends with two in its hands.
    drop((one, sender));
    assert_eq!(other.waiting().0, 1);
    assert_eq!(all_received(&other), numbers(0..1));
    assert_eq!(other.waiting(), (0, 0));
}

#[test]
fn large_messages_fill_a_queue_as_well() {
    let registry = Arc::new(Registry::default());
    let post = registry.post(None);
    post.subscribe("news");
    let large = message(Value::Bytes(vec![0; 1 << 20].into()));
    let publish = |message: &Message| post.publish("news", message, Audience::All);
    let taken = (0..10).filter(|_| publish(&large) == 1).count();
    // The topic counts, too.
    assert_eq!(taken, 3);
    assert_eq!(post.lost("news"), 7);
    assert_eq!(all_received(&post).len(), 3);
    assert_eq!(post.waiting(), (0, 0));
    // Larger than all that may wait: alone, or not at all.
    let larger = message(Value::Bytes(vec![0; 5 << 20].into()));
    assert_eq!(publish(&larger), 1);
    assert_eq!(publish(&larger), 0);
    assert_eq!(publish(&number(1)), 0);
    assert_eq!(all_received(&post).len(), 1);
    assert_eq!(publish(&large), 1);
    assert_eq!(publish(&larger), 0);
}

#[test]
fn who_waits_is_woken_by_a_message_and_by_the_end() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl std::task::Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    let registry = Arc::new(Registry::default());
    let mail = Mail::new(Some(MeshAddress { mesh: 1, core: 0 }));
    let (core, worker) = (registry.post(Some(mail)), registry.post(None));
    core.subscribe("news");
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    for (times, publisher) in [&core, &worker].into_iter().enumerate() {
        assert!(core.poll_receive(&mut context, 1).is_pending());
        assert_eq!(publish(publisher, 1), 1);
        assert_eq!(woken.0.load(Ordering::Relaxed), times + 1);
        assert!(core.poll_receive(&mut context, 1).is_ready());
    }
    assert!(core.poll_receive(&mut context, 1).is_pending());
    core.discard();
    assert_eq!(woken.0.load(Ordering::Relaxed), 3);
    assert_eq!((publish(&core, 1), publish(&worker, 2)), (1, 1));
    core.discard();
    assert_eq!((core.waiting(), all_received(&core)), ((0, 0), Vec::new()));
}

#[test]
fn messages_of_one_thread_keep_their_order() {
    const TIMES: usize = 5000;
    let registry = Arc::new(Registry::default());
    let post = registry.post(None);
    post.subscribe("news");
    let publisher = registry.clone();
    let thread = std::thread::spawn(move || {
        let publisher = publisher.post(None);
        for number in 0..TIMES {
            while publish(&publisher, number) == 0 {
                std::thread::yield_now();
            }
        }
    });
    let mut seen = Vec::new();
    while seen.len() < TIMES {
        seen.extend(received(&post, 64));
    }
    thread.join().expect("no panic");
    assert_eq!(seen, numbers(0..TIMES));
}

/// Subscribing and publishing at once, from all threads: who has subscribed before something is published gets it.
#[test]
fn subscriptions_count_from_the_moment_they_are_made() {
    const THREADS: usize = 4;
    const TIMES: usize = 500;
    let registry = Arc::new(Registry::default());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let post = registry.post(None);
                for time in 0..TIMES {
                    post.subscribe("news");
                    assert!(publish(&post, time) >= 1 || post.lost("news") > 0);
                    post.unsubscribe("news");
                    all_received(&post);
                }
            });
        }
    });
    assert!(registry.is_empty(), "{registry:?}");
}
