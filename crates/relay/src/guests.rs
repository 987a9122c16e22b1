//! The answering core's book: requests whose connections belong to other cores.

use std::collections::HashMap;

use howth_engine::{BodyRead, ExchangeId, PeerAddress, first_generation};
use howth_http1::RequestHead;

use crate::message::Parcel;

/// Tells the ids of guests from those of the core's engine, whose slots never become so many.
pub(crate) const GUEST: u32 = 1 << 30;
/// Generations are small integers in JavaScript.
const GENERATION_MASK: u32 = 0x7fff_ffff;

/// Where a guest's connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Home {
    pub(crate) core: usize,
    pub(crate) id: ExchangeId,
}

/// How far the response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    Owed,
    Begun,
    Whole,
}

/// A request of another core.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) home: Home,
    pub(crate) head: RequestHead,
    body: Vec<u8>,
    /// Bytes of the body that were read.
    read: usize,
    pub(crate) peer_address: Option<PeerAddress>,
    pub(crate) arrived_us: u64,
    pub(crate) has_left: bool,
    pub(crate) response: Response,
    /// How long the response says that it is, and the bytes it was given.
    pub(crate) declared: Option<u64>,
    pub(crate) given: u64,
    /// Bytes of the response that the home's engine has not been told to have taken.
    pub(crate) unacknowledged: usize,
    /// A write was answered with `Full`, and nobody was told otherwise since.
    pub(crate) is_full: bool,
}

impl Guest {
    pub(crate) fn read_body(&mut self, bytes_max: usize) -> BodyRead {
        if self.read == self.body.len() {
            return BodyRead::End;
        }
        if self.read == 0 && self.body.len() <= bytes_max {
            return BodyRead::Data(std::mem::take(&mut self.body));
        }
        let end = self.body.len().min(self.read.saturating_add(bytes_max.max(1)));
        let bytes = self.body[self.read..end].to_vec();
        self.read = end;
        BodyRead::Data(bytes)
    }

    pub(crate) fn cancel_body(&mut self) {
        self.body = Vec::new();
        self.read = 0;
    }
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    guest: Option<Guest>,
}

/// All guests.
#[derive(Debug)]
pub(crate) struct Guests {
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_home: HashMap<Home, u32>,
    first_generation: u32,
}

impl Default for Guests {
    fn default() -> Self {
        Guests {
            slots: Vec::new(),
            free: Vec::new(),
            by_home: HashMap::new(),
            // What still names a guest of the server before must not meet one of this.
            first_generation: first_generation(),
        }
    }
}

impl Guests {
    pub(crate) fn len(&self) -> usize {
        self.by_home.len()
    }

    pub(crate) fn add(&mut self, home_core: usize, parcel: Parcel) -> ExchangeId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                generation: self.first_generation,
                guest: None,
            });
            (self.slots.len() - 1) as u32
        });
        let home = Home {
            core: home_core,
            id: parcel.id,
        };
        let before = self.by_home.insert(home, slot);
        assert!(before.is_none(), "a request is handed over twice");
        self.slots[slot as usize].guest = Some(Guest {
            home,
            head: parcel.head,
            body: parcel.body,
            read: 0,
            peer_address: parcel.peer_address,
            arrived_us: parcel.arrived_us,
            has_left: false,
            response: Response::Owed,
            declared: None,
            given: 0,
            unacknowledged: 0,
            is_full: false,
        });
        self.id(slot)
    }

    fn id(&self, slot: u32) -> ExchangeId {
        ExchangeId {
            index: GUEST | slot,
            generation: self.slots[slot as usize].generation,
        }
    }

    pub(crate) fn get(&self, id: ExchangeId) -> Option<&Guest> {
        let slot = self.slots.get((id.index & !GUEST) as usize)?;
        slot.guest.as_ref().filter(|_| slot.generation == id.generation)
    }

    pub(crate) fn get_mut(&mut self, id: ExchangeId) -> Option<&mut Guest> {
        let slot = self.slots.get_mut((id.index & !GUEST) as usize)?;
        let generation = slot.generation;
        slot.guest.as_mut().filter(|_| generation == id.generation)
    }

    pub(crate) fn find(&self, home: Home) -> Option<ExchangeId> {
        self.by_home.get(&home).map(|slot| self.id(*slot))
    }

    /// Ends a guest; its id names nothing any more.
    pub(crate) fn remove(&mut self, id: ExchangeId) -> Option<Guest> {
        self.get(id)?;
        let slot = &mut self.slots[(id.index & !GUEST) as usize];
        slot.generation = slot.generation.wrapping_add(1) & GENERATION_MASK;
        let guest = slot.guest.take();
        self.free.push(id.index & !GUEST);
        if let Some(guest) = &guest {
            self.by_home.remove(&guest.home);
        }
        guest
    }

    /// Those whose response was not begun.
    pub(crate) fn owed(&self) -> impl Iterator<Item = ExchangeId> {
        let is_owed = |slot: &u32| {
            let guest = self.slots[*slot as usize].guest.as_ref();
            guest.is_some_and(|guest| guest.response == Response::Owed)
        };
        self.by_home
            .values()
            .copied()
            .filter(is_owed)
            .map(|slot| self.id(slot))
    }

    /// Those whose home is a core.
    pub(crate) fn of(&self, core: usize) -> Vec<ExchangeId> {
        let of_core = self.by_home.iter().filter(|(home, _)| home.core == core);
        of_core.map(|(_, slot)| self.id(*slot)).collect()
    }
}

impl From<Guest> for Parcel {
    fn from(guest: Guest) -> Self {
        Parcel {
            id: guest.home.id,
            head: guest.head,
            body: guest.body,
            peer_address: guest.peer_address,
            arrived_us: guest.arrived_us,
        }
    }
}
