//! The store: its bounds under any order of changes, what is found when.

use bytes::Bytes;
use howth_http1::{Field, ResponseHead};
use proptest::prelude::*;

use super::*;
use crate::key::tests::head;
use crate::storable::Terms;

const SECOND: u64 = 1_000_000;

fn stored(cache: &ResponseCache, content: usize, marks: &[Mark], now_us: u64) -> Kept {
    let fields: [Field<'_>; 2] = [(b"etag", b"\"a\""), (b"Age", b"3")];
    let head = ResponseHead {
        status: 200,
        reason: None,
        fields: &fields,
    };
    let terms = Terms {
        fresh_us: SECOND,
        stale_us: SECOND,
        spare_us: 2 * SECOND,
        age_s: 3,
        vary: Vec::new(),
        tags: Vec::new(),
    };
    let content = Bytes::from(vec![7; content]);
    let stored = Stored::new(&head, content, &terms, cache.moment(), marks.into(), now_us);
    Kept::Response(Arc::new(stored))
}

fn find(cache: &ResponseCache, key: &[u8], fields: &str, now_us: u64) -> Found {
    cache.find(&mut key.to_vec(), &head("/", fields), now_us)
}

/// The sum that the table keeps, counted again.
fn assert_accounts(cache: &ResponseCache) {
    let entries: Vec<_> = cache.table.iter().collect();
    let counted: u64 = entries
        .iter()
        .map(|(key, kept)| EntryBytes.weight(key, kept))
        .sum();
    assert_eq!(cache.table.weight(), counted);
    assert_eq!(cache.len(), entries.len());
    assert!(cache.bytes() <= cache.bytes_max(), "{cache:?}");
}

#[test]
fn a_response_is_given_as_its_age_allows() {
    let cache = ResponseCache::new(0);
    cache.put(b"key", stored(&cache, 1, &[], 0));
    assert!(matches!(find(&cache, b"other", "", 0), Found::Missing));
    let Found::Fresh(fresh) = find(&cache, b"key", "", SECOND - 1) else {
        panic!("it is not fresh");
    };
    assert_eq!((fresh.age_s(0), fresh.age_s(SECOND)), (3, 4));
    assert_eq!(fresh.fields.iter().len(), 1);
    assert!(matches!(find(&cache, b"key", "", SECOND), Found::Stale(_)));
    assert!(matches!(find(&cache, b"key", "", 2 * SECOND), Found::Spare(_)));
    assert!(matches!(find(&cache, b"key", "", 3 * SECOND), Found::Missing));
    // Asking for it has removed it.
    assert!(cache.is_empty());
}

#[test]
fn responses_vary_by_what_they_say() {
    let cache = ResponseCache::new(0);
    let names: Arc<[String]> = ["accept".to_owned()].into();
    cache.put(b"key", Kept::Varying(names.clone()));
    assert!(matches!(find(&cache, b"key", "accept: a\r\n", 0), Found::Missing));
    let mut variant = b"key".to_vec();
    key::push_varying(&mut variant, &head("/", "accept: a\r\n"), &names);
    cache.put(&variant, stored(&cache, 1, &[], 0));
    assert!(matches!(
        find(&cache, b"key", "accept: a\r\n", 0),
        Found::Fresh(_)
    ));
    assert!(matches!(find(&cache, b"key", "accept: b\r\n", 0), Found::Missing));
    assert!(matches!(find(&cache, b"key", "", 0), Found::Missing));
}

#[test]
fn what_is_passed_is_passed_for_a_while() {
    let cache = ResponseCache::new(0);
    cache.put(b"key", Kept::Passed { until_us: 5 });
    assert!(matches!(find(&cache, b"key", "", 4), Found::Passed));
    assert!(matches!(find(&cache, b"key", "", 5), Found::Missing));
}

#[test]
fn what_is_purged_is_not_found() {
    let cache = ResponseCache::new(0);
    cache.note_query(&Query::Only(Vec::new()));
    for purge in [Purge::Tag(b"news"), Purge::Path(b"/a"), Purge::Url(b"/a?utm=1")] {
        let marks = [
            cache.purges().tag(b"news"),
            cache.purges().path(b"/a?b"),
            cache.purges().target(b"/a"),
        ];
        cache.put(b"key", stored(&cache, 1, &marks, 0));
        assert!(matches!(find(&cache, b"key", "", 0), Found::Fresh(_)));
        cache.purge(purge);
        assert!(matches!(find(&cache, b"key", "", 0), Found::Missing), "{purge:?}");
    }
    cache.put(b"key", stored(&cache, 1, &[], 0));
    cache.clear();
    assert!(matches!(find(&cache, b"key", "", 0), Found::Missing) && cache.is_empty());
}

#[test]
fn content_that_is_gathered_counts() {
    let cache = Arc::new(ResponseCache::new(0));
    let entry_max = cache.entry_bytes_max();
    let mut first = cache.gather();
    assert_eq!(first.add(&[1; 100], entry_max), Added::Taken);
    assert!(cache.bytes() >= 100);
    assert_eq!(first.add(&vec![1; entry_max], entry_max), Added::TooLarge);
    let mut others = Vec::new();
    loop {
        let mut other = cache.gather();
        if other.add(&vec![2; entry_max], entry_max) == Added::NoRoom {
            break;
        }
        others.push(other);
    }
    assert!(!others.is_empty() && cache.bytes() <= cache.bytes_max() / GATHERED_PART);
    drop(others);
    assert_eq!(first.add(&[3; 100], entry_max), Added::Taken);
    assert_eq!(first.take(), [[1; 100], [3; 100]].concat());
    assert_eq!(cache.bytes(), 0);
}

#[test]
fn a_flood_of_keys_stays_within_the_bound() {
    let cache = ResponseCache::new(0);
    for number in 0_u32..20_000 {
        let content = if number % 3 == 0 { 8000 } else { 10 };
        cache.put(&number.to_le_bytes(), stored(&cache, content, &[], 0));
        assert!(cache.bytes() <= cache.bytes_max());
    }
    assert_accounts(&cache);
    assert!(cache.bytes() > cache.bytes_max() / 2, "{cache:?}");
    // The largest that may be is kept.
    let largest = cache.entry_bytes_max() - 1024;
    cache.put(b"largest", stored(&cache, largest, &[], 0));
    assert!(matches!(find(&cache, b"largest", "", 0), Found::Fresh(_)));
}

#[derive(Clone, Debug)]
enum Change {
    Put(u8, usize),
    Pass(u8),
    Vary(u8),
    Find(u8, u64),
    Purge(u8),
    Clear,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        8 => (any::<u8>(), 0..40_000_usize).prop_map(|(key, content)| Change::Put(key, content)),
        1 => any::<u8>().prop_map(Change::Pass),
        1 => any::<u8>().prop_map(Change::Vary),
        4 => (any::<u8>(), 0..4 * SECOND).prop_map(|(key, now_us)| Change::Find(key, now_us)),
        1 => any::<u8>().prop_map(Change::Purge),
        1 => Just(Change::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_sum_is_exact_and_within_the_bound(changes in prop::collection::vec(change(), 1..400)) {
        let cache = ResponseCache::new(0);
        for change in changes {
            match change {
                Change::Put(key, content) => {
                    let marks = [cache.purges().tag(&[key])];
                    cache.put(&[key], stored(&cache, content, &marks, 0));
                }
                Change::Pass(key) => cache.put(&[key], Kept::Passed { until_us: SECOND }),
                Change::Vary(key) => cache.put(&[key], Kept::Varying(["accept".to_owned()].into())),
                Change::Find(key, now_us) => {
                    let found = find(&cache, &[key], "", now_us);
                    if let Found::Fresh(stored) = &found {
                        prop_assert!(now_us < SECOND && stored.content.iter().all(|byte| *byte == 7));
                    }
                }
                Change::Purge(key) => {
                    cache.purge(Purge::Tag(&[key]));
                    let found = find(&cache, &[key], "", 0);
                    prop_assert!(matches!(found, Found::Missing | Found::Passed), "{:?}", found);
                }
                Change::Clear => cache.clear(),
            }
        }
        assert_accounts(&cache);
    }
}
