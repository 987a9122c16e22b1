//! The checks of a run: after each step, and in the end.
//!
//! Owns what is allowed. Never changes anything but the record of the most memory. Called by: the run.

use super::Run;
use crate::memory;
use crate::network::Link;
use crate::player::Player;
use crate::reader::BodyEnd;

/// What a multishot receive may have brought before it can be cancelled, in bytes, and what is around the chunks of a body.
const ON_THE_WAY_MAX: u64 = 41_000;

/// What may be held behind a request that asks for another protocol, in bytes; what of it is there becomes the tunnel's.
const UNDECIDED_MAX: u64 = 64 * 1024;

/// Connections accepted before accepting can be stopped.
const ACCEPTED_MAX: u64 = 4;

/// Turns in which the doorbell need not be polled: its completion waits behind others.
const UNPOLLED_TURNS_MAX: u32 = 200;

impl Run<'_> {
    /// What must hold after every step.
    pub(super) fn check(&mut self) -> Result<(), String> {
        if let Some(fault) = self.knowledge.borrow().faults.first() {
            return Err(fault.clone());
        }
        if let Some(ms) = self.knowledge.borrow().early_alarm_ms
            && !self.network.borrow().has_jumped
        {
            return Err(format!("an alarm comes {ms} ms early"));
        }
        for core in &self.cores {
            if let Some(violation) = core.control.violations.borrow().first() {
                return Err(format!("the engine asks the kernel for {violation}"));
            }
            let (leased, lost) = (core.control.leased.get(), core.control.lost_buffers.get());
            if leased > 0 || lost > 0 {
                return Err(format!("{leased} buffers are not given back, {lost} are lost"));
            }
            if !core.is_finished && core.unpolled_turns > UNPOLLED_TURNS_MAX {
                return Err("the doorbell is not polled".to_owned());
            }
            if !core.is_finished && core.spins > 3 {
                return Err("a deadline that has passed is never worked on".to_owned());
            }
            if core.is_idle
                && let Some(miscount) = core.application.miscount()
            {
                return Err(miscount);
            }
            let connections = core.engine.counters().connections;
            // One that stops serves those too that it had accepted by then.
            if self.drains_since_ms.is_none() && self.cores.len() == 1 {
                let most = u64::from(self.scenario.engine.connections_max);
                let network = self.network.borrow();
                let accepted = network.open_at_server() as u64;
                let is_over = accepted > most + ACCEPTED_MAX && !network.has_delayed;
                if connections > most || is_over {
                    return Err(format!(
                        "{connections} connections, of {most}; {accepted} accepted"
                    ));
                }
            }
        }
        let network = self.network.borrow();
        let waits =
            |link: &Link| link.to_client.held > 0 && !link.to_client.is_ended && !link.resets_on_close;
        if !network.has_delayed && network.links.iter().any(waits) {
            return Err("the last bytes wait in the kernel behind a turn".to_owned());
        }
        drop(network);
        self.check_bodies()?;
        self.check_memory()
    }

    /// Of a body that the application does not take no more is received than is to be held, and what was on its way.
    fn check_bodies(&self) -> Result<(), String> {
        let network = self.network.borrow();
        if network.has_delayed || self.scenario.is_sealed {
            return Ok(());
        }
        let knowledge = self.knowledge.borrow();
        let most = self.scenario.engine.body_high_watermark_bytes as u64 + ON_THE_WAY_MAX;
        let most_of_tunnel = most.max(UNDECIDED_MAX + ON_THE_WAY_MAX);
        for (client, number, read) in self.cores.iter().flat_map(|core| core.application.unbegun()) {
            if knowledge.streams_max.contains_key(&client) {
                self.check_windows(client, number, read)?;
                continue;
            }
            let link = knowledge.clients.iter().position(|other| *other == client);
            let Some(received) = link.map(|link| network.links[link].received_by_server) else {
                continue;
            };
            let message = &knowledge.readings[client].messages[number];
            let is_tunnel = message.body.end == BodyEnd::Tunnel;
            let most = if is_tunnel { most_of_tunnel } else { most };
            // A request behind it has its own bytes.
            let length = match message.body.end {
                BodyEnd::Tunnel => message.body.bytes.len() as u64,
                _ => message.declared.unwrap_or(message.body.bytes.len() as u64),
            };
            let is_last = number + 1 == knowledge.told[client] && length > most;
            let held = received.saturating_sub((message.head_ends_at + read) as u64);
            if is_last && held > most {
                return Err(format!(
                    "client {client}: {held} bytes of a body are held, of {most}"
                ));
            }
        }
        Ok(())
    }

    /// Of a stream's body no more may come again than the application has taken.
    fn check_windows(&self, client: usize, number: usize, read: usize) -> Result<(), String> {
        let given_back = self.clients.iter().find_map(|player| match player {
            Player::Streams(own) if own.number == client => own.given_back(number),
            _ => None,
        });
        match given_back.is_some_and(|bytes| bytes > read as u64) {
            true => Err(format!(
                "client {client}, request {number}: {given_back:?} bytes may come again, {read} were taken"
            )),
            false => Ok(()),
        }
    }

    fn check_memory(&mut self) -> Result<(), String> {
        let bytes = memory::engine_bytes().unwrap_or(0).max(0) as u64;
        self.outcome.engine_bytes_max = self.outcome.engine_bytes_max.max(bytes);
        let options = &self.scenario.engine;
        let receive_bytes = 64 * 4096;
        let at_once = match options.http2 {
            Some(_) => 16,
            None => u64::from(options.pipeline_max.min(13)),
        };
        let whole_responses = 70_000 * at_once;
        let http2 = options.http2.as_ref();
        let of_streams = http2.map_or(0, |limits| u64::from(limits.connection_window_bytes));
        let body = of_streams.max(options.body_high_watermark_bytes as u64) + receive_bytes;
        let responses = 5 * options.write_high_watermark_bytes as u64 + 2 * whole_responses;
        let heads = (options.limits.head_bytes_max as u64 + 2_000) * at_once;
        // A vector may have twice the room that it needs.
        let each = 2 * (2 * body + responses + heads + receive_bytes);
        // A session, and a record of it that is not whole.
        let each = each + if self.scenario.is_sealed { 200_000 } else { 0 };
        let bound = 1_000_000 + each * self.scenario.clients.len() as u64;
        match bytes > bound {
            true => Err(format!("the engine has {bytes} bytes, of {bound}")),
            false => Ok(()),
        }
    }

    /// What must hold when everything is over.
    pub(super) fn check_rest(&self) -> Result<(), String> {
        for core in &self.cores {
            let pending = core.engine.exchanges().pending();
            let (open, operations) = (core.application.open(), core.control.operations.get());
            if pending > 0 || open > 0 || operations > 0 {
                return Err(format!(
                    "{pending} exchanges, {open} requests, {operations} operations are left"
                ));
            }
            if core.engine.counters().connections > 0 {
                return Err("connections are left".to_owned());
            }
        }
        let open = self.network.borrow().open_at_server();
        if open > 0 {
            return Err(format!("{open} sockets are left"));
        }
        Ok(())
    }
}
