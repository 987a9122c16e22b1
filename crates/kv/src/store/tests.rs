//! The store: bounds, any order of changes, several threads.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;

use proptest::prelude::*;

use super::*;

const HOUR: Option<Duration> = Some(Duration::from_secs(3600));
const THREADS: usize = 4;
const TIMES: usize = 5000;

fn text(text: &str) -> Value {
    Value::Latin1(text.as_bytes().into())
}

fn bytes(len: usize) -> Value {
    Value::Bytes(vec![7; len].into())
}

fn value(store: &Store, key: &str) -> Option<Value> {
    store.get(key).map(|found| found.value)
}

/// A lifetime that is over when this returns.
fn set_ended(store: &Store, key: &str, value: Value) {
    store.set(key, value, Some(Duration::from_millis(1))).unwrap();
    thread::sleep(Duration::from_millis(20));
}

/// The sum that the table keeps, counted again.
fn assert_accounts(store: &Store) {
    let entries: Vec<_> = store.table.iter().collect();
    let counted: u64 = entries
        .iter()
        .map(|(key, entry)| EntryBytes.weight(key, entry))
        .sum();
    assert_eq!(store.bytes() as u64, counted);
    assert_eq!(store.len(), entries.len());
    assert!(store.bytes() <= store.bytes_max(), "{store:?}");
}

#[test]
fn what_is_set_is_found_until_it_is_deleted() {
    let store = Store::new(BYTES_MAX_LEAST);
    let values = [
        Value::Null,
        Value::Boolean(true),
        Value::Number(-0.5),
        text("a text"),
        Value::Utf16([0xd800, 0x20ac].into()),
        bytes(3),
        Value::Structured([1, 2].into()),
        bytes(0),
    ];
    for stored in values {
        assert!(!store.has("key") && store.get("key").is_none());
        store.set("key", stored.clone(), None).unwrap();
        assert!(store.has("key"));
        assert_eq!(value(&store, "key"), Some(stored));
        assert!(store.delete("key"));
        assert!(!store.delete("key"));
    }
    assert!(store.is_empty());
    assert_accounts(&store);
}

#[test]
fn an_entry_ends_with_its_lifetime() {
    let store = Store::new(BYTES_MAX_LEAST);
    store.set("long", text("stays"), HOUR).unwrap();
    set_ended(&store, "short", text("goes"));
    assert!(!store.has("short"));
    assert_eq!(store.get("short"), None);
    assert_eq!(value(&store, "long"), Some(text("stays")));
    // Asking for it has removed it.
    assert_eq!(store.len(), 1);
    set_ended(&store, "short", text("goes"));
    assert!(!store.delete("short"));
    // The next value has no end of its own.
    set_ended(&store, "long", text("goes"));
    store.set("long", text("stays"), None).unwrap();
    thread::sleep(Duration::from_millis(20));
    assert!(store.has("long"));
}

#[test]
fn a_lifetime_beyond_the_clock_is_none() {
    let store = Store::new(BYTES_MAX_LEAST);
    store.set("key", Value::Null, Some(Duration::MAX)).unwrap();
    assert!(store.has("key"));
}

#[test]
fn a_change_is_made_to_the_version_it_was_meant_for() {
    let store = Store::new(BYTES_MAX_LEAST);
    assert_eq!(
        store.compare_and_set("key", Some(1), Value::Null, None),
        Ok(false)
    );
    assert_eq!(store.compare_and_set("key", None, text("first"), None), Ok(true));
    assert_eq!(
        store.compare_and_set("key", None, text("second"), None),
        Ok(false)
    );
    let version = store.get("key").unwrap().version;
    let changed = store.compare_and_set("key", Some(version), text("second"), None);
    assert_eq!(changed, Ok(true));
    let changed = store.compare_and_set("key", Some(version), text("third"), None);
    assert_eq!(changed, Ok(false));
    assert_eq!(value(&store, "key"), Some(text("second")));
}

#[test]
fn a_version_never_comes_again() {
    let store = Store::new(BYTES_MAX_LEAST);
    store.set("key", Value::Null, None).unwrap();
    let version = store.get("key").unwrap().version;
    store.delete("key");
    store.set("key", Value::Null, None).unwrap();
    assert_ne!(store.get("key").unwrap().version, version);
    store.clear();
    store.set("key", Value::Null, None).unwrap();
    assert_ne!(store.get("key").unwrap().version, version);
}

#[test]
fn what_has_ended_is_nothing_to_compare_with() {
    let store = Store::new(BYTES_MAX_LEAST);
    store
        .set("key", Value::Null, Some(Duration::from_millis(1)))
        .unwrap();
    let version = store.get("key").map(|found| found.version);
    thread::sleep(Duration::from_millis(20));
    if version.is_some() {
        assert_eq!(
            store.compare_and_set("key", version, text("new"), None),
            Ok(false)
        );
    }
    assert_eq!(store.compare_and_set("key", None, text("new"), None), Ok(true));
}

#[test]
fn numbers_are_added_to() {
    let store = Store::new(BYTES_MAX_LEAST);
    assert_eq!(store.increment("count", 1.0, None), Ok(1.0));
    assert_eq!(store.increment("count", 2.5, None), Ok(3.5));
    assert_eq!(store.increment("count", -3.5, None), Ok(0.0));
    store.set("text", text("1"), None).unwrap();
    assert_eq!(
        store.increment("text", 1.0, None),
        Err(IncrementError::NotANumber)
    );
    assert_eq!(value(&store, "text"), Some(text("1")));
    set_ended(&store, "text", text("1"));
    assert_eq!(store.increment("text", 1.0, None), Ok(1.0));
}

#[test]
fn a_count_keeps_the_end_it_began_with() {
    let store = Store::new(BYTES_MAX_LEAST);
    store
        .increment("window", 1.0, Some(Duration::from_millis(20)))
        .unwrap();
    // Where the thread was held up meanwhile, this is the first of another window.
    if store.increment("window", 1.0, HOUR) == Ok(2.0) {
        thread::sleep(Duration::from_millis(40));
        assert!(!store.has("window"));
    }
    store.increment("kept", 1.0, HOUR).unwrap();
    store
        .increment("kept", 1.0, Some(Duration::from_millis(1)))
        .unwrap();
    thread::sleep(Duration::from_millis(20));
    assert_eq!(value(&store, "kept"), Some(Value::Number(2.0)));
}

#[test]
fn what_is_too_large_is_refused_and_changes_nothing() {
    let store = Store::new(BYTES_MAX_LEAST);
    let bytes_max = store.value_bytes_max();
    store.set("key", text("before"), None).unwrap();
    let refused = TooLarge::Value {
        bytes: bytes_max + 1,
        bytes_max,
    };
    assert_eq!(store.set("key", bytes(bytes_max + 1), None), Err(refused));
    assert_eq!(
        store.compare_and_set("key", None, bytes(bytes_max + 1), None),
        Err(refused)
    );
    assert_eq!(value(&store, "key"), Some(text("before")));

    let key = "k".repeat(KEY_BYTES_MAX + 1);
    let refused = TooLarge::Key { bytes: key.len() };
    assert_eq!(store.set(&key, Value::Null, None), Err(refused));
    assert_eq!(store.increment(&key, 1.0, None), Err(refused.into()));
    assert!(!store.has(&key));

    // The largest that is taken is kept.
    let key = "k".repeat(KEY_BYTES_MAX);
    store.set(&key, bytes(bytes_max), None).unwrap();
    assert!(store.has(&key));
    assert_accounts(&store);
}

#[test]
fn the_bound_holds_and_what_is_used_stays() {
    let store = Store::new(BYTES_MAX_LEAST);
    for index in 0..100_000 {
        store.set(&format!("key {index}"), bytes(100), None).unwrap();
        if index % 4 == 0 {
            store.set("used", text("often"), None).unwrap();
        }
    }
    assert_accounts(&store);
    assert!(store.bytes() > store.bytes_max() / 2, "{store:?}");
    assert_eq!(value(&store, "used"), Some(text("often")));
}

/// Changes of one entry's size are evictions as well.
#[test]
fn values_that_grow_keep_to_the_bound() {
    let store = Store::new(BYTES_MAX_LEAST);
    let keys: Vec<_> = (0..1000).map(|index| format!("key {index}")).collect();
    for key in &keys {
        store.set(key, Value::Null, None).unwrap();
    }
    for key in &keys {
        let Some(found) = store.get(key) else { continue };
        let large = bytes(store.value_bytes_max());
        assert_eq!(
            store.compare_and_set(key, Some(found.version), large, None),
            Ok(true)
        );
        assert_accounts(&store);
    }
}

/// What an entry is counted as covers what it takes: its places in the tables, and its two allocations.
#[test]
fn what_is_counted_is_what_is_needed() {
    let store = Store::new(BYTES_MAX_DEFAULT);
    for index in 0..1_000_000 {
        store
            .set(&format!("{index:08}"), text("0123456789abcdef"), None)
            .unwrap();
    }
    let allocated = store.len() * (16 + 16 + 16);
    let needed = store.table.memory_used().total() + allocated;
    assert!(needed < store.bytes_max() * 5 / 4, "{needed} bytes for {store:?}");
}

#[test]
fn threads_lose_no_increment() {
    let store = Store::new(BYTES_MAX_LEAST);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..TIMES {
                    store.increment("count", 1.0, HOUR).unwrap();
                }
            });
        }
    });
    assert_eq!(
        value(&store, "count"),
        Some(Value::Number((THREADS * TIMES) as f64))
    );
}

/// Every thread appends its letter; increments of another key and sets of a third go on beside it.
#[test]
fn threads_lose_no_comparison() {
    let store = Store::new(BYTES_MAX_LEAST);
    let append = || loop {
        let found = store.get("letters");
        let (version, mut letters) = match found {
            Some(Found {
                value: Value::Bytes(bytes),
                version,
            }) => (Some(version), bytes.to_vec()),
            _ => (None, Vec::new()),
        };
        letters.push(b'x');
        let letters = Value::Bytes(letters.into());
        if store.compare_and_set("letters", version, letters, None) == Ok(true) {
            return;
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..TIMES / 10 {
                    append();
                    store.increment("count", 1.0, None).unwrap();
                    store.set("other", text("x"), None).unwrap();
                }
            });
        }
    });
    assert_eq!(
        value(&store, "letters"),
        Some(Value::Bytes(vec![b'x'; THREADS * (TIMES / 10)].into()))
    );
}

/// A reader keeps what it has found while others overwrite and clear it.
#[test]
fn what_was_found_does_not_change() {
    let store = Arc::new(Store::new(BYTES_MAX_LEAST));
    store.set("key", bytes(1000), None).unwrap();
    let found = store.get("key").unwrap();
    let other = store.clone();
    thread::spawn(move || {
        other.set("key", Value::Null, None).unwrap();
        other.clear();
    })
    .join()
    .unwrap();
    assert_eq!(found.value, bytes(1000));
    assert!(store.is_empty());
    assert_accounts(&store);
}

#[derive(Clone, Debug)]
enum Step {
    Set(u8, usize),
    CompareAndSet(u8, usize),
    Increment(u8),
    Delete(u8),
    Get(u8),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let len = prop_oneof![3 => 0_usize..200, 1 => 0_usize..16 << 10];
    let step = prop_oneof![
        8 => (any::<u8>(), len.clone()).prop_map(|(key, len)| Step::Set(key, len)),
        4 => (any::<u8>(), len).prop_map(|(key, len)| Step::CompareAndSet(key, len)),
        2 => any::<u8>().prop_map(Step::Increment),
        2 => any::<u8>().prop_map(Step::Delete),
        4 => any::<u8>().prop_map(Step::Get),
        1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 1..600)
}

proptest! {
    /// After any steps the bytes are those of the entries that are there, within the bound; and what is found is what
    /// was stored last, or nothing, where it was evicted.
    #[test]
    fn bytes_are_accounted_for(steps in steps()) {
        let store = Store::new(BYTES_MAX_LEAST);
        let mut model: HashMap<String, Value> = HashMap::new();
        for step in steps {
            match step {
                Step::Set(key, len) => {
                    store.set(&key.to_string(), bytes(len), None).unwrap();
                    model.insert(key.to_string(), bytes(len));
                }
                Step::CompareAndSet(key, len) => {
                    let key = key.to_string();
                    let version = store.get(&key).map(|found| found.version);
                    prop_assert_eq!(store.compare_and_set(&key, version, bytes(len), None), Ok(true));
                    model.insert(key, bytes(len));
                }
                Step::Increment(key) => {
                    if let Ok(sum) = store.increment(&key.to_string(), 1.0, None) {
                        model.insert(key.to_string(), Value::Number(sum));
                    }
                }
                Step::Delete(key) => {
                    store.delete(&key.to_string());
                    model.remove(&key.to_string());
                }
                Step::Get(key) => {
                    let found = value(&store, &key.to_string());
                    prop_assert!(found.is_none() || found.as_ref() == model.get(&key.to_string()));
                }
                Step::Clear => {
                    store.clear();
                    model.clear();
                }
            }
            assert_accounts(&store);
        }
    }
}
