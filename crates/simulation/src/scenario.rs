//! What a seed stands for: options, faults and clients; and what is left out of it when a failure is made smaller.
//!
//! Owns the drawing of a scenario, its description, and the names of what can be left out. Never runs one.

use std::time::Duration;

use howth_engine::{Deadlines, EngineOptions, Http2Limits};

use crate::faults::{Fault, Faults};
use crate::kernel::KernelOptions;
use crate::plan::{Plan, has_http2, has_more_than_answers, has_tls};
use crate::random::Random;
use crate::script::Script;
use crate::seal::SealScript;

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Where it is from.
    pub seed: u64,
    /// The engine.
    pub engine: EngineOptions,
    /// The kernel.
    pub kernel: KernelOptions,
    /// What the kernel does.
    pub faults: Faults,
    /// The clients; one that was left out is nobody.
    pub clients: Vec<Option<Script>>,
    /// Steps until faults stop.
    pub steps: usize,
    /// How often the simulation asks something of the engine that a runtime asks, in a thousand steps.
    pub orders: u16,
    /// How it ends.
    pub close: Close,
    /// Its server speaks TLS.
    pub is_sealed: bool,
    /// What was left out, by name.
    pub without: Vec<String>,
}

/// What the engine is told in the end, or in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// To drain when everything is done.
    DrainsLast,
    /// To drain in the middle.
    DrainsEarly,
    /// To give its connections to a successor in the middle.
    HandsOver,
    /// To break off in the middle.
    Aborts,
    /// Nothing: it is dropped in the middle.
    Drops,
}

impl Scenario {
    /// The scenario of a seed.
    pub fn of(seed: u64) -> Scenario {
        let mut random = Random::of(seed, 2);
        let is_patient = random.chance(500);
        let pause_max_ms = if is_patient { 400 } else { 3_000 };
        let clients = 0..random.between(1, 10);
        let clients = clients
            .map(|client| Some(Script::draw(&mut random, client, pause_max_ms)))
            .collect::<Vec<_>>();
        let engine = engine_options(&mut random, is_patient);
        let closes = [
            Close::DrainsLast,
            Close::DrainsLast,
            Close::DrainsEarly,
            Close::HandsOver,
            Close::Aborts,
            Close::Drops,
        ];
        let mut scenario = Scenario {
            seed,
            engine,
            kernel: KernelOptions {
                buffers: *random.choose(&[2, 8, 64]),
                buffer_bytes: *random.choose(&[16, 200, 4096, 4096]),
                completions: *random.choose(&[20, 100, 1_000]),
            },
            faults: Faults::draw(&mut random),
            clients,
            steps: random.between(50, 600),
            orders: *random.choose(&[0, 5, 50]),
            close: *random.choose(&closes),
            is_sealed: has_tls(seed),
            without: Vec::new(),
        };
        if has_more_than_answers(seed) {
            scenario.add_tunnels();
        }
        if has_http2(seed) {
            scenario.add_streams(pause_max_ms);
        }
        if scenario.is_sealed {
            scenario.add_seals();
        }
        scenario
    }

    fn add_seals(&mut self) {
        let mut random = Random::of(self.seed, 27);
        if self.engine.deadlines.handshake.is_none() {
            self.engine.deadlines.handshake = Some(Duration::from_secs(2));
        }
        // A tunnel that ends without a word is one that was cut, which has checks of its own.
        let cuts = !has_more_than_answers(self.seed);
        for script in self.clients.iter_mut().flatten() {
            script.seal = Some(SealScript::draw(&mut random, script.streams.is_some(), cuts));
        }
    }

    fn add_streams(&mut self, pause_max_ms: u64) {
        let mut random = Random::of(self.seed, 14);
        let whole = Http2Limits::default();
        self.engine.http2 = Some(Http2Limits {
            streams_max: *random.choose(&[2, 5, 100]),
            stream_window_bytes: *random.choose(&[65_535, 65_535, 256 * 1024]),
            connection_window_bytes: *random.choose(&[65_535, 100_000, 1024 * 1024]),
            table_bytes_max: *random.choose(&[0, 200, 4_096, 4_096]),
            resets_max: *random.choose(&[3, 1_000, 1_000]),
            send_buffer_bytes: *random.choose(&[1, 5_000, 64 * 1024]),
            ..whole
        });
        for (client, script) in self.clients.iter_mut().enumerate() {
            if let Some(script) = script
                && random.chance(700)
            {
                script.speak_http2(&mut random, client, pause_max_ms);
            }
        }
    }

    fn add_tunnels(&mut self) {
        let (seed, mut random) = (self.seed, Random::of(self.seed, 12));
        self.engine.limits.takes_connect = random.chance(500);
        for (client, script) in self.clients.iter_mut().enumerate() {
            if let Some(script) = script
                && random.chance(600)
            {
                script.add_tunnel(&mut random, client, |number| {
                    Plan::of(seed, client, number).tries_to_switch
                });
            }
        }
    }

    /// The same without what these names stand for: `client.N`, `request.N.M`, `fault.NAME`, `orders`, `steps`.
    pub fn without(mut self, names: &[String]) -> Scenario {
        for name in names {
            let parts: Vec<&str> = name.split('.').collect();
            let number = |at: usize| parts.get(at).and_then(|part| part.parse::<usize>().ok());
            match (parts[0], number(1), number(2)) {
                ("client", Some(client), _) => self.clients[client] = None,
                ("request", Some(client), Some(request)) => match &mut self.clients[client] {
                    Some(script) if script.streams.is_some() => {
                        let streams = script.streams.as_mut();
                        streams.into_iter().for_each(|streams| streams.leave_out(request));
                    }
                    Some(script) => script.requests[request].clear(),
                    None => {}
                },
                ("orders", ..) => self.orders = 0,
                ("steps", ..) => self.steps /= 2,
                _ => {
                    let fault = Fault::ALL
                        .into_iter()
                        .find(|fault| parts.get(1) == Some(&format!("{fault:?}").as_str()));
                    if let Some(fault) = fault {
                        self.faults.set(fault, 0);
                    }
                }
            }
            self.without.push(name.clone());
        }
        self
    }

    /// What could be left out yet.
    pub fn removable(&self) -> Vec<String> {
        let mut names = Vec::new();
        let there = self
            .clients
            .iter()
            .enumerate()
            .filter_map(|(client, script)| Some((client, script.as_ref()?)));
        names.extend(there.clone().map(|(client, _)| format!("client.{client}")));
        names.extend(self.faults.active().map(|fault| format!("fault.{fault:?}")));
        names.extend((self.orders > 0).then(|| "orders".to_owned()));
        names.extend((self.steps > 1).then(|| "steps".to_owned()));
        for (client, script) in there {
            if let Some(streams) = &script.streams {
                let there = streams.there();
                names.extend(there.map(|request| format!("request.{client}.{request}")));
            }
            let requests = script
                .requests
                .iter()
                .enumerate()
                .filter(|(_, request)| !request.is_empty());
            names.extend(requests.map(|(request, _)| format!("request.{client}.{request}")));
        }
        names
    }
}

fn engine_options(random: &mut Random, is_patient: bool) -> EngineOptions {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let deadlines = match is_patient {
        true => Deadlines {
            head: seconds(60),
            body_gap: seconds(60),
            body_rate_min: 0,
            ..Deadlines::default()
        },
        false => Deadlines {
            head: seconds(2),
            body_gap: seconds(3),
            body_rate_min: *random.choose(&[0, 1024]),
            keep_alive: seconds(2),
            write_stall: seconds(2),
            ..Deadlines::none()
        },
    };
    EngineOptions {
        deadlines,
        connections_max: *random.choose(&[1, 3, 100]),
        pipeline_max: *random.choose(&[1, 3, 64]),
        write_high_watermark_bytes: *random.choose(&[1_000, 30_000, 256 * 1024]),
        body_high_watermark_bytes: *random.choose(&[100, 10_000, 256 * 1024]),
        drain_bytes_max: *random.choose(&[1_000, 256 * 1024]),
        ..EngineOptions::default()
    }
}

impl std::fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "seed {} without {:?}", self.seed, self.without)?;
        writeln!(formatter, "faults in a thousand:{}", self.faults)?;
        writeln!(
            formatter,
            "{} steps, {:?}, orders {}, {:?}",
            self.steps, self.close, self.orders, self.kernel
        )?;
        writeln!(formatter, "{:?}", self.engine)?;
        for (client, script) in self.clients.iter().enumerate() {
            let Some(script) = script else { continue };
            write!(
                formatter,
                "client {client}: {:?}, pieces of {}",
                script.ending, script.piece_max
            )?;
            writeln!(
                formatter,
                ", awaits {}, stalls {:?}, {:?}",
                script.awaits, script.stalls, script.capacities
            )?;
            if let Some(streams) = &script.streams {
                writeln!(formatter, "    {streams}")?;
            }
            if let Some(seal) = &script.seal {
                writeln!(formatter, "    {seal:?}")?;
            }
            for request in script.requests.iter().filter(|request| !request.is_empty()) {
                let shown = &request[..request.len().min(160)];
                writeln!(formatter, "    {} bytes: {}", request.len(), shown.escape_ascii())?;
            }
        }
        Ok(())
    }
}
