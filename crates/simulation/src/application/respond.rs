//! How one request is worked on: its body read and compared, its answer given as planned.
//!
//! Owns no state. Called by: the application, when a request is told, an event comes, or its time has.

use std::io::Write as _;
use std::sync::Arc;

use howth_engine::{Backpressure, Body, BodyRead, ExchangeId, FileBody, Gone};
use howth_http1::ResponseHead;

use super::{Application, Stage, Work};
use crate::memory;
use crate::plan::{Ends, Form, Plan};
use crate::reader::BodyEnd;

impl Application {
    /// Goes as far as it can: waits, reads, answers, streams.
    pub(super) fn step(&self, id: ExchangeId, work: &mut Work) -> Result<(), String> {
        if let Stage::Waits { until_ms } = work.stage {
            self.inform(id, work, 1)?;
            if until_ms > self.now_ms {
                return Ok(());
            }
            work.stage = Stage::Reads;
        }
        if work.stage == Stage::Reads {
            if work.plan.reads_first {
                self.read(id, work, |_| Ok(()))?;
                if !work.body_is_over {
                    return Ok(());
                }
            }
            self.inform(id, work, usize::MAX)?;
            let switches = work.plan.tries_to_switch && work.plan.ends != Ends::FailsFirst;
            if !(switches && self.switch(id, work)?) {
                self.begin(id, work);
            }
        }
        self.tunnel(id, work)?;
        if let Stage::Streams { .. } = work.stage {
            self.stream(id, work)?;
        }
        if work.stage == Stage::Given && work.plan.reads_last && !work.body_is_over {
            self.read(id, work, |_| Ok(()))?;
        }
        Ok(())
    }

    /// Reads what there is, byte by byte what the client sent.
    fn read(
        &self,
        id: ExchangeId,
        work: &mut Work,
        mut take: impl FnMut(&[u8]) -> Result<(), ()>,
    ) -> Result<(), String> {
        loop {
            let read = self.exchanges.read_body(id, 5_000);
            let knowledge = self.knowledge.borrow();
            let body = &knowledge.readings[work.client].messages[work.number].body;
            match read {
                Ok(BodyRead::Data(bytes)) => {
                    let end = work.read + bytes.len();
                    if body.bytes.get(work.read..end) != Some(bytes.as_slice()) {
                        return Err(format!("body bytes from {} on are not what was sent", work.read));
                    }
                    work.read = end;
                    if take(&bytes).is_err() {
                        return Ok(());
                    }
                }
                Ok(BodyRead::End) => {
                    work.body_is_over = true;
                    // Before the protocol changes there is none.
                    let is_whole = match body.end {
                        BodyEnd::Whole(_) => work.read == body.bytes.len(),
                        BodyEnd::Tunnel => work.read == 0,
                        BodyEnd::Partial | BodyEnd::Refused(_) => false,
                    };
                    if !is_whole {
                        return Err("a body ends before its end".to_owned());
                    }
                    drop(knowledge);
                    return self.check_trailers(id, work);
                }
                Ok(BodyRead::Pending) => return Ok(()),
                Ok(BodyRead::Failed(_)) | Err(Gone) => {
                    work.stage = Stage::Over;
                    return Ok(());
                }
            }
        }
    }

    /// The trailers of a request are there with the end of its body.
    fn check_trailers(&self, id: ExchangeId, work: &Work) -> Result<(), String> {
        let knowledge = self.knowledge.borrow();
        let message = &knowledge.readings[work.client].messages[work.number];
        match self.exchanges.trailers(id) {
            Some(trailers) if message.is_http_2 && *trailers != message.trailers => {
                Err(format!("the trailers are {trailers:?}"))
            }
            _ => Ok(()),
        }
    }

    /// Ends a response, by trailers where it has some.
    fn finish(&self, id: ExchangeId, work: &Work) {
        let knowledge = self.knowledge.borrow();
        let message = &knowledge.readings[work.client].messages[work.number];
        let tag = work.plan.tag();
        let trailers: &[(&[u8], &[u8])] = match work.plan.has_trailers(message) {
            true => &[(b"x-sum", tag.as_bytes())],
            false => &[],
        };
        drop(knowledge);
        // One that is too short is refused, and one that is over.
        let _ = self.exchanges.finish(id, trailers);
    }

    fn begin(&self, id: ExchangeId, work: &mut Work) {
        let plan = work.plan;
        let tag = plan.tag();
        let all: [(&[u8], &[u8]); 2] = [(b"x-tag", tag.as_bytes()), (b"connection", b"close")];
        let head = ResponseHead {
            status: plan.status,
            reason: None,
            fields: if plan.closes { &all } else { &all[..1] },
        };
        work.stage = Stage::Given;
        let begun = match plan.form {
            _ if plan.ends == Ends::FailsFirst => self.exchanges.fail(id),
            Form::Whole => {
                if plan.reads_last {
                    work.body_is_over = !self.exchanges.keep_body(id, true).unwrap_or(false);
                }
                self.exchanges.respond(id, &head, &plan.bytes(0, plan.length))
            }
            Form::Owned => {
                let body = match plan.is_in_a_file {
                    true => Body::File(memory::outside(|| file_of(&plan))),
                    false => Body::Owned(plan.bytes(0, plan.length)),
                };
                self.exchanges.respond_with(id, &head, body)
            }
            Form::Stream | Form::Echo | Form::Counted => {
                work.stage = Stage::Streams { sent: 0 };
                let length = (plan.form == Form::Counted).then_some(plan.length as u64);
                self.exchanges.start(id, &head, length)
            }
        };
        if begun.is_err() {
            work.stage = Stage::Over;
        }
    }

    fn stream(&self, id: ExchangeId, work: &mut Work) -> Result<(), String> {
        if work.plan.form == Form::Echo {
            return self.echo(id, work);
        }
        let Stage::Streams { mut sent } = work.stage else {
            return Ok(());
        };
        let plan = work.plan;
        let until = if plan.ends == Ends::Rightly {
            plan.length
        } else {
            plan.length / 2
        };
        while sent < until && work.may_write {
            let chunk = plan.bytes(sent, plan.chunk.min(until - sent));
            sent += chunk.len();
            match self.exchanges.write(id, &chunk) {
                Ok(pressure) => work.may_write = pressure == Backpressure::Ready,
                Err(_) => {
                    work.stage = Stage::Over;
                    return Ok(());
                }
            }
        }
        work.stage = Stage::Streams { sent };
        if sent >= until && work.may_write {
            work.stage = Stage::Given;
            match plan.ends {
                Ends::FailsWithin => self.exchanges.fail(id).unwrap_or_default(),
                _ => self.finish(id, work),
            }
        }
        Ok(())
    }

    fn echo(&self, id: ExchangeId, work: &mut Work) -> Result<(), String> {
        if !work.may_write {
            return Ok(());
        }
        let mut may_write = true;
        self.read(id, work, |bytes| match self.exchanges.write(id, bytes) {
            Ok(Backpressure::Ready) => Ok(()),
            _ => {
                may_write = false;
                Err(())
            }
        })?;
        work.may_write = may_write;
        if work.body_is_over && may_write && work.stage != Stage::Over {
            work.stage = Stage::Given;
            self.finish(id, work);
        }
        Ok(())
    }
}

/// The body within a file that is longer.
fn file_of(plan: &Plan) -> FileBody {
    const AROUND: &[u8] = b"around it";
    let mut file = tempfile::tempfile().expect("a file");
    for bytes in [AROUND, &plan.bytes(0, plan.length), AROUND] {
        file.write_all(bytes).expect("room for it");
    }
    FileBody {
        file: Arc::new(file),
        offset: AROUND.len() as u64,
        length: plan.length as u64,
    }
}
