//! A core: one thread that owns one isolate and one engine.
//!
//! Owns the thread's life: tokio runtime, isolate, program, loop, end. Orders come from the supervisor over a
//! lane, reports go back over another; nothing else is shared with other cores but what the process shares.

mod engine_counters;
mod event_loop;
#[cfg(test)]
pub(crate) mod fault;
mod interrupt;
mod opener;
mod termination;
mod trace;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use howth_mesh::{Receiver, Sender};
use howth_scheduling::{self as scheduling, CoreStatus, Counters, Settings, Watchdog};
use howth_supervision::{
    self as supervision, CoreListeners, CoreSlot, Ended, Frequency, Listeners, Mode, Order, Report, pin, tell,
};

use crate::bridge::{self, Application, Before, Bridge, Configuration, Exceptions, Numbers, Policy};
use crate::compression::{Compression, SharedCompression};
use crate::engine::Chosen;
use crate::error::Error;
use crate::isolate::{Isolate, IsolateOptions, Process};
use crate::options::Options;
use crate::request_log::RequestLog;
use crate::response_cache::KeptResponses;
use crate::server_timing::ServerTiming;
use crate::tls::Secured;
use crate::topics::{Mail, MeshAddress, TopicMessage};
use event_loop::EventLoop;
use interrupt::EngineSlot;
use opener::{CoreOpener, Opened};
use termination::Reason;

pub(crate) use termination::Termination;

/// The other cores, as one sees them.
type PeerCores = scheduling::PeerCores<Mail>;

/// All cores of a program, as far as they know of each other.
pub(crate) type Topology = scheduling::Topology<TopicMessage>;

/// What all cores of a process have in common.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) mode: Mode,
    pub(crate) options: Arc<Options>,
    pub(crate) process: Process,
    pub(crate) chosen: Chosen,
    pub(crate) listeners: Arc<Listeners>,
    /// What seals their connections.
    pub(crate) secured: Arc<Secured>,
    /// Where responses are compressed.
    pub(crate) compression: Option<SharedCompression>,
    pub(crate) watchdog: Arc<Watchdog>,
    /// Of each core.
    pub(crate) counters: Arc<[Arc<Counters>]>,
    /// Restarts after uncaught exceptions, by the cores' places.
    pub(crate) restarts: Arc<[Arc<Mutex<Frequency>>]>,
    /// Where there are several cores.
    pub(crate) topology: Option<Arc<Topology>>,
    pub(crate) heap_bytes_max: usize,
}

/// Starts the thread of a core.
///
/// # Errors
/// The thread could not be made.
pub(crate) fn spawn(
    core_slot: CoreSlot,
    shared: Shared,
    termination: Arc<Termination>,
    orders: Receiver<Order>,
    mut reports: Sender<Report<Error>>,
) -> io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new()
        .name(format!("core-{}", core_slot.index))
        // V8 checks its own limit of 1 MiB; TypeScript's parser recurses as well.
        .stack_size(8 << 20)
        .spawn(move || {
            if let Some(processor) = core_slot.processor {
                pin(processor);
            }
            let ended = run(core_slot, shared, termination, orders, &mut reports);
            // The supervisor reads until this comes; a lane that is full or closed has nobody to tell.
            let _ = reports.send(Report::Ended(ended));
        })
}

fn run(
    core_slot: CoreSlot,
    shared: Shared,
    termination: Arc<Termination>,
    orders: Receiver<Order>,
    reports: &mut Sender<Report<Error>>,
) -> Result<Ended, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(supervision::Error::Core)?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        let opened = Rc::new(RefCell::new(Opened::default()));
        let engine = EngineSlot::default();
        let place = Place::new(core_slot, &shared);
        let application = start_application(&place, &shared, &termination, &engine, &opened);
        let ended = EventLoop::new(
            &shared,
            place,
            application,
            engine,
            opened,
            termination.clone(),
            (orders, reports),
        )
        .run()
        .await;
        // What was terminated ends with an error of its own, which says nothing.
        match (ended, termination.reason()) {
            (Err(_), Some(reason)) => Ok(reason.into()),
            (ended, _) => ended,
        }
    })
}

/// The core among the others.
struct Place {
    core_slot: CoreSlot,
    core_status: Arc<CoreStatus>,
    counters: Arc<Counters>,
    /// Where it listens.
    listeners: Rc<CoreListeners>,
    /// The messages of its isolate.
    mail: Rc<Mail>,
    /// Where there are any.
    peer_cores: Option<Rc<PeerCores>>,
    /// Where requests are logged.
    log: Option<Rc<RequestLog>>,
    /// Where responses are compressed.
    compression: Option<Rc<Compression>>,
    /// Where responses say how long they took.
    timing: Option<Rc<ServerTiming>>,
    /// What is kept of responses.
    kept_responses: KeptResponses,
}

impl Place {
    fn new(core_slot: CoreSlot, shared: &Shared) -> Self {
        let core_status = Arc::new(CoreStatus::default());
        let counters = shared.counters[core_slot.index].clone();
        let topology = shared.topology.clone();
        let (options, compression) = (&shared.options, shared.compression.clone());
        let address = topology.as_ref().map(|topology| MeshAddress {
            mesh: topology.number(),
            core: core_slot.index,
        });
        let mail = Mail::new(address);
        let peer_cores = topology.map(|topology| {
            let (core_status, mail, counters) = (core_status.clone(), mail.clone(), counters.clone());
            let settings = Settings {
                shares_work: options.shares_work,
                affinity: options.affinity.clone(),
                connections_max: options.engine_options.connections_max as usize,
            };
            PeerCores::new(topology, core_slot.index, settings, core_status, mail, counters)
        });
        Place {
            listeners: Rc::new(shared.listeners.of_core(core_slot.index)),
            core_slot,
            core_status,
            mail,
            peer_cores,
            compression: compression.map(|shared| Compression::new(shared, counters.clone())),
            kept_responses: shared.process.responses().of_core(counters.clone()),
            counters,
            timing: options.server_timing.then(Rc::default),
            log: options
                .logs_requests
                .then(|| Rc::new(RequestLog::new(options.engine_options.clients.names_requests))),
        }
    }
}

fn start_application(
    place: &Place,
    shared: &Shared,
    termination: &Arc<Termination>,
    engine: &EngineSlot,
    opened: &Rc<RefCell<Opened>>,
) -> Application {
    let numbers = Numbers {
        core: place.core_slot.index,
        counters: shared.counters.clone(),
    };
    let opener = CoreOpener::new(place, shared, engine.clone(), opened.clone());
    let bridge = Bridge::new(Box::new(opener), numbers);
    bridge.set_exceptions(Exceptions::new(Policy {
        exceptions: shared.options.uncaught_exceptions,
        rejections: shared.options.unhandled_rejections,
        is_server: shared.mode == Mode::Serve,
        restarts: shared.restarts[place.core_slot.index].clone(),
    }));
    if let Some(timing) = &place.timing {
        bridge.set_timing(timing.clone());
    }
    match Before::open(&shared.options, shared.process.rate_limits()) {
        Ok(before) => bridge.set_before(before),
        // It was there when the program was started.
        Err(error) => tell(format_args!("howth: --dir: {error}")),
    }
    let at_heap_limit = termination.clone();
    let mut isolate = Isolate::start_on_core(
        &shared.process,
        IsolateOptions {
            heap_bytes_max: shared.heap_bytes_max,
            on_heap_limit: Box::new(move || at_heap_limit.note(Reason::HeapLimit)),
            ops: bridge::extension(bridge.clone()),
        },
        place.mail.clone(),
    );
    // What makes its routes.
    let state = isolate.worker.js_runtime.op_state();
    state.borrow_mut().put(place.kept_responses.clone());
    termination.set_isolate(isolate.worker.js_runtime.v8_isolate().thread_safe_handle());
    let configuration = Configuration {
        development: shared.options.development,
        is_run: shared.mode == Mode::Run,
        is_quiet: shared.options.quiet,
        compresses: shared.compression.is_some(),
        version: env!("CARGO_PKG_VERSION"),
    };
    Application::new(isolate, bridge, configuration)
}
