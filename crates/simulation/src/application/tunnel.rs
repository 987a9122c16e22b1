//! What one request is besides an answer: interim responses before it, and a change of protocol, behind which every byte
//! that the client sends is compared and sent back.
//!
//! Owns when a tunnel's sides end. Called by: the work on a request.

use howth_engine::{Backpressure, BodyRead, ExchangeId, Gone, InterimError, UpgradeError};
use howth_http1::{InvalidResponse, ResponseHead};

use super::{Alarm, Application, Stage, Work};
use crate::network::STEP_MS_MAX;
use crate::plan::PROTOCOL;

/// The most that is read at once.
const READ_MAX: usize = 5_000;

/// How long behind an alarm our side ends, in milliseconds.
const END_MS: u64 = 300;

impl Application {
    /// Sends interim responses until so many of those that are planned are out, and notes which the client is to get.
    pub(super) fn inform(&self, id: ExchangeId, work: &mut Work, until: usize) -> Result<(), String> {
        while work.informed < until.min(work.plan.interims.len()) {
            let status = work.plan.interims[work.informed];
            let text = work.plan.interim(work.informed);
            let fields: &[(&[u8], &[u8])] = &[(b"x-interim", text.as_bytes()), (b"content-length", b"9")];
            let head = ResponseHead {
                status,
                reason: None,
                fields: if status == 100 { &[] } else { fields },
            };
            let mut knowledge = self.knowledge.borrow_mut();
            let has_room = self.exchanges.unsent_bytes(id) < knowledge.write_high_watermark_bytes;
            let is_known = !knowledge.readings[work.client].messages[work.number].is_http_10;
            match self.exchanges.inform(id, &head) {
                Ok(()) if status != 100 && has_room && is_known => {
                    let place = (work.client, work.number);
                    knowledge.informed.entry(place).or_default().push(work.informed);
                }
                Ok(()) | Err(InterimError::Gone(_)) => {}
                Err(error) => return Err(format!("an interim response is not taken: {error}")),
            }
            work.informed += 1;
        }
        Ok(())
    }

    /// Tries to change the protocol. False: the request does not ask for that, and is to be answered.
    pub(super) fn switch(&self, id: ExchangeId, work: &mut Work) -> Result<bool, String> {
        let knowledge = self.knowledge.borrow();
        let message = &knowledge.readings[work.client].messages[work.number];
        let tag = work.plan.tag();
        let all: [(&[u8], &[u8]); 2] = [(b"x-tag", tag.as_bytes()), (b"upgrade", PROTOCOL)];
        let head = match message.is_connect() {
            true => ResponseHead {
                status: 200,
                reason: None,
                fields: &all[..1],
            },
            false => ResponseHead {
                status: 101,
                reason: None,
                fields: &all,
            },
        };
        let is_asked = message.is_connect() || message.upgrade.is_some();
        match self.exchanges.upgrade(id, &head) {
            Err(UpgradeError::Gone(Gone)) => work.stage = Stage::Over,
            Ok(()) if work.plan.switches(message) => {
                drop(knowledge);
                work.stage = Stage::Tunnel { sent: 0 };
                self.set_alarm(id, work);
            }
            Err(UpgradeError::NotAsked) if !is_asked => return Ok(false),
            Err(UpgradeError::HasBody) if is_asked && message.has_body() => return Ok(false),
            Err(UpgradeError::Invalid(InvalidResponse::Switch))
                if is_asked && !message.has_body() && !work.plan.switches(message) =>
            {
                return Ok(false);
            }
            other => return Err(format!("a change of protocol gives {other:?}")),
        }
        Ok(true)
    }

    /// Sends the planned bytes, then back what comes, until either side ends.
    pub(super) fn tunnel(&self, id: ExchangeId, work: &mut Work) -> Result<(), String> {
        let plan = work.plan;
        if work.alarm.ends_at_ms.is_some_and(|at_ms| at_ms <= self.now_ms) {
            self.finish_tunnel(id, work);
        }
        while let Stage::Tunnel { sent } = work.stage
            && work.may_write
            && sent < plan.length
        {
            let chunk = plan.bytes(sent, plan.chunk.min(plan.length - sent));
            work.stage = Stage::Tunnel {
                sent: sent + chunk.len(),
            };
            self.send_in_tunnel(id, work, &chunk);
        }
        loop {
            let is_open = match work.stage {
                Stage::Tunnel { sent } => {
                    if !work.may_write || sent < plan.length {
                        return Ok(());
                    }
                    true
                }
                Stage::HalfTunnel => false,
                _ => return Ok(()),
            };
            match self.exchanges.read_body(id, READ_MAX) {
                Ok(BodyRead::Data(bytes)) => {
                    self.compare_in_tunnel(work, &bytes)?;
                    if is_open {
                        self.send_in_tunnel(id, work, &bytes);
                        self.set_alarm(id, work);
                        self.end_where_planned(id, work);
                    }
                }
                Ok(BodyRead::End) => {
                    let knowledge = self.knowledge.borrow();
                    let (sent, has_ended) = knowledge.sent[work.client];
                    let begins = knowledge.readings[work.client].messages[work.number].head_ends_at;
                    drop(knowledge);
                    if !has_ended || begins + work.read != sent {
                        return Err(format!("a tunnel ends behind {} bytes", work.read));
                    }
                    if is_open {
                        self.finish_tunnel(id, work);
                    }
                    work.stage = Stage::Over;
                }
                Ok(BodyRead::Pending) => return Ok(()),
                Ok(BodyRead::Failed(why)) => return Err(format!("a tunnel fails: {why}")),
                Err(Gone) => work.stage = Stage::Over,
            }
        }
    }

    /// The time that was set has come: our side ends, a little later, as it is told once.
    pub(super) fn alarm(&self, id: ExchangeId, work: &mut Work) -> Result<(), String> {
        // It was told of before another one took its place.
        if work.alarm.batch == self.batch {
            return Ok(());
        }
        let Some(due_ms) = work.alarm.due_ms.take() else {
            return Err("an alarm that nobody has set".to_owned());
        };
        if self.now_ms + STEP_MS_MAX < due_ms {
            self.knowledge.borrow_mut().early_alarm_ms = Some(due_ms - self.now_ms);
        }
        if matches!(work.stage, Stage::Tunnel { .. }) {
            work.alarm.ends_at_ms = Some(self.now_ms + END_MS);
        }
        self.tunnel(id, work)
    }

    fn compare_in_tunnel(&self, work: &mut Work, bytes: &[u8]) -> Result<(), String> {
        let knowledge = self.knowledge.borrow();
        let sent = &knowledge.readings[work.client].messages[work.number].body.bytes;
        let end = work.read + bytes.len();
        if sent.get(work.read..end) != Some(bytes) {
            return Err(format!(
                "tunnel bytes from {} on are not what was sent",
                work.read
            ));
        }
        work.read = end;
        Ok(())
    }

    fn send_in_tunnel(&self, id: ExchangeId, work: &mut Work, bytes: &[u8]) {
        // The client may be told of them before the call returns.
        self.knowledge.borrow_mut().tunnels[work.client].written += bytes.len();
        match self.exchanges.write(id, bytes) {
            Ok(pressure) => work.may_write = pressure == Backpressure::Ready,
            Err(_) => work.stage = Stage::Over,
        }
    }

    fn end_where_planned(&self, id: ExchangeId, work: &mut Work) {
        if work.plan.tunnel_ends_at.is_none_or(|bytes| work.read < bytes) {
            return;
        }
        if work.plan.fails_in_tunnel() {
            self.knowledge.borrow_mut().tunnels[work.client].is_failed = true;
            let _ = self.exchanges.fail(id);
            work.stage = Stage::Over;
        } else {
            self.finish_tunnel(id, work);
        }
    }

    /// Our side ends, and the client's goes on.
    fn finish_tunnel(&self, id: ExchangeId, work: &mut Work) {
        let ended = self.exchanges.finish(id, &[]);
        self.knowledge.borrow_mut().tunnels[work.client].is_finished |= ended.is_ok();
        work.stage = if ended.is_ok() {
            Stage::HalfTunnel
        } else {
            Stage::Over
        };
        let _ = self.exchanges.set_alarm(id, None);
        work.alarm = Alarm {
            batch: self.batch,
            ..Alarm::default()
        };
    }

    fn set_alarm(&self, id: ExchangeId, work: &mut Work) {
        let in_ms = work.plan.tunnel_silence_ms;
        if matches!(work.stage, Stage::Tunnel { .. }) && self.exchanges.set_alarm(id, Some(in_ms)).is_ok() {
            work.alarm = Alarm {
                due_ms: Some(self.now_ms + in_ms),
                ends_at_ms: None,
                batch: self.batch,
            };
        }
    }
}
