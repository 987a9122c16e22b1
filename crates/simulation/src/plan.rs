//! How a request is answered, worked out from whose it is and which: the rule that application and checks share.
//!
//! Owns the plan and the bytes of a response's body. Never sees an engine.

use crate::random::{Random, mix};
use crate::reader::Message;

/// How a response is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `respond`.
    Whole,
    /// `respond_with` an owned body.
    Owned,
    /// `start` of unknown length, then chunks.
    Stream,
    /// `start` of a known length, then chunks.
    Counted,
    /// A stream of what is read of the request's body.
    Echo,
}

/// How a response ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// As it should.
    Rightly,
    /// `fail` before it is begun.
    FailsFirst,
    /// `fail` in the middle of a stream.
    FailsWithin,
    /// It is finished before its declared length.
    TooShort,
}

/// How a request is answered.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The status.
    pub status: u16,
    /// How it is given.
    pub form: Form,
    /// How it ends.
    pub ends: Ends,
    /// The length of its body, unless that is an echo.
    pub length: usize,
    /// The bytes of one write.
    pub chunk: usize,
    /// The request's body is read to its end before.
    pub reads_first: bool,
    /// The request's body is kept, and read when the response is given.
    pub reads_last: bool,
    /// The application takes this long before it does anything, in milliseconds.
    pub delay_ms: u64,
    /// It says `connection: close`.
    pub closes: bool,
    key: u64,
}

impl Plan {
    /// The plan of the request number `number` of a client.
    pub fn of(seed: u64, client: usize, number: usize) -> Plan {
        let key = mix(mix(seed ^ 0x61) ^ ((client as u64) << 32 | number as u64));
        let mut random = Random::new(key);
        let forms = [
            Form::Whole,
            Form::Whole,
            Form::Owned,
            Form::Stream,
            Form::Counted,
            Form::Echo,
        ];
        let form = *random.choose(&forms);
        let lengths = [0, 5, 100, 3_000, 20_000, 70_000];
        let length = *random.choose(&lengths);
        let ends = match random.below(40) {
            0 => Ends::FailsFirst,
            1 if matches!(form, Form::Stream | Form::Counted) && length > 0 => Ends::FailsWithin,
            2 if form == Form::Counted && length > 0 => Ends::TooShort,
            _ => Ends::Rightly,
        };
        let reads_first = random.chance(500) && form != Form::Echo;
        Plan {
            status: *random.choose(&[200, 200, 200, 404, 204, 304]),
            form,
            ends,
            length,
            chunk: *random.choose(&[1_000, 7_000, 20_000]),
            reads_first,
            reads_last: !reads_first && form == Form::Whole && random.chance(300),
            delay_ms: if random.chance(300) {
                random.below(300) as u64
            } else {
                0
            },
            closes: random.chance(30),
            key,
        }
    }

    /// What names this response alone.
    pub fn tag(&self) -> String {
        format!("{:016x}", self.key)
    }

    /// Whether a body is on the wire.
    pub fn has_content(&self, message: &Message) -> bool {
        !message.is_head() && !matches!(self.status, 204 | 304)
    }

    /// So many bytes of the body from `at` on.
    pub fn bytes(&self, at: usize, length: usize) -> Vec<u8> {
        (at..at + length).map(|at| self.byte(at)).collect()
    }

    /// One byte of the body.
    pub fn byte(&self, at: usize) -> u8 {
        let step = (self.key >> 8) as usize | 1;
        (self.key as usize)
            .wrapping_add(at.wrapping_mul(step))
            .wrapping_add(at >> 8) as u8
    }
}
