//! Wakers that say which connection is ready, so that a turn looks at no other.
//!
//! Owns the list of woken connections and the waker of the runtime's root future. Never polls anything.
//! Called by: tokio's reactor, through [`Waker`]; the engine, which takes the list every turn.
//!
//! `Waker` must be `Send + Sync` by contract, hence the mutex; everything here runs on the core's own
//! thread, so it is never contended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// Stands for the listeners in the list of woken connections.
pub(crate) const LISTENER: u32 = u32::MAX;

/// What has been woken since the engine last looked.
#[derive(Default)]
pub(crate) struct WakeList {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    woken: Vec<Arc<Ready>>,
    root: Option<Waker>,
}

impl WakeList {
    /// Remembers whom to wake when something here becomes ready.
    pub(crate) fn set_root(&self, waker: &Waker) {
        let mut state = self.lock();
        match &mut state.root {
            Some(root) => root.clone_from(waker),
            root => *root = Some(waker.clone()),
        }
    }

    /// Wakes the root future, for work that belongs to no connection.
    pub(crate) fn wake_root(&self) {
        if let Some(root) = &self.lock().root {
            root.wake_by_ref();
        }
    }

    /// Moves the indexes of all woken connections to `indexes`.
    pub(crate) fn take(&self, indexes: &mut Vec<u32>) {
        for ready in self.lock().woken.drain(..) {
            ready.queued.store(false, Ordering::Relaxed);
            indexes.push(ready.index);
        }
    }

    /// A waker that puts `index` on the list.
    pub(crate) fn waker(self: &Arc<Self>, index: u32) -> Waker {
        Waker::from(Arc::new(Ready {
            index,
            queued: AtomicBool::new(false),
            list: Arc::clone(self),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A poisoned list is still a list: nothing here can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Ready {
    index: u32,
    queued: AtomicBool,
    list: Arc<WakeList>,
}

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        Ready::wake_by_ref(&self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.queued.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut state = self.list.lock();
        state.woken.push(Arc::clone(self));
        // Whoever woke first has woken the root already.
        if state.woken.len() == 1
            && let Some(root) = &state.root
        {
            root.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(std::sync::atomic::AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn lists_each_connection_once_and_wakes_the_root_once() {
        let list = Arc::new(WakeList::default());
        let count = Arc::new(Count(0.into()));
        list.set_root(&Waker::from(Arc::clone(&count)));
        let (first, second) = (list.waker(1), list.waker(2));
        first.wake_by_ref();
        first.wake_by_ref();
        second.wake_by_ref();
        let mut indexes = Vec::new();
        list.take(&mut indexes);
        assert_eq!(indexes, [1, 2]);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        first.wake_by_ref();
        indexes.clear();
        list.take(&mut indexes);
        assert_eq!(indexes, [1]);
        assert_eq!(count.0.load(Ordering::Relaxed), 2);
    }
}
