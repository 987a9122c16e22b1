//! Encoders of content, and those of a core that wait for their next use.
//!
//! Owns their one interface and how hard they try. Never decides what is encoded. Called by: `exchanges`, on a core's thread or
//! on one of its workers'.

mod brotli;
mod gzip;
mod zstd;

use crate::coding::Coding;

use self::brotli::Brotli;
use self::gzip::Gzip;
use self::zstd::Zstd;

/// Encoders of a kind that wait for their next use, at most.
const IDLE_MAX: usize = 4;

/// Bytes of all encoders that wait for their next use on a core.
pub(crate) const IDLE_BYTES_MAX: usize = 3 * IDLE_MAX * (gzip::BYTES_MAX + zstd::STREAM_BYTES_MAX);

/// How hard an encoder tries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// Gzip 6, Brotli 4, Zstandard 3.
    #[default]
    Normal,
    /// Gzip 4, Brotli 2, Zstandard 1.
    Less,
    /// Gzip 1, Brotli 2, Zstandard 1.
    Least,
}

/// What content an encoder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Content of so many bytes, given at once.
    Whole(usize),
    /// Content that comes in parts, whose encoder lives as long as they come, and so has little memory.
    Stream,
}

/// What follows a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another part, some time: what was given so far can be decoded.
    Flush,
    /// Nothing.
    Finish,
}

/// An encoder that has failed: it has no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("content could not be encoded as {0}")]
pub struct EncodeError(pub &'static str);

/// An encoder of one response.
pub struct Encoder {
    effort: Effort,
    used: Use,
    kind: Kind,
}

enum Kind {
    Gzip(Gzip),
    Brotli(Brotli),
    Zstd(Zstd),
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Encoder({:?}, {:?})", self.coding(), self.used)
    }
}

impl Encoder {
    /// A new one.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn new(coding: Coding, effort: Effort, used: Use) -> Result<Self, EncodeError> {
        let kind = match coding {
            Coding::Gzip => Kind::Gzip(Gzip::new(effort)),
            Coding::Brotli => Kind::Brotli(Brotli::new(effort, used)),
            Coding::Zstd => Kind::Zstd(Zstd::new(effort, used)?),
        };
        Ok(Encoder { effort, used, kind })
    }

    /// Its coding.
    pub fn coding(&self) -> Coding {
        match self.kind {
            Kind::Gzip(_) => Coding::Gzip,
            Kind::Brotli(_) => Coding::Brotli,
            Kind::Zstd(_) => Coding::Zstd,
        }
    }

    /// Encodes a part, and appends what it comes to.
    ///
    /// # Errors
    /// The encoder is of no use any more.
    pub fn encode(&mut self, part: &[u8], step: Step, encoded: &mut Vec<u8>) -> Result<(), EncodeError> {
        match &mut self.kind {
            Kind::Gzip(gzip) => gzip.encode(part, step, encoded),
            Kind::Brotli(brotli) => brotli.encode(part, step, encoded),
            Kind::Zstd(zstd) => zstd.encode(part, self.used, step, encoded),
        }
    }

    /// Bytes that the encoder of a stream takes, at most.
    pub fn stream_bytes(coding: Coding) -> usize {
        match coding {
            Coding::Gzip => gzip::BYTES_MAX,
            Coding::Brotli => brotli::STREAM_BYTES_MAX,
            Coding::Zstd => zstd::STREAM_BYTES_MAX,
        }
    }

    /// Makes it as good as new; false: it cannot be, and a new one is as cheap.
    fn renew(&mut self, effort: Effort, used: Use) -> bool {
        let is_renewed = match &mut self.kind {
            Kind::Gzip(gzip) => {
                gzip.renew();
                self.effort == effort
            }
            Kind::Brotli(_) => false,
            Kind::Zstd(zstd) => zstd.renew(effort, used).is_ok(),
        };
        self.effort = effort;
        self.used = used;
        is_renewed
    }
}

/// The encoders of a core that wait for their next use.
#[derive(Debug, Default)]
pub struct Encoders {
    idle: Vec<Encoder>,
}

impl Encoders {
    /// One for a response.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn take(&mut self, coding: Coding, effort: Effort, used: Use) -> Result<Encoder, EncodeError> {
        let is_alike = |idle: &Encoder| match coding {
            // Its effort is its own for good.
            Coding::Gzip => idle.coding() == coding && idle.effort == effort,
            Coding::Brotli => false,
            Coding::Zstd => idle.coding() == coding,
        };
        let place = self.idle.iter().rposition(is_alike);
        if let Some(mut encoder) = place.map(|place| self.idle.swap_remove(place))
            && encoder.renew(effort, used)
        {
            return Ok(encoder);
        }
        Encoder::new(coding, effort, used)
    }

    /// Keeps one for its next use, wherever its response was broken off.
    pub fn give_back(&mut self, encoder: Encoder) {
        let is_kept = match encoder.kind {
            Kind::Brotli(_) => false,
            // What has grown with a large response is freed.
            Kind::Zstd(ref zstd) => zstd.bytes() <= zstd::STREAM_BYTES_MAX,
            Kind::Gzip(_) => true,
        };
        let is_alike = |idle: &&Encoder| idle.coding() == encoder.coding() && idle.effort == encoder.effort;
        if is_kept && self.idle.iter().filter(is_alike).count() < IDLE_MAX {
            self.idle.push(encoder);
        }
    }
}
