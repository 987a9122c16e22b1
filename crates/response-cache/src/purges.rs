//! What was purged, and when.
//!
//! Owns the order of purges among all cores. A purge writes its number into a slot that its path, URL or tag has; a response says
//! which slots are its own, and is forgotten if any has a greater number than there was when its making began. So a purge takes the
//! same short time whatever is kept, is seen by all cores at once, and also by responses that are being made. Two names may have one slot:
//! then a purge of one forgets the other's responses too, which are made again. Never removes anything. Called by: `store`.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::memchr;

use crate::query::Query;

/// More slots than names that are purged often.
const SLOTS: usize = 16 * 1024;

/// What a program wants forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purge<'a> {
    /// What answers this path and query, for every host.
    Url(&'a [u8]),
    /// What answers this path, whatever the query is.
    Path(&'a [u8]),
    /// What has this tag.
    Tag(&'a [u8]),
}

/// The slot of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(u16);

/// The moment between two purges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

/// The purges of all cores.
#[derive(Debug)]
pub(crate) struct Purges {
    /// How many there were.
    count: AtomicU64,
    /// The number of the last that forgot everything.
    cleared: AtomicU64,
    slots: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Default for Purges {
    fn default() -> Self {
        Purges {
            count: AtomicU64::new(0),
            cleared: AtomicU64::new(0),
            slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Purges {
    /// Now.
    #[inline]
    pub(crate) fn moment(&self) -> Moment {
        Moment(self.count.load(Ordering::Acquire))
    }

    /// Whether what has these marks, and began to be made then, was purged since.
    #[inline]
    pub(crate) fn is_purged(&self, began: Moment, marks: &[Mark]) -> bool {
        self.moment() != began && self.is_marked(began, marks)
    }

    fn is_marked(&self, began: Moment, marks: &[Mark]) -> bool {
        let is_later = |number: &AtomicU64| number.load(Ordering::Acquire) > began.0;
        is_later(&self.cleared)
            || marks
                .iter()
                .any(|mark| is_later(&self.slots[usize::from(mark.0)]))
    }

    /// Forgets. `queries`: what counts of them, for the routes that there are.
    pub(crate) fn purge(&self, purge: Purge<'_>, queries: &[Query]) {
        // The slots first: who sees the number that follows sees them.
        let number = self.count.load(Ordering::Acquire);
        match purge {
            Purge::Tag(tag) => self.write(self.tag(tag), number),
            Purge::Path(path) => self.write(self.path(path), number),
            Purge::Url(url) => {
                self.write(self.target(url), number);
                let mut target = Vec::new();
                for query in queries {
                    target.clear();
                    query.write_target(url, &mut target);
                    self.write(self.target(&target), number);
                }
            }
        }
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        let number = self.count.load(Ordering::Acquire);
        self.cleared.fetch_max(number + 1, Ordering::AcqRel);
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    fn write(&self, mark: Mark, number: u64) {
        self.slots[usize::from(mark.0)].fetch_max(number + 1, Ordering::AcqRel);
    }

    /// The mark of a path and what counts of its query.
    pub(crate) fn target(&self, target: &[u8]) -> Mark {
        self.mark(0, target)
    }

    /// The mark of a target's path.
    pub(crate) fn path(&self, target: &[u8]) -> Mark {
        let length = memchr(b'?', target).unwrap_or(target.len());
        self.mark(1, &target[..length])
    }

    /// The mark of a tag; tags are compared as Cloudflare does, without case.
    pub(crate) fn tag(&self, tag: &[u8]) -> Mark {
        self.mark(2, &tag.to_ascii_lowercase())
    }

    fn mark(&self, kind: u8, name: &[u8]) -> Mark {
        let hash = self.hasher.hash_one(Named { kind, name });
        Mark((hash % SLOTS as u64) as u16)
    }
}

#[derive(Hash)]
struct Named<'a> {
    kind: u8,
    name: &'a [u8],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purge_forgets_what_began_before_it() {
        let purges = Purges::default();
        let marks = |target: &[u8], tags: &[&[u8]]| -> Vec<Mark> {
            let own = [purges.target(target), purges.path(target)];
            let tags = tags.iter().map(|tag| purges.tag(tag));
            own.into_iter().chain(tags).collect()
        };
        let one = marks(b"/a?page=1", &[b"news", b"Front"]);
        let other = marks(b"/b", &[]);
        let began = purges.moment();
        assert!(!purges.is_purged(began, &one));
        purges.purge(Purge::Tag(b"front"), &[]);
        assert!(purges.is_purged(began, &one));
        // What is made from now on is another response.
        let again = purges.moment();
        assert!(!purges.is_purged(again, &one));
        let query = [Query::Only(vec!["page".to_owned()])];
        purges.purge(Purge::Url(b"/a?utm=1&page=1"), &query);
        assert!(purges.is_purged(again, &one));
        let third = purges.moment();
        purges.purge(Purge::Path(b"/a"), &[]);
        assert!(purges.is_purged(third, &one));
        let all = purges.moment();
        purges.clear();
        assert!(purges.is_purged(all, &one) && purges.is_purged(all, &other));
        assert!(!purges.is_purged(purges.moment(), &other));
    }

    #[test]
    fn kinds_of_names_are_told_apart() {
        let purges = Purges::default();
        let all = [purges.target(b"/a"), purges.path(b"/a"), purges.tag(b"/a")];
        // By chance two may be one.
        assert!(all[0] != all[1] || all[1] != all[2]);
    }
}
