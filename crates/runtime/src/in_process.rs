//! What benchmarks and tests of the bridge drive: an application without an engine, isolates without a server.
//!
//! Owns nothing but an [`Application`], which is the crate's own. No part of what the crate offers, and so not
//! documented as such.

use std::rc::Rc;
use std::sync::Arc;

use deno_core::Extension;
use deno_core::error::CoreError;
use howth_engine::{Event, Exchanges, Handler, ListenerId, Place};
use howth_scheduling::Waiting;
use howth_supervision::{Address, ListenError};

use crate::bridge::{
    self, Application, Bridge, Configuration, Entry, Numbers, Opener, Opening, Served, Source,
};
use crate::isolate::{Isolate, IsolateOptions, Process};

const HEAP_BYTES_MAX: usize = 1 << 30;

/// The code of howth's ops for an isolate that cannot listen.
pub fn ops_without_server() -> Extension {
    bridge::worker_extension()
}

/// An application that answers the exchanges it is given.
pub struct InProcess {
    application: Application,
    /// Kept for its memory.
    waiting: Vec<Waiting>,
}

impl InProcess {
    /// Starts the process's entry module, which has to export a handler; it is told to listen, but nobody does.
    ///
    /// # Errors
    /// What evaluating the module says.
    ///
    /// # Panics
    /// When the module exports no handler, and where [`Isolate::start`] does.
    pub async fn start(process: &Process, exchanges: Rc<dyn Exchanges>) -> Result<Self, CoreError> {
        let numbers = Numbers {
            core: 0,
            counters: [Arc::default()].into(),
        };
        let bridge = Bridge::new(Box::new(Given(exchanges)), numbers);
        let isolate = Isolate::start(
            process,
            IsolateOptions {
                heap_bytes_max: HEAP_BYTES_MAX,
                on_heap_limit: Box::new(|| {}),
                ops: bridge::extension(bridge.clone()),
            },
        );
        let configuration = Configuration {
            development: false,
            is_run: false,
            is_quiet: true,
            compresses: false,
            version: env!("CARGO_PKG_VERSION"),
        };
        let mut application = Application::new(isolate, bridge, configuration);
        let module = application.isolate().run_entry(process.modules().entry()).await?;
        let exports = application.isolate().exports(module)?;
        assert_eq!(application.serve_module(&exports, false), Entry::Serves);
        Ok(InProcess {
            application,
            waiting: Vec::new(),
        })
    }
}

impl Handler for InProcess {
    fn on_batch(&mut self, events: &[Event]) {
        self.waiting.clear();
        self.waiting.extend(events.iter().map(|event| Waiting {
            event: *event,
            arrived_us: 0,
        }));
        let mut events = self.waiting.as_slice();
        while let Served::Done(done) = self.application.dispatch(events) {
            events = &events[done..];
            if events.is_empty() {
                return;
            }
        }
        unreachable!("nobody ends what runs here");
    }
}

/// Gives what there is.
struct Given(Rc<dyn Exchanges>);

impl Opener for Given {
    fn open(&self, _: Source<'_>) -> Result<Opening, ListenError> {
        Ok(Opening {
            listener: ListenerId::default(),
            place: Place::default(),
            address: address(),
            tls: None,
            trusts_proxies: false,
            exchanges: Some(self.0.clone()),
        })
    }
}

fn address() -> Address {
    Address {
        host: "127.0.0.1".to_owned(),
        port: 3000,
        ..Address::default()
    }
}
