//! What is measured of each way, and the table.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::processors::Sides;
use super::receiver::{self, Heard};
use super::sender::{Sender, Way};

const WAYS: [(Way, &str); 4] = [
    (Way::Call, "eventfd, write(2)"),
    (Way::Write, "eventfd, write in the ring"),
    (Way::Message, "message, in the ring"),
    (Way::MessageCall, "message, io_uring_register(2)"),
];

/// How often each way has its turn.
const TURNS: usize = 9;
/// Wakes of a turn.
const WAKES: u64 = 1_000;
/// Between two wakes: a sleeping receiver is asleep again after that.
const REST_ASLEEP: Duration = Duration::from_micros(60);
const REST_AWAKE: Duration = Duration::from_micros(3);

/// What the receiver does until it is rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meanwhile {
    /// Sleeps in its ring.
    Sleeps,
    /// Enters the ring again and again, as a core with work does.
    Works,
}

/// What sender and receiver share.
pub struct Shared {
    epoch: Instant,
    /// When the doorbell was rung last, and how often.
    rung_at: AtomicU64,
    rung: AtomicU64,
    heard: AtomicU64,
}

impl Shared {
    /// Nanoseconds since the measurement began.
    pub fn now(&self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }

    /// The receiver has heard number `wake`; gives how long that took, or nothing if it was not rung again yet.
    pub fn hear(&self, wake: u64) -> Option<u64> {
        if self.rung.load(Ordering::Acquire) != wake {
            return None;
        }
        let latency = self.now().saturating_sub(self.rung_at.load(Ordering::Relaxed));
        self.heard.store(wake, Ordering::Release);
        Some(latency)
    }
}

/// Of one turn, in nanoseconds.
struct Sample {
    /// Until the receiver knows.
    latency: f64,
    /// What it costs the sender, beside the system call it makes anyway.
    sender: f64,
    /// CPU time of the receiver.
    receiver: f64,
}

/// Measures all ways, and prints a table.
pub fn compare() -> io::Result<()> {
    let sides = Sides::take()?;
    println!("One wake, in µs; median of {TURNS} turns of {WAKES} wakes each");
    for (meanwhile, title) in [
        (Meanwhile::Sleeps, "receiver asleep in its ring"),
        (Meanwhile::Works, "receiver awake"),
    ] {
        let mut samples: Vec<Vec<Sample>> = WAYS.iter().map(|_| Vec::new()).collect();
        for _ in 0..TURNS {
            for ((way, _), samples) in WAYS.iter().zip(&mut samples) {
                samples.push(turn(sides, *way, meanwhile)?);
            }
        }
        println!(
            "  {title:<32}{:>10}{:>10}{:>10}",
            "hand-over", "sender", "receiver"
        );
        for ((_, name), samples) in WAYS.iter().zip(&samples) {
            let of = |part: fn(&Sample) -> f64| median(samples.iter().map(part).collect()) / 1e3;
            print!(
                "  {name:<32}{:>10.2}{:>10.2}",
                of(|sample| sample.latency),
                of(|sample| sample.sender)
            );
            match meanwhile {
                Meanwhile::Sleeps => println!("{:>10.2}", of(|sample| sample.receiver)),
                Meanwhile::Works => println!(),
            }
        }
    }
    Ok(())
}

fn turn(sides: Sides, way: Way, meanwhile: Meanwhile) -> io::Result<Sample> {
    let shared = Shared {
        epoch: Instant::now(),
        rung_at: AtomicU64::new(0),
        rung: AtomicU64::new(0),
        heard: AtomicU64::new(0),
    };
    thread::scope(|scope| {
        let (target, targets) = mpsc::channel();
        let shared = &shared;
        let receiver =
            sides.on_server(|| scope.spawn(move || receiver::run(shared, meanwhile, WAKES, &target)))?;
        let target = targets.recv().map_err(io::Error::other)?;
        let mut sender = Sender::new(way, target)?;
        let costs = wake_all(shared, &mut sender, meanwhile)?;
        let Heard { latencies, cpu } = receiver.join().expect("the receiver does not panic")?;
        Ok(Sample {
            latency: median(latencies.into_iter().map(|latency| latency as f64).collect()),
            sender: costs,
            receiver: cpu.as_nanos() as f64 / WAKES as f64,
        })
    })
}

/// Rings for every wake of a turn; gives the median of what a ring adds to an enter, or costs by itself.
fn wake_all(shared: &Shared, sender: &mut Sender, meanwhile: Meanwhile) -> io::Result<f64> {
    let rest = match meanwhile {
        Meanwhile::Sleeps => REST_ASLEEP,
        Meanwhile::Works => REST_AWAKE,
    };
    let mut costs = Vec::new();
    let mut plain = Vec::new();
    for wake in 1..=WAKES {
        while shared.heard.load(Ordering::Acquire) + 1 < wake {
            std::hint::spin_loop();
        }
        let rested = Instant::now();
        while rested.elapsed() < rest {
            std::hint::spin_loop();
        }
        let before = Instant::now();
        sender.enter()?;
        plain.push(before.elapsed().as_nanos() as f64);
        shared.rung_at.store(shared.now(), Ordering::Relaxed);
        shared.rung.store(wake, Ordering::Release);
        let before = Instant::now();
        sender.ring()?;
        costs.push(before.elapsed().as_nanos() as f64);
    }
    let beside = if sender.rings_within_an_enter() {
        median(plain)
    } else {
        0.0
    };
    Ok(median(costs) - beside)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
