//! Where connections wait for the core that goes on with them, while a new core takes the place of an old one.
//!
//! There is one inbox for each place a core may have, and whoever serves there reads it: a core that was itself
//! replaced meanwhile leaves nothing behind. Owns no order of events: that is the supervisor's. Not on the path of a
//! request, so it may lock. Called by: the core that was replaced, which gives; the one that follows it, which takes;
//! the supervisor.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use howth_engine::Handed;

/// What is under way to the core of one place.
#[derive(Debug, Default)]
pub struct Inbox(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    connections: Vec<Handed>,
    looks_for_clients: bool,
    /// Cores that were replaced and may still be told of clients that they do not accept.
    listening: usize,
    reader: Option<Waker>,
}

/// What came.
#[derive(Debug)]
pub struct Arrivals {
    /// These.
    pub connections: Vec<Handed>,
    /// A client may wait in the backlog of whom another core was told.
    pub looks_for_clients: bool,
}

impl Inbox {
    /// Wakes `context` when something comes; what is there already is not told.
    pub fn register(&self, context: &Context<'_>) {
        let mut waiting = self.lock();
        match &mut waiting.reader {
            Some(reader) => reader.clone_from(context.waker()),
            reader => *reader = Some(context.waker().clone()),
        }
    }

    /// Everything that came since the last call.
    pub fn take(&self) -> Option<Arrivals> {
        let mut waiting = self.lock();
        if waiting.connections.is_empty() && !waiting.looks_for_clients {
            return None;
        }
        Some(Arrivals {
            connections: std::mem::take(&mut waiting.connections),
            looks_for_clients: std::mem::take(&mut waiting.looks_for_clients),
        })
    }

    /// Puts connections back for which there is no room; nobody is woken for them.
    pub fn put_back(&self, connections: Vec<Handed>) {
        self.lock().connections.extend(connections);
    }

    /// Whether a core that was replaced may still be told of clients.
    pub fn has_listening_old_core(&self) -> bool {
        self.lock().listening > 0
    }

    /// Has the core look into the backlog.
    pub fn look_for_clients(&self) {
        self.tell(|waiting| waiting.looks_for_clients = true);
    }

    fn tell(&self, change: impl FnOnce(&mut Waiting)) {
        let reader = {
            let mut waiting = self.lock();
            change(&mut waiting);
            waiting.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing in here can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that a core holds which was replaced.
#[derive(Debug)]
pub struct Predecessor {
    inbox: Arc<Inbox>,
    is_listening: bool,
}

impl Predecessor {
    /// That of a core which was replaced at the place of this inbox.
    pub fn of(inbox: Arc<Inbox>) -> Self {
        inbox.lock().listening += 1;
        Predecessor {
            inbox,
            is_listening: true,
        }
    }

    /// Sends connections to whoever serves in its place.
    pub fn give(&self, connections: Vec<Handed>) {
        if !connections.is_empty() {
            self.inbox.tell(|waiting| waiting.connections.extend(connections));
        }
    }

    /// It has stopped accepting.
    pub fn stopped_listening(&mut self) {
        if std::mem::take(&mut self.is_listening) {
            self.inbox.tell(|waiting| {
                waiting.listening -= 1;
                waiting.looks_for_clients = true;
            });
        }
    }
}

impl Drop for Predecessor {
    fn drop(&mut self) {
        self.stopped_listening();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use howth_engine::Place;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn connection() -> Handed {
        Handed::new(
            UnixStream::pair().expect("two sockets").0.into(),
            Place::default(),
            true,
        )
    }

    #[test]
    fn what_a_old_core_gives_wakes_the_reader_and_is_taken_once() {
        let (inbox, woken) = (Arc::new(Inbox::default()), Arc::new(Woken::default()));
        let old_core = Predecessor::of(inbox.clone());
        assert!(inbox.take().is_none());
        inbox.register(&Context::from_waker(&Waker::from(woken.clone())));
        old_core.give(vec![connection(), connection()]);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        let arrivals = inbox.take().expect("two connections");
        assert_eq!(
            (arrivals.connections.len(), arrivals.looks_for_clients),
            (2, false)
        );
        assert!(inbox.take().is_none());
    }

    #[test]
    fn the_backlog_is_looked_into_when_a_old_core_stops_or_ends() {
        let inbox = Arc::new(Inbox::default());
        let (mut stops, ends) = (Predecessor::of(inbox.clone()), Predecessor::of(inbox.clone()));
        let looks = || inbox.take().is_some_and(|arrivals| arrivals.looks_for_clients);
        stops.stopped_listening();
        assert!(looks());
        drop(stops);
        assert!(!looks() && inbox.has_listening_old_core());
        drop(ends);
        assert!(looks() && !inbox.has_listening_old_core());
    }
}
