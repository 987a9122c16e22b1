//! A whole run: checks the options, starts the threads together, sums up.

use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex, OnceLock, PoisonError};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use crate::connection::{Layers, ProtocolTarget};
use crate::decoder::HeadCache;
use crate::descriptors;
use crate::error::LoadError;
use crate::expectation::Verifier;
use crate::http_client::HttpShared;
use crate::http2::Http2Target;
use crate::observer::{EverySecond, Observer};
use crate::options::{Options, Pace, Stop};
use crate::pace::Schedule;
use crate::record::{Ended, Second, Summary};
use crate::report::Report;
use crate::request::Request;
use crate::target::{Protocol, Target};
use crate::tls::TlsTarget;
use crate::websocket::EchoTarget;
use crate::worker::{News, Outcome, Pacing, Plan, Worker};

/// Runs, and reports.
///
/// # Errors
/// The options make no sense, the target is refused or unreachable, or io_uring does not work. What goes wrong
/// with single requests is counted in the report.
pub fn run(options: &Options) -> Result<Report, LoadError> {
    run_with_progress(options, |_| {})
}

/// Like [`run`], and calls `progress` after every second of the run, on the calling thread.
///
/// # Errors
/// As [`run`].
pub fn run_with_progress(options: &Options, progress: impl FnMut(&Second)) -> Result<Report, LoadError> {
    run_observed(options, &mut EverySecond(progress))
}

/// Like [`run`], and tells `observer` how it goes.
///
/// # Errors
/// As [`run`].
pub fn run_observed(options: &Options, observer: &mut dyn Observer) -> Result<Report, LoadError> {
    run_over(options, Vec::new(), observer)
}

/// Like [`run_observed`], over connections that the caller has made and nothing waits on to be read; only what is
/// missing of the options' number is opened, and a new one for each that ends.
///
/// # Errors
/// As [`run`].
pub fn run_over(
    options: &Options,
    connections: Vec<TcpStream>,
    observer: &mut dyn Observer,
) -> Result<Report, LoadError> {
    options.check()?;
    if !(connections.is_empty() || options.keep_alive && connections.len() <= options.connections) {
        return Err(LoadError::Conflict(
            "connections that are given have to be kept, and no more than the run has",
        ));
    }
    let target = Target::of(options)?;
    let run = Run::new(options, &target, connections)?;
    descriptors::make_room(options.connections)?;
    connect_once(&target, options.timeout)?;
    let mut summary = Summary::new(run.threads);
    let ended = run.all_threads(&mut summary, observer)?;
    let is_echo = target.protocol == Protocol::WebSocket;
    Ok(Report::new(options, target.url.clone(), is_echo, summary, &ended))
}

/// What is spoken instead of HTTP/1.1, with what it cannot do.
fn protocol(
    options: &Options,
    target: &Target,
    request: &Request,
) -> Result<Option<ProtocolTarget>, LoadError> {
    match target.protocol {
        Protocol::Http | Protocol::Http2 if options.broadcasts => {
            Err(LoadError::Conflict("only messages of WebSockets are broadcast"))
        }
        Protocol::Http => Ok(None),
        Protocol::Http2 if !options.keep_alive => {
            Err(LoadError::Conflict("connections of HTTP/2 are always kept alive"))
        }
        Protocol::Http2 if options.occasional.is_some() => {
            Err(LoadError::Conflict("requests over HTTP/2 are all alike"))
        }
        Protocol::Http2 => {
            let http2 = Http2Target::new(target, request, &options.method, &options.body)?;
            Ok(Some(ProtocolTarget::Http2(http2)))
        }
        Protocol::WebSocket if !options.keep_alive => {
            Err(LoadError::Conflict("WebSocket connections are always kept alive"))
        }
        Protocol::WebSocket if options.occasional.is_some() => {
            Err(LoadError::Conflict("WebSocket messages are all alike"))
        }
        Protocol::WebSocket => {
            let echo = EchoTarget::new(target, request, &options.body);
            Ok(Some(ProtocolTarget::Echo(echo)))
        }
    }
}

/// A server that is not there is told at once and not counted.
fn connect_once(target: &Target, timeout: Duration) -> Result<(), LoadError> {
    let address = target.address;
    match TcpStream::connect_timeout(&address, timeout) {
        Ok(_) => Ok(()),
        Err(source) => Err(LoadError::Unreachable { address, source }),
    }
}

struct Run<'a> {
    options: &'a Options,
    target: &'a Target,
    request: Request,
    tls: Option<TlsTarget>,
    protocol: Option<ProtocolTarget>,
    threads: usize,
    /// Connections that are open already; each thread takes its share.
    given: Mutex<Vec<TcpStream>>,
    is_broken_off: Arc<AtomicBool>,
    /// Every thread waits here until all are prepared.
    gate: Barrier,
    start: OnceLock<Instant>,
}

impl<'a> Run<'a> {
    fn new(options: &'a Options, target: &'a Target, given: Vec<TcpStream>) -> Result<Self, LoadError> {
        let request = Request::new(options, target)?;
        let threads = options.threads_used();
        let protocol = protocol(options, target, &request)?;
        Ok(Run {
            options,
            target,
            request,
            tls: target
                .is_tls
                .then(|| TlsTarget::new(options, target))
                .transpose()?,
            protocol,
            threads,
            given: Mutex::new(given),
            is_broken_off: Arc::default(),
            gate: Barrier::new(threads),
            start: OnceLock::new(),
        })
    }

    fn all_threads(&self, summary: &mut Summary, observer: &mut dyn Observer) -> Result<Ended, LoadError> {
        let (sender, news) = channel();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|position| {
                    let sender = sender.clone();
                    scope.spawn(move || self.one_thread(position, sender))
                })
                .collect();
            drop(sender);
            self.listen(&news, summary, observer);
            threads.into_iter().try_fold(Ended::default(), join)
        })
    }

    fn one_thread(&self, position: usize, news: Sender<News>) -> Result<Outcome, LoadError> {
        let plan = self.plan(position);
        let given = self.take_given(plan.connections);
        let worker = Worker::new(
            plan,
            self.layers(),
            self.request.sequence(self.options.pipelining),
            self.pacing(position),
            news,
        );
        let prepared = worker.and_then(|mut worker| worker.prepare(given).map(|()| worker));
        // Whoever failed comes here too, or the others would wait for ever.
        self.gate.wait();
        let start = *self.start.get_or_init(Instant::now);
        Ok(prepared?.run(start)?)
    }

    fn listen(&self, news: &Receiver<News>, summary: &mut Summary, observer: &mut dyn Observer) {
        let mut warm = 0;
        for news in news {
            match news {
                News::CountingBegins => {
                    warm += 1;
                    if warm == self.threads {
                        observer.counting_begins();
                    }
                }
                News::Second(sample) => {
                    if let Some(second) = summary.add(*sample) {
                        observer.second(second);
                        self.is_broken_off
                            .store(observer.is_interrupted(), Ordering::Relaxed);
                    }
                }
            }
        }
    }

    fn plan(&self, position: usize) -> Plan {
        Plan {
            address: self.target.address,
            connections: share(self.options.connections as u64, position, self.threads) as usize,
            keep_alive: self.options.keep_alive,
            broadcasts: self.options.broadcasts,
            timeout_ns: nanoseconds(self.options.timeout),
            warm_up_ns: nanoseconds(self.options.warm_up),
            records: self.options.records,
            is_broken_off: self.is_broken_off.clone(),
        }
    }

    fn take_given(&self, connections: usize) -> Vec<TcpStream> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = connections.min(given.len());
        given.drain(..taken).collect()
    }

    fn layers(&self) -> Layers {
        Layers {
            http: HttpShared {
                cache: HeadCache::new(&self.options.method),
                verifier: Verifier::new(self.options.expect.clone(), &self.options.method),
            },
            tls: self.tls.clone(),
            protocol: self.protocol.clone(),
            plain: Vec::new(),
        }
    }

    fn pacing(&self, position: usize) -> Pacing {
        let depth = self.options.pipelining;
        let warm_up_ns = nanoseconds(self.options.warm_up);
        let (end_ns, requests) = match self.options.stop {
            Stop::After(duration) => (warm_up_ns.saturating_add(nanoseconds(duration)), u64::MAX),
            Stop::Requests(requests) => (u64::MAX, share(requests, position, self.threads)),
        };
        let Pace::Rate(rate) = self.options.pace else {
            return Pacing::Closed {
                depth,
                end_ns,
                left: requests,
                warm_up_ns,
            };
        };
        let schedule = Schedule::new(rate, position, self.threads);
        let (schedule, end_ns, is_timed) = match self.options.stop {
            Stop::After(_) => (schedule.until(end_ns), end_ns, true),
            Stop::Requests(_) => {
                // A server that answers nothing ends the run as well.
                let last_ns =
                    warm_up_ns.saturating_add((requests as f64 * 1e9 * self.threads as f64 / rate) as u64);
                let end_ns = last_ns.saturating_add(nanoseconds(self.options.timeout));
                (schedule.for_requests(warm_up_ns, requests), end_ns, false)
            }
        };
        Pacing::Open {
            depth,
            schedule,
            end_ns,
            is_timed,
            warm_up_ns,
        }
    }
}

fn join(
    mut ended: Ended,
    thread: ScopedJoinHandle<'_, Result<Outcome, LoadError>>,
) -> Result<Ended, LoadError> {
    let outcome = thread.join().map_err(|_| LoadError::Panicked)??;
    ended.cpu = ended.cpu.plus(outcome.cpu);
    ended.unsent += outcome.unsent;
    ended.elapsed_ns = ended.elapsed_ns.max(outcome.elapsed_ns);
    Ok(ended)
}

/// Part `position` of `parts` of an amount; the first parts take the remainder.
fn share(amount: u64, position: usize, parts: usize) -> u64 {
    let (position, parts) = (position as u64, parts as u64);
    amount / parts + u64::from(position < amount % parts)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        for (amount, parts) in [(10, 3), (2, 4), (50, 1), (7, 7)] {
            assert_eq!(
                (0..parts)
                    .map(|position| share(amount, position, parts))
                    .sum::<u64>(),
                amount
            );
        }
    }
}
