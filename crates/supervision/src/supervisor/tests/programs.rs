//! Programs in memory: their cores are threads that run closures, listen and obey.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::{fmt, future::poll_fn, io, num::NonZeroUsize};

use howth_mesh::{Receiver, Sender};

use crate::core_slot::CoreSlot;
use crate::error::Error;
use crate::listen::{CoreListeners, Lease, Listeners, Wanted};
use crate::order::{Ended, Order, Report};
use crate::runtime::{Failure, Runtime, Terminate};

#[derive(Debug)]
pub(super) enum Broken {
    Itself(Error),
    Faulty,
    Thrown,
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl std::error::Error for Broken {}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Broken::Itself(error)
    }
}

impl Failure for Broken {
    fn restarts(&self) -> bool {
        matches!(self, Broken::Thrown)
    }
}

/// What happened, in order.
pub(super) type Log = Arc<Mutex<Vec<String>>>;

/// What a core of a program does, from its thread's start to its end.
pub(super) type Program = Arc<dyn Fn(&mut Core) -> Result<Ended, Broken> + Send + Sync>;

/// A core, as its program sees it.
pub(super) struct Core {
    name: String,
    pub(super) core_slot: CoreSlot,
    listeners: Arc<Listeners>,
    orders: Receiver<Order>,
    reports: Sender<Report<Broken>>,
    pub(super) lease: Option<Lease>,
    own: Option<CoreListeners>,
    pub(super) is_terminated: Arc<AtomicBool>,
    log: Log,
}

impl Core {
    pub(super) fn note(&self, what: &str) {
        let line = format!("{} {what}", self.name);
        self.log.lock().expect("a list").push(line);
    }

    /// Gives the port.
    pub(super) fn listen(&mut self) -> u16 {
        let own = self.listeners.of_core(self.core_slot.index);
        let listened = own.listen(&Wanted::default());
        own.settle();
        self.own = Some(own);
        let (_, address, lease) = listened.expect("a free port");
        self.lease = Some(lease);
        self.note("listens");
        let port = address.port;
        let report = Report::Listening {
            address,
            is_local: false,
            is_silent: false,
        };
        self.reports.send(report).expect("room");
        port
    }

    /// Obeys orders until it is to end.
    pub(super) fn obey(&mut self) -> Result<Ended, Broken> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime");
        loop {
            let order = runtime.block_on(poll_fn(|context| self.orders.poll_receive(context)));
            match order {
                Some(Order::Serve) => self.note("serves"),
                Some(Order::Adopt(_)) => self.note("adopts"),
                Some(Order::HandOver(_)) => self.note("hands over"),
                Some(Order::Drain { .. }) => self.note("drains"),
                Some(Order::Abort) | None => self.note("aborts"),
            }
            if !matches!(order, Some(Order::Serve | Order::Adopt(_))) {
                return Ok(Ended::Finished(0));
            }
        }
    }
}

/// A program that serves until it is told to end.
pub(super) fn serving(core: &mut Core) -> Result<Ended, Broken> {
    core.listen();
    core.obey()
}

/// One whose first cores do something else once they listen, so many of them.
pub(super) fn serving_but(count: usize, instead: fn(&mut Core) -> Result<Ended, Broken>) -> Program {
    let left = Mutex::new(count);
    Arc::new(move |core| {
        core.listen();
        let is_special = {
            let mut left = left.lock().expect("a number");
            let is_special = *left > 0;
            *left = left.saturating_sub(1);
            is_special
        };
        match is_special {
            true => instead(core),
            false => core.obey(),
        }
    })
}

struct End(Arc<AtomicBool>);

impl Terminate for End {
    fn terminate(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Programs that are found one after the other.
pub(super) struct Programs {
    found: RefCell<VecDeque<Option<Program>>>,
    log: Log,
    listeners: RefCell<Option<Arc<Listeners>>>,
    count: Cell<usize>,
}

impl Programs {
    /// `None`: the search fails.
    pub(super) fn new(programs: impl IntoIterator<Item = Option<Program>>, log: Log) -> Self {
        Programs {
            found: RefCell::new(programs.into_iter().collect()),
            log,
            listeners: RefCell::default(),
            count: Cell::new(0),
        }
    }
}

impl Runtime for Programs {
    type Program = (usize, Program);
    type Failure = Broken;

    fn find(
        &self,
        listeners: &Arc<Listeners>,
        _: NonZeroUsize,
        _: Option<&Self::Program>,
    ) -> Result<Self::Program, Broken> {
        self.listeners.replace(Some(listeners.clone()));
        let found = self.found.borrow_mut().pop_front().flatten();
        self.count.set(self.count.get() + 1);
        Ok((self.count.get(), found.ok_or(Broken::Faulty)?))
    }

    fn start_core(
        &self,
        (number, program): &Self::Program,
        core_slot: CoreSlot,
        orders: Receiver<Order>,
        reports: Sender<Report<Broken>>,
    ) -> io::Result<Arc<dyn Terminate>> {
        let is_terminated = Arc::new(AtomicBool::new(false));
        let mut core = Core {
            name: format!("{number}/{}", core_slot.index),
            core_slot,
            listeners: self.listeners.borrow().clone().expect("it was found"),
            orders,
            reports,
            lease: None,
            own: None,
            is_terminated: is_terminated.clone(),
            log: self.log.clone(),
        };
        let program = program.clone();
        std::thread::Builder::new().spawn(move || {
            let ended = program(&mut core);
            if ended.is_ok() {
                core.note("ends");
            }
            core.lease = None;
            let _ = core.reports.send(Report::Ended(ended));
        })?;
        Ok(Arc::new(End(is_terminated)))
    }

    fn heap_bytes_max(&self, _: &Self::Program) -> usize {
        8 << 20
    }

    fn was_listened_for(&self, _: i32) -> bool {
        false
    }

    fn description(&self) -> String {
        "in memory".to_owned()
    }
}
