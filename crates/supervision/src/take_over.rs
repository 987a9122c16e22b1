//! A core's part in a change of cores: it waits until it may serve, serves, and gives its connections to the next.
//!
//! Owns which of the three it is. Never decides when: orders of the supervisor say so. Called by: the core's loop.

use std::sync::Arc;
use std::task::Context;

use crate::engine::Engine;
use crate::inbox::{Inbox, Predecessor};

/// Where a core stands between the one before it and the one behind it.
#[derive(Debug)]
pub struct TakeOver {
    inbox: Arc<Inbox>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Another core serves; this one listens on the same socket and leaves the clients to it.
    Waiting,
    Serving,
    /// Another core serves, and is given the connections.
    Replaced(Predecessor),
}

impl TakeOver {
    /// The core of this inbox, which waits until it is told to serve, or serves from the beginning.
    pub fn new(inbox: Arc<Inbox>, waits: bool) -> Self {
        let stage = if waits { Stage::Waiting } else { Stage::Serving };
        TakeOver { inbox, stage }
    }

    /// Prepares an engine that has not taken a turn yet.
    pub fn opened(&self, engine: &mut impl Engine) {
        match self.stage {
            Stage::Waiting => engine.set_accepting(false),
            Stage::Serving => self.adopt_arrivals(engine),
            Stage::Replaced(_) => {}
        }
    }

    /// Whether the clients are this core's.
    pub fn is_serving(&self) -> bool {
        matches!(self.stage, Stage::Serving)
    }

    /// The time has come to serve.
    pub fn serve(&mut self, engine: Option<&mut impl Engine>) {
        self.stage = Stage::Serving;
        if let Some(engine) = engine {
            engine.set_accepting(true);
        }
    }

    /// Another core serves from now on.
    pub fn hand_over(&mut self, old_core: Predecessor, engine: Option<&mut impl Engine>) {
        self.stage = Stage::Replaced(old_core);
        if let Some(engine) = engine {
            engine.release_all();
        }
    }

    /// This core is lost, and another one will take its place.
    pub fn retire(&mut self, engine: Option<&mut impl Engine>) {
        let old_core = Predecessor::of(self.inbox.clone());
        self.hand_over(old_core, engine);
    }

    /// Goes on with the connections of a core before this one, and wakes `context` when more come, also before there is an
    /// engine.
    pub fn take_arrivals(&self, engine: Option<&mut impl Engine>, context: &Context<'_>) {
        if !matches!(self.stage, Stage::Serving) {
            return;
        }
        self.inbox.register(context);
        if let Some(engine) = engine {
            self.adopt_arrivals(engine);
        }
    }

    fn adopt_arrivals(&self, engine: &mut impl Engine) {
        let Some(arrivals) = self.inbox.take() else {
            return;
        };
        if arrivals.looks_for_clients {
            engine.set_accepting(true);
        }
        let mut connections = arrivals.connections.into_iter();
        while let Some(handed) = connections.next() {
            if let Err(handed) = engine.adopt(handed) {
                // There is no room: it is tried again with the next turn, when a client may have left.
                self.inbox.put_back(connections.chain([handed]).collect());
                return;
            }
        }
    }

    /// Gives away what the engine has given up; `None`: there is no engine any more.
    pub fn pass_on(&mut self, engine: Option<&mut impl Engine>) {
        let Stage::Replaced(old_core) = &mut self.stage else {
            return;
        };
        let is_listening = engine.is_some_and(|engine| {
            old_core.give(engine.take_released());
            engine.is_listening()
        });
        if !is_listening {
            old_core.stopped_listening();
        }
    }
}
