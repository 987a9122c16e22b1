//! The call of JavaScript's dispatch: events go in, and what was not come to comes back.
//!
//! Owns how much goes into one call. Called by: the core's loop, with what waits for JavaScript.

use deno_core::v8;
use howth_engine::Event;
use howth_routes::Lead;
use howth_scheduling::{Application as _, Waiting};
use howth_supervision::tell;

use super::{Application, exception_message};
use crate::bridge::batch;
use crate::bridge::head_text;

/// What requests say crosses in calls of no more than about so many bytes each.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// What became of events that were given to JavaScript.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Served {
    /// So many of the first are done with.
    Done(usize),
    /// JavaScript's dispatch threw, which is a mistake of its own: the event it was about, if one is known, and those that it
    /// had not come to, of so many that were given.
    Threw {
        /// What it was at.
        at: Option<Event>,
        /// Of the first so many events,
        given: usize,
        /// these were left.
        left: Vec<Waiting>,
    },
    /// What ran was ended; the event it was about, if one is known, and those that JavaScript had not come to. The rest
    /// of those that were given are not done with.
    Ended {
        /// What it was at.
        at: Option<Event>,
        /// Of the first so many events,
        given: usize,
        /// these were left.
        left: Vec<Waiting>,
    },
}

impl Application {
    /// One call of JavaScript for as many of `events` as fit, then its microtasks. Never calls again once it was ended
    /// for good.
    pub(crate) fn dispatch(&mut self, events: &[Waiting]) -> Served {
        let bridge = &self.bridge;
        let first = events.iter().position(|waiting| bridge.is_wanted(waiting.event));
        let (Some(first), Some(functions), false) = (first, &self.functions, self.is_terminated) else {
            return Served::Done(events.len());
        };
        self.ran = true;
        deno_core::scope!(scope, &mut self.isolate.worker.js_runtime);
        v8::tc_scope!(let scope, scope);
        let takes_texts = bridge.takes_texts();
        let mut texts = Vec::with_capacity(if takes_texts {
            events.len().min(batch::LENGTH)
        } else {
            0
        });
        let batch = &functions.batch;
        let (mut done, mut text_bytes) = (first, 0);
        while done < events.len() && batch.has_room() && text_bytes < TEXT_BYTES_MAX {
            let waiting = events[done];
            let event = waiting.event;
            done += 1;
            if !bridge.is_wanted(event) {
                continue;
            }
            let listener = match event {
                Event::Request(id) | Event::Rejected(id) => bridge
                    .listener_of(id)
                    .filter(|listener| bridge.is_served(*listener)),
                Event::Opened(_, listener) | Event::Closed(_, listener) => Some(listener),
                _ => None,
            };
            if let (Event::Request(id), None) = (event, listener) {
                // Whoever came for a server that has ended meanwhile; if anybody waits for an answer.
                bridge.refuse(id);
                continue;
            }
            let mut lead = Lead::Application;
            if let (Event::Request(id), Some(listener)) = (event, listener) {
                lead = bridge.lead(id, listener, &mut self.places);
            }
            if lead == Lead::Answered {
                continue;
            }
            if let (Event::Request(id), Some(timing)) = (event, bridge.timing()) {
                timing.note(id, waiting.arrived_us);
            }
            let written = match (event, listener) {
                (Event::Request(id) | Event::Rejected(id), Some(listener))
                    if bridge.takes_text(listener, lead) =>
                {
                    bridge.write_head(id, listener, &mut self.text)
                }
                _ => None,
            };
            let mut said = written.unwrap_or_default();
            said.listener = listener.map_or(0, |listener| listener.0);
            if let Lead::Handler(handler) = lead {
                said.route = handler.number;
                said.parameters = batch.push_parameters(&self.places, &self.text, said.path_at);
            }
            if takes_texts {
                texts.push(match written {
                    Some(_) => {
                        text_bytes += self.text.len();
                        head_text::string(scope, &self.text)
                    }
                    None => v8::undefined(scope).into(),
                });
            }
            batch.push(waiting, said);
        }
        let texts: v8::Local<'_, v8::Value> = match takes_texts {
            true => v8::Array::new_with_elements(scope, &texts).into(),
            false => v8::undefined(scope).into(),
        };
        let dispatch = v8::Local::new(scope, &functions.dispatch);
        let receiver = v8::undefined(scope).into();
        let count = v8::Integer::new(scope, batch.len() as i32).into();
        batch.begin();
        let returned = dispatch.call(scope, receiver, &[count, texts]).is_some();
        // What was ended has not returned either.
        let thrown = (!returned).then(|| (batch.current(), batch.take_back(|_| true)));
        self.handled += batch.end();
        if scope.has_terminated() {
            let (at, left) = thrown.unwrap_or_default();
            return Served::Ended {
                at,
                given: done,
                left,
            };
        }
        if !returned {
            tell(format_args!(
                "howth: dispatch failed: {}",
                exception_message(scope)
            ));
        }
        scope.perform_microtask_checkpoint();
        if scope.has_terminated() || scope.is_execution_terminating() {
            return Served::Ended {
                at: None,
                given: done,
                left: thrown.map_or_else(Vec::new, |(_, left)| left),
            };
        }
        match thrown {
            Some((at, left)) => Served::Threw {
                at,
                given: done,
                left,
            },
            None => Served::Done(done),
        }
    }
}
