//! How a core learns that messages wait for it: the state of the core, and its mail.
//!
//! Owns who has to be called, and when nobody has to. Never calls anyone, and never touches a ring of messages. Called
//! by: [`Endpoint`](crate::Endpoint). Compiled a second time by `tests/model.rs`, which runs every interleaving of it
//! with the atomics of loom; so it names atomics by `crate::atomic` only.
//!
//! The mail is one bit for each sender. A sender puts messages into its ring, then sets its bit, then looks at the
//! state. A core that is about to sleep announces its state, then takes the bits. Both touch the same word by
//! read-modify-write, and of two such operations one comes first: if it is the sender's, the core finds the bit; if it
//! is the core's, the sender has acquired what the core announced before. So no wake-up is lost, and no fence is
//! needed.

use crossbeam_utils::CachePadded;

use crate::atomic::{AtomicU8, AtomicU64, Ordering};
use crate::core_set::{BITS, CoreSet};

/// Nobody has joined: messages wait in their rings.
const ABSENT: u8 = 0;
/// The core takes its mail of its own accord before it sleeps.
const AWAKE: u8 = 1;
/// The core waits, or is about to. The sender that moves it on to `AWAKE` has to wake it.
const ASLEEP: u8 = 2;
/// The core runs the application. The sender that moves it on to `INTERRUPTED` has to interrupt it.
const APPLICATION: u8 = 3;
/// The core was interrupted and has not looked at its mail since.
const INTERRUPTED: u8 = 4;

/// Whom a sender has to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// The core looks by itself, was called already, or is absent.
    Nobody,
    /// The core sleeps.
    Waker,
    /// The core runs the application.
    Interrupt,
}

/// The bell of one core: rung by the others, minded by the core.
#[derive(Debug)]
pub(crate) struct Bell {
    /// Left by senders from `ASLEEP` and `APPLICATION` only, and then by compare-and-exchange: a plain store of the
    /// core's is never undone.
    state: AtomicU8,
    /// A bit for each sender that has flushed messages since the core last took the mail.
    mail: Box<[CachePadded<AtomicU64>]>,
}

impl Bell {
    /// The bell of a core that is absent, with no mail.
    pub(crate) fn new(cores: usize) -> Self {
        Bell {
            state: AtomicU8::new(ABSENT),
            mail: (0..cores.div_ceil(BITS))
                .map(|_| CachePadded::new(AtomicU64::new(0)))
                .collect(),
        }
    }

    /// Says that `sender` has put messages into its ring, and whom to call.
    #[inline]
    pub(crate) fn ring(&self, sender: usize) -> Call {
        // Release: whoever takes the bit sees the messages, also when other senders set theirs in between, for those
        // are read-modify-writes too. Acquire: what the core announced before it last took the mail is seen below.
        self.mail[sender / BITS].fetch_or(1 << (sender % BITS), Ordering::AcqRel);
        // Relaxed: the line above has ordered it.
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let (next, call) = match state {
                ASLEEP => (AWAKE, Call::Waker),
                APPLICATION => (INTERRUPTED, Call::Interrupt),
                _ => return Call::Nobody,
            };
            // Acquire: what the core has set up for whoever wakes it is seen. One sender only gets through, so one
            // only calls.
            let exchanged = self
                .state
                .compare_exchange(state, next, Ordering::Acquire, Ordering::Relaxed);
            match exchanged {
                Ok(_) => return call,
                Err(now) => state = now,
            }
        }
    }

    /// Adds whoever has flushed messages to `senders`; false: nobody has. Arms the interrupt again when there is
    /// nothing, so that it follows to take what came meanwhile.
    #[inline]
    pub(crate) fn take(&self, senders: &mut CoreSet) -> bool {
        let mut has_mail = false;
        for (word, mail) in self.mail.iter().enumerate() {
            // Relaxed: a hint, which saves the read-modify-write where there is nothing. What it does not see yet is
            // seen by the next look, and `prepare_sleep` does not rely on it.
            if mail.load(Ordering::Relaxed) != 0 {
                has_mail |= senders.insert_word(word, Bell::empty(mail));
            }
        }
        // Relaxed: only the core itself leaves `INTERRUPTED`, and it misses nothing when it does not see it yet.
        if has_mail || self.state.load(Ordering::Relaxed) != INTERRUPTED {
            return has_mail;
        }
        // Release: as in `prepare_sleep`.
        self.state.store(APPLICATION, Ordering::Release);
        self.take_all(senders)
    }

    /// Announces that the core sleeps. False: mail had come, it is in `senders`, and the core stays awake.
    pub(crate) fn prepare_sleep(&self, senders: &mut CoreSet) -> bool {
        // Release: whoever sees the core asleep sees how it is woken.
        self.state.store(ASLEEP, Ordering::Release);
        let has_mail = self.take_all(senders);
        if has_mail {
            self.awake();
        }
        !has_mail
    }

    /// The core takes its mail by itself again: it has joined, or sleeps no more.
    #[inline]
    pub(crate) fn awake(&self) {
        // Relaxed: a sender that still sees the core asleep calls once too often.
        self.state.store(AWAKE, Ordering::Relaxed);
    }

    /// The core begins to run the application.
    #[inline]
    pub(crate) fn enter_application(&self) {
        // Relaxed: a sender that still sees the core awake calls nobody, and its messages are seen when the core
        // leaves the application. That is the price of a plain store; it lasts as long as the store is under way.
        self.state.store(APPLICATION, Ordering::Relaxed);
    }

    /// The core has left the application, and looks at its mail next.
    #[inline]
    pub(crate) fn leave_application(&self) {
        self.awake();
    }

    /// The core has left the mesh.
    pub(crate) fn leave(&self) {
        // Release: who sees that the core is gone sees all that it has sent.
        self.state.store(ABSENT, Ordering::Release);
    }

    /// Whether the core is in the mesh.
    pub(crate) fn is_joined(&self) -> bool {
        // Acquire: as in `leave`. It may be wrong as soon as it is read.
        self.state.load(Ordering::Acquire) != ABSENT
    }

    /// Takes the mail by read-modify-write, so that senders that come later see what was announced before.
    fn take_all(&self, senders: &mut CoreSet) -> bool {
        let mut has_mail = false;
        for (word, mail) in self.mail.iter().enumerate() {
            has_mail |= senders.insert_word(word, Bell::empty(mail));
        }
        has_mail
    }

    fn empty(mail: &AtomicU64) -> u64 {
        // Acquire: the messages of those whose bits are set. Release: what was announced, to whoever sets a bit later.
        mail.swap(0, Ordering::AcqRel)
    }
}
