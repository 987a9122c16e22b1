//! The mesh: a bounded ring for each ordered pair of cores.
//!
//! Owns what the cores share: the rings while nobody uses them, each core's [`Bell`], and how it is called. Never sends
//! or receives: that is the [`Endpoint`]'s. The mutexes are taken when a core joins, leaves, says how it is called, or
//! is called; a message takes none. Called by: cores, as they join.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crossbeam_utils::CachePadded;

use crate::Endpoint;
use crate::bell::{Bell, Call};

/// What interrupts a core that runs the application.
pub(crate) type Interrupt = Arc<dyn Fn() + Send + Sync>;

/// The cores of a process, joined by rings. Messages between two cores keep their order.
#[derive(Debug)]
pub struct Mesh<M> {
    places: Box<[Place<M>]>,
}

/// What belongs to one core, whether it is there or not.
#[derive(Debug)]
struct Place<M> {
    bell: CachePadded<Bell>,
    calls: Mutex<Calls>,
    /// `None` while an endpoint has them.
    rings: Mutex<Option<Rings<M>>>,
}

/// How a core is called from other threads.
#[derive(Default)]
struct Calls {
    waker: Option<Waker>,
    interrupt: Option<Interrupt>,
}

impl std::fmt::Debug for Calls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Calls")
            .field("waker", &self.waker)
            .field("interrupt", &self.interrupt.is_some())
            .finish()
    }
}

/// The ends of the rings that one core uses, by the core at the other end; none to itself.
#[derive(Debug)]
pub(crate) struct Rings<M> {
    pub(crate) outgoing: Box<[Option<rtrb::Producer<M>>]>,
    pub(crate) incoming: Box<[Option<rtrb::Consumer<M>>]>,
}

impl<M> Default for Rings<M> {
    fn default() -> Self {
        Rings {
            outgoing: Box::default(),
            incoming: Box::default(),
        }
    }
}

impl<M: Send> Mesh<M> {
    /// A mesh of `cores`, each of which may have `capacity` messages under way to each other one.
    pub fn new(cores: usize, capacity: usize) -> Arc<Self> {
        let places = rings(cores, capacity).map(|rings| Place {
            bell: CachePadded::new(Bell::new(cores)),
            calls: Mutex::default(),
            rings: Mutex::new(Some(rings)),
        });
        Arc::new(Mesh {
            places: places.collect(),
        })
    }

    /// Takes the place of a core; `None` while another endpoint has it. What was sent to the core before waits for the
    /// endpoint.
    ///
    /// # Panics
    /// When there is no such core.
    pub fn join(self: &Arc<Self>, core: usize) -> Option<Endpoint<M>> {
        let place = &self.places[core];
        let rings = lock(&place.rings).take()?;
        place.bell.awake();
        Some(Endpoint::new(self.clone(), core, rings))
    }
}

impl<M> Mesh<M> {
    /// How many cores there are, joined or not.
    pub fn cores(&self) -> usize {
        self.places.len()
    }

    /// Whether somebody has joined as that core.
    ///
    /// # Panics
    /// When there is no such core.
    pub fn is_joined(&self, core: usize) -> bool {
        self.places[core].bell.is_joined()
    }

    pub(crate) fn bell(&self, core: usize) -> &Bell {
        &self.places[core].bell
    }

    pub(crate) fn set_waker(&self, core: usize, waker: Waker) {
        lock(&self.places[core].calls).waker = Some(waker);
    }

    pub(crate) fn set_interrupt(&self, core: usize, interrupt: Interrupt) {
        lock(&self.places[core].calls).interrupt = Some(interrupt);
    }

    /// Says that `from` has put messages into the ring to `to`, and calls `to` if it has to be called.
    pub(crate) fn ring(&self, from: usize, to: usize) {
        let place = &self.places[to];
        match place.bell.ring(from) {
            Call::Nobody => {}
            Call::Waker => {
                // Cloned, so that nothing foreign runs under the lock.
                let waker = lock(&place.calls).waker.clone();
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
            Call::Interrupt => {
                let interrupt = lock(&place.calls).interrupt.clone();
                if let Some(interrupt) = interrupt {
                    interrupt();
                }
            }
        }
    }

    /// Takes back what [`join`](Self::join) gave.
    pub(crate) fn leave(&self, core: usize, rings: Rings<M>) {
        let place = &self.places[core];
        place.bell.leave();
        *lock(&place.calls) = Calls::default();
        // From here on, somebody else may join.
        *lock(&place.rings) = Some(rings);
        // Last: who waits for this core learns that it is gone.
        for peer in (0..self.cores()).filter(|peer| *peer != core) {
            self.ring(core, peer);
        }
    }
}

/// The ends of all rings, core by core.
fn rings<M>(cores: usize, capacity: usize) -> impl Iterator<Item = Rings<M>> {
    let mut incoming: Vec<Vec<Option<rtrb::Consumer<M>>>> = (0..cores).map(|_| Vec::new()).collect();
    let outgoing: Vec<Box<[Option<rtrb::Producer<M>>]>> = (0..cores)
        .map(|from| {
            let mut outgoing = Vec::with_capacity(cores);
            for (to, incoming) in incoming.iter_mut().enumerate() {
                let (producer, consumer) = (from != to).then(|| rtrb::RingBuffer::new(capacity)).unzip();
                outgoing.push(producer);
                incoming.push(consumer);
            }
            outgoing.into_boxed_slice()
        })
        .collect();
    outgoing
        .into_iter()
        .zip(incoming)
        .map(|(outgoing, incoming)| Rings {
            outgoing,
            incoming: incoming.into_boxed_slice(),
        })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics half-way through a change under any of these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
