//! The application of a simulation: answers as planned, and checks what an engine promises to applications.
//!
//! Owns the requests it was told of and has not done with. Never looks at a byte on the wire. Called by: the engine, as its
//! [`Handler`]; the simulation, between turns.

mod respond;
mod tunnel;

use std::cell::Ref;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use howth_engine::{Event, ExchangeId, Exchanges, Handler, PeerAddress};
use howth_http1::{BodyLength, RequestHead, Version};

use crate::knowledge::SharedKnowledge;
use crate::memory;
use crate::plan::Plan;
use crate::reader::{BodyEnd, Message};
use crate::trace;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waits {
        until_ms: u64,
    },
    Reads,
    Streams {
        sent: usize,
    },
    /// A tunnel, and how many of the planned bytes were sent.
    Tunnel {
        sent: usize,
    },
    /// A tunnel of which our side has ended.
    HalfTunnel,
    Given,
    Over,
}

#[derive(Debug)]
struct Work {
    client: usize,
    number: usize,
    plan: Plan,
    stage: Stage,
    read: usize,
    body_is_over: bool,
    may_write: bool,
    is_answered: bool,
    /// How many of the planned interim responses were given.
    informed: usize,
    alarm: Alarm,
}

/// The time that is set for a tunnel.
#[derive(Clone, Copy, Debug, Default)]
struct Alarm {
    due_ms: Option<u64>,
    /// It has come: our side ends then.
    ends_at_ms: Option<u64>,
    /// The batch of events in which, or behind which, it was set.
    batch: u64,
}

/// The application of one engine.
pub struct Application {
    exchanges: Rc<dyn Exchanges>,
    knowledge: SharedKnowledge,
    work: BTreeMap<(u32, u32), Work>,
    used: BTreeSet<(u32, u32)>,
    /// Requests that were over when they were told.
    gone: BTreeSet<(u32, u32)>,
    now_ms: u64,
    /// Batches of events that it was told of.
    batch: u64,
}

impl Application {
    /// The application behind `exchanges`.
    pub fn new(exchanges: Rc<dyn Exchanges>, knowledge: SharedKnowledge) -> Self {
        Application {
            exchanges,
            knowledge,
            work: BTreeMap::new(),
            used: BTreeSet::new(),
            gone: BTreeSet::new(),
            now_ms: 0,
            batch: 0,
        }
    }

    /// Goes on with what waits for time; after this none of it waits, if `hurries`.
    pub fn advance(&mut self, now_ms: u64, hurries: bool) {
        self.now_ms = if hurries { u64::MAX } else { now_ms };
        // Whatever waits for something else is told.
        let waits =
            |work: &Work| matches!(work.stage, Stage::Waits { .. }) || work.alarm.ends_at_ms.is_some();
        let waiting = self.work.iter().filter(|(_, work)| waits(work));
        let waiting: Vec<(u32, u32)> = waiting.map(|(key, _)| *key).collect();
        for key in waiting {
            self.go_on(key);
        }
        self.now_ms = now_ms;
    }

    /// Requests that it was told of and not of their end.
    pub fn open(&self) -> usize {
        self.work.len() + self.gone.len()
    }

    /// The requests it has not begun to answer, and tunnels, with what it has read of their bodies: client, number, bytes.
    pub fn unbegun(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let holds = |work: &&Work| {
            matches!(
                work.stage,
                Stage::Waits { .. } | Stage::Reads | Stage::Tunnel { .. }
            )
        };
        let unbegun = self.work.values().filter(holds);
        unbegun.map(|work| (work.client, work.number, work.read))
    }

    /// When the next answer that waits for time is due.
    pub fn due_ms(&self) -> Option<u64> {
        let due = self.work.values().filter_map(|work| match work.stage {
            Stage::Waits { until_ms } => Some(until_ms),
            _ => work.alarm.ends_at_ms,
        });
        due.min()
    }

    fn fault(&self, what: String) {
        self.knowledge.borrow_mut().faults.push(what);
    }

    fn request(&mut self, id: ExchangeId) {
        let exchanges = self.exchanges.clone();
        if exchanges.head(id).is_none() {
            // The answer to an earlier request of the same batch has ended the connection.
            self.gone.insert((id.index, id.generation));
            return;
        }
        let exchanges = self.exchanges.clone();
        let Some(PeerAddress::Tcp(peer)) = exchanges.peer_address(id) else {
            return self.fault(format!("{id:?} comes from nowhere"));
        };
        let (facts, is_secure) = (exchanges.tls_facts(id), exchanges.is_secure(id));
        let Some(head) = exchanges.head(id) else {
            return self.fault(format!("{id:?} has no head"));
        };
        let mut knowledge = self.knowledge.borrow_mut();
        let client = knowledge.clients[usize::from(peer.port())];
        let agreed = knowledge.agreed.as_ref().map(|agreed| agreed.get(&client));
        let is_sealed_rightly = match (agreed, &facts) {
            (None, None) => !is_secure,
            (Some(Some(agreed)), Some(facts)) => is_secure && facts.protocol.as_deref() == *agreed,
            _ => false,
        };
        if !is_sealed_rightly {
            let what = format!("client {client}: {agreed:?} was agreed upon, and not {facts:?}");
            return knowledge.faults.push(what);
        }
        let is_stream = knowledge.streams_max.contains_key(&client);
        let number = match is_stream {
            true => number_of(&head),
            false => knowledge.told[client],
        };
        knowledge.told[client] += 1;
        if is_stream && !knowledge.told_streams.insert((client, number)) {
            let what = format!("client {client}: request {number} is told twice");
            return knowledge.faults.push(what);
        }
        let before = number
            .checked_sub(1)
            .and_then(|before| knowledge.readings[client].messages.get(before));
        if before.is_some_and(|message| !message.keep_alive) {
            let what = format!("client {client}: request {number} is behind one that ends the connection");
            return knowledge.faults.push(what);
        }
        let difference = match knowledge.readings[client].messages.get(number) {
            Some(message) => difference(&head, message),
            None => Some("a request that is not in the stream".to_owned()),
        };
        if let Some(difference) = difference {
            return knowledge
                .faults
                .push(format!("client {client}, request {number}: {difference}"));
        }
        let plan = Plan::of(knowledge.seed, client, number);
        drop((head, knowledge));
        let delay_ms = match is_stream {
            true => plan.stream_delay_ms,
            false => plan.delay_ms,
        };
        let work = Work {
            client,
            number,
            plan,
            stage: Stage::Waits {
                until_ms: self.now_ms.saturating_add(delay_ms),
            },
            read: 0,
            body_is_over: false,
            may_write: true,
            is_answered: false,
            informed: 0,
            alarm: Alarm::default(),
        };
        if !self.used.insert((id.index, id.generation)) {
            self.fault(format!("{id:?} is used twice"));
        }
        // A stream whose response is given is the client's to replace.
        let is_open = |other: &&Work| {
            let is_given = matches!(other.stage, Stage::Given | Stage::Over);
            other.client == client && !(is_stream && is_given)
        };
        let open = self.work.values().filter(is_open).count() + 1;
        let knowledge = self.knowledge.borrow();
        let most = knowledge.streams_max.get(&client).copied();
        let most = most.unwrap_or(knowledge.pipeline_max);
        drop(knowledge);
        if open > most {
            self.fault(format!("client {client} has {open} requests here, of {most}"));
        }
        self.work.insert((id.index, id.generation), work);
        self.go_on((id.index, id.generation));
    }

    fn go_on(&mut self, key: (u32, u32)) {
        self.with_work(key, Application::step);
    }

    fn with_work(
        &mut self,
        key: (u32, u32),
        act: impl FnOnce(&Application, ExchangeId, &mut Work) -> Result<(), String>,
    ) {
        let Some(mut work) = self.work.remove(&key) else {
            return;
        };
        let id = ExchangeId {
            index: key.0,
            generation: key.1,
        };
        let result = memory::engine(|| act(self, id, &mut work));
        if let Err(what) = result {
            self.fault(format!("client {}, request {}: {what}", work.client, work.number));
        }
        self.work.insert(key, work);
    }

    fn event(&mut self, event: Event) {
        trace::tell(|| format!("{} told {event:?}", self.now_ms));
        let Some(id) = event.exchange() else {
            return self.fault(format!("{event:?}, of which nobody asked to be told"));
        };
        let key = (id.index, id.generation);
        if let Event::Request(id) = event {
            return self.request(id);
        }
        if matches!(event, Event::Aborted(_)) && self.gone.remove(&key) {
            return;
        }
        let Some(work) = self.work.get_mut(&key) else {
            if self.gone.contains(&key) {
                return;
            }
            return self.fault(format!("{event:?} of nobody"));
        };
        match event {
            Event::Writable(_) => {
                let was_full = !std::mem::replace(&mut work.may_write, true);
                if !was_full {
                    self.fault(format!("{event:?} although nobody waits for it"));
                }
                self.go_on(key);
            }
            Event::BodyReadable(_) => self.go_on(key),
            Event::Completed(_) => {
                let is_second = std::mem::replace(&mut work.is_answered, true);
                let is_tunnel = matches!(work.stage, Stage::HalfTunnel | Stage::Over);
                let lasts = work.plan.reads_last || is_tunnel;
                let goes_on = lasts && self.exchanges.head(id).is_some();
                let is_early = !goes_on && work.stage == Stage::HalfTunnel;
                if is_second || is_early {
                    self.fault(format!("{event:?} twice, or before the client's side has ended"));
                }
                self.knowledge.borrow_mut().completed += 1;
                if !goes_on {
                    self.end(key);
                }
            }
            Event::Aborted(_) => self.end(key),
            Event::Alarm(_) => self.with_work(key, Application::alarm),
            Event::Disconnected(_) | Event::Request(_) => {}
            Event::Rejected(_) | Event::Opened(..) | Event::Closed(..) => {
                self.fault(format!("{event:?}, of which nobody asked to be told"));
            }
        }
    }

    fn end(&mut self, key: (u32, u32)) {
        self.work.remove(&key);
        let id = ExchangeId {
            index: key.0,
            generation: key.1,
        };
        if self.exchanges.head(id).is_some() {
            self.fault(format!("{id:?} is over and has a head"));
        }
    }

    /// Forgets kept requests whose bodies were read to the end, of which nobody tells.
    pub fn forget_kept(&mut self) {
        let exchanges = &self.exchanges;
        self.work.retain(|key, work| {
            let id = ExchangeId {
                index: key.0,
                generation: key.1,
            };
            !work.is_answered || exchanges.head(id).is_some()
        });
    }

    /// What is wrong with the engine's count of exchanges, if anything.
    pub fn miscount(&self) -> Option<String> {
        let (pending, open) = (self.exchanges.pending(), self.work.len());
        (pending < open).then(|| format!("the engine has {pending} exchanges, the application {open}"))
    }
}

impl Handler for Application {
    fn on_batch(&mut self, events: &[Event]) {
        self.batch += 1;
        memory::outside(|| events.iter().for_each(|event| self.event(*event)));
    }
}

/// The place of a request in its client's script, as its target says.
fn number_of(head: &RequestHead) -> usize {
    let number = head.target().rsplit('/').next();
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or(usize::MAX)
}

/// How the engine's reading of a head differs from the reference's.
fn difference(head: &Ref<'_, RequestHead>, message: &Message) -> Option<String> {
    let body = match head.body() {
        BodyLength::None => Some(0),
        BodyLength::Known(length) => Some(length),
        BodyLength::Chunked => None,
    };
    let fields = head
        .fields()
        .map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec()));
    let is_same = head.method().as_bytes() == message.method
        && head.target().as_bytes() == message.target
        && (head.version() == Version::Http10) == message.is_http_10
        && (head.version() == Version::Http2) == message.is_http_2
        && !(message.is_http_2 && matches!(message.body.end, BodyEnd::Refused(_)))
        && head.keep_alive() == message.keep_alive
        && head.expects_continue() == message.expects_continue
        && head.upgrade().map(str::as_bytes) == message.upgrade.as_deref()
        && head.is_connect() == message.is_connect()
        && body == message.declared
        && fields.eq(message.fields.iter().cloned());
    (!is_same).then(|| {
        format!(
            "{:?} was read as {:?}",
            message.target.escape_ascii().to_string(),
            head.target()
        )
    })
}
