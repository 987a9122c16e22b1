//! What is admitted, whatever comes: never more than the burst and what time gives back.

use std::sync::Barrier;
use std::thread;

use howth_rate_limit::{KEYS_DEFAULT, Rate, Table};
use proptest::prelude::*;

const SECOND: u64 = 1_000_000_000;

fn rate(text: &str, burst: u64) -> Rate {
    let rate: Rate = text.parse().expect("a rate");
    rate.with_burst(burst).expect("a burst")
}

fn rates() -> impl Strategy<Value = (u64, u64, Rate)> {
    let periods = prop_oneof![Just(("s", 1)), Just(("m", 60)), Just(("h", 3600))];
    (1..=5_000_u64, periods, 1..=20_u64)
        .prop_map(|(count, (unit, seconds), burst)| (count, seconds, rate(&format!("{count}/{unit}"), burst)))
}

proptest! {
    /// Of any stretch of time: the burst, and as many as the rate has in it.
    #[test]
    fn never_more_than_burst_and_rate(
        (count, seconds, rate) in rates(),
        gaps in prop::collection::vec(0..=3_u64, 1..200),
        scale in prop::sample::select(vec![0, 1_000, 1_000_000, 50_000_000, SECOND, 60 * SECOND]),
    ) {
        let table = Table::new(KEYS_DEFAULT);
        let mut now = 17;
        let mut admitted = Vec::new();
        for gap in gaps {
            now += gap * scale;
            if table.admit("client", rate, now).is_ok() {
                admitted.push(now);
            }
        }
        for (first, start) in admitted.iter().enumerate() {
            for (last, end) in admitted.iter().enumerate().skip(first) {
                let number = (last - first + 1) as u128;
                let given_back = u128::from(end - start) * u128::from(count) / u128::from(seconds * SECOND);
                prop_assert!(number <= u128::from(rate.burst()) + given_back, "{number} in {} ns", end - start);
            }
        }
    }

    /// Who waits as long as was said is admitted.
    #[test]
    fn who_waits_is_admitted((_, _, rate) in rates(), asked in 1..100_usize) {
        let table = Table::new(KEYS_DEFAULT);
        let mut refused = None;
        for _ in 0..asked {
            refused = table.admit("client", rate, SECOND).err().or(refused);
        }
        if let Some(refused) = refused {
            let wait = u64::try_from(refused.wait.as_nanos()).expect("a short time");
            prop_assert!(table.admit("client", rate, SECOND + wait - 1).is_err());
            prop_assert!(table.admit("client", rate, SECOND + wait).is_ok());
        }
    }
}

#[test]
fn clients_are_counted_apart() {
    let (table, rate) = (Table::new(KEYS_DEFAULT), rate("1/s", 1));
    for client in 0..100 {
        assert!(table.admit(client, rate, SECOND).is_ok());
        assert!(table.admit(client, rate, SECOND).is_err());
    }
    assert_eq!(table.len(), 100);
}

/// How many requests were admitted to four threads that begin at the same moment, each of which counts its own.
fn admitted_together(count: impl Fn() -> usize + Sync) -> usize {
    const THREADS: usize = 4;
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        let counted = || {
            start.wait();
            count()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(counted)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .sum()
    })
}

#[test]
fn threads_admit_together_what_one_would() {
    let (table, rate) = (Table::new(KEYS_DEFAULT), rate("1/h", 1000));
    let is_admitted = |_: &u32| table.admit("client", rate, SECOND).is_ok();
    assert_eq!(admitted_together(|| (0..5_000).filter(is_admitted).count()), 1000);
}

#[test]
fn threads_that_come_with_the_same_new_client_count_it_once() {
    let (table, rate) = (Table::new(KEYS_DEFAULT), rate("1/h", 1));
    let is_admitted = |client: &u32| table.admit(client, rate, SECOND).is_ok();
    assert_eq!(
        admitted_together(|| (0..2_000).filter(is_admitted).count()),
        2_000
    );
}

#[test]
fn a_flood_of_new_clients_takes_no_more_room() {
    for keys in [1, 100, 1_000, KEYS_DEFAULT] {
        let (table, rate) = (Table::new(keys), rate("1/s", 1));
        for client in 0..200_000 {
            assert!(table.admit(client, rate, SECOND).is_ok());
        }
        assert!(table.len() <= keys.max(100), "{keys}: {table:?}");
    }
}

/// It asks once while a thousand others come, and so keeps its place.
#[test]
fn a_flood_of_new_clients_frees_nobody_who_is_held_up() {
    let (table, rate) = (Table::new(KEYS_DEFAULT), rate("10/s", 5));
    let mut admitted = 0;
    let mut others = 0..1_000_000_u32;
    for round in 0..1_000 {
        let now = SECOND + round * (SECOND / 1000);
        admitted += usize::from(table.admit("held up", rate, now).is_ok());
        for other in others.by_ref().take(1_000) {
            let _ = table.admit(other, rate, now);
        }
    }
    assert!(admitted <= 5 + 10, "{admitted} were admitted");
}
