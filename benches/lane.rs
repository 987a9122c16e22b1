//! A lane, and a mesh, between two cores beside the channels one would use instead.
//!
//! `cargo bench --bench lane`. All hold the same number of messages. A lane may have one producer only, and
//! its consumer is woken as a future is; of the others tokio's is woken so, too. In a mesh a batch is flushed: once for
//! each message, or once for as many as a turn may have.

use std::hint::black_box;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};

#[path = "support/processors.rs"]
mod processors;

use howth_mesh::{Endpoint, Mesh};
use processors::Sides;

/// Messages a channel holds.
const CAPACITY: usize = 1024;
/// Messages of one iteration.
const MESSAGES: u64 = 1000;
/// Messages of a mesh that are flushed together.
const BATCH: u64 = 16;
/// Messages sent to and fro for one figure, however many iterations are asked for.
const ROUND_TRIPS: usize = 10_000;
/// The last message of a mesh, which has no end.
const END: u64 = u64::MAX;

type Group<'a> = BenchmarkGroup<'a, criterion::measurement::WallTime>;

criterion_group! {
    name = lanes;
    config = Criterion::default()
        .without_plots()
        .nresamples(10_000)
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = within_one_thread, nothing_to_say, between_two_threads
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
    let (mut here, mut there) = mesh();
    group.bench_function("howth-mesh, a mesh", |bencher| {
        bencher.iter(|| {
            here.send(1, black_box(1_u64)).expect("there is room");
            here.flush();
            black_box(there.receive())
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

/// What a turn of a core pays for a mesh of 64 in which nobody has anything to say.
fn nothing_to_say(criterion: &mut Criterion) {
    let mesh = Mesh::<u64>::new(64, CAPACITY);
    let mut core = mesh.join(0).expect("nobody has it");
    criterion.bench_function("mesh, a turn with nothing to say", |bencher| {
        bencher.iter(|| {
            core.enter_application();
            core.leave_application();
            core.flush();
            black_box(core.receive())
        });
    });
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
    for (name, batch) in [
        ("howth-mesh, a mesh", 1),
        ("howth-mesh, a mesh, batches of 16", BATCH),
    ] {
        pass(
            &mut group,
            sides,
            name,
            || {
                let (here, there) = mesh();
                (MeshSender(here), there)
            },
            |sender, message| sender.send(message, batch),
            receive_of_mesh,
        );
    }
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
    to_and_fro(criterion, sides);
}

/// Both ends of a mesh of two.
fn mesh() -> (Endpoint<u64>, Endpoint<u64>) {
    let mesh = Mesh::new(2, CAPACITY);
    let join = |core| mesh.join(core).expect("nobody has it");
    (join(0), join(1))
}

struct MeshSender(Endpoint<u64>);

impl MeshSender {
    fn send(&mut self, message: u64, batch: u64) -> bool {
        let is_sent = self.0.send(1, message).is_ok();
        if !is_sent || (message + 1).is_multiple_of(batch) {
            self.0.flush();
        }
        is_sent
    }
}

impl Drop for MeshSender {
    fn drop(&mut self) {
        while !self.send(END, 1) {
            thread::yield_now();
        }
        self.0.flush();
    }
}

/// Receives as a core does: it looks, and sleeps when there is nothing.
fn receive_of_mesh(endpoint: &mut Endpoint<u64>, context: &mut Context<'_>) -> Poll<Option<u64>> {
    endpoint.awake();
    loop {
        if let Some((_, message)) = endpoint.receive() {
            return Poll::Ready((message != END).then_some(message));
        }
        endpoint.set_waker(context.waker());
        if endpoint.prepare_sleep() {
            return Poll::Pending;
        }
    }
}

/// One end of a pair of channels.
trait End: Send {
    fn send(&mut self, message: u64);
    fn receive(&mut self) -> Option<u64>;
}

impl End for Endpoint<u64> {
    fn send(&mut self, message: u64) {
        Endpoint::send(self, 1 - self.core(), message).expect("there is room");
        self.flush();
    }

    fn receive(&mut self) -> Option<u64> {
        Endpoint::receive(self).map(|(_, message)| message)
    }
}

impl End for (howth_mesh::Sender<u64>, howth_mesh::Receiver<u64>) {
    fn send(&mut self, message: u64) {
        self.0.send(message).expect("there is room");
    }

    fn receive(&mut self) -> Option<u64> {
        match self.1.poll_receive(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(message) => message,
            Poll::Pending => None,
        }
    }
}

impl End for (crossbeam_channel::Sender<u64>, crossbeam_channel::Receiver<u64>) {
    fn send(&mut self, message: u64) {
        self.0.try_send(message).expect("there is room");
    }

    fn receive(&mut self) -> Option<u64> {
        self.1.try_recv().ok()
    }
}

impl End for (tokio::sync::mpsc::Sender<u64>, tokio::sync::mpsc::Receiver<u64>) {
    fn send(&mut self, message: u64) {
        self.0.try_send(message).expect("there is room");
    }

    fn receive(&mut self) -> Option<u64> {
        self.1.try_recv().ok()
    }
}

/// Two channels, one each way.
fn crosswise<S, R>(channel: impl Fn() -> (S, R)) -> ((S, R), (S, R)) {
    let (there, from_here) = channel();
    let (here, from_there) = channel();
    ((there, from_there), (here, from_here))
}

/// How long a message takes to another core and its answer back, when both look for messages all the time: two
/// hand-overs.
fn to_and_fro(criterion: &mut Criterion, sides: Sides) {
    let mut group = criterion.benchmark_group("lane, to another thread and back, both awake");
    answer(
        &mut group,
        sides,
        "howth-mesh",
        crosswise(|| howth_mesh::lane(CAPACITY)),
    );
    answer(&mut group, sides, "howth-mesh, a mesh", mesh());
    answer(
        &mut group,
        sides,
        "crossbeam-channel",
        crosswise(|| crossbeam_channel::bounded(CAPACITY)),
    );
    answer(
        &mut group,
        sides,
        "tokio::sync::mpsc",
        crosswise(|| tokio::sync::mpsc::channel(CAPACITY)),
    );
    group.finish();
}

/// Sends one message at a time to a thread on the other processor, which sends it back. The median counts, so that it
/// does not matter how often one of the two had to leave its processor to others.
fn answer<E: End>(group: &mut Group<'_>, sides: Sides, name: &str, ends: (E, E)) {
    let (mut here, mut there) = ends;
    thread::scope(|scope| {
        let other = sides.on_server(|| {
            scope.spawn(move || {
                loop {
                    let message = wait_for(&mut there);
                    there.send(message);
                    if message == END {
                        return;
                    }
                }
            })
        });
        let other = other.expect("the processors are allowed");
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|iterations| {
                let mut times: Vec<Duration> = (0..ROUND_TRIPS)
                    .map(|_| {
                        let start = Instant::now();
                        here.send(black_box(1));
                        wait_for(&mut here);
                        start.elapsed()
                    })
                    .collect();
                times.sort_unstable();
                times[ROUND_TRIPS / 2].mul_f64(iterations as f64)
            });
        });
        here.send(END);
        other.join().expect("the other side ends");
    });
}

fn wait_for(end: &mut impl End) -> u64 {
    loop {
        match end.receive() {
            Some(message) => return message,
            None => std::hint::spin_loop(),
        }
    }
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
