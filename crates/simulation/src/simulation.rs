//! Runs a scenario: first everything may go wrong and nothing false may happen, then nothing goes wrong any more and all
//! must end.
//!
//! Owns the loop and the checks after each step. Never draws what a client or a kernel does. Called by: tests.

mod beginning;
mod checks;
mod succession;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use howth_engine::{ListenerId, Turn};
use howth_io_uring_net::{RingEngine, Wait};
use howth_tls::Server;

use crate::application::Application;
use crate::client::{Circumstances, State};
use crate::kernel::{Control, SimulatedKernel};
use crate::knowledge::SharedKnowledge;
use crate::memory;
use crate::network::{Network, STEP_MS_MAX, SharedNetwork};
use crate::player::Player;
use crate::random::Random;
use crate::scenario::{Close, Scenario};
use crate::seal;

/// Turns in which everything has to end once nothing goes wrong any more.
const TURNS_MAX: usize = 200_000;

/// The virtual time in which it has to, in milliseconds.
const PATIENCE_MS: u64 = 3_600_000;

/// What a run has done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// Turns of engines.
    pub steps: u64,
    /// Requests that an application was told of.
    pub requests: u64,
    /// Those that were answered to the end.
    pub completed: u64,
    /// The most that the engines had at once, in bytes; 0 where nobody counts.
    pub engine_bytes_max: u64,
}

/// An engine with its application.
struct Core {
    engine: RingEngine<SimulatedKernel>,
    application: Application,
    control: Rc<Control>,
    is_finished: bool,
    /// Nothing waits to be told.
    is_idle: bool,
    /// Turns since the doorbell was polled.
    unpolled_turns: u32,
    /// Turns in which nothing happened although something was due.
    spins: u32,
}

struct Run<'a> {
    scenario: &'a Scenario,
    network: SharedNetwork,
    knowledge: SharedKnowledge,
    clients: Vec<Player>,
    /// What seals connections.
    tls: Option<Arc<Server>>,
    /// The second one is the first one's successor.
    cores: Vec<Core>,
    random: Random,
    started_ms: u64,
    drains_since_ms: Option<u64>,
    hurries: bool,
    is_aborted: bool,
    outcome: Outcome,
}

/// Runs a scenario; an error says what is wrong.
///
/// # Errors
/// A check has failed. An engine that panics makes this panic.
pub fn run(scenario: &Scenario) -> Result<Outcome, String> {
    let before = memory::engine_bytes();
    let outcome = memory::outside(|| Run::new(scenario).play())?;
    let after = memory::engine_bytes();
    if before.unwrap_or(0) != after.unwrap_or(0) && before.is_some() {
        return Err(format!(
            "the engine leaks: {before:?} bytes before, {after:?} after"
        ));
    }
    Ok(outcome)
}

impl<'a> Run<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let (clients, knowledge) = beginning::begin(scenario);
        let network = Network::shared(scenario.seed);
        let started_ms = network.borrow().now_ms;
        let mut run = Run {
            scenario,
            network,
            knowledge,
            clients,
            tls: scenario
                .is_sealed
                .then(|| seal::server(scenario.engine.http2.is_some())),
            cores: Vec::new(),
            random: Random::of(scenario.seed, 3),
            started_ms,
            drains_since_ms: None,
            hurries: false,
            is_aborted: false,
            outcome: Outcome::default(),
        };
        run.add_core();
        run
    }

    fn add_core(&mut self) {
        let random = Random::of(self.scenario.seed, 10 + self.cores.len() as u64);
        let kernel = SimulatedKernel::new(
            self.network.clone(),
            self.scenario.kernel,
            self.scenario.faults.clone(),
            random,
        );
        let control = kernel.control();
        let options = self.scenario.engine.clone();
        let mut engine = memory::engine(|| RingEngine::with_kernel(kernel, options));
        if let Some(tls) = self.tls.clone() {
            memory::engine(|| engine.seal(0, tls));
        }
        engine.hear_doorbell();
        let application = Application::new(engine.exchanges(), self.knowledge.clone());
        self.cores.push(Core {
            engine,
            application,
            control,
            is_finished: false,
            is_idle: true,
            unpolled_turns: 0,
            spins: 0,
        });
    }

    fn play(mut self) -> Result<Outcome, String> {
        let half = self.scenario.steps / 2;
        for step in 0..self.scenario.steps {
            if step == half {
                self.turn_point();
            }
            if self.random.chance(self.scenario.orders) {
                self.order();
            }
            let ms = if self.random.chance(20) {
                self.random.below(STEP_MS_MAX as usize)
            } else {
                self.random.below(20)
            };
            self.step(ms as u64)?;
            if self.scenario.close == Close::Drops && step > half {
                return self.drop_engines();
            }
        }
        self.calm_down();
        self.finish("every client", |run| {
            run.clients.iter().all(|client| client.state() == State::Over)
        })?;
        for core in &mut self.cores {
            core.engine.drain();
        }
        let now_ms = self.network.borrow().now_ms;
        self.drains_since_ms.get_or_insert(now_ms);
        self.finish("the drain", |run| run.cores.iter().all(|core| core.is_finished))?;
        self.check_rest()?;
        self.drop_engines()
    }

    /// Nothing goes wrong any more.
    fn calm_down(&mut self) {
        self.hurries = true;
        for core in &mut self.cores {
            core.control.has_faults.set(false);
            if !core.is_finished {
                core.engine.set_accepting(true);
                core.engine.release_new(false);
            }
        }
    }

    /// What happens in the middle.
    fn turn_point(&mut self) {
        let now_ms = self.network.borrow().now_ms;
        match self.scenario.close {
            Close::DrainsLast | Close::Drops => {}
            Close::DrainsEarly => {
                self.drains_since_ms = Some(now_ms);
                self.cores[0].engine.drain();
            }
            Close::HandsOver => {
                self.add_core();
                self.cores[0].engine.release_all();
                // Keys do not move: what is sealed drains instead.
                self.drains_since_ms = self.scenario.is_sealed.then_some(now_ms);
            }
            Close::Aborts => {
                self.drains_since_ms = Some(now_ms);
                self.is_aborted = true;
                self.cores[0].engine.abort();
                self.network.borrow_mut().close_handed();
            }
        }
    }

    /// What a runtime asks of an engine now and then.
    fn order(&mut self) {
        let count = self.random.below(4);
        let is_yes = self.random.chance(500);
        let core = &mut self.cores[0];
        match self.random.below(6) {
            0 => core.engine.release_idle(count),
            1 => core.engine.set_accepting(is_yes),
            2 => core.engine.release_new(is_yes),
            3 if self.drains_since_ms.is_some() => core.engine.drain_listener(ListenerId::default()),
            _ => core.control.rings.set(core.control.rings.get() + 1),
        }
    }

    fn step(&mut self, ms: u64) -> Result<(), String> {
        {
            let mut network = self.network.borrow_mut();
            network.now_ms += ms;
        }
        self.advance_clients()?;
        let now_ms = self.network.borrow().now_ms;
        for number in 0..self.cores.len() {
            self.cores[number].application.advance(now_ms, false);
            self.turn(number)?;
        }
        self.place_released();
        self.check()
    }

    fn advance_clients(&mut self) -> Result<(), String> {
        let mut network = self.network.borrow_mut();
        for client in &mut self.clients {
            if client
                .connect(&mut network, self.started_ms, self.hurries)
                .is_some()
            {
                self.knowledge.borrow_mut().clients.push(client.number());
            }
        }
        let knowledge = self.knowledge.borrow();
        let around = Circumstances {
            options: &self.scenario.engine,
            drains_since_ms: self.drains_since_ms,
            hurries: self.hurries,
            is_aborted: self.is_aborted,
            hands_over: self.cores.len() > 1,
            knowledge: &knowledge,
        };
        for client in &mut self.clients {
            let number = client.number();
            let reading = &knowledge.readings[number];
            let done = client.advance(&mut network, reading, &around);
            done.map_err(|what| format!("client {number}: {what}"))?;
        }
        drop(knowledge);
        let knowledge = &mut *self.knowledge.borrow_mut();
        for client in &self.clients {
            knowledge.sent[client.number()] = client.sent();
        }
        Ok(())
    }

    fn turn(&mut self, number: usize) -> Result<(), String> {
        let core = &mut self.cores[number];
        if core.is_finished {
            return Ok(());
        }
        self.outcome.steps += 1;
        let before_ms = self.network.borrow().now_ms;
        let turn = memory::engine(|| core.engine.turn(Wait::Not, &mut core.application));
        let turn = turn.map_err(|error| format!("a turn fails: {error}"))?;
        core.application.forget_kept();
        core.is_finished = turn == Turn::Finished;
        core.is_idle = turn != Turn::Worked;
        core.unpolled_turns = if core.control.hears_doorbell.get() {
            0
        } else {
            core.unpolled_turns + 1
        };
        let now_ms = self.network.borrow().now_ms;
        let is_due = core.engine.next_deadline() == Some(Duration::ZERO);
        core.spins = if is_due && turn == Turn::Idle && before_ms == now_ms {
            core.spins + 1
        } else {
            0
        };
        Ok(())
    }

    /// Goes on until something is over, with nothing that goes wrong.
    fn finish(&mut self, what: &str, is_over: impl Fn(&Self) -> bool) -> Result<(), String> {
        let until_ms = self.network.borrow().now_ms + PATIENCE_MS;
        for _ in 0..TURNS_MAX {
            if is_over(self) {
                return Ok(());
            }
            let now_ms = self.network.borrow().now_ms;
            if now_ms > until_ms {
                break;
            }
            let before = self.progress();
            self.step(1)?;
            if self.progress() == before && self.cores.iter().all(|core| core.is_idle) {
                let ms = self.pause(now_ms);
                self.step(ms)?;
            }
        }
        let places: Vec<String> = self.clients.iter().map(Player::place).collect();
        let open: Vec<usize> = self.cores.iter().map(|core| core.application.open()).collect();
        Err(format!(
            "{what} does not end: {places:#?}, open requests {open:?}"
        ))
    }

    /// A number that grows as long as anything moves.
    fn progress(&self) -> u64 {
        let of_clients: usize = self.clients.iter().map(Player::progress).sum();
        let network = self.network.borrow();
        let moved = network
            .links
            .iter()
            .map(|link| link.received_by_server + link.sent_by_server);
        of_clients as u64 + moved.sum::<u64>() + self.knowledge.borrow().completed
    }

    /// How long nothing is due, as an engine's driver would sleep: so a deadline that it is not told of is never met.
    fn pause(&self, now_ms: u64) -> u64 {
        let mut pauses = Vec::new();
        for core in self.cores.iter().filter(|core| !core.is_finished) {
            pauses.extend(core.engine.next_deadline().map(|pause| pause.as_millis() as u64));
            pauses.extend(
                core.application
                    .due_ms()
                    .map(|due_ms| due_ms.saturating_sub(now_ms)),
            );
        }
        pauses.into_iter().min().unwrap_or(1)
    }

    fn drop_engines(mut self) -> Result<Outcome, String> {
        self.outcome.completed = self.knowledge.borrow().completed;
        self.outcome.requests = self.knowledge.borrow().told.iter().sum::<usize>() as u64;
        self.cores.clear();
        let open = self.network.borrow().open_at_server();
        match open {
            0 => Ok(self.outcome),
            open => Err(format!("{open} sockets are left when the engine is dropped")),
        }
    }
}
