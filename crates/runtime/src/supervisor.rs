//! The main thread: starts the cores, listens to signals and reports, ends the process.
//!
//! Owns the number of cores and the order of events at start and stop. Never serves. The first core starts
//! alone, so that a program that fails, fails once; the others follow when it listens.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use howth_mesh::{Receiver, Sender, lane};

use crate::affinity::{allowed_processors, usable_cores};
use crate::bridge;
use crate::core::{self, Ended, Mode, Order, Report, Shared, Street, Termination, Watchdog};
use crate::engine::Chosen;
use crate::error::Error;
use crate::isolate::{self, Process, ProcessOptions};
use crate::listen::{Address, Listeners};
use crate::modules::{Cache, Modules};
use crate::open_files;
use crate::options::Options;
use crate::signals::Signals;
use crate::startup_code::StartupCode;
use crate::watch::Watch;

/// Messages a lane of orders or reports holds; there are never more than a few.
const LANE_LENGTH: usize = 8;

/// How long cores may take to break everything off, once the drain deadline has passed; and then, once their
/// JavaScript was ended.
const ABORT_GRACE: Duration = Duration::from_secs(1);

pub(crate) fn supervise(mode: Mode, options: Options) -> Result<ExitCode, Error> {
    isolate::initialize(&options.v8_flags)?;
    let chosen = Chosen::by(options.engine)?;
    open_files::raise_limit();
    let cores = match (options.cores, mode) {
        _ if options.watch => NonZeroUsize::MIN,
        (Some(cores), _) => cores,
        (None, Mode::Serve) => usable_cores(),
        (None, Mode::Run) => NonZeroUsize::MIN,
    };
    if let Some(address) = options.inspect {
        isolate::listen_for_debugger(address).map_err(|error| Error::Inspect(error.to_string()))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Core)?;
    let listeners = Listeners::new(options.listen.clone(), options.watch);
    let options = Arc::new(options);
    let ended = runtime.block_on(supervise_until_the_end(mode, options, chosen, &listeners, cores));
    listeners.close_kept();
    ended
}

async fn supervise_until_the_end(
    mode: Mode,
    options: Arc<Options>,
    chosen: Chosen,
    listeners: &Arc<Listeners>,
    cores: NonZeroUsize,
) -> Result<ExitCode, Error> {
    let mut signals = Signals::new().map_err(Error::Core)?;
    let mut watch = Watch::new(&options)?;
    let watchdog = Arc::new(Watchdog::default());
    loop {
        let started = shared(mode, &options, &chosen, listeners, &watchdog, cores);
        let ended = match started {
            Ok(shared) => Supervisor::new(shared, cores).run(&mut signals, &mut watch).await,
            Err(error) => Err(error),
        };
        match ended {
            Ok(Outcome::Exit(code)) => return Ok(code),
            Ok(Outcome::Restart) => {}
            Err(error) if options.watch => {
                eprintln!("howth: {error}\nhowth: waiting for a change");
                if let Some(code) = wait_for_change(&mut signals, &mut watch).await {
                    return Ok(code);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Finds the program anew: its files may have changed since the last start.
fn shared(
    mode: Mode,
    options: &Arc<Options>,
    chosen: &Chosen,
    listeners: &Arc<Listeners>,
    watchdog: &Arc<Watchdog>,
    cores: NonZeroUsize,
) -> Result<Shared, Error> {
    let working_directory = std::env::current_dir().map_err(Error::Core)?;
    let cache = options.cache.as_deref().map(Cache::new);
    let modules = Modules::discover(&options.entry, &working_directory, cache)?;
    let heap_bytes_max = options
        .heap_bytes_max
        .unwrap_or_else(|| isolate::heap_bytes_default(isolate::memory_bytes(), cores));
    let process = Process::new(
        modules,
        ProcessOptions {
            version: env!("CARGO_PKG_VERSION"),
            arguments: options.arguments.clone(),
            worker_heap_bytes_max: heap_bytes_max,
            kv_bytes_max: options.kv_bytes_max,
            worker_ops: Some(bridge::worker_extension),
            inspect: options.inspect.is_some(),
        },
    );
    Ok(Shared {
        mode,
        options: options.clone(),
        process,
        chosen: chosen.clone(),
        listeners: listeners.clone(),
        watchdog: watchdog.clone(),
        counters: (0..cores.get()).map(|_| Arc::default()).collect(),
        street: (cores.get() > 1 && options.exchange).then(|| Street::new(cores.get())),
        heap_bytes_max,
    })
}

async fn wait_for_change(signals: &mut Signals, watch: &mut Watch) -> Option<ExitCode> {
    poll_fn(|context| {
        if signals.poll(context).is_ready() {
            return Poll::Ready(Some(ExitCode::SUCCESS));
        }
        watch.poll_changed(context).map(|()| None)
    })
    .await
}

enum Outcome {
    Exit(ExitCode),
    Restart,
}

/// One thread and its lanes.
struct Core {
    orders: Sender<Order>,
    reports: Receiver<Report>,
    termination: Arc<Termination>,
    /// It has served: a new isolate can be expected to serve as well.
    has_listened: bool,
    is_ended: bool,
}

struct Supervisor {
    shared: Shared,
    wanted: usize,
    processors: Vec<usize>,
    cores: Vec<Core>,
    phase: Phase,
    startup_code: Option<StartupCode>,
    is_restarting: bool,
    code: i32,
}

enum Phase {
    Serving,
    /// Until the deadline requests in flight are finished.
    Draining(std::pin::Pin<Box<tokio::time::Sleep>>),
    /// Until the deadline cores break off what they do.
    Aborting(std::pin::Pin<Box<tokio::time::Sleep>>),
    /// Until the deadline cores whose JavaScript heard no orders, and was ended, come to their end.
    Terminating(std::pin::Pin<Box<tokio::time::Sleep>>),
}

impl Supervisor {
    fn new(shared: Shared, wanted: NonZeroUsize) -> Self {
        Supervisor {
            shared,
            wanted: wanted.get(),
            processors: allowed_processors(),
            cores: Vec::new(),
            phase: Phase::Serving,
            startup_code: None,
            is_restarting: false,
            code: 0,
        }
    }

    async fn run(mut self, signals: &mut Signals, watch: &mut Watch) -> Result<Outcome, Error> {
        self.start_core()?;
        poll_fn(|context| self.poll(context, signals, watch)).await
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
        signals: &mut Signals,
        watch: &mut Watch,
    ) -> Poll<Result<Outcome, Error>> {
        while let Poll::Ready(number) = signals.poll(context) {
            let is_draining = !matches!(self.phase, Phase::Serving);
            if is_draining && !self.is_restarting {
                // The second signal: whoever sends it does not want to wait.
                return Poll::Ready(Ok(Outcome::Exit(ExitCode::from(128 + number))));
            }
            self.is_restarting = false;
            self.shared.listeners.close_kept();
            self.drain(Order::Drain { by_signal: true });
        }
        if matches!(self.phase, Phase::Serving) && watch.poll_changed(context).is_ready() {
            self.is_restarting = true;
            self.drain(Order::Drain { by_signal: false });
        }
        // A report may start further cores, whose lanes are to be looked at as well before this sleeps.
        loop {
            let reports = self.take_reports(context);
            if reports.is_empty() {
                break;
            }
            for (index, report) in reports {
                self.take_report(index, report)?;
            }
        }
        if self.cores.iter().all(|core| core.is_ended) {
            return Poll::Ready(Ok(self.outcome()));
        }
        if let Some(startup_code) = &mut self.startup_code {
            startup_code.poll(context);
        }
        self.poll_deadline(context)
    }

    fn outcome(&self) -> Outcome {
        match self.is_restarting {
            true => Outcome::Restart,
            false => Outcome::Exit(ExitCode::from(self.code.clamp(0, 255) as u8)),
        }
    }

    fn take_reports(&mut self, context: &mut Context<'_>) -> VecDeque<(usize, Report)> {
        let mut taken = VecDeque::new();
        for (index, core) in self.cores.iter_mut().enumerate() {
            while !core.is_ended {
                match core.reports.poll_receive(context) {
                    Poll::Ready(Some(report)) => taken.push_back((index, report)),
                    Poll::Ready(None) => {
                        core.is_ended = true;
                        // The thread is gone without a word: it panicked, and has said why on stderr.
                        if !taken.iter().any(|(of, report)| *of == index && is_end(report)) {
                            self.code = 1;
                        }
                    }
                    Poll::Pending => break,
                }
            }
        }
        taken
    }

    fn take_report(&mut self, index: usize, report: Report) -> Result<(), Error> {
        match report {
            Report::Listening { address, is_local } => self.listening(index, &address, is_local),
            Report::Ended(Ok(Ended::Finished(code))) => {
                self.cores[index].is_ended = true;
                self.code = self.code.max(code);
                Ok(())
            }
            Report::Ended(Ok(Ended::HeapLimit)) => self.restart_core(index),
            Report::Ended(Ok(Ended::Deaf)) => {
                self.cores[index].is_ended = true;
                eprintln!("howth: core {index} still ran JavaScript after the drain; it was ended there");
                Ok(())
            }
            Report::Ended(Err(error)) => {
                self.cores[index].is_ended = true;
                self.fail(index, error)
            }
        }
    }

    /// A core has failed, and the process with it; but during a drain the others finish what is in flight, and a
    /// core that had not begun to serve was no longer wanted.
    fn fail(&mut self, index: usize, error: Error) -> Result<(), Error> {
        if matches!(self.phase, Phase::Serving) {
            return Err(error);
        }
        if self.cores[index].has_listened {
            eprintln!("howth: {error}");
            self.code = self.code.max(1);
        }
        Ok(())
    }

    fn listening(&mut self, index: usize, address: &Address, is_local: bool) -> Result<(), Error> {
        self.cores[index].has_listened = true;
        if index == 0 && self.cores.len() == 1 {
            if is_local {
                self.wanted = 1;
            }
            self.announce(address);
            while self.cores.len() < self.wanted && matches!(self.phase, Phase::Serving) {
                self.start_core()?;
            }
        }
        if self.cores.len() == self.wanted && self.cores.iter().all(|core| core.has_listened) {
            self.startup_code = Some(StartupCode::new());
        }
        Ok(())
    }

    fn announce(&self, address: &Address) {
        if self.shared.options.quiet {
            return;
        }
        let cores = match self.wanted {
            1 => "1 core".to_owned(),
            several => format!("{several} cores"),
        };
        println!(
            "howth {} listening on {} ({cores}, {}; V8 {})",
            env!("CARGO_PKG_VERSION"),
            address.url(),
            self.shared.chosen,
            crate::versions().v8,
        );
    }

    fn start_core(&mut self) -> Result<(), Error> {
        let core = self.spawn(self.cores.len())?;
        self.cores.push(core);
        Ok(())
    }

    fn spawn(&self, index: usize) -> Result<Core, Error> {
        let (orders, order_receiver) = lane(LANE_LENGTH);
        let (report_sender, reports) = lane(LANE_LENGTH);
        // One core needs no place of its own: the kernel knows better where there is room.
        let processor = match self.processors.len() {
            0 => None,
            _ if self.wanted == 1 => None,
            count => Some(self.processors[index % count]),
        };
        let termination = Arc::new(Termination::default());
        core::spawn(
            index,
            processor,
            self.shared.clone(),
            termination.clone(),
            order_receiver,
            report_sender,
        )
        .map_err(Error::Core)?;
        Ok(Core {
            orders,
            reports,
            termination,
            has_listened: false,
            is_ended: false,
        })
    }

    /// A core whose heap was full gets a new isolate; the others never stopped.
    fn restart_core(&mut self, index: usize) -> Result<(), Error> {
        let heap_mib = self.shared.heap_bytes_max >> 20;
        let is_hopeless = !self.cores[index].has_listened;
        if is_hopeless || !matches!(self.phase, Phase::Serving) || self.shared.mode == Mode::Run {
            self.cores[index].is_ended = true;
            let error = Error::HeapLimit {
                core: index,
                heap_mib,
            };
            return self.fail(index, error);
        }
        eprintln!(
            "howth: core {index} reached its heap limit of {heap_mib} MiB and starts again; \
             raise it with --max-heap"
        );
        self.cores[index] = self.spawn(index)?;
        Ok(())
    }

    fn drain(&mut self, order: Order) {
        self.order(order);
        if !matches!(self.phase, Phase::Serving) {
            return;
        }
        let deadline = tokio::time::sleep(self.shared.options.drain);
        self.phase = Phase::Draining(Box::pin(deadline));
    }

    fn order(&mut self, order: Order) {
        for core in &mut self.cores {
            // A core that is gone needs no order.
            let _ = core.orders.send(order);
        }
    }

    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<Result<Outcome, Error>> {
        let grace = || Box::pin(tokio::time::sleep(ABORT_GRACE));
        if let Phase::Draining(deadline) = &mut self.phase
            && deadline.as_mut().poll(context).is_ready()
        {
            self.order(Order::Abort);
            self.phase = Phase::Aborting(grace());
        }
        if let Phase::Aborting(deadline) = &mut self.phase
            && deadline.as_mut().poll(context).is_ready()
        {
            for core in self.cores.iter().filter(|core| !core.is_ended) {
                core.termination.terminate();
            }
            self.phase = Phase::Terminating(grace());
        }
        if let Phase::Terminating(deadline) = &mut self.phase
            && deadline.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(self.give_up());
        }
        Poll::Pending
    }

    /// A core hangs in native code, a child process it waits for perhaps. It still has its sockets, so that
    /// nothing can be started beside it: the process ends.
    fn give_up(&self) -> Result<Outcome, Error> {
        if let Some(core) = self.cores.iter().position(|core| !core.is_ended) {
            eprintln!(
                "howth: core {core} hangs outside of JavaScript and cannot be ended; howth ends with it"
            );
        }
        match self.is_restarting {
            true => Ok(Outcome::Exit(ExitCode::FAILURE)),
            false => Ok(self.outcome()),
        }
    }
}

fn is_end(report: &Report) -> bool {
    matches!(report, Report::Ended(_))
}
