//! Responses that are kept: what all cores share of them, and each core's way in.
//!
//! Owns which programs share entries. Never decides what is kept: `howth_response_cache` does. Called by: the process, which has the
//! memory; each core, between engine and application; the reception, with events; its loop.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use howth_engine::{Event, Exchanges};
use howth_response_cache::{CachedExchanges, CoreCache, Noted, ResponseCache};
use howth_scheduling::{Application, Counters, Observer, Reception, Waiting, now_us};

/// The memory that all cores share, and which program uses it: what one has made, those that follow it never give.
#[derive(Clone, Debug)]
pub(crate) struct SharedResponses {
    cache: Arc<ResponseCache>,
    generation: u32,
}

impl SharedResponses {
    pub(crate) fn new(bytes_max: usize) -> Self {
        SharedResponses {
            cache: Arc::new(ResponseCache::new(bytes_max)),
            generation: 0,
        }
    }

    /// The same memory for the program that follows.
    pub(crate) fn renewed(&self) -> Self {
        SharedResponses {
            cache: self.cache.clone(),
            generation: self.generation.wrapping_add(1),
        }
    }

    /// What programs ask and purge.
    pub(crate) fn cache(&self) -> Arc<ResponseCache> {
        self.cache.clone()
    }

    /// A core's part.
    pub(crate) fn of_core(&self, counters: Arc<Counters>) -> KeptResponses {
        let count = move |noted| match noted {
            Noted::Hit => counters.cache_hits.add(1),
            Noted::Miss => counters.cache_misses.add(1),
            Noted::Waited => counters.cache_waited.add(1),
        };
        KeptResponses {
            core: CoreCache::new(self.cache(), self.generation, now_us, count),
            own: Rc::default(),
        }
    }
}

/// What a core has for it.
#[derive(Clone)]
pub(crate) struct KeptResponses {
    core: Rc<CoreCache>,
    /// What is beneath, once there is an engine.
    own: Rc<OnceCell<Rc<dyn Exchanges>>>,
}

impl fmt::Debug for KeptResponses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("KeptResponses").field(&self.core).finish()
    }
}

impl KeptResponses {
    /// What the application is to use in the place of `own`.
    pub(crate) fn join(&self, own: Rc<dyn Exchanges>) -> Rc<dyn Exchanges> {
        // A core has one engine; were there another, nobody of it would wait too long.
        let _ = self.own.set(own.clone());
        Rc::new(CachedExchanges::new(own, self.core.clone()))
    }

    /// What makes routes.
    pub(crate) fn core(&self) -> &Rc<CoreCache> {
        &self.core
    }

    /// When [`give_back`](Self::give_back) has something to do if nothing happens.
    pub(crate) fn next_end_us(&self) -> Option<u64> {
        self.core.next_end_us()
    }

    /// Whether [`give_back`](Self::give_back) has something to do.
    pub(crate) fn has_returned(&self) -> bool {
        self.core.has_returned()
    }

    /// Gives the application the requests that have waited for another's response in vain; true: there were any.
    pub(crate) fn give_back(&self, reception: &Reception<impl Application>) -> bool {
        if let Some(own) = self.own.get() {
            self.core.end_waits(&**own);
        }
        let returned = self.core.take_returned();
        for id in &returned {
            reception.insert(Waiting {
                event: Event::Request(*id),
                arrived_us: now_us(),
            });
        }
        !returned.is_empty()
    }
}

impl Observer for KeptResponses {
    fn note(&self, event: Event, _: u64) {
        match event {
            Event::Aborted(id) | Event::Completed(id) => self.core.note_end(id),
            Event::Disconnected(id) => self.core.note_disconnected(id),
            _ => {}
        }
    }
}
