//! Who takes part in a run, and what is known of them before anything has happened.
//!
//! Owns nothing. Called by: the run, as it begins.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::client::Client;
use crate::http2::StreamClient;
use crate::knowledge::{Knowledge, SharedKnowledge, Tunnel};
use crate::plan::Plan;
use crate::player::Player;
use crate::reader::{self, Message, Reading};
use crate::scenario::Scenario;

/// The clients of a scenario, and what each is to send.
pub(super) fn begin(scenario: &Scenario) -> (Vec<Player>, SharedKnowledge) {
    let scripts = scenario.clients.iter().enumerate();
    let clients: Vec<Player> = scripts
        .filter_map(|(number, script)| {
            let (seed, script) = (scenario.seed, script.clone()?);
            let of_streams = StreamClient::new(seed, number, script.clone(), &scenario.engine);
            Some(match of_streams {
                Some(client) => Player::Streams(Box::new(client)),
                None => Player::Lines(Box::new(Client::new(seed, number, script))),
            })
        })
        .collect();
    // Clients are named by their place in the scenario, whoever is left out.
    let mut readings = vec![
        Reading {
            messages: Vec::new(),
            end: reader::End::More(0)
        };
        scenario.clients.len()
    ];
    let mut streams_max = BTreeMap::new();
    for client in &clients {
        match client {
            Player::Lines(client) => readings[client.number] = reading(scenario, client),
            Player::Streams(client) => {
                readings[client.number].messages = client.messages();
                streams_max.insert(client.number, client.most_at_once());
            }
        }
    }
    let knowledge = Rc::new(RefCell::new(Knowledge {
        seed: scenario.seed,
        pipeline_max: scenario.engine.pipeline_max as usize,
        told: vec![0; readings.len()],
        told_streams: BTreeSet::new(),
        streams_max,
        agreed: scenario.is_sealed.then(|| agreed(scenario)),
        sent: vec![(0, false); readings.len()],
        tunnels: vec![Tunnel::default(); readings.len()],
        informed: BTreeMap::new(),
        write_high_watermark_bytes: scenario.engine.write_high_watermark_bytes as u64,
        early_alarm_ms: None,
        readings,
        clients: Vec::new(),
        faults: Vec::new(),
        completed: 0,
    }));
    (clients, knowledge)
}

fn agreed(scenario: &Scenario) -> BTreeMap<usize, Option<&'static [u8]>> {
    let scripts = scenario.clients.iter().enumerate();
    let agreed =
        scripts.filter_map(|(number, script)| Some((number, script.as_ref()?.seal.as_ref()?.agreed()?)));
    agreed.collect()
}

fn reading(scenario: &Scenario, client: &Client) -> Reading {
    let reading = reader::read(&client.input, &scenario.engine.limits);
    let plan = |number| Plan::of(scenario.seed, client.number, number);
    let switches = |number: usize, message: &Message| plan(number).switches(message);
    reading.with_tunnel(&client.input, switches)
}
