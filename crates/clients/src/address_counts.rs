//! How much each address has open, counted by all cores together.
//!
//! A table of a fixed size, without locks: a slot is one number, which holds what stands for an address, and its count. Each
//! address has one bucket of slots, found by a hash that no client knows; where all of these are other addresses', there is no
//! room, and it is refused as if it had too much. Addresses of IPv6 count by their network of 64 bits, which one client has
//! to itself (RFC 4291 section 2.5.4). Owns the counts; none is ever above the bound. Called by: `howth_connection`.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Slots of a bucket: two lines of a processor's cache.
const BUCKET_SLOTS: usize = 16;

/// Low bits of a slot: the count. Those above stand for the address.
const COUNT_BITS: u32 = 20;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// The highest bound: a count must not run over, whatever all cores add at once.
const BOUND_MAX: u32 = 1_000_000;

/// The address has as much open as it may, or there is no room to count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedOut;

/// Counts of addresses.
pub struct AddressCounts {
    slots: Box<[AtomicU64]>,
    bound: u32,
    hasher: RandomState,
}

impl std::fmt::Debug for AddressCounts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "AddressCounts({} slots, {})",
            self.slots.len(),
            self.bound
        )
    }
}

impl AddressCounts {
    /// How many addresses there is room for: 4 MiB.
    pub const SLOTS: usize = 1 << 19;

    /// Counts up to `bound`, at most a million. `slots`: a power of two, of 16 at least.
    ///
    /// # Panics
    /// When `slots` is another number.
    pub fn new(bound: u32, slots: usize) -> Arc<Self> {
        assert!(slots.is_power_of_two() && slots >= BUCKET_SLOTS, "{slots} slots");
        Arc::new(AddressCounts {
            slots: (0..slots).map(|_| AtomicU64::new(0)).collect(),
            bound: bound.min(BOUND_MAX),
            hasher: RandomState::new(),
        })
    }

    /// Counts one more of an address, until what is returned is dropped.
    ///
    /// # Errors
    /// It has as much open as it may, or there is no room to count it.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Result<Counted, CountedOut> {
        let hash = self.hasher.hash_one(counted_as(address));
        let buckets = self.slots.len() / BUCKET_SLOTS;
        // The bits that choose the bucket are not those that stand for the address.
        let mut counted = Counted {
            bucket: (hash as usize & (buckets - 1)) * BUCKET_SLOTS,
            tag: (hash >> COUNT_BITS).max(1),
            counts: self.clone(),
        };
        if !counted.add() {
            // Nothing was counted that is to be given back.
            counted.tag = 0;
            return Err(CountedOut);
        }
        // Cores that come to a new address at once may have taken two slots for it: all of them count, so that the bound holds,
        // and dropping this one gives its own back.
        match counted.sum() > u64::from(self.bound) {
            true => Err(CountedOut),
            false => Ok(counted),
        }
    }

    /// How many addresses have something open; takes time in proportion to the table.
    pub fn addresses(&self) -> usize {
        let used = self.slots.iter().filter(|slot| slot.load(Ordering::Relaxed) != 0);
        used.count()
    }
}

/// Two of them are the same if they are one.
impl PartialEq for AddressCounts {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for AddressCounts {}

/// What an address counts by: one of IPv6 by its network of 64 bits.
pub fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            Ipv6Addr::from(network).into()
        }
        address => address,
    }
}

/// One of an address. Dropping it gives it back, once.
#[derive(Debug)]
pub struct Counted {
    counts: Arc<AddressCounts>,
    /// The first slot of the address's bucket.
    bucket: usize,
    /// Stands for the address; 0 once there is nothing to give back.
    tag: u64,
}

impl Counted {
    fn slots(&self) -> &[AtomicU64] {
        &self.counts.slots[self.bucket..self.bucket + BUCKET_SLOTS]
    }

    fn is_its(&self, value: u64) -> bool {
        value >> COUNT_BITS == self.tag
    }

    /// Adds one to a slot of the address, or takes a free one. False: there is none.
    fn add(&self) -> bool {
        loop {
            let mut free = None;
            let mut own = None;
            for slot in self.slots() {
                match slot.load(Ordering::SeqCst) {
                    0 => free = free.or(Some(slot)),
                    value if self.is_its(value) => own = own.or(Some((slot, value))),
                    _ => {}
                }
            }
            let (slot, before, after) = match (own, free) {
                (Some((slot, value)), _) => (slot, value, value + 1),
                (None, Some(slot)) => (slot, 0, (self.tag << COUNT_BITS) | 1),
                (None, None) => return false,
            };
            if replace(slot, before, after) {
                return true;
            }
        }
    }

    fn sum(&self) -> u64 {
        let values = self.slots().iter().map(|slot| slot.load(Ordering::SeqCst));
        let own = values.filter(|value| self.is_its(*value));
        own.map(|value| value & COUNT_MASK).sum()
    }

    fn subtract(&self) {
        // What this one has added is in some slot, perhaps in another than when it was last looked.
        loop {
            for slot in self.slots() {
                let value = slot.load(Ordering::SeqCst);
                let rest = match value & COUNT_MASK {
                    1 => 0,
                    _ => value.wrapping_sub(1),
                };
                if self.is_its(value) && replace(slot, value, rest) {
                    return;
                }
            }
        }
    }
}

/// All of this is in one order for all cores: of two that add at once, one sees both.
fn replace(slot: &AtomicU64, before: u64, after: u64) -> bool {
    slot.compare_exchange(before, after, Ordering::SeqCst, Ordering::SeqCst)
        .is_ok()
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.tag != 0 {
            self.subtract();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_has_as_many_as_it_may_and_again_once_some_are_given_back() {
        let counts = AddressCounts::new(2, 64);
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let first = counts.enter(one).expect("room");
        let _second = counts.enter(one).expect("room");
        assert_eq!(counts.enter(one).err(), Some(CountedOut));
        let _other = counts.enter(other).expect("another's room");
        drop(first);
        let _third = counts.enter(one).expect("room again");
        assert_eq!(counts.enter(one).err(), Some(CountedOut));
        assert_eq!(counts.addresses(), 2);
    }

    #[test]
    fn what_is_given_back_leaves_nothing() {
        let counts = AddressCounts::new(8, 64);
        for _ in 0..1_000 {
            let held: Vec<_> = (0..8)
                .map(|_| counts.enter(address("192.0.2.1")).expect("room"))
                .collect();
            assert!(counts.enter(address("192.0.2.1")).is_err());
            drop(held);
        }
        assert_eq!(counts.addresses(), 0);
    }

    #[test]
    fn addresses_of_ipv6_count_by_their_network() {
        let counts = AddressCounts::new(1, 64);
        let _first = counts.enter(address("2001:db8::1")).expect("room");
        assert!(counts.enter(address("2001:db8::ffff:ffff:ffff:ffff")).is_err());
        let _second = counts.enter(address("2001:db8:0:1::1")).expect("another network");
        let _third = counts.enter(address("192.0.2.1")).expect("another family");
        assert!(counts.enter(address("::ffff:192.0.2.1")).is_err());
    }

    #[test]
    fn a_table_that_is_full_refuses_new_addresses_alone() {
        let counts = AddressCounts::new(8, BUCKET_SLOTS);
        let addresses: Vec<IpAddr> = (0..=BUCKET_SLOTS as u32)
            .map(|number| IpAddr::V4(number.into()))
            .collect();
        let (last, known) = addresses.split_last().expect("some");
        let mut held: Vec<_> = known
            .iter()
            .map(|one| counts.enter(*one).expect("room"))
            .collect();
        assert!(counts.enter(*last).is_err());
        held.push(counts.enter(known[0]).expect("it is there already"));
        drop(held);
        assert!(counts.enter(*last).is_ok());
    }

    #[test]
    fn many_threads_never_have_more_than_the_bound_and_leave_nothing() {
        const BOUND: u32 = 5;
        let counts = AddressCounts::new(BOUND, BUCKET_SLOTS);
        let most = AtomicU64::new(0);
        let open = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for round in 0..5_000 {
                        // Others come and go in the same bucket.
                        let _other = counts.enter(IpAddr::V4((round % 7 + 2).into()));
                        if let Ok(counted) = counts.enter(IpAddr::V4(1.into())) {
                            most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            open.fetch_sub(1, Ordering::SeqCst);
                            drop(counted);
                        }
                    }
                });
            }
        });
        assert!(most.into_inner() <= u64::from(BOUND));
        assert_eq!(counts.addresses(), 0);
    }

    #[test]
    fn addresses_of_one_network_count_together() {
        let of = |text: &str| counted_as(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff::2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
