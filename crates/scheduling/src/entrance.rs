//! The engine's way to the queue of its core.
//!
//! Owns what becomes of an event when it comes: it is answered, is about a request that another core answers, belongs
//! to another core, is refused, or waits. Never runs the application. Called by: the engine, as its handler.

use howth_engine::{Event, Handler};

use crate::application::Application;
use crate::clock::now_us;
use crate::mail::Mail;
use crate::peer_cores::PeerCores;
use crate::reception::Reception;
use crate::waiting::Waiting;

/// The engine's way to the queue.
pub struct Entrance<'a, A, M: Mail> {
    /// The queue.
    pub reception: &'a Reception<A>,
    /// The other cores, where there are any.
    pub peer_cores: Option<&'a PeerCores<M>>,
}

impl<A: Application, M: Mail> Handler for Entrance<'_, A, M> {
    fn on_batch(&mut self, events: &[Event]) {
        let reception = self.reception;
        let arrived_us = now_us();
        let (mut wait_us, has_answers) = reception.begin(events, arrived_us);
        let mut waiting = reception.queue();
        for event in events {
            let is_answered = has_answers && matches!(event, Event::Request(id) if reception.answers(*id));
            let is_forwarded = self.peer_cores.is_some_and(|others| others.observe(*event));
            if is_answered || is_forwarded || reception.settles(*event, arrived_us) {
                continue;
            }
            if !reception.is_wanted(*event) {
                continue;
            }
            if let Event::Request(id) = event {
                let is_elsewhere = |others: &PeerCores<M>| others.takes_away(*id, arrived_us);
                if self.peer_cores.is_some_and(is_elsewhere) || reception.refuses(*id, wait_us) {
                    continue;
                }
                wait_us += reception.cost_us() as u64;
                reception.note_request();
            }
            waiting.push_back(Waiting {
                event: *event,
                arrived_us,
            });
        }
    }
}
