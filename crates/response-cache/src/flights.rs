//! Who makes a response on one core, and who waits for it.
//!
//! Owns the books: of each key one request that leads, which the application has, and those that wait for its response. Every
//! exchange is in them once at most, and leaves them when it is answered or over, or has waited for as long as it may. Never answers.
//! Called by: `core`.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;

use howth_engine::ExchangeId;
use rustc_hash::FxHashMap;

/// Requests that wait for one response; those beyond are the application's.
pub(crate) const WAITING_MAX: usize = 1024;

/// What a request is in the books. `L`: what is known of one that leads.
#[derive(Debug)]
enum Role<L> {
    Leads(Rc<[u8]>, L),
    /// Until then.
    Waits(Rc<[u8]>, u64),
}

/// The books of one core.
#[derive(Debug)]
pub(crate) struct Flights<L> {
    /// By key: who waits, in their order. Keys come from clients.
    waiting: HashMap<Rc<[u8]>, VecDeque<ExchangeId>>,
    roles: FxHashMap<ExchangeId, Role<L>>,
    /// Those that wait, by when they do so no longer.
    ends: BTreeSet<End>,
}

/// When a request waits no longer, and its id.
type End = (u64, u32, u32);

fn end(until_us: u64, id: ExchangeId) -> End {
    (until_us, id.index, id.generation)
}

/// What a request has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// It leads: the application has it.
    Leads,
    /// It waits.
    Waits,
    /// Too many wait already.
    Full,
}

/// What comes of a request's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing.
    Nothing,
    /// This one leads now, and is to be given to the application.
    Leads(ExchangeId),
}

impl<L> Default for Flights<L> {
    fn default() -> Self {
        Flights {
            waiting: HashMap::new(),
            roles: FxHashMap::default(),
            ends: BTreeSet::new(),
        }
    }
}

impl<L> Flights<L> {
    /// Whether nobody leads, and so nobody waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.roles.is_empty()
    }

    /// Whether a response is being made for a key.
    pub(crate) fn has(&self, key: &[u8]) -> bool {
        self.waiting.contains_key(key)
    }

    /// Has a request wait until then for the one that leads, or lead itself.
    pub(crate) fn join(
        &mut self,
        key: &[u8],
        id: ExchangeId,
        until_us: u64,
        lead: impl FnOnce() -> L,
    ) -> Joined {
        if let Some((own, _)) = self.waiting.get_key_value(key) {
            let own = own.clone();
            let waiting = self.waiting.entry(own.clone()).or_default();
            if waiting.len() >= WAITING_MAX {
                return Joined::Full;
            }
            waiting.push_back(id);
            self.roles.insert(id, Role::Waits(own, until_us));
            self.ends.insert(end(until_us, id));
            return Joined::Waits;
        }
        let key: Rc<[u8]> = key.into();
        self.waiting.insert(key.clone(), VecDeque::new());
        self.roles.insert(id, Role::Leads(key, lead()));
        Joined::Leads
    }

    /// What is known of a request that leads; `None`: it does not.
    pub(crate) fn lead(&mut self, id: ExchangeId) -> Option<&mut L> {
        match self.roles.get_mut(&id)? {
            Role::Leads(_, lead) => Some(lead),
            Role::Waits(..) => None,
        }
    }

    /// Whether others wait for the response to this request.
    pub(crate) fn is_waited_for(&self, id: ExchangeId) -> bool {
        let Some(Role::Leads(key, _)) = self.roles.get(&id) else {
            return false;
        };
        self.waiting.get(key).is_some_and(|waiting| !waiting.is_empty())
    }

    /// When the first of those that wait does so no longer.
    pub(crate) fn next_end_us(&self) -> Option<u64> {
        self.ends.first().map(|(until_us, ..)| *until_us)
    }

    /// One that has waited for as long as it may, and waits no longer.
    pub(crate) fn take_late(&mut self, now_us: u64) -> Option<ExchangeId> {
        let (until_us, index, generation) = *self.ends.first()?;
        if now_us < until_us {
            return None;
        }
        self.ends.pop_first();
        let id = ExchangeId { index, generation };
        if let Some(Role::Waits(key, _)) = self.roles.remove(&id) {
            self.strike(&key, id);
        }
        Some(id)
    }

    fn strike(&mut self, key: &[u8], id: ExchangeId) {
        if let Some(waiting) = self.waiting.get_mut(key) {
            waiting.retain(|other| *other != id);
        }
    }

    /// A request waits no longer.
    fn settle(&mut self, id: ExchangeId) {
        if let Some(Role::Waits(_, until_us)) = self.roles.remove(&id) {
            self.ends.remove(&end(until_us, id));
        }
    }

    /// Ends the wait for the response of a request that leads: what was known of it, and who has waited. `None`: it does not lead.
    pub(crate) fn end(&mut self, id: ExchangeId) -> Option<(L, VecDeque<ExchangeId>)> {
        self.lead(id)?;
        let Some(Role::Leads(key, lead)) = self.roles.remove(&id) else {
            return None;
        };
        let waiting = self.waiting.remove(&key).unwrap_or_default();
        waiting.iter().for_each(|id| self.settle(*id));
        Some((lead, waiting))
    }

    /// A request is over. Where it has led, the first that has waited leads in its place, with what `renew` makes of what was known.
    pub(crate) fn leave(&mut self, id: ExchangeId, renew: impl FnOnce(L) -> L) -> Left {
        match self.roles.remove(&id) {
            None => Left::Nothing,
            Some(Role::Waits(key, until_us)) => {
                self.ends.remove(&end(until_us, id));
                self.strike(&key, id);
                Left::Nothing
            }
            Some(Role::Leads(key, lead)) => match self.waiting.get_mut(&key).and_then(VecDeque::pop_front) {
                Some(next) => {
                    self.settle(next);
                    self.roles.insert(next, Role::Leads(key, renew(lead)));
                    Left::Leads(next)
                }
                None => {
                    self.waiting.remove(&key);
                    Left::Nothing
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(index: u32) -> ExchangeId {
        ExchangeId { index, generation: 0 }
    }

    #[test]
    fn one_leads_and_others_wait() {
        let mut flights = Flights::default();
        assert_eq!(flights.join(b"a", id(1), 9, || 'x'), Joined::Leads);
        assert_eq!(flights.join(b"a", id(2), 9, || 'y'), Joined::Waits);
        assert_eq!(flights.join(b"b", id(3), 9, || 'z'), Joined::Leads);
        assert_eq!(flights.join(b"a", id(4), 9, || 'y'), Joined::Waits);
        assert!(flights.has(b"a") && !flights.has(b"c"));
        assert!(
            flights.is_waited_for(id(1)) && !flights.is_waited_for(id(2)) && !flights.is_waited_for(id(3))
        );
        assert!(flights.end(id(2)).is_none() && flights.lead(id(4)).is_none());
        assert_eq!(flights.lead(id(1)), Some(&mut 'x'));
        let (lead, waiting) = flights.end(id(1)).expect("it leads");
        assert_eq!((lead, waiting), ('x', VecDeque::from([id(2), id(4)])));
        assert_eq!(flights.leave(id(2), |lead| lead), Left::Nothing);
        assert_eq!(flights.leave(id(3), |lead| lead), Left::Nothing);
        assert!(flights.is_empty() && flights.waiting.is_empty() && flights.ends.is_empty());
    }

    #[test]
    fn nobody_waits_for_longer_than_it_may() {
        let mut flights = Flights::default();
        for (index, until_us) in [(1, 5), (2, 7), (3, 6), (4, 9)] {
            flights.join(b"a", id(index), until_us, || ());
        }
        assert_eq!((flights.next_end_us(), flights.take_late(5)), (Some(6), None));
        assert_eq!(flights.take_late(8), Some(id(3)));
        assert_eq!(flights.take_late(8), Some(id(2)));
        assert_eq!((flights.take_late(8), flights.next_end_us()), (None, Some(9)));
        let (_, waiting) = flights.end(id(1)).expect("it leads");
        assert_eq!((waiting, flights.next_end_us()), (VecDeque::from([id(4)]), None));
    }

    #[test]
    fn who_leads_and_leaves_is_followed() {
        let mut flights = Flights::default();
        for index in 1..5 {
            flights.join(b"a", id(index), 9, || 0);
        }
        assert_eq!(flights.leave(id(3), |lead| lead + 1), Left::Nothing);
        assert_eq!(flights.leave(id(1), |lead| lead + 1), Left::Leads(id(2)));
        assert_eq!(flights.lead(id(2)), Some(&mut 1));
        assert_eq!(flights.leave(id(2), |lead| lead + 1), Left::Leads(id(4)));
        assert_eq!(flights.leave(id(4), |lead| lead + 1), Left::Nothing);
        assert!(flights.is_empty() && flights.waiting.is_empty());
    }

    #[test]
    fn no_more_wait_than_may() {
        let mut flights = Flights::default();
        for index in 0..=WAITING_MAX as u32 {
            assert_ne!(flights.join(b"a", id(index), 9, || ()), Joined::Full);
        }
        assert_eq!(flights.join(b"a", id(u32::MAX), 9, || ()), Joined::Full);
        assert_eq!(flights.roles.len(), WAITING_MAX + 1);
    }

    proptest! {
        #[test]
        fn nobody_is_lost_or_kept(steps in prop::collection::vec((0..5_u8, 0..12_u32, 0..3_u8), 1..80)) {
            let mut flights = Flights::default();
            // Requests that were not answered.
            let mut open = Vec::new();
            for (step, index, key) in steps {
                match step {
                    0 | 1 if !open.contains(&index) => {
                        flights.join(&[key], id(index), u64::from(index), || ());
                        open.push(index);
                    }
                    2 => {
                        if let Some((_, waiting)) = flights.end(id(index)) {
                            open.retain(|own| *own != index && !waiting.contains(&id(*own)));
                        }
                    }
                    3 => while let Some(late) = flights.take_late(u64::from(index)) {
                        prop_assert!(open.contains(&late.index));
                        open.retain(|own| *own != late.index);
                    },
                    _ => {
                        let left = flights.leave(id(index), |lead| lead);
                        open.retain(|own| *own != index);
                        if let Left::Leads(next) = left {
                            prop_assert!(open.contains(&next.index));
                        }
                    }
                }
                let mut known: Vec<u32> = flights.roles.keys().map(|id| id.index).collect();
                known.sort_unstable();
                open.sort_unstable();
                prop_assert_eq!(&known, &open);
                let leads = flights.roles.values().filter(|role| matches!(role, Role::Leads(..))).count();
                prop_assert_eq!(leads, flights.waiting.len());
                prop_assert_eq!(flights.roles.len() - leads, flights.ends.len());
                let waiting: usize = flights.waiting.values().map(VecDeque::len).sum();
                prop_assert_eq!(waiting, flights.ends.len());
            }
        }
    }
}
