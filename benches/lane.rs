//! A lane between two cores beside the channels one would use instead.
//!
//! `cargo bench --bench lane`. All hold the same number of messages. A lane may have one producer only, and
//! its consumer is woken as a future is; of the others tokio's is woken so, too.

use std::hint::black_box;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};

#[path = "support/processors.rs"]
mod processors;

use processors::Sides;

/// Messages a channel holds.
const CAPACITY: usize = 1024;
/// Messages of one iteration.
const MESSAGES: u64 = 1000;

type Group<'a> = BenchmarkGroup<'a, criterion::measurement::WallTime>;

criterion_group! {
    name = lanes;
    config = Criterion::default()
        .without_plots()
        .nresamples(10_000)
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = within_one_thread, between_two_threads
}
criterion_main!(lanes);

/// What a message costs when nobody contends: one is sent, then received.
fn within_one_thread(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lane, within one thread");
    group.throughput(Throughput::Elements(1));
    let (mut sender, mut receiver) = howth_mesh::lane(CAPACITY);
    let mut context = Context::from_waker(Waker::noop());
    group.bench_function("howth-mesh", |bencher| {
        bencher.iter(|| {
            sender.send(black_box(1_u64)).expect("there is room");
            black_box(receiver.poll_receive(&mut context))
        });
    });
    let (sender, receiver) = std::sync::mpsc::sync_channel(CAPACITY);
    group.bench_function("std::sync::mpsc", |bencher| {
        bencher.iter(|| {
            sender.try_send(black_box(1_u64)).expect("there is room");
            black_box(receiver.try_recv())
        });
    });
    let (sender, receiver) = crossbeam_channel::bounded(CAPACITY);
    group.bench_function("crossbeam-channel", |bencher| {
        bencher.iter(|| {
            sender.try_send(black_box(1_u64)).expect("there is room");
            black_box(receiver.try_recv())
        });
    });
    let (sender, mut receiver) = tokio::sync::mpsc::channel(CAPACITY);
    group.bench_function("tokio::sync::mpsc", |bencher| {
        bencher.iter(|| {
            sender.try_send(black_box(1_u64)).expect("there is room");
            black_box(receiver.poll_recv(&mut context))
        });
    });
    group.finish();
}

/// How fast messages pass from one core to another that sleeps when it has none.
fn between_two_threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lane, between two threads");
    group.throughput(Throughput::Elements(MESSAGES));
    let sides = Sides::take().expect("the processors are allowed");
    pass(
        &mut group,
        sides,
        "howth-mesh",
        || howth_mesh::lane(CAPACITY),
        |sender, message| sender.send(message).is_ok(),
        |receiver, context| receiver.poll_receive(context),
    );
    pass(
        &mut group,
        sides,
        "std::sync::mpsc",
        || std::sync::mpsc::sync_channel(CAPACITY),
        |sender, message| sender.try_send(message).is_ok(),
        |receiver, _| Poll::Ready(receiver.recv().ok()),
    );
    pass(
        &mut group,
        sides,
        "crossbeam-channel",
        || crossbeam_channel::bounded(CAPACITY),
        |sender, message| sender.try_send(message).is_ok(),
        |receiver, _| Poll::Ready(receiver.recv().ok()),
    );
    pass(
        &mut group,
        sides,
        "tokio::sync::mpsc",
        || tokio::sync::mpsc::channel(CAPACITY),
        |sender, message| sender.try_send(message).is_ok(),
        |receiver, context| receiver.poll_recv(context),
    );
    group.finish();
}

/// Sends from this thread to another one on the other processor. A producer that finds the channel full lets
/// others run and tries again.
fn pass<S, R: Send>(
    group: &mut Group<'_>,
    sides: Sides,
    name: &str,
    channel: impl Fn() -> (S, R),
    send: impl Fn(&mut S, u64) -> bool,
    receive: impl Fn(&mut R, &mut Context<'_>) -> Poll<Option<u64>> + Sync,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let (mut sender, mut receiver) = channel();
            let receive = &receive;
            thread::scope(|scope| {
                let consumer = sides
                    .on_server(|| scope.spawn(move || take_all(|context| receive(&mut receiver, context))));
                let consumer = consumer.expect("the processors are allowed");
                let start = Instant::now();
                for message in 0..iterations * MESSAGES {
                    while !send(&mut sender, message) {
                        thread::yield_now();
                    }
                }
                drop(sender);
                consumer.join().expect("the consumer ends");
                start.elapsed()
            })
        });
    });
}

/// Takes messages until the end; sleeps when there is none, as a core does that has nothing to do.
fn take_all(mut receive: impl FnMut(&mut Context<'_>) -> Poll<Option<u64>>) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match receive(&mut context) {
            Poll::Ready(Some(message)) => _ = black_box(message),
            Poll::Ready(None) => return,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}
