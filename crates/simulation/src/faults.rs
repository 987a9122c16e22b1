//! What the simulated kernel does that a friendly one would not, and how often.
//!
//! Owns the list of faults and their rates. Never decides when: the kernel draws.

use crate::random::Random;

/// A way of the kernel to be unfriendly. All but [`StaleCompletion`](Fault::StaleCompletion) are allowed to it by io_uring(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Operations complete in any order; only that of one socket and direction is kept.
    AnyOrder,
    /// An operation that could complete does so a turn later.
    Late,
    /// Fewer bytes are received than there are.
    ShortReceive,
    /// One byte is received.
    OneByte,
    /// A multishot operation ends with a completion that is no error.
    MultishotEnds,
    /// `ENOBUFS` although a buffer is free.
    NoBuffers,
    /// A cancelled operation completes with what it was asked for, and not with `ECANCELED`.
    CancelLoses,
    /// Fewer bytes are sent than could be.
    ShortSend,
    /// A send is interrupted: `EINTR` or `EAGAIN`.
    InterruptedSend,
    /// The connection breaks while it is sent on: `EPIPE` or `ECONNRESET`.
    BrokenSend,
    /// The connection breaks while it is received from: `ECONNRESET`.
    BrokenReceive,
    /// `EMFILE`, `ENFILE`, `ENOMEM` or `ENOBUFS` instead of a connection.
    NoDescriptor,
    /// `ECONNABORTED`: a client was gone before it was accepted.
    AbortedClient,
    /// The completion queue is full: the rest comes with the next enter.
    Overflow,
    /// A completion arrives whose connection is gone and whose slot may be used again.
    StaleCompletion,
    /// The clocks jump: both forward, or the time of day back.
    ClockStep,
    /// A ring of the doorbell is not heard.
    LostRing,
    /// One that was not rung is heard, or one is heard twice.
    DoubledRing,
    /// A wait ends before its time with nothing to tell.
    EarlyWake,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Fault; 19] = [
        Fault::AnyOrder,
        Fault::Late,
        Fault::ShortReceive,
        Fault::OneByte,
        Fault::MultishotEnds,
        Fault::NoBuffers,
        Fault::CancelLoses,
        Fault::ShortSend,
        Fault::InterruptedSend,
        Fault::BrokenSend,
        Fault::BrokenReceive,
        Fault::NoDescriptor,
        Fault::AbortedClient,
        Fault::Overflow,
        Fault::StaleCompletion,
        Fault::ClockStep,
        Fault::LostRing,
        Fault::DoubledRing,
        Fault::EarlyWake,
    ];
}

/// How often each fault happens, in a thousand occasions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults([u16; Fault::ALL.len()]);

impl Faults {
    /// A friendly kernel.
    pub fn none() -> Self {
        Faults([0; Fault::ALL.len()])
    }

    /// Every seed has its own: half of the faults never happen, the others rarely or often.
    pub fn draw(random: &mut Random) -> Self {
        let mut faults = Faults::none();
        for fault in Fault::ALL {
            if random.chance(500) {
                // What ends connections is rare, or nothing else would ever be seen on them.
                let rates: &[u16] = match fault {
                    Fault::BrokenSend | Fault::BrokenReceive => &[1, 4, 15],
                    Fault::ClockStep => &[1, 5],
                    _ => &[5, 20, 100, 300],
                };
                faults.set(fault, *random.choose(rates));
            }
        }
        faults
    }

    /// How often it happens, in a thousand occasions.
    pub fn rate(&self, fault: Fault) -> u16 {
        self.0[fault as usize]
    }

    /// From now on it happens so often.
    pub fn set(&mut self, fault: Fault, per_mille: u16) {
        self.0[fault as usize] = per_mille;
    }

    /// Those that happen.
    pub fn active(&self) -> impl Iterator<Item = Fault> + '_ {
        Fault::ALL.into_iter().filter(|fault| self.rate(*fault) > 0)
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for fault in self.active() {
            write!(formatter, " {fault:?}={}", self.rate(fault))?;
        }
        Ok(())
    }
}
