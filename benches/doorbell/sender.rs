//! The core that wakes another one: it has a ring of its own, which it enters anyway.

use std::io;

use io_uring::squeue::{self, Flags};
use io_uring::types::Fd;
use io_uring::{IoUring, opcode};

use super::receiver::{self, Target};

/// How the doorbell is rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// write(2) to an eventfd that the receiver's ring polls: what the engine does.
    Call,
    /// A write to it in the sender's ring, beside what is submitted anyway.
    Write,
    /// `IORING_OP_MSG_RING` in the sender's ring, beside what is submitted anyway.
    Message,
    /// The same from outside of a ring: `IORING_REGISTER_SEND_MSG_RING` (Linux 6.13).
    MessageCall,
}

/// What an eventfd is written.
static ONE: u64 = 1;

/// `IORING_REGISTER_SEND_MSG_RING`.
const REGISTER_SEND_MSG_RING: libc::c_uint = 31;

pub struct Sender {
    way: Way,
    target: Target,
    ring: IoUring,
}

impl Sender {
    pub fn new(way: Way, target: Target) -> io::Result<Self> {
        Ok(Sender {
            way,
            target,
            ring: receiver::ring()?,
        })
    }

    /// Whether a ring is an entry beside others, not a call of its own.
    pub fn rings_within_an_enter(&self) -> bool {
        matches!(self.way, Way::Write | Way::Message)
    }

    /// What the sender does anyway: submits an entry and takes its completion.
    pub fn enter(&mut self) -> io::Result<()> {
        self.push(&opcode::Nop::new().build())?;
        self.ring.submit_and_wait(1)?;
        self.reap()
    }

    /// Wakes the receiver.
    pub fn ring(&mut self) -> io::Result<()> {
        let entry = match self.way {
            Way::Call => return self.write(),
            Way::MessageCall => return self.send_message(),
            Way::Write => opcode::Write::new(
                Fd(self.target.eventfd),
                (&raw const ONE).cast(),
                size_of::<u64>() as u32,
            )
            .build(),
            Way::Message => self.message(),
        };
        self.push(&entry.flags(Flags::SKIP_SUCCESS))?;
        self.enter()
    }

    fn message(&self) -> squeue::Entry {
        opcode::MsgRingData::new(Fd(self.target.ring), 0, 1, None).build()
    }

    fn write(&self) -> io::Result<()> {
        // SAFETY: eight bytes that live for ever.
        let written = unsafe { libc::write(self.target.eventfd, (&raw const ONE).cast(), size_of::<u64>()) };
        if written < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    fn send_message(&self) -> io::Result<()> {
        let entry = self.message();
        // SAFETY: one entry, which outlives the call and points to nothing.
        let sent = unsafe {
            libc::syscall(
                libc::SYS_io_uring_register,
                -1,
                REGISTER_SEND_MSG_RING,
                &raw const entry,
                1,
            )
        };
        if sent < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    fn push(&mut self, entry: &squeue::Entry) -> io::Result<()> {
        // SAFETY: what is written lives for ever; the other entries point to nothing.
        unsafe { self.ring.submission().push(entry) }.map_err(io::Error::other)
    }

    fn reap(&mut self) -> io::Result<()> {
        for completion in self.ring.completion() {
            if completion.result() < 0 {
                return Err(io::Error::from_raw_os_error(-completion.result()));
            }
        }
        Ok(())
    }
}
