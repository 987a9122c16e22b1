//! One thread of the generator: a ring, its connections, and the loop over both.
//!
//! A turn is: send what is due, enter the kernel once, work on every completion, look at deadlines now and
//! then. Owns everything it touches; threads share nothing but the moment they start at.

mod life;
mod pacing;
mod traffic;

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use howth_ring_client::{ClientCompletion, ClientRing, Errno, RingOptions, Wait};

use crate::connection::{Connection, Layers, Phase};
use crate::cpu::CpuTime;
use crate::http_client::Answered;
use crate::record::{Recorder, Sample};
use crate::sequence::Sequence;
pub(crate) use pacing::Pacing;

/// How often deadlines are looked at, at most.
const SWEEP_NS_MAX: u64 = 20_000_000;
/// A connection that could not be made is tried again after this time.
const RETRY_NS: u64 = 100_000_000;
/// Buffers that wait to be used again.
const SPARE_MAX: usize = 256;

/// What a thread is told; the numbers are its own share.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) keep_alive: bool,
    /// Whether what one connection sends comes back on all.
    pub(crate) broadcasts: bool,
    pub(crate) timeout_ns: u64,
    /// From the start to the moment from which requests count.
    pub(crate) warm_up_ns: u64,
    /// Whether each request is recorded.
    pub(crate) records: bool,
    /// Set when the run is broken off; all threads' own.
    pub(crate) is_broken_off: Arc<AtomicBool>,
}

/// What a thread tells while it runs.
#[derive(Debug)]
pub(crate) enum News {
    /// Its warm-up is over.
    CountingBegins,
    /// A second is over, or the run.
    Second(Box<Sample>),
}

/// What a thread tells in the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) cpu: CpuTime,
    pub(crate) unsent: u64,
    /// From the end of the warm-up.
    pub(crate) elapsed_ns: u64,
}

/// One thread's part of a run.
#[derive(Debug)]
pub(crate) struct Worker {
    ring: ClientRing,
    connections: Vec<Connection>,
    plan: Plan,
    layers: Layers,
    sequence: Sequence,
    pacing: Pacing,
    recorder: Recorder,
    news: Sender<News>,
    /// Connections that can take a request, in turn (open loop).
    ready: VecDeque<u32>,
    /// Requests without an answer on all connections.
    outstanding: usize,
    answered: Vec<Answered>,
    spare: Vec<Vec<u8>>,
    epoch: Instant,
    now_ns: u64,
    sweep_ns: u64,
    has_begun: bool,
    /// The CPU time at the end of the warm-up, once that is over.
    cpu_before: Option<CpuTime>,
}

impl Worker {
    /// Makes the ring; call it on the thread that runs it.
    pub(crate) fn new(
        plan: Plan,
        layers: Layers,
        sequence: Sequence,
        pacing: Pacing,
        news: Sender<News>,
    ) -> io::Result<Self> {
        let ring = ClientRing::new(plan.address, ring_options(plan.connections))?;
        Ok(Worker {
            ring,
            connections: (0..plan.connections).map(|_| Connection::default()).collect(),
            recorder: Recorder::new(plan.warm_up_ns, plan.records),
            plan,
            layers,
            sequence,
            pacing,
            news,
            ready: VecDeque::new(),
            outstanding: 0,
            answered: Vec::new(),
            spare: Vec::new(),
            epoch: Instant::now(),
            now_ns: 0,
            sweep_ns: 0,
            has_begun: false,
            cpu_before: None,
        })
    }

    /// Opens the connections that are kept, but for those that are given, and waits until they are open or have
    /// failed once.
    pub(crate) fn prepare(&mut self, given: Vec<TcpStream>) -> io::Result<()> {
        if !self.plan.keep_alive {
            return Ok(());
        }
        let mut given = given.into_iter();
        for index in 0..self.connections.len() {
            match given.next() {
                Some(stream) => self.adopt(index, stream),
                None => self.open(index),
            }
        }
        let is_pending = |connection: &Connection| {
            matches!(connection.phase, Phase::Connecting | Phase::Handshaking)
                || connection.phase == Phase::Closing
        };
        while self.connections.iter().any(is_pending) {
            self.turn(Wait::For(Duration::from_nanos(SWEEP_NS_MAX)))?;
        }
        Ok(())
    }

    /// Sends, receives and measures until the run is over.
    pub(crate) fn run(mut self, start: Instant) -> io::Result<Outcome> {
        self.begin(start);
        loop {
            if self.pacing.is_open_loop() {
                self.read_clock();
                self.assign_due();
            }
            let is_over = self.outstanding == 0 && self.pacing.is_over(self.now_ns);
            if is_over || self.plan.is_broken_off.load(Ordering::Relaxed) {
                break;
            }
            self.turn(self.wait())?;
            self.tick();
        }
        Ok(self.finish())
    }

    fn begin(&mut self, start: Instant) {
        self.epoch = start;
        self.read_clock();
        self.sweep_ns = 0;
        self.has_begun = true;
        self.recorder.restart();
        if self.plan.warm_up_ns == 0 {
            self.begin_counting();
        }
        for index in 0..self.connections.len() {
            let connection = &mut self.connections[index];
            connection.opened_ns = 0;
            connection.retry_ns = 0;
            self.proceed(index);
        }
    }

    fn turn(&mut self, wait: Wait) -> io::Result<()> {
        self.ring.enter(wait)?;
        self.read_clock();
        while let Some(completion) = self.ring.reap() {
            self.complete(completion);
        }
        self.sweep();
        Ok(())
    }

    fn complete(&mut self, completion: ClientCompletion) {
        match completion {
            ClientCompletion::Received { token, result, more } => self.received(token, result, more),
            ClientCompletion::Sent {
                token,
                result,
                payload,
            } => self.sent(token, result, payload),
            ClientCompletion::Connected { token, result } => self.connected(token, result),
            ClientCompletion::Done { token } => self.done(token),
        }
    }

    fn read_clock(&mut self) {
        // A start in the future is a start that has not come.
        self.now_ns = Instant::now().saturating_duration_since(self.epoch).as_nanos() as u64;
    }

    /// Until the next request is due, or the next look at deadlines.
    fn wait(&self) -> Wait {
        let mut until_ns = self.sweep_ns;
        if self.pacing.is_open_loop() && !self.ready.is_empty() {
            until_ns = until_ns.min(self.pacing.next_due_ns().unwrap_or(u64::MAX));
        }
        match until_ns.saturating_sub(self.now_ns) {
            0 => Wait::Not,
            left => Wait::For(Duration::from_nanos(left)),
        }
    }

    fn tick(&mut self) {
        if self.cpu_before.is_none() && self.now_ns >= self.plan.warm_up_ns {
            self.begin_counting();
            self.recorder.end_warm_up();
        }
        while let Some(sample) = self.recorder.sample(self.now_ns) {
            self.tell(News::Second(Box::new(sample)));
        }
    }

    fn begin_counting(&mut self) {
        self.cpu_before = Some(CpuTime::of_this_thread());
        self.tell(News::CountingBegins);
    }

    fn tell(&self, news: News) {
        // Nobody listens any more when another thread has failed.
        let _ = self.news.send(news);
    }

    fn finish(mut self) -> Outcome {
        let before = self.cpu_before.unwrap_or_else(CpuTime::of_this_thread);
        let cpu = CpuTime::of_this_thread().since(before);
        let rest = self.recorder.rest(self.now_ns);
        self.tell(News::Second(Box::new(rest)));
        let end_ns = self
            .pacing
            .counted_end_ns()
            .unwrap_or(0)
            .max(self.recorder.last_ns);
        Outcome {
            cpu,
            unsent: self.pacing.unsent(self.now_ns),
            elapsed_ns: end_ns.saturating_sub(self.plan.warm_up_ns),
        }
    }
}

/// A ring for so many connections. Few buffers are better than many while they suffice: they stay in the cache.
fn ring_options(connections: usize) -> RingOptions {
    let clamped = |min: usize, max: usize| (connections * 2).next_power_of_two().clamp(min, max);
    RingOptions {
        submissions: clamped(64, 4096) as u32,
        completions: clamped(1024, 65_536) as u32,
        buffers: clamped(64, 2048) as u16,
        buffer_bytes: 16 * 1024,
    }
}

/// Operations that were cancelled, or whose buffers were all in use: no error.
fn is_no_error(errno: Errno) -> bool {
    matches!(errno.0, libc::ENOBUFS | libc::ECANCELED)
}
